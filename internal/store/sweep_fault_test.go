// SPDX-License-Identifier: Apache-2.0

package store_test

// This file lets every operation on the disk of one store fail, one after the
// other, in each form, and looks at what is there afterwards.

import (
	"crypto/ed25519"
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

var long = flag.Bool("long", false, "let every single operation fail, instead of some")

var (
	officer = caller.Caller{Kind: caller.Person, Name: "ines", Roles: caller.Roles()}
	note    = store.What{Act: caller.KeepSource}
)

// drawer is one store on a disk that fails.
type drawer struct {
	t    *testing.T
	dir  string
	ring *keys.Ring
	disk *disk
	*store.Store
}

func (s *drawer) open(f fault) (err error) {
	s.disk = newDisk(s.t, f)
	s.Store, err = store.OpenOn(slog.New(slog.DiscardHandler), s.dir, s.ring.SignCheckpoint, s.disk.name, time.Now)
	return err
}

// end ends the process, and the power too if the disk is dead by then.
func (s *drawer) end(seed uint64) {
	if s.Store != nil {
		_ = s.Close() // on a dead disk it cannot be clean
		s.Store = nil
	}
	s.disk.gone()
	if s.disk.dead {
		s.disk.settle(seed)
	}
}

func (s *drawer) put(id string) error {
	return s.Change(s.t.Context(), officer, note, func(tx *store.Tx) error {
		return store.Settings.Put(tx, id, store.Setting{Value: id + " " + strings.Repeat("x", 3000)})
	})
}

func (s *drawer) has(id string) (there bool, err error) {
	err = s.Glance(s.t.Context(), officer, note, func(tx *store.Tx) (err error) {
		_, there, err = store.Settings.Find(tx, id)
		return err
	})
	return there, err
}

// sound verifies the whole store, and that the log has a leaf for each change.
func (s *drawer) sound() (leaves int64) {
	s.t.Helper()
	check(s.t, s.Glance(s.t.Context(), officer, store.What{Act: caller.VerifyLedger}, func(tx *store.Tx) error {
		audit, err := tx.Verify(func(_ store.Message, m *envelope.Message) error {
			if !ed25519.Verify(s.ring.Card("").Public(), envelope.SigningInput(m.HeaderBytes), m.Signature) {
				return envelope.ErrSignature
			}
			return nil
		}, nil)
		if err != nil {
			return err
		}
		for _, wrong := range audit.Wrong {
			s.t.Error(wrong)
		}
		leaves = audit.Leaves
		return nil
	}))
	return leaves
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var names = []string{"one", "two", "three", "four", "five"}

// keepThem opens the store and keeps what names says, and returns what it was
// told is kept. It stops where the store cannot be opened.
func (s *drawer) keepThem(f fault) (told []string) {
	if s.open(f) != nil {
		return nil
	}
	for _, name := range names {
		if s.put(name) == nil {
			told = append(told, name)
		}
	}
	return told
}

// goOn has the same process keep what is missing, where the trouble has passed:
// it must not need another start.
func (s *drawer) goOn(told []string) (more []string) {
	s.t.Helper()
	if s.Store == nil || !s.disk.hit() || s.disk.dead || s.disk.fault.last == forGood {
		return nil
	}
	for _, name := range names {
		if slices.Contains(told, name) {
			continue
		}
		there, err := s.has(name)
		for tries := 0; !there && tries < 60; tries++ {
			if err == nil {
				_ = s.put(name) // whether it happened is asked
			}
			there, err = s.has(name)
		}
		if !there {
			s.t.Errorf("%s cannot be kept although the trouble is over: %v", name, err)
		}
		more = append(more, name)
	}
	s.sound()
	return more
}

const forGood = 1 << 30

// faults are all forms for the operations of a run, at every one of them or at
// some.
func faults(operations, some int) (list []fault) {
	step := 1
	if !*long && operations > some {
		step = operations / some
	}
	for at := 1; at <= operations; at += step {
		for i, f := range []form{failed, happened, forgot, torn, cutFirst, cutAfter} {
			list = append(list, fault{at: at, form: f, kept: []kept{none, chance, all}[(at/step+i)%3]})
		}
		for _, f := range []form{full, readOnly} {
			list = append(list, fault{at: at, last: at + 20, form: f}, fault{at: at, last: forGood, form: f})
		}
		list = append(list, fault{at: at, last: at + 30, form: outage})
	}
	return list
}

// Whatever fails: what was told to be kept is kept, the log speaks for it, and
// after another start everything can be kept, once.
func TestEveryOperationOfAStore(t *testing.T) {
	ring, err := keys.Generate("alpha", "NL")
	check(t, err)
	count := &drawer{t: t, dir: t.TempDir(), ring: ring}
	if told := count.keepThem(fault{}); len(told) != len(names) {
		t.Fatalf("without a fault, %q were kept", told)
	}
	check(t, count.Close())
	count.Store = nil
	count.end(0)
	operations := count.disk.count()
	t.Logf("%d operations", operations)
	runs := 0
	for _, f := range faults(operations, 25) {
		runs++
		t.Run(f.String(), func(t *testing.T) {
			s := &drawer{t: t, dir: t.TempDir(), ring: ring}
			told := s.keepThem(f)
			told = append(told, s.goOn(told)...)
			s.end(uint64(f.at))
			check(t, s.open(fault{}))
			defer s.end(0)
			for _, name := range names {
				there, err := s.has(name)
				check(t, err)
				if slices.Contains(told, name) && !there {
					t.Errorf("%s was told to be kept, and is gone", name)
				}
				if !there {
					check(t, s.put(name))
				}
			}
			if leaves := s.sound(); leaves != int64(len(names)) {
				t.Errorf("%d leaves for %d changes", leaves, len(names))
			}
		})
	}
	t.Logf("%d runs", runs)
}

// Whatever fails while an older store is brought up to date: the next start
// finds it whole, of the one version or the other.
func TestEveryOperationOfAMigration(t *testing.T) {
	from, ring, leaves := store.Aged(t)
	aged := func(t *testing.T) *drawer {
		s := &drawer{t: t, dir: t.TempDir(), ring: ring}
		check(t, os.CopyFS(s.dir, os.DirFS(from)))
		return s
	}
	count := aged(t)
	check(t, count.open(fault{}))
	operations := count.disk.count()
	count.end(0)
	t.Logf("%d operations", operations)
	for _, f := range faults(operations, 8) {
		t.Run(f.String(), func(t *testing.T) {
			s := aged(t)
			_ = s.open(f) // it may come to its end
			s.end(uint64(f.at))
			check(t, s.open(fault{}))
			defer s.end(0)
			if found := s.sound(); found != leaves {
				t.Errorf("%d leaves, want %d", found, leaves)
			}
		})
	}
}

// A disk that is full, or can only be read, is said in words that tell what to
// do; what is there can be read meanwhile. A sync that fails is another thing:
// nobody is told that nothing happened.
func TestWhatIsSaidOfADisk(t *testing.T) {
	ring, err := keys.Generate("alpha", "NL")
	check(t, err)
	for _, test := range []struct {
		form form
		code problem.Code
		says string
		note string // for the board
	}{
		{full, problem.Busy, "the node's disk is full: nothing of this was kept", "the node's disk is full: nothing of this was kept"},
		{readOnly, problem.Busy, "the node's disk can only be read: nothing of this was kept", "the node's disk can only be read: nothing of this was kept"},
		{failed, problem.Internal, "something went wrong inside the node", "the node's disk fails, and nothing new is kept"},
	} {
		t.Run(string(test.form), func(t *testing.T) {
			s := &drawer{t: t, dir: t.TempDir(), ring: ring}
			check(t, s.open(fault{}))
			defer s.end(0)
			check(t, s.put("one"))
			s.disk.set(fault{at: 1, last: forGood, form: test.form, only: map[form]string{failed: "sync"}[test.form]})
			told := problem.Of(s.put("two"))
			if told.Code != test.code || told.Text != test.says || told.Hint == "" {
				t.Errorf("told %+v", told)
			}
			if noted := s.Noted(); noted == nil || noted.Text != test.note || noted.Hint == "" || noted.Since.IsZero() {
				t.Errorf("noted %+v", noted)
			}
			for name, want := range map[string]bool{"one": true, "two": false} {
				if there, err := s.has(name); err != nil || there != want {
					t.Errorf("%s is there: %v, %v", name, there, err)
				}
			}
			s.disk.mend()
			check(t, s.put("two"))
			if noted := s.Noted(); noted != nil {
				t.Errorf("after it was mended: %+v", noted)
			}
			s.sound()
		})
	}
}
