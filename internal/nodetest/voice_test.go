// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file says warnings by voice between whole nodes: what a message that is
// another than was said brings about, and what eve can do with the digits.

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	digits "github.com/tocsin-exchange/tocsin/spoken"
	"github.com/tocsin-exchange/tocsin/warning"
)

func agreed(t *testing.T, one, other *House) {
	t.Helper()
	Check(t, one.Outbox.ShareVoice(t.Context(), First(), other.Name))
	for _, p := range [][2]*House{{one, other}, {other, one}} {
		Until(t, "the secret for the voice", func() bool {
			seen, err := p[0].Shelf.Partner(t.Context(), Admin(), p[1].Name)
			Check(t, err)
			return seen.Voice == "agreed"
		})
		p[0].Delivered(p[1])
	}
}

func alarmsOf(t *testing.T, h *House, kind warning.AlarmKind) int {
	t.Helper()
	alarms, err := h.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	return len(slices.DeleteFunc(alarms, func(a warning.Alarm) bool { return a.Kind != kind }))
}

// forged are the lines by which a house that keeps no rule says something of a
// message of its own to another: what its program would say, changed.
func forged(t *testing.T, from, to *House, message string, change func(*digits.Content)) (lines string) {
	t.Helper()
	Check(t, from.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		m, err := tx.Message(message)
		Check(t, err)
		opened, err := m.Opened()
		Check(t, err)
		var w warning.Warning
		Check(t, warning.Read(m.Payload, &w))
		content, err := warning.Spoken(m.Hash, opened.Header.Sent, &w, "")
		Check(t, err)
		change(&content)
		voice, err := store.Voices.Get(tx, to.Name)
		Check(t, err)
		key, _, err := from.Ring().VoiceKeys(voice.Ours, voice.Theirs, m.Channel, to.Card().ID())
		Check(t, err)
		sealed, err := key.Seal(content)
		Check(t, err)
		lines = strings.Join(digits.Lines(sealed), "\n")
		return nil
	}))
	return lines
}

// said is a warning of from's for to, and the lines in which it is said.
func said(t *testing.T, from, to *House, text string) (id, message, lines string) {
	t.Helper()
	id = from.Warn(Draft(text, to.Name)).Sent[to.Name]
	spoken, err := from.Outbox.Speak(t.Context(), First(), id, "")
	Check(t, err)
	return id, spoken.Message, strings.Join(spoken.Lines, "\n")
}

// The digits of one pair say nothing to another, and neither store holds the
// secret in the clear.
func TestVoiceIsOfOnePair(t *testing.T) {
	alpha, bravo, eve := New(t, "alpha"), New(t, "bravo"), New(t, "eve")
	Pair(t, alpha, bravo)
	Pair(t, alpha, eve)
	agreed(t, alpha, bravo)
	agreed(t, alpha, eve)
	draft := alpha.Warn(Draft("An attack is planned.", "bravo"))
	said, err := alpha.Outbox.Speak(t.Context(), First(), draft.Sent["bravo"], "")
	Check(t, err)
	lines := strings.Join(said.Lines, "\n")
	if _, err := eve.Inbox.Heard(t.Context(), Officer(), lines); !problem.Is(err, problem.Invalid) {
		t.Errorf("eve hears what was said to bravo: %v", err)
	}
	if _, err := alpha.Inbox.Heard(t.Context(), Officer(), lines); !problem.Is(err, problem.Invalid) {
		t.Errorf("alpha hears itself: %v", err)
	}
	heard, err := bravo.Inbox.Heard(t.Context(), Officer(), lines)
	Check(t, err)
	if heard.Text != "MARKET SQUARE, BERGEN. AN ATTACK IS PLANNED." || heard.Partner != "alpha" {
		t.Errorf("bravo hears %+v", heard)
	}
	if err := alpha.Outbox.ReadBack(t.Context(), First(), draft.Sent["bravo"], "00000 00000"); !problem.Is(err, problem.Invalid) {
		t.Errorf("another code: %v", err)
	}
	Check(t, alpha.Outbox.ReadBack(t.Context(), First(), draft.Sent["bravo"], heard.ReadBack))
	if _, err := bravo.Inbox.Heard(t.Context(), Overseer(), lines); !problem.Is(err, problem.Denied) {
		t.Errorf("an overseer hears: %v", err)
	}
	again, err := alpha.Outbox.Speak(t.Context(), First(), draft.Sent["bravo"], "")
	Check(t, err)
	if !slices.Equal(again.Lines, said.Lines) {
		t.Error("the same warning is said in other digits")
	}
	other := Draft("A server is attacked.", "bravo")
	other.Warning.Precedence = "ROUTINE"
	routine := alpha.Warn(other)
	if _, err := alpha.Outbox.Speak(t.Context(), First(), routine.Sent["bravo"], ""); !problem.Is(err, problem.Conflict) {
		t.Errorf("a ROUTINE is said: %v", err)
	}
	for _, h := range []*House{alpha, bravo} {
		h.Sound()
	}
}

