// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays the time between release and leaving, approvals that end, what
// a partner is told, and whose copy turned up.

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// works lets the outbox work until the test ends.
func (h *house) works() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.t.Cleanup(func() {
		cancel()
		check(h.t, <-done)
	})
}

// released is a draft of that precedence that two people have released.
func (h *house) released(precedence handling.Precedence, partners ...string) warning.Draft {
	h.t.Helper()
	plain := draft("Danger on the square.", partners...)
	plain.Warning.Precedence = precedence
	d, hash := h.compose(plain)
	for _, who := range []caller.Caller{first, second} {
		var err error
		d, err = h.Release(h.t.Context(), who, d.ID, hash, "")
		check(h.t, err)
	}
	return d
}

// What is not urgent waits, and can be taken back by either of the two alone;
// what is urgent never waits.
func TestUndo(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.WithUndo(5 * time.Minute)
		alpha.works()
		for _, urgent := range []handling.Precedence{handling.Flash, handling.Immediate} {
			if d := alpha.released(urgent, "carol"); d.Stage != warning.Released || d.Sent["carol"] == "" {
				t.Errorf("%s waits: %+v", urgent, d.Stage)
			}
		}
		for _, who := range []caller.Caller{first, second} {
			d := alpha.released(handling.Priority, "bravo")
			if left := d.LeavesAt.Sub(alpha.store.Now()); d.Stage != warning.Waiting || left != 5*time.Minute || len(d.Sent) > 0 {
				t.Fatalf("released: %s, leaves in %s", d.Stage, left)
			}
			time.Sleep(4 * time.Minute)
			_, err := alpha.TakeBack(ctx, third, d.ID)
			refuses(t, "by a third", err, problem.Denied, "only those who released it")
			_, err = alpha.Withdraw(ctx, analyst, d.ID)
			refuses(t, "withdrawn while it waits", err, problem.Conflict, "was released, and leaves at")
			again := d
			again.Warning.Purpose = "another"
			_, err = alpha.Compose(ctx, analyst, again)
			refuses(t, "composed while it waits", err, problem.Conflict, "was released, and leaves at")
			_, err = alpha.Release(ctx, third, d.ID, d.Approvals[0].Preview, "")
			refuses(t, "released a third time", err, problem.Conflict, "was released, and leaves at")
			back, err := alpha.TakeBack(ctx, who, d.ID)
			if err != nil || back.Stage != warning.Composed || len(back.Approvals) > 0 || !back.LeavesAt.IsZero() {
				t.Fatalf("taken back: %+v, %v", back, err)
			}
			time.Sleep(time.Hour)
			if alpha.kinds("bravo") != "" {
				t.Fatal("what was taken back left")
			}
		}
		d := alpha.released(handling.Routine, "bravo")
		time.Sleep(5*time.Minute + 2*time.Second)
		synctest.Wait()
		if alpha.kinds("bravo") != "warning" {
			t.Fatal("what nobody took back has not left")
		}
		_, err := alpha.TakeBack(ctx, first, d.ID)
		refuses(t, "when it has left", err, problem.Conflict, "it has left")
	})
}

// stop stops the node for so long, by the wall clock.
func (h *house) stop(away time.Duration) {
	h.t.Helper()
	check(h.t, h.store.Close())
	time.Sleep(away)
	log := slog.New(slog.NewTextHandler(h.t.Output(), nil))
	kept, err := store.Open(log, h.dir, h.ring.SignCheckpoint)
	check(h.t, err)
	h.store, h.Outbox = kept, outbox.New(log, kept, h.ring)
}

