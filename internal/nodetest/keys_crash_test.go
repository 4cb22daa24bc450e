// SPDX-License-Identifier: Apache-2.0

package nodetest_test

// This file stops a node in the middle of a change of keys: the file was written
// and the change did not happen; it happened, and the file is not in its place.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/keys"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
)

// works sends a warning each way, and verifies both ledgers.
func works(t *testing.T, alpha, bravo *House) {
	t.Helper()
	alpha.Warn(Draft("After it.", "bravo"))
	alpha.Delivered(bravo)
	bravo.Warn(Draft("And back.", "alpha"))
	bravo.Delivered(alpha)
	alpha.Sound()
	bravo.Sound()
	if _, err := os.Stat(filepath.Join(alpha.Dir, "keys.next")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was prepared is still there: %v", err)
	}
}

// The new keys are on the disk, whole or torn, and nothing was decided: the old
// ones go on, and the change can be made anew.
func TestKeysWrittenAndNotChanged(t *testing.T) {
	for _, torn := range []bool{false, true} {
		alpha, bravo := New(t, "alpha"), New(t, "bravo")
		Pair(t, alpha, bravo)
		before := alpha.Card()
		alpha.Stop()
		raw, err := os.ReadFile(filepath.Join(alpha.Dir, "keys"))
		Check(t, err)
		ring, err := keys.Parse(raw)
		Check(t, err)
		next, err := ring.Next(time.Now(), keys.Parts()...)
		Check(t, err)
		written, err := next.Encode()
		Check(t, err)
		if torn {
			written = written[:len(written)/2]
		}
		Check(t, os.WriteFile(filepath.Join(alpha.Dir, "keys.next"), written, 0o600))
		alpha.Start()
		if !alpha.Card().SameKeys(before) {
			t.Error("the keys changed")
		}
		works(t, alpha, bravo)
		rotate(t, alpha, outbox.KeyOrder{})
		works(t, alpha, bravo)
	}
}

// The change happened, and the new keys are beside the old ones: the next start
// puts them in their place.
func TestKeysChangedAndNotWritten(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	file := filepath.Join(alpha.Dir, "keys")
	old, err := os.ReadFile(file)
	Check(t, err)
	rotate(t, alpha, outbox.KeyOrder{})
	after := alpha.Card()
	alpha.Stop()
	Check(t, os.Rename(file, file+".next"))
	Check(t, os.WriteFile(file, old, 0o600))
	alpha.Start()
	if !alpha.Card().SameKeys(after) {
		t.Error("the keys are not the new ones")
	}
	works(t, alpha, bravo)
	if now, err := os.ReadFile(file); err != nil || string(now) == string(old) {
		t.Errorf("the old keys are in the file: %v", err)
	}
}
