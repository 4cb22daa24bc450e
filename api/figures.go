// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the figures of duties to warn: counts without a name.

import "context"

// Figures count the duties opened in a period. They name no partner, no person
// and no case. Each list counts every word of its vocabulary that occurred, the
// most frequent first.
type Figures struct {
	Period
	Duties     Count         `json:"duties"`
	ToLife     Count         `json:"threat_to_life"`
	ByMatch    Count         `json:"by_match"`   // of the duties, opened by a match
	Escalated  Count         `json:"escalated"`  // those whose clock ran out undecided
	Late       Count         `json:"late"`       // decided after they were due
	Exigent    Count         `json:"exigent"`    // warnings released by one person alone
	Unreviewed Count         `json:"unreviewed"` // of those, without a second person's review
	Precedence []FigureCount `json:"precedence,omitempty"`
	State      []FigureCount `json:"state,omitempty"`
	Ground     []FigureCount `json:"waiver_ground,omitempty"`
	Decide     Took          `json:"decide"` // from the opening to the decision
	// Least is the least number shown, if the figures are for the public: one that
	// is smaller and not nought is shown as Few.
	Least Count `json:"least_shown,omitzero"`
}

// Count is a number of duties; Few is one that is not shown.
type Count int

// Few stands for a number from 1 to 4, which could point to a single case.
const Few Count = -1

// FigureCount is how often a word occurred.
type FigureCount struct {
	Word  string `json:"word"`
	Count Count  `json:"count"`
}

// Figures are those of the duties opened in a period. For the public, a number
// from 1 to 4 is shown as [Few], and how long decisions took not at all if there
// were fewer than 5.
func (c *Client) Figures(ctx context.Context, p Period, public bool) (Figures, error) {
	at := "/duties/figures" + periodQuery("", p)
	if public {
		if at == "/duties/figures" {
			at += "?"
		} else {
			at += "&"
		}
		at += "public=true"
	}
	return get[Figures](ctx, c, at)
}
