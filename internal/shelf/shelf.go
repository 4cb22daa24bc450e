// SPDX-License-Identifier: Apache-2.0

// Package shelf shows what the node holds. It is the one way to look: the web,
// the API and the STIX door all read through it, each reading by who and what,
// so there is no way around the log of readings.
package shelf

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Shelf shows.
type Shelf struct {
	log     *slog.Logger
	store   *store.Store
	card    envelope.Card
	version string
	sign    func(input []byte) []byte // a dossier; see SignWith
	// receivedID is by which the collection of what partners sent is known.
	receivedID string

	force policy.Force // by which it is decided what may be seen
	known remembered[[]store.Collection]
	rules remembered[*policy.Rules]
	pages *cache
	zips  sync.Pool // of *gzip.Writer
	// buffers are those of pages that were handed out, as *[]byte.
	buffers sync.Pool
}

// New makes a shelf for the node of that card.
func New(log *slog.Logger, s *store.Store, card envelope.Card, version string) *Shelf {
	return &Shelf{log: log, store: s, card: card, version: version, receivedID: s.FirstReceivedID(card), pages: newCache()}
}

// Node is what the node says of itself to anyone.
func (s *Shelf) Node() api.Node {
	card := s.card
	err := s.store.Glance(context.Background(), caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) (err error) {
		card, err = tx.OwnCard(s.card)
		return err
	})
	if err != nil {
		s.log.Warn("our own keys cannot be read", "err", err)
	}
	return api.Node{
		Name: card.Name, Country: card.Country, Address: card.Address, Version: s.version,
		Digits: envelope.Groups(card.Digits()), Card: card, Checkpoint: s.store.Checkpoint(),
	}
}

// Changed returns a channel that is closed after the next change of anything.
func (s *Shelf) Changed() <-chan struct{} { return s.store.Wait() }

// Board is what a desk must see at once. It shows titles and states, no text;
// to an administrator, no titles either.
func (s *Shelf) Board(ctx context.Context, who caller.Caller) (board api.Board, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeBoard}, func(tx *store.Tx) error {
		if board.Alarms, err = store.Alarms.List(tx, 0, store.Raised); err != nil {
			return err
		}
		if err := bareAlarms(tx, who, board.Alarms); err != nil {
			return err
		}
		slices.SortStableFunc(board.Alarms, func(a, b warning.Alarm) int { return b.Level.Rank() - a.Level.Rank() })
		if board.Partners, err = partnerLines(tx); err != nil {
			return err
		}
		if who.May(caller.ListFeeds) == nil {
			if board.Feeds, err = boardFeeds(tx); err != nil {
				return err
			}
		}
		if board.Proposals, err = proposals(tx, who); err != nil {
			return err
		}
		if who.May(caller.ReadCase) != nil {
			return nil
		}
		return fillBoard(tx, who, &board)
	})
	if now := s.store.Trouble(); now != nil {
		board.Trouble = &api.Trouble{Text: now.Text, Hint: now.Hint, Since: now.Since}
	}
	return board, err
}

func fillBoard(tx *store.Tx, who caller.Caller, board *api.Board) (err error) {
	board.Duties, err = store.Duties.List(tx, 0, warning.Unclosed()...)
	if err != nil {
		return err
	}
	soonestFirst(board.Duties)
	hide, err := newHiding(tx, who)
	if err != nil {
		return err
	}
	for i := range board.Duties {
		if err := hide.duty(&board.Duties[i], true); err != nil {
			return err
		}
	}
	if board.Cases, err = boardCases(tx, hide); err != nil {
		return err
	}
	if board.Recalls, err = listedRecalls(tx, who, false, func(r store.Recall) bool { return knowsRedress(who, &r) }); err != nil {
		return err
	}
	if board.Permissions, err = listedPermissions(tx, who, func(*api.Permission) bool { return true }, store.PermissionOpen, store.PermissionWithdrawn); err != nil {
		return err
	}
	// All that wait for somebody, whatever was composed since: nobody can push one off.
	waiting, err := store.Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved), string(warning.Waiting))
	if err != nil {
		return err
	}
	for _, d := range waiting {
		line := draftLine(d)
		if hide.restricted[d.ID] {
			line.Title = restrictedTitle
		}
		board.Drafts = append(board.Drafts, line)
	}
	exigent, err := tx.ExigentDrafts()
	if err != nil {
		return err
	}
	for _, d := range exigent {
		line := draftLine(d)
		if hide.restricted[d.ID] {
			line.Title = restrictedTitle
		}
		board.Drafts = append(board.Drafts, line)
	}
	watches, err := store.Watches.List(tx, 0)
	for _, watch := range watches {
		if watch.Until().After(tx.Now) {
			board.Watches = append(board.Watches, watch)
		}
	}
	return err
}

