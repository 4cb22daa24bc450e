// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file corrects warnings that rest on what others told us, and holds what is
// said beside a warning against everything that is held here.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// says keeps a message of bravo in a case.
func (h *house) says(id string, seq uint64, kind envelope.Kind, payload any) {
	h.t.Helper()
	raw, err := warning.Encode(payload)
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		return tx.AddMessage(store.Message{Hash: strings.Repeat("b", 60) + store.SeqText(seq)[8:], Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: seq, Epoch: 1,
			Kind: kind, Thread: id, At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw})
	})
}

// answered is the draft to carol that answers a duty about bravo's warning, released.
func (h *house) answered(id string) warning.Draft {
	h.t.Helper()
	d := draft("Be careful on the square.", "carol")
	d.Duty, d.Warning.Handling.TLP = h.owed(id), handling.Green
	return h.warn(d)
}

// attempt corrects what carol was sent and says why it cannot be released; nil if
// the first person can.
func (h *house) attempt(of string, change func(*warning.Draft)) error {
	h.t.Helper()
	d := draft("Be careful on the square.", "carol")
	d.Warning.Handling.TLP = handling.Green
	change(&d)
	reason := d.Change
	if reason == "" {
		reason = "the hour"
	}
	d, err := h.Correct(h.t.Context(), analyst, of, reason, d)
	check(h.t, err)
	_, err = h.Release(h.t.Context(), first, d.ID, h.hash(d.ID), "")
	return err
}

// A correction rests on everything that its case was made of, whatever it says of
// its own source and duty.
func TestACorrectionRestsOnWhatItsCaseDoes(t *testing.T) {
	quotes := func(d *warning.Draft) { d.Releases["carol"] = "We hear that " + told + "." }
	plain := func(*warning.Draft) {}
	for name, test := range map[string]struct {
		given  handling.Handling
		before func(alpha *house, id string)
		change func(*warning.Draft)
		word   string // of the refusal; empty if it leaves
	}{
		"in other words":        {given: handling.Handling{TLP: handling.Green}, change: plain},
		"word for word":         {given: handling.Handling{TLP: handling.Green}, change: quotes, word: "gives away text"},
		"by the reason":         {given: handling.Handling{TLP: handling.Green}, change: func(d *warning.Draft) { d.Change = "We hear that " + told + "." }, word: "change gives away text"},
		"with another source":   {given: handling.Handling{TLP: handling.Green}, before: func(alpha *house, _ string) { alpha.keep() }, change: func(d *warning.Draft) { quotes(d); d.Source = sourceID }, word: "gives away text"},
		"wider than it was":     {given: handling.Handling{TLP: handling.Green}, change: func(d *warning.Draft) { d.Warning.Handling.TLP = handling.Clear }, word: "may not be wider"},
		"after bravo narrowed":  {given: handling.Handling{TLP: handling.Green}, before: narrowed, change: plain, word: "gave it to us as TLP:AMBER"},
		"with what bravo added": {given: handling.Handling{TLP: handling.Green}, before: added, change: func(d *warning.Draft) { d.Releases["carol"] = "They sleep in the boathouse behind the sawmill." }, word: "gives away"},
		"with whom bravo named": {given: handling.Handling{TLP: handling.Green}, before: added, change: func(d *warning.Draft) { d.Releases["carol"] = "Look for Ivan Petrov." }, word: "gives away persons.name"},
		"after bravo recalled":  {given: handling.Handling{TLP: handling.Green}, before: recalled, change: plain, word: "empty or unknown"},
		"with what bravo said":  {given: handling.Handling{TLP: handling.Green}, before: replied, change: func(d *warning.Draft) { d.Releases["carol"] = "We hear the grey van stands behind the bakery." }, word: "gives away text"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				id := alpha.received()
				alpha.warnedBy(id, 1, store.Kept, test.given)
				d := alpha.answered(id)
				if test.before != nil {
					test.before(alpha, id)
				}
				for _, of := range []string{d.ID, d.Sent["carol"]} {
					if err := alpha.attempt(of, test.change); test.word == "" {
						check(t, err)
					} else {
						refuses(t, "the release", err, problem.Conflict, test.word)
					}
				}
			})
		})
	}
}

func update(id string, change func(*warning.Warning)) warning.Update {
	d := draft("They were seen again.", "alpha")
	w := d.Copy("alpha", id)
	w.Handling = handling.Handling{TLP: handling.Green}
	change(&w)
	return warning.Update{Of: strings.Repeat("a", 64), Version: 2, Change: "more is known", Warning: w}
}

func narrowed(h *house, id string) {
	h.says(id, 2, envelope.Update, update(id, func(w *warning.Warning) { w.Handling.TLP = handling.Amber }))
}

func added(h *house, id string) {
	h.says(id, 2, envelope.Update, update(id, func(w *warning.Warning) {
		w.Text = "They sleep in the boathouse behind the sawmill."
		w.Persons = []warning.Person{{Name: "Ivan Petrov", Role: "suspect", Kind: "fact", Reason: "to find him"}}
	}))
}

