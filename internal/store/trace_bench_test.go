// SPDX-License-Identifier: Apache-2.0

package store

// This file measures what is read of a long log for one case, and for whoever
// takes the log home: beside the floor, every hash read once in their order.

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

func BenchmarkLongLog(b *testing.B) {
	const leaves = 200_000
	k := newKit(b)
	var last time.Time
	for first := 0; first < leaves; first += 400 {
		k.must(k.Change(b.Context(), officer, keep, func(tx *Tx) error {
			last = tx.Now
			for n := first; n < first+400; n++ {
				kind := []string{LeafSent, LeafReceived, LeafReceipt}[n%3]
				if _, err := tx.Leaf(kind, fmt.Sprintf("%064x", n)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	look := func(b *testing.B, fn func(tx *Tx) error) {
		for b.Loop() {
			k.must(k.Glance(b.Context(), officer, keep, fn))
		}
		b.ReportMetric(float64(leaves)*float64(b.N)/b.Elapsed().Seconds(), "leaves/s")
	}
	b.Run("floor", func(b *testing.B) {
		look(b, func(tx *Tx) error {
			n := 0
			_, err := tx.get(`SELECT count(hash) FROM hashes`, nil, &n)
			return err
		})
	})
	newest := map[LeafName]int64{{LeafSent, fmt.Sprintf("%064x", (leaves/3-1)*3)}: -1}
	for name, since := range map[string]time.Time{"whole": {}, "recent": last.Add(clockSlack)} {
		b.Run("trace/"+name, func(b *testing.B) {
			look(b, func(tx *Tx) error { return tx.Trace(newest, since) })
		})
	}
	b.Run("acts", func(b *testing.B) {
		look(b, func(tx *Tx) error {
			_, err := tx.ActsOn(caller.SetState, "bravo")
			return err
		})
	})
	for _, entries := range []bool{false, true} {
		b.Run(fmt.Sprintf("tiles/entries=%t", entries), func(b *testing.B) {
			look(b, func(tx *Tx) error {
				for _, t := range ledger.NewTiles(0, leaves) {
					if entries && t.L == 0 {
						if _, err := tx.Tile(ledger.Entries(t)); err != nil {
							return err
						}
					}
					if _, err := tx.Tile(t); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}
