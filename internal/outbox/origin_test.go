// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays what one partner gave us and another must not get.

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

const told = "two men left the harbour with the grey van"

// warnedBy keeps a warning that bravo sent under the case of received, in a
// state, with objects.
func (h *house) warnedBy(id string, seq uint64, state store.MessageState, handled handling.Handling, objects ...jsontext.Value) {
	h.t.Helper()
	said := draft(told, "alpha")
	w := said.Copy("alpha", id)
	w.Handling, w.Objects = handled, objects
	raw, err := warning.Encode(w)
	check(h.t, err)
	h.keepMessage(id, seq, state, raw)
}

func (h *house) keepMessage(id string, seq uint64, state store.MessageState, payload []byte) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		return tx.AddMessage(store.Message{Hash: strings.Repeat("a", 60) + store.SeqText(seq)[8:], Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: seq, Epoch: 1,
			Kind: envelope.Warning, Thread: id, At: tx.Now, State: state, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: payload})
	})
}

// owed keeps a duty to carol about a subject.
func (h *house) owed(subject string) string {
	h.t.Helper()
	const id = "duty--77777777-0000-4000-8000-000000000077"
	h.put(func(tx *store.Tx) error {
		return store.Duties.Put(tx, id, warning.Duty{ID: id, Partner: "carol", Subject: subject, Precedence: handling.Flash, State: warning.DutyOpen, Due: tx.Now})
	})
	return id
}

// What bravo warned us of goes to carol as bravo's handling says, and never word
// for word.
func TestADutyAboutAnotherPartnersWarning(t *testing.T) {
	for name, test := range map[string]struct {
		given handling.Handling
		as    handling.TLP
		text  string
		word  string // of the refusal; empty if it leaves
	}{
		"RED, H2, originator control": {handling.Handling{TLP: handling.Red, Codes: []handling.Code{handling.H2}, Caveats: []handling.Caveat{handling.OriginatorControl}}, handling.Clear, told, "gave it to us as TLP:AMBER or narrower"},
		"AMBER in other words":        {handling.Handling{TLP: handling.Amber}, handling.Red, "Be careful.", "gave it to us as TLP:AMBER"},
		"GREEN word for word":         {handling.Handling{TLP: handling.Green}, handling.Green, told, "gives away text"},
		"GREEN as CLEAR":              {handling.Handling{TLP: handling.Green}, handling.Clear, "Be careful.", "may not be wider"},
		"GREEN in other words":        {handling.Handling{TLP: handling.Green}, handling.Green, "Be careful.", ""},
		"with the case's id":          {handling.Handling{TLP: handling.Clear}, handling.Clear, "See 11111111-0000-4000-8000-000000000011.", "gives away"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				id := alpha.received()
				alpha.warnedBy(id, 1, store.Kept, test.given)
				d := draft(test.text, "carol")
				d.Duty, d.Warning.Handling.TLP, d.Warning.Recipients = alpha.owed(id), test.as, []string{"The director"}
				d, hash := alpha.compose(d)
				_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
				if test.word == "" {
					check(t, err)
				} else {
					refuses(t, "the release", err, problem.Conflict, test.word)
				}
			})
		})
	}
}

// What cannot be read any more is for nobody, and what is ours is guarded too.
func TestADutyAboutSomethingElse(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		attempt := func(text, subject string) error {
			d := draft(text, "carol")
			d.Duty = alpha.owed(subject)
			d, hash := alpha.compose(d)
			_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
			return err
		}
		id := alpha.received()
		refuses(t, "a case without its warning", attempt("Be careful.", id), problem.Conflict, "empty or unknown")
		alpha.keepMessage(id, 1, store.Kept, nil)
		refuses(t, "a warning whose text is gone", attempt("Be careful.", id), problem.Conflict, "empty or unknown")
		refuses(t, "a case that is not here", attempt("Be careful.", "warning--none"), problem.Conflict, "empty or unknown")
		alpha.keep()
		refuses(t, "a source the draft does not name", attempt("Four men bring Zirconite from there.", sourceID), problem.Conflict, "gives away")
		d := draft("Danger.", "bravo")
		d.Source = sourceID
		ours := alpha.warn(d).Sent["bravo"]
		refuses(t, "the source of a case of ours", attempt("Four men bring Zirconite from there.", ours), problem.Conflict, "gives away")
		check(t, attempt("Be careful.", ours))
		check(t, attempt("Be careful.", sourceID))
	})
}

// An object is a partner's wherever it lies, and the strictest handling it was
// ever given with holds.
func TestWhoseAnObjectIs(t *testing.T) {
	object := jsontext.Value(`{"type":"malware","spec_version":"2.1","id":"malware--33333333-3333-4333-8333-333333333333","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"m","is_family":false,"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}`)
	kept := func(alpha *house, version, partner string, h *handling.Handling) {
		alpha.put(func(tx *store.Tx) error {
			parsed, err := stix.Parse(jsontext.Value(strings.Replace(string(object), `"modified":"2026`, `"modified":"`+version, 1)))
			if err != nil {
				return err
			}
			row, err := store.NewObject(store.Received, partner, h, parsed)
			if err == nil {
				_, err = tx.KeepObject(row, policy.Audience)
			}
			return err
		})
	}
	green, red := handling.Handling{TLP: handling.Green}, handling.Handling{TLP: handling.Red}
	for name, test := range map[string]struct {
		before func(alpha *house)
		to     string
		leaves bool
	}{
		"our own":                     {func(alpha *house) { kept(alpha, "2026", "siem", nil) }, "carol", true},
		"in quarantine":               {func(alpha *house) { alpha.warnedBy("warning--q", 1, store.Quarantined, red, object) }, "carol", false},
		"in quarantine, to its giver": {func(alpha *house) { alpha.warnedBy("warning--q", 1, store.Quarantined, green, object) }, "bravo", true},
		"in quarantine, unreadable": {func(alpha *house) {
			alpha.keepMessage("warning--q", 1, store.Quarantined, []byte(`{"gift":`+string(object)+`}`))
		}, "carol", false},
		"GREEN, then RED": {func(alpha *house) { kept(alpha, "2026", "bravo", &green); kept(alpha, "2027", "bravo", &red) }, "carol", false},
		"RED, then GREEN": {func(alpha *house) { kept(alpha, "2026", "bravo", &red); kept(alpha, "2027", "bravo", &green) }, "carol", false},
		"GREEN":           {func(alpha *house) { kept(alpha, "2026", "bravo", &green) }, "carol", true},
		"GREEN with H2 once": {func(alpha *house) {
			kept(alpha, "2026", "bravo", &green)
			kept(alpha, "2027", "bravo", &handling.Handling{TLP: handling.Clear, Codes: []handling.Code{handling.H2}})
		}, "carol", false},
		"of two partners, to one of them": {func(alpha *house) { kept(alpha, "2026", "bravo", &red); kept(alpha, "2027", "carol", &green) }, "carol", false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				test.before(alpha)
				d := draft("Danger.", test.to)
				d.Objects = []jsontext.Value{object}
				d, _ = alpha.compose(d)
				p, err := alpha.Preview(t.Context(), first, d.ID)
				check(t, err)
				if got := len(p.Copies[0].Leaves.Objects) == 1; got != test.leaves || !p.Copies[0].Allowed {
					t.Errorf("leaves: %v, want %v: %+v", got, test.leaves, p.Copies[0].Reasons)
				}
			})
		})
	}
}
