// SPDX-License-Identifier: Apache-2.0

package store_test

// This file plays a whole exchange between alpha and bravo while an operation
// on the disk of one of them fails: compose, release by two, carry, receipt,
// acknowledge, report. People do again what failed, after they asked whether it
// happened; a node whose power went is started again. In the end everything is
// there once, both logs verify, and no receipt speaks of a log that is not.

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/peerserver"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

func person(name string, role caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: name, Title: "Officer", Roles: []caller.Role{role}}
}

var (
	admin    = person("admin", caller.Administrator)
	analyst  = person("ann", caller.Analyst)
	rob, sue = person("rob", caller.Releaser), person("sue", caller.Releaser)
	duty     = person("dan", caller.DutyOfficer)
	overseer = person("ova", caller.Overseer)
)

// node is the trips of one side, on a disk that may fail.
type node struct {
	t      *testing.T
	name   string
	dir    string
	ring   *keys.Ring
	card   envelope.Card
	wire   wire
	disk   *disk
	ahead  atomic.Int64 // how much its clock is, in nanoseconds
	store  *store.Store
	desk   *desk.Desk
	outbox *outbox.Outbox
	inbox  *inbox.Inbox
	shelf  *shelf.Shelf
	stop   func()
}

// wire carries posts between the nodes, by name.
type wire map[string]*node

// answer is where the partners' door writes to; it has no connection to set
// deadlines of.
type answer struct{ *httptest.ResponseRecorder }

func (answer) SetReadDeadline(time.Time) error { return nil }

// RoundTrip implements http.RoundTripper.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	to := w[strings.TrimSuffix(r.URL.Hostname(), ".example.org")]
	if to == nil || to.store == nil {
		return nil, errors.New("nobody there")
	}
	recorder := httptest.NewRecorder()
	peerserver.New(quiet(), to.inbox).ServeHTTP(answer{recorder}, r)
	return recorder.Result(), nil
}

// start opens the store on a disk and starts the trips, as a process would.
func (n *node) start(f fault) error {
	n.disk = newDisk(n.t, f)
	return n.again()
}

// again starts on the disk as it is by now.
func (n *node) again() error {
	log := quiet()
	kept, err := store.OpenOn(log, n.dir, n.ring.SignCheckpoint, n.disk.name, func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) })
	if err != nil {
		return err
	}
	n.desk, n.outbox = desk.New(log, kept, n.card), outbox.New(log, kept, n.ring)
	n.inbox, n.shelf = inbox.New(log, kept, n.ring, n.card), shelf.New(log, kept, n.card, "test")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 3)
	carry := courier.New(log, kept, n.ring, &http.Client{Transport: n.wire}, n.card.Address)
	for _, run := range []func(context.Context) error{n.outbox.Run, n.inbox.Run, carry.Run} {
		go func() { _ = run(ctx); done <- struct{}{} }()
	}
	n.store = kept
	n.stop = func() {
		cancel()
		for range 3 {
			<-done
		}
	}
	return nil
}

// end ends the process.
func (n *node) end() {
	if kept := n.store; kept != nil {
		n.store = nil
		n.stop()
		_ = kept.Close() // on a dead disk it cannot be clean
	}
	n.disk.gone()
	if n.disk.dead {
		n.disk.settle(uint64(n.disk.fault.at))
	}
}

// goesOn is how long a disk goes on failing before somebody mends it.
const goesOn = 5 * time.Minute

// stand sees to it that the node runs: whoever looks after it starts it again,
// and mends a disk that goes on failing.
func (n *node) stand(since time.Time) {
	if n.disk.fault.last == forGood && time.Since(since) > goesOn {
		n.disk.mend()
	}
	switch {
	case n.disk.dead:
		n.end()
		check(n.t, n.start(fault{}))
	case n.store == nil:
		_ = n.again() // while the trouble lasts it cannot start
	}
}

