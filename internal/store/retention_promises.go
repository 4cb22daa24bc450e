// SPDX-License-Identifier: Apache-2.0

package store

// This file gives review dates to what is of no case: watches, pledges and questions
// of either side, what was heard by voice, and what partners said in a recovery.

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Each of these is a purpose, too: a rule says for how long such a thing is kept.
const (
	OfWatch   = "watch"
	OfPledge  = "pledge"
	OfInquiry = "inquiry"
	// OfHeard is what was heard by voice and whose message has not come, or was erased
	// before: with that it is of its case, and goes with it.
	OfHeard = "heard"
	// OfRecovery are the answers of partners in a recovery, which they signed, and the
	// questions that left in files.
	OfRecovery = "recovery"
)

const heardPrefix = "heard--"

// Name is how people name what is kept: in one piece that fits into an address.
func (r *Retention) Name() string {
	switch r.Kind {
	case OfCollection:
		return CollectionPrefix + r.ID
	case OfHeard:
		return heardPrefix + r.ID
	case OfPledge, OfInquiry:
		return strings.ReplaceAll(r.ID, "/", ":")
	}
	return r.ID
}

// KeptAs finds what people name; ok is false if nothing that has a review date is
// named so.
func KeptAs(name string) (kind, id string, ok bool) {
	id = name
	if rest, theirs := strings.CutPrefix(name, "in:"); theirs {
		partner, of, _ := strings.Cut(rest, ":")
		name, id = of, InquiryID(partner, false, of)
	}
	prefix, _, _ := strings.Cut(name, "--")
	kind, ok = map[string]string{
		"warning": OfCase, "draft": OfDraft, "source": OfSource, "redress": OfRedress, "statement": OfStatement, "collection": OfCollection, "duty": OfDuty,
		"watch": OfWatch, "pledge": OfPledge, "inquiry": OfInquiry, "heard": OfHeard, "restore": OfRecovery, "recovery": OfRecovery,
	}[prefix]
	switch kind {
	case OfCollection:
		id = strings.TrimPrefix(id, CollectionPrefix)
	case OfHeard:
		id = strings.TrimPrefix(id, heardPrefix)
	}
	return kind, id, ok
}

// PledgeID names a pledge: a partner chooses the ids of its own.
func PledgeID(partner string, ours bool, id string) string { return InquiryID(partner, ours, id) }

// retainYear gives a thing a year from since, or until its own end if that is later.
// It begins anew with nothing that is said of the thing later.
func (tx *Tx) retainYear(r Retention, end warning.Date) error {
	was, known, err := Retentions.Find(tx, RetentionID(r.Kind, r.ID))
	if err != nil {
		return err
	}
	if known && was.State != RetentionErased {
		r.Since = was.Since
	}
	if r.Since.IsZero() || r.Since.After(tx.Now) {
		r.Since = tx.Now
	}
	r.Purpose = r.Kind
	r.Given = warning.DateOf(r.Since.AddDate(0, 0, yearDays))
	if end > r.Given {
		r.Given = end
	}
	return tx.retain(r)
}

// undate takes the date of a thing away that goes with another from now on.
func (tx *Tx) undate(kind, id string) error {
	id = RetentionID(kind, id)
	r, known, err := Retentions.Find(tx, id)
	if err != nil || !known || r.State == RetentionErased {
		return err
	}
	return Retentions.Delete(tx, id)
}

func keepWatch(tx *Tx, w *warning.Watch) error {
	return tx.retainYear(Retention{Kind: OfWatch, ID: w.ID, Since: w.At}, warning.DateOf(w.Window.End))
}

// keepPledge: what a partner says of when it promised counts for nothing. What was
// erased has no date any more.
func keepPledge(tx *Tx, p *warning.KeptPledge) error {
	if !p.Erased.IsZero() {
		return nil
	}
	r := Retention{Kind: OfPledge, ID: PledgeID(p.Partner, p.Ours, p.Pledge.ID), Partner: p.Partner, Ours: p.Ours}
	if p.Ours {
		r.Since = p.Pledge.At
	}
	return tx.retainYear(r, p.Pledge.Until)
}

// keepInquiry: a question that opened a duty goes with that.
func keepInquiry(tx *Tx, q *warning.KeptInquiry) error {
	r := Retention{Kind: OfInquiry, ID: InquiryID(q.Partner, q.Ours, q.Inquiry.ID), Partner: q.Partner, Ours: q.Ours}
	if q.Duty != "" {
		return tx.undate(r.Kind, r.ID)
	}
	if q.Ours {
		r.Since = q.Inquiry.At
	}
	return tx.retainYear(r, "")
}

