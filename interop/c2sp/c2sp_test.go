// SPDX-License-Identifier: Apache-2.0

// Package c2sp_test holds the proofs of a node against the stock tools of C2SP:
// filippo.io/torchwood, its witness, and the libraries of transparency-dev. It
// is a module of its own, since they need a newer Go than the program does, and
// shares no code with it: it has the program, its files and its doors.
//
// The test TestC2SP of the directory above runs it.
package c2sp_test

// This file runs two nodes that have exchanged a warning, once for all tests.

import (
	"bytes"
	"context"
	"encoding/json"
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

// The world that all tests look at.
var shared *world

// world is two nodes, alpha and bravo, and where their files are.
type world struct {
	dir     string
	program string
	env     []string
	servers []*exec.Cmd

	alpha, bravo string // base URLs
	message      string // the hash of alpha's warning, which bravo has receipted
	caseID       string
	witness      *neutral
}

func TestMain(m *testing.M) {
	os.Exit(play(m))
}

func play(m *testing.M) int {
	program := os.Getenv("TOCSIN_PROGRAM")
	if program == "" {
		fmt.Println("NOT RUN: name the program under test in TOCSIN_PROGRAM, or run TestC2SP in the directory above")
		return 0
	}
	dir, err := os.MkdirTemp("", "c2sp-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	w := &world{dir: dir, program: program}
	for _, setting := range os.Environ() {
		// The machine's own way out is not under test.
		if name, _, _ := strings.Cut(strings.ToUpper(setting), "="); !strings.HasSuffix(name, "_PROXY") {
			w.env = append(w.env, setting)
		}
	}
	w.env = append(w.env, "TOCSIN_HOME="+filepath.Join(dir, "home"))
	defer w.end()
	if err := w.tell(); err != nil {
		fmt.Println("the two nodes:", err)
		return 1
	}
	shared = w
	return m.Run()
}

// tocsin runs a command of the program and returns what it prints.
func (w *world) tocsin(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, w.program, args...)
	command.Dir, command.Env = w.dir, w.env
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("tocsin %s: %w\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.String(), nil
}

// steps runs commands, and stops at the first that fails.
type steps struct {
	w   *world
	err error
}

func (s *steps) do(args ...string) string {
	if s.err != nil {
		return ""
	}
	var out string
	out, s.err = s.w.tocsin(args...)
	return out
}

// value is a text in the JSON that a command prints: items.0.id.
func (s *steps) value(path string, args ...string) string {
	out := s.do(append([]string{"--json"}, args...)...)
	if s.err != nil {
		return ""
	}
	var value any
	if s.err = json.Unmarshal([]byte(out), &value); s.err != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			if name == "0" && len(v) > 0 {
				value = v[0]
			}
		}
	}
	text, ok := value.(string)
	if !ok {
		s.err = fmt.Errorf("no text at %s in %s", path, out)
	}
	return text
}

// until repeats a command until it prints what is looked for.
func (s *steps) until(pattern string, args ...string) {
	wanted := regexp.MustCompile(pattern)
	for began := time.Now(); s.err == nil; <-time.After(50 * time.Millisecond) {
		out, err := s.w.tocsin(args...)
		if err == nil && wanted.MatchString(out) {
			return
		}
		if time.Since(began) > 30*time.Second {
			s.err = fmt.Errorf("tocsin %s never printed %s: %w\n%s", strings.Join(args, " "), pattern, err, out)
		}
	}
}

const warningFile = `
warning:
  target: {kind: event, name: Winter market, place: {country: DK}}
  threat_type: mass_casualty_attack
  window: {start: 2029-12-18, end: 2029-12-20, fidelity: day}
  method: explosives
  precedence: IMMEDIATE
  probability: likely
  confidence: moderate
  handling: {tlp: "TLP:AMBER+STRICT"}
  purpose: prevention of threats to life
  review: 2030-12-31
`

