// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about sources, drafts, cases and what is said in them.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *server) sources(c call) ([]api.SourceSummary, error) { return s.shelf.Sources(c.ctx(), c.who) }

func (s *server) source(c call) (warning.Source, error) {
	return s.shelf.Source(c.ctx(), c.who, c.id())
}

func (s *server) keepSource(c call, in warning.Source) (api.KeptSource, error) {
	source, duties, err := s.intake.KeepSource(c.ctx(), c.who, in)
	return api.KeptSource{Source: source, Duties: duties}, err
}

func (s *server) drafts(c call) ([]api.DraftSummary, error) { return s.shelf.Drafts(c.ctx(), c.who) }

func (s *server) draft(c call) (warning.Draft, error) { return s.shelf.Draft(c.ctx(), c.who, c.id()) }

// compose keeps a new draft, or with an id in the path replaces that one.
func (s *server) compose(c call, in warning.Draft) (warning.Draft, error) {
	in.ID = c.id()
	return s.outbox.Compose(c.ctx(), c.who, in)
}

func (s *server) preview(c call) (warning.Preview, error) {
	return s.outbox.Preview(c.ctx(), c.who, c.id())
}

func (s *server) release(c call, in api.Release) (warning.Draft, error) {
	return s.outbox.Release(c.ctx(), c.who, c.id(), in.Preview, in.Exigent)
}

func (s *server) review(c call, in api.Review) (warning.Draft, error) {
	return s.outbox.Review(c.ctx(), c.who, c.id(), in.Finding)
}

func (s *server) withdraw(c call, _ nothing) (warning.Draft, error) {
	return s.outbox.Withdraw(c.ctx(), c.who, c.id())
}

func (s *server) takeBack(c call, _ nothing) (warning.Draft, error) {
	return s.outbox.TakeBack(c.ctx(), c.who, c.id())
}

func (s *server) trace(c call, in api.Trace) ([]api.Traced, error) {
	return s.outbox.Trace(c.ctx(), c.who, in.Text)
}

func (s *server) cases(c call) ([]api.CaseSummary, error) {
	limit, err := number(c, "limit")
	if err != nil {
		return nil, err
	}
	return s.shelf.Cases(c.ctx(), c.who, c.URL.Query().Get("partner"), int(limit))
}

func (s *server) oneCase(c call) (api.Case, error) {
	q := c.URL.Query()
	return s.shelf.CasePart(c.ctx(), c.who, c.id(), api.CasePart{Before: q.Get("before"), Message: q.Get("message")})
}

func (s *server) readNote(c call, _ nothing) (api.Case, error) {
	if err := s.desk.ReadNote(c.ctx(), c.who, c.id()); err != nil {
		return api.Case{}, err
	}
	return s.shelf.Case(c.ctx(), c.who, c.id())
}

func (s *server) acknowledge(c call, in api.Acknowledge) (api.Said, error) {
	return s.said(c, envelope.Acknowledgement, s.outbox.Acknowledge(c.ctx(), c.who, warning.Acknowledgement{Case: c.id(), Answer: in.Answer, Note: in.Note}))
}

func (s *server) ask(c call, in api.Ask) (api.Said, error) {
	return s.said(c, envelope.Request, s.outbox.Ask(c.ctx(), c.who, warning.Request{Case: c.id(), Question: in.Question}))
}

func (s *server) reply(c call, in api.Reply) (api.Said, error) {
	return s.said(c, envelope.Reply, s.outbox.Reply(c.ctx(), c.who, warning.Reply{Case: c.id(), Request: in.Request, Text: in.Text, Handling: in.Handling}))
}

func (s *server) report(c call, in api.Outcome) (api.Said, error) {
	return s.said(c, envelope.Outcome, s.outbox.Report(c.ctx(), c.who, warning.Outcome{
		Case: c.id(), Result: in.Result, Counters: in.Counters, Contribution: in.Contribution, Treatment: in.Treatment, Public: in.Public, Text: in.Text,
	}))
}

func (s *server) thank(c call, in api.Thank) (api.Said, error) {
	return s.said(c, envelope.Thanks, s.outbox.Thank(c.ctx(), c.who, warning.Thanks{Case: c.id(), Text: in.Text}))
}

func (s *server) dispute(c call, in api.Dispute) (api.Said, error) {
	return s.said(c, envelope.Dispute, s.outbox.Dispute(c.ctx(), c.who, warning.Dispute{
		Case: c.id(), About: in.About, View: in.View, Messages: in.Messages, To: in.To, Settled: in.Settled,
	}))
}

// said tells what was said, if it was, and whether the state of the channel
// holds it.
func (s *server) said(c call, kind envelope.Kind, err error) (api.Said, error) {
	if err != nil {
		return api.Said{}, err
	}
	out := api.Said{Case: c.id(), Kind: string(kind)}
	// It is queued by now: where the rest cannot be found out, it is left open.
	cases, caseErr := s.shelf.Cases(c.ctx(), c.who, "", 0)
	lines, lineErr := s.shelf.Partners(c.ctx(), c.who)
	if caseErr != nil || lineErr != nil {
		return out, nil
	}
	at := slices.IndexFunc(cases, func(one api.CaseSummary) bool { return one.ID == c.id() })
	for _, line := range lines {
		if at >= 0 && line.Name == cases[at].Partner {
			channel := partner.Channel{State: partner.State(line.State)}
			out.Partner, out.Channel, out.Held = line.Name, line.State, !channel.Lets(kind, cases[at].ToLife)
		}
	}
	return out, nil
}
