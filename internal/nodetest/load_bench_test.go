// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file measures a node under load: with many partners at once, and how long
// one message takes among many.

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// light is a partner without a disk: it opens and verifies what it is sent,
// keeps a log in memory, and receipts. What a whole second node costs beside
// that, its store and its effects, it does not cost.
type light struct {
	mu    sync.Mutex
	ring  *keys.Ring
	card  envelope.Card
	other envelope.Card
	tree  ledger.Tree
	kept  []tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (l *light) ReadHashes(indexes []int64) (hashes []tlog.Hash, err error) {
	for _, index := range indexes {
		hashes = append(hashes, l.kept[index])
	}
	return hashes, nil
}

// receive answers a delivery as docs/spec/envelope.md says.
func (l *light) receive(d envelope.Delivery) (answer envelope.Answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.tree.Size()
	var messages []*envelope.Message
	for i, sealed := range d.Envelopes {
		opened, errs := l.ring.OpenAll(sealed, d.HeldBy(i))
		for j, m := range opened {
			if errs[j] == nil {
				errs[j] = m.Verify(l.other.Public(), l.other.ID(), l.card.ID())
			}
			if errs[j] != nil {
				return answer, errs[j]
			}
			var fresh []ledger.Kept
			l.tree, _, fresh = l.tree.Append(receipt.KindReceived, m.Hash())
			for _, k := range fresh {
				l.kept = append(l.kept, k.Hash)
			}
			messages = append(messages, m)
		}
	}
	head := l.tree.Head()
	checkpoint, err := l.ring.SignCheckpoint(head)
	if err != nil {
		return answer, err
	}
	for i, m := range messages {
		s := receipt.Statement{
			Version: 1, Kind: "delivered", Channel: m.Header.Channel, By: m.Header.To, To: m.Header.From, Header: m.Hash(), Epoch: m.Header.Epoch, Seq: m.Header.Seq,
			Received: time.Now().UTC().Truncate(time.Millisecond), Disposition: receipt.Kept, Index: first + int64(i), Size: head.N, Root: hex.EncodeToString(head.Hash[:]),
		}
		signature, err := l.ring.SignReceipt(s)
		if err != nil {
			return answer, err
		}
		proof, err := ledger.Prove(head.N, s.Index, l)
		if err != nil {
			return answer, err
		}
		r, err := receipt.New(s, signature, proof, checkpoint)
		if err != nil {
			return answer, err
		}
		raw, err := r.Encode()
		if err != nil {
			return answer, err
		}
		answer.Results = append(answer.Results, envelope.Result{Receipt: string(raw)})
	}
	for _, seen := range d.Seen {
		_, older, err := witness.ParseText(witness.Text(seen))
		if err != nil {
			return answer, err
		}
		proof, err := tlog.ProveTree(head.N, older.N, l)
		if err != nil {
			return answer, err
		}
		answer.Consistency = append(answer.Consistency, witness.NewConsistency(older, head, proof))
	}
	return answer, nil
}

// crowd makes n light partners of h behind one door.
func (h *House) crowd(b *testing.B, n int) (names []string) {
	b.Helper()
	all := make(map[string]*light)
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/peer/v1/messages" {
			http.NotFound(w, r) // it is no witness
			return
		}
		body, err := io.ReadAll(r.Body)
		var d envelope.Delivery
		if err == nil {
			d, err = envelope.ParseDelivery(body)
		}
		var answer envelope.Answer
		if err == nil {
			answer, err = all[d.To].receive(d)
		}
		if err != nil {
			b.Error(err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_ = json.MarshalWrite(w, answer) // whoever hung up asks again
	}))
	b.Cleanup(door.Close)
	var channels []partner.Channel
	for i := range n {
		name := fmt.Sprintf("partner-%d", i)
		ring, err := keys.Generate(name, "IS")
		Check(b, err)
		l := &light{ring: ring, card: ring.Card(door.URL), other: h.Card()}
		all[l.card.ID()] = l
		names = append(names, name)
		channel := partner.NewChannel(h.Card(), l.card, nil, time.Now().UTC())
		channel.State, channel.ConfirmedBy = partner.Active, "bench"
		channels = append(channels, channel)
	}
	Check(b, h.Store.Change(context.Background(), caller.Self(), store.What{Act: caller.Install}, func(tx *store.Tx) error {
		for _, channel := range channels {
			if err := tx.AddChannel(channel); err != nil {
				return err
			}
		}
		return nil
	}))
	return names
}