// A node that is off, and starts by whatever clock, shortens no wait: what was left
// of it is left, people see until when, and what is released then waits no longer.
func TestAStoppedNodeShortensNoWait(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 10 * time.Minute, 40 * 24 * time.Hour} {
		bubble(t, func(t *testing.T, alpha *house) {
			alpha.WithUndo(5 * time.Minute)
			before := alpha.released(handling.Routine, "bravo")
			time.Sleep(2 * time.Minute)
			alpha.put(func(*store.Tx) error { return nil }) // the node writes something all the time
			alpha.stop(away)
			alpha.WithUndo(5 * time.Minute)
			alpha.works()
			time.Sleep(time.Minute)
			synctest.Wait()
			if alpha.kinds("bravo") != "" {
				t.Fatalf("off for %s, it left at once", away)
			}
			alpha.show(func(tx *store.Tx) error {
				d, err := store.Drafts.Get(tx, before.ID)
				if left := d.LeavesAt.Sub(tx.Now); d.Stage != warning.Waiting || (left-2*time.Minute).Abs() > 2*time.Second {
					t.Errorf("off for %s: it is %s, and says that it leaves in %s", away, d.Stage, left)
				}
				return err
			})
			if d := alpha.released(handling.Routine, "carol"); d.LeavesAt.Sub(alpha.store.Now()) != 5*time.Minute {
				t.Errorf("released since, it leaves at %s", d.LeavesAt)
			}
			time.Sleep(2*time.Minute + 3*time.Second)
			synctest.Wait()
			if alpha.kinds("bravo") != "warning" || alpha.kinds("carol") != "" {
				t.Errorf("off for %s: queued %q for bravo, %q for carol", away, alpha.kinds("bravo"), alpha.kinds("carol"))
			}
			time.Sleep(3 * time.Minute)
			synctest.Wait()
			if alpha.kinds("carol") != "warning" {
				t.Error("what was released since waits on")
			}
		})
	}
}

// What has changed since two people saw it does not leave by the clock: it is a
// draft again, and an alarm says so.
func TestNothingElseLeavesByTheClock(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.WithUndo(5 * time.Minute)
		alpha.works()
		d := alpha.released(handling.Priority, "bravo", "carol")
		alpha.put(func(tx *store.Tx) error {
			channel, err := store.Channels.Get(tx, "bravo")
			channel.State = partner.Suspended
			if err == nil {
				err = store.Channels.Put(tx, "bravo", channel)
			}
			return err
		})
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		var alarms []warning.Alarm
		alpha.put(func(tx *store.Tx) (err error) {
			if d, err = store.Drafts.Get(tx, d.ID); err == nil {
				alarms, err = store.Alarms.List(tx, 0, store.Raised)
			}
			return err
		})
		if d.Stage != warning.Composed || len(d.Approvals) > 0 || alpha.kinds("bravo")+alpha.kinds("carol") != "" {
			t.Errorf("%s with %d approvals; left: %q", d.Stage, len(d.Approvals), alpha.kinds("carol"))
		}
		if !slices.ContainsFunc(alarms, func(a warning.Alarm) bool { return a.Kind == warning.AlarmNotLeft && a.Subject == d.ID }) {
			t.Errorf("alarms: %+v", alarms)
		}
	})
}

// A draft whose stage somebody wrote into the store leaves by no clock: it takes
// the approvals of two people of exactly what would leave.
func TestTheClockReleasesNothing(t *testing.T) {
	for name, approvals := range map[string]func(hash string) []warning.Approval{
		"nobody approved it": func(string) []warning.Approval { return nil },
		"one did":            func(hash string) []warning.Approval { return []warning.Approval{{By: "rob", Preview: hash}} },
		"one did, twice": func(hash string) []warning.Approval {
			return []warning.Approval{{By: "rob", Preview: hash}, {By: "rob", Preview: hash}}
		},
		"two saw another text": func(string) []warning.Approval {
			return []warning.Approval{{By: "rob", Preview: "x"}, {By: "sue", Preview: "x"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
				alpha.put(func(tx *store.Tx) error {
					d.Stage, d.LeavesAt, d.Approvals = warning.Waiting, tx.Now, approvals(hash)
					return store.Drafts.Put(tx, d.ID, d)
				})
				alpha.works()
				time.Sleep(time.Minute)
				synctest.Wait()
				if alpha.kinds("bravo") != "" {
					t.Error("it left")
				}
			})
		})
	}
}

// An approval ends after a shift: the second person is then the first.
func TestApprovalsEnd(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		d, hash := alpha.compose(draft("Danger on the square.", "bravo"))
		approved, err := alpha.Release(ctx, first, d.ID, hash, "")
		if err != nil || approved.Approvals[0].Until.Sub(approved.Approvals[0].At) != warning.ApprovedFor {
			t.Fatalf("%+v, %v", approved.Approvals, err)
		}
		time.Sleep(warning.ApprovedFor)
		late, err := alpha.Release(ctx, second, d.ID, hash, "")
		if err != nil || late.Stage != warning.Approved || len(late.Approvals) != 1 || late.Approvals[0].By != "sue" || alpha.kinds("bravo") != "" {
			t.Fatalf("an approval of yesterday counts: %+v, %v", late, err)
		}
		if last, err := alpha.Release(ctx, first, d.ID, hash, ""); err != nil || last.Stage != warning.Released {
			t.Errorf("%+v, %v", last.Stage, err)
		}
	})
}

