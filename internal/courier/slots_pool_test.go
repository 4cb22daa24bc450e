// SPDX-License-Identifier: Apache-2.0

package courier

// This file holds the slots by themselves: who is next, who must give way, and
// that what the posts hold is bounded.

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func (p *slot) begun() bool {
	select {
	case <-p.free:
		return true
	default:
		return false
	}
}

func told(p *slot) bool { return errors.Is(context.Cause(p.ctx), errSlow) }

// Posts that take long go on beside the others, and end only when they are too
// many there and somebody waits.
func TestSlotsGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slots
		var all []*slot
		ask := func(name string, room int) *slot {
			p := s.ask(t.Context(), name, room)
			all = append(all, p)
			return p
		}
		for i := range 3 * maxPosts {
			ask(fmt.Sprint(i), 1)
		}
		count := func(is func(*slot) bool) (n int) {
			for _, p := range all {
				if is(p) {
					n++
				}
			}
			return n
		}
		if n := count((*slot).begun); n != maxPosts {
			t.Fatalf("%d of %d posts are under way", n, len(all))
		}
		time.Sleep(promptly)
		synctest.Wait()
		if n := count((*slot).begun); n != 2*maxPosts || count(told) > 0 {
			t.Fatalf("after a second %d posts are under way, and %d were ended", n, count(told))
		}
		time.Sleep(promptly)
		synctest.Wait()
		if n := count(told); n != maxPosts {
			t.Fatalf("after two seconds %d posts were ended", n)
		}
		if n := count((*slot).begun); n != 2*maxPosts {
			t.Fatalf("%d posts were begun before those that were told to end have ended", n)
		}
		for _, p := range all {
			if told(p) {
				p.leave()
			}
		}
		if n := count((*slot).begun); n != len(all) {
			t.Errorf("%d of %d posts were begun", n, len(all))
		}
		again := ask("0", 1)
		if again.in != &s.slow {
			t.Error("who took longer than a second is posted to among the others")
		}
		for _, p := range all {
			p.leave()
			p.leave()
		}
		if !again.begun() {
			t.Error("a slot was not given when all were free")
		}
		for _, pool := range []*pool{&s.prompt, &s.slow} {
			if len(pool.held)+len(pool.waiting)+pool.room+pool.ending != 0 {
				t.Errorf("all have left, and the pool has %d held, %d waiting, %d bytes, %d ending", len(pool.held), len(pool.waiting), pool.room, pool.ending)
			}
		}
	})
}

// A post of which bytes move is not ended, however slow it is; one of which none
// moves is, when somebody waits.
func TestASlowPostThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slots
		s.late = make(map[string]bool)
		for i := range maxPosts + 1 {
			s.late[fmt.Sprint(i)] = true
		}
		moving := s.ask(t.Context(), "0", 1)
		defer moving.leave()
		for i := 1; i < maxPosts; i++ {
			defer s.ask(t.Context(), fmt.Sprint(i), 1).leave()
		}
		waits := s.ask(t.Context(), fmt.Sprint(maxPosts), 1)
		defer waits.leave()
		for range 30 {
			time.Sleep(unmoved / 2)
			moving.move()
		}
		synctest.Wait()
		if told(moving) {
			t.Error("a post that moves was ended")
		}
		n := 0
		for _, p := range s.slow.held {
			if told(p) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d posts were ended for one that waits", n)
		}
	})
}

// The bytes that a pool holds are bounded, and one post has room, however large.
func TestSlotsHaveRoom(t *testing.T) {
	var s slots
	large := s.ask(t.Context(), "large", 2*maxRoom)
	small := s.ask(t.Context(), "small", 1)
	if !large.begun() || small.begun() {
		t.Errorf("large %v, small beside it %v", large.begun(), small.begun())
	}
	large.leave()
	if !small.begun() {
		t.Error("the small one was not given a slot when there was room")
	}
	grown := s.ask(t.Context(), "grown", 1)
	grown.grow(maxRoom)
	late := s.ask(t.Context(), "late", 1)
	if late.begun() {
		t.Error("what grew leaves room for more than there is")
	}
	for _, p := range []*slot{small, grown, late} {
		p.leave()
	}
	if s.prompt.room != 0 {
		t.Errorf("all have left, and %d bytes are held", s.prompt.room)
	}
}
