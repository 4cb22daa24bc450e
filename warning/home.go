// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what stays at home: source reports and drafts.

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Source is an internal report. It never leaves the node; the link between
// it and a warning exists only here.
type Source struct {
	ID    string `json:"id" yaml:"id"` // "source--" and a UUID
	Title string `json:"title" yaml:"title"`
	// Fields hold the report. A field is source-sensitive unless it says otherwise.
	Fields []Field `json:"fields" yaml:"fields"`
	// What the report is about, for pledges, watches and duties to match.
	Target Target `json:"target,omitzero" yaml:"target"`
	// Sectors are those that the target belongs to. They stay home. STIX 2.1 §10.11
	Sectors    []string            `json:"sectors,omitempty" yaml:"sectors"`
	ThreatType ThreatType          `json:"threat_type,omitempty" yaml:"threat_type"`
	Window     Window              `json:"window,omitzero" yaml:"window"`
	Precedence handling.Precedence `json:"precedence,omitempty" yaml:"precedence"`
	Handling   handling.Handling   `json:"handling,omitzero" yaml:"handling"`
	// Objects are STIX 2.1 objects that came with the report.
	Objects []jsontext.Value `json:"objects,omitempty" yaml:"-"`
	// Origin is the partner the report came from, empty for our own.
	Origin string `json:"origin,omitempty" yaml:"-"`
	// Version is the hash of the message that said it, of what a partner warned us of.
	Version string `json:"version,omitempty" yaml:"-"`
	// Purpose is what the report is kept for, and Review the day by which somebody
	// must decide anew whether it is kept; else it is erased.
	Purpose    string    `json:"purpose,omitempty" yaml:"purpose"`
	Review     Date      `json:"review,omitempty" yaml:"review"`
	AcquiredAt time.Time `json:"acquired_at,omitzero" yaml:"acquired_at"`
	KeptAt     time.Time `json:"kept_at,omitzero" yaml:"-"`
	KeptBy     string    `json:"kept_by,omitempty" yaml:"-"`
	// Erased is when everything else was erased.
	Erased time.Time `json:"erased,omitzero" yaml:"-"`
}

// Field is one named text of a source report.
type Field struct {
	Name string `json:"name" yaml:"name"`
	Text string `json:"text" yaml:"text"`
	// Open says that the field may be repeated in a release. The zero value is
	// source-sensitive.
	Open bool `json:"open,omitzero" yaml:"open"`
}

// Sensitive lists the fields that a release must not repeat.
func (s *Source) Sensitive() []Field {
	return slices.DeleteFunc(slices.Clone(s.Fields), func(f Field) bool { return f.Open })
}

// AllText is the report's whole text, for matching.
func (s *Source) AllText() string {
	texts := []string{s.Title}
	for _, field := range s.Fields {
		texts = append(texts, field.Text)
	}
	return strings.Join(texts, "\n")
}

// Validate says everything that is wrong, or nil.
func (s *Source) Validate() error {
	wrong := &list{}
	wrong.needed("title", s.Title, MaxWord)
	if len(s.Fields) == 0 || len(s.Fields) > MaxList {
		wrong.add("fields: 1 to %d", MaxList)
	}
	for _, field := range s.Fields {
		wrong.needed("fields.name", field.Name, MaxWord)
		wrong.text("fields.text", field.Text, 8*MaxText)
	}
	if s.Target.Kind != "" {
		wrong.target(s.Target)
	}
	wrong.sectors("sectors", s.Sectors)
	if s.ThreatType != "" {
		wrong.word("threat_type", s.ThreatType, ThreatTypes())
	}
	wrong.window(s.Window)
	wrong.text("purpose", s.Purpose, MaxWord)
	wrong.date("review", s.Review, true)
	if s.Precedence != "" {
		wrong.in("precedence", handling.Exact(s.Precedence, handling.ParsePrecedence))
	}
	if s.Handling.TLP != "" || len(s.Handling.Codes)+len(s.Handling.Caveats) > 0 {
		wrong.in("handling", s.Handling.Validate())
	}
	if len(s.Objects) > MaxObjects {
		wrong.add("objects: at most %d", MaxObjects)
	}
	return wrong.join()
}

