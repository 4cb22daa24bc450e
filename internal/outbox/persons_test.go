// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file releases warnings that name persons: how many people it takes, and
// when it is too many.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// naming is a draft that names that many persons to bravo.
func naming(persons int) warning.Draft {
	d := draft("Danger on the square.", "bravo")
	d.PersonsTo = []string{"bravo"}
	for i := range persons {
		d.Warning.Persons = append(d.Warning.Persons, warning.Person{Name: fmt.Sprintf("Example %d", i), Role: "suspect", Kind: "assessment", Reason: "to find them"})
	}
	return d
}

func (h *house) sheet(risk warning.Risk) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, "bravo")
		if err != nil {
			return err
		}
		a := warning.Assurance{Partner: "bravo", Country: channel.Card.Country, IllTreatment: risk, DeathPenalty: "none", Persecution: "none", Expires: warning.DateOf(tx.Now.AddDate(0, 6, 0)), At: tx.Now}
		return store.Assurances.Put(tx, store.AssuranceID("bravo", a.Country), a)
	})
}

// With a good sheet two people name persons; where there is a risk, and life is
// at stake, it takes a third. Nobody names persons alone.
func TestWhoNamesPersons(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.sheet(warning.RiskNone)
		d, hash := alpha.compose(naming(1))
		_, err := alpha.Release(ctx, first, d.ID, hash, "No time.")
		refuses(t, "alone", err, problem.Denied, "nobody names persons alone")
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		released, err := alpha.Release(ctx, second, d.ID, hash, "")
		if err != nil || released.Stage != warning.Released {
			t.Fatalf("by two: %+v, %v", released, err)
		}
		payload, err := warning.Decode("warning", alpha.queued("bravo")[0].Payload)
		check(t, err)
		if w := payload.(*warning.Warning); len(w.Persons) != 1 || w.Persons[0].ID != "person--"+w.ID[len("warning--"):]+"-1" {
			t.Errorf("it names %+v", w.Persons)
		}

		alpha.sheet(warning.RiskReal)
		d, hash = alpha.compose(naming(1))
		p, err := alpha.Preview(ctx, first, d.ID)
		if err != nil || len(p.Copies[0].Further) != 1 {
			t.Fatalf("the preview: %+v, %v", p.Copies[0].Further, err)
		}
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		approved, err := alpha.Release(ctx, second, d.ID, hash, "")
		if err != nil || approved.Stage != warning.Approved {
			t.Fatalf("by two: %+v, %v", approved, err)
		}
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		refuses(t, "the first again", err, problem.Denied, "approved it already")
		released, err = alpha.Release(ctx, third, d.ID, hash, "")
		if err != nil || released.Stage != warning.Released || len(released.Approvals) != 3 {
			t.Errorf("by three: %+v, %v", released, err)
		}

		// The sheet turned bad between two approvals: who approved looks again.
		alpha.sheet(warning.RiskNone)
		d, hash = alpha.compose(naming(1))
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
		alpha.sheet(warning.RiskReal)
		_, err = alpha.Release(ctx, second, d.ID, hash, "")
		refuses(t, "by the sheet of before", err, problem.Conflict, "not what you saw")
	})
}

// A warning is no list, and a month has a limit, of which the overseer is told.
func TestTooManyPersons(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.sheet(warning.RiskNone)
		_, err := alpha.Compose(ctx, analyst, naming(11))
		refuses(t, "a list", err, problem.Invalid, "a warning is no list of persons")
		for i := range 5 {
			if rung := alpha.rings(warning.AlarmPersons); rung != (i == 4) {
				t.Errorf("after %d persons it rings: %t", 10*i, rung)
			}
			d, hash := alpha.compose(naming(10))
			_, err = alpha.Release(ctx, first, d.ID, hash, "")
			check(t, err)
			_, err = alpha.Release(ctx, second, d.ID, hash, "")
			check(t, err)
		}
		d, hash := alpha.compose(naming(1))
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		refuses(t, "one more", err, problem.Conflict, "cannot be released")
		d.PersonsTo, d.Warning.Persons = nil, nil
		d, hash = alpha.compose(d)
		_, err = alpha.Release(ctx, first, d.ID, hash, "")
		check(t, err)
	})
}