// A halted node says nothing: others may have seen another of what it signed. It
// hears, since a warning that is not heard costs lives, and what it reads back is
// no signature.
func TestAHaltedNodeSaysNothing(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	agreed(t, alpha, bravo)
	id := alpha.Warn(Draft("An attack is planned.", "bravo")).Sent["bravo"]
	said, err := alpha.Outbox.Speak(t.Context(), First(), id, "")
	Check(t, err)
	for _, h := range []*House{alpha, bravo} {
		Check(t, h.Store.Change(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
			return store.Forks.Put(tx, "1", store.Fork{ID: "1", Ours: true})
		}))
	}
	if again, err := alpha.Outbox.Speak(t.Context(), First(), id, ""); !problem.Is(err, problem.Conflict) || len(again.Lines) > 0 {
		t.Errorf("a halted node says %v, %v", again.Lines, err)
	}
	heard, err := bravo.Inbox.Heard(t.Context(), Officer(), strings.Join(said.Lines, "\n"))
	Check(t, err)
	if heard.Text == "" || heard.ReadBack == "" {
		t.Errorf("a halted node hears %+v", heard)
	}
	Check(t, alpha.Outbox.ReadBack(t.Context(), First(), id, heard.ReadBack)) // of what was said before
	_, err = alpha.Desk.ResumeLog(t.Context(), Admin(), "The copy was ours.")
	Check(t, err)
	_, err = alpha.Outbox.Speak(t.Context(), First(), id, "")
	Check(t, err)
}

