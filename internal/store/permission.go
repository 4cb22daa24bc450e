// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what was asked of originators, by us and by partners, and says
// whether what was granted still counts.

import (
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/warning"
)

// Permission is a request for permission as it is kept, with what became of it.
type Permission struct {
	Request warning.PermissionRequest `json:"request"`
	Partner string                    `json:"partner"`
	Ours    bool                      `json:"ours"` // we asked
	Hash    string                    `json:"hash"` // of the message that asks
	Overdue bool                      `json:"overdue,omitzero"`
	// Proposed is the grant that one person here proposes. It has not been said.
	Proposed *ProposedPermission `json:"proposed,omitempty"`
	// What was answered, what withdrew it, and the messages that say so.
	Answer        *warning.Permission `json:"answer,omitempty"`
	AnswerHash    string              `json:"answer_hash,omitempty"`
	Withdrawn     *warning.Permission `json:"withdrawn,omitempty"`
	WithdrawnHash string              `json:"withdrawn_hash,omitempty"`
	// Uses are the copies that were released under it, of ours.
	Uses []PermissionUse `json:"uses,omitempty"`
	// Waits says that the partner withdrew it and nobody here has said yet what was
	// done about it, and Done what somebody said.
	Waits bool            `json:"waits,omitzero"`
	Done  *PermissionDone `json:"done,omitempty"`
	// Gone is when what it is about was destroyed here before it was answered.
	Gone time.Time `json:"gone,omitzero"`
}

// PermissionUse is a copy that was released under a permission.
type PermissionUse struct {
	Partner string    `json:"partner"` // to whom
	Case    string    `json:"case"`
	Message string    `json:"message"` // its hash
	At      time.Time `json:"at"`
}

// PermissionDone is what was done about a permission that was withdrawn.
type PermissionDone struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// ProposedPermission is a grant that waits for a second person.
type ProposedPermission struct {
	Permission warning.Permission `json:"permission"`
	Hash       string             `json:"hash"` // of what both read
	By         string             `json:"by"`
	At         time.Time          `json:"at"`
}

// The states by which permissions are listed.
const (
	PermissionOpen      = "open"
	PermissionAnswered  = "answered" // refused, or withdrawn
	PermissionGranted   = "granted"
	PermissionWithdrawn = "withdrawn" // and nobody here has said what was done
)

// Permissions are kept by PermissionID.
var Permissions = Table[Permission]{kind: "permission", name: "permission",
	state: func(p *Permission) string {
		switch {
		case p.Waits:
			return PermissionWithdrawn
		case p.Withdrawn != nil || !p.Gone.IsZero():
			return PermissionAnswered
		case p.Answer == nil:
			return PermissionOpen
		case p.Answer.Answer == warning.PermissionGranted:
			return PermissionGranted
		}
		return PermissionAnswered
	},
	at: func(p *Permission) time.Time { return p.Request.At }}

// PermissionID names a request: nobody can take the place of another's.
func PermissionID(partner string, ours bool, id string) string { return RecallID(partner, ours, id) }

// Ended says why a permission does not count; empty if it does. It is asked each
// time, since it ends by its date, by a withdrawal, by a correction or a recall of
// what it is about, and by a doubt of whose word it is.
func (tx *Tx) Ended(p *Permission) (string, error) {
	switch {
	case p.Withdrawn != nil:
		return "it was withdrawn", nil
	case !p.Gone.IsZero():
		return "what it is about was destroyed on " + p.Gone.UTC().Format(time.DateOnly), nil
	case p.Answer == nil:
		return "it was not answered", nil
	case p.Answer.Answer != warning.PermissionGranted:
		return "it was refused", nil
	case !tx.Now.Before(p.Answer.Until):
		return "it ended at " + p.Answer.Until.UTC().Format("2006-01-02 15:04 UTC"), nil
	}
	c, ok, err := Cases.Find(tx, p.Request.Case)
	if err != nil {
		return "", err
	}
	if !ok || c.Partner != p.Partner || c.Ours == p.Ours || !c.Erased.IsZero() {
		return "what it is about is not kept any more", nil
	}
	newest, _, err := tx.NewestOf(&c)
	if err != nil {
		return "", err
	}
	if newest != p.Request.About {
		return "what it is about was corrected since", nil
	}
	recalled, err := tx.recalled(p, p.Request.About)
	if err != nil {
		return "", err
	}
	if recalled {
		return "what it is about was recalled", nil
	}
	doubted, err := tx.doubtful(p.AnswerHash)
	if doubted {
		return "whoever had the keys of " + p.Partner + " may have said it", err
	}
	return "", err
}

