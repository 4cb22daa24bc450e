// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the client's calls about warnings, what is said after them,
// what is owed and what is said in public.

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tocsin-exchange/tocsin/warning"
)

// KeepSource keeps a source report at home.
func (c *Client) KeepSource(ctx context.Context, source warning.Source) (KeptSource, error) {
	return post[KeptSource](ctx, c, "/sources", source)
}

// Sources lists the source reports.
func (c *Client) Sources(ctx context.Context) ([]SourceSummary, error) {
	return list[SourceSummary](ctx, c, "/sources")
}

// Source shows a source report.
func (c *Client) Source(ctx context.Context, id string) (warning.Source, error) {
	return get[warning.Source](ctx, c, path("/sources", id))
}

// Compose keeps a draft; one with an ID replaces the draft of that ID.
func (c *Client) Compose(ctx context.Context, draft warning.Draft) (warning.Draft, error) {
	if draft.ID != "" {
		return replace[warning.Draft](ctx, c, path("/drafts", draft.ID), draft)
	}
	return post[warning.Draft](ctx, c, "/drafts", draft)
}

// Drafts lists the drafts.
func (c *Client) Drafts(ctx context.Context) ([]DraftSummary, error) {
	return list[DraftSummary](ctx, c, "/drafts")
}

// Draft shows a draft.
func (c *Client) Draft(ctx context.Context, id string) (warning.Draft, error) {
	return get[warning.Draft](ctx, c, path("/drafts", id))
}

// Preview shows exactly what would leave.
func (c *Client) Preview(ctx context.Context, id string) (warning.Preview, error) {
	return get[warning.Preview](ctx, c, path("/drafts", id)+"/preview")
}

// Release approves a draft as its preview showed it.
func (c *Client) Release(ctx context.Context, id string, release Release) (warning.Draft, error) {
	return post[warning.Draft](ctx, c, path("/drafts", id)+"/release", release)
}

// Review is the finding on an exigent release.
func (c *Client) Review(ctx context.Context, id, finding string) (warning.Draft, error) {
	return post[warning.Draft](ctx, c, path("/drafts", id)+"/review", Review{Finding: finding})
}

// Withdraw takes a draft back.
func (c *Client) Withdraw(ctx context.Context, id string) (warning.Draft, error) {
	return post[warning.Draft](ctx, c, path("/drafts", id)+"/withdraw", struct{}{})
}

// TakeBack ends the release of a draft that waits to leave.
func (c *Client) TakeBack(ctx context.Context, id string) (warning.Draft, error) {
	return post[warning.Draft](ctx, c, path("/drafts", id)+"/undo", struct{}{})
}

// ReadNote records that the caller has read the notes that H3 demands in a case.
func (c *Client) ReadNote(ctx context.Context, id string) (Case, error) {
	return post[Case](ctx, c, path("/cases", id)+"/note", struct{}{})
}

// Trace says whose copy a text is.
func (c *Client) Trace(ctx context.Context, text string) ([]Traced, error) {
	return post[[]Traced](ctx, c, "/trace", Trace{Text: text})
}

// Cases lists cases, newest first; of one partner, if it is named; all of them
// with a limit of zero.
func (c *Client) Cases(ctx context.Context, partner string, limit int) ([]CaseSummary, error) {
	return list[CaseSummary](ctx, c, fmt.Sprintf("/cases?partner=%s&limit=%d", url.QueryEscape(partner), limit))
}

// Case shows a case with its thread: of one that holds much, the newest of it.
func (c *Client) Case(ctx context.Context, id string) (Case, error) {
	return get[Case](ctx, c, path("/cases", id))
}

// CasePart shows a case with a part of its thread.
func (c *Client) CasePart(ctx context.Context, id string, of CasePart) (Case, error) {
	return get[Case](ctx, c, fmt.Sprintf("%s?before=%s&message=%s", path("/cases", id), url.QueryEscape(of.Before), url.QueryEscape(of.Message)))
}

// Acknowledge acknowledges a warning.
func (c *Client) Acknowledge(ctx context.Context, id string, a Acknowledge) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/acknowledgement", a)
}

// Ask asks back.
func (c *Client) Ask(ctx context.Context, id string, a Ask) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/request", a)
}

// Reply answers a question.
func (c *Client) Reply(ctx context.Context, id string, r Reply) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/reply", r)
}

// Report reports an outcome.
func (c *Client) Report(ctx context.Context, id string, o Outcome) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/outcome", o)
}

// Thank says thanks.
func (c *Client) Thank(ctx context.Context, id string, t Thank) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/thanks", t)
}

// Dispute puts a different view on record.
func (c *Client) Dispute(ctx context.Context, id string, d Dispute) (Said, error) {
	return post[Said](ctx, c, path("/cases", id)+"/dispute", d)
}

// Pledge gives a partner a promise.
func (c *Client) Pledge(ctx context.Context, pledge NewPledge) (warning.KeptPledge, error) {
	return post[warning.KeptPledge](ctx, c, "/pledges", pledge)
}

// EndPledge ends a pledge of ours from now on; the partner is told, and not why.
func (c *Client) EndPledge(ctx context.Context, id, reason string) (warning.KeptPledge, error) {
	return post[warning.KeptPledge](ctx, c, "/pledges/"+url.PathEscape(id)+"/end", EndPledge{Reason: reason})
}

