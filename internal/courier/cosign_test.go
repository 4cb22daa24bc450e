// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file holds cosigning between two nodes, and what comes of a node whose
// directory was put back to an earlier copy.

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

func (s *side) heads() api.Heads {
	s.t.Helper()
	heads, err := s.shelf.Heads(s.t.Context(), overseer)
	check(s.t, err)
	return heads
}

func (s *side) alarmed(kind warning.AlarmKind) (n int) {
	s.t.Helper()
	alarms, err := s.shelf.Alarms(s.t.Context(), duty, false)
	check(s.t, err)
	for _, alarm := range alarms {
		if alarm.Kind == kind {
			n++
		}
	}
	return n
}

// cosignedBy checks the file that the node gives out: its own checkpoint, with
// both cosignatures of other.
func (s *side) cosignedBy(other *side) {
	s.t.Helper()
	raw, err := s.shelf.Cosigned(s.t.Context(), overseer)
	check(s.t, err)
	cosigners, err := other.card.Cosigners()
	check(s.t, err)
	if _, err := receipt.OpenCheckpoint(string(raw), s.card.Log); err != nil {
		s.t.Error(err)
	}
	if found := witness.Cosignatures(witness.Text(string(raw)), witness.Lines(string(raw)), cosigners...); len(found) != 2 {
		s.t.Errorf("%d cosignatures of %s in:\n%s", len(found), other.name, raw)
	}
}

// After an exchange each has the other's cosignature of a log that holds it, and
// then nothing moves until the next day.
func TestCosignedAfterAnExchange(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		before := alpha.heads().Size
		alpha.warn(draft("bravo", "An attack on the market square is planned."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		for _, p := range [][2]*side{{alpha, bravo}, {bravo, alpha}} {
			heads := p[0].heads()
			if len(heads.Cosigned) != 1 || heads.Cosigned[0].By != p[1].name || heads.Cosigned[0].Size <= before || len(heads.Forks) > 0 {
				t.Errorf("%s: %+v", p[0].name, heads)
			}
			p[0].cosignedBy(p[1])
			l := p[1].heads().Partners[0]
			if l.Size < heads.Cosigned[0].Size || l.CosignedAt.IsZero() || l.From >= l.Size {
				t.Errorf("%s follows the log of %s to %+v", p[1].name, p[0].name, l)
			}
		}
		posts, size := n.posts.Load(), alpha.heads().Size
		time.Sleep(20 * time.Hour)
		synctest.Wait()
		if n.posts.Load() != posts || alpha.heads().Size != size {
			t.Errorf("without an exchange there were %d posts and %d leaves", n.posts.Load()-posts, alpha.heads().Size-size)
		}
		time.Sleep(8 * time.Hour)
		synctest.Wait()
		if n.posts.Load() != posts+2 {
			t.Errorf("within the day there were %d posts, want one each", n.posts.Load()-posts)
		}
	})
}

// A partner whose channel was shut is receipted, and its log followed and cosigned,
// until it is expelled.
func TestAShutChannelIsCosignedOn(t *testing.T) {
	for state, goesOn := range map[partner.State]bool{partner.Suspended: true, partner.Frozen: true, partner.Expelled: false} {
		t.Run(string(state), func(t *testing.T) {
			bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
				time.Sleep(time.Minute)
				synctest.Wait()
				_, err := alpha.desk.SetState(t.Context(), second, "bravo", state, "a test")
				check(t, err)
				before := bravo.heads().Cosigned[0].Size
				bravo.warn(draft("alpha", "An attack on the market square is planned."))
				eventually(t, func() bool { return bravo.queued() == 0 })
				time.Sleep(time.Minute)
				synctest.Wait()
				if shown := alpha.thread(alpha.caseOf(bravo).ID); len(shown) != 1 || shown[0].State != "quarantined" {
					t.Errorf("what bravo said is shown as %+v", shown)
				}
				if grew := bravo.heads().Cosigned[0].Size > before; grew != goesOn {
					t.Errorf("its log is cosigned on: %t", grew)
				}
			})
		})
	}
}

// keep copies a closed node's directory.
func keep(t *testing.T, from, to string) {
	t.Helper()
	check(t, os.RemoveAll(to))
	check(t, os.CopyFS(to, os.DirFS(from)))
}

// A directory that was put back to an earlier copy is found when the node
// starts: it says so, and neither sends nor receipts until somebody decides.
// The partner keeps evidence, and goes on when somebody there decides, too.
func TestPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{sides: make(map[string]*side)}
		alpha, bravo := newSide(t, n, "alpha"), newSide(t, n, "bravo")
		pair(t, alpha, bravo)
		time.Sleep(5 * time.Second)
		copied := filepath.Join(t.TempDir(), "copy")
		bravo.close()
		keep(t, bravo.dir, copied)
		bravo.start()
		alpha.warn(draft("bravo", "The first."))
		eventually(t, func() bool { return bravo.cases() == 1 && alpha.queued() == 0 })
		time.Sleep(5 * time.Second)
		bravo.close()
		keep(t, copied, bravo.dir)
		bravo.start()
		eventually(t, func() bool { return bravo.alarmed(warning.AlarmOwnLog) == 1 })
		if heads := bravo.heads(); !heads.Halted || !heads.Forks[0].Ours || heads.Forks[0].Partner != "alpha" {
			t.Fatalf("bravo goes on: %+v", heads)
		}
		alpha.warn(draft("bravo", "The second."))
		time.Sleep(time.Minute)
		if bravo.cases() != 0 || alpha.queued() != 1 {
			t.Error("bravo receipts with a log that was put back")
		}
		if len(alpha.heads().Forks) != 0 {
			t.Error("alpha found a fork before bravo signed one")
		}
		carrier := courier.New(slog.New(slog.DiscardHandler), bravo.store, bravo.ring, nil, bravo.card.Address)
		if _, err := carrier.CarryOut(t.Context(), second, "alpha", api.CarryOut{}, func() {}, io.Discard); err == nil || !strings.Contains(err.Error(), "nothing leaves until somebody decides") {
			t.Errorf("a file by hand while nothing may leave: %v", err)
		}
		if _, err := bravo.desk.ResumeLog(t.Context(), admin, " \u200b "); !problem.Is(err, problem.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		_, err := bravo.desk.ResumeLog(t.Context(), admin, "The newer copy burnt; the partners were told.")
		check(t, err)
		// What alpha sends now does not fit bravo's older chain: that is for people.
		// But bravo asks for cosignatures again, and alpha sees what it signed.
		eventually(t, func() bool { return len(alpha.heads().Forks) == 1 })
		if l := alpha.heads().Partners[0]; l.Fork == "" || alpha.alarmed(warning.AlarmFork) != 1 {
			t.Errorf("alpha shows %+v", l)
		}
		if _, err := alpha.desk.AcceptLog(t.Context(), second, "bravo", "\t"); !problem.Is(err, problem.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		_, err = alpha.desk.AcceptLog(t.Context(), second, "bravo", "Called them: they restored a backup.")
		check(t, err)
		if l := alpha.heads().Partners[0]; l.Fork != "" || len(alpha.heads().Forks) != 1 {
			t.Errorf("after the decision alpha shows %+v", l)
		}
		alpha.sound()
		bravo.sound()
	})
}
