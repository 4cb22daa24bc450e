// SPDX-License-Identifier: Apache-2.0

package policy

// This file carries a plan out: it cuts a draft down to what leaves for one
// partner, and stops it if that repeats what must stay home.

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Result is what one partner would get, and why not more.
type Result struct {
	// Warning is exactly what would leave; zero if the plan does not allow it.
	Warning warning.Warning `json:"warning,omitzero"`
	Plan    Plan            `json:"plan"`
	// Cuts lists what was cut from fields and objects, by redact's rules.
	Cuts []redact.Cut `json:"cuts,omitempty"`
	// Leaks lists what the release repeats; if there is one, nothing leaves.
	Leaks []redact.Leak `json:"leaks,omitempty"`
	// Flags lists what may let the partner infer more; they stop nothing.
	Flags []redact.Leak `json:"flags,omitempty"`
	// Limits are how exactly the partner was told.
	Limits partner.Limits `json:"limits,omitzero"`
	// IDs maps the ids that objects have here to those the partner gets. It stays
	// home.
	IDs map[string]string `json:"-"`
}

// Cut decides and cuts a draft for one partner, who is told where and when as
// exactly as the draft says; see [Cutter.Cut].
func (r *Rules) Cut(draft *warning.Draft, to Partner, facts Facts, source *warning.Source, newID string, now time.Time) Result {
	return r.NewCutter(draft, facts, source, now).Cut(to, partner.Limits{}, newID)
}

// A Cutter cuts one draft for many partners: what is known of it is gathered, and
// what must stay home is prepared for the leak check, once.
type Cutter struct {
	matter *Matter
	draft  *warning.Draft
	source *warning.Source
	now    time.Time
	guard  *redact.Guard

	// Spread says by how much earlier each copy says that it was made, so that two
	// partners who compare theirs cannot tell by the time that they were made of one
	// draft. Nil is not at all.
	Spread func() time.Duration

	mu     sync.Mutex
	beside map[string]*redact.Guard // by the partner whose own words it leaves out
	left   map[string]*redact.Guard // by what it guards
	said   map[string][]objectText  // by the object
}

// NewCutter prepares the cutting of a draft. Source is the report the draft
// names, nil if it names none; a draft whose report is not at hand cannot be
// checked for leaks, and stays. What partners gave us that the draft is about is
// in the facts, and checked in the same way.
func (r *Rules) NewCutter(draft *warning.Draft, facts Facts, source *warning.Source, now time.Time) *Cutter {
	if source != nil {
		facts.Source = Provenance{Partner: source.Origin, Handling: source.Handling}
	}
	return &Cutter{matter: r.About(draft, facts, now), draft: draft, source: source, now: now, guard: newGuard([]*warning.Draft{draft}, append(facts.given(), source))}
}

// Cut decides and cuts the draft for one partner. The warning gets newID.
//
// Beyond what [Rules.Decide] says, times and places are made no more exact than
// their fidelity and precision and than the limits, objects are cut by
// redact.Apply and marked with what the handling says beside its label, see
// [Restriction], and what is left must be a valid warning that leaks nothing.
// Whatever stops it is a reason in the plan.
func (c *Cutter) Cut(to Partner, limits partner.Limits, newID string) Result {
	result := Result{Plan: c.matter.Decide(to), Limits: limits}
	if c.draft.Source != "" && (c.source == nil || c.source.ID != c.draft.Source) {
		result.Plan.Refuse(RuleLeak, "source", "the source report is not at hand, so the release cannot be checked against it")
	}
	if !result.Plan.Allowed {
		return result
	}
	m, err := c.cutFor(result.Plan, to, limits, newID)
	if err != nil {
		result.Plan.Refuse(RuleObject, "objects", err.Error())
		return result
	}
	release := m.warning
	result.Cuts = append(m.blurred, m.cuts...)
	result.Plan.dropped(m.cuts, m.ids)
	if err := release.Validate(); err != nil {
		result.Plan.Refuse(RuleMinimum, "warning", strings.ReplaceAll(err.Error(), "\n", "; "))
		return result
	}
	texts := Texts(&release)
	if c.draft.ByClock { // whatever the hour: it tells nothing of the source
		texts = slices.DeleteFunc(texts, func(text redact.NamedText) bool { return text.Name == "answer_by" })
	}
	if result.Leaks = c.leaks(to, m.left, texts); len(result.Leaks) > 0 {
		for _, leak := range result.Leaks {
			result.Plan.Refuse(RuleLeak, leak.Field, leakText(leak))
		}
		return result
	}
	result.Flags = slices.Concat(c.guard.Flags(texts), pinned(&release), unlisted(&release), c.unguarded())
	result.Warning, result.IDs = release, m.ids
	return result
}

