// SPDX-License-Identifier: Apache-2.0

package envelope

// This file seals what leaves together, on all cores.

import (
	"runtime"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"
)

// SealAll seals every message for recipient, in order, as Seal does. Of a
// message it needs no Header, only the bytes.
func SealAll(messages []*Message, recipient age.Recipient) ([][]byte, error) {
	sealed := make([][]byte, len(messages))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, message := range messages {
		group.Go(func() (err error) {
			sealed[i], err = Seal(message, recipient)
			return err
		})
	}
	return sealed, group.Wait()
}
