// SPDX-License-Identifier: Apache-2.0

package inbox

// This file holds what a partner's warning makes us owe to others.

import (
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// How many duties to one partner the warnings of another keep open at once, and how
// many warnings more one duty gathers. Nobody drowns a board, and nothing is lost.
const (
	mostOwed     = 10
	mostGathered = 500
)

// owe opens the duties of a case, one for each partner to whom one is owed. One
// that is open already grows: what comes later is assessed and decided anew. Beyond
// some, the warnings of one partner that are owed to another are gathered.
func (h *hearing) owe(w *warning.Warning, c *store.Case, duties []warning.Duty, anew bool) error {
	duties = slices.DeleteFunc(duties, func(d warning.Duty) bool { return d.Partner == h.channel.Name }) // they know: they told us
	if len(duties) == 0 && !anew {
		return nil
	}
	open, err := store.Duties.List(h.tx, 0, warning.Unclosed()...)
	if err != nil {
		return err
	}
	title := c.Title
	if w.Handling.TLP == handling.Red {
		title = "a warning of " + h.channel.Name + " for named persons"
	}
	var grown []warning.Duty
	for _, duty := range duties {
		duty.Subject, duty.Title, duty.OpenedBy, duty.Handling, duty.From = w.ID, title, warning.ByMatch, w.Handling, h.channel.Name
		ours := func(d warning.Duty) bool { return d.Partner == duty.Partner && d.About(c.ID) }
		switch i := slices.IndexFunc(open, ours); {
		case i >= 0:
			grown = append(grown, grow(open[i], duty, anew, h))
			open = slices.Delete(open, i, i+1)
		case h.crowded(open, duty.Partner):
			grown = append(grown, h.gather(open, duty))
		default:
			grown = append(grown, duty)
		}
	}
	for _, d := range open { // what holds now meets no promise any more, and is owed all the same
		if anew && d.About(c.ID) && d.Partner != h.channel.Name {
			now := warning.Duty{Title: title, Handling: w.Handling, Precedence: handling.Precedence(c.Precedence), ToLife: w.ThreatToLife()}
			grown = append(grown, grow(d, now, anew, h))
		}
	}
	for _, duty := range grown {
		if err := store.Duties.Put(h.tx, duty.ID, duty); err != nil {
			return err
		}
	}
	return nil
}

// grow puts what a case says now to a duty that is not closed. Nothing is decided
// any more if it was decided before, except that we warn, if there is nothing new.
func grow(d, now warning.Duty, anew bool, h *hearing) warning.Duty {
	const why = "what its case says now"
	raised := d.Hurry(now.Precedence, now.ToLife, warning.ByMatch, why, h.tx.Now)
	before := len(d.Reasons)
	if len(d.Cases) > 0 {
		d.GiveOf(match.MostReasons, plainly(now))
	} else {
		d.GiveOf(match.MostReasons, &now)
		if d.Handling = now.Handling; d.OpenedBy == warning.ByMatch {
			d.Title = now.Title
		}
	}
	raised = raised || len(d.Reasons) > before
	what := "the case was corrected"
	if !anew {
		what = "the case says more"
	}
	switch {
	case raised, anew && d.State != warning.DutyWarn:
		d.Reopen(warning.ByMatch, what, h.tx.Now)
	case anew:
		d.Grown = h.tx.Now
		d.Tell(warning.ByMatch, what, h.tx.Now)
	}
	return d
}

// crowded reports whether as many duties to a partner stand open, because of what
// this one warned of, as are shown one by one.
func (h *hearing) crowded(open []warning.Duty, partner string) bool {
	n := 0
	for _, d := range open {
		if d.From == h.channel.Name && d.Partner == partner && len(d.Cases) == 0 {
			n++
		}
	}
	return n >= mostOwed
}

// gather puts a duty to the one that gathers those of this partner, as urgent as
// the most urgent of them. It quotes nothing, so that no erasure of one of its
// cases takes anything from it.
func (h *hearing) gather(open []warning.Duty, duty warning.Duty) warning.Duty {
	gathers := func(d warning.Duty) bool {
		return d.From == h.channel.Name && d.Partner == duty.Partner && len(d.Cases) > 0 && len(d.Cases) < mostGathered && d.Fresh()
	}
	i := slices.IndexFunc(open, gathers)
	if i < 0 {
		first := *plainly(duty)
		first.Title, first.Handling = "more warnings of "+h.channel.Name+" than are shown one by one", handling.Handling{}
		first.Cases = []string{duty.Subject}
		return first
	}
	d := open[i]
	d.Cases, d.Grown = append(d.Cases, duty.Subject), h.tx.Now
	d.GiveOf(match.MostReasons, plainly(duty))
	d.Hurry(duty.Precedence, duty.ToLife, warning.ByMatch, "a warning of "+h.channel.Name, h.tx.Now)
	open[i] = d
	return d
}

// plainly is a duty with reasons that say which promise is met, and not on what:
// what follows may be in the letters of a warning.
func plainly(d warning.Duty) *warning.Duty {
	plain := d
	plain.Reasons, plain.ReasonsOf = nil, nil
	for i, words := range d.Reasons {
		if promise, _, ok := strings.Cut(words, "”: "); ok && i < len(d.ReasonsOf) {
			plain.Give(match.MostReasons, warning.DutyReason{Of: d.ReasonsOf[i], Words: promise + "” is met"})
		}
	}
	return &plain
}

// owedInQuarantine opens what is owed to others by a warning that waits in
// quarantine: whoever said it, somebody may be in danger. The duty says so, and
// people decide.
func (h *hearing) owedInQuarantine(w *warning.Warning, anew bool) error {
	c, ok, err := store.Cases.Find(h.tx, w.ID)
	if err != nil || !ok || c.Partner != h.channel.Name || c.Ours {
		return err
	}
	book, err := h.book()
	if err != nil {
		return err
	}
	watches, owed := book.Meets(h.subject(w), h.tx.Now)
	duties := match.Duties(owed, watches, match.Raise(w.Precedence, watches), w.ThreatToLife(), h.tx.Now)
	for i := range duties {
		duties[i].Give(0, warning.DutyReason{Words: "by a message of " + h.channel.Name + " that is in quarantine"})
	}
	return h.owe(w, &c, duties, anew)
}

// subject is what is matched of a warning of this partner.
func (h *hearing) subject(w *warning.Warning) match.Subject {
	subject := match.FromWarning(w, h.tx.Now)
	subject.From = h.channel.Name
	return subject
}
