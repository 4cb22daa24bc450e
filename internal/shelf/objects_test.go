// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests pages beyond what the STIX door's scenes play.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

func (r *room) fill(collection string, h *handling.Handling, raws ...string) {
	r.Helper()
	r.change(caller.KeepObjects, func(tx *store.Tx) error {
		if err := store.Collections.Put(tx, collection, store.Collection{ID: collection, Title: "a feed", Made: tx.Now}); err != nil {
			return err
		}
		for _, raw := range raws {
			object, err := stix.Parse([]byte(raw))
			if err != nil {
				return err
			}
			row, err := store.NewObject(collection, "bravo", h, object)
			if err == nil {
				_, err = tx.KeepObject(row, policy.Audience)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const feed = "4a0b8d3e-0c57-4a52-9d0c-6b1f6b0a7c11"

func note(number int, text string) string {
	return fmt.Sprintf(`{"type":"note","id":"note--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","content":%q}`, number, text)
}

// A page ends at its bytes as it ends at its number, and loses nothing by it.
func TestPageBytes(t *testing.T) {
	r := newRoom(t)
	big := strings.Repeat("x", shelf.MaxPageBytes*3/5)
	r.fill(feed, nil, note(1, big), note(2, big), note(3, big), note(4, "small"))
	var sizes []int
	filter := taxii.Filter{}
	for more := true; more; {
		page, err := r.shelf.Page(t.Context(), tool(), handling.Red, feed, shelf.Envelope, filter, shelf.MaxPage)
		if err != nil || len(sizes) > 4 {
			t.Fatal(sizes, err)
		}
		sizes = append(sizes, page.Count)
		more, filter.Next = page.More, page.Next
	}
	if fmt.Sprint(sizes) != "[2 2]" {
		t.Errorf("the pages hold %v objects", sizes)
	}
}

// A limit that is none, or past all measure, is brought within bounds.
func TestPageLimits(t *testing.T) {
	r := newRoom(t)
	var raws []string
	for i := range shelf.MaxPage + 1 {
		raws = append(raws, note(i, "n"))
	}
	r.fill(feed, nil, raws...)
	for limit, want := range map[int]int{-1: 1, 0: 1, 5: 5, shelf.MaxPage: shelf.MaxPage, 1 << 30: shelf.MaxPage} {
		page, err := r.shelf.Page(t.Context(), tool(), handling.Red, feed, shelf.Envelope, taxii.Filter{}, limit)
		if err != nil || page.Count != want || !page.More {
			t.Errorf("limit %d: %d objects, more %v, %v", limit, page.Count, page.More, err)
		}
	}
	page, err := r.shelf.Page(t.Context(), tool(), handling.Red, feed, shelf.Envelope, taxii.Filter{Limit: 3}, 100)
	if err != nil || page.Count != 3 {
		t.Errorf("a filter's limit: %d objects, %v", page.Count, err)
	}
}

// A clearance that is empty or unknown reads nothing.
func TestNoClearance(t *testing.T) {
	r := newRoom(t)
	clear, _ := stix.TLPMarking(stix.TLPClear)
	marked := strings.Replace(note(1, "n"), `"content"`, `"object_marking_refs":["`+clear+`"],"content"`, 1)
	r.fill(feed, nil, marked)
	for clearance, want := range map[handling.TLP]int{"": 0, "TLP:WHITE": 0, "RED": 0, handling.Clear: 1, handling.Red: 1} {
		page, err := r.shelf.Page(t.Context(), tool(), clearance, feed, shelf.Envelope, taxii.Filter{}, 10)
		if problem.Is(err, problem.Denied) != (want == 0) || page != nil && page.Count != want {
			t.Errorf("%q: %+v, %v", clearance, page, err)
		}
		collection, err := r.shelf.Collection(t.Context(), tool(), clearance, feed)
		if err != nil || collection.CanRead != (want > 0) {
			t.Errorf("%q: %+v, %v", clearance, collection, err)
		}
	}
}

// Who may not read objects is told so before anything is looked up.
func TestMayNotRead(t *testing.T) {
	r := newRoom(t)
	r.fill(feed, nil, note(1, "n"))
	for _, who := range []caller.Caller{caller.Anyone(), person(caller.Administrator), caller.FromPartner("bravo")} {
		for _, name := range []string{feed, "none"} {
			if _, err := r.shelf.Page(t.Context(), who, handling.Red, name, shelf.Envelope, taxii.Filter{}, 1); !problem.Is(err, problem.Denied) {
				t.Errorf("%s %s: %v", who, name, err)
			}
		}
	}
}
