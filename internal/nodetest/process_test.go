// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file runs nodes as processes of their own, built as a user would build
// them, and speaks to them as people do.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/warning"
)

// binaryKey names the program where it is built already.
const binaryKey = "NODETEST_BINARY"

// place is where a process runs, and how it is reached.
type place struct {
	dir     string
	init    []string // more arguments
	serve   []string
	env     []string
	start   func(*exec.Cmd) error
	address string
	dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil: as anybody does
	trust   *tls.Config
}

// process is a node in a process of its own.
type process struct {
	place
	t       *testing.T
	binary  string
	name    string
	admin   *api.Client
	officer *api.Client
	first   *api.Client
	second  *api.Client
	analyst *api.Client
	over    *api.Client

	log spoken

	mu      sync.Mutex
	command *exec.Cmd
	kills   int
}

// TestMain removes the program at the end, if a test built it.
func TestMain(m *testing.M) {
	code := m.Run()
	program.remove()
	os.Exit(code)
}

// program is built by the first test that needs it, for all: to link it takes
// longer than most of them.
var program built

type built struct {
	once sync.Once
	dir  string
	err  error
}

// build builds the program as a user would, or names the one that is built.
func build(tb testing.TB) string {
	tb.Helper()
	if binary := os.Getenv(binaryKey); binary != "" {
		return binary
	}
	program.once.Do(program.build)
	Check(tb, program.err)
	return program.path()
}

func (b *built) path() string { return filepath.Join(b.dir, "tocsin") }

func (b *built) build() {
	if b.dir, b.err = os.MkdirTemp("", "nodetest"); b.err != nil {
		return
	}
	command := exec.Command("go", "build", "-o", b.path(), "github.com/tocsin-exchange/tocsin/cmd/tocsin")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("building: %w\n%s", err, out)
	}
}

// remove removes what was built. What cannot be removed lies in the directory for
// what is temporary.
func (b *built) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

func freePort(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Check(tb, err)
	defer listener.Close()
	return listener.Addr().String()
}

// loopback is a place on this machine's own.
func loopback(tb testing.TB, name string) place {
	listen := freePort(tb)
	return place{dir: filepath.Join(tb.TempDir(), name), init: []string{"--listen", listen}, start: (*exec.Cmd).Start, address: "http://" + listen}
}

func newProcess(t *testing.T, binary, name string) *process {
	t.Helper()
	return newProcessAt(t, binary, name, loopback(t, name))
}

func newProcessAt(t *testing.T, binary, name string, at place) *process {
	t.Helper()
	p := &process{place: at, t: t, binary: binary, name: name}
	arguments := append([]string{"init", "--dir", p.dir, "--name", name, "--country", "NO"}, p.init...)
	if out, err := exec.Command(binary, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	token, err := node.ReadToken(p.dir)
	Check(t, err)
	p.admin = p.client(token)
	p.start()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	return p
}

func (p *process) client(token string) *api.Client {
	transport := &http.Transport{DialContext: p.dial, TLSClientConfig: p.trust}
	return api.NewClient(p.address, token, &http.Client{Timeout: 10 * time.Second, Transport: transport})
}

// start starts the process and waits until it answers.
func (p *process) start() {
	p.t.Helper()
	p.begin()
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := p.client("").Node(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s does not answer: %v; it said last: %s", p.name, err, p.log.last())
		}
		pause(5 * time.Millisecond)
	}
}

// begin starts the process and does not wait.
func (p *process) begin() {
	p.t.Helper()
	command := exec.Command(p.binary, append([]string{"serve", "--dir", p.dir}, p.serve...)...)
	command.Env = append(os.Environ(), p.env...)
	command.Stderr = &p.log
	p.mu.Lock()
	defer p.mu.Unlock()
	Check(p.t, p.place.start(command))
	p.command = command
}

// spoken is what a process said, over all its lives.
type spoken struct {
	mu   sync.Mutex
	text []byte
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *spoken) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

func (s *spoken) last() string {
	lines := strings.Split(strings.TrimSpace(s.all()), "\n")
	return lines[len(lines)-1]
}

// end ends the process by its id and waits until it is gone.
func (p *process) end(signal syscall.Signal) {
	p.mu.Lock()
	command := p.command
	p.command = nil
	p.mu.Unlock()
	if command == nil {
		return
	}
	_ = command.Process.Signal(signal) // it may have ended by itself, which Wait tells
	err := command.Wait()
	if signal == syscall.SIGTERM && err != nil {
		p.t.Errorf("%s did not end cleanly: %v", p.name, err)
	}
}