// What may not leave by wire any more is not said either: what it was made of is gone,
// so nothing can judge it.
func TestWhatMayNotLeaveIsNotSaid(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	agreed(t, alpha, bravo)
	const report = "source--2b6a7a0e-5a0f-4f5e-9f55-0c5d3c1f7a10"
	put := func(change func(*store.Tx) error) {
		t.Helper()
		Check(t, alpha.Store.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
	}
	put(func(tx *store.Tx) error {
		return store.Sources.Put(tx, report, warning.Source{ID: report, Title: "A report", Fields: []warning.Field{{Name: "text", Text: "Somebody heard of it."}}, KeptBy: "ann", KeptAt: tx.Now})
	})
	alpha.Cut()
	d := Draft("An attack is planned.", "bravo")
	d.Source = report
	id := alpha.Warn(d).Sent["bravo"]
	_, err := alpha.Outbox.Speak(t.Context(), First(), id, "")
	Check(t, err)
	put(func(tx *store.Tx) error {
		return tx.Erase(store.Retention{Kind: store.OfSource, ID: report}, warning.DestroyedByDate, warning.Officer{}, "")
	})
	if said, err := alpha.Outbox.Speak(t.Context(), First(), id, ""); !problem.Is(err, problem.Conflict) || len(said.Lines) > 0 {
		t.Errorf("it is said: %v, %v", said.Lines, err)
	}
}

// A message that was sent in the minute that was said, and is another: it rings.
func TestVoiceOfAnotherMessage(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	agreed(t, alpha, bravo)
	alpha.Cut()
	var spokenOf, other warning.Draft
	for {
		first := time.Now().Truncate(time.Minute)
		spokenOf = alpha.Warn(Draft("An attack is planned.", "bravo"))
		other = alpha.Warn(Draft("Nothing is planned.", "bravo"))
		if time.Now().Truncate(time.Minute).Equal(first) {
			break
		}
	}
	said, err := alpha.Outbox.Speak(t.Context(), First(), spokenOf.Sent["bravo"], "")
	Check(t, err)
	heard, err := bravo.Inbox.Heard(t.Context(), Officer(), strings.Join(said.Lines, "\n"))
	Check(t, err)
	if heard.Case != "" || alarmsOf(t, bravo, warning.AlarmSpoken) != 1 {
		t.Errorf("heard %+v", heard)
	}
	// What was said comes first, and by hand: the case joins, and nothing rings any more.
	file, _ := out(t, alpha, bravo, api.CarryOut{})
	in(t, bravo, file)
	list, err := bravo.Inbox.HeardList(t.Context(), Overseer())
	Check(t, err)
	if len(list) != 1 || list[0].Case != spokenOf.Sent["bravo"] || alarmsOf(t, bravo, warning.AlarmSpoken) != 0 {
		t.Errorf("joined: %+v", list)
	}
	// Said of the second, and heard before the first of that minute is known: another rings.
	charlie := New(t, "charlie")
	Pair(t, charlie, bravo)
	agreed(t, charlie, bravo)
	charlie.Cut()
	for {
		first := time.Now().Truncate(time.Minute)
		spokenOf = charlie.Warn(Draft("Nothing is planned.", "bravo"))
		other = charlie.Warn(Draft("An attack is planned.", "bravo"))
		if time.Now().Truncate(time.Minute).Equal(first) {
			break
		}
	}
	said, err = charlie.Outbox.Speak(t.Context(), First(), other.Sent["bravo"], "")
	Check(t, err)
	_, err = bravo.Inbox.Heard(t.Context(), Officer(), strings.Join(said.Lines, "\n"))
	Check(t, err)
	file, _ = out(t, charlie, bravo, api.CarryOut{})
	in(t, bravo, file)
	if alarmsOf(t, bravo, warning.AlarmSpokenOther) != 1 {
		t.Error("another message of that minute came, and nothing rings")
	}
	if bytes.Contains(file, []byte("ATTACK")) {
		t.Error("the file shows the text")
	}
	bravo.Sound()
}

// Who says one thing by voice, and names a message that says another, is found
// out when the message comes, or if it is there: it rings.
func TestVoiceThatNamesAnotherText(t *testing.T) {
	for _, there := range []bool{false, true} {
		alpha, bravo := New(t, "alpha"), New(t, "bravo")
		Pair(t, alpha, bravo)
		agreed(t, alpha, bravo)
		alpha.Cut()
		id := alpha.Warn(Draft("An attack is planned.", "bravo")).Sent["bravo"]
		if there {
			file, _ := out(t, alpha, bravo, api.CarryOut{})
			in(t, bravo, file)
		}
		said, err := alpha.Outbox.Speak(t.Context(), First(), id, "")
		Check(t, err)
		lie := forged(t, alpha, bravo, said.Message, func(c *digits.Content) { c.Text = "NOTHING IS PLANNED. ALL CLEAR." })
		_, err = bravo.Inbox.Heard(t.Context(), Officer(), lie)
		Check(t, err)
		if !there {
			file, _ := out(t, alpha, bravo, api.CarryOut{})
			in(t, bravo, file)
		}
		if n := alarmsOf(t, bravo, warning.AlarmSpokenOther); n != 1 {
			t.Errorf("the message is there: %v; %d alarms", there, n)
		}
		// And whoever says two things of one message.
		_, err = bravo.Inbox.Heard(t.Context(), Officer(), strings.Join(said.Lines, "\n"))
		Check(t, err)
		if n := alarmsOf(t, bravo, warning.AlarmSpokenOther); n != 2 {
			t.Errorf("both were said: %d alarms", n)
		}
		// Each stands in the list, once, with the case, whoever says it again.
		for _, lines := range []string{lie, strings.Join(said.Lines, "\n")} {
			_, err = bravo.Inbox.Heard(t.Context(), Officer(), lines)
			Check(t, err)
		}
		list, err := bravo.Inbox.HeardList(t.Context(), Overseer())
		Check(t, err)
		var texts []string
		for _, h := range list {
			if texts = append(texts, h.Text); h.Case != id {
				t.Errorf("%q is of %q", h.Text, h.Case)
			}
		}
		slices.Sort(texts)
		if len(texts) != 2 || texts[0] == texts[1] || !slices.Contains(texts, "NOTHING IS PLANNED. ALL CLEAR.") {
			t.Errorf("the message is there: %v; the list says %q", there, texts)
		}
		bravo.Sound()
	}
}

// Eve, a partner too, knows how the hash of alpha's message begins, and says a warning
// of hers under it, before alpha's or behind it: what alpha said stays, and is tied
// to its message when that comes.
func TestVoiceUnderTheSameBeginning(t *testing.T) {
	for _, before := range []bool{false, true} {
		alpha, bravo, eve := New(t, "alpha"), New(t, "bravo"), New(t, "eve")
		Pair(t, alpha, bravo)
		Pair(t, eve, bravo)
		agreed(t, alpha, bravo)
		agreed(t, eve, bravo)
		alpha.Cut()
		eve.Cut()
		id, message, lines := said(t, alpha, bravo, "An attack is planned.")
		_, hers, _ := said(t, eve, bravo, "Nothing is planned.")
		begins, err := hex.DecodeString(message)
		Check(t, err)
		calls := []string{lines, forged(t, eve, bravo, hers, func(c *digits.Content) { copy(c.Prefix[:], begins) })}
		if before {
			slices.Reverse(calls)
		}
		for _, call := range calls {
			_, err := bravo.Inbox.Heard(t.Context(), Officer(), call)
			Check(t, err)
		}
		if n := alarmsOf(t, bravo, warning.AlarmSpoken); n != 2 {
			t.Errorf("before alpha: %v; two partners spoke, and %d alarms ring", before, n)
		}
		file, _ := out(t, alpha, bravo, api.CarryOut{})
		in(t, bravo, file)
		list, err := bravo.Inbox.HeardList(t.Context(), Overseer())
		Check(t, err)
		cases := make(map[string]string)
		for _, heard := range list {
			cases[heard.Partner] = heard.Case
		}
		if len(list) != 2 || cases["alpha"] != id || cases["eve"] != "" {
			t.Errorf("before alpha: %v; heard %+v", before, list)
		}
		if n := alarmsOf(t, bravo, warning.AlarmSpoken); n != 1 {
			t.Errorf("before alpha: %v; alpha's message came, and %d alarms ring", before, n)
		}
		bravo.Sound()
	}
}

// Eve makes two messages whose hashes begin alike, which takes her some 2^40 tries.
// What was heard stays with the one that came first, and the other rings. Here her
// work is done in bravo's store: it says of a first message that it begins as
// another does.
func TestTwoMessagesThatBeginAlike(t *testing.T) {
	eve, bravo := New(t, "eve"), New(t, "bravo")
	Pair(t, eve, bravo)
	agreed(t, eve, bravo)
	eve.Cut()
	begin := func(hash string) string { return hash[:2*digits.PrefixSize] }
	first, message, lines := said(t, eve, bravo, "An attack is planned.")
	_, err := bravo.Inbox.Heard(t.Context(), Officer(), lines)
	Check(t, err)
	file, _ := out(t, eve, bravo, api.CarryOut{})
	in(t, bravo, file)
	_, second, _ := said(t, eve, bravo, "No attack is planned.")
	change := func(do func(tx *store.Tx) error) {
		t.Helper()
		Check(t, bravo.Store.Change(t.Context(), caller.Self(), store.What{Act: caller.Recover}, do))
	}
	change(func(tx *store.Tx) error {
		heard, ok, err := tx.HeardOf("eve", begin(message))
		Check(t, err)
		if !ok || heard.Message != message {
			t.Fatalf("heard of the first: %+v", heard)
		}
		Check(t, store.Heards.Delete(tx, heard.Key()))
		heard.Prefix, heard.ID = begin(second), store.HeardID("eve", begin(second))
		return store.Heards.Put(tx, heard.Key(), heard)
	})
	file, _ = out(t, eve, bravo, api.CarryOut{})
	in(t, bravo, file)
	list, err := bravo.Inbox.HeardList(t.Context(), Overseer())
	Check(t, err)
	if len(list) != 1 || list[0].Message != message || list[0].Case != first {
		t.Errorf("the second came: heard %+v", list)
	}
	if n := alarmsOf(t, bravo, warning.AlarmSpokenOther); n != 1 {
		t.Errorf("the second came: %d alarms", n)
	}
	// And when both are here before she calls.
	change(func(tx *store.Tx) error {
		m, err := tx.Message(message)
		Check(t, err)
		m.Hash, m.Seq = begin(message)+strings.Repeat("0", 44), m.Seq+100
		return tx.AddMessage(m)
	})
	heard, err := bravo.Inbox.Heard(t.Context(), Officer(), lines)
	Check(t, err)
	if heard.Message != message || heard.Case != first {
		t.Errorf("both were here: heard %+v", heard)
	}
	if n := alarmsOf(t, bravo, warning.AlarmSpokenOther); n != 2 {
		t.Errorf("both were here: %d alarms", n)
	}
}

// What an older program heard stands under its prefix alone, and is tied to its
// message as well.
func TestVoiceHeardByAnOlderProgram(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	agreed(t, alpha, bravo)
	alpha.Cut()
	id, message, lines := said(t, alpha, bravo, "An attack is planned.")
	prefix := message[:2*digits.PrefixSize]
	_, err := bravo.Inbox.Heard(t.Context(), Officer(), lines)
	Check(t, err)
	Check(t, bravo.Store.Change(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
		heard, _, err := tx.HeardOf("alpha", prefix)
		Check(t, err)
		Check(t, store.Heards.Delete(tx, heard.Key()))
		heard.ID = ""
		return store.Heards.Put(tx, prefix, heard)
	}))
	_, err = bravo.Inbox.Heard(t.Context(), Officer(), lines)
	Check(t, err)
	file, _ := out(t, alpha, bravo, api.CarryOut{})
	in(t, bravo, file)
	list, err := bravo.Inbox.HeardList(t.Context(), Overseer())
	Check(t, err)
	if len(list) != 1 || list[0].Case != id {
		t.Errorf("heard %+v", list)
	}
	bravo.Sound()
}

