// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file tests that an overseer is not shown a partner's words where the terms
// say that it is a third party.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestAThirdParty(t *testing.T) {
	r := newRoom(t)
	terms := func(third bool) []byte {
		raw, err := warning.Encode(warning.Terms{LegalBasis: "Agreement", Purposes: []string{"safety"}, RetentionDays: 365, Onward: "no", OverseerIsThirdParty: third, Review: "2030-01-01"})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	r.change(caller.SignTerms, func(tx *store.Tx) error {
		for name, signed := range map[string][]byte{"bravo": terms(true), "carol": terms(false), "eve": []byte("{"), "dora": nil} {
			if err := store.Channels.Put(tx, name, partner.Channel{Name: name, State: partner.Active, OurTerms: signed}); err != nil {
				return err
			}
			for id, ours := range map[string]bool{"warning--of-" + name: false, "warning--to-" + name: true} {
				c := store.Case{ID: id, Partner: name, Ours: ours, Title: "The harbour", TLP: "TLP:AMBER", State: store.CaseAcknowledged, Opened: tx.Now, Updated: tx.Now}
				if err := store.Cases.Put(tx, id, c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	hidden := func(who caller.Caller) (names map[string]bool) {
		t.Helper()
		cases, err := r.shelf.Cases(t.Context(), who, "", 0)
		if err != nil || len(cases) != 8 {
			t.Fatal(cases, err)
		}
		names = make(map[string]bool)
		for _, c := range cases {
			if shown := c.Title == "The harbour"; !shown {
				names[c.ID] = true
			}
			whole, err := r.shelf.Case(t.Context(), who, c.ID)
			if err != nil || whole.Title != c.Title {
				t.Errorf("%s: %+v, %v", c.ID, whole, err)
			}
		}
		return names
	}
	if got := hidden(named("olga", caller.Overseer)); len(got) != 2 || !got["warning--of-bravo"] || !got["warning--of-eve"] {
		t.Errorf("from the overseer is kept %v", got)
	}
	for _, who := range []caller.Caller{named("ann", caller.Analyst), named("otto", caller.Overseer, caller.Releaser)} {
		if got := hidden(who); len(got) != 0 {
			t.Errorf("from %s is kept %v", who.Name, got)
		}
	}
	if _, err := r.shelf.SignWith(func([]byte) []byte { return make([]byte, 64) }).Dossier(t.Context(), named("olga", caller.Overseer), "warning--of-bravo", true); err == nil {
		t.Error("the overseer is handed a dossier with the partner's text")
	}
}
