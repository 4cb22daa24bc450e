// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file changes what a warning rests on that is queued, or that two people have
// released and that waits to be taken back.

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// limit sets the limits of a partner and judges what is queued for it, as the desk does.
func (h *house) limit(name string, limits partner.Limits) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		if err != nil {
			return err
		}
		channel.Limits = limits
		if err := store.Channels.Put(tx, name, channel); err != nil {
			return err
		}
		return h.JudgeFor(tx, name)
	})
}

// What waits to be taken back is a draft again in the moment in which less may be
// told; so is what waits for several of whom one may be told less.
func TestWhatWaitsToLeaveIsJudgedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.WithUndo(5 * time.Minute)
		alpha.works()
		one := alpha.released(handling.Priority, "bravo", "carol")
		other := alpha.released(handling.Priority, "carol")
		alpha.limit("bravo", partner.Limits{Place: "country"})
		for id, want := range map[string]warning.Stage{one.ID: warning.Composed, other.ID: warning.Waiting} {
			alpha.show(func(tx *store.Tx) error {
				d, err := store.Drafts.Get(tx, id)
				if d.Stage != want {
					t.Errorf("it is %s, want %s", d.Stage, want)
				}
				return err
			})
		}
		if !alpha.rings(warning.AlarmNotLeft) {
			t.Error("no alarm says so")
		}
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if alpha.kinds("bravo") != "" || alpha.kinds("carol") != "warning" {
			t.Errorf("queued %q for bravo, %q for carol", alpha.kinds("bravo"), alpha.kinds("carol"))
		}
	})
}

// A limit takes out of the queue only what says more than it lets be told: what was
// cut within it stays.
func TestALimitTakesOutWhatSaysMore(t *testing.T) {
	for place, stays := range map[string]bool{"city": true, "region": false, "country": false} {
		bubble(t, func(t *testing.T, alpha *house) {
			alpha.warn(draft("Danger on the square.", "bravo"))
			alpha.limit("bravo", partner.Limits{Place: place})
			if got := alpha.kinds("bravo") == "warning"; got != stays {
				t.Errorf("told by %s, what names a city stays: %t", place, got)
			}
		})
	}
}

// For a partner that nothing departs for, the end of the day is looked at all the
// same: once for each day, and not before it has ended.
func TestADayEnds(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.set("bravo", partner.Suspended)
		d := draft("Danger on the square.", "bravo", "carol")
		d.Warning.Review = warning.DateOf(time.Now().AddDate(0, 0, 2))
		alpha.set("bravo", partner.Active)
		alpha.warn(d)
		alpha.warn(draft("Danger elsewhere.", "bravo"))
		alpha.set("bravo", partner.Suspended)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- alpha.RunDays(ctx) }()
		time.Sleep(70 * time.Hour)
		synctest.Wait()
		if alpha.rings(warning.AlarmPolicy) {
			t.Error("on the day itself it is withheld")
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		cancel()
		check(t, <-done)
		alpha.show(func(tx *store.Tx) error {
			drops, err := store.Drops.List(tx, 0)
			for _, drop := range drops {
				if !strings.Contains(drop.Why, "the review date is past (review-past)") {
					t.Errorf("%s", drop.Why)
				}
			}
			left, failed := tx.QueueLength("")
			if len(drops) != 2 || left != 1 || failed != nil {
				t.Errorf("%d were taken out, %d are left: %v", len(drops), left, failed)
			}
			return err
		})
	})
}

// A draft whose source report was erased since it was cut cannot be held against it
// any more: it is not released. What has left is shown as it left.
func TestASourceThatWasErased(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.keep()
		plain := draft("Danger on the square.", "bravo")
		plain.Source = sourceID
		sent := alpha.warn(plain)
		open, _ := alpha.compose(plain)
		alpha.put(func(tx *store.Tx) error {
			return tx.Erase(store.Retention{Kind: store.OfSource, ID: sourceID}, warning.DestroyedByDate, warning.Officer{}, "")
		})
		if p := alpha.preview(open.ID); !p.Blocked || p.Copies[0].Reasons[0].Rule != string(policy.RuleLeak) {
			t.Errorf("an open draft: %+v", p.Copies[0].Reasons[0])
		}
		if p := alpha.preview(sent.ID); p.Blocked {
			t.Errorf("what has left: %+v", p.Copies[0].Reasons[0])
		}
	})
}

// The basis changes with what a judgement rests on, and with nothing else.
func TestTheBasis(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.warn(draft("Danger on the square.", "bravo"))
		before := alpha.basis()
		alpha.warn(draft("Danger on the square.", "bravo"))
		_, err := alpha.Pledge(t.Context(), first, "carol", warning.Pledge{Places: []string{"NO"}, Text: "We tell."})
		check(t, err)
		if now := alpha.basis(); now != before {
			t.Errorf("releasing and pledging moves it from %d to %d", before, now)
		}
		for name, change := range map[string]func(tx *store.Tx) error{
			"a sheet": func(tx *store.Tx) error {
				return tx.Judge(warning.Assurance{Partner: "bravo", Country: "SE", At: tx.Now})
			},
			"a source": func(tx *store.Tx) error {
				return store.Sources.Put(tx, sourceID, warning.Source{ID: sourceID, KeptAt: tx.Now})
			},
			"an erasure": func(tx *store.Tx) error {
				return tx.Erase(store.Retention{Kind: store.OfSource, ID: sourceID}, warning.DestroyedByDate, warning.Officer{}, "")
			},
			"a restriction": func(tx *store.Tx) error { return tx.Restrict("draft--1", "redress--1") },
			"a permission": func(tx *store.Tx) error {
				return store.Permissions.Put(tx, "x", store.Permission{Request: warning.PermissionRequest{At: tx.Now}})
			},
			"a limit": func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "bravo")
				if err != nil {
					return err
				}
				return store.Channels.Put(tx, "bravo", channel)
			},
		} {
			before := alpha.basis()
			check(t, alpha.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
			if alpha.basis() == before {
				t.Errorf("%s does not move it", name)
			}
		}
	})
}

