// SPDX-License-Identifier: Apache-2.0

package store

// This file erases what has no more reason to be kept: the texts, salts and
// objects of a case, a draft or a source report, in every place that has them,
// in one transaction, see places.go. Headers, signatures, leaves and receipts
// stay, and verify.

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// GoneText stands where a text was that was erased.
const GoneText = "(erased)"

// DestroyedText stands where a text was that was destroyed when it was recalled.
const DestroyedText = "(destroyed when it was recalled)"

// Stays says why a thing may not be erased now although it is due; empty if it may.
func (tx *Tx) Stays(r *Retention) (why string, err error) {
	if r.Held {
		last := ""
		for _, d := range r.Decided {
			if d.What == "hold" {
				last = d.By
			}
		}
		return "held by " + last, nil
	}
	frozen, err := tx.frozen()
	if err != nil {
		return "", err
	}
	switch r.Kind {
	case OfStatement:
		return "it is public: say until when it stands", nil
	case OfCollection:
		return "", nil
	case OfCase:
		return tx.caseStays(r, frozen)
	case OfDraft:
		draft, ok, err := Drafts.Find(tx, r.ID)
		if err != nil || !ok {
			return "", err
		}
		return draftStays(&draft, frozen), nil
	case OfRedress:
		redress, ok, err := Redresses.Find(tx, r.ID)
		if err == nil && ok && redress.Answered.IsZero() {
			return "it was not answered", nil
		}
		return "", err
	case OfDuty:
		return tx.dutyStays(r)
	case OfWatch, OfPledge, OfInquiry, OfHeard, OfRecovery:
		return tx.promiseStays(r, frozen)
	}
	return tx.sourceStays(r, frozen)
}

// frozen are the partners whose channels preserve everything.
func (tx *Tx) frozen() (map[string]bool, error) {
	all := make(map[string]bool)
	channels, err := Channels.List(tx, 0, string(partner.Frozen))
	for _, c := range channels {
		all[c.Name] = c.Preserves()
	}
	return all, err
}

func frozenWords(name string) string { return "the channel to " + name + " is frozen" }

func (tx *Tx) caseStays(r *Retention, frozen map[string]bool) (string, error) {
	if frozen[r.Partner] {
		return frozenWords(r.Partner), nil
	}
	c, ok, err := Cases.Find(tx, r.ID)
	if err != nil || !ok {
		return "", err
	}
	if !c.Ours && (c.State == CaseOpen || c.State == CaseQuarantined) {
		from := r.Due
		hash, _, err := tx.NewestOf(&c)
		if err != nil {
			return "", err
		}
		newest, ok, err := tx.FindMessage(hash)
		if err != nil {
			return "", err
		}
		if ok && newest.At.After(from) {
			from = newest.At
		}
		if tx.Now.Before(from.Add(ReviewNotice)) {
			return "nobody here has answered it", nil
		}
	}
	if owed, err := tx.owedBy(c.ID); err != nil || owed != "" {
		return owed, err
	}
	queued, err := tx.get(`SELECT 1 FROM messages WHERE thread = $1 AND partner = $2 AND state = $3 LIMIT 1`, []any{c.ID, c.Partner, string(Queued)}, new(int))
	if queued {
		return "a message of it is still on its way", err
	}
	return "", err
}

func draftStays(d *warning.Draft, frozen map[string]bool) string {
	if d.Stage == warning.Waiting {
		return "it is about to leave"
	}
	for name := range d.Sent {
		if frozen[name] {
			return frozenWords(name)
		}
	}
	return ""
}

// sourceStays: a report is not erased under a duty that waits for a decision, nor
// while what was made of it is evidence.
func (tx *Tx) sourceStays(r *Retention, frozen map[string]bool) (string, error) {
	if owed, err := tx.owedBy(r.ID); err != nil || owed != "" {
		return owed, err
	}
	if len(frozen) == 0 {
		return "", nil
	}
	drafts, err := Drafts.List(tx, 0)
	for _, d := range drafts {
		if d.Source != r.ID {
			continue
		}
		if why := draftStays(&d, frozen); why != "" {
			return why, err
		}
	}
	return "", err
}

