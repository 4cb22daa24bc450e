// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds what waits behind a post: it is made ready while the post is
// on its way, and leaves only if nothing has changed since.

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// waiting lets so many pledges wait for bravo, who cannot be reached.
func (s *side) waiting(n *network, many int) {
	s.t.Helper()
	n.down.Store(true)
	for i := range many {
		_, err := s.outbox.Pledge(s.t.Context(), first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: fmt.Sprintf("Number %d.", i)})
		check(s.t, err)
	}
	synctest.Wait()
	n.down.Store(false)
}

// What waits in a long queue goes in as few posts as it can, in its order.
func TestALongQueue(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		alpha.waiting(n, 600)
		n.posts.Store(0)
		eventually(t, func() bool { return alpha.queued() == 0 })
		if posts := n.posts.Load(); posts > 10 {
			t.Errorf("600 messages took %d posts", posts)
		}
		if got := bravo.pledges(); got != 600 {
			t.Errorf("bravo has %d of 600", got)
		}
		bravo.quiet()
	})
}

// The answer to a long queue is lost: all of it comes again, nothing is doubled,
// and each message has the one receipt.
func TestALongQueueWhoseAnswersAreLost(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		alpha.waiting(n, 600)
		n.lost.Store(true)
		eventually(t, func() bool { return bravo.pledges() > 0 })
		n.lost.Store(false)
		eventually(t, func() bool { return alpha.queued() == 0 })
		if got := bravo.pledges(); got != 600 {
			t.Errorf("bravo has %d of 600", got)
		}
		bravo.quiet()
	})
}

// What was made ready behind a post stays when the channel is suspended before
// its turn, and goes when the channel is open again.
func TestStateChangesBeforeWhatIsReadyLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		n.hang = &hanging{at: "heard", there: make(chan struct{})}
		alpha.waiting(n, 600)
		<-n.hang.there
		had := bravo.pledges()
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Suspended, "their node is in other hands")
		check(t, err)
		n.hang.shut.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		if late := n.hang.late.Load(); late > 0 {
			t.Errorf("%d bytes left a suspended channel", late)
		}
		if got := bravo.pledges(); got != had || got >= 600 {
			t.Errorf("bravo has %d, had %d", got, had)
		}
		n.hang.shut.Store(false)
		_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
		check(t, err)
		eventually(t, func() bool { return alpha.queued() == 0 })
		if got := bravo.pledges(); got != 600 {
			t.Errorf("bravo has %d of 600", got)
		}
	})
}
