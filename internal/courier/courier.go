// SPDX-License-Identifier: Apache-2.0

// Package courier carries what is queued until it is receipted, expired or dropped.
//
// For each partner there is one worker while something waits for it:
//
//	depart → read the channel's state → take what may leave, in order → seal → post → verify each receipt → log it
//
// What comes next is sealed while a post is on its way. The state is read when a
// message is about to leave, never earlier, and a change of it ends the post that
// is under way before it takes effect. A post
// that failed may have happened: it is made again, and the partner answers with
// the same receipts. What was carried, and the receipt for it, change in one
// transaction.
package courier

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Courier carries.
type Courier struct {
	log    *slog.Logger
	store  *store.Store
	ring   *keys.Ring
	client *http.Client
	// address is where we are reached, for our card in a pairing.
	address string

	policy *witness.Policy // whose witnesses cosign our log, too; nil for none

	answers silences // of those who cosign our log

	judge  Judge // what may still leave of what was queued; nil: all of it
	judged judged

	standings Standings // what files ask and answer of a standing; nil: nothing

	slots  slots // bound how many posts are under way at once, see enter
	looked looked

	patience patience
}

// New makes a courier that posts with client and shows our address in a pairing.
func New(log *slog.Logger, s *store.Store, ring *keys.Ring, client *http.Client, address string) *Courier {
	return &Courier{log: log, store: s, ring: ring, client: client, address: address}
}

// Run carries until ctx ends.
func (c *Courier) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	c.begin(ctx)
	var mu sync.Mutex
	busy := make(map[string]bool)
	channels := c.store.State(store.RowChannel)
	workers.Go(func() { c.cosign(ctx) })
	ended := make(chan struct{}, 1) // what was queued while a worker ended must not wait for the next commit
	for ctx.Err() == nil {
		woken := c.store.Wait(store.RowQueue, store.RowChannel, store.RowPairing)
		if now := c.store.State(store.RowChannel); now != channels {
			channels = now
			c.client.CloseIdleConnections() // one of them may be to a partner who was expelled
		}
		waiting, err := c.waiting(ctx)
		var again <-chan time.Time
		if err != nil && ctx.Err() == nil {
			// What waits must not wait for the next change.
			c.log.Error("reading the queue failed", "err", err)
			again = time.After(backoff(3, handling.Routine))
		}
		for _, name := range waiting {
			mu.Lock()
			started := busy[name]
			busy[name] = true
			mu.Unlock()
			if started {
				continue
			}
			workers.Go(func() {
				c.serve(ctx, name)
				mu.Lock()
				delete(busy, name)
				mu.Unlock()
				select {
				case ended <- struct{}{}:
				default:
				}
			})
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-ended:
		case <-again:
		}
	}
	return nil
}

// begin makes due what earlier failures put off: a node is often started because
// what stood in the way is mended, and what waits may be a threat to life.
func (c *Courier) begin(ctx context.Context) {
	var names []string
	what := store.What{Act: caller.Send, Note: "what was put off is tried at the start"}
	err := c.store.Glance(ctx, caller.Self(), what, func(tx *store.Tx) (err error) {
		names, err = tx.PutOff()
		return err
	})
	if err == nil && len(names) > 0 {
		err = c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
			for _, name := range names {
				if err := tx.DueNow(name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil && ctx.Err() == nil {
		c.log.Error("what was put off waits until it is due", "err", err)
	}
}

// waiting lists the partners for whom something waits: messages that may
// leave, or our card.
func (c *Courier) waiting(ctx context.Context) (names []string, err error) {
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		pairings, err := store.Pairings.List(tx, 0, partner.PairingWaiting)
		if err != nil {
			return err
		}
		for _, p := range pairings {
			channel, err := store.Channels.Get(tx, p.Partner)
			if err != nil {
				return err
			}
			if channel.State == partner.Pending {
				names = append(names, p.Partner)
			}
		}
		queued, err := tx.Waiting()
		names = append(names, queued...)
		return err
	})
	return names, err
}

// serve carries for one partner until nothing is left that may leave.
func (c *Courier) serve(ctx context.Context, name string) {
	for ctx.Err() == nil {
		woken := c.store.Wait(store.RowQueue, store.RowChannel, store.RowPairing)
		next, err := c.step(ctx, name)
		if err != nil && ctx.Err() == nil {
			c.log.Error("carrying failed", "partner", name, "err", err)
			next = c.store.Wall().Add(backoff(3, handling.Routine))
		}
		if next.IsZero() {
			return
		}
		if pause := next.Sub(c.store.Wall()); pause > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-ctx.Done():
			case <-timer.C:
			case <-woken: // the channel's state may have changed, or something urgent was queued
			}
			timer.Stop()
		}
	}
}