// Erase erases a thing and says in its review date why and by whose decision. Of
// a case the partner is told: the notice is left as a wish for the outbox.
func (tx *Tx) Erase(r Retention, ground warning.DestructionGround, by warning.Officer, name string) error {
	var err error
	switch r.Kind {
	case OfCase:
		err = tx.eraseCase(r.ID, ground, by)
	case OfDraft:
		err = tx.eraseDraft(r.ID, GoneText)
	case OfSource:
		err = tx.eraseSource(r.ID)
	case OfRedress:
		err = tx.eraseRedress(r.ID)
	case OfDuty:
		err = tx.eraseDuty(r.ID)
	case OfWatch, OfPledge, OfInquiry, OfHeard, OfRecovery:
		err = tx.erasePromise(&r)
	}
	if err != nil {
		return err
	}
	tx.wake(RowErased)
	r.State, r.Waits, r.Held, r.Erased, r.Ground, r.By = RetentionErased, "", false, tx.Now, ground, name
	r.forget()
	return Retentions.Put(tx, RetentionID(r.Kind, r.ID), r)
}

func (tx *Tx) eraseCase(id string, ground warning.DestructionGround, by warning.Officer) error {
	c, ok, err := Cases.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	l := &loss{of: make(map[string]bool), partner: c.Partner, c: &c, words: GoneText, date: true}
	var erased []string
	err = tx.eachInThread(c.ID, c.Partner, func(m Message) error {
		l.of[m.Hash] = true // what stands beside it goes, whatever it is
		if m.Kind == envelope.Destruction || m.Gone() {
			return nil // a notice says nothing but which texts are gone
		}
		m.Payload = nil // they are read one by one: see dropThread
		l.messages = append(l.messages, lost{Message: m})
		erased = append(erased, m.Hash)
		return nil
	})
	if err == nil {
		err = tx.dropThread(l)
	}
	if err != nil {
		return err
	}
	if err := tx.lose(l); err != nil {
		return err
	}
	return tx.wishNotices(&c, erased, ground, by)
}

// DestroyRecalled erases a message that its sender recalled, and what was taken
// from it: of a version that others have replaced, what was taken before the one
// came that holds.
func (tx *Tx) DestroyRecalled(hash string) error {
	m, err := tx.Message(hash)
	if err != nil || m.State == Destroyed {
		return err
	}
	l := &loss{of: make(map[string]bool), partner: m.Partner, words: DestroyedText}
	l.add(m)
	c, ok, err := Cases.Find(tx, m.Thread)
	if err != nil {
		return err
	}
	if ok && c.Partner == m.Partner {
		l.c = &c
		if payload, err := warning.Decode(m.Kind, m.Payload); err == nil && m.Direction == In {
			if request, is := payload.(*warning.Request); is {
				c.settle(request.ID)
				if err := Cases.put(tx, c.ID, c); err != nil {
					return err
				}
			}
		}
		newest, _, err := tx.NewestOf(&c)
		if err != nil {
			return err
		}
		if newest != hash {
			holds, err := tx.Message(newest)
			if err != nil {
				return err
			}
			l.before = holds.At
		}
	}
	return tx.lose(l)
}

// Attached are the objects of a message that informs; none of any other, and of
// one that is destroyed.
func (m *Message) Attached() []jsontext.Value {
	payload, err := warning.Decode(m.Kind, m.Payload)
	if err != nil {
		return nil
	}
	switch p := payload.(type) {
	case *warning.Warning:
		return p.Objects
	case *warning.Update:
		return p.Warning.Objects
	}
	return nil
}

