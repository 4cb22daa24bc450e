// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the times that objects are given.

import (
	"testing"
	"time"
)

// The times of a collection rise, are whole milliseconds while the lead lasts,
// and stay near the clock whatever comes at once.
func TestTimesOfObjects(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 123_456_789, time.UTC)
	f := &feed{last: now.UnixMicro() - 5}
	last := f.last
	for i := range 3000 {
		at, err := f.next(now)
		if err != nil {
			t.Fatal(err)
		}
		if at <= last || at > now.UnixMicro()+lead+3000 {
			t.Fatalf("object %d is added at %d, after %d", i, at, last)
		}
		if last = at; i < lead/1000 && at%1000 != 0 {
			t.Fatalf("object %d is added within a millisecond: %d", i, at)
		}
	}
	// A second later there is room again, and a clock that was set back is waited for.
	for _, clock := range []time.Time{now.Add(2 * time.Second), now.Add(-time.Hour)} {
		at, err := f.next(clock)
		if err != nil || at <= last {
			t.Errorf("%d after %d: %v", at, last, err)
		}
		last = at
	}
	if at, err := f.next(now.Add(3 * time.Second)); err != nil || at != now.Add(3*time.Second).Truncate(time.Millisecond).Add(time.Millisecond).UnixMicro() {
		t.Errorf("%d: %v", at, err)
	}
}