// shownAnswered is how many cases that wait for nobody are on the board.
const shownAnswered = 30

// boardCases are all cases that wait for somebody, the most urgent first, and all
// others in which the partner asks, so that nobody can push another's off the board;
// and the newest of the rest.
func boardCases(tx *store.Tx, hide *hiding) ([]api.CaseSummary, error) {
	waiting, err := store.Cases.List(tx, 0, string(store.CaseOpen), string(store.CaseQuarantined))
	if err != nil {
		return nil, err
	}
	waiting = slices.DeleteFunc(waiting, func(c store.Case) bool { return !c.Waits() })
	slices.SortStableFunc(waiting, func(a, b store.Case) int {
		return handling.Precedence(b.Precedence).Rank() - handling.Precedence(a.Precedence).Rank()
	})
	asked, err := tx.AskedCases()
	if err != nil {
		return nil, err
	}
	asked = slices.DeleteFunc(asked, func(c store.Case) bool { return c.Waits() }) // they are there
	answered, err := store.Cases.List(tx, shownAnswered, string(store.CaseAcknowledged), string(store.CaseActed), string(store.CaseOutcome), string(store.CaseDestroyed), string(store.CaseUnanswered))
	answered = slices.DeleteFunc(answered, func(c store.Case) bool { return len(c.Questions) > 0 })
	var lines []api.CaseSummary
	for _, c := range slices.Concat(waiting, asked, answered) {
		line, err := hide.summary(c)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, err
}

func partnerLines(tx *store.Tx) (lines []api.PartnerLine, err error) {
	ours, err := ownKeysSince(tx)
	if err != nil {
		return nil, err
	}
	channels, err := store.Channels.List(tx, 0)
	for _, channel := range channels {
		n, err := tx.QueueLength(channel.Name)
		if err != nil {
			return nil, err
		}
		carrying, _, err := store.Carryings.Find(tx, channel.Name)
		if err != nil {
			return nil, err
		}
		apart, err := tx.CountQuarantined(channel.Name)
		if err != nil {
			return nil, err
		}
		line := api.PartnerLine{
			Name: channel.Name, State: string(channel.State), Queued: n, Quarantined: apart, CarryBack: store.CountSpans(carrying.Back),
			Compare: channel.State != partner.Pending && (!channel.Keys.Changed.IsZero() || channel.Confirmed() && ours.After(channel.ConfirmedAt)),
		}
		if carrying.Asked != nil && channel.State != partner.Expelled {
			line.Asks = carrying.Asked.At
		}
		lines = append(lines, line)
	}
	return lines, err
}

// ownKeysSince is since when our keys are those that are in force; zero for the
// first ones.
func ownKeysSince(tx *store.Tx) (since time.Time, err error) {
	newest, err := store.OwnKeys.List(tx, 1)
	for _, own := range newest {
		since = own.InForce
	}
	return since, err
}

func summary(c store.Case) api.CaseSummary {
	return api.CaseSummary{
		ID: c.ID, Partner: c.Partner, Ours: c.Ours, Draft: c.Draft, Title: c.Title, Precedence: c.Precedence, TLP: c.TLP, Handling: c.Handling, ToLife: c.ToLife,
		State: string(c.State), Result: c.Result, Disputed: c.Disputed, Overdue: c.Overdue, Questions: len(c.Questions), Opened: c.Opened, Updated: c.Updated, AnswerBy: c.AnswerBy, Erased: c.Erased, Destroyed: c.Destroyed,
	}
}

func draftLine(d warning.Draft) api.DraftSummary {
	line := api.DraftSummary{
		ID: d.ID, Handling: d.Warning.Handling, Title: d.Warning.Target.Name, Stage: string(d.Stage), Precedence: string(d.Warning.Precedence), Partners: d.ReleasableTo,
		ComposedBy: d.ComposedBy, ComposedAt: d.ComposedAt, LeavesAt: d.LeavesAt,
	}
	if line.Title == "" {
		line.Title = d.Warning.Target.Place.String()
	}
	if d.Exigent != nil && d.Exigent.ReviewedBy == "" {
		line.ReviewDue = d.Exigent.ReviewDue
	}
	return line
}

// boardFeeds are the feeds that fail, and those that wait for somebody to release
// them, or to take them over.
func boardFeeds(tx *store.Tx) (lines []api.FeedLine, err error) {
	feeds, err := store.Feeds.List(tx, 0)
	if err != nil {
		return nil, err
	}
	silent := tx.GivesOut()
	if silent != nil && !problem.Is(silent, problem.Busy) {
		return nil, silent
	}
	for _, feed := range feeds {
		state, err := tx.StateOf(feed)
		if err != nil {
			return nil, err
		}
		standing, err := tx.FeedStanding(&feed)
		if err != nil {
			return nil, err
		}
		line := api.FeedLine{
			Name: feed.Name, Push: feed.Push, Waits: feed.Push && standing.SetUp && !standing.Released,
			Fails: state.Fails, Failure: state.Failure, Failing: state.Failing, Next: state.Next,
		}
		if hold := feed.Hold(standing); hold != nil {
			line.Held, line.WayOut = hold.Text, hold.Hint
		} else if silent != nil && feed.Push {
			line.Silent = problem.Of(silent).Text
		}
		if line.Held != "" || line.Fails > 0 || line.Silent != "" {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b api.FeedLine) int { return strings.Compare(a.Name, b.Name) })
	return lines, nil
}

// Partners lists the partners in a line each.
func (s *Shelf) Partners(ctx context.Context, who caller.Caller) (lines []api.PartnerLine, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePartners}, func(tx *store.Tx) error {
		lines, err = partnerLines(tx)
		return err
	})
	return lines, err
}

