// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds how a duty grows while it is not closed: what comes later is
// never swallowed by what was assessed or decided before it.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Past is an assessment, or a decision, that does not hold any more: why not, and
// by whom it was set aside.
type Past struct {
	At         time.Time   `json:"at"`
	By         string      `json:"by"`
	Why        string      `json:"why"`
	Assessment *Assessment `json:"assessment,omitempty"`
	Decision   *Decision   `json:"decision,omitempty"`
}

// Words are what was said and is set aside, and by whom.
func (p *Past) Words() string {
	var all []string
	if a := p.Assessment; a != nil {
		met := "the threshold is not met"
		if a.Met() {
			met = "the threshold is met"
		}
		all = append(all, a.By+" said: "+met)
	}
	if d := p.Decision; d != nil {
		said := d.By + " said: " + string(d.Choice)
		for _, more := range []string{string(d.Ground), d.Justification} {
			if more != "" {
				said += ": " + more
			}
		}
		all = append(all, said)
	}
	return strings.Join(all, "; ")
}

// FirstDue is when the duty was due first, however often people were called since.
func (d *Duty) FirstDue() time.Time {
	if d.First.IsZero() {
		return d.Due
	}
	return d.First
}

// About reports whether the duty was opened by that report, case or collection, or
// the case is one of those that it gathers.
func (d *Duty) About(subject string) bool {
	return d.Subject == subject || slices.Contains(d.Cases, subject)
}

