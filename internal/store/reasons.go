// SPDX-License-Identifier: Apache-2.0

package store

// This file asks a person why, before what is TLP:RED or names persons is shown.
// Which reading asks, the store finds out itself: no trip can forget it.

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// ReasonFor is how long a reason is good that a person gave: it is not asked for
// again meanwhile.
const ReasonFor = 8 * time.Hour

// The length of a reason, in characters.
const (
	MinReason = 3
	MaxReason = 500
)

// ToLife is the reason that the node writes down by itself where life is
// threatened: nobody waits to be asked.
const ToLife = "threat to life"

// Reasons are why people opened things. They are erased with what they are about;
// the line of the reading, which names one by its id, stays.
var Reasons = Table[Reason]{kind: "reason", name: "reason",
	state: func(r *Reason) string { return reasonOf(r.Who, r.Subject) },
	at:    func(r *Reason) time.Time { return r.Given }}

// Reason is why a person opens one thing.
type Reason struct {
	ID      string    `json:"id"` // that of the thing, and one of its own
	Who     string    `json:"who"`
	Subject string    `json:"subject"` // the id of the case, draft or report
	Text    string    `json:"text"`
	Given   time.Time `json:"given"`
	Until   time.Time `json:"until"`
	// Itself says that the node wrote it: the thing is of a threat to life.
	Itself bool `json:"itself,omitzero"`
}

func reasonOf(who, subject string) string { return who + " " + subject }

// GiveReason keeps why the caller opens a thing, for [ReasonFor].
func (tx *Tx) GiveReason(subject, text string) (Reason, error) {
	text, err := reasonable(text)
	if err != nil {
		return Reason{}, err
	}
	if subject == "" || len(subject) > 200 {
		return Reason{}, problem.New(problem.Invalid, "give the id of the case, the draft or the report", "a reason is for one thing")
	}
	r := Reason{ID: subject + "/" + uuid.NewString(), Who: tx.who.Name, Subject: subject, Text: text, Given: tx.Now, Until: tx.Now.Add(ReasonFor)}
	return r, Reasons.Put(tx, r.ID, r)
}

// StandingReason keeps why a tool reads, for as long as nobody says another reason,
// and returns its id. Lines of the log that named the one before keep it.
func (tx *Tx) StandingReason(account, text string) (id string, err error) {
	if text, err = reasonable(text); err != nil {
		return "", err
	}
	subject := "account--" + account
	r := Reason{ID: subject + "/" + uuid.NewString(), Who: account, Subject: subject, Text: text, Given: tx.Now}
	return r.ID, Reasons.Put(tx, r.ID, r)
}

func reasonable(text string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	if n := utf8.RuneCountInString(text); n < MinReason || n > MaxReason || !utf8.ValidString(text) {
		return "", problem.New(problem.Invalid, "say in a sentence what it is needed for", "a reason has %d to %d characters", MinReason, MaxReason)
	}
	return text, nil
}

// eraseReasons takes away why people opened a thing: it may tell of what is gone.
func (tx *Tx) eraseReasons(subject string) error { return tx.eraseReasonsSince(subject, 0) }

// eraseReasonsSince is eraseReasons for those that were given from a moment on, in
// microseconds.
func (tx *Tx) eraseReasonsSince(subject string, since int64) error {
	var ids []string
	const query = `SELECT id FROM records WHERE kind = ? AND id > ? AND id < ? AND at >= ?`
	err := tx.each(query, []any{Reasons.kind, subject + "/", subject + "0", since}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		r, err := Reasons.Get(tx, id)
		if err != nil {
			return err
		}
		if r.Text == GoneText {
			continue
		}
		r.Text = GoneText
		if err := Reasons.Put(tx, id, r); err != nil {
			return err
		}
	}
	return nil
}

// opening is a reading of what asks for a reason.
type opening struct {
	reason string  // the id of the one that was given
	itself *Reason // or the one that the node writes
}

// keep is the change that writes the reading down.
func (o opening) keep(tx *Tx) error {
	if o.itself == nil {
		return nil
	}
	r := *o.itself
	r.Who, r.Given, r.Until = tx.who.Name, tx.Now, tx.Now.Add(ReasonFor)
	return Reasons.Put(tx, r.ID, r)
}