// A Draft is a warning as it is written at home, before it is cut for anyone.
type Draft struct {
	ID string `json:"id" yaml:"-"` // "draft--" and a UUID; never leaves
	// Warning holds everything that is the same for all partners. Its ID, Text
	// and Objects are empty: they are made for each partner.
	Warning Warning `json:"warning" yaml:"warning"`
	// Releases holds the release text for each partner, by the partner's name.
	// Who has none receives nothing.
	Releases map[string]string `json:"releases" yaml:"releases"`
	// ReleasableTo names the partners this may go to. Empty means nobody.
	ReleasableTo []string `json:"releasable_to" yaml:"releasable_to"`
	// PersonsTo names the partners whose copies name the persons, and carry objects
	// that are persons; empty means none do.
	PersonsTo []string `json:"persons_to,omitempty" yaml:"persons_to"`
	// Source is the id of the source report. It stays home.
	Source string `json:"source,omitempty" yaml:"source"`
	// Duty is the id of the duty this warning answers, if any.
	Duty string `json:"duty,omitempty" yaml:"duty"`
	// About are the reports and cases that the duty was about when the text was
	// written: what came to it later the text does not rest on.
	About []string `json:"about,omitempty" yaml:"-"`
	// Objects are STIX 2.1 objects to attach, as they are kept at home.
	Objects []jsontext.Value `json:"objects,omitempty" yaml:"-"`
	// ByClock says that the node gave the time to answer by, since nobody wrote one.
	ByClock bool `json:"answer_by_clock,omitzero" yaml:"-"`
	// Corrects are the cases in which this draft is a new version of what was sent,
	// by the partner's name; empty for a warning of its own. Change says what was
	// wrong, and leaves with it.
	Corrects map[string]string `json:"corrects,omitempty" yaml:"-"`
	Change   string            `json:"change,omitempty" yaml:"-"`

	ComposedBy string    `json:"composed_by,omitempty" yaml:"-"`
	ComposedAt time.Time `json:"composed_at,omitzero" yaml:"-"`
	// Approvals are the people who released it, in order. Two different ones are needed.
	Approvals []Approval `json:"approvals,omitempty" yaml:"-"`
	// Exigent is set when one person released it because there was no time.
	Exigent *Exigent `json:"exigent,omitempty" yaml:"-"`
	// Stage is composed, approved (by one), waiting (released by two, and not
	// left), released, or withdrawn.
	Stage Stage `json:"stage,omitempty" yaml:"-"`
	// LeavesAt is when a draft that waits leaves, unless it is taken back.
	LeavesAt time.Time `json:"leaves_at,omitzero" yaml:"-"`
	// Sent holds the id each partner's copy was given, by the partner's name.
	Sent map[string]string `json:"sent,omitempty" yaml:"-"`
	// Erased is when the draft's texts and objects were erased.
	Erased time.Time `json:"erased,omitzero" yaml:"-"`
}

// Stage says how far a draft is.
type Stage string

const (
	Composed  Stage = "composed"
	Approved  Stage = "approved"
	Waiting   Stage = "waiting"
	Released  Stage = "released"
	Withdrawn Stage = "withdrawn"
)

// Approval is one person's release of exactly what the preview showed.
type Approval struct {
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Preview string    `json:"preview"` // the hash of what they saw
	// Until is when the approval ends if nobody has followed it.
	Until time.Time `json:"until,omitzero"`
}

// ApprovedFor is how long one person's approval waits for a second: a shift.
const ApprovedFor = 12 * time.Hour

// Exigent is a release by one person alone, to be reviewed by another.
type Exigent struct {
	Reason     string    `json:"reason"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	ReviewDue  time.Time `json:"review_due"`
	ReviewedBy string    `json:"reviewed_by,omitempty"`
	ReviewedAt time.Time `json:"reviewed_at,omitzero"`
	Finding    string    `json:"finding,omitempty"`
}

// ReviewWithin is how soon a second person must review an exigent release.
const ReviewWithin = 24 * time.Hour

// Copy is the draft's warning for one partner, before cutting: the common
// fields, the partner's text, and the given id.
func (d *Draft) Copy(partner, id string) Warning {
	w := d.Warning
	w.ID = id
	w.Text = d.Releases[partner]
	w.Objects = d.Objects
	w.Persons = d.personsFor(partner, id)
	return w
}

// Validate says everything that is wrong, or nil.
func (d *Draft) Validate() error {
	wrong := &list{}
	if len(d.Releases) == 0 {
		wrong.add("releases: write a release text for at least one partner")
	}
	if len(d.ReleasableTo) == 0 {
		wrong.add("releasable_to: name the partners it may go to; empty means nobody")
	}
	for _, partner := range slices.Sorted(maps.Keys(d.Releases)) {
		if !slices.Contains(d.ReleasableTo, partner) {
			wrong.add("releases: %s has a text but is not in releasable_to", partner)
		}
		if strings.TrimSpace(d.Releases[partner]) == "" {
			wrong.add("releases: %s's text is empty: write one, or leave the partner out", partner)
		}
	}
	for _, partner := range d.PersonsTo {
		if !slices.Contains(d.ReleasableTo, partner) {
			wrong.add("persons_to: %s is not in releasable_to", partner)
		}
	}
	wrong.persons(d.Warning.Persons)
	if d.Warning.ID != "" || d.Warning.Text != "" || len(d.Warning.Objects) > 0 {
		wrong.err(errors.New("warning: id, text and objects are made for each partner; use releases and objects"))
	}
	for _, partner := range d.ReleasableTo {
		if strings.TrimSpace(d.Releases[partner]) == "" {
			continue
		}
		copied := d.Copy(partner, "warning--check")
		copied.Persons = nil // they were looked at above
		if err := copied.Validate(); err != nil {
			wrong.err(err)
			break // the common fields would be reported once a partner
		}
	}
	return wrong.join()
}
