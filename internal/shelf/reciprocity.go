// SPDX-License-Identifier: Apache-2.0

package shelf

// This file makes the reciprocity record: what two services promised each other,
// what they did for each other, and how long each took.

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Reciprocity is the record of a period with every partner, or with the one that
// is named. What was erased has its times in it still. Reading it is logged.
func (s *Shelf) Reciprocity(ctx context.Context, who caller.Caller, name string, period api.Period) (record api.Reciprocity, err error) {
	record.Period = period
	what := store.What{Act: caller.ReadRecord, Subject: name}
	err = s.store.Show(ctx, who, what, func(tx *store.Tx) (err error) {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		record.Partners, err = records(tx, name, period, func(c store.Case) string {
			line, err := hide.summary(c)
			if err != nil {
				return untold
			}
			return line.Title
		})
		return err
	})
	return record, err
}

// leaves is the title of a case where a record leaves the house.
func leaves(c store.Case) string {
	if handling.TLP(c.TLP).Rank() > RecordMarking.Rank() || handling.TLP(c.TLP).Rank() < 0 {
		return untold
	}
	return c.Title
}

// records are those of one partner, or of all by name; title is what a case is
// called in them.
func records(tx *store.Tx, name string, period api.Period, title func(store.Case) string) (all []api.PartnerRecord, err error) {
	var channels []partner.Channel
	if name != "" {
		channel, err := store.Channels.Get(tx, name)
		if err != nil {
			return nil, err
		}
		channels = append(channels, channel)
	} else if channels, err = store.Channels.List(tx, 0); err != nil {
		return nil, err
	}
	r := recorder{tx: tx, period: period, title: title}
	if r.pledges, err = store.Pledges.List(tx, 0); err != nil {
		return nil, err
	}
	if r.duties, err = store.Duties.List(tx, 0); err != nil {
		return nil, err
	}
	if r.cases, err = store.Cases.List(tx, 0); err != nil {
		return nil, err
	}
	slices.SortFunc(channels, func(a, b partner.Channel) int { return strings.Compare(a.Name, b.Name) })
	for _, channel := range channels {
		line, err := r.of(channel.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, nil
}

type recorder struct {
	tx      *store.Tx
	period  api.Period
	pledges []warning.KeptPledge
	duties  []warning.Duty
	cases   []store.Case
	title   func(store.Case) string
}

func (r recorder) of(name string) (api.PartnerRecord, error) {
	line := api.PartnerRecord{Partner: name}
	for _, p := range r.pledges {
		if p.Partner != name || !held(&p, r.period) {
			continue
		}
		b := &line.Got
		if p.Ours {
			b = &line.Gave
		}
		b.Pledges++
		if p.End != nil && r.period.Holds(p.Over()) {
			b.PledgesEnded++
			line.Ended = append(line.Ended, api.EndedPledge{Pledge: p.Pledge.ID, Ours: p.Ours, Given: p.Pledge.At, Ended: p.Over(), Why: string(p.End.Why), How: p.End.Words()})
		}
	}
	slices.SortFunc(line.Ended, func(a, b api.EndedPledge) int {
		return cmp.Or(a.Ended.Compare(b.Ended), cmp.Compare(a.Pledge, b.Pledge))
	})
	cases, byDraft := make(map[string]store.Case), make(map[string]string)
	for _, c := range r.cases {
		if c.Partner != name {
			continue
		}
		cases[c.ID] = c
		if c.Ours && c.Draft != "" {
			byDraft[c.Draft] = c.ID
		}
	}
	for i := range r.duties {
		d := &r.duties[i]
		if d.Partner != name {
			continue
		}
		e := ofDuty(d)
		c, sent := cases[byDraft[d.Draft]]
		delete(cases, c.ID) // it stands beside its duty, whatever the period
		if !r.period.Holds(d.Opened) {
			continue
		}
		if sent {
			if err := r.follow(&e, c); err != nil {
				return line, err
			}
		}
		line.Exchanges = append(line.Exchanges, e)
	}
	for _, c := range cases {
		e := api.Exchange{Ours: c.Ours}
		if err := r.follow(&e, c); err != nil {
			return line, err
		}
		if r.period.Holds(e.At()) {
			line.Exchanges = append(line.Exchanges, e)
		}
	}
	slices.SortFunc(line.Exchanges, func(a, b api.Exchange) int {
		return cmp.Or(a.At().Compare(b.At()), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Duty, b.Duty))
	})
	balance(&line)
	return line, nil
}

// held reports whether a pledge was in force at some moment of a period. One
// that was given with an earlier first day holds from when it was given.
func held(k *warning.KeptPledge, period api.Period) bool {
	p, from := &k.Pledge, k.Pledge.At
	if p.From != "" && p.From.Time().After(from) {
		from = p.From.Time()
	}
	if !period.Until.IsZero() && !from.Before(period.Until) {
		return false
	}
	if over := k.Over(); k.End != nil && (!period.From.Before(over) || !from.Before(over)) {
		return false
	}
	return p.Until == "" || period.From.Before(p.Until.Time().AddDate(0, 0, 1))
}

func ofDuty(d *warning.Duty) api.Exchange {
	e := api.Exchange{
		Ours: true, Handling: d.Handling, Title: d.Title, Precedence: d.Precedence, ToLife: d.ToLife, Duty: d.ID, Opened: d.Opened,
		Pledged: d.Pledged(),
	}
	// A proposal of a waiver decides nothing yet, and a deferral puts off.
	switch d.State {
	case warning.DutyWarn, warning.DutyWarned, warning.DutyWaived, warning.DutyNotMet:
		if d.Decision != nil {
			e.Choice, e.Decided = string(d.Decision.Choice), d.Decision.At
			if !d.Decision.AffirmedAt.IsZero() {
				e.Decided = d.Decision.AffirmedAt
			}
		}
	}
	return e
}

// follow says of an exchange what was said in its case. Who was warned answers
// and reports, who warned thanks.
func (r recorder) follow(e *api.Exchange, c store.Case) error {
	handled, err := r.tx.HandlingOf(&c)
	if err != nil {
		return err
	}
	e.Case, e.Handling, e.Title, e.Result, e.Disputed = c.ID, handled, r.title(c), c.Result, c.Disputed
	e.Handling.Note = "" // of what may be told to those alone who open the case
	e.Precedence, e.ToLife = handling.Precedence(c.Precedence), c.ToLife
	e.Sent = c.Opened
	milestones, err := r.tx.Milestones(c.ID, c.Partner)
	if err != nil {
		return err
	}
	for _, m := range milestones {
		warner := m.Ours == c.Ours
		switch {
		case m.Kind == envelope.Warning && warner:
			if err := r.sent(e, m); err != nil {
				return err
			}
		case m.Kind == envelope.Acknowledgement && !warner:
			e.Answered = m.At
		case m.Kind == envelope.Outcome && !warner:
			e.Reported = m.At
		case m.Kind == envelope.Thanks && warner:
			e.Thanked = m.At
		}
	}
	return nil
}

// sent says when a warning left, and when it was received: ours by the
// partner's receipt, the partner's by our own.
func (r recorder) sent(e *api.Exchange, m store.Milestone) error {
	message, err := r.tx.Message(m.Hash)
	if err != nil {
		return err
	}
	opened, err := message.Opened()
	if err != nil {
		return err
	}
	e.Sent = opened.Header.Sent
	if len(message.Receipt) == 0 {
		return nil
	}
	kept, err := receipt.Parse(message.Receipt)
	if err != nil {
		return err
	}
	e.Received = kept.Statement.Received
	return nil
}

// balance adds the exchanges up.
func balance(line *api.PartnerRecord) {
	took := make(map[*api.Took][]time.Duration)
	step := func(into *api.Took, from, to time.Time) {
		if !from.IsZero() && !to.IsZero() {
			took[into] = append(took[into], max(to.Sub(from), 0)) // two clocks may differ
		}
	}
	for _, e := range line.Exchanges {
		b := &line.Got
		if e.Ours {
			b = &line.Gave
		}
		if e.Duty != "" {
			count(b, e)
			step(&b.Decide, e.Opened, e.Decided)
			step(&b.Send, e.Opened, e.Sent)
		}
		if e.Case == "" {
			continue
		}
		b.Warnings++
		tally(&b.Received, !e.Received.IsZero())
		tally(&b.Answered, !e.Answered.IsZero())
		tally(&b.Outcomes, !e.Reported.IsZero())
		tally(&b.Thanks, !e.Thanked.IsZero())
		tally(&b.Disputed, e.Disputed)
		step(&b.Receive, e.Sent, e.Received)
		step(&b.Answer, e.Received, e.Answered)
		step(&b.Outcome, e.Received, e.Reported)
	}
	for into, all := range took {
		*into = median(all)
	}
}

func count(b *api.Balance, e api.Exchange) {
	b.Duties++
	tally(&b.Matched, e.Pledged)
	tally(&b.Warn, e.Choice == string(warning.Warn))
	tally(&b.Waived, e.Choice == string(warning.Waive))
	tally(&b.NotMet, e.Choice == string(warning.ThresholdNotMet))
	tally(&b.Waiting, e.Choice == "" || e.Choice == string(warning.Warn) && e.Case == "")
}

func tally[N ~int](n *N, is bool) {
	if is {
		*n++
	}
}

// median is the middle one; of an even number, the earlier of the two in the
// middle, so that it is a time that was taken.
func median(all []time.Duration) api.Took {
	slices.Sort(all)
	return api.Took{Count: len(all), Median: int64(all[(len(all)-1)/2] / time.Second), Longest: int64(all[len(all)-1] / time.Second)}
}
