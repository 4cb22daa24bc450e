// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file erases a case whose messages brought objects, some of them several times.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// brought keeps a warning of bravo's in a case, with objects.
func (h *house) brought(id string, seq uint64, objects ...jsontext.Value) {
	h.t.Helper()
	said := draft(told, "alpha")
	w := said.Copy("alpha", id)
	w.Handling, w.Objects, w.Review, w.AnswerBy = handling.Handling{TLP: handling.Green}, objects, "2031-12-31", time.Now().Truncate(time.Minute)
	check(h.t, w.Validate())
	raw, err := warning.Encode(w)
	check(h.t, err)
	h.keepMessage(id, seq, store.Kept, raw)
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
		return nil
	})
}

// What two messages of the case brought goes with it; what a message of another case
// holds, too, stays.
func TestTheObjectsOfAnErasedCase(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		malware, address := jsontext.Value(recalledMalware), jsontext.Value(recalledAddress)
		campaign := jsontext.Value(`{"type":"campaign","spec_version":"2.1","id":"campaign--44444444-4444-4444-8444-444444444444","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"c"}`)
		id, other := alpha.received(), "warning--22222222-0000-4000-8000-000000000022"
		alpha.put(func(tx *store.Tx) error {
			return store.Cases.Put(tx, other, store.Case{ID: other, Partner: "bravo", Precedence: "ROUTINE", TLP: "TLP:GREEN", Opened: tx.Now, Updated: tx.Now, State: store.CaseAcknowledged})
		})
		alpha.brought(id, 1, malware, campaign)
		alpha.brought(id, 2, malware, address)
		alpha.brought(other, 3, address)
		alpha.put(func(tx *store.Tx) error {
			return tx.Erase(store.Retention{Kind: store.OfCase, ID: id, Partner: "bravo"}, warning.DestroyedByDate, warning.Officer{}, "clock")
		})
		alpha.show(func(tx *store.Tx) error {
			var left []string
			check(t, tx.EachObject(store.ObjectQuery{Collection: store.Received, AllVersions: true}, func(o *store.Found) (bool, error) {
				left = append(left, o.ID())
				return true, nil
			}))
			if got := strings.Join(left, " "); got != "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd" {
				t.Errorf("left are %q", got)
			}
			thread, err := tx.Thread(id, "bravo")
			for _, m := range thread {
				if m.Payload != nil || m.Salt != nil || m.Erased.IsZero() {
					t.Errorf("message %d has %d bytes", m.Seq, len(m.Payload))
				}
			}
			return err
		})
	})
}
