// SPDX-License-Identifier: Apache-2.0

package inbox

// This file tells a stranger from a partner before anything is read.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Known says whether a sender header names the key of a partner, and which
// key. It proves nothing, since the signature is over a body that nobody has
// read yet: it is there so that strangers' bodies are never read.
func (in *Inbox) Known(ctx context.Context, header string) (id string, known bool) {
	said, err := envelope.ParseSender(header)
	if err != nil {
		return "", false
	}
	err = in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) (err error) {
		_, known, err = store.Keys.Find(tx, said.ID)
		return err
	})
	return said.ID, known && err == nil
}
