// SPDX-License-Identifier: Apache-2.0

package store

// This file tests how partners' logs are followed, and that no fork passes: two
// logs of one size, other sizes, a log put back, a leaf rewritten, an old
// checkpoint shown again.

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// branch is a log of a partner's: every size of it can be signed and proved.
type branch struct {
	*kit
	ring   *keys.Ring
	trees  []tlog.Tree // by size
	hashes *ledger.Recent
}

// grown is a log whose leaves are the words, each of which stands for one.
func (k *kit) grown(ring *keys.Ring, words string) *branch {
	var tree ledger.Tree
	b := &branch{kit: k, ring: ring, trees: []tlog.Tree{tree.Head()}, hashes: ledger.NewRecent(tree, nil)}
	for _, word := range words {
		next, _, kept := tree.Append("act", fmt.Sprintf("%064x", word))
		tree = next
		b.hashes.Add(kept)
		b.trees = append(b.trees, tree.Head())
	}
	return b
}

func (b *branch) head(size int) LogHead {
	b.Helper()
	checkpoint, err := b.ring.SignCheckpoint(b.trees[size])
	b.must(err)
	return NewHead(checkpoint, b.trees[size], b.Now())
}

// link is the proof of each size to the next.
func (b *branch) link(sizes ...int) (proofs []witness.Consistency) {
	b.Helper()
	for i := 1; i < len(sizes); i++ {
		proof, err := proveTree(int64(sizes[i-1]), int64(sizes[i]), b.hashes)
		b.must(err)
		proofs = append(proofs, witness.NewConsistency(b.trees[sizes[i-1]], b.trees[sizes[i]], proof))
	}
	return proofs
}

// follow is one exchange.
func (k *kit) follow(asked, shown []LogHead, proofs []witness.Consistency) (forked bool) {
	k.Helper()
	k.must(k.Change(k.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) (err error) {
		forked, err = tx.Follow("bravo", asked, shown, proofs)
		return err
	}))
	return forked
}

// known is what is kept of bravo's log, and of its forks.
func (k *kit) known() (seen SeenHead, forks []Fork, alarms []warning.Alarm) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, What{Act: caller.SeeHeads}, func(tx *Tx) (err error) {
		if seen, _, err = Seen.Find(tx, "bravo"); err != nil {
			return err
		}
		if forks, err = Forks.List(tx, 0); err != nil {
			return err
		}
		alarms, err = Alarms.List(tx, 0)
		return err
	}))
	return seen, forks, alarms
}

// judged is what a third person finds in the evidence, with the public key alone.
func (k *kit) judged(fork Fork, ring *keys.Ring) witness.Finding {
	k.Helper()
	evidence, err := witness.ParseFork(fork.File)
	k.must(err)
	finding, _, _, err := evidence.Judge(ring.Card("https://bravo.example.org").Log)
	k.must(err)
	return finding
}

