// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what was carried by hand, and agreed on for the voice.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// showCarried adds when a message was last carried in a file from which nothing
// comes back.
func showCarried(tx *store.Tx, m store.Message, shown *api.Message) error {
	if m.State != store.Carried {
		return nil
	}
	files, err := store.CarryFiles.List(tx, 0, m.Partner)
	for _, file := range files {
		if store.InSpans(file.Messages, m.Seq) && file.Written.After(shown.CarriedAt) {
			shown.CarriedAt, shown.CarriedIn = file.Written, file.Number
		}
	}
	return err
}

// voice says how far two nodes have agreed on a secret for what is said by voice.
func voice(tx *store.Tx, name string) (string, error) {
	kept, _, err := store.Voices.Find(tx, name)
	switch {
	case kept.Agreed():
		return "agreed", err
	case len(kept.Ours) > 0:
		return "ours", err
	case len(kept.Theirs) > 0:
		return "theirs", err
	}
	return "", err
}
