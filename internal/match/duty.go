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
			duties = append(duties, warning.Duty{
				ID: "duty--" + uuid.NewString(), Opened: now, Partner: hit.Partner, Precedence: precedence, ToLife: toLife,
				Due: now.Add(precedence.AnswerWithin()), State: warning.DutyOpen,
				History: []warning.Event{{At: now, By: "match", What: "opened"}},
			})
		}
		for _, reason := range hit.Reasons {
			duties[i].Reasons = append(duties[i].Reasons, "pledge “"+hit.Pledge.Text+"”: "+reason)
		}
	}
	for i := range duties {
		for _, hit := range watches {
			for _, reason := range hit.Reasons {
				duties[i].Reasons = append(duties[i].Reasons, "watch “"+hit.Watch.Event+"”: "+reason)
			}
		}
	}
	return duties
}
