// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds duties and watches. What a duty's record says beside the
// decision stands in dutyrecord.go.

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Watch raises the precedence of what touches it.
type Watch struct {
	ID     string              `json:"id" yaml:"-"` // "watch--" and a UUID
	Event  string              `json:"event" yaml:"event"`
	Places []string            `json:"places" yaml:"places"` // ISO 3166-1 or -2 codes
	Cities []City              `json:"cities,omitempty" yaml:"cities"`
	Areas  []Area              `json:"areas,omitempty" yaml:"areas"`
	Words  []string            `json:"words,omitempty" yaml:"words"` // as those of a pledge
	Window Window              `json:"window" yaml:"window"`
	Raise  handling.Precedence `json:"raise_to" yaml:"raise_to"` // at least this precedence
	By     string              `json:"by,omitempty" yaml:"-"`
	At     time.Time           `json:"at,omitzero" yaml:"-"`
	// Ended is when somebody ended it before its window did, who, and why.
	Ended     time.Time `json:"ended,omitzero" yaml:"-"`
	EndedBy   string    `json:"ended_by,omitempty" yaml:"-"`
	EndReason string    `json:"end_reason,omitempty" yaml:"-"`
}

// Until is when the watch ends, or ended: the end of its window, or before it where
// somebody ended it.
func (w *Watch) Until() time.Time {
	if !w.Ended.IsZero() && w.Ended.Before(w.Window.End) {
		return w.Ended
	}
	return w.Window.End
}

// State says in words how the watch stands at a moment.
func (w *Watch) State(now time.Time) string {
	switch {
	case !w.Ended.IsZero():
		return "ended by " + w.EndedBy + ": " + w.EndReason
	case !now.Before(w.Window.End):
		return "over"
	case now.Before(w.Window.Start):
		return "to come"
	}
	return "holds"
}

// Validate says everything that is wrong, or nil.
func (w *Watch) Validate() error {
	wrong := &list{}
	wrong.needed("event", w.Event, MaxWord)
	if len(w.Places)+len(w.Cities)+len(w.Areas)+len(w.Words) == 0 {
		wrong.add("watch: say where, or which words it listens for")
	}
	wrong.places("places", w.Places)
	wrong.cities(w.Cities)
	wrong.areas(w.Areas)
	wrong.words("words", w.Words)
	wrong.stars("words", w.Words)
	if w.Window.Start.IsZero() || w.Window.End.IsZero() {
		wrong.add("window: a watch has a start and an end")
	}
	wrong.window(w.Window)
	wrong.in("raise_to", handling.Exact(w.Raise, handling.ParsePrecedence))
	return wrong.join()
}

// Where is what the watch listens for, each as people write it.
func (w *Watch) Where() []string {
	return slices.Concat(w.Places, CityNames(w.Cities), AreaNames(w.Areas), w.Words)
}

func (l *list) places(field string, codes []string) {
	if len(codes) > 3*MaxList {
		l.add("%s: too many", field)
	}
	for _, code := range codes {
		if !countryCode(code) && !regionCode(code) {
			l.add("%s: %q is not an ISO 3166 code such as RU or RU-SPE", field, code)
		}
	}
}

// ByMatch is who opens a duty, or raises one, that no person did.
const ByMatch = "match"

// A DutyReason is why a duty was opened, in words, and of what: the id of the
// pledge, the watch or the question that was met.
type DutyReason struct{ Of, Words string }

// PledgeReason and WatchReason are the reasons that a pledge, or a watch, was met,
// on what.
func PledgeReason(p *Pledge, on string) DutyReason {
	return DutyReason{p.ID, "pledge “" + p.Text + "”: " + on}
}

func WatchReason(w *Watch, on string) DutyReason {
	return DutyReason{w.ID, "watch “" + w.Event + "”: " + on}
}

