// SPDX-License-Identifier: Apache-2.0

package match

// This file gathers what many objects meet into few duties: a tool brings a
// hundred thousand of them, and a board that holds as many lines is read by nobody.

import (
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// mostObjects is how many of the objects that opened a duty it names; beyond, it
// names each that brought a reason that was not there before.
const mostObjects = 20

// MostReasons is how many reasons a duty says.
const MostReasons = 50

// Gathered is what the objects of one collection meet, for each partner. The
// zero Gathered holds nothing.
type Gathered struct{ all []gathered }

type gathered struct {
	partner    string
	objects    []brought
	count      int
	reasons    []warning.DutyReason
	precedence handling.Precedence
}

// brought is an object with the reasons that were new with it.
type brought struct {
	id      string
	reasons []warning.DutyReason
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
			one.precedence = Raise(one.precedence, watches)
			one.add(id, watchReasons(watches))
		}
		one.add(id, pledgeReasons(hit))
	}
}

// Empty reports whether nothing was met.
func (g *Gathered) Empty() bool { return len(g.all) == 0 }

func (g *gathered) add(id string, reasons []warning.DutyReason) {
	var fresh []warning.DutyReason
	for _, reason := range reasons {
		if len(g.reasons) < MostReasons && !slices.Contains(g.reasons, reason) {
			g.reasons, fresh = append(g.reasons, reason), append(fresh, reason)
		}
	}
	last := len(g.objects) - 1
	switch {
	case last >= 0 && g.objects[last].id == id:
		g.objects[last].reasons = append(g.objects[last].reasons, fresh...)
	case len(g.objects) < mostObjects || len(fresh) > 0:
		g.objects = append(g.objects, brought{id, fresh})
	}
}

// put puts what was gathered to a duty. Twenty objects that say nothing do not hide
// the next one that says something new.
func (g *gathered) put(duty *warning.Duty) {
	duty.ObjectCount += g.count
	for _, one := range g.objects {
		before := len(duty.Reasons)
		duty.Give(MostReasons, one.reasons...)
		if (len(duty.Objects) < mostObjects || len(duty.Reasons) > before) && !slices.Contains(duty.Objects, one.id) {
			duty.Objects = append(duty.Objects, one.id)
		}
	}
}

// Duties are the duties that the objects of a collection open or add to: a partner
// for whom one of the duties of the collection is open, and neither assessed nor
// decided, has its objects put there. Each has a clock of its own from when it was
// opened. except is the partner who brought the objects, and needs no telling.
func (g *Gathered) Duties(open []warning.Duty, collection, title, except string, now time.Time) []warning.Duty {
	subject := "collection--" + collection
	var duties []warning.Duty
	for _, one := range g.all {
		if one.partner == except {
			continue
		}
		i := slices.IndexFunc(open, func(d warning.Duty) bool { return d.Partner == one.partner && d.Subject == subject && d.Fresh() })
		duty := newDuty(one.partner, one.precedence, false, now)
		duty.Subject, duty.Title, duty.OpenedBy = subject, title, warning.ByMatch
		if i >= 0 {
			duty = open[i]
		}
		one.put(&duty)
		if i >= 0 {
			duty.Grown = now
		}
		duty.Hurry(one.precedence, false, warning.ByMatch, "a watch", now)
		duties = append(duties, duty)
	}
	return duties
}