// FlagUnguarded is the flag of a draft that was held against nothing.
const FlagUnguarded redact.LeakRule = "no source"

// unguarded flags a draft that names nothing it rests on: the leak check knows
// nothing that must stay home.
func (c *Cutter) unguarded() []redact.Leak {
	if c.source != nil || len(c.matter.facts.Given) > 0 {
		return nil
	}
	return []redact.Leak{{Rule: FlagUnguarded, Field: "source", Words: "no source report and no duty is named: the texts were held against nothing"}}
}

// FlagPinned is the flag of a place and a time that are both so exact that few
// can know both.
const FlagPinned redact.LeakRule = "place and time"

// pinned flags a warning that says both where and when to the point.
func pinned(w *warning.Warning) []redact.Leak {
	place := w.Target.Place
	exactly := place.Detail != "" || place.Latitude != nil && place.Precision < 1000
	if w.Window.Fidelity != "minute" && w.Window.Fidelity != "second" || !exactly {
		return nil
	}
	return []redact.Leak{{Rule: FlagPinned, Field: "window to target.place", Words: place.String()}}
}

// dropped corrects the reasons of objects that redact dropped whole.
func (p *Plan) dropped(cuts []redact.Cut, ids map[string]string) {
	whole := make(map[string]redact.Cut)
	for _, cut := range cuts {
		if cut.Path == "" {
			whole[cut.Object] = cut
		}
	}
	for i, reason := range p.Reasons {
		cut, dropped := whole[reason.Field]
		if _, leaves := ids[reason.Field]; dropped && !leaves && reason.Effect == Allow {
			p.Reasons[i] = Reason{Rule: RuleObject, Field: reason.Field, Effect: Withhold, Text: string(cut.Rule) + ": " + cut.Reason}
		}
	}
}

func leakText(leak redact.Leak) string {
	if leak.Rule == redact.LeakHidden {
		return fmt.Sprintf("byte %d begins %s, a character that nobody sees; leave it out", leak.Start, leak.Words)
	}
	if leak.Source == redact.TooMany {
		return "too many names to check: say which fields of the report may be repeated, or keep it in parts"
	}
	what := map[redact.LeakRule]string{
		redact.LeakWords:       "five or more consecutive words",
		redact.LeakIdentifier:  "an identifier",
		redact.LeakTime:        "an exact time",
		redact.LeakCoordinates: "coordinates",
		redact.LeakName:        "a person's name",
	}[leak.Rule]
	return fmt.Sprintf("bytes %d to %d repeat %s of %s; say it differently", leak.Start, leak.End, what, quoted(leak.Source))
}

func quoted(source string) string {
	if source == redact.Known || source == limited || strings.HasSuffix(source, withheldHere) {
		return source
	}
	return fmt.Sprintf("the source-sensitive field %q", source)
}

// Leaks finds what texts on their way out repeat of the source reports and of
// the ids the drafts and their objects have here. There may be none of either.
func Leaks(release []redact.NamedText, drafts []*warning.Draft, sources ...*warning.Source) []redact.Leak {
	return newGuard(drafts, sources).Leaks(release)
}

// newGuard guards the source reports and the ids of the drafts.
func newGuard(drafts []*warning.Draft, sources []*warning.Source) *redact.Guard {
	sensitive, open := guarded(drafts, sources)
	return redact.NewGuard(sensitive, known(drafts, sources), open...)
}

