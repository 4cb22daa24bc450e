// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows cases with their threads, and what stays at home.

import (
	"context"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Cases lists cases, newest first; of one partner, if it is named.
func (s *Shelf) Cases(ctx context.Context, who caller.Caller, name string, limit int) (cases []api.CaseSummary, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		most := limit
		if name != "" {
			most = 0 // the limit is of this partner's
		}
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		all, err := store.Cases.List(tx, most)
		for _, c := range all {
			if name != "" && c.Partner != name || limit > 0 && len(cases) >= limit {
				continue
			}
			line, err := hide.summary(c)
			if err != nil {
				return err
			}
			cases = append(cases, line)
		}
		return err
	})
	return cases, err
}

// Case is [Shelf.CasePart] of the newest that was said.
func (s *Shelf) Case(ctx context.Context, who caller.Caller, id string) (c api.Case, err error) {
	return s.CasePart(ctx, who, id, api.CasePart{})
}

// CasePart shows a case with what was said in it: all of it, or, where that is much, a
// page. Reading it is logged.
func (s *Shelf) CasePart(ctx context.Context, who caller.Caller, id string, of api.CasePart) (c api.Case, err error) {
	what := store.What{Act: caller.ReadCase, Subject: id}
	err = s.store.Show(ctx, who, what, func(tx *store.Tx) error {
		kept, err := store.Cases.Get(tx, id)
		if err != nil {
			return err
		}
		if err := mayOpen(who, &kept); err != nil {
			return err
		}
		channel, err := store.Channels.Get(tx, kept.Partner)
		if err != nil {
			return err
		}
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		line, err := hide.summary(kept)
		if err != nil {
			return err
		}
		c = api.Case{CaseSummary: line, Version: kept.Version, Newest: kept.Newest, Corrections: kept.Corrections, Asked: kept.Questions}
		on, err := partOf(tx, &kept, of, &c)
		if err != nil {
			return err
		}
		if c.Disputes, c.OlderViews, err = views(tx, &kept); err != nil {
			return err
		}
		if c.Recalls, err = recalls(tx, who, true, func(r store.Recall) bool { return r.Recall.Case == id && r.Partner == kept.Partner }); err != nil {
			return err
		}
		if c.Permissions, err = permissions(tx, who, func(p *api.Permission) bool { return p.Case == id && p.Partner == kept.Partner }); err != nil {
			return err
		}
		for _, e := range on.entries {
			m, err := tx.Message(e.Hash)
			if err != nil {
				return err
			}
			shown, err := show(m, channel)
			if err != nil {
				return err
			}
			if err := showStep(tx, m, &shown); err != nil {
				return err
			}
			if err := showCarried(tx, m, &shown); err != nil {
				return err
			}
			if err := showAffirmed(tx, &shown); err != nil {
				return err
			}
			if err := withhold(tx, who, &m, &kept, &shown); err != nil {
				return err
			}
			if shown.Payload != nil && !on.texts[e.Hash] {
				shown.Payload, shown.LeftOut = nil, e.Bytes
			}
			c.Thread = append(c.Thread, shown)
		}
		if c.Notes, err = notes(tx, &kept); err != nil {
			return err
		}
		statements, err := store.Statements.List(tx, 0)
		for _, statement := range statements {
			if statement.Case == id {
				toBeCleared(&statement)
				c.Statements = append(c.Statements, statement)
			}
		}
		if err == nil {
			c.Dropped, err = dropped(tx, kept.Partner, id)
		}
		if third, failed := tx.ThirdParty(who, kept.Partner); failed != nil {
			return failed
		} else if third {
			withholdBeside(&c)
		}
		return err
	})
	if err != nil {
		return api.Case{}, s.refused(ctx, who, what, err)
	}
	return c, nil
}

// show is a message as people see it. One that is queued while its channel
// does not let it leave is held.
func show(m store.Message, channel partner.Channel) (api.Message, error) {
	opened, err := m.Opened()
	if err != nil {
		return api.Message{}, err
	}
	shown := api.Message{
		Hash: m.Hash, Kind: string(m.Kind), Ours: m.Direction != store.In, Seq: m.Seq, At: m.At, Sent: opened.Header.Sent,
		State: string(m.State), Handling: store.HandlingOf(&m, &opened.Header).Line(), Receipted: len(m.Receipt) > 0, Payload: m.Payload,
	}
	if m.State == store.Queued && !channel.Lets(m.Kind, false) {
		shown.State = "held"
	}
	if shown.Receipted {
		r, err := receipt.Parse(m.Receipt)
		if err != nil {
			return shown, err
		}
		shown.ReceivedAt, shown.Disposition = r.Statement.Received, string(r.Statement.Disposition)
		shown.InDoubt = inDoubt(channel, m, opened.Header.Sent, r)
	}
	return shown, nil
}

// showStep says which step a message says, and whether its receipt is here.
func showStep(tx *store.Tx, m store.Message, shown *api.Message) error {
	step, is, err := tx.FindStep(m.Hash)
	if err != nil || !is {
		return err
	}
	shown.Step, shown.StepReceipted = string(m.Kind), step.Receipt != nil
	if payload, err := warning.Decode(m.Kind, m.Payload); err == nil {
		kind, _, _, _ := warning.Step(payload)
		shown.Step = string(kind)
	} else if r, err := receipt.Parse(step.Receipt); err == nil {
		shown.Step = string(r.Statement.Kind) // of a text that was erased
	}
	return nil
}