// Give adds reasons that the duty does not have, while it has fewer than most; 0
// is no bound.
func (d *Duty) Give(most int, reasons ...DutyReason) {
	for _, r := range reasons {
		if most > 0 && len(d.Reasons) >= most {
			return
		}
		if i := slices.Index(d.Reasons, r.Words); i >= 0 && d.reasonOf(i) == r.Of {
			continue
		}
		for len(d.ReasonsOf) < len(d.Reasons) {
			d.ReasonsOf = append(d.ReasonsOf, "") // of an older program, which kept the words alone
		}
		for len(d.Reasons) < len(d.ReasonsOf) {
			d.Reasons = append(d.Reasons, "") // erased
		}
		d.Reasons, d.ReasonsOf = append(d.Reasons, r.Words), append(d.ReasonsOf, r.Of)
	}
}

func (d *Duty) reasonOf(i int) string {
	if i < len(d.ReasonsOf) {
		return d.ReasonsOf[i]
	}
	return ""
}

// met reports whether one of the reasons is of what is looked for; of one that an
// older program kept, whether its words begin so.
func (d *Duty) met(is func(id string) bool, words string) bool {
	for i := range max(len(d.Reasons), len(d.ReasonsOf)) {
		of := d.reasonOf(i)
		if of != "" && is(of) || of == "" && i < len(d.Reasons) && strings.HasPrefix(d.Reasons[i], words) {
			return true
		}
	}
	return false
}

// Pledged reports whether a pledge opened the duty, or was met since.
func (d *Duty) Pledged() bool {
	return d.met(func(id string) bool { return strings.HasPrefix(id, "pledge--") }, "pledge “")
}

// RaisedBy reports whether a watch is among the reasons.
func (d *Duty) RaisedBy(w *Watch) bool {
	return d.met(func(id string) bool { return id == w.ID }, WatchReason(w, "").Words)
}

// Matched reports whether a match opened the duty, and no person or partner.
func (d *Duty) Matched() bool { return len(d.History) > 0 && d.History[0].By == ByMatch }

// A Duty is a duty to warn: it cannot be closed without a decision. ICD 191
type Duty struct {
	ID       string    `json:"id"` // "duty--" and a UUID
	Opened   time.Time `json:"opened"`
	OpenedBy string    `json:"opened_by"`
	Partner  string    `json:"partner"` // whom we owe the warning
	Subject  string    `json:"subject"` // the source report, case or collection that opened it
	// Handling is that of what opened it, whose words stand in the title and the
	// reasons.
	Handling handling.Handling `json:"handling,omitzero"`
	Title    string            `json:"title"`
	Reasons  []string          `json:"reasons"` // which pledge or watch matched, on what
	// ReasonsOf are the ids of the pledges, the watches or the question that the
	// reasons are of, in the same order; empty for one of none. They stay when the
	// words are erased.
	ReasonsOf  []string            `json:"reasons_of,omitempty"`
	Precedence handling.Precedence `json:"precedence"`
	ToLife     bool                `json:"threat_to_life"`
	Due        time.Time           `json:"due"`
	First      time.Time           `json:"first_due,omitzero"` // see FirstDue
	Grown      time.Time           `json:"grown,omitzero"`     // when something came to it last
	// From is the partner whose message opened it, and Cases those of its warnings
	// that it gathers, if they are too many to open a duty each.
	From  string   `json:"from,omitempty"`
	Cases []string `json:"cases,omitempty"`
	// Objects are the first of the STIX objects that opened it, by their ids, and
	// ObjectCount how many they are.
	Objects     []string `json:"objects,omitempty"`
	ObjectCount int      `json:"object_count,omitzero"`
	// Escalated counts how often the clock ran out without a decision; Called are
	// those who were called to decide, in order.
	Escalated int       `json:"escalated,omitzero"`
	Called    []Call    `json:"called,omitempty"`
	State     DutyState `json:"state"`
	Decision  *Decision `json:"decision,omitempty"`
	// As is as what the duty is seen, where it is shown; see Seen. It is not kept.
	As string `json:"seen,omitempty"`
	// Withheld says why what the duty is about is not shown; see Withhold. It is not
	// kept, either.
	Withheld string `json:"withheld,omitempty"`
	// Past are the assessments and decisions that do not hold any more, in order.
	Past []Past `json:"past,omitempty"`
	// Draft is the warning that answers the duty.
	Draft   string  `json:"draft,omitempty"`
	History []Event `json:"history,omitempty"`

	// The record, as it grows.
	Role            string         `json:"detected_by_role,omitempty"`
	AcquiredAt      time.Time      `json:"info_acquired_at,omitzero"`
	Assessment      *Assessment    `json:"assessment,omitempty"`
	Exigent         *Exigent       `json:"exigent,omitempty"` // the warning was released by one person alone
	Consulted       []Consultation `json:"consulted,omitempty"`
	Consent         string         `json:"originator_consent_ref,omitempty"`
	Given           []Given        `json:"given,omitempty"`
	Notified        []Notice       `json:"notified,omitempty"`
	Disputes        []Difference   `json:"dispute,omitempty"`
	Outcome         string         `json:"outcome_ref,omitempty"`
	RetentionReview Date           `json:"retention_review_due,omitempty"`
}

