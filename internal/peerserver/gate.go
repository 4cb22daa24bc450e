// SPDX-License-Identifier: Apache-2.0

package peerserver

// This file bounds how many bodies are in memory at once.

import (
	"context"
	"sync"
	"time"
)

const (
	inFlight   = 16              // bodies at once at one door
	waitAtDoor = 3 * time.Second // for one of them to be done
)

// gate lets in so many at once, and no more than its share of one key: what is
// known of a key before its signature is checked, anyone may have written.
type gate struct {
	free  chan struct{}
	share int

	mu     sync.Mutex
	inside map[string]int // by key, those who wait included
}

func newGate(share int) *gate {
	return &gate{free: make(chan struct{}, inFlight), share: share, inside: make(map[string]int)}
}

// enter waits for a place; whoever gets none, or has its share, is not let in.
// Call leave for whoever was.
func (g *gate) enter(ctx context.Context, key string) bool {
	g.mu.Lock()
	if g.inside[key] >= g.share {
		g.mu.Unlock()
		return false
	}
	g.inside[key]++
	g.mu.Unlock()
	patience := time.NewTimer(waitAtDoor)
	defer patience.Stop()
	select {
	case g.free <- struct{}{}:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	g.forget(key)
	return false
}

func (g *gate) leave(key string) {
	<-g.free
	g.forget(key)
}

func (g *gate) forget(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside[key]--; g.inside[key] == 0 {
		delete(g.inside, key)
	}
}
