// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file measures a backup of a node that works on.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// counted counts the bytes that are written.
type counted struct{ n int64 }

func (c *counted) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// BenchmarkBackup is a backup of a store of 100 MB, sealed for a recipient, while
// messages flow in a channel as fast as they can. Its floor is the same channel
// for a second without one: beside the time stand the messages a second in both,
// and by how much more the memory grew than in the floor, which is bounded.
func BenchmarkBackup(b *testing.B) {
	alpha, bravo := New(b, "alpha"), New(b, "bravo")
	Pair(b, alpha, bravo)
	id := alpha.Warn(Draft("Danger.", "bravo")).Sent["bravo"]
	alpha.Delivered(bravo)
	random := rand.NewChaCha8([32]byte{7})
	for i := range 100 {
		text := make([]byte, 500_000)
		_, _ = random.Read(text) // it never fails
		Check(b, alpha.Store.Change(b.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
			return store.Settings.Put(tx, fmt.Sprintf("ballast %d", i), store.Setting{Value: fmt.Sprintf("%x", text)})
		}))
	}
	identity, err := age.GenerateX25519Identity()
	Check(b, err)
	proof, err := node.BackupProof(alpha.Dir)
	Check(b, err)
	order := api.Backup{To: []string{identity.Recipient().String()}, Proof: proof}

	// beside lets messages flow while something is done.
	beside := func(do func()) (perSecond, peak float64) {
		var said atomic.Int64
		ctx, stop := context.WithCancel(b.Context())
		var hands sync.WaitGroup
		for hand := range 8 {
			hands.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					if err := alpha.Outbox.Thank(b.Context(), Officer(), warning.Thanks{Case: id, Text: fmt.Sprintf("%d of %d", i, hand)}); err != nil {
						b.Error(err)
						return
					}
					said.Add(1)
				}
			})
		}
		var most uint64
		hands.Go(func() {
			look := time.NewTicker(10 * time.Millisecond)
			defer look.Stop()
			for ctx.Err() == nil {
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
				select {
				case <-ctx.Done():
				case <-look.C:
				}
			}
		})
		begun := time.Now()
		do()
		took := time.Since(begun)
		n := said.Load()
		stop()
		hands.Wait()
		alpha.Delivered(bravo)
		return float64(n) / took.Seconds(), float64(most) / (1 << 20)
	}
	var quiet, busy, grew float64
	var took time.Duration
	var size int64
	rounds := 0
	for b.Loop() {
		runtime.GC()
		floor, before := beside(func() { <-time.After(time.Second) })
		runtime.GC()
		rate, peak := beside(func() {
			var out counted
			begun := time.Now()
			_, err := alpha.Backup(b.Context(), Admin(), order, func() {}, &out)
			took += time.Since(begun)
			Check(b, err)
			size = out.n
		})
		quiet, busy, grew = quiet+floor, busy+rate, max(grew, peak-before)
		rounds++
	}
	b.ReportMetric(took.Seconds()/float64(rounds), "s/backup")
	b.ReportMetric(float64(size)/1e6, "MB")
	b.ReportMetric(quiet/float64(rounds), "messages/s-floor")
	b.ReportMetric(busy/float64(rounds), "messages/s-meanwhile")
	b.ReportMetric(grew, "MiB-more")
	if size < 100e6 {
		b.Errorf("a backup of %d bytes: too small to say anything", size)
	}
	if grew > 64 {
		b.Errorf("the memory grew by %.0f MiB more than without a backup", grew)
	}
	if busy == 0 {
		b.Error("no message passed while a backup was taken")
	}
}
