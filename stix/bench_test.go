// SPDX-License-Identifier: Apache-2.0

package stix

// This file measures what reading and checking cost, on a bundle of the shape of
// ATT&CK, beside the floor: decoding the same bytes to any.

import (
	"bytes"
	"testing"
	"time"

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

// besides runs a benchmark in rounds over all objects, each after one of the
// floor, and reports how many times longer it took.
func besides(b *testing.B, objects [][]byte, round func()) {
	b.ReportAllocs()
	var floor time.Duration
	for b.Loop() {
		b.StopTimer()
		start := time.Now()
		for _, raw := range objects {
			var value any
			if err := json.Unmarshal(raw, &value); err != nil {
				b.Fatal(err)
			}
		}
		floor += time.Since(start)
		b.StartTimer()
		round()
	}
	b.ReportMetric(b.Elapsed().Seconds()/floor.Seconds(), "xfloor")
	b.ReportMetric(float64(b.N*len(objects))/b.Elapsed().Seconds(), "objects/s")
}

// perObject runs a benchmark over all objects.
func perObject(b *testing.B, each func(raw []byte) error) {
	objects, size := attack()
	b.SetBytes(size)
	besides(b, objects, func() {
		for _, raw := range objects {
			if err := each(raw); err != nil {
				b.Fatal(err)
			}
		}
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
	objects, _ := attack()
	b.SetBytes(int64(len(bundle)))
	besides(b, objects, func() {
		set := NewSet()
		for object, err := range ReadBundle(bytes.NewReader(bundle)) {
			if err != nil {
				b.Fatal(err)
			}
			set.Add(object)
		}
		set.Rest()
	})
}
