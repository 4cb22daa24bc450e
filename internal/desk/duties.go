// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds duties, watches and alarms.

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// OpenDuty opens a duty by hand: somebody sees that we owe a partner a warning
// although no pledge says so.
func (d *Desk) OpenDuty(ctx context.Context, who caller.Caller, duty warning.Duty) (warning.Duty, error) {
	what := store.What{Act: caller.OpenDuty, Subject: duty.Partner}
	err := d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if _, err := store.Channels.Get(tx, duty.Partner); err != nil {
			return err
		}
		precedence, err := handling.ParsePrecedence(string(duty.Precedence))
		if err != nil {
			return problem.Incomplete("a duty needs a precedence", err)
		}
		if strings.TrimSpace(duty.Title) == "" || len(duty.Title) > warning.MaxWord {
			return problem.New(problem.Invalid, "say in a few words what is owed", "a duty needs a title")
		}
		if duty.ToLife && precedence.Rank() < handling.Immediate.Rank() {
			precedence = handling.Immediate
		}
		handled, err := handlingOf(tx, duty.Subject)
		if err != nil {
			return err
		}
		due := tx.Now.Add(precedence.AnswerWithin())
		duty = warning.Duty{
			ID: newID("duty"), Opened: tx.Now, OpenedBy: who.Name, Partner: duty.Partner, Subject: duty.Subject, Title: duty.Title, Handling: handled,
			Reasons: []string{"opened by hand"}, Precedence: precedence, ToLife: duty.ToLife,
			Due: due, First: due, State: warning.DutyOpen, Role: roleFor(who, caller.OpenDuty), AcquiredAt: warning.Millis(duty.AcquiredAt),
			History: []warning.Event{{At: tx.Now, By: who.Name, What: "opened by hand"}},
		}
		return store.Duties.Put(tx, duty.ID, duty)
	})
	return duty, err
}

// handlingOf is that of the source report or the case that a duty is about; none
// where it is about nothing that is here yet.
func handlingOf(tx *store.Tx, subject string) (h handling.Handling, err error) {
	if subject == "" {
		return h, nil
	}
	source, found, err := store.Sources.Find(tx, subject)
	if err != nil || found {
		return source.Handling, err
	}
	c, found, err := store.Cases.Find(tx, subject)
	if err != nil {
		return h, err
	}
	if !found {
		return h, problem.New(problem.Missing, "give the id of one, as tocsin source list or tocsin case list prints it", "there is no such source report, and no such case")
	}
	return tx.HandlingOf(&c)
}

// Decide decides a duty. A waiver, and a deferral that needs a second officer, is
// only proposed until that one affirms it; a duty that is closed cannot be decided
// again, and what it was decided before stays on the record. Who decides anything
// but to warn says as what the duty was seen. The log says that it was decided and
// not how: it is shown to more people than a waiver is.
func (d *Desk) Decide(ctx context.Context, who caller.Caller, id string, decision warning.Decision) (duty warning.Duty, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.DecideDuty, Subject: id}, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		if duty.State.Closed() {
			return problem.New(problem.Conflict, "open a new duty by hand if there is a new reason", "this duty is closed: %s", duty.State)
		}
		decision := warning.Decision{
			Choice: decision.Choice, Ground: decision.Ground, Justification: decision.Justification,
			Until: warning.Millis(decision.Until), Seen: decision.Seen, By: who.Name, Role: roleFor(who, caller.DecideDuty), At: tx.Now,
		}
		second, err := duty.Needs(&decision, tx.Now)
		if err := errors.Join(decision.Validate(tx.Now), decision.Fits(duty.Assessment), err); err != nil {
			return problem.Incomplete("the decision is not complete", err)
		}
		if err := seen(&duty, decision.Seen); err != nil && decision.Choice != warning.Warn {
			return err
		}
		duty.SetAside(false, true, who.Name, "decided anew", tx.Now)
		duty.Decision = &decision
		what := "decided: " + string(decision.Choice)
		switch {
		case second:
			duty.State = warning.DutyProposed
			what = "proposed: " + string(decision.Choice)
		case decision.Choice == warning.Warn:
			duty.State = warning.DutyWarn
		case decision.Choice == warning.ThresholdNotMet:
			duty.State = warning.DutyNotMet
		default:
			duty.Defer(tx.Now)
		}
		duty.History = append(duty.History, warning.Event{At: tx.Now, By: who.Name, What: what})
		return store.Duties.Put(tx, id, duty)
	})
	return duty, err
}

// seen refuses who has seen a duty as it is not any more.
func seen(duty *warning.Duty, as string) error {
	if as == duty.Seen() {
		return nil
	}
	return problem.New(problem.Conflict, "read it again, and decide what it is now: tocsin duty show "+duty.ID, "the duty has changed since you saw it")
}

