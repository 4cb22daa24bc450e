// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file plays whom the clocks call: one person after another, and who was
// called when stands in the record.

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// people adds people with a role, and sets the rota to all of them.
func (h *house) people(role caller.Role, names ...string) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		for _, name := range names {
			if err := store.Persons.Put(tx, name, store.Person{Name: name, Roles: []string{string(role)}, Added: tx.Now}); err != nil {
				return err
			}
		}
		return store.Rotas.Put(tx, store.DutyRota, warning.Rota{People: names})
	})
}

// called are those who were called to a duty, each with how long after it was opened.
func (h *house) called(id string) string {
	h.t.Helper()
	d := h.duty(id)
	var all []string
	for _, call := range d.Called {
		all = append(all, fmt.Sprintf("%s after %v", call.Who, call.At.Sub(d.Opened).Truncate(time.Minute)))
	}
	return strings.Join(all, ", ")
}

// The first is called at once, the next when the clock has run out, and after the
// last the first again. The alarm names who is called now.
func TestWhomADutyCalls(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.people(caller.DutyOfficer, "dan", "eva", "ben")
		h.open("duty--1", handling.Flash, warning.DutyOpen)
		h.after(tick)
		h.raised("at first")
		h.after(2 * time.Hour)
		if got, want := h.called("duty--1"), "dan after 0s, eva after 30m0s, ben after 1h0m0s, dan after 1h30m0s, eva after 2h0m0s"; got != want {
			t.Errorf("called\n%s\nwant\n%s", got, want)
		}
		h.raised("two hours later", "duty_overdue duty--1 FLASH")
		h.show(func(tx *store.Tx) error {
			all, err := store.Alarms.List(tx, 0)
			for _, a := range all {
				if a.DismissedBy == "" && a.Text != "a duty to warn bravo waits for a decision: eva is called" || a.DismissedBy != "" && a.DismissedBy != "clock" {
					t.Errorf("an alarm says %q, dismissed by %q", a.Text, a.DismissedBy)
				}
			}
			return err
		})
	})
}

// Who has left, or may no longer decide, is passed over; nobody is called who is
// not there, and the clock rings all the same.
func TestWhoIsNotCalled(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.people(caller.Analyst, "ann")
		h.open("duty--1", handling.Flash, warning.DutyOpen)
		h.after(31 * time.Minute)
		if got := h.called("duty--1"); got != "" {
			t.Errorf("called %s, who may not decide", got)
		}
		h.raised("nobody can be called", "duty_overdue duty--1 FLASH")

		h.people(caller.Releaser, "rob", "sue", "kim")
		h.put(func(tx *store.Tx) error {
			return store.Persons.Put(tx, "sue", store.Person{Name: "sue", Roles: []string{string(caller.Releaser)}, Added: tx.Now, Left: tx.Now})
		})
		h.open("duty--2", handling.Flash, warning.DutyOpen)
		h.after(time.Minute)
		h.after(64 * time.Minute) // read every eight minutes
		if got, want := h.called("duty--2"), "rob after 0s, kim after 33m0s, rob after 1h5m0s"; got != want {
			t.Errorf("called\n%s\nwant\n%s", got, want)
		}
		h.people(caller.Releaser, "lea") // who was called last is not in it any more
		h.after(30 * time.Minute)
		if d := h.duty("duty--2"); d.Caller() != "lea" {
			t.Errorf("a new rota calls %s", d.Caller())
		}
	})
}

// Whether keeping the clocks failed, or failed but happened: read again, they call
// each person once.
func TestTheClocksFail(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.people(caller.Releaser, "rob", "sue")
		h.open("duty--1", handling.Flash, warning.DutyOpen)
		for range 3 { // the second and third as if the first had failed but happened
			check(t, h.Tick(t.Context()))
		}
		time.Sleep(30 * time.Minute)
		ended, end := context.WithCancel(t.Context())
		end()
		if err := h.Tick(ended); err == nil || len(h.duty("duty--1").Called) != 1 {
			t.Errorf("the clocks were kept although their time had ended: %v", err)
		}
		for range 3 {
			check(t, h.Tick(t.Context()))
		}
		if got, want := h.called("duty--1"), "rob after 0s, sue after 30m0s"; got != want {
			t.Errorf("called\n%s\nwant\n%s", got, want)
		}
	})
}
