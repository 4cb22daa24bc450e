// SPDX-License-Identifier: Apache-2.0

package feeds

// This file takes the objects of another server's collection into ours.

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// pull walks over what was added there since the cursor, and keeps each page
// with the cursor behind it.
func (t *turn) pull(ctx context.Context) error {
	cursor, err := t.cursor(ctx)
	if err != nil {
		return err
	}
	for page, err := range t.remote.Pages(ctx, taxii.Filter{AddedAfter: cursor}) {
		if err != nil {
			return err
		}
		if len(page.Objects) == 0 && !page.Resume.After(cursor) {
			continue
		}
		if err := t.keep(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// cursor is where the run begins.
func (t *turn) cursor(ctx context.Context) (cursor time.Time, err error) {
	err = t.feeds.store.Glance(ctx, caller.Self(), store.What{Act: t.act()}, func(tx *store.Tx) error {
		state, err := tx.StateOf(t.feed)
		cursor = state.Cursor
		return err
	})
	return cursor, err
}

// How much of a page is read at once, and kept in one transaction: what was read
// takes many times its bytes.
const (
	portionCount = 1000
	portionBytes = 4 << 20
)

// keep keeps the objects of a page that are right, and with the last of them the
// cursor behind the page.
func (t *turn) keep(ctx context.Context, page taxiiclient.Page) error {
	rest := page.Objects
	for first := true; first || len(rest) > 0; first = false {
		end, size := 0, 0
		for end < len(rest) && end < portionCount && (end == 0 || size+len(rest[end]) <= portionBytes) {
			size += len(rest[end])
			end++
		}
		var cursor time.Time
		if end == len(rest) {
			cursor = page.Resume
		}
		if err := t.portion(ctx, rest[:end], cursor); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

// portion keeps some objects of a page, and the cursor unless it is zero. What is
// known here is left as it is.
func (t *turn) portion(ctx context.Context, objects []jsontext.Value, cursor time.Time) error {
	right, wrong := t.check(objects)
	what := store.What{Act: caller.Pull, Subject: t.feed.Collection, Note: note(len(right))}
	var releasing []store.Object
	t.feeds.books.Ready(t.feeds.store.Promises(context.WithoutCancel(ctx)))
	err := t.change(ctx, what, func(tx *store.Tx, state *store.FeedState) error {
		collection, err := store.Collections.Get(tx, t.feed.Collection)
		if err != nil {
			return err
		}
		book, err := t.feeds.book(tx)
		if err != nil {
			return err
		}
		var owed match.Gathered
		for _, one := range right {
			row := one.row
			kept, err := tx.KeepObject(row, policy.Audience)
			switch {
			case err != nil:
				return err
			case kept.New:
				state.Taken++
				watches, hits := book.Meets(one.subject, tx.Now)
				owed.Add(row.ID, watches, hits)
			case kept.Other:
				skip(state, tx.Now, row.ID, store.ErrOther.Error())
			default:
				state.Known++
			}
			more, err := tx.Released(row, policy.Audience, releaseMany)
			if err != nil {
				return err
			}
			if more {
				releasing = append(releasing, row)
			}
		}
		if err := owe(tx, &owed, collection); err != nil {
			return err
		}
		for _, one := range wrong {
			skip(state, tx.Now, one.ID, one.Reason)
		}
		if cursor.After(state.Cursor) {
			state.Cursor = cursor
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.release(ctx, releasing)
}

// release judges anew what waited for the definitions of markings that came,
// some at a time. What is left where it breaks off, the next start judges.
func (t *turn) release(ctx context.Context, definitions []store.Object) error {
	what := store.What{Act: caller.Pull, Subject: t.feed.Collection, Note: "markings"}
	for _, definition := range definitions {
		for more := true; more; {
			err := t.change(ctx, what, func(tx *store.Tx, _ *store.FeedState) (err error) {
				more, err = tx.Released(definition, policy.Audience, releaseMany)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// releaseMany is how many objects are judged anew in one transaction.
const releaseMany = 1000

// Origin names a feed as where objects came from. No tool and no partner can
// have that name.
func Origin(feed string) string { return "feed/" + feed }

// piece is one object of a page, ready to be kept or with what is wrong with it.
type piece struct {
	id      string
	row     store.Object
	subject match.Subject
	err     error
}

// check parts the objects that can be kept from those that cannot, in their
// order. It is most of the work, so it is shared out.
func (t *turn) check(objects []jsontext.Value) (right []piece, wrong []store.FeedSkip) {
	pieces := make([]piece, len(objects))
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for first := range workers {
		group.Go(func() {
			for i := first; i < len(pieces); i += workers {
				pieces[i] = t.checked(objects[i])
			}
		})
	}
	group.Wait()
	for _, one := range pieces {
		if one.err != nil {
			wrong = append(wrong, store.FeedSkip{ID: one.id, Reason: clip(one.err.Error())})
			continue
		}
		right = append(right, one)
	}
	return right, wrong
}

// checked reads and checks one object.
func (t *turn) checked(raw []byte) (one piece) {
	object, err := stix.Parse(raw)
	one.id = strings.Clone(clip(object.ID())) // not with the whole object behind it
	if err == nil {
		err = stix.Valid(object)
	}
	if err == nil {
		one.row, err = store.NewObject(t.feed.Collection, Origin(t.feed.Name), nil, object)
	}
	if err == nil {
		one.row = one.row.Judged(policy.Audience) // which lets go of what was read
		one.subject = match.FromObject(object)
		one.subject.Read()
	}
	one.err = err
	return one
}
