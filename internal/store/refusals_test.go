// SPDX-License-Identifier: Apache-2.0

package store

// This file holds that nobody fills the log by being refused, and that every
// refusal is counted there.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

var eve = caller.Caller{Kind: caller.Account, Name: "eve"}

// refuse lets a caller be refused an act so many times.
func (k *kit) refuse(who caller.Caller, act caller.Act, times int) {
	k.Helper()
	for i := range times {
		what := What{Act: act, Subject: fmt.Sprintf("draft--%d", i)}
		if err := k.Change(k.Context(), who, what, func(*Tx) error { k.Error("a refused change ran"); return nil }); !problem.Is(err, problem.Denied) {
			k.Fatalf("told %v", err)
		}
	}
}

// refusalLines are the lines of refusals, oldest first, with the subject and the note.
func (k *kit) refusalLines() (lines []string) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, What{Act: caller.ReadLog}, func(tx *Tx) error {
		all, err := tx.Lines(0, 1000)
		for _, l := range slices.Backward(all) {
			if l.Kind == LeafDenied {
				lines = append(lines, strings.Join(strings.Fields(l.Line.Who+" "+l.Line.Subject+" "+l.Line.Note), " "))
			}
		}
		return err
	}))
	return lines
}

// expectLines compares the lines with what they begin with.
func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
}

var wholeLines = []string{"account:eve draft--0", "account:eve draft--1", "account:eve draft--2", "account:eve draft--3",
	"account:eve draft--4 more are counted until "}

// The first have a line each; then one an hour says how many there were, for as
// long as it goes on. Who is left alone for an hour is new again. Another act and
// another caller have lines of their own.
func TestRefusalsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t)
		defer k.close()
		k.refuse(eve, caller.Release, 1000)
		expectLines(t, k.refusalLines(), wholeLines...)
		k.refuse(eve, caller.BackUp, 1)
		k.refuse(overseer, caller.Release, 1)
		hour := func() {
			time.Sleep(refusalsFor + time.Minute)
			synctest.Wait()
		}
		hour()
		want := append(slices.Clone(wholeLines), "account:eve draft--0", "person:olga draft--0", "account:eve refused 1000 times since ")
		expectLines(t, k.refusalLines(), want...)
		k.refuse(eve, caller.Release, 500)
		hour()
		want = append(want, "account:eve refused 1500 times since ")
		expectLines(t, k.refusalLines(), want...)
		hour()
		expectLines(t, k.refusalLines(), want...)
		k.refuse(eve, caller.Release, 2)
		expectLines(t, k.refusalLines(), append(want, "account:eve draft--0", "account:eve draft--1")...)
		hour()
		expectLines(t, k.refusalLines(), append(want, "account:eve draft--0", "account:eve draft--1")...)
		if n := len(k.Store.refusals.of); n != 0 {
			t.Errorf("%d callers are remembered whom nobody refused anything of late", n)
		}
	})
}

// A node that stops writes what it has counted; after one that was killed the
// last line says that more may have been refused.
func TestRefusalsAndARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t)
		k.refuse(eve, caller.Release, 7)
		k.close()
		k.must(k.open())
		defer k.close()
		expectLines(t, k.refusalLines(), append(slices.Clone(wholeLines), "account:eve refused 7 times since ")...)
		time.Sleep(2 * refusalsFor)
		synctest.Wait()
		if n := len(k.refusalLines()); n != 6 {
			t.Errorf("%d lines two hours later", n)
		}
		k.refuse(eve, caller.Release, 1)
		if n := len(k.refusalLines()); n != 7 {
			t.Errorf("%d lines when it was refused anew", n)
		}
	})
}

// The count cannot be written; it could, and was said not to be. It is written
// again, and says nothing that is wrong. So it is with a line of its own.
func TestRefusalsThatAreNotWritten(t *testing.T) {
	fault := errors.New("the disk is gone")
	for name, commit := range map[string]func(context.Context, *session) error{
		"it failed":              func(ctx context.Context, w *session) error { return errors.Join(fault, w.exec(ctx, `ROLLBACK`)) },
		"it failed but happened": func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKit(t)
				defer k.close()
				happened := name == "it failed but happened"
				real := k.commit
				k.commit = commit
				err := k.Change(t.Context(), eve, What{Act: caller.Release, Subject: "draft--x"}, func(*Tx) error { return nil })
				if !errors.Is(err, fault) {
					t.Errorf("a refusal that was not written down was told as %v", err)
				}
				k.commit = real
				k.refuse(eve, caller.Release, 9)
				k.commit = commit
				time.Sleep(refusalsFor + time.Second)
				synctest.Wait()
				k.commit = real
				time.Sleep(2 * refusalsAgain)
				synctest.Wait()
				want := []string{"account:eve draft--0", "account:eve draft--1", "account:eve draft--2", "account:eve draft--3 more are counted until "}
				counted := "account:eve refused 10 times since "
				if happened {
					want = append([]string{"account:eve draft--x"}, append(want, counted)...)
				}
				expectLines(t, k.refusalLines(), append(want, counted)...)
				if audit := k.audit(); len(audit.Wrong) > 0 {
					t.Errorf("%q", audit.Wrong)
				}
			})
		})
	}
}

// Strangers and partners leave no line in the log at all.
func TestStrangersLeaveNoLine(t *testing.T) {
	k := newKit(t)
	for _, who := range []caller.Caller{caller.Anyone(), caller.FromPartner("bravo")} {
		k.refuse(who, caller.Release, 20)
	}
	if lines := k.refusalLines(); len(lines) > 0 {
		t.Errorf("%q", lines)
	}
}

// What was asked for need not be text: the caller is refused all the same, and has a line.
func TestARefusalOfWhatIsNoText(t *testing.T) {
	k := newKit(t)
	what := What{Act: caller.Release, Subject: "draft--\xff\xfe"}
	if err := k.Change(k.Context(), eve, what, func(*Tx) error { k.Error("a refused change ran"); return nil }); !problem.Is(err, problem.Denied) {
		t.Errorf("told %v", err)
	}
	expectLines(t, k.refusalLines(), "account:eve draft--\uFFFD")
}
