// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file attaches saved copies of what a partner recalled.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	recalledMalware = `{"type":"malware","spec_version":"2.1","id":"malware--33333333-3333-4333-8333-333333333333","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"m","is_family":false,"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}`
	recalledAddress = `{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}`
)

// recalledWith keeps a warning of bravo's with objects, and destroys it as bravo's
// recall asks.
func (h *house) recalledWith(objects ...jsontext.Value) {
	h.t.Helper()
	id := h.received()
	said := draft(told, "alpha")
	w := said.Copy("alpha", id)
	w.Handling, w.Objects, w.Review, w.AnswerBy = handling.Handling{TLP: handling.Green}, objects, "2031-12-31", time.Now().Truncate(time.Minute)
	check(h.t, w.Validate())
	raw, err := warning.Encode(w)
	check(h.t, err)
	h.keepMessage(id, 1, store.Kept, raw)
	h.put(func(tx *store.Tx) error {
		for _, raw := range objects {
			object, err := stix.Parse(raw)
			check(h.t, err)
			object, err = stix.FromMap(object.Map()) // as the message has it
			check(h.t, err)
			row, err := store.NewObject(store.Received, "bravo", &handling.Handling{TLP: handling.Green}, object)
			check(h.t, err)
			_, err = tx.KeepObject(row, policy.Audience)
			check(h.t, err)
		}
		about := strings.Repeat("a", 60) + store.SeqText(1)[8:]
		return store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--1"), store.Recall{Recall: warning.Recall{ID: "recall--1", Case: id, About: about}, Partner: "bravo", Hash: strings.Repeat("cd", 32)})
	})
	_, err = h.AnswerRecall(h.t.Context(), duty, "recall--1", warning.RecallAnswer{Answer: warning.Destroyed})
	check(h.t, err)
}

// Whoever saved an object before it was recalled does not have it as their own: not
// as it was, nor under another id, nor changed under its own.
func TestACopyOfARecalledObject(t *testing.T) {
	changed := func(old, to string) jsontext.Value {
		return jsontext.Value(strings.Replace(recalledMalware, old, to, 1))
	}
	for name, test := range map[string]struct {
		object jsontext.Value
		before func(alpha *house)
		after  func(alpha *house)
		own    bool // it may be attached
	}{
		"as it was":                      {object: jsontext.Value(recalledMalware)},
		"written in another order":       {object: jsontext.Value(`{"name":"m",` + strings.Replace(recalledMalware[1:], `"name":"m",`, "", 1))},
		"one digit of the id changed":    {object: changed("33333333-3333-4333", "33333334-3333-4333")},
		"under another id":               {object: changed("33333333-3333-4333-8333-333333333333", "9c1d5d8e-52ab-4a62-8f63-1df2b5a0a7c1")},
		"changed under its id":           {object: changed(`"name":"m"`, `"name":"n"`)},
		"a later version":                {object: changed(`"modified":"2026`, `"modified":"2027`)},
		"another object, by another id":  {object: jsontext.Value(strings.ReplaceAll(strings.Replace(recalledMalware, "33333333-3333-4333", "33333334-3333-4333", 1), `"name":"m"`, `"name":"n"`)), own: true},
		"carried into a collection here": {object: jsontext.Value(recalledMalware), after: func(alpha *house) { alpha.collect(recalledMalware, "siem", nil) }},
		"given by carol since": {object: jsontext.Value(recalledMalware), after: func(alpha *house) {
			alpha.collect(recalledMalware, "carol", &handling.Handling{TLP: handling.Green})
		}, own: true},
		"that we had before": {object: jsontext.Value(recalledMalware), before: func(alpha *house) {
			alpha.collect(strings.Replace(recalledMalware, `"modified":"2026`, `"modified":"2025`, 1), "siem", nil)
		}, own: true},
		"an address":                 {object: jsontext.Value(recalledAddress)},
		"an address that we saw too": {object: jsontext.Value(recalledAddress), after: func(alpha *house) { alpha.collect(recalledAddress, "siem", nil) }, own: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				if test.before != nil {
					test.before(alpha)
				}
				alpha.recalledWith(jsontext.Value(recalledMalware), jsontext.Value(recalledAddress))
				time.Sleep(48 * time.Hour)
				if test.after != nil {
					test.after(alpha)
				}
				d := draft("Danger.", "carol")
				d.Objects = []jsontext.Value{test.object}
				_, err := alpha.Compose(t.Context(), analyst, d)
				if test.own {
					check(t, err)
					return
				}
				refuses(t, name, err, problem.Conflict, "a copy of what a partner recalled")
				if err == nil {
					return
				}
				if details := strings.Join(problem.Of(err).Details, "|"); !strings.Contains(details, "bravo recalled it, and it was destroyed here on 20") || !strings.Contains(details, "(recall--1)") {
					t.Errorf("it says %q", details)
				}
			})
		})
	}
}

// A draft that had the object before the recall lets it out no more.
func TestADraftWithARecalledObject(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger.", "carol")
		d.Objects = []jsontext.Value{jsontext.Value(recalledMalware)}
		d, _ = alpha.compose(d)
		alpha.recalledWith(jsontext.Value(recalledMalware))
		p, err := alpha.Preview(t.Context(), first, d.ID)
		check(t, err)
		if text := blockedFor(p.Copies[0]); p.Copies[0].Allowed || !strings.Contains(text, "bravo recalled it") {
			t.Errorf("allowed %t, blocked by %q", p.Copies[0].Allowed, text)
		}
		_, err = alpha.Compose(t.Context(), analyst, d)
		refuses(t, "composed again", err, problem.Conflict, "a copy of what a partner recalled")
	})
}

// A copy that waits for its partner with the object is taken out of the queue.
func TestAQueuedCopyWithARecalledObject(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger.", "carol")
		d.Objects = []jsontext.Value{jsontext.Value(recalledMalware)}
		alpha.warn(d)
		alpha.warn(draft("Another danger.", "carol"))
		waits := func() (n int) {
			alpha.show(func(tx *store.Tx) error {
				parcels, err := tx.Parcels("carol", 0, 10)
				n = len(parcels)
				return err
			})
			return n
		}
		if n := waits(); n != 2 {
			t.Fatalf("%d wait", n)
		}
		alpha.recalledWith(jsontext.Value(recalledMalware))
		if n := waits(); n != 1 {
			t.Errorf("%d wait", n)
		}
	})
}

// collect keeps an object in the collection of what was received, for an origin.
func (h *house) collect(raw, origin string, given *handling.Handling) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		object, err := stix.Parse([]byte(raw))
		check(h.t, err)
		row, err := store.NewObject(store.Received, origin, given, object)
		check(h.t, err)
		_, err = tx.KeepObject(row, policy.Audience)
		return err
	})
}
