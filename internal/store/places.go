// SPDX-License-Identifier: Apache-2.0

package store

// This file lists every place where the text of a case may stand, and what is
// done there when a message was recalled and when the date of the case has come.
// Both walk the same places: one that is added is added for both.

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// loss is what is to be gone: the texts of messages, and whatever was taken from
// them or said of them.
type loss struct {
	messages []lost
	of       map[string]bool // the messages, by hash
	partner  string
	c        *Case // nil if they are of none
	words    string
	// date says that the whole case goes, since its time has come; if not, one
	// message was recalled.
	date bool
	// before is until when what was taken is of a recalled version that is not the
	// one that holds; zero: of the one that holds.
	before time.Time
}

// lost is a message whose text goes, and the objects that came with one that was
// recalled.
type lost struct {
	Message
	objects []jsontext.Value
}

func (l *loss) add(m Message) {
	l.messages = append(l.messages, lost{m, m.Attached()})
	l.of[m.Hash] = true
}

// takes reports whether what was taken from the case at a moment goes.
func (l *loss) takes(at time.Time) bool { return l.before.IsZero() || at.Before(l.before) }

// place is where text of a case may stand: a kind of records, or a table. Of each
// kind there is it says what becomes of it, or why nothing does.
type place struct {
	kind string
	// recall and date say what is done; a sentence in brackets why nothing is.
	recall, date string
	lose         func(*Tx, *loss) error
}

// holdsNone is said of what never holds words of a case.
const holdsNone = "(no text of a case)"

// placesOf are all there are, in the order in which they are walked.
func placesOf() []place {
	both := func(kind, what string, lose func(*Tx, *loss) error) place { return place{kind, what, what, lose} }
	places := []place{
		{"messages", "text and salt; the message is destroyed", "text and salt; it says when", loseMessages},
		both("objects", "those that came with the messages and that no other holds", loseObjects),
		both("said", "taken away", loseSaid),
		both("heard", "taken away", loseHeard),
		both("twin", "text and salt of a message beside one of them", loseTwins),
		both(RowDoubted, "why somebody affirmed it", loseDoubts),
		{"case", "title and handling note, if the version that holds is recalled", "title, handling note, purpose, and for whom it was", loseCase},
		{"retention", "why people kept it, if the version that holds is recalled", "why people kept it", loseReasons},
		both("reason", "why people opened the case, and the collection, since then, of objects that go", loseOpenings),
		{"duty", "title, reasons, objects, assessment, views, substance", "the same, and justifications", loseDuties},
		{"draft", "those that answer a duty of the case and have not left", "the same, and what our own hold for the partner", loseDrafts},
		{"cut", "those of such drafts", "the same", nil}, // with the drafts
		both("statement", "taken away, unless it was cleared and is public", loseStatements),
		{"recall", "(it says why it was recalled)", "the reasons", loseRecalls},
		{"permission", "what was asked, and the conditions, about what was recalled", "what was asked, and the conditions", losePermissions},
		{"source", "(it is ours, and no partner's)", "(it has a date of its own)", nil},
		{"wish", "(hashes alone)", "(the notice for the partner: hashes alone)", nil},
		{"recalled object", "(hashes alone, under the store's own key)", "(hashes alone, under the store's own key)", nil},
		{"destruction", "(hashes alone)", "(hashes alone)", nil},
		{"log", "(audit lines hold ids)", "(audit lines hold ids)", nil},
		{"steps", "(receipts say hashes)", "(receipts say hashes)", nil},
		{"definition", "(it is the partner's, of no case)", "(it is the partner's, of no case)", nil},
		both("alarm", "those that ask for an answer end; why people dismissed what rang about it", loseAlarms),
		both("alarm key", "why a message was not sent", nil), // with the drops
		both("drop", "why it was taken out of the queue", loseDrops),
		both("carry file", "why a message is not in it", loseWithheld),
		{"inquiry", "(it is of no case)", "(it is of no case)", nil},
		both("standing", "what the partner gave back after a restore, if one of them is in it", loseStandings),
	}
	for _, kind := range []string{
		"hashes", "head", "uses", "records", "queue", "schema", "object_key", "feeds", "ranges", "releases", // tables
		"carrying", RowFeed, "feed secret", "feed state", "seen", RowFork, RowOwnKeys, "key notice", "note", RowPerson, "credential", "invite",
		"pairing", "channel", "key", "gap", "pledge", "pledge end", "watch", "rota", "collection", RowAccount, "status", RowSetting, "cosigning", "revocation",
		"assurance", "assurance sheet", "asked assurance", "person count", "overseer key", "question", "redress", "restriction", "policy", RowRecovery, "closed log", "retention rule", "voice",
	} {
		places = append(places, place{kind: kind, recall: holdsNone, date: holdsNone})
	}
	return places
}

