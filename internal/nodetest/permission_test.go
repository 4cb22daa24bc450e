// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays hostile partners that permit what is not theirs, more than was
// asked, or again what they withdrew, and that ask for what is not ours to give.

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// permission is a request of bravo's, or of a partner, as bravo sees it.
func (h *hostile) permission(id string) api.Permission {
	h.t.Helper()
	p, err := h.bravo.Shelf.Permission(h.t.Context(), Officer(), id)
	Check(h.t, err)
	return p
}

// Nobody but the originator permits, nothing but what was asked, once: whatever
// does not fit is kept, rings, and grants nothing.
func TestPermissionsThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id, other := newID(), newID()
	alpha.warns(other, "a fair", handling.Flash, warning.MassCasualtyAttack)
	elsewhere := alpha.prev
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	about := alpha.prev
	asked, err := s.bravo.Outbox.AskPermission(t.Context(), Analyst(), id, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
	Check(t, err)
	answer := func(change func(*warning.Permission)) warning.Permission {
		second := warning.Officer{Name: "D", Role: "releaser"}
		a := warning.Permission{Case: id, Request: asked.Request.ID, About: about, Answer: warning.PermissionGranted, Used: asked.Request.Used,
			Until: moment().Add(time.Hour), By: stranger, Confirmed: &second, At: moment()}
		if change != nil {
			change(&a)
		}
		return a
	}
	rings := 0
	refused := func(what string, from *hostile, change func(*warning.Permission)) {
		t.Helper()
		rings++
		from.say(envelope.Permission, answer(change))
		if p := alpha.permission(asked.Request.ID); p.State != "open" || alpha.alarms(warning.AlarmPermission) != rings {
			t.Errorf("%s: %s, %d alarms of %d", what, p.State, alpha.alarms(warning.AlarmPermission), rings)
		}
	}
	node := s.alpha.Card().ID()
	refused("another partner's", carol, nil)
	refused("about another message", alpha, func(a *warning.Permission) { a.About = elsewhere })
	refused("in another case", alpha, func(a *warning.Permission) { a.Case, a.About = other, elsewhere })
	refused("to another recipient", alpha, func(a *warning.Permission) { a.To = []warning.Recipient{{Name: "carol", Node: node}} })
	refused("to one more", alpha, func(a *warning.Permission) { a.To = append(a.To[:1:1], warning.Recipient{Name: "x", Node: node}) })
	refused("of one more version", alpha, func(a *warning.Permission) { a.Earlier = []string{elsewhere} })
	refused("for another purpose", alpha, func(a *warning.Permission) { a.Purpose = "trade" })
	refused("for another use", alpha, func(a *warning.Permission) { a.Use, a.To = warning.UseCourt, nil })
	refused("of what was not asked", alpha, func(a *warning.Permission) { a.Request = "permission--" + uuid.NewString() })
	for what, change := range map[string]func(*warning.Permission){
		"ended before it was said": func(a *warning.Permission) { a.Until = a.At.Add(-time.Hour) },
		"by one person":            func(a *warning.Permission) { a.Confirmed = nil },
		"for ever":                 func(a *warning.Permission) { a.Until = time.Time{} },
	} {
		alpha.say(envelope.Permission, answer(change))
		if p := alpha.permission(asked.Request.ID); p.State != "open" {
			t.Errorf("%s: %s", what, p.State)
		}
	}

	// What ended long ago is an answer, and permits nothing.
	alpha.say(envelope.Permission, answer(func(a *warning.Permission) {
		a.At, a.Until = a.At.Add(-48*time.Hour), a.At.Add(-24*time.Hour)
	}))
	if p := alpha.permission(asked.Request.ID); p.State != "ended" {
		t.Errorf("ended long ago: %s", p.State)
	}
	alpha.say(envelope.Permission, answer(nil)) // what was answered is not answered again
	if p := alpha.permission(asked.Request.ID); p.State != "ended" || alpha.alarms(warning.AlarmPermission) != rings+1 {
		t.Errorf("answered again: %s", p.State)
	}

	// Granted, widened, withdrawn, and granted again.
	asked, err = s.bravo.Outbox.AskPermission(t.Context(), Analyst(), about, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
	Check(t, err)
	alpha.say(envelope.Permission, answer(nil))
	alpha.say(envelope.Permission, answer(func(a *warning.Permission) { a.To = append(a.To[:1:1], warning.Recipient{Name: "x", Node: node}) }))
	if p := alpha.permission(asked.Request.ID); p.State != "granted" || len(p.Answer.To) != 1 {
		t.Errorf("widened by a later message: %s, %+v", p.State, p.Answer)
	}
	withdrawn := warning.Permission{Case: id, Request: asked.Request.ID, About: about, Answer: warning.PermissionWithdrawn, Reason: "r", By: stranger, At: moment()}
	carol.say(envelope.Permission, withdrawn)
	if p := alpha.permission(asked.Request.ID); p.State != "granted" {
		t.Errorf("withdrawn by another partner: %s", p.State)
	}
	alpha.say(envelope.Permission, withdrawn)
	alpha.say(envelope.Permission, answer(nil))
	if p := alpha.permission(asked.Request.ID); p.State != "withdrawn" {
		t.Errorf("granted again after it was withdrawn: %s", p.State)
	}

	// A withdrawal that comes before its grant holds.
	asked, err = s.bravo.Outbox.AskPermission(t.Context(), Analyst(), id, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
	Check(t, err)
	withdrawn.Request = asked.Request.ID
	alpha.say(envelope.Permission, withdrawn)
	alpha.say(envelope.Permission, answer(nil))
	if p := alpha.permission(asked.Request.ID); p.State != "withdrawn" {
		t.Errorf("granted after it was withdrawn: %s", p.State)
	}
	s.bravo.Sound()
}

// A request about what is not ours, or was not sent to whoever asks, asks for
// nothing; nobody takes the place of another's request.
func TestRequestsThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	ours := s.bravo.Warn(Draft("A text.", "carol")).Sent["carol"]
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), ours)
	Check(t, err)
	request := func(of, about string) warning.PermissionRequest {
		return warning.PermissionRequest{ID: "permission--" + uuid.NewString(), Case: of, About: about, Used: warning.Used{Use: warning.UseCourt, Purpose: "p"},
			Reason: "r", AnswerBy: moment().Add(time.Hour), By: stranger, At: moment()}
	}
	alpha.say(envelope.PermissionRequest, request(id, alpha.prev))             // its own
	alpha.say(envelope.PermissionRequest, request(ours, shown.Thread[0].Hash)) // carol's
	carol.say(envelope.PermissionRequest, request(id, shown.Thread[0].Hash))   // of another case
	carol.say(envelope.PermissionRequest, request(ours, envelope.FirstPrev))   // of nothing
	earlier := request(ours, shown.Thread[0].Hash)
	earlier.Earlier = []string{alpha.prev}
	carol.say(envelope.PermissionRequest, earlier) // and of what is alpha's
	if list, err := s.bravo.Shelf.Permissions(t.Context(), Officer(), true); err != nil || len(list) != 0 || alpha.alarms(warning.AlarmPermission) != 5 {
		t.Errorf("%d wait, %d alarms, %v", len(list), alpha.alarms(warning.AlarmPermission), err)
	}
	right := request(ours, shown.Thread[0].Hash)
	carol.say(envelope.PermissionRequest, right)
	right.Reason = "Another."
	carol.say(envelope.PermissionRequest, right)
	if p := carol.permission(right.ID); p.State != "open" || p.Reason != "r" || alpha.alarms(warning.AlarmPermission) != 6 {
		t.Errorf("%s: %+v", p.State, p)
	}
	// Whoever asks without end fills no board.
	for range 30 {
		carol.say(envelope.PermissionRequest, request(ours, shown.Thread[0].Hash))
	}
	if list, err := s.bravo.Shelf.Permissions(t.Context(), Officer(), false); err != nil || len(list) > 20 {
		t.Errorf("%d requests wait, %v", len(list), err)
	}
	s.bravo.Sound()
}

