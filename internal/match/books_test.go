// SPDX-License-Identifier: Apache-2.0

package match

// This file holds that whoever asks for a book gets what stands in it at that
// moment, whatever is touched meanwhile.

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/warning"
)

// kept keeps pledges and watches as a store does: in order, each under an id,
// with a count of what was touched.
type kept struct {
	mu      sync.Mutex
	pledges []warning.KeptPledge
	watches []warning.Watch
	touched []string
	forgot  uint64 // touches that are not remembered any more
	group   int    // of the touches, those that are not committed
	reads   int    // of everything
	slow    time.Duration
	fails   error
}

// view is what somebody sees who looks from within a change, or from outside.
type view struct {
	*kept
	inside bool
}

func (k view) Mark() (uint64, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.committed(), !k.inside || k.group == 0
}

func (k *kept) committed() uint64 { return uint64(len(k.touched) - k.group) }

func (k view) Touched(since uint64) ([]string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	upTo := k.committed()
	if k.inside {
		upTo = uint64(len(k.touched))
	}
	return slices.Clone(k.touched[min(since, upTo):upTo]), since >= k.forgot
}

func (k view) All() ([]warning.KeptPledge, []warning.Watch, error) {
	k.mu.Lock()
	k.reads++
	pledges, watches, err := slices.Clone(k.pledges), slices.Clone(k.watches), k.fails
	k.mu.Unlock()
	time.Sleep(k.slow)
	return pledges, watches, err
}

func (k view) Some(ids []string) (pledges []warning.KeptPledge, watches []warning.Watch, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.pledges {
		if slices.Contains(ids, p.Pledge.ID) {
			pledges = append(pledges, p)
		}
	}
	for _, w := range k.watches {
		if slices.Contains(ids, w.ID) {
			watches = append(watches, w)
		}
	}
	return pledges, watches, k.fails
}

// change puts a pledge or a watch in the place of another, adds one, or takes one
// away: in a group, or committed.
func (k *kept) change(c chooser, group bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if group {
		k.group++
	}
	id := fmt.Sprint(c.IntN(30))
	k.pledges = slices.DeleteFunc(k.pledges, func(p warning.KeptPledge) bool { return p.Pledge.ID == id })
	k.watches = slices.DeleteFunc(k.watches, func(w warning.Watch) bool { return w.ID == id })
	switch c.IntN(4) {
	case 0, 1:
		p := c.pledge()
		p.ID = id
		kept := warning.KeptPledge{Partner: c.of("bravo", "carol"), Ours: true, Pledge: p}
		if c.IntN(6) == 0 {
			kept.End = &warning.PledgeEnd{Ended: now}
		}
		k.pledges = append(k.pledges, kept)
	case 2:
		w := c.watch()
		w.ID = id
		k.watches = append(k.watches, w)
	}
	k.touched = append(k.touched, id)
}

// commit commits the group, or takes back what it changed.
func (k *kept) commit(back bool, pledges []warning.KeptPledge, watches []warning.Watch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.group = 0
	if back {
		k.pledges, k.watches = pledges, watches
	}
}

// expect compares what a book finds with what looking at one after another does.
// Which of them is named first is not compared.
func (k *kept) expect(t *testing.T, when string, book *Book, subject Subject) (met int) {
	t.Helper()
	wantWatches := linearWatches(subject, k.watches, now)
	wantHits := linearPledges(subject.Widen(wantWatches), k.pledges, now)
	watches, hits := book.Meets(subject, now)
	sort := func(watches []WatchHit, hits []Hit) {
		slices.SortFunc(watches, func(a, b WatchHit) int { return cmp.Compare(a.Watch.ID, b.Watch.ID) })
		slices.SortFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Pledge.ID, b.Pledge.ID) })
		for i := range hits {
			slices.Sort(hits[i].Reasons)
		}
	}
	sort(wantWatches, wantHits)
	sort(watches, hits)
	if diff := gocmp.Diff(wantWatches, watches); diff != "" {
		t.Fatalf("%s: watches, one after another -, by the book +:\n%s", when, diff)
	}
	if diff := gocmp.Diff(wantHits, hits); diff != "" {
		t.Fatalf("%s: pledges, one after another -, by the book +:\n%s", when, diff)
	}
	return len(hits)
}

