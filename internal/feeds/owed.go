// SPDX-License-Identifier: Apache-2.0

package feeds

// This file holds what is pulled against pledges and watches: what another server
// tells us may be what we owe a partner.

import (
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// book is the book of all pledges and watches, as the change sees them.
func (f *Feeds) book(tx *store.Tx) (*match.Book, error) { return f.books.At(tx.Promises()) }

// owe opens the duties to warn that new objects of a collection bring, or adds to
// those that are open.
func owe(tx *store.Tx, owed *match.Gathered, collection store.Collection) error {
	if owed.Empty() {
		return nil
	}
	open, err := store.Duties.List(tx, 0, warning.Unclosed()...)
	if err != nil {
		return err
	}
	for _, duty := range owed.Duties(open, collection.ID, "Objects in "+collection.Title, "", tx.Now) {
		if err := store.Duties.Put(tx, duty.ID, duty); err != nil {
			return err
		}
	}
	return nil
}
