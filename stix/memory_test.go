// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds a set to the memory that it may keep of each object.

import (
	"runtime"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/stixtest"
)

// kept is the number of bytes that a set keeps of each of n objects.
func kept(tb testing.TB, n int) float64 {
	tb.Helper()
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	set := NewSet()
	for raw := range stixtest.Objects(1, n) {
		object, err := Parse(raw)
		if err != nil {
			tb.Fatal(err)
		}
		set.Add(object)
	}
	after := heap()
	runtime.KeepAlive(set)
	return (float64(after) - float64(before)) / float64(n)
}

// What is kept grows by jumps; 150 bytes lie over the highest of them.
func TestSetKeepsLittle(t *testing.T) {
	if bytes := kept(t, 50_000); bytes > 150 || bytes < 64 {
		t.Errorf("a set keeps %.0f bytes of an object", bytes)
	}
}

// BenchmarkSetKeeps tells the bytes kept of each of 200,000 objects.
func BenchmarkSetKeeps(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(kept(b, 200_000), "B/object")
	}
}
