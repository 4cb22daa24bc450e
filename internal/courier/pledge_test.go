// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file gives pledges and ends them, between two nodes.

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// promised is the one pledge that a side knows of.
func (s *side) promised() (p warning.KeptPledge) {
	s.t.Helper()
	pledges, err := s.shelf.Pledges(s.t.Context(), duty)
	check(s.t, err)
	if len(pledges) > 1 {
		s.t.Fatalf("%s has %d pledges", s.name, len(pledges))
	}
	for _, p := range pledges {
		return p
	}
	return p
}

// owes is how many duties a report about Bergen opens.
func (s *side) owes() int {
	s.t.Helper()
	_, duties, err := s.intake.KeepSource(s.t.Context(), analyst, warning.Source{Title: "A report", Fields: []warning.Field{{Name: "summary", Text: "Something in Bergen.", Open: true}}})
	check(s.t, err)
	return len(duties)
}

func (s *side) recordOf(other *side) api.PartnerRecord {
	s.t.Helper()
	record, err := s.shelf.Reciprocity(s.t.Context(), second, other.name, api.Period{})
	check(s.t, err)
	return record.Partners[0]
}

var bergen = warning.Pledge{Text: "We tell you of threats to Bergen.", Cities: []warning.City{{Name: "Bergen"}}}

// A pledge is ended: it meets nothing new, its duty stays open, both records keep what
// was promised. The post fails, or fails but happened; or the node stops in between.
func TestAPledgeEnds(t *testing.T) {
	for _, fault := range []string{"none", "failed", "failed but happened", "stopped"} {
		t.Run(fault, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				ctx := t.Context()
				given, err := alpha.outbox.Pledge(ctx, first, "bravo", bergen)
				check(t, err)
				eventually(t, func() bool { return bravo.promised().Pledge.ID == given.ID })
				if alpha.owes() != 1 {
					t.Fatal("a report meets no pledge")
				}
				time.Sleep(time.Hour)
				n.down.Store(fault == "failed" || fault == "stopped")
				n.lost.Store(fault == "failed but happened")
				_, err = alpha.outbox.EndPledge(ctx, first, given.ID, "The agreement was terminated.")
				check(t, err)
				if open := alpha.duties(); alpha.owes() != 0 || len(open) != 1 || open[0].State != warning.DutyOpen {
					t.Errorf("after its end it meets a report; of duties stand %+v", open)
				}
				if fault == "stopped" {
					alpha.close()
					alpha.start()
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if heard := bravo.promised().End != nil; heard != (fault == "none" || fault == "failed but happened") {
					t.Errorf("an hour later bravo has heard of it: %t", heard)
				}
				if _, err := alpha.outbox.EndPledge(ctx, first, given.ID, "Again."); !problem.Is(err, problem.Conflict) {
					t.Errorf("ended twice: %v", err)
				}
				n.down.Store(false)
				n.lost.Store(false)
				eventually(t, func() bool { return bravo.promised().End != nil })
				time.Sleep(time.Hour)
				synctest.Wait()

				ours, theirs := alpha.promised(), bravo.promised()
				if ours.EndHash == "" || ours.EndHash != theirs.EndHash || *ours.End != *theirs.End || theirs.EndReason != "" || theirs.EndHeard.Before(theirs.End.Ended) {
					t.Errorf("alpha keeps %+v, bravo %+v", ours, theirs)
				}
				check(t, alpha.store.Glance(ctx, first, store.What{Act: "see the pledges"}, func(tx *store.Tx) error {
					m, err := tx.Message(ours.EndHash)
					if err != nil || m.State != store.Delivered || len(m.Receipt) == 0 {
						t.Errorf("its message is %s, with a receipt of %d bytes, %v", m.State, len(m.Receipt), err)
					}
					return err
				}))
				if bravo.alarmed(warning.AlarmPledgeEnded) != 1 || bravo.alarmed(warning.AlarmPledge) != 0 || alpha.alarmed(warning.AlarmPledgeEnded) != 0 {
					t.Errorf("bravo has %d alarms of it, and %d that something is wrong", bravo.alarmed(warning.AlarmPledgeEnded), bravo.alarmed(warning.AlarmPledge))
				}
				gave, got := alpha.recordOf(bravo), bravo.recordOf(alpha)
				if gave.Gave.Pledges != 1 || gave.Gave.PledgesEnded != 1 || gave.Gave.Matched != 1 || got.Got.Pledges != 1 || got.Got.PledgesEnded != 1 {
					t.Errorf("alpha's record: %+v; bravo's: %+v", gave.Gave, got.Got)
				}
				if len(got.Ended) != 1 || got.Ended[0].Why != "withdrawn" || got.Ended[0].Ours || !got.Ended[0].Ended.Equal(theirs.EndHeard) || len(gave.Ended) != 1 || !gave.Ended[0].Ours {
					t.Errorf("alpha's record: %+v; bravo's: %+v", gave.Ended, got.Ended)
				}
			})
		})
	}
}

// A pledge that is erased at its review date ends on both sides.
func TestAPledgeEndsByItsDate(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		given, err := alpha.outbox.Pledge(t.Context(), first, "bravo", bergen)
		check(t, err)
		eventually(t, func() bool { return bravo.promised().Pledge.ID == given.ID })
		time.Sleep(time.Minute)
		alpha.put(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfPledge, given.ID))
			check(t, err)
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		})
		eventually(t, func() bool { return bravo.promised().End != nil })
		if theirs := bravo.promised(); theirs.End.Why != warning.PledgeEndedByDate || theirs.Pledge.Text != bergen.Text || theirs.InForce(time.Now()) {
			t.Errorf("bravo keeps %+v", theirs)
		}
		if ours := alpha.promised(); ours.Pledge.Text == bergen.Text || ours.End == nil || alpha.owes() != 0 {
			t.Errorf("alpha keeps %+v", ours)
		}
		if gave, got := alpha.recordOf(bravo), bravo.recordOf(alpha); gave.Gave.PledgesEnded != 1 || got.Got.PledgesEnded != 1 || got.Ended[0].Why != "review" {
			t.Errorf("alpha's record: %+v; bravo's: %+v", gave.Ended, got.Ended)
		}
	})
}

// A partner that was not there until the message had expired is told all the same.
func TestAnEndOutlivesItsMessage(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		given, err := alpha.outbox.Pledge(ctx, first, "bravo", bergen)
		check(t, err)
		eventually(t, func() bool { return bravo.promised().Pledge.ID == given.ID })
		time.Sleep(time.Minute)
		n.down.Store(true)
		kept, err := alpha.outbox.EndPledge(ctx, first, given.ID, "The agreement was terminated.")
		check(t, err)
		alpha.close()
		bravo.close()
		time.Sleep(31 * 24 * time.Hour)
		n.down.Store(false)
		alpha.start()
		bravo.start()
		eventually(t, func() bool { return bravo.promised().End != nil })
		if theirs := bravo.promised(); *theirs.End != *kept.End || theirs.EndHash == kept.EndHash || alpha.promised().EndHash != theirs.EndHash || bravo.alarmed(warning.AlarmPledge) != 0 {
			t.Errorf("alpha said %+v; bravo keeps %+v", kept, theirs)
		}
	})
}
