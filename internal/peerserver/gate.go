// SPDX-License-Identifier: Apache-2.0

package peerserver

// This file bounds what is in memory of bodies at once, and how long they may
// take. What is known of a sender before its signature is checked, anyone may
// have written: so a body takes room as its bytes come, not before, and one that
// does not come is given up.

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// limits are those of a door.
type limits struct {
	room  int64         // bytes of all bodies at once
	most  int64         // and of those under one key
	share int           // bodies at once under one key from one address
	ofKey int           // and under one key from anywhere
	wait  time.Duration // for room
	stall time.Duration // without a piece of the body
	whole time.Duration // for a whole body
}

func standard() limits {
	return limits{room: 128 << 20, most: 2*envelope.MaxDelivery + 2*piece, share: 4, ofKey: 12, wait: 3 * time.Second, stall: 5 * time.Second, whole: 2 * time.Minute}
}

// piece is how much of a body must come before stall is over, but for the last.
const piece = 16 << 10

// gate keeps a door's limits.
type gate struct {
	limits
	free *semaphore.Weighted

	mu     sync.Mutex
	inside map[string]int   // by key, and by key and address
	held   map[string]int64 // bytes of bodies, by key
}

func newGate(l limits) *gate {
	return &gate{limits: l, free: semaphore.NewWeighted(l.room), inside: make(map[string]int), held: make(map[string]int64)}
}

// enter lets somebody in unless the share of that key is taken. Call leave for
// whoever was let in.
func (g *gate) enter(key, remote string) bool {
	here := key + " " + host(remote)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside[here] >= g.share || g.inside[key] >= g.ofKey {
		return false
	}
	g.inside[here]++
	g.inside[key]++
	return true
}

func (g *gate) leave(key, remote string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range []string{key, key + " " + host(remote)} {
		if g.inside[name]--; g.inside[name] == 0 {
			delete(g.inside, name)
		}
	}
}

func host(remote string) string {
	if name, _, err := net.SplitHostPort(remote); err == nil {
		return name
	}
	return remote
}

// hold takes room for another piece of a body under a key, unless the bodies under
// it have all that one key may have: anybody can write a key, and whoever knows
// two must not take the room of all.
func (g *gate) hold(ctx context.Context, key string) bool {
	g.mu.Lock()
	full := g.held[key]+piece > g.most
	if !full {
		g.held[key] += piece
	}
	g.mu.Unlock()
	if full {
		return false
	}
	patience, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	if g.free.Acquire(patience, piece) != nil {
		g.drop(key, piece)
		return false
	}
	return true
}

// drop gives back what was held under a key.
func (g *gate) drop(key string, held int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held[key] -= held; g.held[key] == 0 {
		delete(g.held, key)
	}
}

// errRoom says that other bodies take all the room there is.
var errRoom = errors.New("peerserver: no room for another body")

// read reads a body under a key piece by piece. Call done, whatever came of it, to give its
// room back. extend puts off the moment at which reading from the connection
// fails.
func (g *gate) read(ctx context.Context, key string, body io.Reader, extend func(time.Time) error) (raw []byte, done func(), err error) {
	var held int64
	done = func() {
		g.free.Release(held)
		g.drop(key, held)
	}
	end := time.Now().Add(g.whole)
	for {
		if !g.hold(ctx, key) {
			return nil, done, errRoom
		}
		held += piece
		next := time.Now().Add(g.stall)
		if next.After(end) {
			next = end
		}
		if err := extend(next); err != nil {
			return nil, done, err
		}
		raw = slices.Grow(raw, piece)
		for wanted := len(raw) + piece; len(raw) < wanted; {
			n, err := body.Read(raw[len(raw):wanted])
			raw = raw[:len(raw)+n]
			if errors.Is(err, io.EOF) {
				return raw, done, nil
			}
			if err != nil {
				return nil, done, err
			}
		}
	}
}
