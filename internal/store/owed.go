// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what an erasure has to do with duties to warn: what it waits for,
// and what is left of them.

import (
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// owedBy says why what a duty was opened by is not erased under it: nobody has
// decided it, or what answers it is about to leave. Empty if nothing is owed.
func (tx *Tx) owedBy(subject string) (string, error) {
	duties, err := Duties.List(tx, 0)
	if err != nil {
		return "", err
	}
	about := make(map[string]bool)
	for _, d := range duties {
		if !d.About(subject) {
			continue
		}
		if about[d.ID] = true; !d.State.Closed() {
			return "a duty to warn that it opened waits for a decision", nil
		}
	}
	if len(about) == 0 {
		return "", nil
	}
	drafts, err := Drafts.List(tx, 0, string(warning.Approved), string(warning.Waiting))
	for _, d := range drafts {
		if about[d.Duty] {
			return "a warning that answers a duty that it opened is about to leave", err
		}
	}
	return "", err
}

// forgotten is a duty without what it quotes: that there was one, to whom, by
// which pledges, when it was learnt of, who was called, asked and told, how the
// warning was given, and what was decided when, by whom and on which ground, stays.
func forgotten(d warning.Duty) warning.Duty {
	d.Forget(GoneText)
	unjustified := func(of *warning.Decision) *warning.Decision {
		if of == nil {
			return nil
		}
		kept := *of
		kept.Justification = ""
		return &kept
	}
	d.Decision = unjustified(d.Decision)
	for i := range d.Past {
		d.Past[i].Decision = unjustified(d.Past[i].Decision)
	}
	if e := d.Exigent; e != nil {
		d.Exigent = &warning.Exigent{By: e.By, At: e.At, ReviewDue: e.ReviewDue, ReviewedBy: e.ReviewedBy, ReviewedAt: e.ReviewedAt}
	}
	for i := range d.Disputes {
		d.Disputes[i].Resolution = ""
	}
	return d
}

// keepDuty gives a duty its dates, by our own rule: nobody shortens the life of its
// record by a word in it.
func keepDuty(tx *Tx, d *warning.Duty) error {
	return tx.retain(Retention{Kind: OfDuty, ID: d.ID, Since: d.Opened})
}

func (tx *Tx) dutyStays(r *Retention) (string, error) {
	d, ok, err := Duties.Find(tx, r.ID)
	if err != nil || !ok || d.State.Closed() {
		return "", err
	}
	return "the duty is not closed", nil
}

// eraseDuty takes out of a duty what it quotes, wherever it is from, and the words
// of the question that opened it.
func (tx *Tx) eraseDuty(id string) error {
	d, ok, err := Duties.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	if err := tx.eraseDismissals(map[string]bool{id: true}); err != nil {
		return err
	}
	if err := Duties.put(tx, id, forgotten(d)); err != nil || !d.Asked() {
		return err
	}
	key := InquiryID(d.Partner, false, d.Subject)
	if q, ok, err := Inquiries.Find(tx, key); err != nil {
		return err
	} else if ok {
		q.Inquiry.Question, q.Inquiry.About = GoneText, nil
		if err := Inquiries.Put(tx, key, q); err != nil {
			return err
		}
	}
	asked, err := tx.inquiries(d.Partner, d.Subject)
	if err != nil {
		return err
	}
	words := loss{date: true, of: make(map[string]bool)}
	for _, m := range asked {
		words.add(m)
	}
	return loseMessages(tx, &words)
}

// inquiries are the messages by which a partner asked a question.
func (tx *Tx) inquiries(partner, id string) (all []Message, err error) {
	var hashes []string
	const query = `SELECT hash FROM messages WHERE thread = '' AND partner = ? AND direction = ? AND kind = ? AND payload IS NOT NULL`
	err = tx.each(query, []any{partner, string(In), string(envelope.Inquiry)}, func(stmt *sqlite3.Stmt) (bool, error) {
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
		payload, unreadable := warning.Decode(m.Kind, m.Payload)
		if q, is := payload.(*warning.Inquiry); unreadable == nil && is && q.ID == id {
			all = append(all, m)
		}
	}
	return all, err
}
