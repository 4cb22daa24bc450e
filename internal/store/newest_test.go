// SPDX-License-Identifier: Apache-2.0

package store

// This file tests of which moment the newest checkpoint is.

import "testing"

// Whoever asks whether something may leave, and then takes the newest checkpoint,
// takes the one of the moment it asked about, whatever was signed since.
func TestTheNewestCheckpointIsOfItsMoment(t *testing.T) {
	k := newKit(t)
	change := func() {
		k.must(k.Change(t.Context(), officer, keep, func(*Tx) error { return nil }))
	}
	change()
	first, err := k.Newest()
	k.must(err)
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		if head, err := tx.Newest(); err != nil || head.Checkpoint != first.Checkpoint {
			t.Errorf("it begins with %d leaves: %v", head.Size, err)
		}
		change()
		head, err := tx.Newest()
		if err != nil || head.Checkpoint != first.Checkpoint || head.Size != first.Size {
			t.Errorf("it goes on with %d leaves, not %d: %v", head.Size, first.Size, err)
		}
		return nil
	}))
	if now, err := k.Newest(); err != nil || now.Size <= first.Size {
		t.Errorf("then there are %d leaves: %v", now.Size, err)
	}
}
