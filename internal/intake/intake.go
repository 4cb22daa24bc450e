// SPDX-License-Identifier: Apache-2.0

// Package intake takes in what this node learns by itself: source reports, and
// objects that tools bring.
//
// A source report is matched against everything we pledged, and each match
// opens a duty to warn with its clock, in the transaction that keeps the
// report: nothing can be known here and owed to somebody without standing on
// the board. Objects are matched, too; all of one collection that are owed to one
// partner make one duty.
package intake

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"golang.org/x/sync/semaphore"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Intake takes in.
type Intake struct {
	log   *slog.Logger
	store *store.Store
	rules policy.Force // by which it is decided what a tool may see
	room  *semaphore.Weighted
	books *match.Books
}

// New makes an intake.
func New(log *slog.Logger, s *store.Store) *Intake {
	return &Intake{log: log, store: s, room: semaphore.NewWeighted(roomBytes), books: new(match.Books)}
}

// Share lets the intake hold things against the pledges and watches in the same book
// as others do. Call it before anything is taken in.
func (in *Intake) Share(books *match.Books) { in.books = books }

// KeepSource keeps a source report and opens the duties it meets. The report
// stays home for good. Attached objects must be valid STIX 2.1.
func (in *Intake) KeepSource(ctx context.Context, who caller.Caller, source warning.Source) (warning.Source, []warning.Duty, error) {
	// Before the writer's turn: many objects, or large ones, are not to keep others
	// waiting. Whoever may not keep reports is told that first.
	if err := in.store.May(ctx, who, store.What{Act: caller.KeepSource}); err != nil {
		return source, nil, err
	}
	unfit := attached(source.Objects)
	in.books.Ready(in.store.Promises(context.WithoutCancel(ctx)))
	var duties []warning.Duty
	err := in.store.Change(ctx, who, store.What{Act: caller.KeepSource}, func(tx *store.Tx) error {
		duties = nil
		source.ID, source.KeptAt, source.KeptBy = "source--"+uuid.NewString(), tx.Now, who.Name
		source.AcquiredAt = warning.Millis(source.AcquiredAt)
		source.Window.Start, source.Window.End = warning.Millis(source.Window.Start), warning.Millis(source.Window.End)
		if source.AcquiredAt.IsZero() {
			source.AcquiredAt = tx.Now
		}
		if source.Precedence == "" {
			source.Precedence = handling.Routine
		}
		if source.Review == "" {
			source.Review = warning.DateOf(tx.Now.AddDate(1, 0, 0))
		}
		source.Version, source.Erased = "", time.Time{}
		source.Precedence, source.Handling = handling.Spelled(source.Precedence, handling.ParsePrecedence), source.Handling.Spelled()
		if err := errors.Join(source.Validate(), warning.KnownPlaces(source.Target.Codes()...)); err != nil {
			return problem.Incomplete("the source report is not complete", err)
		}
		if unfit != nil {
			return unfit
		}
		var err error
		duties, err = in.open(tx, &source)
		if err != nil {
			return err
		}
		return store.Sources.Put(tx, source.ID, source)
	})
	return source, duties, err
}

// attached says which of the attached objects is no valid STIX.
func attached(objects []jsontext.Value) error {
	for i, raw := range objects {
		object, err := stix.Parse(raw)
		if err == nil {
			err = stix.Valid(object)
		}
		if err != nil {
			return problem.New(problem.Invalid, "attach STIX 2.1 objects, as tocsin read --stix prints them", "attached object %d is not a valid STIX object", i+1).
				With(err.Error()).Because(err)
		}
	}
	return nil
}

// book is the book of all pledges and watches, as the change sees them.
func (in *Intake) book(tx *store.Tx) (*match.Book, error) { return in.books.At(tx.Promises()) }

// open lets watches raise the report and opens a duty for each partner to whom
// we pledged something it meets.
func (in *Intake) open(tx *store.Tx, source *warning.Source) ([]warning.Duty, error) {
	book, err := in.book(tx)
	if err != nil {
		return nil, err
	}
	watches, owed := book.Meets(match.FromSource(source), tx.Now)
	source.Precedence = match.Raise(source.Precedence, watches)
	duties := match.Duties(owed, watches, source.Precedence, source.ThreatType.ToLife(), tx.Now)
	for i := range duties {
		duties[i].Subject, duties[i].Title, duties[i].OpenedBy, duties[i].AcquiredAt = source.ID, source.Title, warning.ByMatch, source.AcquiredAt
		duties[i].Handling = source.Handling
		if err := store.Duties.Put(tx, duties[i].ID, duties[i]); err != nil {
			return nil, err
		}
	}
	return duties, nil
}
