// SPDX-License-Identifier: Apache-2.0

package store_test

// This file lets a review date come on both sides of an exchange, while an
// operation on one disk fails: afterwards none of the words is left in any file,
// each side has the other's notice once, a duty's clock has rung once, and both
// logs verify.

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// secrets are the words of the exchange that must be nowhere afterwards.
var secrets = []string{"market square", "Market square", "the informant in the harbour", "Informant report", "a cell in the old town", "keeper of the gate"}

// told keeps a source report at alpha, plays the exchange, and brings it about that
// its date and that of the case is today on both sides, and that people were asked.
func (e *exchange) told() (id string) {
	ctx := e.t.Context()
	source, _, err := intake.New(quiet(), e.alpha.store).KeepSource(ctx, analyst, warning.Source{
		Title: "Informant report", Fields: []warning.Field{{Name: "report", Text: "the informant in the harbour speaks of a cell in the old town"}},
	})
	check(e.t, err)
	e.play()
	cases, err := e.alpha.shelf.Cases(ctx, duty, "", 0)
	check(e.t, err)
	e.alpha.dueToday(store.RetentionID(store.OfSource, source.ID))
	for _, n := range []*node{e.alpha, e.bravo} {
		_, err := n.desk.HoldErasure(ctx, rob, cases[0].ID, "It is not over at the market square.")
		check(e.t, err)
		_, err = n.desk.LetGo(ctx, rob, cases[0].ID, "It is over at the market square.")
		check(e.t, err)
		n.dueToday(store.RetentionID(store.OfCase, cases[0].ID))
	}
	_, err = e.alpha.desk.OpenDuty(ctx, analyst, warning.Duty{Partner: "bravo", Title: "Something else", Precedence: handling.Immediate})
	check(e.t, err)
	return cases[0].ID
}

// rang checks that the clock of the one duty has rung once, and says so.
func (e *exchange) rang() {
	e.t.Helper()
	check(e.t, e.alpha.store.Glance(e.t.Context(), duty, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		duties, err := store.Duties.List(tx, 0)
		times := 0
		for _, d := range duties {
			for _, event := range d.History {
				if event.By == "clock" {
					times++
				}
			}
		}
		if err == nil && (len(duties) != 1 || duties[0].Escalated != 1 || times != 1) {
			e.t.Errorf("the clocks of %d duties rang %d times", len(duties), times)
		}
		return err
	}))
}

// dueToday lets the date of a thing be today, and people be asked in time.
func (n *node) dueToday(id string) {
	n.t.Helper()
	check(n.t, n.store.Change(n.t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, id)
		if err != nil {
			return err
		}
		r.Due = warning.DateOf(tx.Now).Time().AddDate(0, 0, 1)
		r.State, r.Asked = store.RetentionAsked, r.Due.Add(-store.ReviewNotice)
		return store.Retentions.Put(tx, id, r)
	}))
}

// keep runs a keeper until ctx ends.
func keep(ctx context.Context, n *node) error { return keeper.New(quiet(), n.store).Tick(ctx) }

// erased plays what comes after the date, with a fault at one side.
func erased(t *testing.T, pairs func(*testing.T) (*node, *node), id, at string, f fault) (asked map[string]int, struck bool) {
	t.Helper()
	alpha, bravo := pairs(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t, bravo.t = t, t
		time.Sleep(49 * time.Hour)
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
		ctx := t.Context()
		for _, n := range []*node{alpha, bravo} {
			gone := func() (bool, error) {
				c, err := n.shelf.Case(ctx, duty, id)
				return !c.Erased.IsZero(), err
			}
			e.until("the erasure at "+n.name, n, gone, func() error { return keep(ctx, n) })
		}
		for _, n := range []*node{alpha, bravo} {
			both := func() (bool, error) {
				notices, err := n.shelf.Destructions(ctx, overseer)
				return len(notices) == 2 && notices[0].Receipted && notices[1].Receipted, err
			}
			e.until("both notices at "+n.name, n, both, nil)
		}
		asked, struck = map[string]int{"alpha": alpha.disk.count(), "bravo": bravo.disk.count()}, hurt.hit()
		for _, n := range []*node{alpha, bravo} {
			n.disk.mend()
			check(t, keep(ctx, n)) // a keeper that begins empties the write-ahead log
			e.silent(n, id)
		}
		e.rang()
	})
	if !t.Failed() {
		noFork(t, alpha, bravo)
		noFork(t, bravo, alpha)
	}
	return asked, struck
}

