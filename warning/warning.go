// SPDX-License-Identifier: Apache-2.0

// Package warning holds the nouns of the exchange: what one service says to
// another (a warning, an acknowledgement, a question, an outcome, thanks, a
// pledge, a dispute), and what it keeps at home (a source report, a draft, a
// duty, a watch, a statement).
//
// The nouns do no I/O and read no clock. What travels is written as canonical
// JSON by Encode and read strictly by Decode: unknown members, duplicate names
// and unknown vocabulary are refused.
package warning

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Limits on what a person may write. Sizes are in bytes of UTF-8.
const (
	MaxText    = 32 << 10 // one free text
	MaxWord    = 512      // one short field
	MaxObjects = 1000     // attached STIX objects
	MaxList    = 100      // entries in any other list
)

// A Warning is what a partner receives: cut for it, with identifiers of its
// own, naming no source.
type Warning struct {
	// ID is "warning--" and a random UUID, new for every recipient.
	ID string `json:"id"`
	// Handling stands above everything that is said.
	Handling   handling.Handling `json:"handling"`
	Target     Target            `json:"target"`
	ThreatType ThreatType        `json:"threat_type"`
	Window     Window            `json:"window,omitzero"`
	Method     string            `json:"method,omitempty"`
	Actor      string            `json:"threat_actor,omitempty"`
	// Action is what the recipient is advised to do.
	Action string `json:"recommended_action,omitempty"`

	Precedence handling.Precedence `json:"precedence"`
	// AnswerBy is when a named human must have acknowledged.
	AnswerBy time.Time `json:"answer_by,omitzero"`

	// Probability of the event and confidence in the judgement are two
	// different things and are never turned into one another. ICD 203.
	Probability handling.Probability `json:"probability,omitempty"`
	Confidence  handling.Confidence  `json:"confidence,omitempty"`
	Grade       handling.Grade       `json:"grade,omitempty"`

	// Recipients are the named persons a TLP:RED warning is for.
	Recipients []string `json:"recipients,omitempty"`
	Purpose    string   `json:"purpose"`
	// Review is the date by which both sides must decide anew whether to keep it.
	Review Date `json:"review"`

	// Persons are those the warning names, if it names any.
	Persons []Person `json:"persons,omitempty"`
	// Text is the tear line: the release text written for this partner.
	Text string `json:"text"`
	// Objects are attached STIX 2.1 objects, cut and renamed.
	Objects []jsontext.Value `json:"objects,omitempty"`
}

// Target is who or what is threatened.
type Target struct {
	Kind          TargetKind `json:"kind"`
	Name          string     `json:"name,omitempty"`
	Place         Place      `json:"place,omitzero"`
	Nationalities []string   `json:"nationalities,omitempty"` // ISO 3166-1 alpha-2
}

