// SPDX-License-Identifier: Apache-2.0

package store

// This file erases what has no more reason to be kept: the texts, salts and
// objects of a case, a draft or a source report, in every place that has them,
// in one transaction. Headers, signatures, leaves and receipts stay, and verify.

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// GoneText stands where a text was that was erased.
const GoneText = "(erased)"

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
	case OfCase:
		return tx.caseStays(r, frozen)
	case OfDraft:
		draft, ok, err := Drafts.Find(tx, r.ID)
		if err != nil || !ok {
			return "", err
		}
		return draftStays(&draft, frozen), nil
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
	if !c.Ours && (c.State == CaseOpen || c.State == CaseQuarantined) && tx.Now.Before(r.Due.Add(ReviewNotice)) {
		return "nobody here has answered it", nil
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
	duties, err := Duties.List(tx, 0)
	if err != nil {
		return "", err
	}
	for _, d := range duties {
		if d.Subject == r.ID && !d.State.Closed() {
			return "a duty to warn that it opened waits for a decision", nil
		}
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
		err = tx.eraseDraft(r.ID)
	case OfSource:
		err = tx.eraseSource(r.ID)
	}
	if err != nil {
		return err
	}
	r.State, r.Waits, r.Held, r.Erased, r.Ground, r.By = RetentionErased, "", false, tx.Now, ground, name
	for i := range r.Decided {
		r.Decided[i].Reason = "" // it may tell of what is gone
	}
	return Retentions.Put(tx, RetentionID(r.Kind, r.ID), r)
}

func (tx *Tx) eraseCase(id string, ground warning.DestructionGround, by warning.Officer) error {
	c, ok, err := Cases.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	thread, err := tx.Thread(c.ID, c.Partner)
	if err != nil {
		return err
	}
	var erased []string
	for i := range thread {
		m := &thread[i]
		if m.Kind == envelope.Destruction || m.Gone() {
			continue // a notice says nothing but which texts are gone
		}
		if err := tx.eraseMessage(m); err != nil {
			return err
		}
		erased = append(erased, m.Hash)
	}
	if err := tx.eraseRecalls(&c); err != nil {
		return err
	}
	if err := tx.eraseCopies(&c); err != nil {
		return err
	}
	if err := tx.eraseTwins(&c, thread); err != nil {
		return err
	}
	if err := tx.eraseDoubts(&c); err != nil {
		return err
	}
	if err := tx.eraseAbout(c.ID); err != nil {
		return err
	}
	if err := tx.eraseStatements(c.ID); err != nil {
		return err
	}
	c.Title, c.Purpose, c.Erased, c.Updated = GoneText, "", tx.Now, tx.Now
	if err := Cases.put(tx, c.ID, c); err != nil {
		return err
	}
	return tx.wishNotices(&c, erased, ground, by)
}