// tell lets the nodes meet, and alpha warn bravo.
func (w *world) tell() error {
	s := &steps{w: w}
	var err error
	if w.witness, err = w.startWitness(); err != nil {
		return err
	}
	if w.alpha, err = s.node("alpha", "NO"); err != nil {
		return err
	}
	if w.bravo, err = s.node("bravo", "DK"); err != nil {
		return err
	}
	a := func(args ...string) []string { return append([]string{"--dir", "alpha", "--as", "ruth"}, args...) }
	b := func(args ...string) []string { return append([]string{"--dir", "bravo", "--as", "ruth"}, args...) }
	invitation := s.value("text", a("invite")...)
	s.do(b("accept", invitation)...)
	s.until("bravo", a("partner", "list")...)
	digits := s.value("digits", a("partner", "show", "bravo")...)
	s.do(a("partner", "confirm", "bravo", "--digits", digits)...)
	s.do(b("partner", "confirm", "alpha", "--digits", digits)...)
	s.do(a("partner", "sign", "bravo")...)
	s.do(b("partner", "sign", "alpha")...)
	s.until("active since", a("partner", "show", "bravo")...)
	s.until("active since", b("partner", "show", "alpha")...)
	if s.err == nil {
		s.err = os.WriteFile(filepath.Join(w.dir, "warning.yaml"), []byte(warningFile), 0o600)
	}
	draft := s.value("id", a("warn", "compose", "warning.yaml", "--release", "bravo=A group prepares an attack.")...)
	hash := s.value("hash", a("warn", "preview", draft)...)
	s.do(a("warn", "release", draft, "--preview", hash)...)
	w.caseID = s.value("sent.bravo", "--dir", "alpha", "--as", "rolf", "warn", "release", draft, "--preview", hash)
	s.until("received by bravo on", a("case", "show", w.caseID)...)
	w.message = s.value("thread.0.hash", a("case", "show", w.caseID)...)
	for name, args := range map[string][]string{
		"alpha.card": a("card"), "bravo.card": b("card"), "receipt": a("receipt", w.message),
	} {
		out := s.do(args...)
		if s.err == nil {
			s.err = os.WriteFile(filepath.Join(w.dir, name), []byte(out), 0o600)
		}
	}
	if s.err != nil {
		return s.err
	}
	var alpha card
	if err := json.Unmarshal([]byte(s.do(a("card")...)), &alpha); err != nil {
		return err
	}
	return w.witness.knows(alpha.Log)
}

// node makes a node with its people, and runs it until the end.
func (s *steps) node(name, country string) (address string, err error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	s.do("init", "--dir", name, "--name", name, "--country", country, "--listen", port)
	if s.err == nil && name == "alpha" {
		s.err = os.WriteFile(filepath.Join(s.w.dir, name, "policy"), []byte(s.w.witness.policy()), 0o600)
	}
	if s.err != nil {
		return "", s.err
	}
	if err := s.w.serve(name); err != nil {
		return "", err
	}
	s.until("checkpoint|leaves|version|"+name, "--dir", name, "card")
	for person, roles := range map[string][]string{
		"ruth": {"administrator", "releaser", "overseer", "duty-officer", "analyst"}, "rolf": {"releaser"},
	} {
		add := []string{"--dir", name, "person", "add", person, "--title", "Officer"}
		for _, role := range roles {
			add = append(add, "--role", role)
		}
		s.do("signin", s.value("link", add...))
	}
	return "http://" + port, s.err
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (w *world) serve(name string) error {
	server := exec.Command(w.program, "serve", "--quiet", "--dir", name)
	server.Dir, server.Env, server.Stderr = w.dir, w.env, os.Stderr
	if err := server.Start(); err != nil {
		return err
	}
	w.servers = append(w.servers, server)
	return nil
}

func (w *world) end() {
	for _, server := range w.servers {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
	}
}

// card is a node's public card, as its file says it.
type card struct {
	Name    string   `json:"name"`
	Log     string   `json:"log"`
	Witness []string `json:"witness"`
}

func (w *world) card(t *testing.T, name string) (c card) {
	t.Helper()
	must(t, json.Unmarshal(w.file(t, name+".card"), &c))
	return c
}

func (w *world) file(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, name))
	must(t, err)
	return raw
}

// as runs a command of ruth's at a node.
func (w *world) as(t *testing.T, node string, args ...string) string {
	t.Helper()
	out, err := w.tocsin(append([]string{"--dir", node, "--as", "ruth"}, args...)...)
	must(t, err)
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
