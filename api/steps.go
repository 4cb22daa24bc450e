// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about steps: their receipts,
// corrections, disputes, recalls.

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Correct keeps a draft that corrects what was sent: in a case, or with the id
// of a draft that was released for everybody who has a copy of it.
type Correct struct {
	Of     string        `json:"of"`
	Change string        `json:"change"` // what was wrong; the partner reads it
	Draft  warning.Draft `json:"draft"`
}

// AskBack recalls a message of ours by its hash, or with the id of a case every
// version of our warning. Without more it asks to destroy it, by the time that
// the precedence of the case gives.
type AskBack struct {
	Of       string      `json:"of"`
	Ask      warning.Ask `json:"ask,omitempty"`
	Reason   string      `json:"reason"`
	AnswerBy time.Time   `json:"answer_by,omitzero"`
}

// AnswerRecall says what became of a message that a partner recalled.
type AnswerRecall struct {
	Answer   warning.RecallResult `json:"answer"`
	Reason   string               `json:"reason,omitempty"`
	PassedOn []string             `json:"passed_on,omitempty"`
}

// Recall is a recall, ours or a partner's, with what was answered.
type Recall struct {
	// Handling is that of the warning it speaks of; it stands above the reason.
	Handling handling.Handling `json:"handling"`
	warning.Recall
	Partner     string `json:"partner"`
	Ours        bool   `json:"ours"`
	State       string `json:"state"` // open or answered
	Hash        string `json:"hash"`  // of the message that says it
	Kind        string `json:"kind"`  // of the message that is recalled
	Quarantined bool   `json:"quarantined,omitzero"`
	Overdue     bool   `json:"overdue,omitzero"`
	// PassedTo are those to whom we passed on what a partner recalled.
	PassedTo   []PassedTo            `json:"passed_to,omitempty"`
	Answer     *warning.RecallAnswer `json:"answer,omitempty"`
	AnswerHash string                `json:"answer_hash,omitempty"`
}

// PassedTo is a partner to whom something was passed on, and the case in which.
type PassedTo struct {
	Partner string `json:"partner"`
	Case    string `json:"case"`
}

// Disputed is a dispute with all that was said to it: the views of both sides
// stand beside one another for good.
type Disputed struct {
	About  string `json:"about"`
	Ours   []View `json:"ours,omitempty"`   // oldest first
	Theirs []View `json:"theirs,omitempty"` // the same
	// Settled says that both sides have called it settled. It stays on record.
	Settled bool `json:"settled,omitzero"`
}

// View is what one side says happened.
type View struct {
	warning.Dispute
	Hash string `json:"hash"` // of the message that says it
}

// StepReceipt is the receipt of the step that a message says, as a file.
func (c *Client) StepReceipt(ctx context.Context, hash string) ([]byte, error) {
	return c.raw(ctx, path("/receipts", hash)+"/step", "*/*")
}

// Correct keeps a draft that corrects what was sent.
func (c *Client) Correct(ctx context.Context, correct Correct) (warning.Draft, error) {
	return post[warning.Draft](ctx, c, "/corrections", correct)
}

// Recalls lists the recalls that wait for an answer, ours and theirs, or all.
func (c *Client) Recalls(ctx context.Context, all bool) ([]Recall, error) {
	return list[Recall](ctx, c, fmt.Sprintf("/recalls?all=%t", all))
}

// Recall asks a partner for what we sent.
func (c *Client) Recall(ctx context.Context, ask AskBack) ([]Recall, error) {
	made, err := post[List[Recall]](ctx, c, "/recalls", ask)
	return made.Items, err
}

// AnswerRecall answers a recall of a partner's.
func (c *Client) AnswerRecall(ctx context.Context, id string, a AnswerRecall) ([]Recall, error) {
	made, err := post[List[Recall]](ctx, c, path("/recalls", id)+"/answer", a)
	return made.Items, err
}