// Sources lists the source reports, without the title of what asks for a reason.
func (s *Shelf) Sources(ctx context.Context, who caller.Caller) (lines []api.SourceSummary, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadSource}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		sources, err := store.Sources.List(tx, 200)
		for _, source := range sources {
			hide.source(&source)
			lines = append(lines, api.SourceSummary{ID: source.ID, Handling: source.Handling, Title: source.Title, KeptAt: source.KeptAt, KeptBy: source.KeptBy})
		}
		return err
	})
	return lines, err
}

// Source shows a source report. Reading it is logged.
func (s *Shelf) Source(ctx context.Context, who caller.Caller, id string) (source warning.Source, err error) {
	err = s.store.Show(ctx, who, store.What{Act: caller.ReadSource, Subject: id}, func(tx *store.Tx) error {
		source, err = store.Sources.Get(tx, id)
		return err
	})
	if err != nil {
		return warning.Source{}, err
	}
	return source, nil
}

// Drafts lists the drafts, newest first.
func (s *Shelf) Drafts(ctx context.Context, who caller.Caller) (lines []api.DraftSummary, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		drafts, err := store.Drafts.List(tx, 200)
		for _, draft := range drafts {
			line := draftLine(draft)
			if hide.restricted[draft.ID] {
				line.Title = restrictedTitle
			}
			lines = append(lines, line)
		}
		return err
	})
	return lines, err
}

// Draft shows a draft. Reading it is logged.
func (s *Shelf) Draft(ctx context.Context, who caller.Caller, id string) (draft warning.Draft, err error) {
	err = s.store.Show(ctx, who, store.What{Act: caller.Preview, Subject: id}, func(tx *store.Tx) error {
		draft, err = store.Drafts.Get(tx, id)
		return err
	})
	if err != nil {
		return warning.Draft{}, err
	}
	return draft, nil
}

// soonestFirst orders duties by when a decision is due.
func soonestFirst(duties []warning.Duty) {
	slices.SortStableFunc(duties, func(a, b warning.Duty) int { return a.Due.Compare(b.Due) })
}

// Duties lists duties: all, newest first, or those not closed, the soonest due first.
// Of what asks for a reason it shows no word: that one opens it is a line of the log.
func (s *Shelf) Duties(ctx context.Context, who caller.Caller, all bool) (duties []warning.Duty, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		kept, err := store.Duties.List(tx, 0)
		for _, duty := range kept {
			if !all && duty.State.Closed() {
				continue
			}
			if err := hide.duty(&duty, true); err != nil {
				return err
			}
			duties = append(duties, duty)
		}
		if !all {
			soonestFirst(duties)
		}
		return err
	})
	return duties, err
}

// Duty shows one duty. Reading it is logged.
func (s *Shelf) Duty(ctx context.Context, who caller.Caller, id string) (duty warning.Duty, err error) {
	err = s.store.Show(ctx, who, store.What{Act: caller.ReadDuty, Subject: id}, func(tx *store.Tx) error {
		if duty, err = store.Duties.Get(tx, id); err != nil {
			return err
		}
		duty.As = duty.Seen()
		if err := carried(tx, &duty); err != nil {
			return err
		}
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		return hide.duty(&duty, false)
	})
	if err != nil {
		return warning.Duty{}, err
	}
	return duty, nil
}

// Pledges lists what was promised, by us and to us.
func (s *Shelf) Pledges(ctx context.Context, who caller.Caller) (pledges []warning.KeptPledge, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePledges}, func(tx *store.Tx) error {
		pledges, err = store.Pledges.List(tx, 0)
		return err
	})
	return pledges, err
}

// Watches lists the watches.
func (s *Shelf) Watches(ctx context.Context, who caller.Caller) (watches []warning.Watch, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePledges}, func(tx *store.Tx) error {
		watches, err = store.Watches.List(tx, 0)
		return err
	})
	return watches, err
}

// Alarms lists the alarms: those raised, or all.
func (s *Shelf) Alarms(ctx context.Context, who caller.Caller, all bool) (alarms []warning.Alarm, err error) {
	states := []string{store.Raised}
	if all {
		states = nil
	}
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeBoard}, func(tx *store.Tx) error {
		if alarms, err = store.Alarms.List(tx, 500, states...); err != nil {
			return err
		}
		return bareAlarms(tx, who, alarms)
	})
	return alarms, err
}

// Public lists what was cleared, newest first, without who wrote and cleared
// it and without the case. It is all a stranger can see.
func (s *Shelf) Public(ctx context.Context) (statements []warning.Statement, err error) {
	err = s.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.ReadPublic}, func(tx *store.Tx) error {
		rules, err := s.force.Rules(tx)
		if err != nil {
			return err
		}
		cleared, err := store.Statements.List(tx, 200, store.Cleared)
		for _, statement := range cleared {
			if !public(rules, &statement) {
				continue // whatever the index says
			}
			statement.Case, statement.WrittenBy, statement.ClearedBy = "", "", ""
			statement.WrittenAt = statement.ClearedAt
			statements = append(statements, statement)
		}
		return err
	})
	return statements, err
}
