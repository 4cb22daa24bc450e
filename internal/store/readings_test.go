// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that no page leaves before a line says who reads, and that
// readings end with a line that says how much it was.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// notes are what the audit lines of readings say, oldest first.
func (k *kit) notes() (notes []string) {
	k.Helper()
	k.must(k.Glance(context.Background(), officer, What{Act: caller.ReadLog}, func(tx *Tx) error {
		all, err := tx.Lines(0, 1000)
		for _, l := range slices.Backward(all) {
			if l.Kind == LeafRead {
				notes = append(notes, l.Line.Who+" "+l.Line.Subject+" "+l.Line.Note)
			}
		}
		return err
	}))
	return notes
}

func (k *kit) handOut(who caller.Caller, subject string, first int) error {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(first) * time.Microsecond)
	return k.HandOut(context.Background(), who, What{Act: caller.ReadObjects, Subject: subject}, Page{Objects: 100, First: at, Last: at.Add(99 * time.Microsecond)})
}

// A reading has two lines, whatever is read within its time; another caller and
// another collection are other readings.
func TestReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t)
		tool := caller.Caller{Kind: caller.Account, Name: "tool"}
		for i := range 3 {
			k.must(k.handOut(tool, "feed", 100*i))
			time.Sleep(3 * time.Second)
		}
		k.must(k.handOut(officer, "feed", 0))
		k.must(k.handOut(tool, "other", 500))
		begun := []string{"account:tool feed begins, for 10s", "person:ines feed begins, for 10s", "account:tool other begins, for 10s"}
		if diff := cmp.Diff(begun, k.notes()); diff != "" {
			t.Errorf("while it lasts (-want +got):\n%s", diff)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		ended := append(begun, "account:tool feed ends: 3 pages, 300 objects, added 2026-03-01T08:00:00.000000Z to 2026-03-01T08:00:00.000299Z")
		if diff := cmp.Diff(ended, k.notes()); diff != "" {
			t.Errorf("when the first is over (-want +got):\n%s", diff)
		}
		// What is read later is another reading, and closing the store ends all.
		k.must(k.handOut(tool, "feed", 300))
		s := k.Store
		k.close()
		if err := s.HandOut(context.Background(), tool, What{Act: caller.ReadObjects, Subject: "feed"}, Page{Objects: 1}); !problem.Is(err, problem.Busy) {
			t.Errorf("after the end: %v", err)
		}
		k.must(k.open())
		notes := k.notes()
		if len(notes) != 8 || notes[4] != begun[0] || !strings.Contains(strings.Join(notes[5:], "\n"), "account:tool feed ends: 1 pages, 100 objects") {
			t.Errorf("after all: %q", notes)
		}
		k.sound(8)
	})
}

// Whether the first line failed, or failed but happened: nothing is handed out,
// and the next page tries again.
func TestReadingFails(t *testing.T) {
	fault := errors.New("the disk is gone")
	for name, commit := range map[string]func(context.Context, *session) error{
		"it failed":              func(context.Context, *session) error { return fault },
		"it failed but happened": func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) },
	} {
		k := newKit(t)
		real := k.commit
		k.commit = commit
		if err := k.handOut(officer, "feed", 0); !errors.Is(err, fault) {
			t.Errorf("%s: %v", name, err)
		}
		k.commit = real
		before := len(k.notes())
		k.must(k.handOut(officer, "feed", 0))
		if after := len(k.notes()); after != before+1 {
			t.Errorf("%s: %d lines, and then %d", name, before, after)
		}
	}
}

// Many pages at once wait for the same line, and none leaves before it is there.
func TestReadingsAtOnce(t *testing.T) {
	k := newKit(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if err := k.handOut(officer, fmt.Sprint(i%2), i); err != nil {
				t.Error(err)
			}
			if len(k.notes()) == 0 {
				t.Error("it left before there was a line")
			}
		})
	}
	all.Wait()
	if notes := k.notes(); len(notes) != 2 {
		t.Errorf("%q", notes)
	}
}

// Who may not read is told so, every time.
func TestReadingDenied(t *testing.T) {
	k := newKit(t)
	if err := k.handOut(caller.FromPartner("bravo"), "feed", 0); !problem.Is(err, problem.Denied) {
		t.Error(err)
	}
}
