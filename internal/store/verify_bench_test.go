// SPDX-License-Identifier: Apache-2.0

package store

// This file measures the verification of a large log beside the hashing of the
// same bytes.

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
)

var benchLeaves = flag.Int("leaves", 200_000, "how many leaves the log has that BenchmarkVerify verifies")

// BenchmarkVerify verifies a log in which every leaf is an audit line that speaks
// for a row: leaves, lines, the tree, every hash that is kept, and every row. Its
// floor is SHA-256 over the same bytes on all cores: the lines, the leaves, two
// hashes for each node of the tree, the rows.
func BenchmarkVerify(b *testing.B) {
	ring, err := keys.Generate("alpha", "NO")
	if err != nil {
		b.Fatal(err)
	}
	s, err := Open(slog.New(slog.NewTextHandler(io.Discard, nil)), b.TempDir(), ring.SignCheckpoint)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var hands sync.WaitGroup
	var next atomic.Int64
	for range maxGroup {
		hands.Go(func() {
			for i := next.Add(1); i <= int64(*benchLeaves); i = next.Add(1) {
				err := s.Change(b.Context(), officer, keep, func(tx *Tx) error {
					return Settings.Put(tx, fmt.Sprintf("setting-%032d", i), Setting{Value: "as long as a value is that is kept"})
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	hands.Wait()
	var bytes int64
	if err := s.Glance(b.Context(), officer, keep, func(tx *Tx) error {
		_, err := tx.get(`SELECT (SELECT sum(length(line) + length(salt)) FROM log) + (SELECT sum(length(body) + 96) FROM records)`, nil, &bytes)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	var most atomic.Uint64
	look := func(int64, int64) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		most.Store(max(most.Load(), memory.HeapInuse))
	}
	var took, least time.Duration
	for b.Loop() {
		start := time.Now()
		if err := s.Glance(b.Context(), officer, keep, func(tx *Tx) error {
			audit, err := tx.Verify(func(Message, *envelope.Message) error { return nil }, look)
			if err == nil && (len(audit.Wrong) > 0 || audit.Leaves != int64(*benchLeaves)) {
				err = fmt.Errorf("%d leaves, wrong: %q", audit.Leaves, audit.Wrong)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		start = time.Now()
		hashAll(*benchLeaves, int(bytes)/(*benchLeaves))
		least += time.Since(start)
	}
	b.ReportMetric(float64(*benchLeaves)*float64(b.N)/took.Seconds(), "leaves/s")
	b.ReportMetric(float64(least.Milliseconds())/float64(b.N), "floor-ms")
	b.ReportMetric(float64(took)/float64(least), "xfloor")
	b.ReportMetric(float64(most.Load()>>20), "heap-MiB")
}

// hashAll hashes, for each leaf, its share of lines and rows, the leaf and a node.
func hashAll(leaves, share int) {
	var wait sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for range cores {
		wait.Go(func() {
			line, leaf, node := make([]byte, share), make([]byte, 90), make([]byte, 65)
			for range leaves / cores {
				line[0] = sha256.Sum256(line)[0]
				leaf[0] = sha256.Sum256(leaf)[0]
				node[0] = sha256.Sum256(node)[0]
			}
		})
	}
	wait.Wait()
}
