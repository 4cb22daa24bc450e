// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds when a replaced opening key is destroyed.

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
)

// What was sealed for a key that was replaced can be opened for seven days after
// the last partner has receipted the change, for sixty if one does not; then by
// nobody.
func TestReplacedOpeningKeysAreDestroyed(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		shut       bool
		kept, gone time.Duration // since the change
	}{
		"the partner reads of it": {false, 7*day - time.Hour, 7*day + time.Hour},
		"its channel is shut":     {true, 60*day - time.Hour, 60*day + time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
				time.Sleep(time.Minute)
				synctest.Wait()
				sealed := sealedFor(t, bravo.card)
				opens := func() bool {
					inside, err := bravo.ring.Unseal(bytes.NewReader(sealed))
					if err != nil {
						return false
					}
					text, err := io.ReadAll(inside)
					return err == nil && string(text) == "recorded before"
				}
				if test.shut {
					_, err := bravo.desk.SetState(t.Context(), second, "alpha", partner.Suspended, "a test")
					check(t, err)
				}
				bravo.outbox.WithKeyFile(nowhere{}, bravo.card.Address)
				_, err := bravo.outbox.ChangeKeys(t.Context(), admin, outbox.KeyOrder{})
				check(t, err)
				changed := time.Now()
				time.Sleep(time.Minute)
				for _, s := range []*side{alpha, bravo} { // what runs all the while has no part in it
					s.stop()
					s.stop = func() {}
				}
				for _, when := range []struct {
					after time.Duration
					opens bool
				}{{test.kept, true}, {test.gone, false}} {
					time.Sleep(time.Until(changed.Add(when.after)))
					synctest.Wait()
					check(t, bravo.outbox.ForgetKeys(t.Context()))
					if opens() != when.opens || (len(bravo.outbox.RetiredSeals()) == 1) != when.opens {
						t.Errorf("after %s it opens: %t, and %d keys are kept", when.after, opens(), len(bravo.outbox.RetiredSeals()))
					}
				}
			})
		})
	}
}

// sealedFor is a file that was sealed for the opening key of a card.
func sealedFor(t *testing.T, card envelope.Card) []byte {
	t.Helper()
	recipient, err := card.Recipient()
	check(t, err)
	var file bytes.Buffer
	w, err := age.Encrypt(&file, recipient)
	check(t, err)
	_, err = w.Write([]byte("recorded before"))
	check(t, err)
	check(t, w.Close())
	return file.Bytes()
}
