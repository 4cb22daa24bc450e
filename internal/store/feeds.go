// SPDX-License-Identifier: Apache-2.0

package store

// This file says where objects stand: each under a number that is made of its
// range and of the time it was added. A range is the objects of one collection
// for one audience, so that a page is read in one piece, and whoever may not see
// an object does not come past it.

import (
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// The audiences that are no label.
const (
	// Nobody is the audience of an object that is shown to no one.
	Nobody handling.TLP = ""
	// unjudged is that of an object of an older store that nobody has judged yet.
	unjudged handling.TLP = "unjudged"
	// noAudience is that of no object.
	noAudience handling.TLP = "none"
)

// A place has the time in its low bits, in microseconds since 2000, which
// reaches into 2071, and the number of the range above.
const (
	timeBits  = 51
	maxRanges = 1<<12 - 1
)

// dawn is when the time of places begins, in microseconds since 1970.
var dawn = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// feed is a collection as a transaction knows it.
type feed struct {
	ranges []span
	last   int64 // when the newest object was added, in microseconds since 1970; 0 while it was not asked
	moved  bool  // last was moved on
}

// span is one range of a collection.
type span struct {
	number   int64
	audience handling.TLP
}

// place is where an object of the range stands that was added then. Before the
// dawn is before everything, after the end of time behind everything.
func (s span) place(added int64) int64 {
	return s.number<<timeBits + min(max(added-dawn, 0), 1<<timeBits-1)
}

// addedAt is when the object at a place was added.
func addedAt(place int64) int64 { return place&(1<<timeBits-1) + dawn }

// feed reads what is known of a collection, once in a transaction.
func (tx *Tx) feed(collection string) (*feed, error) {
	if f := tx.feeds[collection]; f != nil {
		return f, nil
	}
	f := &feed{}
	err := tx.each(`SELECT number, audience FROM ranges WHERE collection = ?`, []any{collection}, func(stmt *sqlite3.Stmt) (bool, error) {
		f.ranges = append(f.ranges, span{stmt.ColumnInt64(0), handling.TLP(stmt.ColumnText(1))})
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if tx.feeds == nil {
		tx.feeds = make(map[string]*feed)
	}
	tx.feeds[collection] = f
	return f, nil
}

// holds returns the range of the collection in which a place is.
func (f *feed) holds(place int64) (span, bool) {
	for _, s := range f.ranges {
		if s.number == place>>timeBits {
			return s, true
		}
	}
	return span{}, false
}

// audience is whose the objects of the range are in which a place is.
func (f *feed) audience(place int64) handling.TLP {
	s, _ := f.holds(place)
	return s.audience
}

// lead is how far, in microseconds, the time of an object may be ahead of the
// clock.
const lead = 1_000_000

// latest is when the newest object of the collection was added, or one that is
// gone since, in microseconds since 1970.
func (tx *Tx) latest(collection string, f *feed) (int64, error) {
	if f.last != 0 {
		return f.last, nil
	}
	_, err := tx.get(`SELECT last FROM feeds WHERE collection = $1`, []any{collection}, &f.last)
	return f.last, err
}

// nextDate is a time of its own for an object that is added now.
func (tx *Tx) nextDate(collection string, f *feed) (int64, error) {
	if _, err := tx.latest(collection, f); err != nil {
		return 0, err
	}
	return f.next(tx.Now)
}

// next is a time behind the last. It is a whole millisecond while the lead allows
// it: a reader that keeps no more than milliseconds of the last object's time
// then reads nothing twice.
func (f *feed) next(now time.Time) (int64, error) {
	added := max(now.UnixMicro(), f.last+1, dawn+1)
	if whole := (added + 999) / 1000 * 1000; whole-now.UnixMicro() <= lead {
		added = whole
	}
	if added-dawn >= 1<<timeBits {
		return 0, fmt.Errorf("store: no object can be added after the year 2070: the clock says %s", now)
	}
	f.last, f.moved = added, true
	return added, nil
}

// span returns the collection's range for an audience, and makes it if it is new.
func (tx *Tx) span(collection string, audience handling.TLP) (span, error) {
	f, err := tx.feed(collection)
	if err != nil {
		return span{}, err
	}
	for _, s := range f.ranges {
		if s.audience == audience {
			return s, nil
		}
	}
	var newest int64
	if _, err := tx.get(`SELECT coalesce(max(number), 0) FROM ranges`, nil, &newest); err != nil {
		return span{}, err
	}
	if newest >= maxRanges {
		return span{}, problem.New(problem.Refused, "use collections that are there", "this node has as many collections as it can hold objects for")
	}
	s := span{newest + 1, audience}
	f.ranges = append(f.ranges, s)
	return s, tx.exec(`INSERT INTO ranges(number, collection, audience) VALUES($1, $2, $3)`, s.number, collection, string(audience))
}

// keepFeeds keeps the newest time of each collection, so that none is used
// twice, whatever is deleted.
func (tx *Tx) keepFeeds() error {
	for collection, f := range tx.feeds {
		if !f.moved {
			continue
		}
		err := tx.exec(`INSERT INTO feeds(collection, last) VALUES($1, $2) ON CONFLICT(collection) DO UPDATE SET last = $2`, collection, f.last)
		if err != nil {
			return err
		}
	}
	return nil
}