// Each case begins with ten leaves of the log that were followed to the fifth
// and then to the tenth.
func TestForksAreFound(t *testing.T) {
	const honest = "abcdefghijklmnop"
	for _, test := range []struct {
		name  string
		other string // the log that is shown then
		size  int    // of it
		// proofs are what is said to link the two, of the log it is said of.
		proofs func(true1, other *branch) []witness.Consistency
		want   witness.Finding // empty: no fork
	}{
		{"it grew", honest, 14, func(_, b *branch) []witness.Consistency { return b.link(10, 14) }, ""},
		{"the same again", honest, 10, func(_, b *branch) []witness.Consistency { return nil }, ""},
		{"an old checkpoint, shown again with its place", honest, 7, func(_, b *branch) []witness.Consistency { return b.link(7, 10) }, ""},
		{"another log of the same size", "abcdefghiX", 10, func(_, b *branch) []witness.Consistency { return nil }, witness.TwoRoots},
		{"a larger log with a leaf rewritten, proved as it is", "abcXefghijklmn", 14, func(_, b *branch) []witness.Consistency { return b.link(10, 14) }, witness.OtherPast},
		{"a larger log with a leaf rewritten, with the proof of the honest one", "abcXefghijklmn", 14, func(a, b *branch) []witness.Consistency { return a.link(10, 14) }, witness.Unexplained},
		{"a larger log without a proof", honest, 14, func(_, b *branch) []witness.Consistency { return nil }, witness.Unexplained},
		{"a larger log with the proof of other sizes", honest, 14, func(_, b *branch) []witness.Consistency { return b.link(9, 14) }, witness.Unexplained},
		{"a larger log with a proof that is cut", honest, 14, func(_, b *branch) []witness.Consistency {
			c := b.link(10, 14)
			c[0].Hashes = c[0].Hashes[1:]
			return c
		}, witness.Unexplained},
		{"a log that was put back and went on", "abcdefX", 7, func(_, b *branch) []witness.Consistency { return nil }, witness.Unexplained},
		{"a log that was put back, with the proof of the honest one", "abcdefX", 7, func(a, b *branch) []witness.Consistency { return a.link(7, 10) }, witness.OtherPast},
		{"a smaller log without a proof", honest, 7, func(_, b *branch) []witness.Consistency { return nil }, witness.Unexplained},
		{"put back and grown past it", "abcdefXYZ012345", 15, func(_, b *branch) []witness.Consistency { return b.link(10, 15) }, witness.OtherPast},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKit(t)
			ring, err := keys.Generate("bravo", "IS")
			k.must(err)
			a, b := k.grown(ring, honest), k.grown(ring, test.other)
			if k.follow(nil, []LogHead{a.head(5)}, nil) || k.follow([]LogHead{a.head(5)}, []LogHead{a.head(10)}, a.link(5, 10)) {
				t.Fatal("the honest log is forked")
			}
			forked := k.follow([]LogHead{a.head(10)}, []LogHead{b.head(test.size)}, test.proofs(a, b))
			seen, forks, alarms := k.known()
			if test.want == witness.Unexplained {
				// The proof may have been lost on the way: it is asked for once more.
				if forked || len(forks)+len(alarms) > 0 || seen.Size != 10 || len(seen.Loose) != 1 {
					t.Fatalf("forked %t, %d forks, %d alarms at once; %+v", forked, len(forks), len(alarms), seen)
				}
				forked = k.follow([]LogHead{a.head(10), b.head(test.size)}, []LogHead{b.head(test.size)}, test.proofs(a, b))
				seen, forks, alarms = k.known()
			}
			if test.want == "" {
				if forked || len(forks) > 0 || len(alarms) > 0 || seen.Size != int64(max(10, test.size)) || seen.From != 5 {
					t.Errorf("forked %t, %d forks, %+v", forked, len(forks), seen)
				}
				return
			}
			if !forked || len(forks) != 1 || len(alarms) != 1 || alarms[0].Kind != warning.AlarmFork || alarms[0].Level != "FLASH" || alarms[0].Subject != forks[0].ID {
				t.Fatalf("forked %t, forks %+v, alarms %+v", forked, forks, alarms)
			}
			if found := k.judged(forks[0], ring); found != test.want || forks[0].Finding != string(found) {
				t.Errorf("a third person finds %s, we kept %s, want %s", found, forks[0].Finding, test.want)
			}
			if seen.Size != 10 || seen.Fork != forks[0].ID || seen.Shown == nil || seen.Shown.Size != int64(max(10, test.size)) {
				t.Errorf("the head moved: %+v", seen)
			}
			k.again(t, a, b, test.size)
		})
	}
}

// again goes on after a fork: it stays one fork until somebody decides, and is
// found anew after that.
func (k *kit) again(t *testing.T, a, b *branch, size int) {
	t.Helper()
	if !k.follow([]LogHead{a.head(10)}, []LogHead{a.head(16)}, a.link(10, 16)) {
		t.Error("the fork is forgotten with the next good proof")
	}
	if _, forks, alarms := k.known(); len(forks) != 1 || len(alarms) != 1 {
		t.Errorf("%d forks and %d alarms", len(forks), len(alarms))
	}
	k.must(k.Change(k.Context(), officer, What{Act: caller.DecideFork}, func(tx *Tx) error {
		_, err := tx.Accept("bravo", "ines", "They restored a backup.")
		return err
	}))
	seen, forks, _ := k.known()
	if seen.Fork != "" || seen.Size != 16 || forks[0].DecidedBy != "ines" {
		t.Errorf("after the decision: %+v, %+v", seen, forks)
	}
	if size == 10 {
		return
	}
	k.follow([]LogHead{a.head(16)}, []LogHead{b.head(size)}, nil)
	if !k.follow([]LogHead{a.head(16), b.head(size)}, []LogHead{b.head(size)}, nil) {
		t.Error("the other log is not found again after the decision")
	}
}

