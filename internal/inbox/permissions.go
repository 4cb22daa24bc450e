// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes what partners ask to be permitted, and what they answer when we
// have asked. What a permission lets leave is for the policy to say.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// permissionAsked puts a request on the list of those that wait for us. One that is
// not about a warning of ours to this very partner asks for nothing, and is an
// alarm.
func (h *hearing) permissionAsked(q *warning.PermissionRequest, hash string) error {
	id := store.PermissionID(h.channel.Name, false, q.ID)
	known, is, err := store.Permissions.Find(h.tx, id)
	if err != nil || is && known.Hash == hash {
		return err
	}
	given := !is
	for _, version := range append([]string{q.About}, q.Earlier...) {
		m, there, err := h.tx.FindMessage(version)
		if err != nil {
			return err
		}
		warned := m.Kind == envelope.Warning || m.Kind == envelope.Update
		given = given && there && warned && m.Direction == store.Out && m.Partner == h.channel.Name && m.Thread == q.Case
	}
	if !given {
		return h.tx.Raise(h.permissionAlarm(hash, " asks for a permission that is not ours to give: nothing was changed; the request is kept as message "+hash))
	}
	if many, err := h.asksTooMuch(q.Case); err != nil || many {
		if err == nil {
			err = h.tx.Raise(h.permissionAlarm(hash, " asks for more permissions in a case than anybody answers: those that wait stay; this one is kept as message "+hash))
		}
		return err
	}
	if err := store.Permissions.Put(h.tx, id, store.Permission{Request: *q, Partner: h.channel.Name, Hash: hash}); err != nil {
		return err
	}
	return h.moveCase(q.Case, func(*store.Case) {})
}

// mostAsked is how many requests of one case wait for us at once: a partner makes
// them at will, and each stands on the board.
const mostAsked = 20

func (h *hearing) asksTooMuch(id string) (bool, error) {
	open, err := store.Permissions.List(h.tx, 0, store.PermissionOpen)
	n := 0
	for _, p := range open {
		if !p.Ours && p.Partner == h.channel.Name && p.Request.Case == id {
			n++
		}
	}
	return n >= mostAsked, err
}

// permissionAnswered takes a partner's answer to what we asked, once. Nothing that
// was not asked is granted, and nothing is granted again after it was withdrawn:
// such an answer is an alarm and changes nothing.
func (h *hearing) permissionAnswered(a *warning.Permission, hash string) error {
	if a.Answer == warning.PermissionWithdrawn {
		return h.permissionEnded(a, hash)
	}
	id := store.PermissionID(h.channel.Name, true, a.Request)
	p, is, err := store.Permissions.Find(h.tx, id)
	if err != nil || is && p.AnswerHash == hash {
		return err
	}
	granted := a.Answer == warning.PermissionGranted
	if !is || p.Answer != nil || p.Request.About != a.About || p.Request.Case != a.Case || granted && !a.Used.Within(&p.Request.Used) {
		return h.tx.Raise(h.permissionAlarm(hash, " answered what was not asked, or was answered, or granted more than was asked: nothing was changed; the answer is kept as message "+hash))
	}
	p.Answer, p.AnswerHash = a, hash
	if err := store.Permissions.Put(h.tx, id, p); err != nil {
		return err
	}
	if err := h.tx.Settle(warning.PermissionAlarm(h.channel.Name, a.Request, true), "node", "the request was answered"); err != nil {
		return err
	}
	if err := h.moveCase(a.Case, func(*store.Case) {}); err != nil || !granted {
		return err
	}
	return h.judgeNow(a.Case)
}

// permissionEnded takes a withdrawal. It counts even if it comes before the grant:
// that one then grants nothing. It stands on the board until somebody here says what
// was done, and rings if copies had left under it.
func (h *hearing) permissionEnded(a *warning.Permission, hash string) error {
	if a.Answer != warning.PermissionWithdrawn {
		return nil // what is granted in quarantine waits for a person
	}
	id := store.PermissionID(h.channel.Name, true, a.Request)
	p, is, err := store.Permissions.Find(h.tx, id)
	if err != nil || is && p.WithdrawnHash == hash {
		return err
	}
	if !is || p.Withdrawn != nil || p.Request.About != a.About || p.Request.Case != a.Case {
		return h.tx.Raise(h.permissionAlarm(hash, " withdrew what it had not granted: nothing was changed; the withdrawal is kept as message "+hash))
	}
	p.Withdrawn, p.WithdrawnHash = a, hash
	p.Waits = p.Gone.IsZero() && (p.Answer == nil || p.Answer.Answer == warning.PermissionGranted)
	if err := store.Permissions.Put(h.tx, id, p); err != nil {
		return err
	}
	if err := h.tx.Settle(warning.PermissionAlarm(h.channel.Name, a.Request, true), "node", "the permission was withdrawn"); err != nil {
		return err
	}
	if err := h.judgeNow(a.Case); err != nil || !p.Waits {
		return err
	}
	left, err := h.tx.Left(&p)
	if err != nil || len(left) == 0 {
		return err
	}
	var to []string
	for _, use := range left {
		if !slices.Contains(to, use.Partner) {
			to = append(to, use.Partner)
		}
	}
	return h.tx.Raise(warning.WithdrawnAlarm(h.channel.Name, a.Request, to...))
}

// counting are the permissions about a case that count now, by their ids, each with
// the versions of which it speaks.
func (h *hearing) counting(id string) (all []string, err error) {
	granted, err := h.tx.GrantedFor(h.channel.Name, id)
	for i := 0; err == nil && i < len(granted); i++ {
		var ended string
		var versions []string
		if ended, err = h.tx.Ended(&granted[i]); err == nil && ended == "" {
			versions, err = h.tx.SpeaksOf(&granted[i])
			all = append(append(all, granted[i].Request.ID), versions...)
		}
	}
	return all, err
}

// judgeAfter does what may end permissions about a case, and lets what rests on them
// be decided anew if others count then. Without, it is decided anew when it departs: a
// partner corrects and recalls at will, and everything that waits is looked at.
func (h *hearing) judgeAfter(id string, change func() error) error {
	before, err := h.counting(id)
	if err == nil {
		err = change()
	}
	if err != nil {
		return err
	}
	after, err := h.counting(id)
	if err != nil || slices.Equal(before, after) {
		return err
	}
	return h.judgeNow(id)
}

func (h *hearing) judgeNow(id string) error {
	if h.in.judge == nil {
		return nil
	}
	return h.in.judge(h.tx, h.channel.Name, id)
}

func (h *hearing) permissionAlarm(hash, text string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmPermission, Partner: h.channel.Name, Subject: hash, Level: handling.Immediate, Text: h.channel.Name + text}
}
