// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about the permission of an
// originator.

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// AskPermission asks whoever gave us a warning whether it may be used beyond its
// handling. Of is its case, of which it is asked of every version that is here, or
// the hash of its newest version, of which it is then asked alone.
type AskPermission struct {
	Of       string       `json:"of"`
	Use      warning.Use  `json:"use"`
	To       []string     `json:"to,omitempty"` // partners, as they are called here
	Purpose  string       `json:"purpose,omitempty"`
	TLP      handling.TLP `json:"tlp,omitempty"`
	Reason   string       `json:"reason"`
	AnswerBy time.Time    `json:"answer_by,omitzero"`
}

// AnswerPermission answers what a partner asks: a refusal says why; a grant says
// until when, and is proposed, of the newest version alone if NewestOnly; with Confirm, the hash of that proposal, another
// person grants it.
type AnswerPermission struct {
	Answer     warning.PermissionResult `json:"answer"`
	To         []string                 `json:"to,omitempty"`
	NewestOnly bool                     `json:"newest_only,omitzero"`
	Conditions string                   `json:"conditions,omitempty"`
	Until      time.Time                `json:"until,omitzero"`
	Reason     string                   `json:"reason,omitempty"`
	Confirm    string                   `json:"confirm,omitempty"`
}

// WithdrawPermission ends what was granted.
type WithdrawPermission struct {
	Reason string `json:"reason"`
}

// SettlePermission says what was done about a permission that was withdrawn.
type SettlePermission struct {
	What string `json:"what"`
}

// Permission is a request for permission, ours or a partner's, with what became of
// it.
type Permission struct {
	// Handling is that of the warning it is about; it stands above the reason.
	Handling handling.Handling `json:"handling"`
	warning.PermissionRequest
	Partner string `json:"partner"`
	Ours    bool   `json:"ours"`
	// State is open, proposed, granted, refused, withdrawn or ended.
	State string `json:"state"`
	// Ended says why a grant does not count any more.
	Ended         string              `json:"ended,omitempty"`
	Hash          string              `json:"hash"` // of the message that asks
	Overdue       bool                `json:"overdue,omitzero"`
	Proposed      *ProposedPermission `json:"proposed,omitempty"`
	Answer        *warning.Permission `json:"answer,omitempty"`
	AnswerHash    string              `json:"answer_hash,omitempty"`
	Withdrawn     *warning.Permission `json:"withdrawn,omitempty"`
	WithdrawnHash string              `json:"withdrawn_hash,omitempty"`
	// PassedTo are those to whom copies left under it, or may have.
	PassedTo []PassedTo `json:"passed_to,omitempty"`
	// Waits says that a partner withdrew it and nobody here has said what was done,
	// and Done what somebody said.
	Waits bool            `json:"waits,omitzero"`
	Done  *PermissionDone `json:"done,omitempty"`
}

// Counts reports whether it was granted and has not ended.
func (p *Permission) Counts() bool {
	return p.State == string(warning.PermissionGranted) && p.Answer != nil
}

// Line is a grant in a sentence: who permits what, for what, of how much, until when,
// and who of theirs or ours granted it.
func (p *Permission) Line() string {
	if p.Answer == nil {
		return ""
	}
	who, by := "we permit "+p.Partner, p.Answer.By.Name+", "+p.Answer.By.Role
	if p.Ours {
		who = p.Partner + " permits us"
	}
	if second := p.Answer.Confirmed; second != nil {
		by += ", and " + second.Name + ", " + second.Role
	}
	return who + " " + p.Answer.Used.Words() + ", until " + p.Answer.Until.UTC().Format("2006-01-02 15:04 UTC") + ", granted by " + by
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
	Hash       string             `json:"hash"`
	By         string             `json:"by"`
	At         time.Time          `json:"at"`
}

// Permissions lists what was asked of originators, by us and by partners: what
// waits or counts, or all.
func (c *Client) Permissions(ctx context.Context, all bool) ([]Permission, error) {
	return list[Permission](ctx, c, fmt.Sprintf("/permissions?all=%t", all))
}

// Permission is one of them, by its id or the hash of its message.
func (c *Client) Permission(ctx context.Context, id string) (Permission, error) {
	return get[Permission](ctx, c, path("/permissions", id))
}

// AskPermission asks an originator.
func (c *Client) AskPermission(ctx context.Context, ask AskPermission) (Permission, error) {
	return post[Permission](ctx, c, "/permissions", ask)
}

// AnswerPermission answers a partner that asks.
func (c *Client) AnswerPermission(ctx context.Context, id string, a AnswerPermission) (Permission, error) {
	return post[Permission](ctx, c, path("/permissions", id)+"/answer", a)
}

// WithdrawPermission ends what was granted to a partner.
func (c *Client) WithdrawPermission(ctx context.Context, id, reason string) (Permission, error) {
	return post[Permission](ctx, c, path("/permissions", id)+"/withdrawal", WithdrawPermission{Reason: reason})
}

// SettlePermission says what was done about a permission that a partner withdrew.
func (c *Client) SettlePermission(ctx context.Context, id, what string) (Permission, error) {
	return post[Permission](ctx, c, path("/permissions", id)+"/done", SettlePermission{What: what})
}