// silent checks that a node says nothing any more, in no file, and that
// everything verifies.
func (e *exchange) silent(n *node, id string) {
	ctx := e.t.Context()
	audit, err := n.shelf.Verify(ctx, overseer, nil)
	check(e.t, err)
	for _, wrong := range audit.Wrong {
		e.t.Errorf("%s: %s", n.name, wrong)
	}
	c, err := n.shelf.Case(ctx, duty, id)
	check(e.t, err)
	if len(c.Thread) != 5 {
		e.t.Errorf("%s has a thread of %d", n.name, len(c.Thread))
	}
	for _, m := range c.Thread {
		if said := len(m.Payload) > 0; said != (m.Kind == "destroyed") || !m.Receipted {
			e.t.Errorf("%s: a %s with %d bytes of text, receipted %t", n.name, m.Kind, len(m.Payload), m.Receipted)
		}
	}
	notices, err := n.shelf.Destructions(ctx, overseer)
	check(e.t, err)
	mine := func(d api.Destruction) bool {
		return d.Ours && d.Case == id && len(d.Messages) == 3 && d.Ground == warning.DestroyedByDate
	}
	if len(notices) != 2 || mine(notices[0]) == mine(notices[1]) {
		e.t.Errorf("%s has the notices %+v", n.name, notices)
	}
	for _, word := range secrets {
		for _, path := range found(e.t, n.dir, word) {
			e.t.Errorf("%s: %q is left in %s", n.name, word, path)
		}
	}
}

// found are the files of a directory that hold a word.
func found(t *testing.T, dir, word string) (paths []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	check(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(dir, file.Name()))
		check(t, err)
		if bytes.Contains(raw, []byte(word)) {
			paths = append(paths, file.Name())
		}
	}
	return paths
}

// told returns copies of an alpha and a bravo between whom a warning was said and
// answered, and whose dates come that night.
func told(t *testing.T) (pairs func(*testing.T) (*node, *node), id string) {
	t.Helper()
	alpha, bravo := paired(t)(t)
	synctest.Test(t, func(t *testing.T) {
		alpha.t, bravo.t = t, t
		time.Sleep(time.Hour)
		e := &exchange{t: t, alpha: alpha, bravo: bravo, began: time.Now()}
		check(t, alpha.start(fault{}))
		check(t, bravo.start(fault{}))
		id = e.told()
		for _, n := range []*node{alpha, bravo} {
			if len(found(t, n.dir, secrets[0])) == 0 {
				t.Errorf("%s has no word to erase", n.name) // or the test would prove nothing
			}
		}
		alpha.end()
		bravo.end()
	})
	return copies(map[string]*node{"alpha": alpha, "bravo": bravo}), id
}

// Whatever fails while texts are erased: they are erased on both sides, once, and
// the proofs stay.
func TestEveryOperationOfAnErasure(t *testing.T) {
	pairs, id := told(t)
	asked, _ := erased(t, pairs, id, "", fault{})
	t.Logf("alpha's disk is asked %d times, bravo's %d times", asked["alpha"], asked["bravo"])
	runs, struck := 0, 0
	for _, at := range []string{"alpha", "bravo"} {
		planned := faults(asked[at], 1<<20)
		step := 1
		if !*long {
			step = 11*max(1, len(planned)/300) + 1 // no multiple of the forms: each has its turn
		}
		for i := 0; i < len(planned); i += step {
			f := planned[i]
			t.Run(at+" "+f.String(), func(t *testing.T) {
				runs++
				if _, hit := erased(t, pairs, id, at, f); hit {
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
