// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays a hostile partner: paired, with good keys, and out to hide a
// threat, to speak in another's case, or to flood the desk.

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// hostile posts to a node whatever its keys can sign.
type hostile struct {
	*scene
	t    *testing.T
	as   *House
	seq  uint64
	prev string
}

func newHostile(t *testing.T, s *scene, as *House) *hostile {
	t.Helper()
	h := &hostile{scene: s, t: t, as: as}
	channel := envelope.Channel(as.Card().ID(), s.bravo.Card().ID())
	Check(t, s.bravo.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		h.seq, h.prev, err = tx.Tip(channel, store.In)
		return err
	}))
	return h
}

// say has the partner say anything, well formed and well signed.
func (h *hostile) say(kind envelope.Kind, payload any) {
	h.t.Helper()
	m, sealed := h.seal(kind, payload)
	if status, answer := h.deliver(h.t, h.as.Ring(), nil, sealed); status != 200 || !strings.Contains(answer, "tlog-proof") {
		h.t.Fatalf("answered %d %s", status, answer)
	}
	h.seq, h.prev = m.Header.Seq, m.Hash()
}

// seal writes the partner's next message.
func (h *hostile) seal(kind envelope.Kind, payload any) (m *envelope.Message, sealed []byte) {
	h.t.Helper()
	ring, to := h.as.Ring(), h.bravo.Card()
	raw, err := warning.Encode(payload)
	Check(h.t, err)
	m = &envelope.Message{Salt: envelope.NewSalt(), Payload: raw}
	now := time.Now().UTC().Truncate(time.Millisecond)
	m.Header = envelope.Header{
		Version: 1, Channel: envelope.Channel(ring.ID(), to.ID()), From: ring.ID(), To: to.ID(), Epoch: 1, Seq: h.seq + 1, Prev: h.prev,
		Kind: kind, Commitment: envelope.Commit(m.Salt, raw), Sent: now, Precedence: handling.Routine,
		Handling: handling.Handling{TLP: handling.Amber}, Expires: now.Add(time.Hour),
	}
	m.HeaderBytes, err = m.Header.Encode()
	Check(h.t, err)
	m.Signature = ring.SignMessage(m.HeaderBytes)
	recipient, err := to.Recipient()
	Check(h.t, err)
	sealed, err = envelope.Seal(recipient, m)
	Check(h.t, err)
	return m, sealed
}

// warns has the partner send a warning under an id.
func (h *hostile) warns(id, title string, precedence handling.Precedence, threat warning.ThreatType) {
	d := Draft("A text.", "bravo")
	w := d.Copy("bravo", id)
	w.Target.Name, w.Precedence, w.ThreatType = title, precedence, threat
	w.AnswerBy, w.Review = time.Now().UTC().Add(time.Hour).Truncate(time.Second), "2099-01-01"
	h.say(envelope.Warning, w)
}

func (h *hostile) onBoard(id string) (found api.CaseSummary) {
	h.t.Helper()
	board, err := h.bravo.Shelf.Board(h.t.Context(), Officer())
	Check(h.t, err)
	for _, c := range board.Cases {
		if c.ID == id {
			found = c
		}
	}
	return found
}

func (h *hostile) alarms(kind warning.AlarmKind) (n int) {
	h.t.Helper()
	alarms, err := h.bravo.Shelf.Alarms(h.t.Context(), Officer(), false)
	Check(h.t, err)
	for _, alarm := range alarms {
		if alarm.Kind == kind {
			n++
		}
	}
	return n
}

func newID() string { return "warning--" + uuid.NewString() }

// A FLASH under the name of a settled bicycle theft must not go unseen.
func TestARepeatedCaseHidesNothing(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	id := newID()
	by := warning.Officer{Name: "C", Role: "duty-officer"}
	now := time.Now().UTC().Truncate(time.Millisecond)
	h.warns(id, "a bicycle", handling.Routine, warning.OtherThreat)
	h.say(envelope.Outcome, warning.Outcome{Case: id, Result: "unfounded", By: by, At: now})
	if c := h.onBoard(id); c.State != "open" || c.Result != "" {
		t.Errorf("the one who warned closed the case of the one who was warned: %+v", c)
	}
	h.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	if c := h.onBoard(id); c.State != "open" || c.Precedence != "FLASH" || !c.ToLife || c.Title != "a crowd" || h.alarms(warning.AlarmCaseTaken) != 1 {
		t.Errorf("the board shows %+v and %d alarms", c, h.alarms(warning.AlarmCaseTaken))
	}
	s.bravo.Sound()
}

