// SPDX-License-Identifier: Apache-2.0

package tocsin_test

// This file runs every command of the README, in its order, against the
// program as it is built.

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// blanks are the words in capitals that stand in the README for what a command
// printed before.
var blanks = map[string]*regexp.Regexp{
	"LINK":     regexp.MustCompile(`(http://\S+/signin/\S+)`),
	"TEXT":     regexp.MustCompile(`(tocsin-invite-1:\S+)`),
	"DIGITS":   regexp.MustCompile(`((?:\d{5} ){11}\d{5})`),
	"SOURCE":   regexp.MustCompile(`(source--[0-9a-f-]{36})`),
	"DRAFT":    regexp.MustCompile(`(draft--[0-9a-f-]{36})`),
	"HASH":     regexp.MustCompile(`--preview ([0-9a-f]{64})`),
	"CASE":     regexp.MustCompile(`(warning--[0-9a-f-]{36})`),
	"PASSWORD": regexp.MustCompile(`(?m)^password +([A-Za-z0-9_-]{32})$`),
	"TOKEN":    regexp.MustCompile(`(?m)^token +([A-Za-z0-9_-]{32})$`),
	"MESSAGE":  regexp.MustCompile(`\b([0-9a-f]{64})\b`),
}

// patience is how long a command is repeated that waits for the other node.
const patience = 30 * time.Second

func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs two nodes")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "bin", "tocsin"), "./cmd/tocsin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"docs", "testvectors"} {
		if err := os.Symlink(filepath.Join(here, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "demo-data"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, dir: dir, known: make(map[string]string), ports: map[string]string{":7411": freePort(t), ":7412": freePort(t)}}
	commands := shell(t)
	if len(commands) < 30 {
		t.Fatalf("%d commands found in the README", len(commands))
	}
	for _, command := range commands {
		if strings.HasPrefix(command, "make ") {
			continue // what is under test was built above
		}
		if _, err := exec.LookPath("curl"); err != nil && strings.HasPrefix(command, "curl ") {
			continue // an example for those who have it
		}
		s.run(command)
	}
	s.expect("alpha", "case show CASE --as rolf", "persons_detained +7")
	s.expect("alpha", "partner show bravo", "active since")
}

// shell lists the lines of the README's sh blocks.
func shell(t *testing.T) (commands []string) {
	t.Helper()
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside && line != "":
			commands = append(commands, line)
		}
	}
	return commands
}

// scene is the README being played.
type scene struct {
	t     *testing.T
	dir   string
	known map[string]string
	ports map[string]string
}

// run runs one line, with the blanks filled in, until it succeeds.
func (s *scene) run(command string) string {
	s.t.Helper()
	for name, value := range s.known {
		command = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllLiteralString(command, value)
	}
	for port, free := range s.ports {
		command = strings.ReplaceAll(command, port, free)
	}
	for name := range blanks {
		if regexp.MustCompile(`\b` + name + `\b`).MatchString(command) {
			s.t.Fatalf("%s: nothing printed before says what %s is", command, name)
		}
	}
	if strings.Contains(command, "tocsin serve") {
		s.serve(command)
		return ""
	}
	began := time.Now()
	for {
		out, err := s.command(command).CombinedOutput()
		if err == nil {
			s.t.Logf("%s  (%s)", command, time.Since(began).Round(time.Millisecond))
			s.learn(string(out))
			return string(out)
		}
		if time.Since(began) > patience {
			s.t.Fatalf("%s: %v\n%s", command, err, out)
		}
		<-time.After(100 * time.Millisecond)
	}
}

func (s *scene) learn(out string) {
	for name, pattern := range blanks {
		if found := pattern.FindStringSubmatch(out); found != nil {
			s.known[name] = found[1]
		}
	}
}

func (s *scene) command(line string) *exec.Cmd {
	command := exec.Command("sh", "-c", line)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "TOCSIN_HOME="+filepath.Join(s.dir, "home"), "TOCSIN_DIR=", "TOCSIN_AS=")
	return command
}

func (s *scene) serve(line string) {
	s.t.Helper()
	server := s.command("exec " + line + " --quiet")
	server.Stderr = s.t.Output()
	if err := server.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			s.t.Errorf("%s: %v", line, err)
		}
	})
}

// expect repeats a command of a node until it prints what is looked for.
func (s *scene) expect(node, command, pattern string) {
	s.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for began := time.Now(); ; {
		out := s.run(fmt.Sprintf("bin/tocsin --dir demo-data/%s %s", node, command))
		if wanted.MatchString(out) {
			return
		}
		if time.Since(began) > patience {
			s.t.Fatalf("%s: no %q in\n%s", command, pattern, out)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return ":" + port
}