// pause waits in real time: these are other processes, no bubble holds them.
func pause(d time.Duration) { <-time.After(d) }

func (p *process) staff() {
	ctx := context.Background()
	for role, speak := range map[string]**api.Client{"duty-officer": &p.officer, "analyst": &p.analyst, "overseer": &p.over} {
		*speak = p.enrol(ctx, role, role)
	}
	p.first, p.second = p.enrol(ctx, "first", "releaser"), p.enrol(ctx, "second", "releaser")
}

func (p *process) enrol(ctx context.Context, name, role string) *api.Client {
	link, err := p.admin.AddPerson(ctx, api.NewPerson{Name: name, Roles: []string{role}})
	Check(p.t, err)
	enrolled, err := p.client("").Enrol(ctx, link.Link)
	Check(p.t, err)
	return p.client(enrolled.Token)
}

func pairProcesses(t *testing.T, one, other *process) {
	ctx := t.Context()
	invitation, err := one.admin.Invite(ctx, nil)
	Check(t, err)
	_, err = other.admin.Accept(ctx, invitation.Text)
	Check(t, err)
	Until(t, "the answer to the invitation", func() bool {
		_, err := one.admin.Partner(ctx, other.name)
		return err == nil
	})
	for _, p := range [][2]*process{{one, other}, {other, one}} {
		seen, err := p[0].admin.Partner(ctx, p[1].name)
		Check(t, err)
		_, err = p[0].admin.Confirm(ctx, p[1].name, seen.Digits)
		Check(t, err)
		_, err = p[0].admin.SignTerms(ctx, p[1].name)
		Check(t, err)
	}
	Until(t, "the channel to be active", func() bool {
		ours, err := one.admin.Partner(ctx, other.name)
		Check(t, err)
		theirs, err := other.admin.Partner(ctx, one.name)
		Check(t, err)
		return ours.State == "active" && theirs.State == "active"
	})
}

// thread reads all messages of a case, page by page; the warning is on each page.
func (p *process) thread(ctx context.Context, id string) (all []api.Message) {
	p.t.Helper()
	seen := make(map[string]bool)
	for part := (api.CasePart{}); ; {
		c, err := p.officer.CasePart(ctx, id, part)
		Check(p.t, err)
		for _, m := range c.Thread {
			if !seen[m.Hash] {
				seen[m.Hash] = true
				all = append(all, m)
			}
		}
		if part.Before = c.Before; part.Before == "" {
			return all
		}
	}
}

// said reports whether this node's own store holds its message with the text.
func (p *process) said(ctx context.Context, id, text string) (bool, error) {
	c, err := p.officer.Case(ctx, id)
	if err != nil {
		return false, err
	}
	for _, message := range c.Thread {
		if message.Ours && strings.Contains(string(message.Payload), `"`+text+`"`) {
			return true, nil
		}
	}
	return false, nil
}

// say has the node say a text once, whatever happens to it meanwhile: after a
// failure it asks the node whether it happened before it tries again.
func (p *process) say(ctx context.Context, id, text string) error {
	for ctx.Err() == nil {
		_, err := p.officer.Thank(ctx, id, api.Thank{Text: text})
		if err == nil {
			return nil
		}
		var refusal *api.Problem
		if errors.As(err, &refusal) && refusal.Status < 500 {
			return err
		}
		for ctx.Err() == nil {
			pause(20 * time.Millisecond)
			happened, err := p.said(ctx, id, text)
			if err == nil && happened {
				return nil
			}
			if err == nil {
				break
			}
		}
	}
	return ctx.Err()
}

// warnProcesses has alpha warn bravo, and returns the case once bravo has it.
func warnProcesses(t *testing.T, alpha, bravo *process) string {
	t.Helper()
	ctx := t.Context()
	draft, err := alpha.analyst.Compose(ctx, Draft("Danger.", bravo.name))
	Check(t, err)
	preview, err := alpha.first.Preview(ctx, draft.ID)
	Check(t, err)
	for _, releaser := range []*api.Client{alpha.first, alpha.second} {
		draft, err = releaser.Release(ctx, draft.ID, api.Release{Preview: preview.Hash})
		Check(t, err)
	}
	if draft.Stage != warning.Released {
		t.Fatalf("the draft is %s", draft.Stage)
	}
	id := draft.Sent[bravo.name]
	Until(t, "the warning to arrive", func() bool {
		_, err := bravo.officer.Case(ctx, id)
		return err == nil
	})
	return id
}
