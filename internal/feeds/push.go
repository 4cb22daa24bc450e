// SPDX-License-Identifier: Apache-2.0

package feeds

// This file sends the objects of our collection to another server's.

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
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

// send sends a load, after a line of the log says that it is read out. What the
// server took and has not come to the end of is its to finish.
func (t *turn) send(ctx context.Context, l load) (added taxiiclient.Added, err error) {
	if len(l.objects) == 0 {
		return added, nil
	}
	what := store.What{Act: caller.Push, Subject: t.feed.Collection, Note: "feed " + t.feed.Name + " " + note(len(l.objects))}
	// The feed is read once more when the objects are about to leave, not earlier.
	if err := t.feeds.store.Show(ctx, caller.Self(), what, t.leaves); err != nil {
		return added, err
	}
	added, err = t.remote.Add(ctx, sequence(l.objects))
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
	clearance := handling.TLP(t.feed.TLP)
	err = t.feeds.store.Glance(ctx, caller.Self(), store.What{Act: caller.Push}, func(tx *store.Tx) error {
		state, err := tx.StateOf(t.feed)
		if err != nil {
			return err
		}
		size := 0
		rules, err := t.feeds.rules.Rules(tx)
		if err != nil {
			return err
		}
		query := store.ObjectQuery{Collection: t.feed.Collection, After: state.Cursor, Last: true}.For(rules.Cleared(clearance))
		return tx.EachObject(query, func(o *store.Found) (bool, error) {
			if len(l.objects) == loadCount || size >= loadBytes {
				l.full = true
				return false, nil
			}
			l.cursor = o.Added
			object, err := stix.Parse(o.Body())
			if err != nil {
				return false, err // it was read when it came
			}
			if said := rules.MayPush(clearance, o.Audience(), object); !said.Allowed {
				l.held = append(l.held, store.FeedSkip{ID: o.ID(), Reason: said.Reason.Text})
				return true, nil
			}
			l.objects, size = append(l.objects, object), size+object.Size()
			return true, nil
		})
	})
	return l, err
}