// lose takes the texts out of every place.
func (tx *Tx) lose(l *loss) error {
	for _, p := range placesOf() {
		if p.lose == nil {
			continue
		}
		if err := p.lose(tx, l); err != nil {
			return err
		}
	}
	return nil
}

func loseMessages(tx *Tx, l *loss) error {
	for i := range l.messages {
		m := &l.messages[i].Message
		if !l.date {
			if err := tx.Destroy(m); err != nil {
				return err
			}
			continue
		}
		m.Erased, m.Salt, m.Payload = tx.Now, nil, nil
		tx.touched(rowMessage, m.Hash, m.hash())
		if err := tx.exec(`UPDATE messages SET salt = NULL, payload = NULL, erased = $1 WHERE hash = $2`, m.Erased.UnixMicro(), m.Hash); err != nil {
			return err
		}
	}
	return nil
}

// loseObjects is for a message that was recalled; by date they went before the texts,
// see dropThread.
func loseObjects(tx *Tx, l *loss) error {
	for i := range l.messages {
		m := &l.messages[i]
		if m.Direction != In || len(m.objects) == 0 {
			continue
		}
		if err := tx.DropGiven(&m.Message, m.objects); err != nil {
			return err
		}
		if err := tx.markRecalled(&m.Message, m.objects); err != nil {
			return err
		}
	}
	return nil
}

func loseSaid(tx *Tx, l *loss) error {
	for hash := range l.of {
		if _, ok, err := Saids.Find(tx, hash); err != nil {
			return err
		} else if ok {
			if err := Saids.Delete(tx, hash); err != nil {
				return err
			}
		}
	}
	return nil
}

func loseHeard(tx *Tx, l *loss) error {
	heard, err := Heards.List(tx, 0, HeardOpen(l.partner, false))
	for _, h := range heard {
		if err == nil && l.of[h.Message] {
			err = errors.Join(tx.eraseReasons(HeardSubject(h.Key())), Heards.Delete(tx, h.Key()))
		}
	}
	return err
}

// loseTwins erases the texts of messages that stand beside those that go, or name
// the case that does. What proves that there were two stays: headers and signatures.
func loseTwins(tx *Tx, l *loss) error {
	twins, err := Twins.List(tx, 0, l.partner)
	if err != nil {
		return err
	}
	for _, t := range twins {
		m, err := envelope.Unpack(t.Message)
		if err != nil || m.Payload == nil {
			continue // what cannot be read says nothing of a case
		}
		names := l.date && l.c != nil && bytes.Contains(m.Payload, []byte(l.c.ID))
		if !l.of[t.Place] && !l.of[t.Hash] && !names {
			continue
		}
		m.Salt, m.Payload = nil, nil
		if t.Message, err = m.Export(); err != nil {
			return err
		}
		if err := Twins.Put(tx, t.Hash, t); err != nil {
			return err
		}
	}
	return nil
}

func loseDoubts(tx *Tx, l *loss) error {
	doubted, err := Doubteds.List(tx, 0)
	if err != nil {
		return err
	}
	for _, d := range doubted {
		if d.Partner != l.partner || d.Why == "" || !l.of[d.Hash] && !(l.date && d.Case == l.c.ID) {
			continue
		}
		d.Why = ""
		if err := Doubteds.Put(tx, d.Hash, d); err != nil {
			return err
		}
	}
	return nil
}

func loseCase(tx *Tx, l *loss) error {
	switch {
	case l.c == nil || !l.date && !l.before.IsZero():
		return nil
	case l.date:
		l.c.Purpose, l.c.Recipients, l.c.Questions, l.c.Erased, l.c.Updated = "", nil, nil, tx.Now, tx.Now
	}
	l.c.Title, l.c.Handling.Note = l.words, ""
	if !l.date {
		l.c.destroyed(tx.Now)
	}
	return Cases.put(tx, l.c.ID, *l.c)
}

// loseReasons: the review date of what is erased by date is written by whoever
// erases it, without them.
func loseReasons(tx *Tx, l *loss) error {
	if l.c == nil || l.date || !l.before.IsZero() {
		return nil
	}
	id := RetentionID(OfCase, l.c.ID)
	r, ok, err := Retentions.Find(tx, id)
	if err != nil || !ok || !r.forget() {
		return err
	}
	return Retentions.Put(tx, id, r)
}

// loseOpenings: why people opened a case may tell what was in it.
func loseOpenings(tx *Tx, l *loss) error {
	if l.c == nil || !l.date && !l.before.IsZero() {
		return nil
	}
	return tx.eraseReasons(l.c.ID)
}

