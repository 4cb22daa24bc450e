// SPDX-License-Identifier: Apache-2.0

package api

// This file holds who looked at what and why, as the overseer is shown it.

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// GiveReason says why the caller opens a thing: a case, a draft or a report, by
// its id. It is asked for once in eight hours.
type GiveReason struct {
	Subject string `json:"subject"`
	Reason  string `json:"reason"` // 3 to 500 characters
}

// Reason is a reason that was given.
type Reason struct {
	Subject string    `json:"subject"`
	Reason  string    `json:"reason"`
	Until   time.Time `json:"until"`
}

// CodeReason is the code of the problem that asks for a reason.
const CodeReason = "reason"

// ReadsOf says which readings are asked for; what is empty does not narrow them.
type ReadsOf struct {
	Case string // or a draft, a report, a message: by its id
	By   string // the name of a person or a tool
	// Person narrows it to what is held about somebody: by a name, or by the id of a
	// request for redress, which knows what was found.
	Person string
	Since  time.Time // and later
	Kinds  []string  // consultation, disclosure, combination, erasure
	Limit  int
	// Before narrows them to lines before that index of the log, After to those behind
	// it, of which the oldest come first into the limit: one of the two, to go from page
	// to page.
	Before, After int64
}

// Words are what was asked for, for the line that says so: not about whom.
func (o ReadsOf) Words() string {
	var words []string
	if o.Case != "" {
		words = append(words, "of "+o.Case)
	}
	if o.By != "" {
		words = append(words, "by "+o.By)
	}
	if o.Person != "" {
		words = append(words, "of a person")
	}
	return strings.Join(words, ", ")
}

func (o ReadsOf) query() string {
	q := url.Values{}
	for name, value := range map[string]string{"case": o.Case, "by": o.By, "person": o.Person} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !o.Since.IsZero() {
		q.Set("since", o.Since.UTC().Format(time.RFC3339))
	}
	for name, n := range map[string]int64{"limit": int64(o.Limit), "before": o.Before, "after": o.After} {
		if n > 0 {
			q.Set(name, strconv.FormatInt(n, 10))
		}
	}
	q["kind"] = o.Kinds
	return "?" + q.Encode()
}

// Read is one line of what was done with content. Directive (EU) 2016/680 Art 25
type Read struct {
	Index      int64     `json:"index"` // of its leaf in the log
	At         time.Time `json:"at"`
	Processing string    `json:"processing"` // consultation, disclosure, combination or erasure
	Who        string    `json:"who"`        // such as person:ann
	Act        string    `json:"act"`
	Subject    string    `json:"subject,omitempty"`
	// Reason is why, in the words of who opened it; empty where none is asked for,
	// and where it was erased with what it was about.
	Reason string `json:"reason,omitempty"`
	// Way is the door: api, page or taxii.
	Way        string   `json:"way,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	Note       string   `json:"note,omitempty"`
}

// GiveReason says why this caller opens a thing.
func (c *Client) GiveReason(ctx context.Context, in GiveReason) (Reason, error) {
	return post[Reason](ctx, c, "/reasons", in)
}

// Reads lists what was done with content, newest first: everybody's to an
// overseer, to anybody else their own.
func (c *Client) Reads(ctx context.Context, of ReadsOf) ([]Read, error) {
	return list[Read](ctx, c, "/reads"+of.query())
}

// ReadsCSV is Reads as lines for a spreadsheet.
func (c *Client) ReadsCSV(ctx context.Context, of ReadsOf) ([]byte, error) {
	return c.raw(ctx, "/reads/csv"+of.query(), CSVType)
}

// WhenAsked lets ask answer why the caller opens what asks for a reason: the
// request is made again with it. Without an answer it fails as it did.
func (c *Client) WhenAsked(ask func(asked *Problem) (reason string, err error)) *Client {
	c.why = ask
	return c
}

// explained reports whether a reason was given for what a request was refused for.
func (c *Client) explained(ctx context.Context, refusal error) (bool, error) {
	asked, is := refusal.(*Problem)
	if !is || asked.Code != CodeReason || c.why == nil {
		return false, nil
	}
	reason, err := c.why(asked)
	if err != nil || reason == "" {
		return false, err
	}
	_, err = c.GiveReason(ctx, GiveReason{Subject: asked.Subject, Reason: reason})
	return err == nil, err
}
