// SPDX-License-Identifier: Apache-2.0

package api

// This file holds what is said and heard by voice: what is asked and answered,
// and the client's calls.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Speak asks for a warning in groups of digits. Text is an extract of the target
// and the released text; empty is all of it.
type Speak struct {
	Text string `json:"text,omitempty"`
}

// Spoken is a warning in lines of digits.
type Spoken struct {
	Case    string `json:"case"`
	Partner string `json:"partner"`
	Message string `json:"message"`
	// Handling is read aloud before anything else.
	Handling handling.Handling `json:"handling"`
	Text     string            `json:"text"`
	Lines    []string          `json:"lines"`
	Groups   int               `json:"groups"`
	Seconds  int               `json:"seconds"` // to read them, at a group in two seconds
}

// ReadBack is what the listener read back.
type ReadBack struct {
	Code string `json:"code"`
}

// Hear is the lines as they were heard.
type Hear struct {
	Lines string `json:"lines"`
}

// Heard is a warning that was heard by voice.
type Heard struct {
	ID         string    `json:"id"` // by which it is opened
	Partner    string    `json:"partner"`
	Channel    string    `json:"channel"` // its state
	Sent       time.Time `json:"sent"`    // of the full message, in minutes
	Precedence string    `json:"precedence"`
	TLP        string    `json:"tlp"`
	// Handling is what was said of it by voice: of H3 not the note, which comes
	// with the message.
	Handling handling.Handling `json:"handling"`
	Threat   string            `json:"threat_type"`
	ToLife   bool              `json:"threat_to_life"`
	Target   string            `json:"target"`
	Country  string            `json:"country,omitempty"`
	Start    time.Time         `json:"start,omitzero"`
	End      time.Time         `json:"end,omitzero"`
	AnswerBy time.Time         `json:"answer_by,omitzero"`
	Text     string            `json:"text"`
	// Withheld says why a list shows neither text nor target nor country: opening it
	// asks for a reason, or it is for others.
	Withheld string `json:"withheld,omitempty"`
	// ReadBack is what to read back to the caller.
	ReadBack string    `json:"read_back"`
	HeardAt  time.Time `json:"heard_at"`
	HeardBy  string    `json:"heard_by"`
	Prefix   string    `json:"prefix"` // of the message's hash
	// Message and Case are where its message is, once it has come.
	Message string `json:"message,omitempty"`
	Case    string `json:"case,omitempty"`
}

// ShareVoice agrees with a partner on a secret for what is said by voice.
func (c *Client) ShareVoice(ctx context.Context, name string) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/voice", struct{}{})
}

// Speak puts a warning of ours into groups of digits.
func (c *Client) Speak(ctx context.Context, id string, ask Speak) (Spoken, error) {
	return post[Spoken](ctx, c, path("/cases", id)+"/say", ask)
}

// ReadBack says what the listener read back. Another code is a problem.
func (c *Client) ReadBack(ctx context.Context, id, code string) error {
	_, err := post[struct{}](ctx, c, path("/cases", id)+"/readback", ReadBack{Code: code})
	return err
}

// Heard gives the node what was heard.
func (c *Client) Heard(ctx context.Context, lines string) (Heard, error) {
	return post[Heard](ctx, c, "/heard", Hear{Lines: lines})
}

// HeardList lists what was heard by voice, newest first, without the words of what
// asks for a reason.
func (c *Client) HeardList(ctx context.Context) ([]Heard, error) {
	return list[Heard](ctx, c, "/heard")
}

// OneHeard is one thing that was heard, by its id. What is TLP:RED, or of a person,
// asks for a reason.
func (c *Client) OneHeard(ctx context.Context, id string) (Heard, error) {
	return get[Heard](ctx, c, path("/heard", id))
}
