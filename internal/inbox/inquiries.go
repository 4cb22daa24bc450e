// SPDX-License-Identifier: Apache-2.0

package inbox

// This file opens duties by what partners ask.

import (
	"fmt"
	"slices"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// mostAsked is how many duties a partner's questions keep open at once: what it
// asks beyond, whoever decides the others is told of in the newest of them.
const mostAsked = 10

// asked keeps a partner's question and opens a duty to answer it. The same question
// again changes nothing.
func (h *hearing) asked(q *warning.Inquiry) error {
	id := store.InquiryID(h.channel.Name, false, q.ID)
	if _, known, err := store.Inquiries.Find(h.tx, id); err != nil || known {
		return err
	}
	kept := warning.KeptInquiry{Inquiry: *q, Partner: h.channel.Name}
	open, err := h.askedDuties()
	if err != nil {
		return err
	}
	if len(open) < mostAsked {
		duty := match.AskedDuty(q, h.channel.Name, h.tx.Now)
		kept.Duty = duty.ID
		if err := store.Duties.Put(h.tx, duty.ID, duty); err != nil {
			return err
		}
		return store.Inquiries.Put(h.tx, id, kept)
	}
	newest := open[0]
	newest.ObjectCount++
	newest.History = slices.DeleteFunc(newest.History, func(e warning.Event) bool { return e.By == "flood" })
	newest.History = append(newest.History, warning.Event{At: h.tx.Now, By: "flood", What: fmt.Sprintf("%s asked %d questions more than are shown one by one", h.channel.Name, newest.ObjectCount)})
	if err := store.Duties.Put(h.tx, newest.ID, newest); err != nil {
		return err
	}
	if err := h.tx.Raise(warning.Alarm{Kind: warning.AlarmFlood, Partner: h.channel.Name, Subject: h.channel.Name, Level: handling.Priority,
		Text: h.channel.Name + " asks more than is shown one by one: see tocsin duty asked"}); err != nil {
		return err
	}
	kept.Duty = newest.ID
	return store.Inquiries.Put(h.tx, id, kept)
}

// askedDuties are the duties that this partner's questions opened and nobody has
// closed, the newest first.
func (h *hearing) askedDuties() ([]warning.Duty, error) {
	open, err := store.Duties.List(h.tx, 0, warning.Unclosed()...)
	return slices.DeleteFunc(open, func(d warning.Duty) bool { return d.Partner != h.channel.Name || !d.Asked() }), err
}

// inquiryAnswered keeps a partner's word on what we asked. The first one counts.
func (h *hearing) inquiryAnswered(a *warning.InquiryAnswer) error {
	kept, ok, err := store.Inquiries.Find(h.tx, store.InquiryID(h.channel.Name, true, a.Inquiry))
	if err != nil || !ok || kept.Partner != h.channel.Name || kept.Answer != nil {
		return err
	}
	kept.Answer = a
	return store.Inquiries.Put(h.tx, kept.Inquiry.ID, kept)
}
