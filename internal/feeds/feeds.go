// SPDX-License-Identifier: Apache-2.0

// Package feeds exchanges objects with other TAXII servers on a schedule: what
// is in their collections is pulled into ours, and what is in ours and may be
// seen out there is pushed into theirs.
//
// For each feed there is one run at a time:
//
//	read the feed as it is now → ask the server from the cursor on → keep the
//	objects and the cursor in one transaction → say when to come again
//
// A run that is cut off anywhere goes on from its cursor, and what was done
// twice counts once: an object is known by its id and version, here and there.
// Objects that are pulled are checked as those of a POST are, and one that is not
// right is skipped alone, with its reason. A server that fails is left alone for
// longer and longer, or for as long as it asks; the feed and the board show it,
// and after [Tolerated] failures in a row there is an alarm, which ends when the
// feed runs again.
//
// A push is a release, and people decide those: an administrator sets it up, and
// it sends nothing before another person, a releaser, has released it. Both must
// still be here, in these roles, whenever objects leave: if one is not, it waits
// until another administrator has taken it over, or another releaser has released
// it. It sends what a reader with the feed's clearance would be shown, no wider than
// TLP:GREEN, never what partners sent, and no persons. While the node recovers
// from a backup, or is halted, nothing is pushed: what was deleted since may be
// here again, and a release that was taken back. What was gathered is read once more
// when it leaves, and a change that forbids some of it ends what is on its way.
package feeds

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// Connect makes a client for a server: [taxiiclient.New], or in a test one with
// another network.
type Connect func(address string, options taxiiclient.Options) (*taxiiclient.Client, error)

// Feeds runs the feeds, and lets people set them up.
type Feeds struct {
	log     *slog.Logger
	store   *store.Store
	ring    *keys.Ring
	rules   policy.Force // by which it is decided what is pushed
	connect Connect
	agent   string
	slots   chan struct{} // bounds how many feeds run at once
	rounds  *rounds
	books   *match.Books
}

// maxRuns is how many feeds run at once.
const maxRuns = 4

// New makes the feeds of a node. version is the program's.
func New(log *slog.Logger, s *store.Store, ring *keys.Ring, connect Connect, version string) *Feeds {
	return &Feeds{
		log: log, store: s, ring: ring, connect: connect, agent: "tocsin/" + version, slots: make(chan struct{}, maxRuns),
		rounds: &rounds{busy: make(map[string]bool), hold: make(map[string]time.Time), ended: make(chan struct{}, 1)},
		books:  new(match.Books),
	}
}

// Share lets the feeds hold things against the pledges and watches in the same book
// as others do. Call it before anything runs.
func (f *Feeds) Share(books *match.Books) { f.books = books }

// Run runs each feed when it is due, until ctx ends.
func (f *Feeds) Run(ctx context.Context) error {
	rounds := f.rounds
	var workers sync.WaitGroup
	defer workers.Wait()
	for ctx.Err() == nil {
		woken := f.store.Wait(store.RowFeed, store.RowPerson)
		due, next, err := f.due(ctx, rounds)
		if err != nil && ctx.Err() == nil {
			f.log.Error("reading the feeds failed", "err", err)
			next = time.Now().Add(time.Minute)
		}
		for _, name := range due {
			rounds.begin(name)
			workers.Go(func() { rounds.end(name, f.turn(ctx, name)) })
		}
		wait(ctx, next, woken, rounds.ended)
	}
	return nil
}

// wait waits until a moment, if it is not zero, or until it is woken.
func wait(ctx context.Context, until time.Time, woken, ended <-chan struct{}) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-woken:
	case <-ended:
	case <-alarm:
	}
}

// rounds is which feeds are running, and which are held back because how they
// ended could not be kept.
type rounds struct {
	mu    sync.Mutex
	busy  map[string]bool
	hold  map[string]time.Time
	ended chan struct{}
}

func (r *rounds) begin(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy[name] = true
}

// running reports whether a feed is running now.
func (r *rounds) running(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy[name]
}

// end marks a feed as at rest; if err is not nil, for a minute at least.
func (r *rounds) end(name string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, name)
	delete(r.hold, name)
	if err != nil {
		r.hold[name] = time.Now().Add(time.Minute)
	}
	select {
	case r.ended <- struct{}{}:
	default:
	}
}

// due lists the feeds that must run now, and says when the next must; zero if
// none is to come.
func (f *Feeds) due(ctx context.Context, r *rounds) (names []string, next time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err = f.store.Glance(ctx, caller.Self(), store.What{Act: caller.Pull}, func(tx *store.Tx) error {
		all, err := store.Feeds.List(tx, 0)
		if err != nil {
			return err
		}
		now := time.Now()
		silent := tx.GivesOut()
		if silent != nil && !problem.Is(silent, problem.Busy) {
			return silent
		}
		for _, feed := range all {
			hold, err := tx.FeedHold(&feed)
			if err != nil {
				return err
			}
			if r.busy[feed.Name] || hold != nil || feed.Push && silent != nil {
				continue
			}
			state, err := tx.StateOf(feed)
			if err != nil {
				return err
			}
			at := state.Next
			if at.Sub(now) > time.Duration(feed.Seconds)*time.Second+24*time.Hour {
				at = time.Time{} // the clock was ahead when it was written down
			}
			if feed.Asked.After(state.LastTry) {
				at = time.Time{}
			}
			if hold := r.hold[feed.Name]; hold.After(at) {
				at = hold
			}
			if !at.After(now) {
				names = append(names, feed.Name)
			} else if next.IsZero() || at.Before(next) {
				next = at
			}
		}
		return nil
	})
	return names, next, err
}
