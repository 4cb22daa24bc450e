// SPDX-License-Identifier: Apache-2.0

package store

// This file shows which evidence is kept where one exchange shows several links
// that do not hold.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/witness"
)

// A log that was rewritten cannot link what it signed before either. The link
// that proves it to anyone is the one that is kept, and there is one alarm.
func TestTheEvidenceThatProvesIsKept(t *testing.T) {
	k := newKit(t)
	ring, err := keys.Generate("bravo", "IS")
	k.must(err)
	honest, other := k.grown(ring, "abcdefghijklmnop"), k.grown(ring, "Xbcdefghijklmnop")
	followed, step, shown := honest.head(7), honest.head(9), other.head(12)
	k.follow(nil, []LogHead{followed}, nil)
	if !k.follow([]LogHead{followed, step}, []LogHead{shown}, other.link(7, 9, 12)) {
		t.Error("it is not found")
	}
	_, forks, alarms := k.known()
	if len(forks) != 1 || len(alarms) != 1 || k.judged(forks[0], ring) != witness.OtherPast {
		t.Errorf("%d forks, %d alarms: %+v", len(forks), len(alarms), forks)
	}
}