// opening finds out whether a reading asks for a reason, and which was given. A
// person who gave none is refused, unless life is threatened.
func (tx *Tx) opening(what What) (o opening, err error) {
	if tx.who.Kind != caller.Person || what.Bare || what.Subject == "" {
		return o, nil
	}
	a, err := tx.asks(what)
	if err == nil && a.subject != "" {
		err = tx.restricted(a.subject)
	}
	if err != nil || a.why == "" {
		return o, err
	}
	return tx.answered(a)
}

// answered finds the reason that was given for what is opened.
func (tx *Tx) answered(a question) (o opening, err error) {
	given, err := Reasons.List(tx, 1, reasonOf(tx.who.Name, a.subject))
	if err != nil {
		return o, err
	}
	if len(given) > 0 && tx.Now.Before(given[0].Until) && given[0].Text != GoneText {
		return opening{reason: given[0].ID}, nil
	}
	if a.toLife {
		r := Reason{ID: a.subject + "/" + uuid.NewString(), Subject: a.subject, Text: ToLife, Itself: true}
		return opening{reason: r.ID, itself: &r}, nil
	}
	refusal := problem.New(problem.Reason, "say why you open it, in a sentence; it is asked once in "+fmt.Sprint(int(ReasonFor.Hours()))+" hours, and stands in the list of readings", "%s: why do you open it?", a.why)
	refusal.Subject = a.subject
	return o, refusal
}

// question is what a reading opens: why it asks for a reason, empty if it does not.
type question struct {
	subject string
	why     string
	toLife  bool
}

const (
	redWords     = "this is TLP:RED"
	personsWords = "this names persons"
)

// asks looks at what a reading opens. A person's own draft or report asks nothing
// of its author.
func (tx *Tx) asks(what What) (question, error) {
	switch what.Act {
	case caller.ReadCase, caller.WriteDossier:
		if prefix, heard := strings.CutPrefix(what.Subject, heardPrefix); heard {
			return tx.heardAsks(prefix)
		}
		return tx.caseAsks(what.Subject)
	case caller.Preview:
		d, ok, err := Drafts.Find(tx, what.Subject)
		if err != nil || !ok {
			return question{}, err
		}
		return tx.unlessOwn(d.ComposedBy, question{d.ID, wordsOfDraft(&d), d.Warning.ThreatType.ToLife()}), nil
	case caller.ReadSource:
		return tx.sourceAsks(what.Subject)
	case caller.ReadDuty:
		duty, ok, err := Duties.Find(tx, what.Subject)
		if err != nil {
			return question{}, err
		}
		if !ok {
			return tx.inquiryAsks(what.Subject)
		}
		a, err := tx.subjectAsks(&duty, duty.Subject)
		a.toLife = a.toLife || duty.ToLife
		return a, err
	}
	return question{}, nil
}

// DutyAsks says why opening what a duty is about asks the caller for a reason; empty
// if it does not. A list shows no word of what does: nobody is asked for a list, and
// no line is left of it.
func (tx *Tx) DutyAsks(d *warning.Duty) (why string, err error) {
	if d.Handling.TLP == handling.Red && len(d.Cases) == 0 && strings.HasPrefix(d.Subject, "warning--") {
		return redWords, nil // it says so itself: its case is not looked up
	}
	for _, subject := range d.Subjects() {
		a, err := tx.subjectAsks(d, subject)
		if err != nil || a.why != "" {
			return a.why, err
		}
	}
	return "", nil
}

// subjectAsks is for one thing that a duty is about.
func (tx *Tx) subjectAsks(d *warning.Duty, subject string) (question, error) {
	if d.Asked() && subject == d.Subject {
		return tx.inquiryAsks(InquiryID(d.Partner, false, subject))
	}
	a, err := tx.sourceAsks(subject)
	if err == nil && a.subject == "" {
		a, err = tx.caseAsks(subject)
	}
	return a, err
}

