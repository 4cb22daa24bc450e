// SPDX-License-Identifier: Apache-2.0

package api

// This file holds requests for redress: somebody asks whether and what is held
// about a person.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// NeitherText is what an asker is told where the ground forbids to say more: the
// same text whatever was found.
const NeitherText = "Your request was looked into. We can neither confirm nor deny that anything is held about the person you name. " +
	"If anything was held against the law, it was corrected, restricted or erased, and whoever received it was told. You may turn to the supervisory authority, which can look into it."

// NewRedress opens a request.
type NewRedress struct {
	Asker  string       `json:"asker"` // who asks, and as what: the person, a lawyer, an authority
	Names  []string     `json:"names"` // of whom it is asked, in every spelling there is
	Born   warning.Date `json:"born,omitempty"`
	Proof  string       `json:"proof"` // what showed who asks, and who saw it
	Review warning.Date `json:"review,omitempty"`
}

// Redress is a request as somebody may see it: who opened it sees that everything
// was searched, and not what was found.
type Redress struct {
	ID       string       `json:"id"`
	OpenedBy string       `json:"opened_by"`
	OpenedAt time.Time    `json:"opened_at"`
	Asker    string       `json:"asker"`
	Names    []string     `json:"names,omitempty"`
	Born     warning.Date `json:"born,omitempty"`
	Proof    string       `json:"proof,omitempty"`
	State    string       `json:"state"` // searched, answered; to whom sees what was found also telling
	Due      time.Time    `json:"due"`
	Overdue  bool         `json:"overdue,omitzero"`
	Answer   string       `json:"answer,omitempty"`
	Answered time.Time    `json:"answered,omitzero"`
	By       string       `json:"by,omitempty"`
	Erased   time.Time    `json:"erased,omitzero"`
	// Sees says that Hits and Told are shown, as far as this person may see them.
	Sees bool          `json:"sees,omitzero"`
	Hits []RedressHit  `json:"hits,omitempty"`
	Told []RedressTold `json:"told,omitempty"`
}

// RedressHit is one thing that speaks of the person, and what was decided of it.
type RedressHit struct {
	Kind        string    `json:"kind"` // source, draft, case; or duty, statement, inquiry, object: seen to by hand
	ID          string    `json:"id"`
	Partner     string    `json:"partner,omitempty"`
	Ours        bool      `json:"ours,omitzero"`
	Do          string    `json:"do,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	DecidedBy   string    `json:"decided_by,omitempty"`
	DecidedAt   time.Time `json:"decided_at,omitzero"`
	Decision    string    `json:"decision,omitempty"` // the hash of what was decided: who confirms it names it
	ConfirmedBy string    `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time `json:"confirmed_at,omitzero"`
}

// RedressTold is a recipient that was asked to do its part, and what it answered.
type RedressTold struct {
	Partner  string    `json:"partner"`
	Case     string    `json:"case"`
	Recall   string    `json:"recall"`
	Ask      string    `json:"ask"`
	AnswerBy time.Time `json:"answer_by"`
	Answer   string    `json:"answer,omitempty"`
	Overdue  bool      `json:"overdue,omitzero"`
}

// DecideRedress says what is done with one thing: correct, restrict, erase or nothing.
type DecideRedress struct {
	Of     string `json:"of"` // its id
	Do     string `json:"do"`
	Reason string `json:"reason"`
}

// ConfirmRedress confirms a decision, by its hash as it was read: another releaser
// does.
type ConfirmRedress struct {
	Of       string `json:"of"`
	Decision string `json:"decision"`
}

// AnswerRedress is what the asker is told: NeitherText if the text is empty.
type AnswerRedress struct {
	Text string `json:"text,omitempty"`
}

// OpenRedress opens a request and searches everything.
func (c *Client) OpenRedress(ctx context.Context, in NewRedress) (Redress, error) {
	return post[Redress](ctx, c, "/redress", in)
}

// Redresses lists the requests, newest first, without what was found.
func (c *Client) Redresses(ctx context.Context) ([]Redress, error) {
	return list[Redress](ctx, c, "/redress")
}

// Redress shows one request.
func (c *Client) Redress(ctx context.Context, id string) (Redress, error) {
	return get[Redress](ctx, c, path("/redress", id))
}

// DecideRedress decides one thing that was found.
func (c *Client) DecideRedress(ctx context.Context, id string, in DecideRedress) (Redress, error) {
	return post[Redress](ctx, c, path("/redress", id)+"/decide", in)
}

// ConfirmRedress confirms what another releaser decided.
func (c *Client) ConfirmRedress(ctx context.Context, id string, in ConfirmRedress) (Redress, error) {
	return post[Redress](ctx, c, path("/redress", id)+"/confirm", in)
}

// AnswerRedress says what the asker is told.
func (c *Client) AnswerRedress(ctx context.Context, id string, in AnswerRedress) (Redress, error) {
	return post[Redress](ctx, c, path("/redress", id)+"/answer", in)
}
