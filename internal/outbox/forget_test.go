// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file destroys versions of a corrected warning, one after the other.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// corrected adds to a recalled warning a second version that says another title,
// a duty and a draft that were made of it, and its recall.
func (h *house) corrected(id, of string) (hash string) {
	h.t.Helper()
	hash = strings.Repeat("ef", 32)
	w := draft("From bravo.", "bravo").Warning
	w.ID, w.Text, w.Target.Name = id, "From bravo, better.", "Station"
	u := warning.Update{Of: of, Version: 2, Change: "Another place.", Warning: w}
	raw, err := warning.Encode(&u)
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		err := tx.AddMessage(store.Message{Hash: hash, Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: 2, Epoch: 1, Kind: envelope.Update, Thread: id,
			At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw})
		check(h.t, err)
		c, err := store.Cases.Get(tx, id)
		check(h.t, err)
		c.Correct(&u, hash)
		check(h.t, store.Cases.Put(tx, id, c))
		check(h.t, store.Duties.Put(tx, "duty--2", warning.Duty{ID: "duty--2", Opened: tx.Now, Partner: "dora", Subject: id, Title: c.Title, Reasons: []string{"the station"}, State: warning.DutyWarn}))
		return store.Recalls.Put(tx, store.RecallID("bravo", false, "recall--2"), store.Recall{Recall: warning.Recall{ID: "recall--2", Case: id, About: hash}, Partner: "bravo", Hash: strings.Repeat("ee", 32)})
	})
	return hash
}

// TestVersionsAreDestroyed destroys the first version, the second, or both: what
// was taken from a destroyed one is gone, and what was taken from the other stays.
func TestVersionsAreDestroyed(t *testing.T) {
	for _, test := range []struct {
		destroyed    []string
		title        string
		first, later string // what the two duties say
		withdrawn    bool   // the draft that was made of the first version
	}{
		{[]string{"recall--1"}, "Station", "Station", "Station the station", true},
		{[]string{"recall--2"}, "(destroyed when it was recalled)", "(destroyed when it was recalled)", "(destroyed when it was recalled)", true},
		{[]string{"recall--1", "recall--2"}, "(destroyed when it was recalled)", "(destroyed when it was recalled)", "(destroyed when it was recalled)", true},
		{[]string{"recall--2", "recall--1"}, "(destroyed when it was recalled)", "(destroyed when it was recalled)", "(destroyed when it was recalled)", true},
	} {
		bubble(t, func(t *testing.T, alpha *house) {
			id := alpha.received()
			hash := alpha.recalled(id)
			d := draft("They plan it.", "carol")
			d.Duty = "duty--1"
			old, _ := alpha.compose(d)
			time.Sleep(time.Hour)
			alpha.corrected(id, hash)
			time.Sleep(time.Hour)
			for _, recall := range test.destroyed {
				_, err := alpha.AnswerRecall(t.Context(), duty, recall, warning.RecallAnswer{Answer: warning.Destroyed})
				check(t, err)
			}
			if c := alpha.caseOf(id); c.Title != test.title {
				t.Errorf("%v: the case is called %q", test.destroyed, c.Title)
			}
			alpha.show(func(tx *store.Tx) error {
				for name, want := range map[string]string{"duty--1": test.first, "duty--2": test.later} {
					kept, err := store.Duties.Get(tx, name)
					check(t, err)
					if got := strings.Join(append([]string{kept.Title}, kept.Reasons...), " "); got != want {
						t.Errorf("%v: %s says %q", test.destroyed, name, got)
					}
				}
				left, err := store.Drafts.Get(tx, old.ID)
				if (left.Stage == warning.Withdrawn) != test.withdrawn {
					t.Errorf("%v: the draft is %s", test.destroyed, left.Stage)
				}
				return err
			})
		})
	}
}
