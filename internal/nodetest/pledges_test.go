// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays a hostile partner that puts another promise in the place of one, and
// ends what is not its own.

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var theOfficer = warning.Officer{Name: "C", Role: "releaser"}

// promisedBy is what bravo keeps under a partner's name for a pledge.
func (h *hostile) promisedBy(name, id string) (kept warning.KeptPledge, is bool) {
	h.t.Helper()
	Check(h.t, h.bravo.Store.Glance(h.t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		kept, is, err = store.Pledges.Find(tx, store.PledgeID(name, false, id))
		return err
	}))
	return kept, is
}

func aPledge(text string) warning.Pledge {
	return warning.Pledge{ID: "pledge--" + uuid.NewString(), Places: []string{"NO"}, Text: text, By: theOfficer, At: moment()}
}

func ends(p warning.Pledge, at time.Time) warning.PledgeEnd {
	return warning.PledgeEnd{Pledge: p.ID, Ended: at, Why: warning.PledgeWithdrawn, By: theOfficer, At: moment()}
}

// What stands under a name stays there, whatever is said under it later; only its
// giver ends it, once, and not before it began. Each of the others rings.
func TestPledgesThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	wrong := 0
	rings := func(what string, more int) {
		t.Helper()
		if wrong += more; carol.alarms(warning.AlarmPledge) != wrong {
			t.Errorf("%s: %d alarms, want %d", what, carol.alarms(warning.AlarmPledge), wrong)
		}
	}
	p := aPledge("We tell you everything.")
	alpha.say(envelope.Pledge, p)
	alpha.say(envelope.Pledge, p)
	rings("the same again", 0)
	other := p
	other.Text = "We tell you nothing."
	alpha.say(envelope.Pledge, other)
	rings("another under its name", 1)
	if kept, _ := alpha.promisedBy("alpha", p.ID); kept.Pledge.Text != p.Text {
		t.Errorf("the pledge says %q", kept.Pledge.Text)
	}

	// Carol knows the name of alpha's pledge. Her own under it is hers.
	carol.say(envelope.PledgeEnd, ends(p, moment()))
	rings("of another's", 1)
	alpha.say(envelope.PledgeEnd, ends(aPledge(""), moment()))
	rings("of one that is not there", 1)
	alpha.say(envelope.PledgeEnd, ends(p, p.At.Add(-time.Second)))
	rings("before it was given", 1)
	if kept, _ := alpha.promisedBy("alpha", p.ID); kept.End != nil {
		t.Errorf("it was ended: %+v", kept.End)
	}
	first := ends(p, moment())
	alpha.say(envelope.PledgeEnd, first)
	alpha.say(envelope.PledgeEnd, first)
	rings("the same end again", 0)
	alpha.say(envelope.PledgeEnd, ends(p, moment().Add(time.Hour)))
	rings("another end", 1)
	alpha.say(envelope.Pledge, other)
	rings("another pledge, after its end", 1)
	if kept, _ := alpha.promisedBy("alpha", p.ID); kept.End == nil || !kept.End.Ended.Equal(first.Ended) || kept.Pledge.Text != p.Text {
		t.Errorf("it is kept as %+v", kept)
	}
	if n := carol.alarms(warning.AlarmPledgeEnded); n != 1 {
		t.Errorf("that it ended rings %d times", n)
	}

	// An end may come before its pledge, which was held back.
	late, later := aPledge("We tell you late."), aPledge("We tell you later.")
	carol.say(envelope.PledgeEnd, ends(late, late.At))
	carol.say(envelope.PledgeEnd, ends(later, later.At.Add(-time.Hour)))
	rings("before their pledges", 2)
	carol.say(envelope.Pledge, late)
	carol.say(envelope.Pledge, later)
	rings("the pledges", 0)
	if kept, is := carol.promisedBy("carol", late.ID); !is || kept.End == nil || kept.InForce(moment().Add(time.Hour)) {
		t.Errorf("one that had ended holds: %+v", kept)
	}
	if kept, is := carol.promisedBy("carol", later.ID); !is || kept.End != nil {
		t.Errorf("one that was given after its end does not hold: %+v", kept)
	}

	// What was erased here stays so, and what is said under its name has its own date.
	key := store.RetentionID(store.OfPledge, store.PledgeID("alpha", false, p.ID))
	erase := func() {
		t.Helper()
		Check(t, s.bravo.Store.Change(t.Context(), caller.Self(), store.What{Act: caller.Erase}, func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, key)
			if err == nil {
				err = tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
			}
			return err
		}))
	}
	erase()
	alpha.say(envelope.Pledge, other)
	rings("under the name of one that was erased", 1)
	hash := alpha.prev
	if kept, _ := alpha.promisedBy("alpha", p.ID); kept.Erased.IsZero() || kept.Pledge.Text != store.GoneText || kept.End == nil {
		t.Errorf("what was erased is kept as %+v", kept)
	}
	Check(t, s.bravo.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, key)
		m, failed := tx.Message(hash)
		if r.State != store.RetentionKept || m.Payload == nil {
			t.Errorf("what came under its name has the date %+v", r)
		}
		Check(t, failed)
		return err
	}))
	erase()
	Check(t, s.bravo.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		m, err := tx.Message(hash)
		if m.Payload != nil || m.Salt != nil {
			t.Error("and its text is not erased")
		}
		return err
	}))
	s.bravo.Sound()
}
