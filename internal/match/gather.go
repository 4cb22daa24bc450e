// SPDX-License-Identifier: Apache-2.0

package match

// This file gathers what many objects meet into few duties: a tool brings a
// hundred thousand of them, and a board that holds as many lines is read by nobody.

import (
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// What a duty that objects opened names at most.
const (
	mostObjects = 20
	mostReasons = 50
)

// Gathered is what the objects of one collection meet, for each partner. The
// zero Gathered holds nothing.
type Gathered struct{ all []gathered }

type gathered struct {
	partner    string
	objects    []string
	count      int
	reasons    []warning.DutyReason
	precedence handling.Precedence
}

// Add adds what the object of that id meets.
func (g *Gathered) Add(id string, watches []WatchHit, hits []Hit) {
	for n, hit := range hits {
		i := slices.IndexFunc(g.all, func(one gathered) bool { return one.partner == hit.Partner })
		if i < 0 {
			i = len(g.all)
			g.all = append(g.all, gathered{partner: hit.Partner, precedence: handling.Routine})
		}
		one := &g.all[i]
		if !slices.ContainsFunc(hits[:n], func(before Hit) bool { return before.Partner == hit.Partner }) {
			one.count++
			if len(one.objects) < mostObjects {
				one.objects = append(one.objects, id)
			}
			one.precedence = Raise(one.precedence, watches)
			one.add(watchReasons(watches))
		}
		one.add(pledgeReasons(hit))
	}
}

// Empty reports whether nothing was met.
func (g *Gathered) Empty() bool { return len(g.all) == 0 }

func (g *gathered) add(reasons []warning.DutyReason) {
	g.reasons = added(g.reasons, reasons, mostReasons)
}

// added is a list with what is new to it, at most that many.
func added[T comparable](list, more []T, most int) []T {
	for _, one := range more {
		if len(list) < most && !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// Duties are the duties that the objects of a collection open or add to: a partner
// for whom one of the duties of the collection is open has its objects put there.
// Each has a clock of its own from when it was opened. except is the partner who
// brought the objects, and needs no telling.
func (g *Gathered) Duties(open []warning.Duty, collection, title, except string, now time.Time) []warning.Duty {
	subject := "collection--" + collection
	var duties []warning.Duty
	for _, one := range g.all {
		if one.partner == except {
			continue
		}
		i := slices.IndexFunc(open, func(d warning.Duty) bool { return d.Partner == one.partner && d.Subject == subject })
		duty := newDuty(one.partner, one.precedence, false, now)
		duty.Subject, duty.Title, duty.OpenedBy = subject, title, warning.ByMatch
		if i >= 0 {
			duty = open[i]
		}
		duty.Objects = added(duty.Objects, one.objects, mostObjects)
		duty.ObjectCount += one.count
		duty.Give(mostReasons, one.reasons...)
		if one.precedence.Rank() > duty.Precedence.Rank() {
			what := fmt.Sprintf("raised from %s to %s by a watch", duty.Precedence, one.precedence)
			duty.Precedence = one.precedence
			if due := now.Add(one.precedence.AnswerWithin()); due.Before(duty.Due) {
				duty.Due = due
			}
			duty.History = append(duty.History, warning.Event{At: now, By: warning.ByMatch, What: what})
		}
		duties = append(duties, duty)
	}
	return duties
}
