// SPDX-License-Identifier: Apache-2.0

package shelf

// This file keeps pages in memory for others who ask for the same, for as long
// as the store says that they hold.

import (
	"container/list"
	"sync"

	"github.com/tocsin-exchange/tocsin/handling"
)

// What the pages in memory may take.
const (
	cacheBytes = 24 << 20
	// A page larger than this is not kept.
	cacheLargest = 2 << 20
)

// pageKey is everything a page depends on, beside the store.
type pageKey struct {
	query     string // of the filter, see filterKey
	clearance handling.TLP
	form      Form
	after     int64 // microseconds
	limit     int
	policy    string // by whose rules it was read
	// collection is that of the store.
	collection string
	// person is who asks, of a page that may ask for a reason; empty for tools.
	person string
}

// kept is a page with what the store said when it was read.
type kept struct {
	key          pageKey
	page         *Page
	moved, grown uint64
}

// holds reports whether the page is still what would be read. One that has
// others behind it changes only if one of its own does.
func (k *kept) holds(moved, grown uint64) bool {
	return k.moved == moved && (k.page.More || k.grown == grown)
}

// cache is pages that were asked for more than once, the latest of them. A page
// that is asked for once is not kept: who walks through a collection alone would
// push out everybody else's.
type cache struct {
	mu    sync.Mutex
	pages map[pageKey]*list.Element // of *kept
	order list.List                 // the one asked for last is in front
	size  int
	once  map[pageKey]int // pages that were asked for once, by their place in turns
	turns [asked]pageKey
	turn  int
}

// asked is how many of the pages that were asked for once are remembered, by
// name.
const asked = 512

func newCache() *cache {
	return &cache{pages: make(map[pageKey]*list.Element), once: make(map[pageKey]int)}
}

// get returns a page that holds. moved and grown must be the store's, asked for
// before.
func (c *cache) get(key pageKey, moved, grown uint64) (*Page, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.pages[key]
	if !ok {
		return nil, false
	}
	found := element.Value.(*kept)
	if !found.holds(moved, grown) {
		c.drop(element)
		return nil, false
	}
	c.order.MoveToFront(element)
	return found.page, true
}

// again reports whether a page was asked for before, not long ago.
func (c *cache) again(key pageKey) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, before := c.once[key]; before {
		return true
	}
	if old := c.turns[c.turn]; c.once[old] == c.turn {
		delete(c.once, old)
	}
	c.turns[c.turn], c.once[key] = key, c.turn
	c.turn = (c.turn + 1) % asked
	return false
}

// put keeps a page that was read after moved and grown were asked for.
func (c *cache) put(key pageKey, page *Page, moved, grown uint64) {
	if page.weight() > cacheLargest {
		return
	}
	page.shared = true
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, there := c.pages[key]; there {
		c.drop(before)
	}
	c.pages[key] = c.order.PushFront(&kept{key, page, moved, grown})
	c.size += page.weight()
	for c.size > cacheBytes {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(element *list.Element) {
	gone := c.order.Remove(element).(*kept)
	delete(c.pages, gone.key)
	c.size -= gone.page.weight()
}

// weight is about what a page takes, its compressed form included.
func (p *Page) weight() int { return cap(p.Body) + len(p.Body)/3 + 1<<10 }

// remembered is what the store last said, for as long as its state is the same.
type remembered[T any] struct {
	mu    sync.Mutex
	read  bool
	state uint64
	what  T
}

func (r *remembered[T]) get(state uint64) (T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.what, r.read && r.state == state
}

func (r *remembered[T]) put(state uint64, what T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read, r.state, r.what = true, state, what
}
