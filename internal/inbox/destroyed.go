// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes the notices in which partners say that they erased texts.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// destroyed keeps a partner's notice. Nothing here is erased because of it. One
// that names a message which is not of this partner's case is an alarm, and is
// kept as a message alone.
func (h *hearing) destroyed(d *warning.Destruction, hash string) error {
	id := store.DestructionID(h.channel.Name, false, d.ID)
	known, is, err := store.Destructions.Find(h.tx, id)
	if err != nil || is && known.Hash == hash {
		return err
	}
	fits := !is
	for _, about := range d.Messages {
		m, there, err := h.tx.FindMessage(about)
		if err != nil {
			return err
		}
		fits = fits && there && m.Partner == h.channel.Name && m.Thread == d.Case
	}
	if !fits {
		return h.tx.Raise(warning.Alarm{Kind: warning.AlarmDestruction, Partner: h.channel.Name, Subject: hash, Level: handling.Routine,
			Text: h.channel.Name + " says that it erased what is not of this case: nothing was changed; the notice is kept as message " + hash})
	}
	return store.Destructions.Put(h.tx, id, store.Destruction{Notice: *d, Partner: h.channel.Name, Hash: hash})
}
