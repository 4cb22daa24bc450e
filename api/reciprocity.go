// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the reciprocity record: what two services promised each other,
// what they did for each other, and how long each took.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// CSVType and STIXType are the media types of a reciprocity record as a file.
// RFC 4180 §3, STIX 2.1 §11
const (
	CSVType  = "text/csv; charset=utf-8; header=present"
	STIXType = "application/stix+json;version=2.1"
)

// Period is a time with a beginning and an end: From counts to it, Until does not.
// Where one is zero it is open.
type Period struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Holds reports whether a moment lies in the period.
func (p Period) Holds(at time.Time) bool {
	return !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}

// Days is the period from the first moment of one day to the last of another, in
// UTC; each is open when empty. It refuses what is no day, such as 2026-12-31, and
// a last day before the first.
func Days(first, last string) (p Period, err error) {
	if first != "" {
		if p.From, err = time.Parse(time.DateOnly, first); err != nil {
			return Period{}, fmt.Errorf("%q is no day such as 2026-12-31", first)
		}
	}
	if last != "" {
		day, err := time.Parse(time.DateOnly, last)
		if err != nil {
			return Period{}, fmt.Errorf("%q is no day such as 2026-12-31", last)
		}
		p.Until = day.AddDate(0, 0, 1)
	}
	return p, p.Check()
}

// Check refuses a period that ends before it begins.
func (p Period) Check() error {
	if !p.From.IsZero() && !p.Until.IsZero() && !p.Until.After(p.From) {
		return errors.New("the period ends before it begins")
	}
	return nil
}

// Reciprocity is the record of a period, a partner at a time, by name.
type Reciprocity struct {
	Period
	Partners []PartnerRecord `json:"partners"`
}

// PartnerRecord is what passed between us and one partner.
type PartnerRecord struct {
	Partner string  `json:"partner"`
	Gave    Balance `json:"gave"` // what we promised and did
	Got     Balance `json:"got"`  // what the partner promised and did
	// Ended are the pledges that ended in the period, oldest first.
	Ended []EndedPledge `json:"ended,omitempty"`
	// Exchanges are the duties and the warnings of the period, oldest first.
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// EndedPledge is a pledge that ended before its last day.
type EndedPledge struct {
	Pledge string    `json:"pledge"`
	Ours   bool      `json:"ours"`
	Given  time.Time `json:"given"`
	Ended  time.Time `json:"ended"`
	Why    string    `json:"why"` // withdrawn or review
	How    string    `json:"how"` // the same in words, with who decided
}

// Balance counts what one side promised, decided and did for the other.
type Balance struct {
	Pledges      int `json:"pledges"`       // that held at some moment of the period
	PledgesEnded int `json:"pledges_ended"` // of these, that ended in it before their last day
	// Duties are those opened in the period, by what became of them. Those of the
	// other side are its own to know: they are nought in what we got.
	Duties  int `json:"duties"`
	Matched int `json:"matched"` // of the duties, by a pledge
	Warn    int `json:"warn"`
	Waived  int `json:"waived"`
	NotMet  int `json:"threshold_not_met"`
	Waiting int `json:"waiting"` // not decided, deferred, or to be released
	// Warnings are those sent in the period, by what came of them.
	Warnings int `json:"warnings"`
	Received int `json:"received"` // with the other side's receipt
	Answered int `json:"answered"`
	Outcomes int `json:"outcomes"`
	Thanks   int `json:"thanks"`
	Disputed int `json:"disputed"`
	// How long each step took.
	Decide  Took `json:"decide"`  // from the opening of the duty to the decision
	Send    Took `json:"send"`    // from the opening of the duty to the warning
	Receive Took `json:"receive"` // from the sending to the receipt
	Answer  Took `json:"answer"`  // from the receipt to the first answer
	Outcome Took `json:"outcome"` // from the receipt to the first outcome
}

// Took is how long a step took, in whole seconds, over as many as took it.
type Took struct {
	Count   int   `json:"count"`
	Median  int64 `json:"median_seconds"`
	Longest int64 `json:"longest_seconds"`
}

// Exchange is one duty, one warning, or both, with the time of each step; a step
// that was not taken has none.
type Exchange struct {
	Ours       bool                `json:"ours"`              // our duty or warning
	Handling   handling.Handling   `json:"handling,omitzero"` // of what the title is taken from
	Title      string              `json:"title"`
	Precedence handling.Precedence `json:"precedence"`
	ToLife     bool                `json:"threat_to_life"`
	Duty       string              `json:"duty,omitempty"`
	Pledged    bool                `json:"pledged,omitzero"` // a pledge opened the duty
	Case       string              `json:"case,omitempty"`
	Opened     time.Time           `json:"opened,omitzero"` // the duty
	Choice     string              `json:"choice,omitempty"`
	Decided    time.Time           `json:"decided,omitzero"`
	Sent       time.Time           `json:"sent,omitzero"`
	Received   time.Time           `json:"received,omitzero"`
	Answered   time.Time           `json:"answered,omitzero"`
	Reported   time.Time           `json:"reported,omitzero"` // the first outcome
	Result     string              `json:"result,omitempty"`
	Thanked    time.Time           `json:"thanked,omitzero"`
	Disputed   bool                `json:"disputed,omitzero"`
}

// At is the moment by which an exchange belongs to a period: the opening of the
// duty, or the sending of a warning that answers none.
func (e Exchange) At() time.Time {
	if e.Opened.IsZero() {
		return e.Sent
	}
	return e.Opened
}

// Reciprocity is the record of a period: with one partner, if it is named.
func (c *Client) Reciprocity(ctx context.Context, partner string, p Period) (Reciprocity, error) {
	return get[Reciprocity](ctx, c, "/reciprocity"+periodQuery(partner, p))
}

// ReciprocityFile is the record as a file: CSVType or STIXType.
func (c *Client) ReciprocityFile(ctx context.Context, mediaType, partner string, p Period) ([]byte, error) {
	at := "/reciprocity/csv"
	if mediaType == STIXType {
		at = "/reciprocity/stix"
	}
	return c.raw(ctx, at+periodQuery(partner, p), mediaType)
}

func periodQuery(partner string, p Period) string {
	query := url.Values{}
	if partner != "" {
		query.Set("partner", partner)
	}
	if !p.From.IsZero() {
		query.Set("from", p.From.UTC().Format(time.RFC3339))
	}
	if !p.Until.IsZero() {
		query.Set("until", p.Until.UTC().Format(time.RFC3339))
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}
