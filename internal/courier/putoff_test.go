// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file sends more than a partner's quota.

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Over the quota a threat to life goes ahead of what waits, the rest follows as
// the quota fills, in order and without a gap; people there are told once.
func TestOverTheQuota(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		time.Sleep(time.Minute)
		bravo.inbox.Bound(inbox.Quota{Messages: 24 * 60, MessagesBurst: 10})
		n.down.Store(true)
		for i := range 300 {
			_, err := alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: fmt.Sprintf("Number %d.", i)})
			check(t, err)
		}
		n.down.Store(false)
		time.Sleep(10 * time.Minute)
		start, before := time.Now(), bravo.pledges()
		if before > 280 {
			t.Fatalf("bravo took %d of 300", before)
		}
		d := alpha.warn(draft("bravo", "Danger to life."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the threat to life took %v", took)
		}
		check(t, bravo.outbox.Acknowledge(ctx, duty, warning.Acknowledgement{Case: d.Sent["bravo"], Answer: warning.Understood}))
		alarms, err := bravo.shelf.Alarms(ctx, duty, false)
		check(t, err)
		if len(alarms) != 1 || alarms[0].Kind != warning.AlarmFlood || alarms[0].Partner != "alpha" {
			t.Errorf("bravo's alarms: %+v", alarms)
		}
		for range 48 {
			if bravo.pledges() == 300 {
				break
			}
			time.Sleep(time.Hour)
		}
		seen, err := bravo.shelf.Partner(ctx, admin, "alpha")
		check(t, err)
		if got := bravo.pledges(); got != 300 || len(seen.Gaps) > 0 {
			t.Errorf("bravo has %d of 300 pledges and the gaps %+v", got, seen.Gaps)
		}
	})
}
