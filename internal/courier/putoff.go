// SPDX-License-Identifier: Apache-2.0

package courier

// This file waits for a partner who says when to come again: it has had its
// quota of us. What belongs to a threat to life is tried meanwhile, ahead of the
// rest, as in a limited channel.

import (
	"fmt"
	"sync"
	"time"
)

// putOff is a partner's answer that it takes no more before some time has passed.
type putOff struct{ after time.Duration }

// Error implements error.
func (p *putOff) Error() string {
	return fmt.Sprintf("courier: the partner takes no more for %v: it has had its quota of us", p.after)
}

// longestPutOff is how long a partner can put us off for: it is asked again.
const longestPutOff = time.Hour

// patience is until when each partner has put us off. It is not kept: a node
// that starts asks again.
type patience struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (p *patience) wait(name string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == nil {
		p.until = make(map[string]time.Time)
	}
	p.until[name] = until
}

// left is how long the partner is to be left alone.
func (p *patience) left(name string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.until[name]
	if now.Before(until) {
		return until.Sub(now)
	}
	delete(p.until, name)
	return 0
}