// Caller is who was called last; empty if nobody was.
func (d *Duty) Caller() string {
	if len(d.Called) == 0 {
		return ""
	}
	return d.Called[len(d.Called)-1].Who
}

// Asked reports whether a partner's question opened it.
func (d *Duty) Asked() bool { return strings.HasPrefix(d.Subject, "inquiry--") }

// Call calls somebody to decide, and returns the name; an empty one calls nobody.
func (d *Duty) Call(name, why string, now time.Time) string {
	if name != "" {
		d.Called = append(d.Called, Call{Who: name, At: now, Why: why})
		d.History = append(d.History, Event{At: now, By: "clock", What: name + " is called to decide"})
	}
	return name
}

// Add adds to the record. A warning that was given by other means than the node
// closes a duty that was decided so; one to life only if somebody else than who
// decided says so, or confirms it.
func (d *Duty) Add(a Addition, by string, now time.Time) {
	d.History = append(d.History, Event{At: now, By: by, What: a.Added()})
	if a.Consulted != nil {
		d.Consulted = append(d.Consulted, *a.Consulted)
	}
	closes := a.Confirmed
	if a.Given != nil {
		given := *a.Given
		given.By = by
		d.Given = append(d.Given, given)
		closes = closes || !d.ToLife || d.Decision != nil && d.Decision.By != by
	}
	if i := d.unconfirmed(); a.Confirmed && i >= 0 {
		d.Given[i].ConfirmedBy = by
	}
	switch {
	case d.State != DutyWarn:
	case closes:
		d.State = DutyWarned
		d.History = append(d.History, Event{At: now, By: by, What: "warned"})
	case a.Given != nil:
		d.History = append(d.History, Event{At: now, By: by, What: "to be confirmed by another person"})
	}
	if a.Notified != nil {
		d.Notified = append(d.Notified, *a.Notified)
	}
	if a.Dispute != nil {
		d.Disputes = append(d.Disputes, *a.Dispute)
	}
	if a.Consent != "" {
		d.Consent = a.Consent
	}
	if a.Outcome != "" {
		d.Outcome = a.Outcome
	}
	if a.RetentionReview != "" {
		d.RetentionReview = a.RetentionReview
	}
}

// unconfirmed is the place of the warning that was recorded last as given by other
// means, and that nobody has confirmed; -1 if there is none.
func (d *Duty) unconfirmed() int {
	for i := len(d.Given) - 1; i >= 0; i-- {
		if g := d.Given[i]; g.Method != ByNode && g.ConfirmedBy == "" {
			return i
		}
	}
	return -1
}

// Confirms reports whether it waits to be confirmed that the warning was given as it
// is on record, and whether somebody other than by put it there.
func (d *Duty) Confirms(by string) (waits, other bool) {
	i := d.unconfirmed()
	return i >= 0 && d.State == DutyWarn, i >= 0 && d.Given[i].By != by
}

// DutyState says how far a duty is.
type DutyState string