// Pledges lists what was promised, by us and to us.
func (c *Client) Pledges(ctx context.Context) ([]warning.KeptPledge, error) {
	return list[warning.KeptPledge](ctx, c, "/pledges")
}

// SetWatch sets a watch.
func (c *Client) SetWatch(ctx context.Context, watch warning.Watch) (warning.Watch, error) {
	return post[warning.Watch](ctx, c, "/watches", watch)
}

// EndWatch ends a watch before its window does.
func (c *Client) EndWatch(ctx context.Context, id, reason string) (warning.Watch, error) {
	return post[warning.Watch](ctx, c, "/watches/"+url.PathEscape(id)+"/end", EndWatch{Reason: reason})
}

// Watches lists the watches.
func (c *Client) Watches(ctx context.Context) ([]warning.Watch, error) {
	return list[warning.Watch](ctx, c, "/watches")
}

// Duties lists the duties: those not closed, or all.
func (c *Client) Duties(ctx context.Context, all bool) ([]warning.Duty, error) {
	return list[warning.Duty](ctx, c, fmt.Sprintf("/duties?all=%t", all))
}

// Duty shows a duty.
func (c *Client) Duty(ctx context.Context, id string) (warning.Duty, error) {
	return get[warning.Duty](ctx, c, path("/duties", id))
}

// OpenDuty opens a duty by hand.
func (c *Client) OpenDuty(ctx context.Context, duty NewDuty) (warning.Duty, error) {
	return post[warning.Duty](ctx, c, "/duties", duty)
}

// Assess says whether the threshold of a duty is met, and what is known.
func (c *Client) Assess(ctx context.Context, id string, a warning.Assessment) (warning.Duty, error) {
	return post[warning.Duty](ctx, c, path("/duties", id)+"/assessment", a)
}

// AddToDuty adds to the record of a duty.
func (c *Client) AddToDuty(ctx context.Context, id string, a warning.Addition) (warning.Duty, error) {
	return post[warning.Duty](ctx, c, path("/duties", id)+"/record", a)
}

// Inquire asks a partner whether it holds anything that we should be warned of.
func (c *Client) Inquire(ctx context.Context, in NewInquiry) (warning.KeptInquiry, error) {
	return post[warning.KeptInquiry](ctx, c, "/inquiries", in)
}

// Inquiries lists what partners asked us and we asked them, without the words of what
// asks for a reason.
func (c *Client) Inquiries(ctx context.Context) ([]warning.KeptInquiry, error) {
	return list[warning.KeptInquiry](ctx, c, "/inquiries")
}

// Inquiry is one question with its words, by its id, or a partner's as in:PARTNER:ID.
// One that names a person asks for a reason.
func (c *Client) Inquiry(ctx context.Context, id string) (warning.KeptInquiry, error) {
	return get[warning.KeptInquiry](ctx, c, path("/inquiries", id))
}

// AnswerInquiry answers the question that opened a duty, as the duty was decided.
func (c *Client) AnswerInquiry(ctx context.Context, duty string) (warning.KeptInquiry, error) {
	return post[warning.KeptInquiry](ctx, c, path("/duties", duty)+"/answer", struct{}{})
}

// Rota shows whom duties call.
func (c *Client) Rota(ctx context.Context) (warning.Rota, error) {
	return get[warning.Rota](ctx, c, "/rota")
}

// SetRota says whom duties call.
func (c *Client) SetRota(ctx context.Context, people []string) (warning.Rota, error) {
	return post[warning.Rota](ctx, c, "/rota", Rota{People: people})
}

// Decide decides a duty.
func (c *Client) Decide(ctx context.Context, id string, d Decide) (warning.Duty, error) {
	return post[warning.Duty](ctx, c, path("/duties", id)+"/decision", d)
}

// Affirm is the second officer's word on a waiver, or a deferral.
func (c *Client) Affirm(ctx context.Context, id string, in Affirm) (warning.Duty, error) {
	return post[warning.Duty](ctx, c, path("/duties", id)+"/affirmation", in)
}

// WriteStatement keeps a statement.
func (c *Client) WriteStatement(ctx context.Context, s warning.Statement) (warning.Statement, error) {
	return post[warning.Statement](ctx, c, "/statements", s)
}

// Statements lists every statement, cleared or not, ours and theirs.
func (c *Client) Statements(ctx context.Context) ([]warning.Statement, error) {
	return list[warning.Statement](ctx, c, "/statements")
}

// Statement is one statement with all its words. Of a case that is TLP:RED or names
// persons it asks for a reason until it is cleared.
func (c *Client) Statement(ctx context.Context, id string) (warning.Statement, error) {
	return get[warning.Statement](ctx, c, path("/statements", id))
}

// ClearStatement makes a statement public, as it was read. If it is another than that,
// it is a conflict.
func (c *Client) ClearStatement(ctx context.Context, id string, in ClearStatement) (warning.Statement, error) {
	return post[warning.Statement](ctx, c, path("/statements", id)+"/clear", in)
}

// CAP is a cleared statement as a CAP 1.2 alert.
func (c *Client) CAP(ctx context.Context, id string) ([]byte, error) {
	return c.raw(ctx, path("/statements", id)+"/cap", CAPType)
}
