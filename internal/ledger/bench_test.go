// SPDX-License-Identifier: Apache-2.0

package ledger

// This file measures the recomputation of a log beside the hashing of the same
// bytes, on all cores both.

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// atOnce does n things on all cores.
func atOnce(n int, do func(i int)) {
	var wait sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		wait.Go(func() {
			for i := core; i < n; i += cores {
				do(i)
			}
		})
	}
	wait.Wait()
}

// BenchmarkVerify recomputes a log of a million leaves in blocks, on all cores.
// Its floor is SHA-256 over as many bytes, cut as the tree cuts them: 90 bytes a
// leaf ("received" and a hash), and 65 bytes for each node above.
func BenchmarkVerify(b *testing.B) {
	const leaves = 1_000_000
	names := make([]string, leaves)
	for i := range names {
		names[i] = fmt.Sprintf("%064x", i)
	}
	blocks := (leaves + BlockSize - 1) / BlockSize
	verify := func() Tree {
		computed := make([]*Block, blocks)
		atOnce(blocks, func(i int) {
			first := i * BlockSize
			block, err := NewBlock(int64(first), min(BlockSize, leaves-first), func(at int) tlog.Hash { return LeafHash("received", names[first+at]) })
			if err != nil {
				b.Error(err)
			}
			computed[i] = block
		})
		var tree Tree
		for _, block := range computed {
			var err error
			if tree, _, err = tree.Join(block); err != nil {
				b.Fatal(err)
			}
		}
		return tree
	}
	floor := func() {
		atOnce(blocks, func(i int) {
			var leaf [90]byte // 0x00, the domain word, the kind, the hash
			var node [65]byte
			for range min(BlockSize, leaves-i*BlockSize) {
				leaf[1] = sha256.Sum256(leaf[:])[0]
				node[1] = sha256.Sum256(node[:])[0]
			}
		})
	}
	var took, least []time.Duration
	for b.Loop() {
		start := time.Now()
		if verify().Size() != leaves {
			b.Fatal("the log has another size")
		}
		middle := time.Now()
		floor()
		took, least = append(took, middle.Sub(start)), append(least, time.Since(middle))
	}
	median := func(all []time.Duration) time.Duration { return slices.Sorted(slices.Values(all))[len(all)/2] }
	b.ReportMetric(float64(median(took).Milliseconds()), "verify-ms")
	b.ReportMetric(float64(median(least).Milliseconds()), "floor-ms")
	b.ReportMetric(float64(median(took))/float64(median(least)), "xfloor")
}
