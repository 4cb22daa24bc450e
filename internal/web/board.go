// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the board, and says when it has changed.

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) boardRoutes(mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.page(s.board))
	mux.Handle("GET /board", s.page(s.boardFragment))
	mux.Handle("GET /events", s.page(s.events))
	mux.Handle("POST /alarms/{id}/dismiss", s.post("dismiss", s.dismiss, s.board))
}

func (s *site) board(v *visit) error {
	shown, err := s.readBoard(v)
	if err != nil {
		return err
	}
	v.section = "board"
	return v.show("Board", boardPage(v, shown))
}

// boardFragment is the board without its page, for a page that refreshes itself.
func (s *site) boardFragment(v *visit) error {
	shown, err := s.readBoard(v)
	if err != nil {
		return err
	}
	return v.show("Board", boardParts(v, shown))
}

// deskBoard is everything that the board shows.
type deskBoard struct {
	api.Board
	recovery api.Recovery
	// asked are the permissions that wait, each with how its case is handled.
	asked []requested
}

// readBoard puts first what cannot wait: alarms by their level, everything
// with a clock by its clock.
func (s *site) readBoard(v *visit) (board deskBoard, err error) {
	board.Board, err = s.shelf.Board(v.r.Context(), v.who)
	if err == nil && v.may(caller.SeeHeads) {
		board.recovery, err = s.shelf.Recovery(v.r.Context(), v.who)
	}
	if err == nil && v.may(caller.ReadCase) {
		board.asked, err = s.inTheirCases(v, board.Permissions)
	}
	slices.SortStableFunc(board.Alarms, func(a, b warning.Alarm) int {
		return cmp.Or(cmp.Compare(b.Level.Rank(), a.Level.Rank()), b.RaisedAt.Compare(a.RaisedAt))
	})
	slices.SortStableFunc(board.Duties, func(a, b warning.Duty) int { return a.Due.Compare(b.Due) })
	slices.SortStableFunc(board.Cases, byWaiting)
	slices.SortStableFunc(board.Drafts, byStage)
	return board, err
}

// byStage puts first the drafts that a second person releases, then those that can be
// taken back, those whose release is to be reviewed, and those that nobody approved.
func byStage(a, b api.DraftSummary) int {
	stage := func(d api.DraftSummary) int {
		switch {
		case d.Stage == string(warning.Approved):
			return 0
		case !d.LeavesAt.IsZero():
			return 1
		case !d.ReviewDue.IsZero():
			return 2
		}
		return 3
	}
	return cmp.Or(cmp.Compare(stage(a), stage(b)), cmp.Compare(handling.Precedence(b.Precedence).Rank(), handling.Precedence(a.Precedence).Rank()))
}

// waits orders cases: those that wait for our answer, those in which the partner
// asks, those that wait for theirs, the rest.
func waits(c api.CaseSummary) int {
	switch {
	case unanswered(c) && !c.Ours:
		return 0
	case c.Questions > 0:
		return 1
	case unanswered(c):
		return 2
	}
	return 3
}

// casesThat are those that wait for somebody, or the others.
func casesThat(cases []api.CaseSummary, wait bool) (some []api.CaseSummary) {
	for _, c := range cases {
		if waits(c) < 3 == wait {
			some = append(some, c)
		}
	}
	return some
}

// unanswered reports whether a case waits for somebody to acknowledge its warning.
func unanswered(c api.CaseSummary) bool { return c.Waits() }

// byWaiting puts first what waits for us, the soonest due before the others; what
// is acknowledged stands behind, the newest first.
func byWaiting(a, b api.CaseSummary) int {
	if by := cmp.Compare(waits(a), waits(b)); by != 0 {
		return by
	}
	switch due, other := unanswered(a), unanswered(b); {
	case due && other:
		return a.AnswerBy.Compare(b.AnswerBy)
	case due:
		return -1
	case other:
		return 1
	}
	return b.Updated.Compare(a.Updated)
}

func (s *site) dismiss(v *visit) (string, error) {
	_, err := s.desk.Dismiss(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("reason"))
	return "/?done=dismiss", err
}

// How often the board is told of changes at most, and at least of nothing, so
// that a line that was cut is noticed.
const (
	eventPause = time.Second
	eventIdle  = 25 * time.Second
)

// events tells a page that something changed, never what. The stream ends with
// the session. HTML Standard §9.2
func (s *site) events(v *visit) error {
	control := http.NewResponseController(v.w)
	// The server's deadline for an answer is not meant for a stream.
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		s.log.Debug("no deadline to lift", "err", err)
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	if err := send(v, control, "retry: 3000\n\n"); err != nil {
		return nil // the reader went away
	}
	changed := s.shelf.Changed()
	for {
		said := ": nothing new\n\n"
		select {
		case <-v.r.Context().Done():
			return nil
		case <-s.ended:
			return nil
		case <-changed:
			said = "data: changed\n\n"
			changed = s.shelf.Changed()
		case <-time.After(eventIdle):
		}
		if v.authenticate() != nil || send(v, control, said) != nil {
			return nil
		}
		select {
		case <-v.r.Context().Done():
			return nil
		case <-s.ended:
			return nil
		case <-time.After(eventPause):
		}
	}
}

func send(v *visit, control *http.ResponseController, text string) error {
	if _, err := v.w.Write([]byte(text)); err != nil {
		return err
	}
	return control.Flush()
}