// Everything that waits is decided anew when what a partner permits becomes other, and
// not for each message in a case of which something was once permitted: nobody keeps
// a node busy with corrections and recalls.
func TestNobodyHasEverythingJudgedAtWill(t *testing.T) {
	s := newScene(t)
	alpha := newHostile(t, s, s.alpha)
	judged := 0
	s.bravo.Inbox.Judge(func(tx *store.Tx, partner, id string) error {
		judged++
		return s.bravo.Outbox.JudgeAnew(tx, partner, id)
	})
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	granted := func() {
		t.Helper()
		asked, err := s.bravo.Outbox.AskPermission(t.Context(), Analyst(), id, []string{"carol"}, warning.PermissionRequest{Used: warning.Used{Use: warning.UsePassOn}, Reason: "They are near."})
		Check(t, err)
		second := warning.Officer{Name: "D", Role: "releaser"}
		alpha.say(envelope.Permission, warning.Permission{Case: id, Request: asked.Request.ID, About: asked.Request.About, Answer: warning.PermissionGranted, Used: asked.Request.Used,
			Until: moment().Add(time.Hour), By: stranger, Confirmed: &second, At: moment()})
		if p := alpha.permission(asked.Request.ID); p.State != "granted" {
			t.Fatalf("it is %s", p.State)
		}
	}
	times := func(what string, want int) {
		t.Helper()
		if judged != want {
			t.Errorf("%s: judged %d times, want %d", what, judged, want)
		}
	}
	newest, version := alpha.prev, int64(1)
	corrects := func() {
		t.Helper()
		version++
		alpha.say(envelope.Update, alpha.update(id, newest, version, "a crowd"))
		newest = alpha.prev
	}
	recalls := func(n int) {
		t.Helper()
		alpha.say(envelope.Recall, warning.Recall{ID: "recall--" + strconv.Itoa(n), Case: id, About: newest, Ask: warning.AskDestroy, Reason: "r", AnswerBy: moment().Add(time.Hour), By: stranger, At: moment()})
	}
	granted()
	times("granted", 1)
	corrects()
	times("corrected", 2)
	for range 3 {
		corrects()
	}
	times("corrected on", 2)
	granted()
	times("granted anew", 3)
	recalls(0)
	times("recalled", 4)
	for n := range 3 {
		recalls(n + 1)
	}
	times("recalled on", 4)
	s.bravo.Sound()
}
