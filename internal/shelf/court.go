// SPDX-License-Identifier: Apache-2.0

package shelf

// This file says what may not be written for judicial proceedings.

import (
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// knownPurpose refuses a purpose that is none of a file.
func knownPurpose(purpose handling.FilePurpose) error {
	if purpose == "" || slices.Contains(handling.FilePurposes(), string(purpose)) {
		return nil
	}
	return problem.New(problem.Invalid, "use "+strings.Join(handling.FilePurposes(), ", "), "%q is not what a file is written for", purpose)
}

// notForCourt reports whether a message, handled so, is a partner's under H1 or
// no_court_use, and the partner has not permitted court use of it: of a version of
// its warning, of that very one; of what it said besides, of what it gave under the
// case.
func notForCourt(tx *store.Tx, m *store.Message, h handling.Handling) (bool, error) {
	if m.Direction == store.Out || m.Payload == nil || !h.Has(handling.H1) && !h.HasCaveat(handling.NoCourtUse) {
		return false, nil
	}
	granted, err := tx.GrantedFor(m.Partner, m.Thread)
	if err != nil {
		return false, err
	}
	for i := range granted {
		ended, err := tx.Ended(&granted[i])
		if err != nil {
			return false, err
		}
		if granted[i].Answer.Use != warning.UseCourt || ended != "" {
			continue
		}
		if m.Kind != envelope.Warning && m.Kind != envelope.Update {
			return false, nil
		}
		if versions, err := tx.SpeaksOf(&granted[i]); err != nil || slices.Contains(versions, m.Hash) {
			return false, err
		}
	}
	return true, nil
}
