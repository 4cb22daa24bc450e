// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what is said after a warning: each is a message of its own.

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// Officer is the named human who answers, as shown to the partner.
type Officer struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// An Acknowledgement is a named human saying what became of a warning.
type Acknowledgement struct {
	Case string `json:"case"` // the id of the warning it answers
	// About is the hash of the very message it answers: which version of the warning.
	About  string    `json:"about,omitempty"`
	Answer Answer    `json:"answer"`
	By     Officer   `json:"by"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
}

// Answer is what a human says on reading a warning.
type Answer string

const (
	Understood Answer = "understood"
	NeedMore   Answer = "need_more"
	CannotAct  Answer = "cannot_act"
	Refuse     Answer = "refuse"
	ActedOn    Answer = "acted" // something was done; the note says what
)

func (a Answer) String() string { return string(a) }

// Answers lists every answer.
func Answers() []string {
	return []string{string(Understood), string(NeedMore), string(CannotAct), string(Refuse), string(ActedOn)}
}

// A Request asks back: the recipient of a warning needs to know more.
type Request struct {
	ID       string    `json:"id"` // "request--" and a UUID
	Case     string    `json:"case"`
	Question string    `json:"question"`
	By       Officer   `json:"by"`
	At       time.Time `json:"at"`
}

// A Reply answers a request. It leaves by the same rules as a warning.
type Reply struct {
	Case     string            `json:"case"`
	Request  string            `json:"request"`
	Text     string            `json:"text"`
	Handling handling.Handling `json:"handling"`
	By       Officer           `json:"by"`
	At       time.Time         `json:"at"`
}

// An Outcome is what came of a warning. It names no arrested person.
type Outcome struct {
	Case string `json:"case"`
	// About is the hash of the newest version of the warning when this was written.
	About        string           `json:"about,omitempty"`
	Result       Result           `json:"result"`
	Counters     map[string]int64 `json:"counters,omitempty"` // see Counters
	Contribution Contribution     `json:"contribution,omitempty"`
	// Treatment says whether a promised assurance of treatment was kept: yes, no or unknown.
	Treatment string `json:"treatment_assurance_confirmed,omitempty"`
	// Public says whether the outcome may be made public: yes, no, ask, or a date after which it may.
	Public string    `json:"may_be_made_public,omitempty"`
	Text   string    `json:"text,omitempty"`
	By     Officer   `json:"by"`
	At     time.Time `json:"at"`
}

// Result is what happened.
type Result string

func (r Result) String() string { return string(r) }

// Results lists every result.
func Results() []string {
	return []string{"attack_prevented", "attack_disrupted", "attack_occurred", "false_alarm", "unfounded",
		"under_investigation", "no_action_possible", "too_late", "not_disclosed"}
}

// Counters lists what an outcome may count. explosives_kg is in whole kilograms.
func Counters() []string {
	return []string{"persons_detained", "persons_charged", "released_without_charge", "weapons_seized", "explosives_kg",
		"explosives_seized", "devices", "funds", "victims_warned", "sites_protected", "lives_lost", "injured"}
}

// Contribution is how much the warning helped.
type Contribution string

func (c Contribution) String() string { return string(c) }

// Contributions lists every contribution.
func Contributions() []string {
	return []string{"decisive", "substantial", "partial", "none", "cannot_say"}
}

// Thanks is thanks, on the record.
type Thanks struct {
	Case string    `json:"case"`
	Text string    `json:"text"`
	By   Officer   `json:"by"`
	At   time.Time `json:"at"`
}

// A Dispute puts a different view beside another's, for good. It deletes nothing.
type Dispute struct {
	ID    string `json:"id"` // "dispute--" and a UUID
	Case  string `json:"case"`
	About string `json:"about"` // what is disputed, in the disputing side's words
	View  string `json:"view"`  // what it says happened instead
	// Messages are the hashes of the messages that are disputed, the one it is
	// mainly about first.
	Messages []string `json:"messages,omitempty"`
	// To is the id of the dispute of the same case that this one answers.
	To string `json:"to,omitempty"`
	// Settled says that this side calls the dispute it answers settled. It stands
	// beside the views and removes neither.
	Settled bool      `json:"settled,omitzero"`
	By      Officer   `json:"by"`
	At      time.Time `json:"at"`
}

// Word is what a dispute says in a word: disputed, answered, or settled.
func (d *Dispute) Word() string {
	switch {
	case d.Settled:
		return "settled"
	case d.To != "":
		return "answered"
	}
	return "disputed"
}

// Validate says everything that is wrong, or nil.
func (a *Acknowledgement) Validate() error {
	wrong := answered(a.Case, a.By, a.At)
	wrong.word("answer", a.Answer, Answers())
	wrong.text("note", a.Note, MaxText)
	wrong.hash("about", a.About, false)
	if a.Answer == Refuse && strings.TrimSpace(a.Note) == "" {
		wrong.add("note: a refusal says why")
	}
	if a.Answer == ActedOn && strings.TrimSpace(a.Note) == "" {
		wrong.add("note: say what was done")
	}
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (r *Request) Validate() error {
	wrong := answered(r.Case, r.By, r.At)
	wrong.name("id", r.ID, "request--")
	wrong.needed("question", r.Question, MaxText)
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (r *Reply) Validate() error {
	wrong := answered(r.Case, r.By, r.At)
	wrong.name("request", r.Request, "request--")
	wrong.needed("text", r.Text, MaxText)
	wrong.err(r.Handling.Validate())
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (o *Outcome) Validate() error {
	wrong := answered(o.Case, o.By, o.At)
	wrong.hash("about", o.About, false)
	wrong.word("result", o.Result, Results())
	if o.Contribution != "" {
		wrong.word("contribution", o.Contribution, Contributions())
	}
	for _, name := range slices.Sorted(maps.Keys(o.Counters)) {
		count := o.Counters[name]
		if !slices.Contains(Counters(), name) {
			wrong.add("counters: %q is not one this exchange counts", name)
		}
		if count < 0 || count > 1<<53-1 {
			wrong.add("counters.%s: not a count", name)
		}
	}
	if o.Treatment != "" && !slices.Contains([]string{"yes", "no", "unknown"}, o.Treatment) {
		wrong.add("treatment_assurance_confirmed: yes, no or unknown")
	}
	if o.Public != "" && !slices.Contains([]string{"yes", "no", "ask"}, o.Public) {
		wrong.date("may_be_made_public", Date(o.Public), true)
	}
	wrong.text("text", o.Text, MaxText)
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (t *Thanks) Validate() error {
	wrong := answered(t.Case, t.By, t.At)
	wrong.needed("text", t.Text, MaxText)
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (d *Dispute) Validate() error {
	wrong := answered(d.Case, d.By, d.At)
	wrong.name("id", d.ID, "dispute--")
	wrong.needed("about", d.About, MaxText)
	wrong.needed("view", d.View, MaxText)
	if len(d.Messages) > MaxList {
		wrong.add("messages: at most %d", MaxList)
	}
	for _, hash := range d.Messages {
		wrong.hash("messages", hash, true)
	}
	if d.To != "" {
		wrong.name("to", d.To, "dispute--")
	}
	if d.Settled && d.To == "" {
		wrong.add("to: say which dispute is settled")
	}
	return wrong.join()
}

func answered(id string, by Officer, at time.Time) *list {
	wrong := &list{}
	wrong.name("case", id, "warning--")
	wrong.said(by, at)
	return wrong
}

// said refuses what nobody says, or at no time.
func (l *list) said(by Officer, at time.Time) {
	l.needed("by.name", by.Name, MaxWord)
	l.needed("by.role", by.Role, MaxWord)
	if at.IsZero() {
		l.add("at: must be said")
	}
}
