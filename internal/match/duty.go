// SPDX-License-Identifier: Apache-2.0

package match

// This file turns what a subject meets into the duties it opens.

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Duties are the duties to warn that the hits open, one for each partner, with
// the reasons of all its pledges and of the watches. A threat to life is owed
// an answer as fast as an IMMEDIATE message at least. Subject, title and opener
// are left for the caller to say. ICD 191
func Duties(hits []Hit, watches []WatchHit, precedence handling.Precedence, toLife bool, now time.Time) []warning.Duty {
	if toLife && precedence.Rank() < handling.Immediate.Rank() {
		precedence = handling.Immediate
	}
	var duties []warning.Duty
	for _, hit := range hits {
		i := slices.IndexFunc(duties, func(d warning.Duty) bool { return d.Partner == hit.Partner })
		if i < 0 {
			i = len(duties)
			duties = append(duties, newDuty(hit.Partner, precedence, toLife, now))
		}
		duties[i].Give(MostReasons, pledgeReasons(hit)...)
	}
	for i := range duties {
		duties[i].Give(2*MostReasons, watchReasons(watches)...)
	}
	return duties
}

// MostAsked is how many duties of one precedence a partner's questions keep open at
// once. What it asks beyond waits until one of them is closed.
const MostAsked = 10

// AskedDuty is the duty that a partner's question opens: it is owed an answer by
// when it asks for one, or by when its precedence says, whichever is sooner.
func AskedDuty(q *warning.Inquiry, partner string, now time.Time) warning.Duty {
	duty := newDuty(partner, q.Precedence, false, now)
	duty.Subject, duty.Title, duty.OpenedBy = q.ID, "Asks: "+q.Title(), partner
	duty.Give(0, warning.DutyReason{Of: q.ID, Words: partner + " asks: “" + q.Question + "”"})
	duty.History[0].By = partner
	if q.AnswerBy.After(now) && q.AnswerBy.Before(duty.Due) {
		duty.Due, duty.First = q.AnswerBy, q.AnswerBy
	}
	return duty
}

func newDuty(partner string, precedence handling.Precedence, toLife bool, now time.Time) warning.Duty {
	due := now.Add(precedence.AnswerWithin())
	return warning.Duty{
		ID: "duty--" + uuid.NewString(), Opened: now, Partner: partner, Precedence: precedence, ToLife: toLife,
		Due: due, First: due, State: warning.DutyOpen, AcquiredAt: now,
		History: []warning.Event{{At: now, By: warning.ByMatch, What: "opened"}},
	}
}

func pledgeReasons(hit Hit) (all []warning.DutyReason) {
	for _, reason := range hit.Reasons {
		all = append(all, warning.PledgeReason(hit.Pledge, reason))
	}
	return all
}

func watchReasons(hits []WatchHit) (all []warning.DutyReason) {
	for _, hit := range hits {
		for _, reason := range hit.Reasons {
			all = append(all, warning.WatchReason(hit.Watch, reason))
		}
	}
	return all
}