// eraseMessage erases a message's text and salt, the objects that came with it
// and what was said or heard of it by voice.
func (tx *Tx) eraseMessage(m *Message) error {
	objects := m.Attached()
	m.Erased, m.Salt, m.Payload = tx.Now, nil, nil
	tx.touched(rowMessage, m.Hash, m.hash())
	if err := tx.exec(`UPDATE messages SET salt = NULL, payload = NULL, erased = $1 WHERE hash = $2`, m.Erased.UnixMicro(), m.Hash); err != nil {
		return err
	}
	if m.Direction == In && len(objects) > 0 {
		if err := tx.DropGiven(m, objects); err != nil {
			return err
		}
	}
	if _, ok, err := Saids.Find(tx, m.Hash); err != nil {
		return err
	} else if ok {
		if err := Saids.Delete(tx, m.Hash); err != nil {
			return err
		}
	}
	heard, err := Heards.List(tx, 0, HeardOpen(m.Partner, false))
	for _, h := range heard {
		if err == nil && h.Message == m.Hash {
			err = Heards.Delete(tx, h.Prefix)
		}
	}
	return err
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

// eraseTwins erases the texts of messages that stand beside those of the case, or
// name it. What proves that there were two stays: headers and signatures.
func (tx *Tx) eraseTwins(c *Case, thread []Message) error {
	twins, err := Twins.List(tx, 0, c.Partner)
	if err != nil {
		return err
	}
	of := make(map[string]bool, len(thread))
	for i := range thread {
		of[thread[i].Hash] = true
	}
	for _, t := range twins {
		m, err := envelope.Unpack(t.Message)
		if err != nil || m.Payload == nil || !of[t.Place] && !of[t.Hash] && !bytes.Contains(m.Payload, []byte(c.ID)) {
			continue // what cannot be read says nothing of a case
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

// eraseDoubts erases why people affirmed messages of the case that were in doubt.
func (tx *Tx) eraseDoubts(c *Case) error {
	doubted, err := Doubteds.List(tx, 0)
	if err != nil {
		return err
	}
	for _, d := range doubted {
		if d.Partner != c.Partner || d.Case != c.ID || d.Why == "" {
			continue
		}
		d.Why = ""
		if err := Doubteds.Put(tx, d.Hash, d); err != nil {
			return err
		}
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
			err = tx.eraseDraft(id)
		} else {
			err = Drafts.put(tx, id, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) eraseRecalls(c *Case) error {
	recalls, err := Recalls.List(tx, 0)
	if err != nil {
		return err
	}
	for _, r := range recalls {
		if r.Recall.Case != c.ID || r.Partner != c.Partner {
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

// eraseAbout erases what duties took from a report or a case, and what was
// written to answer them and has not left. What has left has a date of its own.
func (tx *Tx) eraseAbout(subject string) error {
	duties, err := Duties.List(tx, 0)
	if err != nil {
		return err
	}
	about := make(map[string]bool)
	for _, d := range duties {
		if d.Subject != subject {
			continue
		}
		about[d.ID] = true
		if err := Duties.Put(tx, d.ID, forgotten(d)); err != nil {
			return err
		}
	}
	if len(about) == 0 {
		return nil
	}
	drafts, err := Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved), string(warning.Waiting))
	for _, d := range drafts {
		if err == nil && about[d.Duty] {
			err = tx.eraseDraft(d.ID)
		}
	}
	return err
}

// forgotten is a duty without what it quotes: that there was one, to whom, and
// what was decided when and by whom, is all that stays.
func forgotten(d warning.Duty) warning.Duty {
	kept := warning.Duty{
		ID: d.ID, Opened: d.Opened, OpenedBy: d.OpenedBy, Partner: d.Partner, Subject: d.Subject, Title: GoneText, Precedence: d.Precedence,
		ToLife: d.ToLife, Due: d.Due, Escalated: d.Escalated, State: d.State, Draft: d.Draft,
	}
	if d.Decision != nil {
		kept.Decision = &warning.Decision{
			Choice: d.Decision.Choice, Ground: d.Decision.Ground, Until: d.Decision.Until, By: d.Decision.By, At: d.Decision.At,
			AffirmedBy: d.Decision.AffirmedBy, AffirmedAt: d.Decision.AffirmedAt,
		}
	}
	for _, e := range d.History {
		kept.History = append(kept.History, warning.Event{At: e.At, By: e.By, What: GoneText})
	}
	return kept
}

// eraseStatements takes away the statements about a case that were never cleared.
// One that was cleared is public.
func (tx *Tx) eraseStatements(id string) error {
	statements, err := Statements.List(tx, 0, Uncleared)
	for _, s := range statements {
		if err == nil && s.Case == id {
			err = Statements.Delete(tx, s.ID)
		}
	}
	return err
}

func (tx *Tx) eraseDraft(id string) error {
	d, ok, err := Drafts.Find(tx, id)
	if err != nil || !ok || !d.Erased.IsZero() {
		return err
	}
	for name := range d.Releases {
		if err := Cuts.Delete(tx, CutID(id, name)); err != nil {
			return err
		}
	}
	kept := warning.Draft{
		ID: d.ID, Source: d.Source, Duty: d.Duty, Corrects: d.Corrects, ComposedBy: d.ComposedBy, ComposedAt: d.ComposedAt,
		Approvals: d.Approvals, Stage: d.Stage, Sent: d.Sent, Erased: tx.Now,
	}
	kept.Warning.Target.Name = GoneText
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
	if err := tx.eraseAbout(id); err != nil {
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