// SpeaksOf are the versions of a warning, by the hashes of their messages, of which a
// permission that was granted speaks: the one it is about, and those before it that
// it names and nobody recalled. Of any other it says nothing.
func (tx *Tx) SpeaksOf(p *Permission) ([]string, error) {
	all := []string{p.Request.About}
	if p.Answer == nil {
		return all, nil
	}
	for _, hash := range p.Answer.Earlier {
		recalled, err := tx.recalled(p, hash)
		if err != nil {
			return nil, err
		}
		if !recalled {
			all = append(all, hash)
		}
	}
	return all, nil
}

// recalled reports whether whoever gave a version of which a permission speaks
// recalled it.
func (tx *Tx) recalled(p *Permission, version string) (bool, error) {
	const query = `SELECT 1 FROM records WHERE kind = ? AND id > ? AND id < ? AND instr(body, CAST(? AS BLOB)) > 0 LIMIT 1`
	theirs := strings.TrimSuffix(RecallID(p.Partner, !p.Ours, ""), "/")
	about := `"about":"` + version + `"` // as it is written; within a text the quotes are not
	is := false
	err := tx.each(query, []any{Recalls.kind, theirs + "/", theirs + "0", about}, func(*sqlite3.Stmt) (bool, error) {
		is = true
		return false, nil
	})
	return is, err
}

// doubtful reports whether a message takes no effect until a person affirms it.
func (tx *Tx) doubtful(hash string) (bool, error) {
	m, there, err := tx.FindMessage(hash)
	if err != nil || !there || m.State == Quarantined {
		return err == nil, err
	}
	d, is, err := Doubteds.Find(tx, hash)
	return is && d.state() == DoubtWaits, err
}

// GrantedFor are the permissions that a partner granted us about a case, whether
// they count or not.
func (tx *Tx) GrantedFor(partner, id string) ([]Permission, error) {
	granted, err := Permissions.List(tx, 0, PermissionGranted, PermissionWithdrawn, PermissionAnswered)
	var all []Permission
	for _, p := range granted {
		if p.Ours && p.Partner == partner && p.Request.Case == id && p.Answer != nil && p.Answer.Answer == warning.PermissionGranted {
			all = append(all, p)
		}
	}
	return all, err
}

// Left are the copies under a permission that have left, or may have: not what waits
// in the queue, nor what was taken out of it before anybody tried to send it.
func (tx *Tx) Left(p *Permission) (left []PermissionUse, err error) {
	for _, use := range p.Uses {
		m, found, err := tx.FindMessage(use.Message)
		if err != nil {
			return nil, err
		}
		may := !found || m.State != Queued
		if m.State == Dropped {
			drop, known, err := Drops.Find(tx, use.Message)
			if err != nil {
				return nil, err
			}
			may = known && (drop.OnItsWay || drop.Tries > 0)
		}
		if may {
			left = append(left, use)
		}
	}
	return left, nil
}

// unnamed takes out what whoever asked calls the recipients: words of a partner's
// that may say anything. The ids stay.
func unnamed(all []warning.Recipient) {
	for i := range all {
		all[i].Name = GoneText
	}
}

// losePermissions erases the words of what was asked and answered.
func losePermissions(tx *Tx, l *loss) error {
	kept, err := Permissions.List(tx, 0)
	if err != nil {
		return err
	}
	for _, p := range kept {
		ofCase := l.date && l.c != nil && p.Request.Case == l.c.ID && p.Partner == l.partner
		if !ofCase && !l.of[p.Request.About] {
			continue
		}
		if err := p.destroyed(tx); err != nil {
			return err
		}
		p.Proposed, p.Request.Reason, p.Request.Purpose = nil, GoneText, GoneText
		unnamed(p.Request.To)
		for _, said := range []*warning.Permission{p.Answer, p.Withdrawn} {
			if said != nil {
				said.Reason, said.Conditions, said.Purpose = "", "", ""
				unnamed(said.To)
			}
		}
		if err := Permissions.Put(tx, PermissionID(p.Partner, p.Ours, p.Request.ID), p); err != nil {
			return err
		}
	}
	return nil
}

// destroyed ends what waits about a permission with what it is about: its text is
// gone, so nobody can answer it, nor look at what left. What was said to be done
// about it goes with the words.
func (p *Permission) destroyed(tx *Tx) error {
	const why = "what it is about was destroyed"
	if p.Done != nil {
		p.Done.What = ""
	}
	if p.Waits {
		p.Waits, p.Done = false, &PermissionDone{By: "node", At: tx.Now, What: why}
	}
	if p.Answer == nil && p.Withdrawn == nil && p.Gone.IsZero() {
		p.Gone = tx.Now
	}
	if err := tx.Settle(warning.WithdrawnAlarm(p.Partner, p.Request.ID), "node", why); err != nil {
		return err
	}
	return tx.Settle(warning.PermissionAlarm(p.Partner, p.Request.ID, p.Ours), "node", why)
}