// After a report of a theft, mistaken or not, the secret for the voice is another
// one as soon as the channel is open again: whoever had the keys may have had it.
func TestVoiceAfterATheft(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	agreed(t, alpha, bravo)
	secrets := func(h *House, of string) (v store.Voice) {
		Check(t, h.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
			v, err = store.Voices.Get(tx, of)
			return err
		}))
		return v
	}
	ours, theirs := secrets(alpha, "bravo"), secrets(bravo, "alpha")
	_, err := alpha.Desk.KeyStolen(t.Context(), Admin(), "bravo", time.Now().Add(-time.Hour), "a call")
	Check(t, err)
	_, err = alpha.Desk.KeySafe(t.Context(), Admin(), "bravo", "another service was meant")
	Check(t, err)
	seen, err := alpha.Shelf.Partner(t.Context(), Admin(), "bravo")
	Check(t, err)
	_, err = alpha.Desk.Confirm(t.Context(), Admin(), "bravo", seen.Digits)
	Check(t, err)
	_, err = alpha.Desk.SetState(t.Context(), Officer(), "bravo", partner.Active, "compared by voice")
	Check(t, err)
	Until(t, "a new secret", func() bool {
		return !bytes.Equal(secrets(alpha, "bravo").Ours, ours.Ours) && !bytes.Equal(secrets(bravo, "alpha").Theirs, theirs.Theirs)
	})
	alpha.Delivered(bravo)
	id := alpha.Warn(Draft("An attack is planned.", "bravo")).Sent["bravo"]
	said, err := alpha.Outbox.Speak(t.Context(), First(), id, "")
	Check(t, err)
	_, err = bravo.Inbox.Heard(t.Context(), Officer(), strings.Join(said.Lines, "\n"))
	Check(t, err)
}
