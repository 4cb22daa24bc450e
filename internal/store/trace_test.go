// SPDX-License-Identifier: Apache-2.0

package store

// This file looks for leaves from a moment on, also when a clock went back.

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTrace(t *testing.T) {
	k := newKit(t)
	places := make(map[LeafName]int64)
	for n := range 20 {
		k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
			name := LeafName{LeafSent, fmt.Sprintf("%064x", n)}
			index, err := tx.Leaf(name.Kind, name.Hash)
			places[name] = index
			return err
		}))
	}
	look := func(wanted map[LeafName]int64, since time.Time) (err error) {
		return k.Glance(t.Context(), officer, keep, func(tx *Tx) error { return tx.Trace(wanted, since) })
	}
	for what, since := range map[string]time.Time{"from the beginning": {}, "from now on": time.Now().Add(clockSlack), "of a clock that went back": time.Now().AddDate(1, 0, 0)} {
		wanted := make(map[LeafName]int64)
		for name := range places {
			wanted[name] = -1
		}
		if err := look(wanted, since); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for name, index := range wanted {
			if index != places[name] {
				t.Errorf("%s: leaf %s found at %d, and is at %d", what, name.Hash, index, places[name])
			}
		}
	}
	// A leaf of another kind is another leaf.
	lost := map[LeafName]int64{{LeafReceived, fmt.Sprintf("%064x", 1)}: -1}
	if err := look(lost, time.Time{}); err == nil || !strings.Contains(err.Error(), "no leaf received") {
		t.Errorf("a leaf that is not there: got %v", err)
	}
}
