// SPDX-License-Identifier: Apache-2.0

package envelope

// This file seals what leaves together, on all cores.

import (
	"runtime"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"
)

// together is how much is packed into one envelope, in bytes: enough that a
// message costs next to nothing of a seal, and little enough that all cores have
// something to seal and to open.
const together = 64 << 10

// SealAll seals messages for recipient, in order, several in one envelope as
// long as they are small. holds says of each envelope how many; it is nil if
// each holds one. Of a message it needs no Header, only the bytes.
func SealAll(messages []*Message, recipient age.Recipient) (sealed [][]byte, holds []int, err error) {
	var groups [][]*Message
	size := 0
	for i, m := range messages {
		if size += m.packedSize(); i == 0 || size > together {
			groups, size = append(groups, nil), m.packedSize()
		}
		last := &groups[len(groups)-1]
		*last = append(*last, m)
	}
	if len(groups) < len(messages) {
		for _, group := range groups {
			holds = append(holds, len(group))
		}
	}
	sealed = make([][]byte, len(groups))
	var all errgroup.Group
	all.SetLimit(runtime.GOMAXPROCS(0))
	for i, group := range groups {
		all.Go(func() (err error) {
			sealed[i], err = Seal(recipient, group...)
			return err
		})
	}
	return sealed, holds, all.Wait()
}
