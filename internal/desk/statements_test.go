// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file holds what a public statement must not give away.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	oursID   = "warning--11111111-0000-4000-8000-000000000011"
	theirsID = "warning--22222222-0000-4000-8000-000000000022"
	behindID = "source--33333333-0000-4000-8000-000000000033"
	draftID  = "draft--44444444-0000-4000-8000-000000000044"
	account  = "four men bring paint from the old mill"
	told     = "two men left the harbour with the grey van"
)

// tell keeps a case of ours with its source, and one that bravo opened.
func (h *house) tell(given handling.TLP) {
	h.t.Helper()
	h.befriend("bravo", partner.Active)
	h.staff(first, second)
	raw, err := warning.Encode(warning.Warning{ID: theirsID, Text: told, Handling: handling.Handling{TLP: given}})
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		for _, err := range []error{
			store.Sources.Put(tx, behindID, warning.Source{ID: behindID, Title: "Mill", Fields: []warning.Field{{Name: "account", Text: account}, {Name: "reference", Text: "QX-77/4419"}}}),
			store.Drafts.Put(tx, draftID, warning.Draft{ID: draftID, Source: behindID, Stage: warning.Released}),
			store.Cases.Put(tx, oursID, store.Case{ID: oursID, Partner: "bravo", Ours: true, Draft: draftID, State: store.CaseOpen}),
			store.Cases.Put(tx, theirsID, store.Case{ID: theirsID, Partner: "bravo", State: store.CaseOpen}),
			tx.AddMessage(store.Message{Hash: "m", Channel: "c", Partner: "bravo", Direction: store.In, Seq: 1, Epoch: 1, Kind: envelope.Warning, Thread: theirsID,
				At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAStatementGivesNothingAway(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.tell(handling.Red)
		plain := warning.Statement{Case: oursID, Event: "Market square", Headline: "An attack was prevented", Text: "Seven people were detained."}
		for what, change := range map[string]func(*warning.Statement){
			"the text":          func(s *warning.Statement) { s.Text = "We knew that " + account + "." },
			"the headline":      func(s *warning.Statement) { s.Headline = "Seen: " + account },
			"the instruction":   func(s *warning.Statement) { s.Instruction = account },
			"the event":         func(s *warning.Statement) { s.Event = account },
			"an area":           func(s *warning.Statement) { s.Areas = []string{account} },
			"a link":            func(s *warning.Statement) { s.Links = []string{"https://example.org/four-men-bring-paint-from"} },
			"a reference":       func(s *warning.Statement) { s.Text = "See QX 77 4419." },
			"two texts":         func(s *warning.Statement) { s.Headline, s.Text = "Four men bring", "paint from the hills." },
			"the case's id":     func(s *warning.Statement) { s.Text = "Case " + oursID },
			"the draft's id":    func(s *warning.Statement) { s.Text = "As in 44444444-0000-4000-8000-000000000044" },
			"the source's id":   func(s *warning.Statement) { s.Text = behindID },
			"what nobody sees":  func(s *warning.Statement) { s.Case, s.Text = "", "Keep\u202e away" },
			"what bravo told":   func(s *warning.Statement) { s.Case, s.Text = theirsID, "We heard that "+told },
			"bravo's case's id": func(s *warning.Statement) { s.Case, s.Text = theirsID, theirsID },
		} {
			s := plain
			change(&s)
			_, err := alpha.WriteStatement(ctx, first, s)
			refuses(t, what, err, problem.Invalid, "gives away what it was written from")
			// One that was kept before the source was is refused when it is cleared.
			s.ID, s.WrittenBy, s.Language = "statement--old", "rob", "en"
			alpha.put(func(tx *store.Tx) error { return store.Statements.Put(tx, s.ID, s) })
			_, err = alpha.ClearStatement(ctx, second, s.ID, s.Seen())
			refuses(t, what+", cleared", err, problem.Invalid, "gives away what it was written from")
		}
		for _, id := range []string{oursID, theirsID, ""} {
			s := plain
			s.Case = id
			s, err := alpha.WriteStatement(ctx, first, s)
			check(t, err)
			_, err = alpha.ClearStatement(ctx, second, s.ID, s.Seen())
			check(t, err)
		}
		theirs := plain
		theirs.Theirs, theirs.Text = "bravo", account
		_, err := alpha.WriteStatement(ctx, first, theirs)
		check(t, err)
	})
}

// What a partner told everybody may be repeated.
func TestWhatAPartnerToldEverybody(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.tell(handling.Clear)
		_, err := alpha.WriteStatement(t.Context(), first, warning.Statement{Case: theirsID, Event: "e", Headline: "h", Text: "They say that " + told + "."})
		check(t, err)
	})
}

// An update narrows what a partner told, whom a warning names stays home, and no
// statement quotes what is held here because it names no case.
func TestAStatementQuotesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.tell(handling.Clear)
		raw, err := warning.Encode(warning.Update{Of: "m", Version: 2, Change: "c", Warning: warning.Warning{ID: theirsID, Text: "They sleep in the boathouse behind the sawmill by the lake.",
			Handling: handling.Handling{TLP: handling.Red}, Persons: []warning.Person{{Name: "Ivan Petrov"}}}})
		check(t, err)
		alpha.put(func(tx *store.Tx) error {
			return tx.AddMessage(store.Message{Hash: "m2", Channel: "c", Partner: "bravo", Direction: store.In, Seq: 2, Epoch: 1, Kind: envelope.Update, Thread: theirsID,
				At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw})
		})
		plain := warning.Statement{Event: "Market square", Headline: "An attack was prevented", Text: "Seven people were detained."}
		for what, test := range map[string]struct{ id, text string }{
			"the update":                 {theirsID, "They sleep in the boathouse behind the sawmill."},
			"whom it names":              {theirsID, "Ivan Petrov was detained."},
			"a report, without its case": {"", "We knew that " + account + "."},
			"the update, without a case": {"", "They sleep in the boathouse behind the sawmill by the lake."},
		} {
			s := plain
			s.Case, s.Text = test.id, test.text
			_, err := alpha.WriteStatement(ctx, first, s)
			refuses(t, what, err, problem.Invalid, "gives away what it was written from")
		}
		s := plain
		s.Text = "They say that " + told + "."
		_, err = alpha.WriteStatement(ctx, first, s)
		check(t, err)
		alpha.put(func(tx *store.Tx) error {
			gone, err := store.Persons.Get(tx, first.Name)
			gone.Left = tx.Now
			if err == nil {
				err = store.Persons.Put(tx, first.Name, gone)
			}
			s.ID, s.WrittenBy, s.Language = "statement--old", first.Name, "en"
			if err == nil {
				err = store.Statements.Put(tx, s.ID, s)
			}
			return err
		})
		_, err = alpha.ClearStatement(ctx, second, "statement--old", s.Seen())
		refuses(t, "of an author who is gone", err, problem.Conflict, "rob, who wrote it, no longer writes")
	})
}