// Affirm is the second officer's word on what was proposed: a waiver that is
// affirmed closes the duty, a deferral lets it wait, otherwise it is open again.
// It must be another person, who says as what the duty was seen. In the log it is
// one decision on a duty among others.
func (d *Desk) Affirm(ctx context.Context, who caller.Caller, id string, affirmed bool, as string) (duty warning.Duty, err error) {
	what := store.What{Act: caller.DecideDuty, Subject: id}
	if may := who.May(caller.AffirmDuty); may != nil {
		return duty, d.store.Deny(ctx, who, what, may)
	}
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		if duty.State != warning.DutyProposed {
			return problem.New(problem.Conflict, "", "no waiver of this duty waits for a second officer, and no deferral")
		}
		if duty.Decision.By == who.Name {
			return problem.New(problem.Denied, "ask another releaser", "this needs a second officer: you proposed it yourself")
		}
		if err := seen(&duty, as); err != nil {
			return err
		}
		proposed := map[warning.Choice]string{warning.Waive: "waiver", warning.Defer: "deferral"}[duty.Decision.Choice]
		event := warning.Event{At: tx.Now, By: who.Name, What: proposed + " affirmed"}
		switch {
		case !affirmed:
			event.What, duty.State = proposed+" not affirmed", warning.DutyOpen
			duty.SetAside(false, true, who.Name, "not affirmed", tx.Now)
		case duty.Decision.Choice == warning.Defer && !duty.Decision.Until.After(tx.Now):
			return problem.New(problem.Conflict, "do not affirm it: tocsin duty affirm "+id+" --reject", "the time until which it was to be deferred is past")
		default:
			duty.Decision.AffirmedBy, duty.Decision.AffirmedAt = who.Name, tx.Now
			if duty.State = warning.DutyWaived; duty.Decision.Choice == warning.Defer {
				duty.Defer(tx.Now)
			}
		}
		duty.History = append(duty.History, event)
		return store.Duties.Put(tx, id, duty)
	})
	return duty, err
}

// SetWatch puts a place or words under raised alert for a time.
func (d *Desk) SetWatch(ctx context.Context, who caller.Caller, watch warning.Watch) (warning.Watch, error) {
	err := d.store.Change(ctx, who, store.What{Act: caller.Watch}, func(tx *store.Tx) error {
		watch.ID, watch.By, watch.At = newID("watch"), who.Name, tx.Now
		watch.Ended, watch.EndedBy, watch.EndReason = time.Time{}, "", ""
		watch.Window.Start, watch.Window.End = warning.Millis(watch.Window.Start), warning.Millis(watch.Window.End)
		watch.Raise = handling.Spelled(watch.Raise, handling.ParsePrecedence)
		if err := errors.Join(watch.Validate(), warning.KnownPlaces(watch.Codes()...)); err != nil {
			return problem.Incomplete("the watch is not complete", err)
		}
		return store.Watches.Put(tx, watch.ID, watch)
	})
	return watch, err
}

// EndWatch ends a watch before its window does: from now on it raises nothing. What
// it raised before stays as it is. One that is over, or was ended, is a Conflict.
func (d *Desk) EndWatch(ctx context.Context, who caller.Caller, id, reason string) (watch warning.Watch, err error) {
	if grounded(reason) != nil {
		return watch, problem.New(problem.Invalid, "say in a sentence why it is not needed any more", "a watch is ended with a reason")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.EndWatch, Subject: id}, func(tx *store.Tx) error {
		if watch, err = store.Watches.Get(tx, id); err != nil {
			return err
		}
		if !watch.Ended.IsZero() || !tx.Now.Before(watch.Window.End) {
			return problem.New(problem.Conflict, "see tocsin watch list", "this watch holds no more: %s", watch.State(tx.Now))
		}
		watch.Ended, watch.EndedBy, watch.EndReason = tx.Now, who.Name, reason
		return store.Watches.Put(tx, id, watch)
	})
	return watch, err
}

// Dismiss ends an alarm, with a reason.
func (d *Desk) Dismiss(ctx context.Context, who caller.Caller, id, reason string) (alarm warning.Alarm, err error) {
	if grounded(reason) != nil {
		return alarm, problem.New(problem.Invalid, "say what was done about it", "an alarm is dismissed with a reason")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.Dismiss, Subject: id}, func(tx *store.Tx) error {
		if alarm, err = store.Alarms.Get(tx, id); err != nil {
			return err
		}
		if alarm.DismissedBy != "" {
			return problem.New(problem.Conflict, "", "this alarm was dismissed by %s", alarm.DismissedBy)
		}
		alarm.DismissedBy, alarm.DismissedAt, alarm.Reason = who.Name, tx.Now, reason
		return store.Alarms.Put(tx, id, alarm)
	})
	return alarm, err
}
