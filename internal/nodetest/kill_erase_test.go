// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills real processes while they erase what is due and call people to
// a duty: over a directory in which everything came due some days ago they begin
// with that, whenever they are started.

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// ear is where a node in a bubble is connected to.
type ear struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Accept implements net.Listener.
func (e *ear) Accept() (net.Conn, error) {
	select {
	case conn := <-e.conns:
		return conn, nil
	case <-e.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (e *ear) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

// Addr implements net.Listener.
func (e *ear) Addr() net.Addr { return &net.TCPAddr{} }

// ago makes the nodes of these places, so long ago, and lets them play in a
// bubble, over pipes. What they leave are their directories.
func ago(t *testing.T, long time.Duration, places map[string]place, play func(houses map[string]*House)) {
	t.Helper()
	then := time.Now().Add(-long)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(then))
		ears, houses := make(map[string]*ear), make(map[string]*House)
		for _, at := range places {
			ears[at.address] = &ear{conns: make(chan net.Conn), closed: make(chan struct{})}
		}
		dial := func(ctx context.Context, _, address string) (net.Conn, error) {
			to := ears["http://"+address]
			here, there := net.Pipe()
			select {
			case to.conns <- there:
				return here, nil
			case <-to.closed:
				return nil, errors.New("nodetest: nobody there")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		for name, at := range places {
			_, err := node.Init(t.Context(), Quiet(), node.Setup{Dir: at.dir, Name: name, Country: "NO", Listen: at.init[1]})
			Check(t, err)
			n, err := node.Open(Quiet(), at.dir, node.Options{Version: "test", Listener: ears[at.address], Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}})
			Check(t, err)
			n.Outbox.WithUndo(0)
			h := &House{Node: n, Name: name, Dir: at.dir, tb: t}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- n.Run(ctx) }()
			h.stop = func() {
				cancel()
				Check(t, <-done)
			}
			defer h.Stop()
			h.people()
			houses[name] = h
		}
		play(houses)
	})
}

// secret are the words that nobody may find any more.
var secret = []string{"Market square", "the old harbour", "an informant in the cellar"}

// overdue leaves two directories in which a case, the report it was made of and
// the clock of a duty are overdue. Nothing else is to be done there.
func overdue(t *testing.T, places map[string]place) (id, dutyID string) {
	t.Helper()
	ago(t, 72*time.Hour, places, func(houses map[string]*House) {
		ctx := context.Background()
		alpha, bravo := houses["alpha"], houses["bravo"]
		Pair(alpha.tb, alpha, bravo)
		source, _, err := alpha.Intake.KeepSource(ctx, Analyst(), warning.Source{Title: "A report", Fields: []warning.Field{{Name: "text", Text: "It was an informant in the cellar."}}})
		Check(alpha.tb, err)
		id = alpha.Warn(Draft("They meet at the old harbour.", "bravo")).Sent["bravo"]
		alpha.Delivered(bravo)
		Check(bravo.tb, bravo.Outbox.Acknowledge(ctx, Officer(), warning.Acknowledgement{Case: id, Answer: warning.Understood}))
		Check(bravo.tb, bravo.Outbox.Ask(ctx, Officer(), warning.Request{Case: id, Question: "Which side of the old harbour?"}))
		Check(bravo.tb, bravo.Outbox.Report(ctx, Officer(), warning.Outcome{Case: id, Result: "attack_prevented"}))
		bravo.Delivered(alpha)
		duty, err := alpha.Desk.OpenDuty(ctx, Analyst(), warning.Duty{Partner: "bravo", Title: "Something else", Precedence: "immediate"})
		Check(alpha.tb, err)
		dutyID = duty.ID
		for _, h := range houses {
			h.dueToday(store.RetentionID(store.OfCase, id))
		}
		alpha.dueToday(store.RetentionID(store.OfSource, source.ID))
	})
	return id, dutyID
}

// dueToday lets the date of a thing be today, and people be asked in time.
func (h *House) dueToday(id string) {
	h.tb.Helper()
	Check(h.tb, h.Store.Change(context.Background(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, id)
		if err != nil {
			return err
		}
		r.Due = warning.DateOf(tx.Now).Time().AddDate(0, 0, 1)
		r.State, r.Asked = store.RetentionAsked, r.Due.Add(-store.ReviewNotice)
		return store.Retentions.Put(tx, id, r)
	}))
}

// words are the secret words that a directory holds, in whatever file.
func words(t *testing.T, dir string) (left []string) {
	t.Helper()
	for _, word := range secret {
		Check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
				return nil
			}
			if err != nil {
				return err
			}
			raw, err := os.ReadFile(path)
			if bytes.Contains(raw, []byte(word)) {
				left = append(left, word+" in "+filepath.Base(path))
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil // files come and go while the node runs
			}
			return err
		}))
	}
	return left
}

// copied is a process over a copy of what a place holds.
func copied(t *testing.T, binary, name string, of place) *process {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	Check(t, os.CopyFS(dir, os.DirFS(of.dir)))
	Check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	}))
	token, err := node.ReadToken(dir)
	Check(t, err)
	p := &process{place: of, t: t, binary: binary, name: name}
	p.dir = dir
	p.admin = p.client(token)
	return p
}

