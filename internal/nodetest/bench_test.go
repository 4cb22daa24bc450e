// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file measures the way of a warning beside its own floor, taken in the
// same run: what the disk and the cryptography cost by themselves.

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// floor is what single steps cost on this machine now.
type floor struct {
	fsync, sign, verify, seal, open time.Duration
	share                           time.Duration // of one message in the seal and the opening of a whole delivery
}

func measure(b *testing.B) floor {
	b.Helper()
	each := func(n int, do func()) time.Duration {
		start := time.Now()
		for range n {
			do()
		}
		return time.Since(start) / time.Duration(n)
	}
	file, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	Check(b, err)
	defer file.Close()
	page := make([]byte, 8<<10)
	public, private, err := ed25519.GenerateKey(nil)
	Check(b, err)
	message := make([]byte, 1<<10)
	signature := ed25519.Sign(private, message)
	identity, err := age.GenerateHybridIdentity()
	Check(b, err)
	m := &envelope.Message{HeaderBytes: []byte(`{}`), Signature: signature, Salt: make([]byte, 32), Payload: []byte(`{"text":"about as long as a warning"}`)}
	sealed, err := envelope.Seal(identity.Recipient(), m)
	Check(b, err)
	long := *m // as long as a message is
	long.HeaderBytes, long.Payload = fmt.Appendf(nil, "%q", make([]byte, 150)), fmt.Appendf(nil, "%q", make([]byte, 75))
	many := slices.Repeat([]*envelope.Message{&long}, envelope.MaxBatch)
	together, holds, err := envelope.SealAll(many, identity.Recipient())
	Check(b, err)
	return floor{
		fsync: each(200, func() {
			_, err := file.Write(page)
			Check(b, err)
			Check(b, file.Sync())
		}),
		sign:   each(500, func() { ed25519.Sign(private, message) }),
		verify: each(500, func() { ed25519.Verify(public, message, signature) }),
		seal:   each(100, func() { _, err := envelope.Seal(identity.Recipient(), m); Check(b, err) }),
		open:   each(100, func() { _, _ = envelope.Open(sealed, identity) }), // opens, then refuses the empty header
		share: each(10, func() {
			for i := range together {
				_, err := envelope.Seal(identity.Recipient(), many[:holds[i]]...)
				Check(b, err)
				envelope.OpenAll(together[i], holds[i], identity)
			}
		}) / envelope.MaxBatch,
	}
}

// between is the mean of a floor taken before and one taken after: a shared
// disk changes within the run.
func (f floor) between(after floor) floor {
	mean := func(a, b time.Duration) time.Duration { return (a + b) / 2 }
	return floor{mean(f.fsync, after.fsync), mean(f.sign, after.sign), mean(f.verify, after.verify), mean(f.seal, after.seal), mean(f.open, after.open), mean(f.share, after.share)}
}

// report gives the floor and the ratio beside the measurement.
func report(b *testing.B, per, least time.Duration) {
	b.ReportMetric(float64(least.Microseconds()), "floor-µs/op")
	b.ReportMetric(float64(per)/float64(least), "xfloor")
}

// BenchmarkWarning is one warning from compose to verified receipt on loopback:
// written, previewed, released by two people, signed, sealed, carried, opened,
// kept, receipted, verified, logged. Its floor is 6 commits (compose, the
// logged preview, two releases, the recipient's, the receipt's) with a signed
// checkpoint each, 3 more signatures (message, delivery, receipt), 4
// verifications (delivery, message, receipt, checkpoint), a seal and an opening.
func BenchmarkWarning(b *testing.B) {
	alpha, bravo := New(b, "alpha"), New(b, "bravo")
	Pair(b, alpha, bravo)
	before := measure(b)
	b.ResetTimer()
	for range b.N {
		alpha.Warn(Draft("Danger on the market square.", "bravo"))
		for {
			woken := alpha.Shelf.Changed()
			if alpha.queued(bravo) == 0 {
				break
			}
			<-woken
		}
	}
	b.StopTimer()
	f := before.between(measure(b))
	report(b, b.Elapsed()/time.Duration(b.N), 6*(f.fsync+f.sign)+3*f.sign+4*f.verify+f.seal+f.open)
}

// BenchmarkChannel is messages a second in one channel, sustained: written by
// 32 hands at once, carried and receipted in order. Beside it stand what it
// costs the processor, whoever else has it meanwhile, and how many messages
// share a commit, and so an fsync, of the two nodes.
func BenchmarkChannel(b *testing.B) {
	alpha, bravo := New(b, "alpha"), New(b, "bravo")
	Pair(b, alpha, bravo)
	id := alpha.Warn(Draft("Danger.", "bravo")).Sent["bravo"]
	alpha.Delivered(bravo)
	before := measure(b)
	ours, _ := alpha.Store.Commits()
	theirs, _ := bravo.Store.Commits()
	cores := processor(b)
	b.ResetTimer()
	alpha.say(b, 32, func(int) string { return id })
	alpha.Delivered(bravo)
	b.StopTimer()
	b.ReportMetric(float64((processor(b)-cores).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	oursNow, _ := alpha.Store.Commits()
	theirsNow, _ := bravo.Store.Commits()
	b.ReportMetric(2*float64(b.N)/float64(oursNow-ours+theirsNow-theirs), "messages/commit")
	f := before.between(measure(b))
	report(b, b.Elapsed()/time.Duration(b.N), f.message())
}

// processor is how much of the processor this process has had.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	Check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkThousandPartners is one warning for 1,000 partners: each copy
// decided, cut, leak-checked, shown to two people, signed and queued. Its floor is
// 1,000 signatures and 4 commits.
func BenchmarkThousandPartners(b *testing.B) {
	const n = 1000
	alpha := New(b, "alpha")
	ctx := context.Background()
	eve := NewEve(b, "partner")
	names := make([]string, n)
	add := func(tx *store.Tx) error {
		for i := range names {
			names[i] = fmt.Sprintf("partner-%d", i)
			// The same keys under many names: the cost of a copy is the same. The
			// channels are suspended in turn by nobody; nothing is posted, for port
			// 1 of loopback answers no one.
			card := eve.Ring.Card("http://127.0.0.1:1")
			card.Name = names[i]
			channel := partner.NewChannel(alpha.Card(), card, nil, tx.Now)
			channel.ID = fmt.Sprintf("%064x", i)
			channel.State, channel.ConfirmedBy = partner.Active, "bench"
			if err := store.Channels.Put(tx, names[i], channel); err != nil {
				return err
			}
		}
		return nil
	}
	Check(b, alpha.Store.Change(ctx, caller.Self(), store.What{Act: caller.Install}, add))
	kept, _, err := alpha.Intake.KeepSource(ctx, Analyst(), warning.Source{
		Title: "What is known here", Precedence: handling.Flash,
		Fields: []warning.Field{{Name: "report", Text: "A contact heard on Tuesday at 18:40 near 59.9342, 30.3245 that two men will come with a van."}},
	})
	Check(b, err)
	before := measure(b)
	b.ResetTimer()
	for range b.N {
		d := Draft("Danger on the market square. Two attackers. Look for a white vehicle.", names...)
		d.Source = kept.ID
		alpha.Warn(d)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/copy")
	f := before.between(measure(b))
	report(b, b.Elapsed()/time.Duration(b.N), n*f.sign+4*(f.fsync+f.sign))
}