// eraseCopies erases what the drafts of a case of ours hold for its partner, and
// the drafts themselves with the last of their cases.
func (tx *Tx) eraseCopies(c *Case) error {
	if !c.Ours {
		return nil
	}
	for _, id := range append([]string{c.Draft}, c.Corrections...) {
		d, ok, err := Drafts.Find(tx, id)
		if err != nil {
			return err
		}
		if !ok || !d.Erased.IsZero() {
			continue
		}
		if err := Cuts.Delete(tx, CutID(id, c.Partner)); err != nil {
			return err
		}
		delete(d.Releases, c.Partner)
		if len(d.Releases) == 0 {
			err = tx.eraseDraft(id, GoneText)
		} else {
			err = Drafts.put(tx, id, d)
			if duty, known, failed := Duties.Find(tx, d.Duty); failed != nil {
				err = failed
			} else if err == nil && known && duty.Partner == c.Partner {
				err = tx.unsalt(&d)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) eraseDraft(id, words string) error {
	d, ok, err := Drafts.Find(tx, id)
	if err != nil || !ok || !d.Erased.IsZero() {
		return err
	}
	for name := range d.Releases {
		if err := Cuts.Delete(tx, CutID(id, name)); err != nil {
			return err
		}
	}
	if err := tx.eraseReasons(id); err != nil {
		return err
	}
	if err := tx.eraseDismissals(map[string]bool{id: true}); err != nil {
		return err
	}
	if err := tx.settleDraft(&d); err != nil {
		return err
	}
	if err := tx.unsalt(&d); err != nil {
		return err
	}
	kept := warning.Draft{
		ID: d.ID, Source: d.Source, Duty: d.Duty, Corrects: d.Corrects, ComposedBy: d.ComposedBy, ComposedAt: d.ComposedAt,
		Approvals: d.Approvals, Stage: d.Stage, Sent: d.Sent, Erased: tx.Now,
	}
	kept.Warning.Target.Name = words
	if d.Stage != warning.Released {
		kept.Stage = warning.Withdrawn
	}
	if e := d.Exigent; e != nil {
		kept.Exigent = &warning.Exigent{By: e.By, At: e.At, ReviewDue: e.ReviewDue, ReviewedBy: e.ReviewedBy, ReviewedAt: e.ReviewedAt}
	}
	return Drafts.put(tx, id, kept)
}

func (tx *Tx) eraseSource(id string) error {
	s, ok, err := Sources.Find(tx, id)
	if err != nil || !ok || !s.Erased.IsZero() {
		return err
	}
	duties, err := tx.about(id)
	rang := map[string]bool{id: true}
	for _, d := range duties {
		rang[d.ID] = true
		if err == nil {
			err = Duties.Put(tx, d.ID, forgotten(d))
		}
	}
	if err == nil {
		err = tx.settleDuties(duties, "what it is about was destroyed")
	}
	if err == nil {
		err = tx.eraseDismissals(rang)
	}
	if err == nil {
		err = tx.eraseAnswers(id, GoneText, func(time.Time) bool { return true })
	}
	if err != nil {
		return err
	}
	if err := tx.eraseReasons(id); err != nil {
		return err
	}
	return Sources.put(tx, id, warning.Source{
		ID: s.ID, Title: GoneText, Origin: s.Origin, Review: s.Review, AcquiredAt: s.AcquiredAt, KeptAt: s.KeptAt, KeptBy: s.KeptBy, Erased: tx.Now,
	})
}

// wishNotices leaves what the partner is told of as wishes for the outbox.
func (tx *Tx) wishNotices(c *Case, hashes []string, ground warning.DestructionGround, by warning.Officer) error {
	for len(hashes) > 0 {
		some := hashes[:min(len(hashes), warning.MaxDestroyed)]
		hashes = hashes[len(some):]
		notice := warning.Destruction{ID: "destruction--" + uuid.NewString(), Case: c.ID, Messages: some, Ground: ground, By: by, At: tx.Now}
		raw, err := warning.Encode(&notice)
		if err != nil {
			return err
		}
		wish := Wish{ID: "wish--" + notice.ID, Partner: c.Partner, Kind: string(envelope.Destruction), Payload: raw, Made: tx.Now}
		if err := Wishes.Put(tx, wish.ID, wish); err != nil {
			return err
		}
	}
	return nil
}

// Destructions are the notices that texts were erased, by DestructionID.
var Destructions = Table[Destruction]{kind: "destruction", name: "notice of destruction", at: func(d *Destruction) time.Time { return d.Notice.At }}

// Destruction is a notice as it is kept: ours, or a partner's.
type Destruction struct {
	Notice  warning.Destruction `json:"notice"`
	Partner string              `json:"partner"`
	Ours    bool                `json:"ours"`
	Hash    string              `json:"hash"` // of the message that says it
}

// DestructionID names a notice: nobody can take the place of another's.
func DestructionID(partner string, ours bool, id string) string {
	return RecallID(partner, ours, id)
}
