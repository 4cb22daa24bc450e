// SPDX-License-Identifier: Apache-2.0

package courier

// This file bounds how many posts are under way at once, and what they hold in
// memory, and lets what is urgent past that bound: partners that hang must not
// hold up the others' messages.

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxPosts is how many partners are posted to at once in each of the two
	// pools, if nothing urgent waits for them; maxRoom is how many bytes of
	// envelopes those of a pool may hold.
	maxPosts = 128
	maxRoom  = 64 << 20
	// promptly is how long a post may keep a slot from others that wait for one.
	// Who takes longer is posted to beside the others from then on, until it
	// answers in that time.
	promptly = time.Second
	// unmoved is how long a post to such a partner may keep its slot from others
	// when no byte of it moves.
	unmoved = 10 * time.Second
)

// errSlow is the cause of a post's end that kept its slot too long.
var errSlow = errors.New("courier: the partner does not answer, and others wait for its slot")

// slots are the places for posts: a pool for partners that answered promptly
// last time, or were not posted to yet, and one for those that did not. In each,
// whoever waits longest is next.
type slots struct {
	mu           sync.Mutex
	prompt, slow pool
	late         map[string]bool // partners that did not answer promptly last time
}

// pool is what is under way, and what waits to be, each in the order it came.
type pool struct {
	held, waiting []*slot
	room          int // of what is held, in bytes
	ending        int // of what is held, those that were told to end
}

// slot is one post's place. A post that waits for nobody has no pool.
type slot struct {
	of      *slots
	in      *pool
	partner string
	room    int
	given   time.Time
	moved   atomic.Int64  // when a byte of it moved last, in nanoseconds since 1970
	free    chan struct{} // closed when the post may begin
	ctx     context.Context
	end     context.CancelCauseFunc
	ended   bool // was told to end
	left    bool
	timer   *time.Timer
}

// ask asks for a slot for a post to the partner that holds so many bytes; leave
// must be called, whether or not it was given. The slot's context ends when the
// slot must be given up.
func (s *slots) ask(ctx context.Context, partner string, room int) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := newSlot(ctx, s, partner, room)
	p.in = &s.prompt
	if s.late[partner] {
		p.in = &s.slow
	}
	p.in.waiting = append(p.in.waiting, p)
	s.give()
	return p
}

// pass is the place of a post that waits for nobody.
func (s *slots) pass(ctx context.Context, partner string) *slot {
	p := newSlot(ctx, s, partner, 0)
	p.given = time.Now()
	close(p.free)
	return p
}

func newSlot(ctx context.Context, s *slots, partner string, room int) *slot {
	p := &slot{of: s, partner: partner, room: room, free: make(chan struct{})}
	p.ctx, p.end = context.WithCancelCause(ctx)
	return p
}

// give gives out what is free, and makes room for who waits: a post that has
// kept its slot too long goes on among the slow ones, or ends if they are too
// many already.
func (s *slots) give() {
	for _, pool := range []*pool{&s.prompt, &s.slow} {
		for len(pool.waiting) > 0 {
			first := pool.waiting[0]
			if pool.fits(first) {
				pool.waiting = slices.Delete(pool.waiting, 0, 1)
				pool.take(first)
				first.begin()
				continue
			}
			if pool.ending >= len(pool.waiting) {
				break // there will be room when they have ended
			}
			i := slices.IndexFunc(pool.held, (*slot).overdue)
			if i < 0 {
				break
			}
			s.displace(pool.held[i])
		}
	}
}

// displace lets a slot that is overdue be used by others.
func (s *slots) displace(p *slot) {
	s.mark(p.partner, true)
	if p.in == &s.prompt && len(s.slow.waiting) == 0 && s.slow.fits(p) {
		s.prompt.drop(p)
		p.in = &s.slow
		s.slow.take(p)
		p.timer.Reset(unmoved)
		return
	}
	p.ended = true
	p.in.ending++
	p.end(errSlow)
}

// mark takes down whether a partner answered promptly.
func (s *slots) mark(partner string, late bool) {
	if !late {
		delete(s.late, partner)
		return
	}
	if s.late == nil {
		s.late = make(map[string]bool)
	}
	s.late[partner] = true
}

// fits reports whether there is room for one more. A post alone always has it.
func (p *pool) fits(one *slot) bool {
	return len(p.held) < maxPosts && (len(p.held) == 0 || p.room+one.room <= maxRoom)
}

func (p *pool) take(one *slot) {
	p.held = append(p.held, one)
	p.room += one.room
}

func (p *pool) drop(one *slot) {
	p.held = slices.DeleteFunc(p.held, func(other *slot) bool { return other == one })
	p.room -= one.room
}

// begin gives the slot to its post.
func (p *slot) begin() {
	p.given = time.Now()
	p.move()
	close(p.free)
	p.timer = time.AfterFunc(promptly, p.look)
}

// look is called when a slot may have been kept too long.
func (p *slot) look() {
	s := p.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.left || p.ended {
		return
	}
	if p.in == &s.slow && !p.overdue() {
		p.timer.Reset(unmoved - time.Since(p.last()))
		return
	}
	s.mark(p.partner, true)
	s.give()
	p.timer.Reset(unmoved)
}

// overdue reports whether the post must not keep its slot from others any longer.
func (p *slot) overdue() bool {
	switch {
	case p.ended:
		return false
	case p.in == &p.of.prompt:
		return time.Since(p.given) >= promptly
	}
	return time.Since(p.last()) >= unmoved
}

// move says that a byte of the post has moved.
func (p *slot) move() { p.moved.Store(time.Now().UnixNano()) }

func (p *slot) last() time.Time { return time.Unix(0, p.moved.Load()) }

// grow says how many bytes the post holds after all.
func (p *slot) grow(room int) {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	if p.in != nil {
		p.in.room += room - p.room
	}
	p.room = room
}

// leave says that the post has ended, or will not be made. A second call does
// nothing.
func (p *slot) leave() {
	s := p.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.left {
		return
	}
	p.left = true
	p.end(nil)
	if p.given.IsZero() {
		p.in.waiting = slices.DeleteFunc(p.in.waiting, func(other *slot) bool { return other == p })
	} else {
		s.mark(p.partner, time.Since(p.given) >= promptly)
	}
	if p.timer != nil {
		p.timer.Stop()
		p.in.drop(p)
	}
	if p.ended {
		p.in.ending--
	}
	s.give()
}

// watched is a body of which somebody is told whenever a byte moves.
type watched struct {
	io.ReadCloser
	moved func()
}

// Read implements io.Reader.
func (w watched) Read(into []byte) (int, error) {
	n, err := w.ReadCloser.Read(into)
	if n > 0 {
		w.moved()
	}
	return n, err
}
