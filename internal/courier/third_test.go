// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file plays a node that shows two partners two logs: with a witness that
// both want, and without one.

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// forking is carol, who is two from here on, with one set of keys: one for
// bravo and one for charlie.
type forking struct {
	bravo, charlie, toBravo, toCharlie *side
}

// fork has carol exchange with both, and then go two ways. w cosigns for carol,
// and is wanted by both partners, if there is one.
func fork(t *testing.T, w *neutral) forking {
	t.Helper()
	n := &network{sides: make(map[string]*side)}
	f := forking{bravo: newSide(t, n, "bravo"), charlie: newSide(t, n, "charlie"), toBravo: newSide(t, n, "carol")}
	carol := f.toBravo
	pair(t, carol, f.bravo)
	pair(t, carol, f.charlie)
	if w != nil {
		n.witness = w
		carol.under(w.policy())
		f.bravo.under(w.policy(carol.card.Log))
		f.charlie.under(w.policy(carol.card.Log))
	}
	carol.warn(draft("bravo", "Before the fork."))
	carol.warn(draft("charlie", "Before the fork, too."))
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	carol.close()
	copied := t.TempDir()
	keep(t, carol.dir, copied)
	f.toCharlie = &side{t: t, name: "carol", dir: copied, ring: carol.ring, card: carol.card, policy: carol.policy}
	apart := &network{sides: maps.Clone(n.sides), witness: n.witness}
	delete(n.sides, "charlie")
	delete(apart.sides, "bravo")
	apart.sides["carol"], f.toCharlie.network, f.charlie.network = f.toCharlie, apart, apart
	f.charlie.close()
	for _, s := range []*side{f.toBravo, f.toCharlie, f.charlie} {
		s.start()
	}
	t.Cleanup(f.toCharlie.close)
	return f
}

// followed is what a partner gives out of carol's log.
func (f forking) followed(s *side) (checkpoint string, size int64) {
	raw, err := s.shelf.HeadOf(s.t.Context(), overseer, "carol")
	check(s.t, err)
	_, tree, err := witness.ParseText(witness.Text(string(raw)))
	check(s.t, err)
	return string(raw), tree.N
}

// Without a witness in common each partner sees a log that only grows. Once they
// compare, the two checkpoints convict.
func TestTwoPartnersOfAForker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fork(t, nil)
		var one, other string
		var size, also int64
		told := 0
		// Until the two logs are of one length: the forker grows the shorter one.
		for size == 0 || size != also {
			if told++; told > 10 {
				t.Fatalf("the two logs have %d and %d leaves", size, also)
			}
			shorter := f.toBravo
			if also < size {
				shorter = f.toCharlie
			}
			for range max(size-also, also-size) {
				_, err := shorter.desk.Invite(t.Context(), admin, nil)
				check(t, err)
			}
			f.toBravo.warn(draft("bravo", "What bravo is told."))
			f.toCharlie.warn(draft("charlie", "What charlie is told."))
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			one, size = f.followed(f.bravo)
			other, also = f.followed(f.charlie)
		}
		for _, s := range []*side{f.bravo, f.charlie} {
			if heads := s.heads(); s.alarmed(warning.AlarmFork) != 0 || len(heads.Forks) != 0 || s.cases() != 1+told {
				t.Errorf("%s sees a log that only grows, and %d cases; forks %+v", s.name, s.cases(), heads.Forks)
			}
		}
		finding, _, _, err := witness.Fork{Older: one, Newer: other}.Judge(f.toBravo.card.Log)
		if err != nil || finding != witness.TwoRoots {
			t.Errorf("held against each other: %s, %v", finding, err)
		}
		// Whoever shows the one partner what the other has, needs no standing.
		alone, _, err := store.OpenCheckpoint(other, f.toBravo.card.Log, time.Now())
		check(t, err)
		if status, _, _ := f.bravo.add(nil, witness.Request{Old: size, Checkpoint: alone.Checkpoint}); status != 409 || f.bravo.alarmed(warning.AlarmFork) != 1 {
			t.Errorf("shown to bravo: answered %d, %d alarms", status, f.bravo.alarmed(warning.AlarmFork))
		}
	})
}

// A witness that both want cosigns one of the two logs. The partner who is shown
// the other is told that the quorum is missing.
func TestAWitnessOfAForker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fork(t, newNeutral(t))
		f.toBravo.warn(draft("bravo", "What bravo is told."))
		time.Sleep(10 * time.Minute)
		f.toCharlie.warn(draft("charlie", "What charlie is told."))
		time.Sleep(3 * time.Hour)
		f.toCharlie.warn(draft("charlie", "And some hours later."))
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if b, c := f.bravo.alarmed(warning.AlarmNoQuorum), f.charlie.alarmed(warning.AlarmNoQuorum); b != 0 || c != 1 {
			t.Errorf("bravo has %d alarms of a quorum, charlie %d", b, c)
		}
		if f.bravo.cases() != 2 || f.charlie.cases() != 3 {
			t.Errorf("bravo has %d cases, charlie %d", f.bravo.cases(), f.charlie.cases())
		}
	})
}
