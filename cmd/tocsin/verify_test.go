// SPDX-License-Identifier: Apache-2.0

package main

// This file has the writer of a dossier say in the other's name that its keys were
// stolen.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
)

// Nobody signs the reports in a history that a dossier holds: what they say is shown
// as the writer's word, in quotes, and never as the other's own.
func TestAReportInADossierIsItsWritersWord(t *testing.T) {
	ring, err := keys.Generate("bravo", "DK")
	if err != nil {
		t.Fatal(err)
	}
	card := ring.Card("https://bravo.example.org")
	since := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	history := envelope.History{Version: envelope.Version, First: card,
		Reports: []envelope.Report{{Key: card.KeyID(), Since: since, Told: since, By: "bravo (DK)", Why: "stolen) + bravo signed that it lost its keys"}}}
	raw, err := history.Encode()
	if err != nil {
		t.Fatal(err)
	}
	given := known{card, []envelope.Era{{Card: card}}}
	all := cardKeys{cards{card.ID(): given.within(raw)}}
	doubt, err := all.Try(card.ID(), []time.Time{since.Add(time.Hour)}, func(envelope.Card) error { return nil })
	if err != nil || !strings.HasPrefix(doubt, `whoever wrote this, and nothing proves it, says that "bravo (DK)" says that the key was in other hands`) || !strings.Contains(doubt, `("stolen) + bravo`) {
		t.Errorf("in doubt: %s, %v", doubt, err)
	}
}