func keepHeard(tx *Tx, h *Heard) error {
	if h.Message != "" {
		m, here, err := tx.FindMessage(h.Message)
		if err != nil {
			return err
		}
		if here && !m.Gone() {
			return tx.undate(OfHeard, h.Key())
		}
	}
	return tx.retainYear(Retention{Kind: OfHeard, ID: h.Key(), Partner: h.Partner, Since: h.At}, "")
}

func keepRecovery(tx *Tx, r *Recovery) error {
	return tx.retainYear(Retention{Kind: OfRecovery, ID: r.ID, Since: r.Began}, "")
}

// promiseStays says why one of these is not erased although it is due.
func (tx *Tx) promiseStays(r *Retention, frozen map[string]bool) (string, error) {
	if frozen[r.Partner] {
		return frozenWords(r.Partner), nil
	}
	switch r.Kind {
	case OfWatch:
		w, ok, err := Watches.Find(tx, r.ID)
		if err == nil && ok && w.Until().After(tx.Now) {
			return "it runs until " + string(warning.DateOf(w.Window.End)), nil
		}
		return "", err
	case OfInquiry:
		q, ok, err := Inquiries.Find(tx, r.ID)
		if err != nil || !ok {
			return "", err
		}
		channel, known, err := Channels.Find(tx, q.Partner)
		if err == nil && known && channel.Opens() && !q.Ours && q.Answer == nil {
			return "it waits for its duty", nil
		}
		if err != nil || !q.Ours {
			return "", err
		}
		return tx.leavesYet(r, envelope.Inquiry)
	case OfPledge:
		return tx.leavesYet(r, envelope.Pledge)
	case OfRecovery:
		return tx.recoveryStays(r, frozen)
	}
	return "", nil
}

func (tx *Tx) recoveryStays(r *Retention, frozen map[string]bool) (string, error) {
	recovery, ok, err := Recoveries.Find(tx, r.ID)
	if err != nil || !ok {
		return "", err
	}
	if recovery.state() != RecoveryDone {
		return "the recovery is not over", nil
	}
	for _, p := range recovery.Partners {
		if frozen[p.Partner] {
			return frozenWords(p.Partner), nil
		}
	}
	return "", nil
}

// leavesYet says that the message of a pledge or a question of ours has not left.
func (tx *Tx) leavesYet(r *Retention, kind envelope.Kind) (string, error) {
	if !r.Ours {
		return "", nil
	}
	messages, err := tx.aside(r.Partner, kind, r.ID)
	for _, m := range messages {
		if m.State == Queued {
			return "a message of it is still on its way", err
		}
	}
	return "", err
}

// erasePromise takes away what is said in one of these. That there was a pledge or a
// question, whose, and when, stays.
func (tx *Tx) erasePromise(r *Retention) error {
	named := r.ID[strings.LastIndexByte(r.ID, '/')+1:] // as alarms name it
	if err := tx.eraseDismissals(map[string]bool{named: true, r.ID: true}); err != nil {
		return err
	}
	switch r.Kind {
	case OfWatch:
		return tx.deleteFound(r.ID, Watches.kind, func() error { return Watches.Delete(tx, r.ID) })
	case OfHeard:
		if err := tx.eraseReasons(HeardSubject(r.ID)); err != nil {
			return err
		}
		return tx.deleteFound(r.ID, Heards.kind, func() error { return Heards.Delete(tx, r.ID) })
	case OfRecovery:
		return tx.eraseAnswersOf(r.ID)
	case OfPledge:
		return tx.erasePledge(r.ID)
	}
	return tx.eraseInquiry(r.ID)
}

// deleteFound deletes a row that is there: of what is not, the log says nothing.
func (tx *Tx) deleteFound(id, kind string, remove func() error) error {
	found, err := tx.get(`SELECT 1 FROM records WHERE kind = $1 AND id = $2`, []any{kind, id}, new(int))
	if err != nil || !found {
		return err
	}
	return remove()
}