func recalled(h *house, id string) {
	h.put(func(tx *store.Tx) error {
		messages, err := tx.Thread(id, "bravo")
		if err != nil {
			return err
		}
		return tx.Destroy(&messages[0])
	})
}

func replied(h *house, id string) {
	h.says(id, 2, envelope.Reply, warning.Reply{Case: id, Request: "request--1", Text: "The grey van stands behind the bakery.", Handling: handling.Handling{TLP: handling.Amber},
		By: warning.Officer{Name: "B", Role: "duty-officer"}, At: time.Date(2031, 5, 8, 9, 0, 0, 0, time.UTC)})
}

// What is said in a case names no person that the partner's copy leaves out.
func TestWhatIsSaidLaterNamesNobody(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d := draft("Danger.", "carol")
		d.Warning.Persons = []warning.Person{{Name: "Ivan Petrov", Role: "suspect", Kind: "fact", Reason: "to find him"}}
		id := alpha.warn(d).Sent["carol"]
		refuses(t, "thanks", alpha.Thank(t.Context(), duty, warning.Thanks{Case: id, Text: "Petrov thanks you."}), problem.Invalid, "text repeats persons that this partner does not get")
		check(t, alpha.Thank(t.Context(), duty, warning.Thanks{Case: id, Text: "Thank you."}))
	})
}

// A question, a pledge and an answer quote nothing that is held here; who is asked
// may be told its own words, and whom the question is about may be named.
func TestNothingHeldIsQuotedAside(t *testing.T) {
	const secret = "As you know Kestrelfold told us over tea that four men bring it."
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.keep()
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, handling.Handling{TLP: handling.Amber})
		ask := func(who caller.Caller, to, question string, about *warning.Target) error {
			_, err := alpha.Inquire(ctx, who, to, warning.Inquiry{Question: question, Precedence: "FLASH", About: about})
			return err
		}
		pledge := func(p warning.Pledge) error {
			_, err := alpha.Pledge(ctx, first, "carol", p)
			return err
		}
		for what, err := range map[string]error{
			"a question":                ask(duty, "carol", secret, nil),
			"whom it is about":          ask(duty, "carol", "Anything?", &warning.Target{Kind: "event", Name: secret}),
			"an identifier":             ask(duty, "carol", "Who has QX 77 4419 B?", nil),
			"another partner's words":   ask(duty, "carol", "Is it true that "+told+"?", nil),
			"a promise":                 pledge(warning.Pledge{Places: []string{"NO"}, Text: secret}),
			"a word of a promise":       pledge(warning.Pledge{Words: []string{secret}, Text: "We tell you."}),
			"a question in their case":  alpha.Ask(ctx, analyst, warning.Request{Case: id, Question: secret}),
			"an outcome in their case":  alpha.Report(ctx, duty, warning.Outcome{Case: id, Result: "unfounded", Text: secret}),
			"a note in their case":      alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id, Answer: warning.CannotAct, Note: secret}),
			"a dispute of their view":   alpha.Dispute(ctx, first, warning.Dispute{Case: id, About: secret, View: "v"}),
			"what nobody sees":          ask(duty, "carol", "\u202eAnything?", nil),
			"what nobody sees, pledged": pledge(warning.Pledge{Places: []string{"NO"}, Text: "We\U000e0041 tell you."}),
		} {
			refuses(t, what, err, problem.Invalid, "gives the source away")
		}
		refuses(t, "by an analyst", ask(analyst, "carol", "Anything?", nil), problem.Denied, "ask what a partner holds")
		if got := alpha.kinds("bravo") + alpha.kinds("carol"); got != "" {
			t.Errorf("queued: %s", got)
		}
		check(t, ask(duty, "bravo", "Is it true that "+told+"?", nil))
		check(t, ask(first, "carol", "Do you hold anything on the market in Bergen?", &warning.Target{Kind: "event", Name: "The market"}))
		check(t, alpha.Ask(ctx, analyst, warning.Request{Case: id, Question: "Is it certain that " + told + "?"}))
		check(t, pledge(warning.Pledge{Organisations: []string{"Kestrelfold Works"}, Text: "We tell you what concerns them."}))
	})
}

// One rule closes questions and pledges.
func TestThePolicyIsAskedAboutAsides(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.enforce(narrower(`@id("no-asides") @says("neither questions nor pledges leave")
forbid (principal is Partner, action == Action::"say", resource is Case) when { ["inquiry", "pledge"].contains(context.kind) };`))
		_, err := alpha.Inquire(ctx, duty, "carol", warning.Inquiry{Question: "Anything?", Precedence: "FLASH"})
		refuses(t, "a question", err, problem.Denied, "neither questions nor pledges leave")
		_, err = alpha.Pledge(ctx, first, "carol", warning.Pledge{Places: []string{"NO"}, Text: "We tell you."})
		refuses(t, "a pledge", err, problem.Denied, "neither questions nor pledges leave")
		if got := alpha.kinds("carol"); got != "" {
			t.Errorf("queued: %s", got)
		}
	})
}