// guarded are the texts of source reports that must stay home, and those that may
// leave: what drafts and reports say openly of who is threatened, where and when
// is no secret.
func guarded(drafts []*warning.Draft, sources []*warning.Source) (sensitive []redact.NamedText, open []string) {
	said := func(target warning.Target, window warning.Window) {
		open = append(append(open, target.Name, target.Place.String()), windowDays(window)...)
	}
	for _, draft := range drafts {
		w := &draft.Warning
		said(w.Target, w.Window)
		open = append(append(open, w.Actor), w.Recipients...)
	}
	for _, source := range sources {
		if source == nil {
			continue
		}
		said(source.Target, source.Window)
		sensitive = append(sensitive, redact.NamedText{Name: "title", Text: source.Title})
		for _, field := range source.Fields {
			if field.Open {
				open = append(open, field.Text)
			} else {
				sensitive = append(sensitive, redact.NamedText{Name: field.Name, Text: field.Text})
			}
		}
	}
	return sensitive, open
}

// known are the strings that must not be repeated wherever they come from.
func known(drafts []*warning.Draft, sources []*warning.Source) []string {
	var all []string
	add := func(id string) {
		if id != "" {
			all = append(all, bareID(id))
		}
	}
	for _, draft := range drafts {
		add(draft.ID)
		add(draft.Duty)
		add(draft.Source)
		for _, raw := range draft.Objects {
			if object, err := stix.Parse(raw); err == nil && object.Type() != "marking-definition" {
				add(object.ID())
			}
		}
	}
	for _, source := range sources {
		if source == nil {
			continue
		}
		add(source.ID)
		all = append(all, references(source)...)
	}
	return all
}

// references are the sensitive fields of a report that hold a reference.
func references(source *warning.Source) (all []string) {
	for _, field := range source.Sensitive() {
		if referenceName.MatchString(field.Name) && len(redact.Words(field.Text)) <= 6 {
			all = append(all, field.Text)
		}
	}
	return all
}

// referenceName is the name of a field that holds a reference, not a story.
var referenceName = regexp.MustCompile(`(?i)\b(ref|refs|reference|references|id|no|nr|number|case|file|serial|codename|code name|cryptonym|callsign|asset|agent|informant|handle|alias)\b`)

// bareID is the part of an id that is its own, without its type.
func bareID(id string) string {
	if _, unique, ok := strings.Cut(id, "--"); ok {
		return unique
	}
	return id
}

// Texts are all texts of a warning that leave, by field, for the leak check.
// Times stand among them where they are given to the minute or second, as they
// are written and in UTC, and coordinates, and how exact these are.
func Texts(w *warning.Warning) []redact.NamedText {
	place := w.Target.Place
	all := []redact.NamedText{
		{Name: "text", Text: w.Text},
		{Name: "method", Text: w.Method},
		{Name: "threat_actor", Text: w.Actor},
		{Name: "recommended_action", Text: w.Action},
		{Name: "target.name", Text: w.Target.Name},
		{Name: "target.place.city", Text: place.City},
		{Name: "target.place.detail", Text: place.Detail},
		{Name: "handling.note", Text: w.Handling.Note},
		{Name: "purpose", Text: w.Purpose},
	}
	for _, recipient := range w.Recipients {
		all = append(all, redact.NamedText{Name: "recipients", Text: recipient})
	}
	for _, p := range w.Persons {
		for _, text := range []string{p.Name, p.Text, p.Reason} {
			all = append(all, redact.NamedText{Name: "persons", Text: text})
		}
	}
	all = append(all, moment("answer_by", w.AnswerBy)...)
	if w.Window.Fidelity == "minute" || w.Window.Fidelity == "second" {
		all = append(all, moment("window.start", w.Window.Start)...)
		all = append(all, moment("window.end", w.Window.End)...)
	}
	if place.Precision != 0 {
		all = append(all, redact.NamedText{Name: "target.place.precision", Text: strconv.FormatFloat(place.Precision, 'f', -1, 64)})
	}
	if place.Latitude != nil && place.Longitude != nil {
		all = append(all, redact.NamedText{Name: "target.place", Text: redact.Point(*place.Latitude, *place.Longitude)})
	}
	return append(all, redact.Texts(w.Objects)...)
}

// moment is a time as a text, in the zone in which it is written and in UTC.
func moment(name string, at time.Time) []redact.NamedText {
	if at.IsZero() {
		return nil
	}
	written, utc := at.Format(time.RFC3339), at.UTC().Format(time.RFC3339)
	all := []redact.NamedText{{Name: name, Text: written}}
	if utc != written {
		all = append(all, redact.NamedText{Name: name, Text: utc})
	}
	return all
}
