// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what people put on a duty's record beside the decision, and
// whom duties call.

import (
	"context"
	"reflect"
	"slices"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// roleFor is the role in which the caller may do the act; empty for a machine.
func roleFor(who caller.Caller, act caller.Act) string {
	for _, role := range who.Roles {
		if (caller.Caller{Kind: who.Kind, Roles: []caller.Role{role}}).May(act) == nil {
			return string(role)
		}
	}
	return ""
}

// Assess says whether the threshold of a duty is met, and what is known of the
// threat. It may be said anew while the duty is not closed, and not while a waiver
// waits: the second officer is to see what the first did. The same said again
// changes nothing. ICD 191
func (d *Desk) Assess(ctx context.Context, who caller.Caller, id string, assessment warning.Assessment) (duty warning.Duty, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.AssessDuty, Subject: id}, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		switch {
		case duty.State.Closed():
			return problem.New(problem.Conflict, "open a new duty by hand if there is a new reason", "this duty is closed: %s", duty.State)
		case duty.State == warning.DutyProposed:
			return problem.New(problem.Conflict, "ask the second officer not to affirm it, or decide otherwise first", "a waiver waits on the assessment that is here")
		}
		assessment := assessment
		assessment.Window.Start, assessment.Window.End = warning.Millis(assessment.Window.Start), warning.Millis(assessment.Window.End)
		assessment.By, assessment.At = who.Name, tx.Now
		if err := assessment.Validate(); err != nil {
			return problem.Incomplete("the assessment is not complete", err)
		}
		if before := duty.Assessment; before != nil && before.By == who.Name {
			again := assessment
			again.At = before.At
			if reflect.DeepEqual(again, *before) {
				return nil
			}
		}
		what := "assessed: the threshold is not met"
		if assessment.Met() {
			what = "assessed: the threshold is met"
		}
		duty.SetAside(true, false, who.Name, "assessed anew", tx.Now)
		duty.Assessment = &assessment
		duty.History = append(duty.History, warning.Event{At: tx.Now, By: who.Name, What: what})
		duty.Hurry(duty.Precedence, assessment.ThreatType.ToLife(), who.Name, "the assessment", tx.Now)
		return store.Duties.Put(tx, id, duty)
	})
	return duty, err
}

// AddToDuty adds to the record of a duty, closed or not: who was consulted, how
// the warning was given, who was told. That it was given by other means than the
// node closes a duty that was decided so; one to life once another person says so
// than who decided, or confirms it. What is on the record already is not
// added again.
func (d *Desk) AddToDuty(ctx context.Context, who caller.Caller, id string, a warning.Addition) (duty warning.Duty, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.RecordDuty, Subject: id}, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		a := a
		a.Spell()
		if err := a.Validate(tx.Now); err != nil {
			return problem.Incomplete("this cannot be put on the record", err)
		}
		if g := a.Given; g != nil {
			if duty.State != warning.DutyWarn && duty.State != warning.DutyWarned {
				return problem.New(problem.Conflict, "decide to warn first: tocsin duty decide "+id+" --choice warn", "nobody has decided to warn: the duty is %s", duty.State)
			}
			g.Commit(g.Substance, store.NewSalt())
			g.Draft, g.Receipt, g.Ack, g.By, g.ConfirmedBy = "", "", "", "", ""
		}
		if a.Confirmed {
			switch waits, other := duty.Confirms(who.Name); {
			case !waits:
				return problem.New(problem.Conflict, "", "nothing that is on record waits to be confirmed")
			case !other:
				return problem.New(problem.Denied, "ask another person who knows of it", "you put this on record yourself")
			}
		}
		if duty.Holds(a) {
			return nil
		}
		duty.Add(a, who.Name, tx.Now)
		return store.Duties.Put(tx, id, duty)
	})
	return duty, err
}

// SetRota says whom duties call, in this order. Each must be here, and may decide a
// duty. An empty rota calls nobody: the clocks ring for everybody then.
func (d *Desk) SetRota(ctx context.Context, who caller.Caller, people []string) (rota warning.Rota, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.SetRota}, func(tx *store.Tx) error {
		if len(people) > warning.MaxList {
			return problem.New(problem.Invalid, "", "a rota has at most %d people", warning.MaxList)
		}
		for i, name := range people {
			person, err := here(tx, name)
			if err != nil {
				return err
			}
			if slices.Contains(people[:i], name) {
				return problem.New(problem.Invalid, "name each once: the rota begins again after the last", "%s stands in it twice", name)
			}
			if err := callable(person); err != nil {
				return err
			}
		}
		rota = warning.Rota{People: slices.Clone(people), By: who.Name, At: tx.Now}
		return store.Rotas.Put(tx, store.DutyRota, rota)
	})
	return rota, err
}

// callable refuses a person who may not decide a duty.
func callable(person store.Person) error {
	who := caller.Caller{Kind: caller.Person, Name: person.Name}
	for _, role := range person.Roles {
		who.Roles = append(who.Roles, caller.Role(role))
	}
	if who.May(caller.DecideDuty) != nil {
		return problem.New(problem.Invalid, "a duty officer or a releaser can", "%s cannot decide a duty", person.Name)
	}
	return nil
}