// erasePledge ends a pledge. The partner to whom we gave it is told, if it held: the
// notice is left as a wish for the outbox.
func (tx *Tx) erasePledge(id string) error {
	p, ok, err := Pledges.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	if !p.Erased.IsZero() { // what was said under its name since
		return tx.eraseAside(p.Partner, envelope.Pledge, p.Ours, p.Pledge.ID)
	}
	gone := warning.KeptPledge{Partner: p.Partner, Ours: p.Ours, Erased: tx.Now, End: p.End, EndHash: p.EndHash, EndHeard: p.EndHeard,
		Pledge: warning.Pledge{ID: p.Pledge.ID, Text: GoneText, From: p.Pledge.From, Until: p.Pledge.Until, By: p.Pledge.By, At: p.Pledge.At}}
	ends := !p.Past(tx.Now)
	switch {
	case ends && p.Ours:
		gone.End = &warning.PledgeEnd{Pledge: p.Pledge.ID, Ended: tx.Now, Why: warning.PledgeEndedByDate, At: tx.Now}
	case ends: // here: its giver may hold it still
		gone.Pledge.Until = warning.DateOf(tx.Now)
	}
	if err := Pledges.put(tx, id, gone); err != nil {
		return err
	}
	if err := tx.eraseAside(p.Partner, envelope.Pledge, p.Ours, p.Pledge.ID); err != nil || !p.Ours || !ends {
		return err
	}
	if err := tx.WishPledgeEnd(p.Partner, gone.End); err != nil {
		return err
	}
	return tx.Raise(warning.PledgeEndedAlarm(&gone, id))
}

func (tx *Tx) eraseInquiry(id string) error {
	q, ok, err := Inquiries.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	if q.Inquiry.Question != GoneText {
		q.Inquiry.Question, q.Inquiry.About = GoneText, nil
		if err := Inquiries.put(tx, id, q); err != nil {
			return err
		}
		if err := tx.eraseReasons(id); err != nil {
			return err
		}
	}
	return tx.eraseAside(q.Partner, envelope.Inquiry, q.Ours, q.Inquiry.ID)
}

// eraseAside erases text and salt of the messages that said a pledge or a question,
// and of those that stand beside them.
func (tx *Tx) eraseAside(partner string, kind envelope.Kind, ours bool, id string) error {
	said, err := tx.aside(partner, kind, InquiryID(partner, ours, id))
	if err != nil {
		return err
	}
	words := loss{date: true, partner: partner, of: make(map[string]bool)}
	for _, m := range said {
		words.add(m)
	}
	if err := loseMessages(tx, &words); err != nil {
		return err
	}
	return loseTwins(tx, &words)
}

// aside are the messages of no case by which a pledge or a question was said, by the
// id under which that is kept, as far as their texts are here.
func (tx *Tx) aside(partner string, kind envelope.Kind, key string) (all []Message, err error) {
	direction := In
	if !strings.HasPrefix(key, "in/") {
		direction = Out
	}
	id := key[strings.LastIndexByte(key, '/')+1:]
	var hashes []string
	const query = `SELECT hash FROM messages WHERE thread = '' AND partner = ? AND direction = ? AND kind = ? AND payload IS NOT NULL`
	err = tx.each(query, []any{partner, string(direction), string(kind)}, func(stmt *sqlite3.Stmt) (bool, error) {
		hashes = append(hashes, stmt.ColumnText(0))
		return true, nil
	})
	for _, hash := range hashes {
		if err != nil {
			return nil, err
		}
		var m Message
		if m, err = tx.Message(hash); err != nil {
			return nil, err
		}
		var said struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(m.Payload, &said) == nil && said.ID == id { // also one that would be refused by now
			all = append(all, m)
		}
	}
	return all, err
}

// eraseAnswersOf deletes what partners said in a recovery, and what they were asked in
// files. What came of it stays.
func (tx *Tx) eraseAnswersOf(recovery string) error {
	var ids []string
	const query = `SELECT id FROM records WHERE kind = ? AND id > ? AND id < ?`
	err := tx.each(query, []any{Standings.kind, recovery + "/", recovery + "0"}, func(stmt *sqlite3.Stmt) (bool, error) {
		ids = append(ids, stmt.ColumnText(0))
		return true, nil
	})
	for _, id := range ids {
		if err == nil {
			err = Standings.Delete(tx, id)
		}
	}
	if err != nil {
		return err
	}
	questions, err := Questions.List(tx, 0)
	for _, q := range questions {
		if err == nil && q.Recovery == recovery {
			err = Questions.Delete(tx, envelope.StandingID(q.Body))
		}
	}
	return err
}