// step does one thing for the partner and says when to come again; zero means
// that there is nothing left to do until the store wakes us.
func (c *Courier) step(ctx context.Context, name string) (next time.Time, err error) {
	if next, done, err := c.pair(ctx, name); !done {
		return next, err
	}
	l, answer, err := c.depart(ctx, name, load{})
	if !l.posted || err != nil {
		return c.stayed(ctx, l, err)
	}
	return c.carry(ctx, l, answer)
}

// stayed says when to come again after a departure that brought nothing.
func (c *Courier) stayed(ctx context.Context, l load, err error) (time.Time, error) {
	switch {
	case errors.Is(err, store.ErrRecalled):
		return c.store.Wall(), nil // the state has changed: look anew
	case err != nil && l.posted:
		return c.delay(ctx, l, err)
	case err != nil:
		return time.Time{}, err
	case len(l.expired) > 0:
		return c.store.Wall(), c.expire(ctx, l)
	case len(l.forbidden) > 0:
		return c.withhold(ctx, l)
	case len(l.parcels) == 0:
		return l.next, nil
	}
	return l.due, nil
}

// carry settles a load that was answered, and while that goes well posts what
// waits behind it: the next is sealed while one is on its way, and one is settled
// while the next is. What is settled too late after a crash is posted again, and
// gets the same receipts.
func (c *Courier) carry(ctx context.Context, l load, answer envelope.Answer) (time.Time, error) {
	settled := make(chan error, 1)
	settled <- nil
	for {
		receipts, failure := checkAll(l, answer)
		if err := <-settled; err != nil {
			return time.Time{}, err
		}
		ready := <-l.behind
		if failure != nil || len(ready.parcels) == 0 {
			return c.settle(ctx, l, answer, receipts, failure)
		}
		before, given := l, answer
		go func() {
			_, err := c.settle(ctx, before, given, receipts, nil)
			settled <- err
		}()
		var err error
		if l, answer, err = c.depart(ctx, ready.channel.Name, ready); !l.posted || err != nil {
			if err := <-settled; err != nil {
				return time.Time{}, err
			}
			return c.stayed(ctx, l, err)
		}
	}
}

// depart reads the channel's state, takes what may leave, and posts it if it is
// due: a departure, which a change of the state ends. What was made ready leaves
// if everything stands as it stood then; if not, the load is taken anew. It
// changes nothing here but a partner's keys, by its answer.
func (c *Courier) depart(ctx context.Context, name string, ready load) (l load, answer envelope.Answer, err error) {
	departure, err := c.store.Depart(ctx, name)
	if err != nil {
		return l, answer, err
	}
	defer departure.End()
	l = ready
	same, err := c.stands(departure.Context(), &l)
	if err == nil && !same {
		l, err = c.load(departure.Context(), name, 0)
	}
	if err == nil && c.leaves(l) {
		answer, err = c.launch(ctx, departure, &l)
	}
	// Whoever changes the state waits for the departure, and the one writer with
	// them: it must have ended before anything here is changed.
	recalled := departure.Recalled()
	departure.End()
	if recalled && (err != nil || len(answer.Keys) > 0) {
		return l, answer, store.ErrRecalled
	}
	if err == nil {
		err = c.announced(ctx, &l.channel, answer.Keys)
	}
	return l, answer, err
}

// leaves reports whether there is something in the load to leave now.
func (c *Courier) leaves(l load) bool {
	return len(l.expired) == 0 && len(l.parcels) > 0 && !l.due.After(c.store.Wall())
}

// launch posts a load when there is a slot for it, and lets what comes behind it
// be made ready meanwhile. What has changed while it waited it says in the load.
func (c *Courier) launch(ctx context.Context, departure *store.Departure, l *load) (answer envelope.Answer, err error) {
	place, err := c.enter(departure.Context(), l)
	if err != nil {
		return answer, err
	}
	defer place.leave()
	if !c.leaves(*l) {
		return answer, nil
	}
	if err := l.seal(); err != nil {
		return answer, err
	}
	departure.Carry(l.hashes()...)
	l.posted, l.behind = true, c.ahead(ctx, *l)
	return c.post(place, *l)
}

const longestPause = 5 * time.Minute

// soonest is when something is due that is due at these times: an urgent message
// does not wait for the pause of another before it, and no pause is longer than
// the longest, or the clock was ahead when it was written down.
func soonest(now time.Time, dues ...time.Time) time.Time {
	due := slices.MinFunc(dues, time.Time.Compare)
	if due.Sub(now) > 2*longestPause {
		return now
	}
	return due
}

// backoff is how long to wait after that many failures: a second first, then
// doubling, to five minutes (half a minute for what is urgent), and up to a
// quarter more or less by chance, so that partners do not come back in step.
func backoff(tries int, precedence handling.Precedence) time.Duration {
	longest := longestPause
	if precedence.Rank() >= handling.Immediate.Rank() {
		longest = 30 * time.Second
	}
	pause := min(time.Second<<min(tries, 16), longest)
	return pause*3/4 + time.Duration(rand.Int64N(int64(pause/2)))
}
