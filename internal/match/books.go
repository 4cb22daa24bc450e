// SPDX-License-Identifier: Apache-2.0

package match

// This file keeps a book of what is kept elsewhere up to date without making it
// anew for each pledge: what has changed since stands in a small book before it.

import (
	"sync"

	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	// renewAfter is after how many changes a book is made anew, beside whatever
	// goes on.
	renewAfter = 256
	// mostBefore is how many changes may stand before a book; with more it is made
	// anew by whoever needs it.
	mostBefore = 4096
)

// Promises are the pledges and watches as somebody sees them who keeps them.
type Promises interface {
	// Mark counts how often they were touched; settled is false if somebody has
	// touched them and it is not certain that this will stand.
	Mark() (mark uint64, settled bool)
	// Touched are the ids of those that were touched since a mark, some perhaps
	// twice; known is false if that was too long ago. What was read after a mark may
	// hold more than was touched until then, never less.
	Touched(since uint64) (ids []string, known bool)
	// All reads the pledges that are ours and the watches, Some those of the ids
	// that are there.
	All() ([]warning.KeptPledge, []warning.Watch, error)
	Some(ids []string) ([]warning.KeptPledge, []warning.Watch, error)
}

// Books keeps a book for as long as it holds, and what has changed since before
// it. The zero Books holds none. It is safe for concurrent use.
type Books struct {
	mu       sync.Mutex
	whole    *Book
	mark     uint64        // of the whole book
	changed  *Book         // with what has changed since; nil if that is not known
	markThen uint64        // of the changed book
	making   chan struct{} // closed when a whole book has been made; nil if none is being made
}

// At is the book of the promises as they are now: nobody who asks waits for a
// whole book to be made that somebody else has begun. What is not settled is not
// kept.
func (b *Books) At(now Promises) (*Book, error) {
	mark, settled := now.Mark()
	whole, since, book := b.kept(mark)
	if book != nil && settled {
		return book, nil
	}
	if whole != nil {
		ids, known := now.Touched(since)
		if known && len(ids) == 0 {
			return whole, nil
		}
		if known && len(ids) <= mostBefore {
			pledges, watches, err := now.Some(ids)
			if err != nil {
				return nil, err
			}
			book := whole.With(ids, pledges, watches)
			if settled {
				b.keepChanged(whole, book, mark)
			}
			return book, nil
		}
	}
	pledges, watches, err := now.All()
	if err != nil {
		return nil, err
	}
	book = NewBook(pledges, watches)
	if settled {
		b.keep(book, mark)
	}
	return book, nil
}

// Ready sees to it that a later At has little to do: it has the first book made
// and waits for that, and has one made anew before which too much stands, and
// waits for nothing. It is to be called by whoever holds up nobody. What fails is
// left to At.
func (b *Books) Ready(now Promises) {
	b.mu.Lock()
	mark, _ := now.Mark()
	first := b.whole == nil
	if b.making == nil && (first || mark-b.mark >= renewAfter) {
		b.making = make(chan struct{})
		go b.make(now)
	}
	making := b.making
	b.mu.Unlock()
	if first {
		<-making
	}
}

// make makes a whole book. The mark is read first: what is touched while the
// promises are read is read once more by whoever asks.
func (b *Books) make(now Promises) {
	mark, _ := now.Mark()
	if pledges, watches, err := now.All(); err == nil {
		b.keep(NewBook(pledges, watches), mark)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.making)
	b.making = nil
}

// kept is the whole book with its mark, and the book of a mark, if it is kept.
func (b *Books) kept(mark uint64) (whole *Book, since uint64, book *Book) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.whole != nil && b.mark == mark:
		book = b.whole
	case b.changed != nil && b.markThen == mark:
		book = b.changed
	}
	return b.whole, b.mark, book
}

func (b *Books) keep(whole *Book, mark uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.whole == nil || mark >= b.mark {
		b.whole, b.mark, b.changed = whole, mark, nil
	}
}

// keepChanged keeps a book that was made before a whole one, if that is kept still.
func (b *Books) keepChanged(whole, changed *Book, mark uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.whole == whole {
		b.changed, b.markThen = changed, mark
	}
}