// Nobody speaks in another's case, and nobody takes its place.
func TestAnotherPartnersCase(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	alpha := newHostile(t, s, s.alpha)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	h.warns(id, "nothing", handling.Routine, warning.OtherThreat)
	by := warning.Officer{Name: "C", Role: "duty-officer"}
	now := time.Now().UTC().Truncate(time.Millisecond)
	h.say(envelope.Acknowledgement, warning.Acknowledgement{Case: id, Answer: warning.Understood, By: by, At: now})
	h.say(envelope.Dispute, warning.Dispute{ID: "dispute--1", Case: id, About: "it", View: "no", By: by, At: now})
	c := h.onBoard(id)
	if c.Partner != "alpha" || c.Title != "a crowd" || c.State != "open" || c.Disputed || h.alarms(warning.AlarmCaseTaken) != 1 {
		t.Errorf("the board shows %+v", c)
	}
	whole, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if len(whole.Thread) != 1 {
		t.Errorf("the thread holds %d messages", len(whole.Thread))
	}
	s.bravo.Sound()
}

// A flood of small things pushes nothing urgent off the board.
func TestAFloodHidesNothing(t *testing.T) {
	s := newScene(t)
	alpha, h := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	for range 120 {
		h.warns(newID(), "a bicycle", handling.Routine, warning.OtherThreat)
	}
	board, err := s.bravo.Shelf.Board(t.Context(), Officer())
	Check(t, err)
	if len(board.Cases) != 121 || board.Cases[0].ID != id {
		t.Errorf("of %d cases the first is %+v", len(board.Cases), board.Cases[0])
	}
}

// An id that is a path is not a case.
func TestIdsAreNames(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	for _, id := range []string{"warning--a/b", "warning--../../x?y#z", "warning--" + strings.Repeat("a", 1<<20), "warning--"} {
		h.warns(id, "a path", handling.Flash, warning.MassCasualtyAttack)
		if c := h.onBoard(id); c.ID != "" {
			t.Errorf("%.40q is a case", id)
		}
	}
	if h.alarms(warning.AlarmUnreadable) == 0 {
		t.Error("no alarm says that a message could not be read")
	}
}

// However many places a partner says are lost, one alarm says how many; and one
// that it called held at first, and gives up later, is told, too.
func TestPlacesThatAreLost(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	thanks := func() (*envelope.Message, []byte) {
		return h.seal(envelope.Thanks, warning.Thanks{Case: newID(), Text: "Thank you.", By: warning.Officer{Name: "C", Role: "duty-officer"}, At: moment()})
	}
	skip := func(why string, n int) (missing []envelope.Missing) {
		for range n {
			h.seq, h.prev = h.seq+1, envelope.Hash([]byte(why+strconv.FormatUint(h.seq, 10)))
			missing = append(missing, envelope.Missing{Seq: h.seq, Hash: h.prev, Why: why})
		}
		m, sealed := thanks()
		if status, answer := h.deliver(t, h.as.Ring(), missing, sealed); status != 200 || !strings.Contains(answer, "tlog-proof") {
			t.Fatalf("answered %d %s", status, answer)
		}
		h.seq, h.prev = m.Header.Seq, m.Hash()
		return missing
	}
	texts := func() (all []string) {
		alarms, err := s.bravo.Shelf.Alarms(t.Context(), Officer(), false)
		Check(t, err)
		for _, alarm := range alarms {
			if alarm.Kind == warning.AlarmGap {
				all = append(all, alarm.Text)
			}
		}
		return all
	}
	held := skip("held", 1)
	if got := texts(); len(got) != 0 {
		t.Fatalf("of what is held: %q", got)
	}
	h.say(envelope.State, warning.StateNotice{State: "active", Epoch: 1, Dropped: []envelope.Missing{{Seq: held[0].Seq, Hash: held[0].Hash, Why: "dropped"}}})
	if got := texts(); len(got) != 1 || !strings.HasSuffix(got[0], "the sender calls it dropped") {
		t.Errorf("of what is given up: %q", got)
	}
	skip("dropped", 1000)
	if got := texts(); len(got) != 1 || !strings.HasSuffix(got[0], "since then 1 more") {
		t.Errorf("of a thousand: %q", got)
	}
	s.bravo.Sound()
}

// Who says another dispute under the id of one that is there takes no other's place.
func TestADisputeUnderAnothersID(t *testing.T) {
	s := newScene(t)
	h := newHostile(t, s, s.carol)
	id, by := newID(), warning.Officer{Name: "C", Role: "duty-officer"}
	h.warns(id, "a bicycle", handling.Routine, warning.OtherThreat)
	Check(t, s.bravo.Outbox.Dispute(t.Context(), First(), warning.Dispute{Case: id, About: "the place", View: "It was elsewhere."}))
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	ours := shown.Disputes[0].Ours[0].Dispute.ID
	h.say(envelope.Dispute, warning.Dispute{ID: ours, Case: id, About: "the colour", View: "It was red.", By: by, At: moment()})
	Check(t, s.bravo.Outbox.Dispute(t.Context(), First(), warning.Dispute{Case: id, About: "the place", View: "Agreed.", To: ours, Settled: true}))
	h.say(envelope.Dispute, warning.Dispute{ID: "dispute--" + uuid.NewString(), Case: id, About: "the place", View: "Agreed.", To: ours, Settled: true, By: by, At: moment()})
	shown, err = s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if all := shown.Disputes; len(all) != 2 || !all[0].Settled || all[1].Settled {
		t.Errorf("shown are %+v", all)
	}
}