// exchange is one run of the scene.
type exchange struct {
	t            *testing.T
	alpha, bravo *node
	began        time.Time
}

// until does a step until it was done. After each try it asks whether it was.
func (e *exchange) until(what string, at *node, done func() (bool, error), do func() error) {
	e.t.Helper()
	var last error
	for range 3600 {
		synctest.Wait()
		e.alpha.stand(e.began)
		e.bravo.stand(e.began)
		if at.store != nil {
			ok, err := done()
			if ok && err == nil {
				return
			}
			if last = err; err == nil && do != nil {
				last = do()
			}
		}
		time.Sleep(5 * time.Second) // fake: the bubble jumps
	}
	e.t.Fatalf("in vain: %s; last: %v", what, last)
}

func (e *exchange) play() {
	ctx := e.t.Context()
	alpha, bravo := e.alpha, e.bravo
	var draft warning.Draft
	drafts := func() (bool, error) {
		all, err := alpha.shelf.Drafts(ctx, analyst)
		if err != nil || len(all) == 0 {
			return false, err
		}
		draft, err = alpha.shelf.Draft(ctx, analyst, all[0].ID)
		return err == nil, err
	}
	e.until("a draft", alpha, drafts, func() error { _, err := alpha.outbox.Compose(ctx, analyst, plot()); return err })
	for i, releaser := range []caller.Caller{rob, sue} {
		released := func() (bool, error) {
			_, err := drafts()
			return len(draft.Approvals) > i || draft.Stage == warning.Released, err
		}
		e.until("a release", alpha, released, func() error {
			p, err := alpha.outbox.Preview(ctx, releaser, draft.ID)
			if err == nil {
				_, err = alpha.outbox.Release(ctx, releaser, draft.ID, p.Hash, "")
			}
			return err
		})
	}
	id := draft.Sent["bravo"]
	thread := func(n *node, kind envelope.Kind) func() (bool, error) {
		return func() (bool, error) {
			c, err := n.shelf.Case(ctx, duty, id)
			if problem.Is(err, problem.Missing) {
				return false, nil
			}
			for _, message := range c.Thread {
				if message.Kind == string(kind) {
					return true, err
				}
			}
			return false, err
		}
	}
	e.until("the warning at bravo", bravo, thread(bravo, envelope.Warning), nil)
	e.until("an acknowledgement", bravo, thread(bravo, envelope.Acknowledgement), func() error {
		return bravo.outbox.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id, Answer: warning.Understood})
	})
	e.until("an outcome", bravo, thread(bravo, envelope.Outcome), func() error {
		return bravo.outbox.Report(ctx, duty, warning.Outcome{Case: id, Result: "attack_prevented"})
	})
	e.until("the outcome at alpha", alpha, thread(alpha, envelope.Outcome), nil)
	for _, p := range [][2]*node{{alpha, bravo}, {bravo, alpha}} {
		e.until("an empty queue", p[0], func() (bool, error) {
			seen, err := p[0].shelf.Partner(ctx, admin, p[1].name)
			return seen.Queued == 0, err
		}, nil)
	}
	e.whole(id)
}

