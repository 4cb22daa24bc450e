// SPDX-License-Identifier: Apache-2.0

package stix

// This file measures what reading and checking cost, on a bundle of the shape of
// ATT&CK, beside the floor: decoding the same bytes to any.

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/internal/stixtest"
)

// attack is 25,000 objects, and the number of their bytes.
func attack() (objects [][]byte, size int64) {
	for raw := range stixtest.Objects(1, 25_000) {
		objects = append(objects, raw)
		size += int64(len(raw))
	}
	return objects, size
}

// perObject runs a benchmark over all objects.
func perObject(b *testing.B, each func(raw []byte) error) {
	objects, size := attack()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, raw := range objects {
			if err := each(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*len(objects))/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkAttackFloor is the floor.
func BenchmarkAttackFloor(b *testing.B) {
	perObject(b, func(raw []byte) error {
		var value any
		return json.Unmarshal(raw, &value)
	})
}

func BenchmarkAttackParse(b *testing.B) {
	perObject(b, func(raw []byte) error {
		_, err := Parse(raw)
		return err
	})
}

// BenchmarkAttackCheck reads each object and checks it.
func BenchmarkAttackCheck(b *testing.B) {
	perObject(b, func(raw []byte) error {
		object, err := Parse(raw)
		Check(object)
		return err
	})
}

// BenchmarkAttackBundle reads one bundle of all objects as a stream, and checks
// each, and the objects with each other.
func BenchmarkAttackBundle(b *testing.B) {
	bundle := stixtest.Bundle(1, 25_000)
	b.SetBytes(int64(len(bundle)))
	b.ReportAllocs()
	for b.Loop() {
		set := NewSet()
		for object, err := range ReadBundle(bytes.NewReader(bundle)) {
			if err != nil {
				b.Fatal(err)
			}
			set.Add(object)
		}
		set.Rest()
	}
	b.ReportMetric(float64(b.N*25_000)/b.Elapsed().Seconds(), "objects/s")
}