// An answer whose proofs were taken out on the way is not a fork: the next
// exchange asks again, and links everything.
func TestProofsTakenOut(t *testing.T) {
	for _, first := range []bool{true, false} {
		k := newKit(t)
		ring, err := keys.Generate("bravo", "IS")
		k.must(err)
		a := k.grown(ring, "abcdefghijklmnop")
		asked, size := []LogHead(nil), 10
		if !first {
			k.follow(nil, []LogHead{a.head(10)}, nil)
			asked = []LogHead{a.head(10)}
		}
		if k.follow(asked, []LogHead{a.head(12), a.head(14)}, nil) {
			t.Error("taken for a fork")
		}
		if first {
			size = 12
		}
		var heads []LogHead
		k.must(k.Glance(t.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) (err error) {
			heads, err = tx.Heads("bravo")
			return err
		}))
		if seen, _, _ := k.known(); seen.Size != int64(size) || len(heads) != (16-size)/2 {
			t.Errorf("first %t: followed to %d, and %d to be linked", first, seen.Size, len(heads))
		}
		if k.follow(heads, []LogHead{a.head(16)}, a.link(10, 12, 14, 16)) {
			t.Error("linked by the next exchange, and taken for a fork")
		}
		if seen, forks, alarms := k.known(); seen.Size != 16 || len(seen.Loose)+len(forks)+len(alarms) > 0 {
			t.Errorf("first %t: %+v, %d forks, %d alarms", first, seen, len(forks), len(alarms))
		}
	}
}

// Evidence that proves a fork takes the place of a suspicion.
func TestASuspicionIsProved(t *testing.T) {
	k := newKit(t)
	ring, err := keys.Generate("bravo", "IS")
	k.must(err)
	a, b := k.grown(ring, "abcdefghij"), k.grown(ring, "abcdefXYZ012345")
	k.follow(nil, []LogHead{a.head(10)}, nil)
	k.follow([]LogHead{a.head(10), b.head(7)}, []LogHead{b.head(7)}, nil)
	k.follow([]LogHead{a.head(10)}, []LogHead{b.head(15)}, b.link(10, 15))
	seen, forks, alarms := k.known()
	if len(forks) != 2 || len(alarms) != 2 || k.judged(forks[0], ring) != witness.OtherPast && k.judged(forks[1], ring) != witness.OtherPast {
		t.Fatalf("%d forks, %d alarms", len(forks), len(alarms))
	}
	for _, f := range forks {
		if f.ID == seen.Fork && !witness.Finding(f.Finding).Proves() {
			t.Error("the suspicion stands in front of the proof")
		}
	}
}

// A checkpoint that comes by another way while an exchange is under way waits
// to be linked by the next one; one that cannot be is a fork.
func TestMovedMeanwhile(t *testing.T) {
	for _, honest := range []bool{true, false} {
		k := newKit(t)
		ring, err := keys.Generate("bravo", "IS")
		k.must(err)
		a := k.grown(ring, "abcdefghijklmnop")
		b := a
		if !honest {
			b = k.grown(ring, "abcdefghijkX")
		}
		k.follow(nil, []LogHead{a.head(10)}, nil)
		k.must(k.Change(k.Context(), caller.FromPartner("bravo"), What{Act: caller.CosignLog}, func(tx *Tx) error { return tx.AddCheckpoint("bravo", a.head(14), "lines") }))
		if k.follow([]LogHead{a.head(10)}, []LogHead{b.head(12)}, b.link(10, 12)) {
			t.Error("it is taken for a fork before it was asked about")
		}
		seen, _, _ := k.known()
		if seen.Size != 14 || len(seen.Loose) != 1 || seen.Cosigned != "lines" {
			t.Fatalf("kept %+v", seen)
		}
		heads := []LogHead{a.head(14), b.head(12)}
		var proofs []witness.Consistency
		if honest {
			proofs = a.link(12, 14, 16)
		} else {
			proofs = append(a.link(12, 14), a.link(14, 16)...)
		}
		forked := k.follow(heads, []LogHead{a.head(16)}, proofs)
		seen, forks, _ := k.known()
		if forked == honest || honest && (seen.Size != 16 || len(seen.Loose) != 0) || !honest && k.judged(forks[0], ring) != witness.OtherPast {
			t.Errorf("honest %t: forked %t, %+v, %+v", honest, forked, seen, forks)
		}
	}
}