// SourceAsks says why opening a report asks the caller for a reason; empty if it does
// not. See [Tx.DutyAsks].
func (tx *Tx) SourceAsks(s *warning.Source) (why string) { return tx.ofSource(s).why }

// CaseAsks says why opening a case, or one message by its hash, asks for a reason;
// empty if it does not. See [Tx.DutyAsks].
func (tx *Tx) CaseAsks(id string) (why string, err error) {
	a, err := tx.caseAsks(id)
	return a.why, err
}

func (tx *Tx) sourceAsks(id string) (question, error) {
	s, ok, err := Sources.Find(tx, id)
	if err != nil || !ok {
		return question{}, err
	}
	return tx.ofSource(&s), nil
}

func (tx *Tx) ofSource(s *warning.Source) question {
	return tx.unlessOwn(s.KeptBy, question{s.ID, wordsOf(s.Handling.TLP, s.Target, nil, s.Objects), s.ThreatType.ToLife()})
}

func (tx *Tx) unlessOwn(author string, q question) question {
	if author == tx.who.Name {
		q.why = ""
	}
	return q
}

// caseAsks is for a case, or for one message by its hash.
func (tx *Tx) caseAsks(id string) (question, error) {
	c, ok, err := Cases.Find(tx, id)
	if err != nil {
		return question{}, err
	}
	if ok {
		return tx.wholeCaseAsks(&c)
	}
	m, ok, err := tx.FindMessage(id)
	if err != nil {
		return question{}, err
	}
	if !ok {
		return tx.twinAsks(id)
	}
	if c, ok, err = Cases.Find(tx, m.Thread); err != nil || ok && c.Partner == m.Partner {
		if err != nil {
			return question{}, err
		}
		return tx.wholeCaseAsks(&c)
	}
	why, err := m.asks()
	return question{subject: id, why: why}, err
}

func (tx *Tx) wholeCaseAsks(c *Case) (question, error) {
	a := question{subject: c.ID, toLife: c.ToLife}
	if !c.Erased.IsZero() {
		return a, nil // nothing is left to be seen
	}
	if c.TLP == string(handling.Red) {
		a.why = redWords
		return a, nil
	}
	var err error
	a.why, err = tx.threadAsks(c.ID, c.Partner)
	return a, err
}

func (tx *Tx) twinAsks(hash string) (question, error) {
	twin, ok, err := Twins.Find(tx, hash)
	if err != nil || !ok {
		return question{}, err
	}
	m, err := envelope.Unpack(twin.Message)
	if err != nil {
		return question{}, err
	}
	return question{subject: hash, why: wordsOfMessage(m)}, nil
}

func (m *Message) asks() (string, error) {
	if m.Gone() {
		return "", nil
	}
	opened, err := m.Opened()
	if err != nil {
		return "", err
	}
	return wordsOfMessage(opened), nil
}

func wordsOfMessage(m *envelope.Message) string {
	if m.Payload == nil {
		return ""
	}
	label := HandlingOf(&Message{Kind: m.Header.Kind, Payload: m.Payload}, &m.Header).TLP
	payload, err := warning.Decode(m.Header.Kind, m.Payload)
	if err != nil {
		return wordsOf(label, warning.Target{}, nil, nil) // what cannot be read names nobody
	}
	switch p := payload.(type) {
	case *warning.Warning:
		return wordsOf(label, p.Target, p.Persons, p.Objects)
	case *warning.Update:
		return wordsOf(label, p.Warning.Target, p.Warning.Persons, p.Warning.Objects)
	}
	return wordsOf(label, warning.Target{}, nil, nil)
}

func wordsOfDraft(d *warning.Draft) string {
	w := &d.Warning // whose objects are those of the draft
	return wordsOf(w.Handling.TLP, w.Target, w.Persons, d.Objects)
}

func wordsOf(label handling.TLP, target warning.Target, persons []warning.Person, objects []jsontext.Value) string {
	if label == handling.Red {
		return redWords
	}
	if len(persons) > 0 || target.NamesPerson() {
		return personsWords
	}
	for _, raw := range objects {
		if object, err := stix.Parse(raw); err == nil && object.NamesPerson() {
			return personsWords
		}
	}
	return ""
}
