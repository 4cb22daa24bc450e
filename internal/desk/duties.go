// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds duties, watches and alarms.

import (
	"context"
	"errors"
	"strings"

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
		duty = warning.Duty{
			ID: newID("duty"), Opened: tx.Now, OpenedBy: who.Name, Partner: duty.Partner, Subject: duty.Subject, Title: duty.Title,
			Reasons: []string{"opened by hand"}, Precedence: precedence, ToLife: duty.ToLife,
			Due: tx.Now.Add(precedence.AnswerWithin()), State: warning.DutyOpen, Role: roleFor(who, caller.OpenDuty), AcquiredAt: warning.Millis(duty.AcquiredAt),
			History: []warning.Event{{At: tx.Now, By: who.Name, What: "opened by hand"}},
		}
		return store.Duties.Put(tx, duty.ID, duty)
	})
	return duty, err
}

// Decide decides a duty. A waiver is only proposed until a second officer
// affirms it; a duty that is closed cannot be decided again. The log says that it
// was decided and not how: it is shown to more people than a waiver is.
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
			Until: warning.Millis(decision.Until), By: who.Name, Role: roleFor(who, caller.DecideDuty), At: tx.Now,
		}
		if err := errors.Join(decision.Validate(tx.Now), decision.Fits(duty.Assessment)); err != nil {
			return problem.Incomplete("the decision is not complete", err)
		}
		duty.Decision = &decision
		switch decision.Choice {
		case warning.Warn:
			duty.State = warning.DutyWarn
		case warning.Waive:
			duty.State = warning.DutyProposed
		case warning.ThresholdNotMet:
			duty.State = warning.DutyNotMet
		case warning.Defer:
			duty.State, duty.Due = warning.DutyDeferred, decision.Until
		}
		duty.History = append(duty.History, warning.Event{At: tx.Now, By: who.Name, What: "decided: " + string(decision.Choice)})
		return store.Duties.Put(tx, id, duty)
	})
	return duty, err
}

// Affirm is the second officer's word on a proposed waiver: affirmed it closes
// the duty, otherwise the duty is open again. It must be another person.
func (d *Desk) Affirm(ctx context.Context, who caller.Caller, id string, affirmed bool) (duty warning.Duty, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.AffirmDuty, Subject: id}, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		if duty.State != warning.DutyProposed {
			return problem.New(problem.Conflict, "", "no waiver of this duty waits for a second officer")
		}
		if duty.Decision.By == who.Name {
			return problem.New(problem.Denied, "ask another releaser", "a waiver needs a second officer: you proposed it yourself")
		}
		event := warning.Event{At: tx.Now, By: who.Name, What: "waiver affirmed"}
		duty.State = warning.DutyWaived
		if affirmed {
			duty.Decision.AffirmedBy, duty.Decision.AffirmedAt = who.Name, tx.Now
		} else {
			event.What, duty.State, duty.Decision = "waiver not affirmed", warning.DutyOpen, nil
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
		watch.Window.Start, watch.Window.End = warning.Millis(watch.Window.Start), warning.Millis(watch.Window.End)
		watch.Raise = handling.Spelled(watch.Raise, handling.ParsePrecedence)
		if err := watch.Validate(); err != nil {
			return problem.Incomplete("the watch is not complete", err)
		}
		return store.Watches.Put(tx, watch.ID, watch)
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
