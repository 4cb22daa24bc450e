// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps what is heard by voice.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// What is heard again of a message that was erased has a date of its own; what is of a
// message that is here goes with that. What an older program kept so is found.
func TestHeardAfterItsCaseWasErased(t *testing.T) {
	k := newKit(t)
	var here, gone string
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		here, gone = k.says(tx, "one", 1, handling.Amber, "Thank you."), k.says(tx, "two", 2, handling.Amber, "Thank you.")
		k.must(tx.exec(`UPDATE messages SET salt = NULL, payload = NULL, erased = 1 WHERE hash = $1`, gone))
		for id, message := range map[string]string{"here": here, "gone": gone, "older": gone} {
			k.must(Heards.Put(tx, id, Heard{ID: id, Partner: "bravo", Prefix: message[:20], Message: message, Case: "of it", At: tx.Now, By: "dan"}))
		}
		return Retentions.Delete(tx, RetentionID(OfHeard, "older"))
	}))
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		for id, want := range map[string]bool{"here": false, "gone": true} {
			r, dated, err := Retentions.Find(tx, RetentionID(OfHeard, id))
			if dated != want || err != nil || dated && r.Due.Sub(tx.Now) < 364*24*time.Hour {
				t.Errorf("%s has a date: %v, %s; %v", id, dated, r.Due, err)
			}
		}
		undated, err := tx.Undated(10)
		if len(undated) != 1 || undated[0].ID != "older" || undated[0].Kind != OfHeard {
			t.Errorf("without a date are %+v", undated)
		}
		return err
	}))
}