// Place is where, as exactly as the author allows.
type Place struct {
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Region  string `json:"region,omitempty"`  // ISO 3166-2, such as RU-SPE
	City    string `json:"city,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Latitude and Longitude in decimal degrees, Precision in metres. STIX 2.1 §4.9
	Latitude  *float64 `json:"latitude,omitempty"`
	Longitude *float64 `json:"longitude,omitempty"`
	Precision float64  `json:"precision,omitzero"`
}

// In is the country the place is in: as it says, or that of its region.
func (p Place) In() string {
	if p.Country != "" {
		return p.Country
	}
	country, _, _ := strings.Cut(p.Region, "-")
	return country
}

// String is the place in words, from the narrow to the wide.
func (p Place) String() string {
	var words []string
	for _, word := range []string{p.Detail, p.City, p.Region, p.Country} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// Window is when the threat is expected, no more exact than its fidelity says.
type Window struct {
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	Fidelity Fidelity  `json:"fidelity,omitempty"`
}

// IsZero reports whether nothing is said of the time. The zero moment says
// nothing in whatever zone it is written.
func (w Window) IsZero() bool { return w.Start.IsZero() && w.End.IsZero() && w.Fidelity == "" }

// Touches reports whether the two windows overlap. A window without a start or
// an end is open on that side.
func (w Window) Touches(other Window) bool {
	before := !w.End.IsZero() && !other.Start.IsZero() && w.End.Before(other.Start)
	after := !w.Start.IsZero() && !other.End.IsZero() && w.Start.After(other.End)
	return !before && !after
}

// ThreatToLife reports whether the warning concerns somebody's life or body:
// it then passes a limited channel and is shown at once even from a suspended one.
func (w *Warning) ThreatToLife() bool { return w.ThreatType.ToLife() }

// Spell spells the words of the field exactly, where they are known in another
// spelling: people write "flash", and what travels says FLASH.
func (w *Warning) Spell() {
	w.Precedence = handling.Spelled(w.Precedence, handling.ParsePrecedence)
	w.Probability = handling.Spelled(w.Probability, handling.ParseProbability)
	w.Confidence = handling.Spelled(w.Confidence, handling.ParseConfidence)
	w.Grade = handling.Spelled(w.Grade, handling.ParseGrade)
	w.Handling = w.Handling.Spelled()
}

// Validate says everything that is wrong with w at once, or nil. It also keeps
// the actionable minimum of a tear line: who or what, where, when, how sure,
// what, and by when to answer. ICD 209
func (w *Warning) Validate() error {
	wrong := &list{}
	wrong.name("id", w.ID, "warning--")
	wrong.target(w.Target)
	wrong.word("threat_type", w.ThreatType, ThreatTypes())
	wrong.window(w.Window)
	wrong.text("method", w.Method, MaxText)
	wrong.text("threat_actor", w.Actor, MaxWord)
	wrong.text("recommended_action", w.Action, MaxText)
	wrong.in("precedence", handling.Exact(w.Precedence, handling.ParsePrecedence))
	if w.AnswerBy.IsZero() {
		wrong.add("answer_by: say by when a human must have answered")
	}
	if w.Probability == "" {
		wrong.add("probability: say how probable the event is, in a word of ICD 203: almost no chance, very unlikely, unlikely, roughly even chance, likely, very likely or almost certain")
	} else {
		wrong.in("probability", handling.Exact(w.Probability, handling.ParseProbability))
	}
	if w.Confidence == "" {
		wrong.add("confidence: say how good the basis is: low, moderate or high")
	} else {
		wrong.in("confidence", handling.Exact(w.Confidence, handling.ParseConfidence))
	}
	if w.Grade != "" {
		wrong.in("grade", handling.Exact(w.Grade, handling.ParseGrade))
	}
	wrong.in("handling", w.Handling.Validate())
	if w.Handling.TLP == handling.Red && len(w.Recipients) == 0 {
		wrong.add("recipients: TLP:RED is for named persons; name them")
	}
	if len(w.Recipients) > MaxList {
		wrong.add("recipients: at most %d", MaxList)
	}
	for _, recipient := range w.Recipients {
		wrong.needed("recipients", recipient, MaxWord)
	}
	wrong.needed("purpose", w.Purpose, MaxWord)
	wrong.date("review", w.Review, true)
	wrong.persons(w.Persons)
	wrong.needed("text", w.Text, MaxText)
	if len(w.Objects) > MaxObjects {
		wrong.add("objects: at most %d", MaxObjects)
	}
	return wrong.join()
}

// A list gathers everything that is wrong, so that a person is told it all at once.
type list struct{ errs []error }

func (l *list) add(format string, args ...any) { l.errs = append(l.errs, fmt.Errorf(format, args...)) }

func (l *list) err(err error) {
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

// in adds what is wrong with a field whose own error does not name it.
func (l *list) in(field string, err error) {
	if err != nil {
		l.errs = append(l.errs, &fieldError{field, err})
	}
}

// fieldError says which field an error of a word of package handling is about.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string {
	return e.field + ": " + strings.TrimPrefix(e.err.Error(), "handling: ")
}

func (e *fieldError) Unwrap() error { return e.err }

// name refuses an id that is not its type, two hyphens, and letters, digits and
// hyphens: it names a record and stands in addresses.
func (l *list) name(field, id, prefix string) {
	if id == "" {
		l.add("%s: must be said", field)
		return
	}
	rest, found := strings.CutPrefix(id, prefix)
	plain := strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
	if !found || rest == "" || len(id) > 100 || !plain {
		l.add("%s: must be %s and a UUID", field, prefix)
	}
}

func (l *list) join() error { return errors.Join(l.errs...) }

func (l *list) text(field, s string, limit int) {
	if len(s) > limit {
		l.add("%s: at most %d bytes, got %d", field, limit, len(s))
	}
}

func (l *list) needed(field, s string, limit int) {
	if strings.TrimSpace(s) == "" {
		l.add("%s: must be said", field)
	}
	l.text(field, s, limit)
}

func (l *list) words(field string, words []string) {
	if len(words) > MaxList {
		l.add("%s: at most %d", field, MaxList)
	}
	for _, word := range words {
		l.needed(field, word, MaxWord)
	}
}

func (l *list) countries(field string, codes []string) {
	if len(codes) > 2*MaxList+MaxList {
		l.add("%s: too many", field)
	}
	for _, code := range codes {
		if !countryCode(code) {
			l.add("%s: %q is not an ISO 3166-1 alpha-2 code such as RU", field, code)
		}
	}
}

func (l *list) target(t Target) {
	l.word("target.kind", t.Kind, TargetKinds())
	if t.Name == "" && t.Place == (Place{}) && len(t.Nationalities) == 0 {
		l.add("target: say who or what is threatened, or where")
	}
	l.text("target.name", t.Name, MaxWord)
	l.countries("target.nationalities", t.Nationalities)
	l.place("target.place", t.Place)
}

func (l *list) place(field string, p Place) {
	if p.Country != "" && !countryCode(p.Country) {
		l.add("%s.country: %q is not an ISO 3166-1 alpha-2 code such as RU", field, p.Country)
	}
	if p.Region != "" && !regionCode(p.Region) {
		l.add("%s.region: %q is not an ISO 3166-2 code such as RU-SPE", field, p.Region)
	}
	l.text(field+".city", p.City, MaxWord)
	l.text(field+".detail", p.Detail, MaxWord)
	if (p.Latitude == nil) != (p.Longitude == nil) {
		l.add("%s: latitude and longitude go together", field)
	}
	if !within(p.Latitude, 90) || !within(p.Longitude, 180) {
		l.add("%s: latitude is -90 to 90, longitude -180 to 180", field)
	}
	if math.IsNaN(p.Precision) || math.IsInf(p.Precision, 0) || math.Signbit(p.Precision) {
		l.add("%s.precision: metres, not negative", field)
	}
}

// within reports whether a coordinate is absent or a number from -limit to limit.
func within(degrees *float64, limit float64) bool {
	return degrees == nil || math.Abs(*degrees) <= limit
}

func (l *list) window(w Window) {
	if w.Start.IsZero() && w.End.IsZero() {
		if w.Fidelity != "" {
			l.add("window: a fidelity needs a start or an end")
		}
		return
	}
	l.word("window.fidelity", w.Fidelity, Fidelities())
	if !w.Start.IsZero() && !w.End.IsZero() && w.End.Before(w.Start) {
		l.add("window: ends before it starts")
	}
}

func (l *list) date(field string, d Date, needed bool) {
	if d == "" {
		if needed {
			l.add("%s: a date is needed, as 2026-12-31", field)
		}
		return
	}
	if _, err := ParseDate(string(d)); err != nil {
		l.add("%s: %w", field, err)
	}
}

func (l *list) word(field string, got fmt.Stringer, allowed []string) {
	if !slices.Contains(allowed, got.String()) {
		l.add("%s: %q is not one of %s", field, got, strings.Join(allowed, ", "))
	}
}
