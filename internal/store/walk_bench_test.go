// SPDX-License-Identifier: Apache-2.0

package store

// This file measures the reading of a page by itself.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
)

// BenchmarkWalk reads 100 objects from somewhere in a collection of 10,000.
func BenchmarkWalk(b *testing.B) {
	k := newKit(b)
	var dates []time.Time
	keepAll := func(tx *Tx) error {
		for raw := range stixtest.Objects(1, 10_000) {
			object, err := stix.Parse(raw)
			if err != nil {
				return err
			}
			o, err := NewObject("feed", "bravo", nil, object)
			if err != nil {
				return err
			}
			kept, err := tx.KeepObject(o, strict)
			if err != nil {
				return err
			}
			dates = append(dates, kept.Added)
		}
		return nil
	}
	k.must(k.Change(b.Context(), officer, keep, keepAll))
	buffer, i := []byte(nil), 0
	for b.Loop() {
		i += 7919
		q := ObjectQuery{Collection: "feed", Audiences: handling.TLPs(), After: dates[i%9_800], BodiesOnly: true}
		count := 0
		buffer = buffer[:0]
		k.must(k.Glance(b.Context(), officer, keep, func(tx *Tx) error {
			return tx.EachObject(q, func(f *Found) (bool, error) {
				if count == 100 {
					return false, nil
				}
				count++
				buffer = append(buffer, f.Body()...)
				return true, nil
			})
		}))
	}
}