// whole checks that everything is there once, and verifies.
func (e *exchange) whole(id string) {
	ctx := e.t.Context()
	sides := make(map[string]int) // by hash: a clock may put them in another order
	for _, p := range [][2]*node{{e.alpha, e.bravo}, {e.bravo, e.alpha}} {
		n := p[0]
		n.disk.mend()
		audit, err := n.shelf.Verify(ctx, overseer, nil)
		check(e.t, err)
		for _, wrong := range audit.Wrong {
			e.t.Errorf("%s: %s", n.name, wrong)
		}
		cases, err := n.shelf.Cases(ctx, duty, "", 0)
		check(e.t, err)
		seen, err := n.shelf.Partner(ctx, admin, p[1].name)
		check(e.t, err)
		c, err := n.shelf.Case(ctx, duty, id)
		check(e.t, err)
		alarms, err := n.shelf.Alarms(ctx, duty, false)
		check(e.t, err)
		for _, alarm := range alarms {
			if alarm.Kind == warning.AlarmFork || alarm.Kind == warning.AlarmBadReceipt {
				e.t.Errorf("%s: %s", n.name, alarm.Text)
			}
		}
		if len(cases) != 1 || len(seen.Gaps) != 0 || len(c.Thread) != 3 {
			e.t.Errorf("%s has %d cases, %d gaps and a thread of %d", n.name, len(cases), len(seen.Gaps), len(c.Thread))
		}
		for _, message := range c.Thread {
			sides[message.Hash]++
			if !message.Receipted {
				e.t.Errorf("%s: a %s without a receipt", n.name, message.Kind)
			}
		}
	}
	for hash, count := range sides {
		if count != 2 {
			e.t.Errorf("message %s is there on %d sides", hash, count)
		}
	}
}

// file is the store's file of a node that does not run.
func (n *node) file() *sql.DB {
	n.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: filepath.Join(n.dir, store.File)}).EscapedPath())
	check(n.t, err)
	return db
}

// noFork checks that each receipt that n was given speaks of the log that the
// other has now: nothing was shown that was not kept.
func noFork(t *testing.T, n, other *node) {
	t.Helper()
	ours, theirs := n.file(), other.file()
	defer ours.Close()
	defer theirs.Close()
	log := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, err error) {
		for _, index := range indexes {
			var raw []byte
			if err := theirs.QueryRow(`SELECT hash FROM hashes WHERE idx = $1`, index).Scan(&raw); err != nil {
				return nil, err
			}
			hashes = append(hashes, tlog.Hash(raw))
		}
		return hashes, nil
	})
	rows, err := ours.Query(`SELECT receipt FROM messages WHERE direction = 'out' AND receipt IS NOT NULL`)
	check(t, err)
	defer rows.Close()
	given := 0
	for rows.Next() {
		var raw []byte
		check(t, rows.Scan(&raw))
		r, err := receipt.Parse(raw)
		check(t, err)
		root, err := tlog.TreeHash(r.Statement.Size, log)
		check(t, err)
		if hex.EncodeToString(root[:]) != r.Statement.Root {
			t.Errorf("%s was given a receipt for a log of %d leaves that %s does not have", n.name, r.Statement.Size, other.name)
		}
		given++
	}
	check(t, rows.Err())
	if given == 0 {
		t.Errorf("%s was given no receipt", n.name)
	}
}

func plot() warning.Draft {
	return warning.Draft{
		Warning: warning.Warning{
			Target:     warning.Target{Kind: "location", Name: "Market square", Place: warning.Place{Country: "NO", City: "Bergen"}},
			ThreatType: warning.MassCasualtyAttack, Precedence: handling.Flash, Probability: "likely", Confidence: handling.Moderate,
			Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H3}, Note: "not to the keeper of the gate"}, Purpose: "prevention of a threat to life",
		},
		Releases: map[string]string{"bravo": "An attack on the market square is planned."}, ReleasableTo: []string{"bravo"},
	}
}