// Two nodes erase a case, a report and what was made of them, and tell each other,
// while one or the other is killed at random moments: in the end no word is left
// in any file, each was told once, a duty's clock rang once, and both logs verify.
func TestKillInAnErasure(t *testing.T) {
	lasts := 15 * time.Second
	if *longRuns {
		lasts = 5 * time.Minute
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 5))
	binary := build(t)
	places := map[string]place{"alpha": loopback(t, "alpha"), "bravo": loopback(t, "bravo")}
	id, dutyID := overdue(t, places)
	for name, at := range places {
		if len(words(t, at.dir)) < 2 {
			t.Fatalf("%s has too few words to erase: nothing would be proved", name)
		}
	}
	// How long it takes if nobody is killed is how far apart the moments lie.
	longest := time.Duration(0)
	round := func(t *testing.T, kills int) (before, after int) {
		alpha, bravo := copied(t, binary, "alpha", places["alpha"]), copied(t, binary, "bravo", places["bravo"])
		both := []*process{alpha, bravo}
		began := time.Now()
		for _, p := range both {
			p.begin()
			defer p.end(syscall.SIGKILL)
		}
		for range kills {
			victim := both[random.IntN(2)]
			pause(time.Duration(random.Int64N(int64(longest))))
			victim.end(syscall.SIGKILL)
			if len(words(t, victim.dir)) > 0 {
				before++
			} else {
				after++
			}
			victim.begin()
		}
		for _, p := range both {
			Until(t, p.name+" to answer", func() bool {
				_, err := p.client("").Node(t.Context())
				return err == nil
			})
			p.officer, p.over = p.enrol(t.Context(), "dana", "duty-officer"), p.enrol(t.Context(), "olga", "overseer")
		}
		for _, p := range both {
			Until(t, "the words to be gone at "+p.name, func() bool { return len(words(t, p.dir)) == 0 })
			if kills == 0 {
				longest = time.Since(began)
			}
			Until(t, "both notices at "+p.name, func() bool {
				notices, err := p.over.Destructions(t.Context())
				Check(t, err)
				return len(notices) >= 2 && notices[0].Receipted && notices[1].Receipted
			})
		}
		for _, p := range both {
			p.gone(id)
		}
		duty, err := alpha.officer.Duty(t.Context(), dutyID)
		Check(t, err)
		rang := 0
		for _, event := range duty.History {
			if event.By == "clock" {
				rang++
			}
		}
		if duty.Escalated != 1 || rang != 1 {
			t.Errorf("the duty was escalated %d times, and says so %d times", duty.Escalated, rang)
		}
		for _, p := range both {
			p.end(syscall.SIGTERM)
			for _, left := range words(t, p.dir) {
				t.Errorf("%s, ended: %s", p.name, left)
			}
		}
		return before, after
	}
	t.Run("nobody is killed", func(t *testing.T) { round(t, 0) })
	rounds, kills, before, after := 0, 0, 0, 0
	// On a busy machine no kill of a few rounds may come in time: it goes on until one does.
	for began := time.Now(); !t.Failed() && (time.Since(began) < lasts || rounds == 0 || before == 0 && time.Since(began) < 6*lasts); rounds++ {
		t.Run("killed", func(t *testing.T) {
			some := 2 + random.IntN(6)
			kills += some
			b, a := round(t, some)
			before, after = before+b, after+a
		})
	}
	t.Logf("%d rounds, %d kills; %d of them left words behind, %d came after the last was gone", rounds, kills, before, after)
	if before == 0 {
		t.Error("no kill came before the erasure had ended: nothing is proved")
	}
}

// gone checks what is left of the case: that it was, and proofs.
func (p *process) gone(id string) {
	p.t.Helper()
	ctx := p.t.Context()
	audit, err := p.over.VerifyLedger(ctx, nil)
	Check(p.t, err)
	for _, wrong := range audit.Wrong {
		p.t.Errorf("%s: %s", p.name, wrong)
	}
	c, err := p.officer.Case(ctx, id)
	Check(p.t, err)
	notices := 0
	for _, m := range c.Thread {
		if m.Kind == "destroyed" {
			notices++
		} else if len(m.Payload) > 0 {
			p.t.Errorf("%s: a %s still says something", p.name, m.Kind)
		}
		if !m.Receipted {
			p.t.Errorf("%s: a %s without a receipt", p.name, m.Kind)
		}
	}
	if len(c.Thread) != 6 || notices != 2 || c.Erased.IsZero() {
		p.t.Errorf("%s: a thread of %d messages, %d of them notices; erased %v", p.name, len(c.Thread), notices, c.Erased)
	}
	told, err := p.over.Destructions(ctx)
	Check(p.t, err)
	ours := func(d api.Destruction) bool { return d.Ours && d.Case == id && len(d.Messages) == 4 }
	if len(told) != 2 || ours(told[0]) == ours(told[1]) {
		p.t.Errorf("%s has the notices %+v", p.name, told)
	}
}