// Where the policy names fewer persons in a month, the overseer is told at four
// fifths of those.
func TestTheAlarmFollowsThePolicy(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.sheet(warning.RiskNone)
		alpha.enforce(narrower(`@id("few-a-month") @says("at most ten persons a month") @field("persons")
forbid (principal, action == Action::"send", resource) when { context.persons > 0 && context.persons + context.persons_month > 10 };`))
		release := func(persons int) {
			t.Helper()
			d, hash := alpha.compose(naming(persons))
			for _, who := range []caller.Caller{first, second} {
				_, err := alpha.Release(t.Context(), who, d.ID, hash, "")
				check(t, err)
			}
		}
		release(7)
		if alpha.rings(warning.AlarmPersons) {
			t.Error("it rings after seven of ten")
		}
		release(1)
		if !alpha.rings(warning.AlarmPersons) {
			t.Error("it does not ring after eight of ten")
		}
		alpha.show(func(tx *store.Tx) error {
			alarms, err := store.Alarms.List(tx, 0, store.Raised)
			for _, a := range alarms {
				if a.Kind == warning.AlarmPersons && a.Text != "for the overseer: 8 persons or more were named to bravo this month, and 10 may be" {
					t.Error(a.Text)
				}
			}
			return err
		})
		d, hash := alpha.compose(naming(3))
		_, err := alpha.Release(t.Context(), first, d.ID, hash, "")
		refuses(t, "three more", err, problem.Conflict, "cannot be released")
	})
}

func (h *house) rings(kind warning.AlarmKind) (rung bool) {
	h.t.Helper()
	h.show(func(tx *store.Tx) error {
		alarms, err := store.Alarms.List(tx, 0, store.Raised)
		for _, a := range alarms {
			rung = rung || a.Kind == kind
		}
		return err
	})
	return rung
}

// A sheet that was judged anew stays, also one that an older program kept, and says
// for which releases it was in force.
func TestEverySheetStays(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		release := func(approvers int) string {
			t.Helper()
			d, hash := alpha.compose(naming(2))
			for _, who := range []caller.Caller{first, second, third}[:approvers] {
				var err error
				d, err = alpha.Release(ctx, who, d.ID, hash, "")
				check(t, err)
			}
			return d.Sent["bravo"]
		}
		judge := func(risk warning.Risk) {
			t.Helper()
			time.Sleep(time.Minute)
			alpha.put(func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "bravo")
				if err != nil {
					return err
				}
				return tx.Judge(warning.Assurance{ID: "sheet--" + string(risk), Partner: "bravo", Country: channel.Card.Country, IllTreatment: risk, DeathPenalty: "none", Persecution: "none",
					Expires: warning.DateOf(tx.Now.AddDate(0, 6, 0)), By: "ruth", At: tx.Now})
			})
		}
		alpha.sheet(warning.RiskNone) // as an older program kept it
		one := release(2)
		judge(warning.RiskNone)
		two, three := release(2), release(2)
		judge(warning.RiskReal)
		four := release(3)

		var got []string
		alpha.put(func(tx *store.Tx) error {
			all, err := tx.SheetHistory("bravo", "")
			for _, h := range all {
				line := h.ID + " " + h.ReplacedBy
				for _, use := range h.For {
					line += fmt.Sprintf("; %s %d %s", use.Case, use.Persons, use.Against)
				}
				got = append(got, line)
			}
			return err
		})
		want := []string{
			"sheet--real ; " + four + " 2 there is a real risk of ill-treatment in XB",
			"sheet--none ruth; " + two + " 2 ; " + three + " 2 ",
			" ruth; " + one + " 2 ",
		}
		for i := range want {
			want[i] = strings.Replace(want[i], "XB", alpha.countryOf("bravo"), 1)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func (h *house) countryOf(name string) (country string) {
	h.put(func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		country = channel.Card.Country
		return err
	})
	return country
}

// What needs a third person does not leave by the clock when one of the three is gone,
// though two are left.
func TestOneOfThreeIsGone(t *testing.T) {
	for gone, leaves := range map[bool]bool{false: true, true: false} {
		bubble(t, func(t *testing.T, alpha *house) {
			alpha.WithUndo(5 * time.Minute)
			alpha.works()
			alpha.sheet(warning.RiskReal)
			plain := naming(1)
			plain.Warning.Precedence = handling.Priority
			d, hash := alpha.compose(plain)
			for _, who := range []caller.Caller{first, second, third} {
				var err error
				d, err = alpha.Release(t.Context(), who, d.ID, hash, "")
				check(t, err)
			}
			if d.Stage != warning.Waiting {
				t.Fatalf("released by three, it is %s", d.Stage)
			}
			if gone {
				alpha.put(func(tx *store.Tx) error {
					return store.Persons.Put(tx, third.Name, store.Person{Name: third.Name, Roles: []string{string(caller.Releaser)}, Added: tx.Now, Left: tx.Now})
				})
			}
			time.Sleep(6 * time.Minute)
			synctest.Wait()
			if got := alpha.kinds("bravo") == "warning"; got != leaves {
				t.Errorf("one is gone %t: it left %t", gone, got)
			}
		})
	}
}
