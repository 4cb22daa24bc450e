// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the terms of a channel, and the notice that its state changed.

import (
	"maps"
	"slices"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// Terms are what both sides of a channel sign before anything passes.
type Terms struct {
	LegalBasis string   `json:"legal_basis" yaml:"legal_basis"`
	Purposes   []string `json:"purposes" yaml:"purposes"`
	// RetentionDays is how long either side keeps a text without deciding anew.
	RetentionDays int64 `json:"retention_days" yaml:"retention_days"`
	// Retention is how long what serves a purpose is kept, in days, by the words of
	// the purpose; never longer than RetentionDays.
	Retention map[string]int64 `json:"retention_by_purpose,omitempty" yaml:"retention_by_purpose"`
	Onward    string           `json:"onward" yaml:"onward"`
	// Overseers names the overseer of each side, by the node's name.
	Overseers map[string]string `json:"overseers,omitempty" yaml:"overseers"`
	// OverseerIsThirdParty says whether the third-party rule keeps the overseers out.
	OverseerIsThirdParty bool `json:"overseer_is_third_party" yaml:"overseer_is_third_party"`
	// OwnIdentifiers declares that identifiers are new for every recipient, so
	// that a leak can be traced by the sender alone.
	OwnIdentifiers bool   `json:"identifiers_per_recipient" yaml:"identifiers_per_recipient"`
	Review         Date   `json:"review" yaml:"review"`
	Note           string `json:"note,omitempty" yaml:"note"`
}

// Validate says everything that is wrong, or nil.
func (t *Terms) Validate() error {
	wrong := &list{}
	wrong.needed("legal_basis", t.LegalBasis, MaxText)
	if len(t.Purposes) == 0 {
		wrong.add("purposes: name at least one")
	}
	wrong.words("purposes", t.Purposes)
	if t.RetentionDays < 1 || t.RetentionDays > 3653 {
		wrong.add("retention_days: 1 to 3653")
	}
	if len(t.Retention) > MaxList {
		wrong.add("retention_by_purpose: at most %d", MaxList)
	}
	for _, purpose := range slices.Sorted(maps.Keys(t.Retention)) {
		wrong.needed("retention_by_purpose", purpose, MaxWord)
		if days := t.Retention[purpose]; days < 1 || days > t.RetentionDays {
			wrong.add("retention_by_purpose.%s: 1 to the days of retention_days", purpose)
		}
	}
	wrong.needed("onward", t.Onward, MaxText)
	wrong.date("review", t.Review, true)
	wrong.text("note", t.Note, MaxText)
	for _, name := range slices.Sorted(maps.Keys(t.Overseers)) {
		wrong.needed("overseers", name, MaxWord)
		wrong.needed("overseers."+name, t.Overseers[name], MaxWord)
	}
	return wrong.join()
}

// StateNotice tells a partner that a channel is open again, in which epoch,
// and which messages it will never get.
type StateNotice struct {
	State   string             `json:"state"`
	Epoch   uint64             `json:"epoch"`
	Dropped []envelope.Missing `json:"dropped,omitempty"`
}

// Validate says everything that is wrong, or nil.
func (n *StateNotice) Validate() error {
	wrong := &list{}
	if n.State != "active" && n.State != "limited" {
		wrong.add("state: active or limited")
	}
	if n.Epoch == 0 || n.Epoch > 1<<53-1 {
		wrong.add("epoch: from 1, below 2^53")
	}
	for _, m := range n.Dropped {
		if err := m.Check(); err != nil {
			wrong.add("dropped: %w", err)
			break
		}
	}
	return wrong.join()
}