// paired makes alpha and bravo with an open channel, and returns copies of them
// for each run.
func paired(t *testing.T) func(t *testing.T) (alpha, bravo *node) {
	t.Helper()
	wired := make(wire)
	pair := make(map[string]*node)
	for _, name := range []string{"alpha", "bravo"} {
		ring, err := keys.Generate(name, "NO")
		check(t, err)
		pair[name] = &node{t: t, name: name, dir: t.TempDir(), ring: ring, card: ring.Card("https://" + name + ".example.org"), wire: wired}
		wired[name] = pair[name]
	}
	alpha, bravo := pair["alpha"], pair["bravo"]
	synctest.Test(t, func(t *testing.T) {
		check(t, alpha.start(fault{}))
		check(t, bravo.start(fault{}))
		ctx := t.Context()
		for _, who := range []caller.Caller{rob, sue} {
			_, err := alpha.desk.AddPerson(ctx, admin, who.Name, who.Title, []string{string(caller.Releaser)})
			check(t, err)
		}
		text, err := alpha.desk.Invite(ctx, admin, nil)
		check(t, err)
		_, err = bravo.desk.Accept(ctx, admin, text)
		check(t, err)
		time.Sleep(time.Second) // SQLite waits for its locks in fake time: synctest.Wait alone may be too early
		synctest.Wait()
		for _, p := range [][2]*node{{alpha, bravo}, {bravo, alpha}} {
			seen, err := p[0].shelf.Partner(ctx, admin, p[1].name)
			check(t, err)
			_, err = p[0].desk.Confirm(ctx, admin, p[1].name, seen.Digits)
			check(t, err)
			_, err = p[0].outbox.SignTerms(ctx, admin, p[1].name)
			check(t, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		alpha.end()
		bravo.end()
	})
	return copies(pair)
}

// copies returns copies of two nodes that do not run, by their names, for each run.
func copies(pair map[string]*node) func(t *testing.T) (alpha, bravo *node) {
	return func(t *testing.T) (*node, *node) {
		fresh := make(wire)
		for name, n := range pair {
			c := &node{t: t, name: name, dir: t.TempDir(), ring: n.ring, card: n.card, wire: fresh}
			from, err := os.Open(filepath.Join(n.dir, store.File))
			check(t, err)
			to, err := os.Create(filepath.Join(c.dir, store.File))
			check(t, err)
			_, err = io.Copy(to, from)
			check(t, errors.Join(err, from.Close(), to.Close()))
			fresh[name] = c
		}
		return fresh["alpha"], fresh["bravo"]
	}
}

// run plays the exchange with a fault at one side, and returns how often each
// disk was asked.
func run(t *testing.T, pairs func(*testing.T) (*node, *node), at string, f fault) (asked map[string]int, struck bool) {
	t.Helper()
	alpha, bravo := pairs(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t, bravo.t = t, t
		time.Sleep(time.Hour) // after the time of the pairing
		e := &exchange{t: t, alpha: alpha, bravo: bravo, began: time.Now()}
		defer func() {
			alpha.end()
			bravo.end()
		}()
		for _, n := range []*node{alpha, bravo} {
			planned := fault{}
			if n.name == at {
				planned = f
			}
			if err := n.start(planned); err != nil && at != n.name {
				t.Fatal(err)
			}
		}
		hurt := map[string]*node{"": alpha, "alpha": alpha, "bravo": bravo}[at].disk
		e.play()
		asked, struck = map[string]int{"alpha": alpha.disk.count(), "bravo": bravo.disk.count()}, hurt.hit()
	})
	if !t.Failed() {
		noFork(t, alpha, bravo)
		noFork(t, bravo, alpha)
	}
	return asked, struck
}

// Whatever fails on one side, the exchange ends complete and once.
func TestEveryOperationOfAnExchange(t *testing.T) {
	pairs := paired(t)
	asked, _ := run(t, pairs, "", fault{})
	t.Logf("alpha's disk is asked %d times, bravo's %d times", asked["alpha"], asked["bravo"])
	runs, struck := 0, 0
	for _, at := range []string{"alpha", "bravo"} {
		planned := faults(asked[at], 1<<20)
		step := 1
		if !*long {
			step = max(1, len(planned)/35) | 1
		}
		for i := 0; i < len(planned); i += step {
			f := planned[i]
			t.Run(at+" "+f.String(), func(t *testing.T) {
				runs++
				if _, hit := run(t, pairs, at, f); hit {
					struck++
				}
			})
		}
	}
	t.Logf("%d runs, in %d of them the fault came", runs, struck)
	if struck < runs/2 {
		t.Error("too few faults came to prove anything")
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