func (h *house) basis() uint64 {
	n, _ := h.Basis()
	return n
}

// A partner that corrects its warning to be handled more narrowly keeps back what was
// made of the version before, and waits, though nobody ever asked it for a permission.
func TestAWarningThatIsCorrectedMoreNarrowly(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, handling.Handling{TLP: handling.Green})
		d := alpha.restsOn(id)
		alpha.letOut(d.ID)
		why := func() (text string) {
			alpha.show(func(tx *store.Tx) error {
				parcels, err := tx.Parcels("carol", 0, 10)
				if err != nil || len(parcels) != 1 {
					t.Fatalf("%d wait for carol, %v", len(parcels), err)
				}
				m, err := tx.Message(parcels[0].Hash)
				check(t, err)
				text, err = alpha.Forbids(tx, &m)
				return err
			})
			return text
		}
		if text := why(); text != "" {
			t.Fatalf("from the first it stays: %s", text)
		}
		before := alpha.basis()
		alpha.warnedBy(id, 2, store.Kept, controlled)
		alpha.put(func(tx *store.Tx) error {
			tx.SaidAnew()
			return nil
		})
		if alpha.basis() == before {
			t.Error("nothing that departs is judged anew")
		}
		if text := why(); !strings.Contains(text, "which does not go on") {
			t.Errorf("it stays for %q", text)
		}
	})
}

// What is said beside any case, and waits, is judged anew as what is said in one.
func TestWhatIsSaidBesideIsJudgedAnew(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.Inquire(ctx, duty, "carol", warning.Inquiry{Question: "Anything?", Precedence: "FLASH"})
		check(t, err)
		_, err = alpha.Pledge(ctx, first, "carol", warning.Pledge{Places: []string{"NO"}, Text: "We tell you."})
		check(t, err)
		check(t, alpha.ShareVoice(ctx, first, "carol"))
		done := alpha.enforce(narrower(`@id("no-questions") @says("no questions leave")
forbid (principal is Partner, action == Action::"say", resource is Case) when { context.kind == "inquiry" };`))
		if got := alpha.left("carol"); got != "pledge voice" || len(done.dropped) != 1 || !alpha.rings(warning.AlarmPolicy) {
			t.Errorf("%q is left, %d were taken out", got, len(done.dropped))
		}
	})
}

// left are the kinds of what is queued for a partner, also behind what was taken out.
func (h *house) left(name string) string {
	h.t.Helper()
	var kinds []string
	h.show(func(tx *store.Tx) error {
		parcels, err := tx.Parcels(name, 0, 100)
		for _, parcel := range parcels {
			m, err := tx.Message(parcel.Hash)
			check(h.t, err)
			kinds = append(kinds, string(m.Kind))
		}
		return err
	})
	return strings.Join(kinds, " ")
}

// What comes to a duty after a text was written is not what that text rests on: it
// leaves as it was released. A text that is written then rests on it.
func TestADutyThatGrewAfterTheText(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.warnedBy(id, 1, store.Kept, handling.Handling{TLP: handling.Green})
		before := alpha.restsOn(id)
		alpha.letOut(before.ID)
		const later = "warning--22222222-0000-4000-8000-000000000022"
		alpha.put(func(tx *store.Tx) error {
			check(t, store.Cases.Put(tx, later, store.Case{ID: later, Partner: "bravo", Precedence: "IMMEDIATE", TLP: "TLP:AMBER", Opened: tx.Now, Updated: tx.Now, State: store.CaseOpen}))
			d, err := store.Duties.Get(tx, before.Duty)
			check(t, err)
			d.State, d.Cases, d.Grown, d.ToLife = warning.DutyOpen, []string{id, later}, tx.Now, true
			return store.Duties.Put(tx, d.ID, d)
		})
		alpha.warnedBy(later, 2, store.Kept, controlled)
		alpha.put(func(tx *store.Tx) error { return alpha.JudgeAnew(tx, "bravo", id) })
		if got := alpha.kinds("carol"); got != "warning" {
			t.Errorf("%q waits for carol", got)
		}
		after := draft("Be careful.", "carol")
		after.Duty, after.Warning.Handling.TLP = before.Duty, handling.Amber
		after, _ = alpha.compose(after)
		if c := alpha.only(after.ID); c.Allowed || !strings.Contains(blockedFor(c), "it must be asked first") {
			t.Errorf("written then, it leaves %t, for %q", c.Allowed, blockedFor(c))
		}
	})
}