// Partner shows one partner: its digits, its state, its terms, its gaps.
func (s *Shelf) Partner(ctx context.Context, who caller.Caller, name string) (p api.Partner, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePartners, Subject: name}, func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		if err != nil {
			return err
		}
		p, err = s.partner(tx, channel)
		return err
	})
	return p, err
}

// limits are how exactly a partner is told, and what somebody wants instead.
func limits(c *partner.Channel) api.Limits {
	all := api.Limits{Place: c.Limits.Place, Time: c.Limits.Time, SetBy: c.Limits.SetBy}
	if asked := c.LimitsAsked; asked.SetBy != "" {
		all.Asked = &api.Limits{Place: asked.Place, Time: asked.Time, SetBy: asked.SetBy}
	}
	return all
}

func (s *Shelf) partner(tx *store.Tx, c partner.Channel) (api.Partner, error) {
	own, err := tx.OwnCard(s.card)
	if err != nil {
		return api.Partner{}, err
	}
	p := api.Partner{
		Name: c.Name, Country: c.Card.Country, Address: c.Card.Address, State: string(c.State), Since: c.Since, By: c.By, Why: c.Why, Epoch: c.Epoch, Past: past(c),
		Digits: envelope.SafetyNumber(own, c.Card), ConfirmedBy: c.ConfirmedBy, ConfirmedAt: c.ConfirmedAt,
		Proposed: c.Proposed, OurTerms: c.OurTerms, TheirTerms: c.TheirTerms, Missing: c.Missing(), Card: c.Card,
		Limits:     limits(&c),
		TheirEpoch: c.TheirEpoch, Before: string(c.Before), Revoked: c.Revoked,
		KeysChanged: c.Keys.Changed, InDoubt: doubts(c.Eras()), Withdrawn: withdrawn(c.Keys.Withdrawn),
	}
	ours, err := ownKeysSince(tx)
	if c.Confirmed() && ours.After(c.ConfirmedAt) {
		p.OurKeysChanged = ours
	}
	if err != nil {
		return p, err
	}
	if p.Queued, err = tx.QueueLength(c.Name); err != nil {
		return p, err
	}
	if p.Quarantined, err = tx.CountQuarantined(c.Name); err != nil {
		return p, err
	}
	if p.Voice, err = voice(tx, c.Name); err != nil {
		return p, err
	}
	if p.Sent, _, err = tx.Tip(c.ID, store.Out); err != nil {
		return p, err
	}
	if p.Received, _, err = tx.Tip(c.ID, store.In); err != nil {
		return p, err
	}
	gaps, err := store.Gaps.List(tx, 100, c.ID+"open")
	for _, gap := range gaps {
		p.Gaps = append(p.Gaps, api.Gap{Ours: gap.Ours, Seq: gap.Seq, Hash: gap.Hash, Why: gap.Why, Found: gap.Found})
	}
	if err != nil {
		return p, err
	}
	if p.Dropped, err = dropped(tx, c.Name, ""); err != nil {
		return p, err
	}
	p.Accounts, err = accountsOf(tx, c.Name)
	return p, err
}

// Log lists audit lines before an index, newest first; from the newest if it is zero.
func (s *Shelf) Log(ctx context.Context, who caller.Caller, before int64, limit int) (lines []api.LogLine, err error) {
	err = s.store.Show(ctx, who, store.What{Act: caller.ReadLog}, func(tx *store.Tx) error {
		kept, err := tx.Lines(before, limit)
		for _, l := range kept {
			lines = append(lines, api.LogLine{Index: l.Index, Kind: l.Kind, At: l.Line.At, Who: l.Line.Who, Act: l.Line.Act, Subject: l.Line.Subject, Note: l.Line.Note})
		}
		return err
	})
	return lines, err
}