// forget takes out of a review date why people decided what they did: it may tell
// of what is gone.
func (r *Retention) forget() (some bool) {
	for i := range r.Decided {
		some = some || r.Decided[i].Reason != ""
		r.Decided[i].Reason = ""
	}
	return some
}

// about are the duties of a case, or a report.
func (tx *Tx) about(subject string) (all []warning.Duty, err error) {
	duties, err := Duties.List(tx, 0)
	return slices.DeleteFunc(duties, func(d warning.Duty) bool { return !d.About(subject) }), err
}

func loseDuties(tx *Tx, l *loss) error {
	if l.c == nil {
		return nil
	}
	duties, err := tx.about(l.c.ID)
	if err != nil {
		return err
	}
	for _, d := range duties {
		switch {
		case len(d.Cases) > 0:
			continue // one that gathers quotes nothing
		case l.date:
			d = forgotten(d)
		case l.takes(d.Opened):
			d.Forget(l.words)
			d.Title = l.c.Title
		default:
			continue
		}
		if err := Duties.Put(tx, d.ID, d); err != nil {
			return err
		}
	}
	return nil
}

// loseDrafts: what has left has a date of its own, and stays when its ground is
// recalled; a recall of our own asks for it.
func loseDrafts(tx *Tx, l *loss) error {
	if l.c == nil {
		return nil
	}
	if l.date {
		if err := tx.eraseCopies(l.c); err != nil {
			return err
		}
	}
	return tx.eraseAnswers(l.c.ID, l.words, l.takes)
}

// eraseAnswers erases the drafts that were written, at a moment that is meant, to
// answer a duty of a case or a report, and have not left.
func (tx *Tx) eraseAnswers(subject, words string, meant func(time.Time) bool) error {
	duties, err := tx.about(subject)
	if err != nil || len(duties) == 0 {
		return err
	}
	drafts, err := Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved), string(warning.Waiting))
	for _, d := range drafts {
		answers := slices.ContainsFunc(duties, func(duty warning.Duty) bool { return duty.ID == d.Duty })
		if err == nil && answers && meant(d.ComposedAt) {
			err = tx.eraseDraft(d.ID, words)
		}
	}
	return err
}

// loseDismissals takes out of alarms about what goes why people dismissed them: the
// alarms themselves name a partner and an id, and quote nothing.
func loseDismissals(tx *Tx, l *loss) error {
	subjects := maps.Clone(l.of)
	if l.c != nil && (l.date || l.before.IsZero()) {
		subjects[l.c.ID] = true
		duties, err := tx.about(l.c.ID)
		if err != nil {
			return err
		}
		for _, d := range duties {
			subjects[d.ID] = true
		}
	}
	if l.date {
		recalls, err := Recalls.List(tx, 0)
		if err != nil {
			return err
		}
		for _, r := range recalls {
			subjects[r.Recall.ID] = subjects[r.Recall.ID] || r.Recall.Case == l.c.ID
		}
		permissions, err := Permissions.List(tx, 0)
		if err != nil {
			return err
		}
		for _, p := range permissions {
			subjects[p.Request.ID] = subjects[p.Request.ID] || p.Request.Case == l.c.ID
		}
	}
	return tx.eraseDismissals(subjects)
}

// eraseDismissals takes away why people dismissed alarms about some things.
func (tx *Tx) eraseDismissals(subjects map[string]bool) error {
	alarms, err := Alarms.List(tx, 0, Dismissed)
	if err != nil {
		return err
	}
	for _, a := range alarms {
		if !subjects[a.Subject] || a.Reason == "" || a.DismissedBy == "node" {
			continue
		}
		a.Reason = GoneText
		if err := Alarms.Put(tx, a.ID, a); err != nil {
			return err
		}
	}
	return nil
}

func loseStatements(tx *Tx, l *loss) error {
	if l.c == nil {
		return nil
	}
	statements, err := Statements.List(tx, 0, Uncleared)
	for _, s := range statements {
		if err == nil && s.Case == l.c.ID && l.takes(s.WrittenAt) {
			err = Statements.Delete(tx, s.ID)
		}
	}
	return err
}

func loseRecalls(tx *Tx, l *loss) error {
	if !l.date {
		return nil
	}
	recalls, err := Recalls.List(tx, 0)
	if err != nil {
		return err
	}
	for _, r := range recalls {
		if r.Recall.Case != l.c.ID || r.Partner != l.partner {
			continue
		}
		r.Recall.Reason = GoneText
		if r.Answer != nil {
			r.Answer.Reason, r.Answer.PassedOn = "", nil
		}
		if err := Recalls.Put(tx, RecallID(r.Partner, r.Ours, r.Recall.ID), r); err != nil {
			return err
		}
	}
	return nil
}
