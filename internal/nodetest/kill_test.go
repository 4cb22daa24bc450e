// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills nodes. Two real processes exchange 1,000 messages while one
// or the other is ended with SIGKILL at random moments and started again; in
// the end every message has arrived once, every receipt and both logs verify,
// and there is no gap.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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

// process is a node in a process of its own.
type process struct {
	t       *testing.T
	binary  string
	dir     string
	name    string
	address string
	admin   *api.Client
	officer *api.Client
	first   *api.Client
	second  *api.Client
	analyst *api.Client
	over    *api.Client

	mu      sync.Mutex
	command *exec.Cmd
	kills   int
}

// build builds the program as a user would.
func build(tb testing.TB) string {
	tb.Helper()
	binary := filepath.Join(tb.TempDir(), "tocsin")
	command := exec.Command("go", "build", "-o", binary, "github.com/tocsin-exchange/tocsin/cmd/tocsin")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		tb.Fatalf("building: %v\n%s", err, out)
	}
	return binary
}

func freePort(tb testing.TB) string {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Check(tb, err)
	defer listener.Close()
	return listener.Addr().String()
}

func newProcess(t *testing.T, binary, name string) *process {
	t.Helper()
	p := &process{t: t, binary: binary, name: name, dir: filepath.Join(t.TempDir(), name)}
	listen := freePort(t)
	if out, err := exec.Command(binary, "init", "--dir", p.dir, "--name", name, "--country", "NO", "--listen", listen).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	p.address = "http://" + listen
	token, err := node.ReadToken(p.dir)
	Check(t, err)
	p.admin = p.client(token)
	p.start()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	return p
}

func (p *process) client(token string) *api.Client {
	return api.NewClient(p.address, token, &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}})
}

// start starts the process and waits until it answers.
func (p *process) start() {
	p.t.Helper()
	command := exec.Command(p.binary, "serve", "--dir", p.dir)
	output, err := command.StderrPipe()
	Check(p.t, err)
	Check(p.t, command.Start())
	var last sync.Map
	go func() {
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			last.Store("line", lines.Text())
		}
	}()
	p.mu.Lock()
	p.command = command
	p.mu.Unlock()
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := p.client("").Node(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			line, _ := last.Load("line")
			p.t.Fatalf("%s does not answer: %v; it said last: %v", p.name, err, line)
		}
		pause(5 * time.Millisecond)
	}
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

func TestKill(t *testing.T) {
	messages, least := 1000, 5
	if testing.Short() {
		messages, least = 100, 1
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	id := warnProcesses(t, alpha, bravo)

	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	talking, quiet := context.WithCancel(ctx)
	var killer sync.WaitGroup
	killer.Go(func() {
		for talking.Err() == nil {
			pause(time.Duration(20+random.IntN(400)) * time.Millisecond)
			victim := alpha
			if random.IntN(2) == 0 {
				victim = bravo
			}
			victim.end(syscall.SIGKILL)
			victim.kills++
			pause(time.Duration(random.IntN(100)) * time.Millisecond)
			victim.start()
		}
	})
	var hands sync.WaitGroup
	for i, p := range []*process{alpha, bravo} {
		line := make(chan int)
		hands.Go(func() {
			for n := range messages / 2 {
				line <- n
			}
			close(line)
		})
		for range 4 {
			hands.Go(func() {
				for n := range line {
					if err := p.say(ctx, id, fmt.Sprintf("message %d of %d", n, i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	hands.Wait()
	quiet()
	killer.Wait()
	t.Logf("alpha was killed %d times, bravo %d times", alpha.kills, bravo.kills)
	if alpha.kills+bravo.kills < least {
		t.Error("too few kills to prove anything")
	}
	afterwards(t, ctx, alpha, bravo, id, messages)
}

func warnProcesses(t *testing.T, alpha, bravo *process) string {
	ctx := t.Context()
	draft, err := alpha.analyst.Compose(ctx, Draft("Danger.", "bravo"))
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
	id := draft.Sent["bravo"]
	Until(t, "the warning to arrive", func() bool {
		_, err := bravo.officer.Case(ctx, id)
		return err == nil
	})
	return id
}

// afterwards checks that everything arrived once in effect and is proved.
func afterwards(t *testing.T, ctx context.Context, alpha, bravo *process, id string, messages int) {
	t.Helper()
	for _, p := range [][2]*process{{alpha, bravo}, {bravo, alpha}} {
		for {
			seen, err := p[0].admin.Partner(ctx, p[1].name)
			Check(t, err)
			if len(seen.Gaps) != 0 {
				t.Errorf("%s sees gaps: %+v", p[0].name, seen.Gaps)
			}
			if seen.Queued == 0 {
				break
			}
			pause(50 * time.Millisecond)
		}
	}
	for _, p := range [][2]*process{{alpha, bravo}, {bravo, alpha}} {
		audit, err := p[0].over.VerifyLedger(ctx, nil)
		Check(t, err)
		for _, wrong := range audit.Wrong {
			t.Errorf("%s: %s", p[0].name, wrong)
		}
		t.Logf("%s: %d leaves, %d messages, %d receipts verified", p[0].name, audit.Leaves, audit.Messages, audit.Receipts)
	}
	ours, err := alpha.officer.Case(ctx, id)
	Check(t, err)
	theirs, err := bravo.officer.Case(ctx, id)
	Check(t, err)
	for _, c := range []api.Case{ours, theirs} {
		texts := make(map[string]int)
		for _, message := range c.Thread {
			texts[string(message.Payload)]++
			if !message.Receipted {
				t.Errorf("message %s has no receipt", message.Hash)
			}
		}
		if len(c.Thread) != messages+1 {
			t.Errorf("the thread holds %d messages, want %d", len(c.Thread), messages+1)
		}
		for i := range 2 {
			for n := range messages / 2 {
				count := 0
				for text := range texts {
					if strings.Contains(text, fmt.Sprintf(`"message %d of %d"`, n, i)) {
						count += texts[text]
					}
				}
				if count != 1 {
					t.Errorf("message %d of %d is there %d times", n, i, count)
				}
			}
		}
	}
}

// TestMemoryAtRest reports the memory of a node that waits. The aim is under 60 MiB.
func TestMemoryAtRest(t *testing.T) {
	p := newProcess(t, build(t), "alpha")
	p.staff()
	_, err := p.officer.Board(t.Context())
	Check(t, err)
	p.mu.Lock()
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	p.mu.Unlock()
	if err != nil {
		t.Skip("no /proc on this system")
	}
	defer status.Close()
	raw, err := io.ReadAll(status)
	Check(t, err)
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			t.Log(strings.TrimSpace(line))
			var kib int
			if _, err := fmt.Sscanf(strings.Fields(line)[1], "%d", &kib); err != nil || kib == 0 {
				t.Errorf("cannot be read: %q", line)
			}
			if strings.HasPrefix(line, "VmRSS") && kib > 60<<10 {
				t.Errorf("a node at rest holds %d KiB", kib)
			}
		}
	}
}
