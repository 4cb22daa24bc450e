// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file tests who records that a handling note was read.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Whoever may not open a TLP:RED case has not read the note in it, whatever door
// the word comes by.
func TestOnlyWhoOpensACaseReadsItsNote(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.befriend("bravo", partner.Active)
		alpha.put(func(tx *store.Tx) error {
			return store.Cases.Put(tx, "warning--1", store.Case{ID: "warning--1", Partner: "bravo", TLP: "TLP:RED", Recipients: []string{duty.Name}, State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now})
		})
		refuses(t, "the note, by somebody it is not for", alpha.ReadNote(t.Context(), first, "warning--1"), problem.Denied, "for "+duty.Name+" alone")
		refuses(t, "the note, by whom it names", alpha.ReadNote(t.Context(), duty, "warning--1"), problem.Conflict, "nothing in this case came under H3")
	})
}
