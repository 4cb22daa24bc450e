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
	PermissionOpen     = "open"
	PermissionAnswered = "answered" // refused, or withdrawn
	PermissionGranted  = "granted"
)

// Permissions are kept by PermissionID.
var Permissions = Table[Permission]{kind: "permission", name: "permission",
	state: func(p *Permission) string {
		switch {
		case p.Withdrawn != nil:
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
	granted, err := Permissions.List(tx, 0, PermissionGranted, PermissionAnswered)
	var all []Permission
	for _, p := range granted {
		if p.Ours && p.Partner == partner && p.Request.Case == id && p.Answer != nil && p.Answer.Answer == warning.PermissionGranted {
			all = append(all, p)
		}
	}
	return all, err
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
