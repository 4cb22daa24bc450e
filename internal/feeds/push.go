// SPDX-License-Identifier: Apache-2.0

package feeds

// This file sends the objects of our collection to another server's.

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// How much is sent before the cursor is kept.
const (
	loadCount = 1000
	loadBytes = 4 << 20
)

// load is what is about to leave, and the cursor behind it.
type load struct {
	objects []stix.Object
	held    []store.FeedSkip // that stay, with the reason
	cursor  time.Time
	full    bool
}

// push sends what was added here since the cursor, a load at a time. A load
// whose answer was lost is sent again: there, it is known.
func (t *turn) push(ctx context.Context) error {
	for {
		l, err := t.load(ctx)
		if err != nil || l.cursor.IsZero() {
			return err
		}
		added, err := t.send(ctx, l)
		if errors.Is(err, errOther) {
			continue
		}
		if err != nil {
			return err
		}
		what := store.What{Act: caller.Push, Subject: t.feed.Collection, Note: note(len(l.objects))}
		err = t.change(ctx, what, func(tx *store.Tx, state *store.FeedState) error {
			state.Cursor = l.cursor
			state.Taken += int64(added.Succeeded + added.Pending)
			for _, one := range l.held {
				skip(state, tx.Now, one.ID, one.Reason)
			}
			for _, failure := range added.Failures {
				skip(state, tx.Now, failure.ID, "the server refused it: "+failure.Message)
			}
			state.Skipped += int64(added.Failed - len(added.Failures)) // those it did not name
			return nil
		})
		if err != nil || !l.full {
			return err
		}
	}
}

// errOther says that of a load something may not leave any more: another is gathered.
var errOther = errors.New("feeds: what is pushed has changed")

// send sends a load, after a line of the log says that it is read out, in the reading
// that finds that all of it may still leave; it ends when that is so no more. What the
// server took and has not come to the end of is its to finish.
func (t *turn) send(ctx context.Context, l load) (added taxiiclient.Added, err error) {
	if len(l.objects) == 0 {
		return added, nil
	}
	what := store.What{Act: caller.Push, Subject: t.feed.Collection, Note: "feed " + t.feed.Name + " " + note(len(l.objects))}
	watch := t.watch()
	if err := t.feeds.store.Show(ctx, caller.Self(), what, func(tx *store.Tx) error { return t.stillLeaves(tx, l) }); err != nil {
		return added, err
	}
	sending, end := context.WithCancelCause(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { watch.follow(sending, l, end) })
	added, err = t.remote.Add(sending, sequence(l.objects))
	cause := context.Cause(sending)
	end(nil)
	watched.Wait()
	if err != nil && cause != nil && ctx.Err() == nil {
		return added, cause
	}
	if errors.Is(err, taxiiclient.ErrPending) {
		t.remark(taxiiclient.Remark{Text: "it takes objects and does not say what became of them"})
		err = nil
	}
	return added, err
}

func sequence(objects []stix.Object) iter.Seq2[stix.Object, error] {
	return func(yield func(stix.Object, error) bool) {
		for _, object := range objects {
			if !yield(object, nil) {
				return
			}
		}
	}
}

// load gathers what comes behind the cursor and may leave: the last version of
// each object that a reader with the feed's clearance would be shown. The
// cursor is zero if nothing does.
func (t *turn) load(ctx context.Context) (l load, err error) {
	err = t.feeds.store.Glance(ctx, caller.Self(), store.What{Act: caller.Push}, func(tx *store.Tx) error {
		size := 0
		return t.each(tx, func(o *store.Found, object stix.Object, said policy.Verdict) bool {
			if len(l.objects) == loadCount || size >= loadBytes {
				l.full = true
				return false
			}
			l.cursor = o.Added
			if !said.Allowed {
				l.held = append(l.held, store.FeedSkip{ID: o.ID(), Reason: said.Reason.Text})
				return true
			}
			l.objects, size = append(l.objects, object), size+object.Size()
			return true
		})
	})
	return l, err
}

// each goes through what comes behind the cursor, with what the rules say of each,
// until it is told to end.
func (t *turn) each(tx *store.Tx, found func(o *store.Found, object stix.Object, said policy.Verdict) bool) error {
	state, err := tx.StateOf(t.feed)
	if err != nil {
		return err
	}
	rules, err := t.feeds.rules.Rules(tx)
	if err != nil {
		return err
	}
	clearance := handling.TLP(t.feed.TLP)
	query := store.ObjectQuery{Collection: t.feed.Collection, After: state.Cursor, Last: true}.For(rules.Cleared(clearance))
	return tx.EachObject(query, func(o *store.Found) (bool, error) {
		object, err := stix.Parse(o.Body())
		if err != nil {
			return false, err // it was read when it came
		}
		return found(o, object, rules.MayPush(clearance, o.Audience(), object)), nil
	})
}

// stillLeaves makes sure that objects may still leave: the feed, and each of them.
// What would not leave now, though it was gathered, makes it another load.
func (t *turn) stillLeaves(tx *store.Tx, l load) error {
	if err := t.leaves(tx); err != nil {
		return err
	}
	left := l.objects
	err := t.each(tx, func(o *store.Found, object stix.Object, said policy.Verdict) bool {
		if o.Added.After(l.cursor) {
			return false
		}
		if said.Allowed && len(left) > 0 && bytes.Equal(object.Raw(), left[0].Raw()) {
			left = left[1:]
		}
		return len(left) > 0
	})
	if err == nil && len(left) > 0 {
		err = errOther
	}
	return err
}

// watch is what a push rests on, as it was when the watch began.
type watch struct {
	turn  *turn
	woken <-chan struct{}
	rests uint64
}

func (t *turn) watch() watch {
	return watch{turn: t, woken: t.feeds.store.Wait(), rests: t.rests()}
}

// rests is another number once something has changed on which it rests what is pushed.
func (t *turn) rests() uint64 {
	moved, _ := t.feeds.store.ObjectState(t.feed.Collection)
	return moved + t.feeds.store.States(store.Policies.Kind(), store.RowFeed, store.RowPerson, store.RowRecovery, store.RowFork)
}

// follow ends a push once a change lets something of it leave no more.
func (w watch) follow(ctx context.Context, l load, end context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.woken:
		}
		w.woken = w.turn.feeds.store.Wait()
		rests := w.turn.rests()
		if rests == w.rests {
			continue
		}
		w.rests = rests
		err := w.turn.feeds.store.Glance(ctx, caller.Self(), store.What{Act: caller.Push}, func(tx *store.Tx) error { return w.turn.stillLeaves(tx, l) })
		if err != nil {
			end(err)
			return
		}
	}
}
