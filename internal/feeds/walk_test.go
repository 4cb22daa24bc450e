// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file looks into the store as no trip does.

import (
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// walk names by their digits the objects of our collection that are wanted.
func (h *house) walk(want func(store.Object) bool) (digits string) {
	h.t.Helper()
	check(h.t, h.store.Glance(h.t.Context(), caller.Self(), store.What{Act: caller.Pull}, func(tx *store.Tx) error {
		return tx.EachObject(store.ObjectQuery{Collection: h.ours, AllVersions: true}, func(f *store.Found) (bool, error) {
			o, err := f.Object()
			if err == nil && want(o) {
				digits += idOf(o.Body)
			}
			return true, err
		})
	}))
	return digits
}
