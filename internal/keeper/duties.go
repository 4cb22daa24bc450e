// SPDX-License-Identifier: Apache-2.0

package keeper

// This file keeps the clocks of duties to warn. It calls people, one after
// another, and closes nothing.

import (
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// duties calls the first of the rota to each duty to which nobody was called,
// escalates each whose clock ran out without a decision, and opens again the one
// that was deferred until now.
func duties(tx *store.Tx) (all []due, next time.Time, err error) {
	open, err := store.Duties.List(tx, 0, warning.Unclosed()...)
	if err != nil || len(open) == 0 {
		return nil, next, err
	}
	rota, err := rotaOf(tx)
	if err != nil {
		return nil, next, err
	}
	for _, duty := range open {
		switch {
		case ranOut(duty, tx.Now):
			all = append(all, escalate(duty.ID))
		case len(duty.Called) == 0 && duty.State == warning.DutyOpen && rota.next("") != "":
			all = append(all, callFirst(duty.ID))
		}
		next = sooner(next, duty.Due)
	}
	return all, next, nil
}

// ranOut reports whether a duty's clock has: also if it was set by a clock that
// was ahead, and would run for longer than any.
func ranOut(duty warning.Duty, now time.Time) bool {
	if duty.Due.Sub(now) > duty.Precedence.AnswerWithin()+time.Minute {
		return true
	}
	return !now.Before(duty.Due)
}

// rota is whom duties call, and who of them can be called.
type rota struct {
	warning.Rota
	may []string
}

// next is who is called after somebody; empty if nobody can be.
func (r rota) next(last string) string {
	return r.Next(last, func(name string) bool { return slices.Contains(r.may, name) })
}

// rotaOf reads the rota. Who has left, or may no longer decide, is passed over.
func rotaOf(tx *store.Tx) (r rota, err error) {
	if r.Rota, _, err = store.Rotas.Find(tx, store.DutyRota); err != nil {
		return r, err
	}
	for _, name := range r.People {
		person, ok, err := store.Persons.Find(tx, name)
		if err != nil {
			return r, err
		}
		if ok && person.Left.IsZero() && decides(person) {
			r.may = append(r.may, name)
		}
	}
	return r, nil
}

// decides reports whether a person may decide a duty.
func decides(person store.Person) bool {
	who := caller.Caller{Kind: caller.Person, Name: person.Name}
	for _, role := range person.Roles {
		who.Roles = append(who.Roles, caller.Role(role))
	}
	return who.May(caller.DecideDuty) == nil
}

// callFirst calls the first of the rota to a new duty. It rings nothing: the clock
// has not run out.
func callFirst(id string) due {
	return func(tx *store.Tx) error {
		duty, err := store.Duties.Get(tx, id)
		if err != nil || len(duty.Called) > 0 || duty.State != warning.DutyOpen {
			return err
		}
		rota, err := rotaOf(tx)
		if err != nil {
			return err
		}
		if duty.Call(rota.next(""), "opened", tx.Now) == "" {
			return nil
		}
		return store.Duties.Put(tx, id, duty)
	}
}

func escalate(id string) due {
	return func(tx *store.Tx) error {
		duty, err := store.Duties.Get(tx, id)
		if err != nil || duty.State.Closed() || !ranOut(duty, tx.Now) {
			return err
		}
		what := "the clock ran out: escalated"
		duty.First = duty.FirstDue()
		again := tx.Now.Add(duty.Precedence.AnswerWithin())
		switch waits := duty.Decision; {
		case duty.State != warning.DutyDeferred:
			duty.Escalated++
		case waits != nil && tx.Now.Before(waits.Until) && !waits.Until.After(again):
			what, again = "the clock ran out while it is deferred", waits.Until
			duty.Escalated++
		default:
			what, duty.State = "the deferral ended: open again", warning.DutyOpen
		}
		duty.Due = again
		duty.History = append(duty.History, warning.Event{At: tx.Now, By: "clock", What: what})
		rota, err := rotaOf(tx)
		if err != nil {
			return err
		}
		alarm := warning.Alarm{Kind: warning.AlarmDutyOverdue, Partner: duty.Partner, Subject: id, Level: duty.Precedence.Raised(),
			Text: "a duty to warn " + duty.Partner + " waits for a decision"}
		if duty.State == warning.DutyDeferred {
			alarm.Text = "a duty to warn " + duty.Partner + " is deferred, and its clock has run out"
		}
		if duty.Title == store.DestroyedText {
			alarm.Text += "; what it is about was destroyed on recall"
		}
		if name := duty.Call(rota.next(duty.Caller()), what, tx.Now); name != "" {
			alarm.Text += ": " + name + " is called"
			// One that named somebody else has been answered by nobody: this one stands in its place.
			if err := tx.Settle(alarm, "clock", "not decided: "+name+" is called"); err != nil {
				return err
			}
		}
		if err := store.Duties.Put(tx, id, duty); err != nil {
			return err
		}
		return tx.Raise(alarm)
	}
}
