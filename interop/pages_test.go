// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file does what the pages of docs/connect say to do: each command and
// each program in them is run as it stands.

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const connect = "../docs/connect"

// told is what stands in capitals on the pages, for what a command printed.
var told = map[string]*regexp.Regexp{
	"COLLECTION": regexp.MustCompile(`(?m)^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})$`),
	"PASSWORD":   regexp.MustCompile(`(?m)^password +(\S+)$`),
	"TOKEN":      regexp.MustCompile(`(?m)^token +(\S+)$`),
}

// block is a piece of a page that a reader is to run.
type block struct{ language, text string }

func blocks(t *testing.T, page string) (all []block) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(connect, page))
	must(t, err)
	for i, part := range strings.Split("\n"+string(raw), "\n```") {
		if language, text, fenced := strings.Cut(part, "\n"); i%2 == 1 && fenced {
			all = append(all, block{language, text})
		}
	}
	return all
}

func TestPages(t *testing.T) {
	pages, err := filepath.Glob(connect + "/*.md")
	must(t, err)
	front, err := os.ReadFile(connect + "/README.md")
	must(t, err)
	for _, path := range pages {
		page := filepath.Base(path)
		if page == "README.md" {
			continue
		}
		if !strings.Contains(string(front), "]("+page+")") {
			t.Errorf("README.md does not lead to %s", page)
		}
		t.Run(strings.TrimSuffix(page, ".md"), func(t *testing.T) {
			n := start(t)
			objects, err := os.ReadFile("../docs/examples/objects.json")
			must(t, err)
			must(t, os.WriteFile(filepath.Join(n.dir, "objects.json"), objects, 0o600))
			known := map[string]string{"https://tocsin.example.org": n.address}
			for _, b := range append(blocks(t, "README.md"), blocks(t, page)...) {
				n.follow(t, page, b, known)
			}
		})
	}
}

// follow runs a block: of a shell line by line, of Python whole.
func (n *node) follow(t *testing.T, page string, b block, known map[string]string) {
	t.Helper()
	switch b.language {
	case "sh":
		for line := range strings.Lines(b.text) {
			if strings.HasPrefix(line, "curl ") {
				if _, err := exec.LookPath("curl"); err != nil {
					t.Skip("NOT RUN: there is no curl")
				}
			}
			out := n.run(t, page, line, known, "sh", "-c")
			for name, pattern := range told {
				if found := pattern.FindSubmatch(out); found != nil {
					known[name] = string(found[1])
				}
			}
		}
	case "python":
		n.run(t, page, b.text, known, python(t), "-c")
	default:
		t.Errorf("%s: a block of %q", page, b.language)
	}
}

func (n *node) run(t *testing.T, page, text string, known map[string]string, program ...string) []byte {
	t.Helper()
	for name, value := range known {
		text = strings.ReplaceAll(text, name, value)
	}
	for name := range told {
		if strings.Contains(text, name) {
			t.Fatalf("%s: nothing printed before says what %s is:\n%s", page, name, text)
		}
	}
	out, err := n.command(program[0], append(program[1:], text)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", page, err, text, out)
	}
	return out
}

// The addresses that a page says to type are those of the node.
func TestPagesNameTheAddresses(t *testing.T) {
	pages, err := filepath.Glob(connect + "/*.md")
	must(t, err)
	address := regexp.MustCompile(`https://tocsin\.example\.org[^\s"'` + "`" + `)]*`)
	right := regexp.MustCompile(`^(/taxii2/(root/(collections/(COLLECTION|shared)?/?((objects|manifest)/(indicator--[0-9a-f-]{36}/(versions/)?)?)?)?)?)?(\?.*)?$`)
	for _, path := range pages {
		raw, err := os.ReadFile(path)
		must(t, err)
		for _, found := range address.FindAllString(string(raw), -1) {
			if rest := strings.TrimPrefix(found, "https://tocsin.example.org"); rest != "" && !right.MatchString(rest) {
				t.Errorf("%s: %s leads nowhere", path, found)
			}
		}
	}
}