// Subjects are what the duty is about: the one that opened it, and the cases that
// it gathers.
func (d *Duty) Subjects() (all []string) {
	for _, one := range append([]string{d.Subject}, d.Cases...) {
		if one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// Fresh reports whether nobody has assessed or decided the duty: what comes later
// may be put to it, since whoever decides sees it.
func (d *Duty) Fresh() bool {
	return d.State == DutyOpen && d.Assessment == nil && d.Decision == nil
}

// GrownSince reports whether something came to the duty since: an object, a reason, a
// correction, a higher precedence.
func (d *Duty) GrownSince(at time.Time) bool {
	return d.Grown.After(at)
}

// SetAside puts the assessment and the decision that hold among those that do not.
func (d *Duty) SetAside(assessment, decision bool, by, why string, now time.Time) {
	past := Past{At: now, By: by, Why: why}
	if assessment {
		past.Assessment, d.Assessment = d.Assessment, nil
	}
	if decision {
		past.Decision, d.Decision = d.Decision, nil
	}
	if past.Assessment != nil || past.Decision != nil {
		d.Past = append(d.Past, past)
	}
}

// Reopen lets what came since be assessed and decided anew; a duty that is closed
// stays so.
func (d *Duty) Reopen(by, why string, now time.Time) {
	if d.State.Closed() {
		return
	}
	d.Grown = now
	what := why
	if !d.Fresh() {
		what += ": open again, to be assessed and decided anew"
	}
	d.SetAside(true, true, by, why, now)
	d.State = DutyOpen
	d.Tell(by, what, now)
}

// NotWarned opens a duty again that a warning had closed which did not leave after
// all: to warn is decided, and its clock runs anew. It reports whether it did: not if
// the warning is on record as given by other means, too.
func (d *Duty) NotWarned(why string, now time.Time) bool {
	otherwise := func(g Given) bool {
		return g.Method != ByNode && (g.ConfirmedBy != "" || !d.ToLife || d.Decision != nil && d.Decision.By != g.By)
	}
	if d.State != DutyWarned || slices.ContainsFunc(d.Given, otherwise) {
		return false
	}
	d.First = d.FirstDue()
	d.State, d.Due = DutyWarn, now.Add(d.Precedence.AnswerWithin())
	d.Tell("node", why+": open still", now)
	return true
}

// Tell adds to the history, where the same again stands once: whoever repeats it
// fills nothing.
func (d *Duty) Tell(by, what string, now time.Time) {
	if last := len(d.History) - 1; last >= 0 && d.History[last].By == by && d.History[last].What == what {
		d.History[last].At = now
		return
	}
	d.History = append(d.History, Event{At: now, By: by, What: what})
}

// GiveOf gives the duty the reasons of another, as [Duty.Give] does.
func (d *Duty) GiveOf(most int, other *Duty) {
	for i, words := range other.Reasons {
		d.Give(most, DutyReason{Of: other.reasonOf(i), Words: words})
	}
}

// Hurry raises the duty to a precedence, and to a threat to life, which is
// IMMEDIATE at least; it never lowers. The clock runs from now if that is sooner.
func (d *Duty) Hurry(to handling.Precedence, life bool, by, why string, now time.Time) (raised bool) {
	if life = life || d.ToLife; life && to.Rank() < handling.Immediate.Rank() {
		to = handling.Immediate
	}
	if life && !d.ToLife {
		d.ToLife, raised = true, true
		d.History = append(d.History, Event{At: now, By: by, What: "a threat to life, by " + why})
	}
	if to.Rank() <= d.Precedence.Rank() {
		return raised
	}
	d.History = append(d.History, Event{At: now, By: by, What: fmt.Sprintf("raised from %s to %s by %s", d.Precedence, to, why)})
	d.Precedence = to
	due := now.Add(to.AnswerWithin())
	if first := d.FirstDue(); due.Before(first) {
		d.First = due
	}
	if due.Before(d.Due) {
		d.Due = due
	}
	return true
}

// Defer lets the duty wait as its decision says. Its first clock runs on: whoever
// is called then sees that it waits.
func (d *Duty) Defer(now time.Time) {
	d.First = d.FirstDue()
	d.State, d.Due = DutyDeferred, d.Decision.Until
	if d.First.After(now) && d.First.Before(d.Due) {
		d.Due = d.First
	}
}

// Deferred reports whether the duty was deferred before.
func (d *Duty) Deferred() bool {
	return d.Decision != nil && d.Decision.Choice == Defer ||
		slices.ContainsFunc(d.Past, func(p Past) bool { return p.Decision != nil && p.Decision.Choice == Defer })
}

// Needs says everything that speaks against a decision on this duty; second
// reports whether it counts only once a second officer has affirmed it. Whoever
// decides anything but to warn must have seen the duty as it is. A deferral lasts
// no longer than the clock of the precedence; one to life, and every one after the
// first, needs an assessment and a second officer, as a waiver does.
func (d *Duty) Needs(decision *Decision, now time.Time) (second bool, err error) {
	wrong := &list{}
	switch decision.Choice {
	case Waive:
		second = true
	case Defer:
		second = d.ToLife || d.Deferred()
		if within := d.Precedence.AnswerWithin(); decision.Until.After(now.Add(within)) {
			wrong.add("until: a deferral of a duty that is %s lasts %s at most", d.Precedence, within)
		}
		if second && d.Assessment == nil {
			wrong.add("assessment: a threat to life, and what was deferred before, is deferred only once somebody has said whether the information is credible and specific, and the threat impending")
		}
	}
	if decision.Choice != Warn && decision.Seen == "" {
		wrong.add("seen: say as what you have seen the duty: tocsin duty show %s", d.ID)
	}
	return second, wrong.join()
}

// Seen stands for the duty as it is shown: for what opened it and what is said of
// it, not for its clocks. Who decides says it, and decides nothing else.
func (d *Duty) Seen() string {
	raw, err := json.Marshal(struct {
		ID, Subject, Title string
		Reasons, Objects   []string
		Cases              []string
		Count              int
		Precedence         handling.Precedence
		ToLife             bool
		Assessment         *Assessment
		Decision           *Decision
	}{d.ID, d.Subject, d.Title, d.Reasons, d.Objects, d.Cases, d.ObjectCount, d.Precedence, d.ToLife, d.Assessment, d.Decision}, json.Deterministic(true))
	if err != nil {
		return "" // a duty that cannot be written has been seen by nobody
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}
