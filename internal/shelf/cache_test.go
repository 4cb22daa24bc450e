// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests that a page in memory is never another than the one that
// would be read.

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

const words = "marking-definition--00000000-0000-4000-8000-00000000000"

// campaign is version day of an object; marked with the statement of that number
// if it is not 0.
func campaign(number, day, marked int) string {
	marking := ""
	if marked > 0 {
		marking = fmt.Sprintf(`,"object_marking_refs":["%s%d"]`, words, marked)
	}
	return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-%02dT00:00:00.000Z","name":"n"%s}`,
		number, day, marking)
}

// After each of many changes, every page asked of a shelf that remembers is the
// one that a shelf without memory shows.
func TestCacheIsExact(t *testing.T) {
	r := newRoom(t)
	r.fill(feed, nil, campaign(0, 1, 0))
	random := rand.New(rand.NewPCG(3, 0))
	keep := func(raw string) {
		r.change(caller.KeepObjects, func(tx *store.Tx) error {
			object, err := stix.Parse([]byte(raw))
			if err != nil {
				return err
			}
			row, err := store.NewObject(feed, "bravo", nil, object)
			if err == nil {
				_, err = tx.KeepObject(row, policy.Audience)
			}
			if err == nil {
				_, err = tx.Released(row, policy.Audience, 100)
			}
			return err
		})
	}
	drop := func(number int) {
		r.change(caller.KeepObjects, func(tx *store.Tx) error {
			var found []store.Object
			q := store.ObjectQuery{Collection: feed, IDs: []string{fmt.Sprintf("campaign--00000000-0000-4000-8000-%012d", number)}, AllVersions: true}
			err := tx.EachObject(q, func(f *store.Found) (bool, error) {
				o, err := f.Object()
				found = append(found, o)
				return true, err
			})
			for _, o := range found {
				if err == nil {
					err = tx.DropObject(o)
				}
			}
			return err
		})
	}
	filters := []taxii.Filter{{}, {Versions: taxii.VersionFilter{All: true}}, {Versions: taxii.VersionFilter{First: true}}, {Types: []string{"campaign"}}}
	for step := range 120 {
		switch {
		case step%40 == 39:
			keep(fmt.Sprintf(`{"type":"marking-definition","spec_version":"2.1","id":"%s%d","created":"2026-03-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"x"}}`,
				words, 1+step/40))
		case random.IntN(5) == 0:
			drop(random.IntN(30))
		default:
			keep(campaign(random.IntN(30), 1+random.IntN(9), random.IntN(4)))
		}
		fresh := shelf.New(slog.New(slog.DiscardHandler), r.store, envelope.Card{}, "test")
		for _, filter := range filters {
			for _, form := range []shelf.Form{shelf.Envelope, shelf.Manifest, shelf.Versions} {
				for more := true; more; {
					want, err := fresh.Page(t.Context(), tool(), handling.Red, feed, form, filter, 5)
					if err != nil {
						t.Fatal(err)
					}
					for range 3 {
						got, err := r.shelf.Page(t.Context(), tool(), handling.Red, feed, form, filter, 5)
						if err != nil || !bytes.Equal(got.Body, want.Body) || !got.First.Equal(want.First) || !got.Last.Equal(want.Last) {
							t.Fatalf("step %d, %+v: got %v\n%s\nwant\n%s", step, filter, err, got.Body, want.Body)
						}
						r.shelf.Done(got)
					}
					more, filter.Next = want.More, want.Next
				}
				filter.Next = ""
			}
		}
	}
}

// A page with others behind it stays in memory while objects are added, and is
// read anew when one of a collection's objects has changed.
func TestCacheRemembers(t *testing.T) {
	r := newRoom(t)
	r.fill(feed, nil, campaign(1, 1, 0), campaign(2, 1, 0), campaign(3, 1, 0))
	page := func(filter taxii.Filter) *shelf.Page {
		got, err := r.shelf.Page(t.Context(), tool(), handling.Red, feed, shelf.Envelope, filter, 2)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	page(taxii.Filter{})
	first := page(taxii.Filter{})
	if page(taxii.Filter{}) != first {
		t.Error("asked for the third time, it is another")
	}
	last := taxii.Filter{Next: first.Next}
	page(last)
	end := page(last)
	r.fill(feed, nil, campaign(4, 1, 0))
	if page(taxii.Filter{}) != first {
		t.Error("it is another because something was added behind it")
	}
	if page(last) == end {
		t.Error("the last page is the same though something was added to it")
	}
	r.fill(feed, nil, campaign(1, 2, 0))
	if got := page(taxii.Filter{}); got == first || !got.First.After(first.First) {
		t.Error("it is the same though one of its objects has a later version")
	}
	// Whoever asks with a narrower clearance has other pages.
	if got, err := r.shelf.Page(t.Context(), tool(), handling.Amber, feed, shelf.Envelope, taxii.Filter{}, 2); err != nil || got.Count != 0 {
		t.Errorf("cleared for less: %d objects, %v", got.Count, err)
	}
}