// BenchmarkHundredChannels is messages a second from one node to 100 light
// partners: each opens, verifies, logs and receipts, so the floor of a message
// is as in BenchmarkChannel.
func BenchmarkHundredChannels(b *testing.B) {
	alpha := New(b, "alpha")
	names := alpha.crowd(b, 100)
	sent := alpha.Warn(Draft("Danger.", names...)).Sent
	Until(b, "the queue to be empty", func() bool { return alpha.queueLength() == 0 })
	before := measure(b)
	commits, _ := alpha.Store.Commits()
	cores := processor(b)
	b.ResetTimer()
	alpha.say(b, 32, func(i int) string { return sent[names[i%len(names)]] })
	Until(b, "the queue to be empty", func() bool { return alpha.queueLength() == 0 })
	b.StopTimer()
	b.ReportMetric(float64((processor(b)-cores).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	after, _ := alpha.Store.Commits()
	b.ReportMetric(float64(b.N)/float64(after-commits), "messages/commit")
	f := before.between(measure(b))
	report(b, b.Elapsed()/time.Duration(b.N), f.message())
}

// message is the floor of one message between two nodes on this machine's cores:
// two signatures, two verifications, and its share in the seals and openings of
// a delivery. Commits, deliveries and checkpoints are shared by many.
func (f floor) message() time.Duration {
	return (2*f.sign + 2*f.verify + f.share) / time.Duration(runtime.GOMAXPROCS(0))
}

// say says b.N messages with so many hands, each in a case of its choice.
func (h *House) say(b *testing.B, many int, id func(i int) string) {
	b.Helper()
	line := make(chan int)
	var hands sync.WaitGroup
	for range many {
		hands.Go(func() {
			for i := range line {
				Check(b, h.Outbox.Thank(context.Background(), Officer(), warning.Thanks{Case: id(i), Text: fmt.Sprint("Message ", i)}))
			}
		})
	}
	for i := range b.N {
		line <- i
	}
	close(line)
	hands.Wait()
}

// BenchmarkLatency is how long one message takes from being queued, durably, to
// its verified receipt on the disk, alone and while 16 hands keep a whole delivery
// waiting before it in the same channel. Its floor is the two commits on that way.
func BenchmarkLatency(b *testing.B) {
	for _, busy := range []int{0, 16} {
		b.Run(fmt.Sprintf("busy=%d", busy), func(b *testing.B) {
			alpha, bravo := New(b, "alpha"), New(b, "bravo")
			Pair(b, alpha, bravo)
			other := alpha.Warn(Draft("Danger elsewhere.", "bravo")).Sent["bravo"]
			alpha.Delivered(bravo)
			stop, hands := make(chan struct{}), sync.WaitGroup{}
			for range busy {
				hands.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						for woken := alpha.Store.Wait(); alpha.waits() > envelope.MaxBatch; woken = alpha.Store.Wait() {
							<-woken
						}
						Check(b, alpha.Outbox.Thank(context.Background(), Officer(), warning.Thanks{Case: other, Text: "And again."}))
					}
				})
			}
			before := measure(b)
			var took []time.Duration
			b.ResetTimer()
			for i := range b.N {
				// A case of its own, so that the message is found without a search.
				id := alpha.Warn(Draft(fmt.Sprint("Danger here: ", i), "bravo")).Sent["bravo"]
				start := time.Now()
				alpha.receipted(b, bravo, id)
				took = append(took, time.Since(start))
			}
			b.StopTimer()
			close(stop)
			hands.Wait()
			f := before.between(measure(b))
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64((2 * f.fsync).Microseconds()), "floor-µs")
			b.ReportMetric(float64(took[len(took)/2])/float64(2*f.fsync), "p50/floor")
		})
	}
}

// receipted waits until the one message of a case has its receipt.
func (h *House) receipted(tb testing.TB, other *House, id string) {
	tb.Helper()
	for {
		woken, done := h.Store.Wait(), false
		Check(tb, h.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
			messages, err := tx.Thread(id, other.Name)
			done = err == nil && messages[0].State == store.Delivered
			return err
		}))
		if done {
			return
		}
		<-woken
	}
}