// Our own log: what it leads to and what it does not, and what is kept then.
func TestOurOwnLog(t *testing.T) {
	k := newKit(t)
	for i := range 20 {
		k.must(k.put(t.Context(), fmt.Sprint(i), "x"))
	}
	early, err := k.Newest()
	k.must(err)
	for i := range 20 {
		k.must(k.put(t.Context(), fmt.Sprint(i), "y"))
	}
	own, err := k.Newest()
	k.must(err)
	tree, err := own.Tree()
	k.must(err)
	holds := func(head LogHead) (held bool) {
		t.Helper()
		tree, err := head.Tree()
		k.must(err)
		k.must(k.Glance(t.Context(), officer, What{Act: caller.SeeHeads}, func(tx *Tx) (err error) { held, err = tx.Holds(tree); return err }))
		return held
	}
	sign := func(tree tlog.Tree) LogHead {
		checkpoint, err := k.ring.SignCheckpoint(tree)
		k.must(err)
		return NewHead(checkpoint, tree, k.Now())
	}
	larger, other := sign(tlog.Tree{N: tree.N + 5, Hash: tree.Hash}), sign(tlog.Tree{N: early.Size, Hash: tree.Hash})
	same := sign(tlog.Tree{N: tree.N, Hash: tlog.RecordHash(nil)})
	if !holds(early) || !holds(own) || holds(larger) || holds(other) || holds(same) {
		t.Error("the log is held to lead where it does not, or not where it does")
	}
	for _, lost := range []struct {
		head LogHead
		want witness.Finding
	}{{larger, witness.Unexplained}, {other, witness.OtherPast}, {same, witness.TwoRoots}} {
		for range 2 { // told twice, kept once
			k.must(k.Change(t.Context(), caller.FromPartner("bravo"), heard, func(tx *Tx) error { return tx.LogLost("bravo", lost.head, own) }))
		}
		var fork Fork
		k.must(k.Glance(t.Context(), officer, What{Act: caller.SeeHeads}, func(tx *Tx) (err error) { fork, _, err = tx.OwnFork(lost.head.Checkpoint); return err }))
		if found := k.judged(fork, k.ring); !fork.Ours || found != lost.want || fork.Finding != string(lost.want) {
			t.Errorf("%d leaves: kept as %s, judged as %s", lost.head.Size, fork.Finding, found)
		}
	}
	_, forks, alarms := k.known()
	if len(forks) != 3 || len(alarms) != 3 || alarms[0].Kind != warning.AlarmOwnLog || !strings.Contains(alarms[0].Text, "restore") {
		t.Errorf("%d forks, alarms %+v", len(forks), alarms)
	}
	stopped := func() (halted bool) {
		k.must(k.Glance(t.Context(), officer, What{Act: caller.SeeHeads}, func(tx *Tx) (err error) { _, halted, err = tx.Halted(); return err }))
		return halted
	}
	if !stopped() {
		t.Error("the node goes on")
	}
	k.must(k.Change(t.Context(), officer, What{Act: caller.DecideFork}, func(tx *Tx) error {
		decided, err := tx.Resume("ines", "The newer copy is lost.")
		if len(decided) != 3 {
			t.Errorf("decided %d", len(decided))
		}
		return err
	}))
	if stopped() {
		t.Error("the node stays halted")
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("wrong: %q", audit.Wrong)
	}
}

var heard = What{Act: caller.Receive}

// However many checkpoints wait to be linked, none is dropped: each exchange
// asks after as many as it can, and one that does not lead to the newest is found
// wherever it stands in the line. One of a size that is held is found at once.
func TestManyWaitToBeLinked(t *testing.T) {
	const words = "abcdefghijklmnopqrstuvwxyz"
	for _, honest := range []bool{true, false} {
		k := newKit(t)
		ring, err := keys.Generate("bravo", "IS")
		k.must(err)
		a := k.grown(ring, words)
		b := k.grown(ring, "abcdefghijklmnopqrsX")
		shown := func(head LogHead) (forked bool) {
			k.must(k.Change(k.Context(), caller.FromPartner("bravo"), heard, func(tx *Tx) (err error) { forked, err = tx.Shown("bravo", head); return err }))
			return forked
		}
		shown(a.head(26))
		for size := 4; size < 24; size++ {
			head := a.head(size)
			if size == 20 && !honest {
				head = b.head(size)
			}
			for range 2 {
				if shown(head) {
					t.Error("it is taken for a fork before it was asked about")
				}
			}
		}
		forked := false
		for range 3 {
			var asked []LogHead
			k.must(k.Glance(k.Context(), officer, What{Act: caller.SeeHeads}, func(tx *Tx) (err error) { asked, err = tx.Heads("bravo"); return err }))
			if len(asked) > 8 {
				t.Errorf("asked after %d", len(asked))
			}
			var sizes []int
			for _, head := range ascending(asked) {
				sizes = append(sizes, int(head.Size))
			}
			forked = k.follow(asked, []LogHead{a.head(26)}, a.link(sizes...)) || forked
		}
		seen, forks, _ := k.known()
		if forked == honest || honest && len(seen.Loose) > 0 || !honest && len(forks) != 1 {
			t.Errorf("honest %t: forked %t, %d wait, %d forks", honest, forked, len(seen.Loose), len(forks))
		}
		if honest && !shown(k.grown(ring, words[:25]+"X").head(26)) {
			t.Error("a second root of one size is not found")
		}
	}
}