// Pledges and watches are kept, changed and taken away, in commits and in groups
// that are not committed yet or never will be; books are made meanwhile, slowly.
// Whoever holds a subject against the book in between finds what stands there at
// that moment: nothing that was taken away, and everything that was kept before.
func TestBooksHoldWhatStands(t *testing.T) {
	met := 0
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			c := chooser{rand.New(rand.NewPCG(seed, 11))}
			k := &kept{slow: 50 * time.Millisecond}
			var books Books
			for step := range 120 {
				when := fmt.Sprintf("seed %d, step %d", seed, step)
				for range c.IntN(4) * c.IntN(60) {
					k.change(c, false)
				}
				if c.IntN(4) == 0 {
					k.forgot = k.committed() - uint64(c.IntN(int(k.committed()+1)))
				}
				if c.IntN(3) == 0 {
					books.Ready(view{k, false})
				}
				if c.IntN(5) == 0 {
					time.Sleep(time.Duration(c.IntN(80)) * time.Millisecond)
				}
				// The group sees its own; if it is taken back, so is what it touched,
				// which is counted all the same.
				if c.IntN(4) == 0 {
					pledges, watches := slices.Clone(k.pledges), slices.Clone(k.watches)
					for range 1 + c.IntN(3) {
						k.change(c, true)
					}
					book, err := books.At(view{k, true})
					if err != nil {
						t.Fatal(err)
					}
					met += k.expect(t, when+", in a group", book, c.subject())
					k.commit(c.IntN(2) == 0, pledges, watches)
				}
				book, err := books.At(view{k, true})
				if err != nil {
					t.Fatal(err)
				}
				met += k.expect(t, when, book, c.subject())
			}
			time.Sleep(time.Second) // until no book is being made
		})
	}
	if met < 500 {
		t.Errorf("only %d pledges were met: the test says little", met)
	}
}

// While a book is made anew, whoever asks waits for nothing and reads little.
func TestBooksAreMadeAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := chooser{rand.New(rand.NewPCG(1, 2))}
		k := &kept{slow: time.Second}
		var books Books
		books.Ready(view{k, false})
		began := time.Now()
		at := func() *Book {
			t.Helper()
			book, err := books.At(view{k, true})
			if err != nil {
				t.Fatal(err)
			}
			return book
		}
		first := at()
		if at() != first || k.reads != 1 {
			t.Error("the book was made anew although nothing had changed")
		}
		for range renewAfter {
			k.change(c, false)
			at()
		}
		if k.reads != 1 {
			t.Errorf("everything was read %d times for %d changes", k.reads, renewAfter)
		}
		books.Ready(view{k, false})
		books.Ready(view{k, false})
		synctest.Wait() // it is being made
		k.change(c, false)
		during := at()
		if at() != during {
			t.Error("what stands before a book was read again although nothing had changed")
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("somebody waited %v for a book", took)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if k.reads != 2 {
			t.Errorf("everything was read %d times", k.reads)
		}
		k.expect(t, "after it was made anew", at(), c.subject())
		if len(at().before.pledges) == 0 && len(k.pledges) > 0 {
			t.Error("the change of meanwhile does not stand before the new book")
		}
	})
}

// What cannot be read is no book, and the next who asks has one.
func TestBooksThatCannotBeRead(t *testing.T) {
	k := &kept{fails: errors.New("the disk")}
	var books Books
	books.Ready(view{k, false})
	if book, err := books.At(view{k, true}); !errors.Is(err, k.fails) || book != nil {
		t.Errorf("got %v, %v", book, err)
	}
	k.fails = nil
	whole, err := books.At(view{k, true})
	if err != nil {
		t.Fatal(err)
	}
	k.change(chooser{rand.New(rand.NewPCG(1, 2))}, false)
	k.fails = errors.New("the disk")
	if book, err := books.At(view{k, true}); !errors.Is(err, k.fails) || book != nil {
		t.Errorf("got %v, %v", book, err)
	}
	k.fails = nil
	if book, err := books.At(view{k, true}); err != nil || book.before != whole {
		t.Errorf("got %v, %v", book, err)
	}
}
