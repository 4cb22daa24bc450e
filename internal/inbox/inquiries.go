// SPDX-License-Identifier: Apache-2.0

package inbox

// This file opens duties by what partners ask.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// asked keeps a partner's question and opens a duty to answer it, unless as many of
// its precedence stand open as are shown one by one: then the question waits, and
// the clocks open its duty when one of the others is closed. The same question
// again changes nothing.
func (h *hearing) asked(q *warning.Inquiry) error {
	id := store.InquiryID(h.channel.Name, false, q.ID)
	if _, known, err := store.Inquiries.Find(h.tx, id); err != nil || known {
		return err
	}
	kept := warning.KeptInquiry{Inquiry: *q, Partner: h.channel.Name}
	open, err := store.Duties.List(h.tx, 0, warning.Unclosed()...)
	if err != nil {
		return err
	}
	n := 0
	for _, d := range open {
		if d.Asked() && d.Partner == h.channel.Name && d.Precedence == q.Precedence {
			n++
		}
	}
	if n < match.MostAsked {
		duty := match.AskedDuty(q, h.channel.Name, h.tx.Now)
		kept.Duty = duty.ID
		if err := store.Duties.Put(h.tx, duty.ID, duty); err != nil {
			return err
		}
		return store.Inquiries.Put(h.tx, id, kept)
	}
	level := handling.Priority
	if q.Precedence.Rank() > level.Rank() {
		level = q.Precedence
	}
	if err := h.tx.Raise(warning.Alarm{Kind: warning.AlarmFlood, Partner: h.channel.Name, Subject: h.channel.Name, Level: level,
		Text: h.channel.Name + " asks more than is shown one by one: see tocsin duty asked"}); err != nil {
		return err
	}
	return store.Inquiries.Put(h.tx, id, kept)
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