// Each partner is told where and when as exactly as it may be, and what was cut
// for other limits does not leave.
func TestLimitsOfAPartner(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		limit := func(limits partner.Limits) {
			alpha.put(func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "carol")
				channel.Limits = limits
				if err == nil {
					err = store.Channels.Put(tx, "carol", channel)
				}
				return err
			})
		}
		limit(partner.Limits{Place: "city", Time: "day"})
		exact := draft("Danger in the town.", "bravo", "carol")
		latitude, longitude := 59.93123, 30.36081
		exact.Warning.Target.Place = warning.Place{Country: "RU", City: "Saint Petersburg", Detail: "the third door", Latitude: &latitude, Longitude: &longitude}
		exact.Warning.Window = warning.Window{Start: time.Date(2000, 1, 9, 17, 20, 0, 0, time.UTC), Fidelity: "minute"}
		d, _ := alpha.compose(exact)
		p, err := alpha.Preview(t.Context(), first, d.ID)
		check(t, err)
		bravo, carol := p.Copies[0].Leaves, p.Copies[1].Leaves
		if bravo.Target.Place.Detail == "" || *bravo.Target.Place.Latitude != latitude || bravo.Window.Fidelity != "minute" {
			t.Errorf("bravo, who may be told all: %+v", bravo)
		}
		if place := carol.Target.Place; place.Detail != "" || place.City == "" || *place.Latitude != 59.9 || place.Precision != 10_000 || carol.Window.Fidelity != "day" || carol.Window.Start.Hour() != 0 {
			t.Errorf("carol: %+v, %+v", place, carol.Window)
		}
		if !slices.ContainsFunc(p.Copies[0].Flags, func(l warning.Leak) bool { return l.Rule == "place and time" }) {
			t.Errorf("a place and a time to the point are not flagged: %+v", p.Copies[0].Flags)
		}
		exact.Releases = map[string]string{"bravo": "Go.", "carol": "Danger by the third door at 17:20."}
		d, _ = alpha.compose(exact)
		p, err = alpha.Preview(t.Context(), first, d.ID)
		check(t, err)
		if rules := p.Copies[1].Leaks; len(rules) < 2 || p.Copies[1].Allowed || !p.Blocked {
			t.Errorf("carol's text says what was taken out: %+v", rules)
		}
		exact.Releases["carol"] = "Danger in the town."
		d, hash := alpha.compose(exact)
		limit(partner.Limits{Place: "country", Time: "day"})
		_, err = alpha.Release(t.Context(), first, d.ID, hash, "")
		refuses(t, "cut for other limits", err, problem.Conflict, "not what you saw")
		p, err = alpha.Preview(t.Context(), first, d.ID)
		check(t, err)
		if p.Copies[1].Allowed || !p.Copies[0].Allowed || p.Copies[1].Reasons[0].Rule != "limit" {
			t.Errorf("%+v", p.Copies[1].Reasons[0])
		}
	})
}

// An id that turned up names the one partner whose copy it is; words name those
// who were written them.
func TestTrace(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		plain := draft("A text that both of them were given.", "bravo", "carol")
		plain.Releases["carol"] = "Something of her own that nobody else was ever told."
		d, hash := alpha.compose(plain)
		for _, who := range []caller.Caller{first, second} {
			_, err := alpha.Release(t.Context(), who, d.ID, hash, "")
			check(t, err)
		}
		p, err := alpha.Preview(t.Context(), first, d.ID)
		check(t, err)
		found, err := alpha.Trace(t.Context(), first, "seen: "+strings.ToUpper(p.Copies[0].Leaves.ID)+" something of her own that nobody")
		if err != nil || len(found) != 2 || found[0].Partner != "bravo" || len(found[0].IDs) != 1 || found[1].Partner != "carol" || found[1].Runs == 0 || !found[1].Sent {
			t.Errorf("%+v, %v", found, err)
		}
		for who, c := range map[string]caller.Caller{"an analyst": analyst, "a machine": machine, "a partner": caller.FromPartner("bravo")} {
			_, err := alpha.Trace(t.Context(), c, "x")
			refuses(t, who, err, problem.Denied, "trace")
		}
	})
}