const (
	DutyOpen     DutyState = "open"
	DutyDeferred DutyState = "deferred" // open again when its time comes
	DutyProposed DutyState = "proposed" // a waiver, or a deferral, waits for the second officer
	DutyWarn     DutyState = "warn"     // decided: a warning must be released
	DutyWarned   DutyState = "warned"   // the warning was released
	DutyWaived   DutyState = "waived"
	DutyNotMet   DutyState = "threshold_not_met"
)

// Unclosed lists the states in which a duty is not closed.
func Unclosed() []string {
	return []string{string(DutyOpen), string(DutyDeferred), string(DutyProposed), string(DutyWarn)}
}

// Closed reports whether nothing more is owed.
func (s DutyState) Closed() bool { return s == DutyWarned || s == DutyWaived || s == DutyNotMet }

// Event is one line of a history.
type Event struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What string    `json:"what"`
}

// Decision is what was decided about a duty, by whom, and why. ICD 191
type Decision struct {
	Choice        Choice    `json:"choice"`
	Ground        Ground    `json:"ground,omitempty"`
	Justification string    `json:"justification,omitempty"`
	Until         time.Time `json:"until,omitzero"` // of a deferral
	Seen          string    `json:"seen,omitempty"` // as what the duty was seen; see [Duty.Seen]
	By            string    `json:"by"`
	Role          string    `json:"role,omitempty"` // in which it was decided
	At            time.Time `json:"at"`
	AffirmedBy    string    `json:"affirmed_by,omitempty"` // the second officer of a waiver, or of a deferral
	AffirmedAt    time.Time `json:"affirmed_at,omitzero"`
}

// Choice is one of the four decisions.
type Choice string

const (
	Warn            Choice = "warn"
	Waive           Choice = "waive"
	ThresholdNotMet Choice = "threshold_not_met"
	Defer           Choice = "defer"
)

func (c Choice) String() string { return string(c) }

// Choices lists the four decisions.
func Choices() []string {
	return []string{string(Warn), string(Waive), string(ThresholdNotMet), string(Defer)}
}

// Ground is why a warning may be waived. The last three are from memory of the
// directive, not verified; see docs/duty.md. ICD 191
type Ground string

func (g Ground) String() string { return string(g) }

// Grounds lists every ground of a waiver.
func Grounds() []string {
	return []string{"endangers_personnel", "endangers_sources", "endangers_methods", "endangers_intelligence_operations",
		"endangers_defence_operations", "victim_terrorist_or_direct_supporter", "victim_assassin", "victim_drug_trafficker",
		"victim_violent_crime", "victim_in_armed_conflict", "victim_already_aware", "foreign_liaison_equity", "no_reasonable_way"}
}

// Fits refuses a decision that the assessment of the threat speaks against, or
// that needs one: whoever warns or waits may do so at once, since doubt is resolved
// in favour of informing. ICD 191
func (d *Decision) Fits(a *Assessment) error {
	wrong := &list{}
	switch {
	case d.Choice != Waive && d.Choice != ThresholdNotMet:
	case a == nil:
		wrong.add("assessment: say first whether the information is credible and specific, and the threat impending")
	case d.Choice == ThresholdNotMet && a.Met():
		wrong.add("choice: by the assessment the threshold is met: warn, waive, or assess anew")
	}
	return wrong.join()
}

// Validate says everything that is wrong, or nil. A deferral needs a time after
// now and a reason, a waiver a ground and a reason.
func (d *Decision) Validate(now time.Time) error {
	wrong := &list{}
	wrong.word("choice", d.Choice, Choices())
	wrong.text("justification", d.Justification, MaxText)
	if d.Choice != Warn && strings.TrimSpace(d.Justification) == "" {
		wrong.add("justification: say why")
	}
	if d.Choice == Waive && !slices.Contains(Grounds(), string(d.Ground)) {
		wrong.add("ground: a waiver needs one of the grounds of ICD 191: %s", strings.Join(Grounds(), ", "))
	}
	if d.Choice != Waive && d.Ground != "" {
		wrong.add("ground: only a waiver has a ground")
	}
	if d.Choice == Defer && !d.Until.After(now) {
		wrong.add("until: a deferral ends at a time to come")
	}
	return wrong.join()
}
