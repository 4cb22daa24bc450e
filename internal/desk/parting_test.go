// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file parts from partners by every way there is, and takes them back.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Each row is a way through the states. After the last step: the state, whether
// the digits count as compared, whether the keys are revoked, what became of a
// message that was queued in the beginning, what becomes of what arrives, whether
// a notice to the partner is wished, what became of the account of its tool.
// Every step that is not refused begins an epoch and recalls what is on its way.
const ways = `
	pending → active                                 no
	pending → limited                                no
	pending → suspended                              suspended  not-compared  trusted  queued   quarantined  untold  open
	pending → frozen                                 frozen     not-compared  trusted  queued   quarantined  untold  open
	pending → expelled                               expelled   not-compared  revoked  dropped  quarantined  untold  ended
	pending → frozen → thaw                          pending    not-compared  trusted  queued   terms        untold  open
	pending → frozen → active                        pending    not-compared  trusted  queued   terms        untold  open
	pending → suspended → active                     pending    not-compared  trusted  queued   terms        untold  open
	active → active                                  no
	active → limited                                 limited    compared      trusted  queued   kept         told    open
	active → suspended                               suspended  compared      trusted  queued   quarantined  untold  open
	active → frozen                                  frozen     compared      trusted  queued   quarantined  untold  open
	active → expelled                                expelled   compared      revoked  dropped  quarantined  untold  ended
	active → thaw                                    no
	limited → active                                 active     compared      trusted  queued   kept         told    open
	limited → limited                                no
	limited → suspended                              suspended  compared      trusted  queued   quarantined  told    open
	limited → frozen                                 frozen     compared      trusted  queued   quarantined  told    open
	limited → expelled                               expelled   compared      revoked  dropped  quarantined  told    ended
	limited → frozen → thaw                          limited    compared      trusted  queued   kept         told    open
	suspended → active                               active     compared      trusted  queued   kept         told    open
	suspended → limited                              limited    compared      trusted  queued   kept         told    open
	suspended → suspended                            no
	suspended → frozen                               frozen     compared      trusted  queued   quarantined  untold  open
	suspended → frozen → thaw                        suspended  compared      trusted  queued   quarantined  untold  open
	suspended → expelled                             expelled   compared      revoked  dropped  quarantined  untold  ended
	suspended → expelled → limited                   pending    not-compared  revoked  dropped  terms        untold  ended
	frozen → active                                  active     compared      trusted  queued   kept         told    open
	frozen → limited                                 limited    compared      trusted  queued   kept         told    open
	frozen → suspended                               suspended  compared      trusted  queued   quarantined  untold  open
	frozen → frozen                                  no
	frozen → expelled                                expelled   compared      revoked  dropped  quarantined  untold  ended
	frozen → thaw                                    active     compared      trusted  queued   kept         told    open
	frozen → expelled → thaw                         no
	expelled → active                                pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → limited                               pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → suspended                             suspended  not-compared  revoked  dropped  quarantined  untold  ended
	expelled → frozen                                frozen     not-compared  revoked  dropped  quarantined  untold  ended
	expelled → expelled                              no
	expelled → frozen → thaw                         expelled   not-compared  revoked  dropped  quarantined  untold  ended
	expelled → frozen → active                       pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → frozen → confirm → thaw               expelled   compared      revoked  dropped  quarantined  untold  ended
	expelled → frozen → confirm → thaw → active      pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → confirm → active                      pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → suspended → active                    pending    not-compared  revoked  dropped  terms        untold  ended
	expelled → suspended → confirm → active          active     compared      trusted  dropped  kept         told    ended
	expelled → active → confirm                      active     compared      trusted  dropped  kept         told    ended
	expelled → limited → confirm                     active     compared      trusted  dropped  kept         told    ended
	expelled → active → confirm → expelled           expelled   compared      revoked  dropped  quarantined  told    ended`

func TestEveryWayThroughTheStates(t *testing.T) {
	collected(t, func(t *testing.T, alpha *house) {
		for i, line := range strings.Split(strings.Trim(ways, "\n"), "\n") {
			way, want, _ := strings.Cut(strings.TrimSpace(line), "  ")
			want = strings.Join(strings.Fields(want), " ")
			name := fmt.Sprintf("partner-%d", i)
			steps := strings.Split(way, " → ")
			first := partner.State(steps[0])
			start := partner.Active
			if first == partner.Pending {
				start = partner.Pending
			}
			card := alpha.befriend(name, start)
			_, err := alpha.AddAccount(t.Context(), admin, api.NewAccount{Name: name, Read: []string{"feed"}, Partner: name})
			check(t, err)
			alpha.queue(name)
			if first != start {
				_, err := alpha.SetState(t.Context(), duty, name, first, "to begin with")
				check(t, err)
			}
			refused := false
			for n, step := range steps[1:] {
				before := alpha.channel(name)
				departure, err := alpha.store.Depart(t.Context(), name)
				check(t, err)
				ended := make(chan bool)
				go func() {
					<-departure.Context().Done()
					ended <- departure.Recalled()
					departure.End()
				}()
				switch step {
				case "thaw":
					_, err = alpha.Unfreeze(t.Context(), duty, name, "because")
				case "confirm":
					_, err = alpha.Confirm(t.Context(), admin, name, envelope.SafetyNumber(alpha.card, card))
				default:
					_, err = alpha.SetState(t.Context(), duty, name, partner.State(step), "because")
				}
				refused = err != nil
				if refused {
					refuses(t, way, err, problem.Conflict, "")
				}
				turned := !refused && step != "confirm"
				if !turned {
					go departure.End()
				}
				if recalled := <-ended; recalled != turned {
					t.Errorf("%s, step %d: what was on its way was recalled: %t", way, n+1, recalled)
				}
				after := alpha.channel(name)
				if epochs := after.Epoch - before.Epoch; epochs != map[bool]uint64{true: 1}[turned] || turned && after.Why != "because" {
					t.Errorf("%s, step %d: epoch %d after %d, because %q", way, n+1, after.Epoch, before.Epoch, after.Why)
				}
			}
			got := "no"
			if !refused {
				got = alpha.standing(name)
			}
			if got != want {
				t.Errorf("%s:\n got %s\nwant %s", way, got, want)
			}
		}
	})
}

// queue puts a message of ours in the partner's queue.
func (h *house) queue(name string) {
	h.t.Helper()
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])
	h.put(func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		if err != nil {
			return err
		}
		message := store.Message{Hash: hash, Channel: channel.ID, Partner: name, Direction: store.Out, Seq: 1, Kind: envelope.Pledge,
			At: tx.Now, State: store.Queued, Header: []byte("{}"), Signature: []byte("s")}
		if err := tx.AddMessage(message); err != nil {
			return err
		}
		return tx.Enqueue(message, time.Time{})
	})
}

// standing is how it stands between us and a partner, in words.
func (h *house) standing(name string) string {
	h.t.Helper()
	channel := h.channel(name)
	words := []string{string(channel.State), "not-compared", "trusted", "", "kept", "untold", "open"}
	if channel.Confirmed() {
		words[1] = "compared"
	}
	h.show(func(tx *store.Tx) error {
		_, revoked, err := tx.Revoked(channel.Card)
		if revoked {
			words[2] = "revoked"
		}
		if revoked == channel.Revoked.IsZero() {
			h.t.Errorf("%s: the channel and the keys disagree", name)
		}
		message, _, err2 := tx.AtSeq(channel.ID, store.Out, 1)
		words[3] = string(message.State)
		n, err3 := tx.QueueLength(name)
		if dropped := message.State == store.Dropped; dropped != (n == 0) {
			h.t.Errorf("%s: %d are queued and the message is %s", name, n, message.State)
		}
		wishes, err4 := store.Wishes.List(tx, 0)
		for _, wish := range wishes {
			if wish.Partner == name {
				words[5] = "told"
			}
		}
		account, err5 := store.Accounts.Get(tx, name)
		if !account.Ended.IsZero() {
			words[6] = "ended"
		}
		return cmp.Or(err, err2, err3, err4, err5)
	})
	switch {
	case channel.Quarantines():
		words[4] = "quarantined"
	case channel.State == partner.Pending:
		words[4] = "terms"
	}
	return strings.Join(words, " ")
}

// All at once, and back to what each was.
func TestFreezeAll(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		states := map[string]partner.State{"bravo": partner.Active, "carol": partner.Limited, "delta": partner.Suspended, "echo": partner.Pending}
		for name, state := range states {
			alpha.befriend(name, state)
		}
		_, err := alpha.FreezeAll(ctx, duty, " ", false)
		refuses(t, "without a reason", err, problem.Invalid, "needs a reason")
		_, err = alpha.FreezeAll(ctx, analyst, "w", false)
		refuses(t, "by an analyst", err, problem.Denied, "change a channel's state")
		names, err := alpha.FreezeAll(ctx, duty, "an inquiry", false)
		if err != nil || len(names) != 4 {
			t.Errorf("frozen: %q, %v", names, err)
		}
		for name := range states {
			if got := alpha.channel(name).State; got != partner.Frozen {
				t.Errorf("%s is %s", name, got)
			}
		}
		again, err := alpha.FreezeAll(ctx, duty, "again", false)
		if err != nil || len(again) != 0 {
			t.Errorf("frozen again: %q, %v", again, err)
		}
		_, err = alpha.FreezeAll(ctx, duty, "the inquiry is over", true)
		check(t, err)
		for name, want := range states {
			if got := alpha.channel(name).State; got != want {
				t.Errorf("%s is %s, was %s", name, got, want)
			}
		}
	})
}

// A card that shows any key of an expelled partner is refused under another name.
func TestRevokedKeysDoNotComeBack(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		bravo := newHouse(t, "bravo")
		text, err := alpha.Invite(ctx, admin, nil)
		check(t, err)
		check(t, bravo.answer(alpha, text))
		_, err = alpha.SetState(ctx, admin, "bravo", partner.Expelled, "stolen keys")
		check(t, err)
		for name, forge := range map[string]func(card *envelope.Card){
			"sign":    func(card *envelope.Card) { card.Sign = bravo.card.Sign },
			"log":     func(card *envelope.Card) { card.Log = bravo.card.Log },
			"seal":    func(card *envelope.Card) { card.Seal = bravo.card.Seal },
			"witness": func(card *envelope.Card) { card.Witness = bravo.card.Witness },
		} {
			charlie := newHouse(t, "charlie")
			card := charlie.card
			forge(&card)
			terms, err := warning.Encode(desk.DefaultTerms(time.Now()))
			check(t, err)
			invitation, err := partner.InviteText{Card: card, Secret: "s", Expires: time.Now().Add(partner.InviteFor), Terms: terms}.Encode()
			check(t, err)
			_, err = alpha.Accept(ctx, admin, invitation)
			refuses(t, name, err, problem.Conflict, "revoked")
		}
		alarms := alpha.alarms()
		if len(alarms) != 1 || alarms[0].Kind != warning.AlarmKeyChanged || alarms[0].Partner != "bravo" || !strings.Contains(alarms[0].Text, "revoked key of bravo under the name charlie") {
			t.Errorf("alarms: %+v", alarms)
		}
	})
}

// The digits of keys that were reported stolen prove nothing: the channel does not
// open by them, by any way, until new ones come or the report is withdrawn.
func TestStolenKeysAreNotTrustedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		bravo := newHouse(t, "bravo")
		text, err := alpha.Invite(ctx, admin, nil)
		check(t, err)
		check(t, bravo.answer(alpha, text))
		digits := envelope.SafetyNumber(alpha.card, bravo.card)
		_, err = alpha.Confirm(ctx, admin, "bravo", digits)
		check(t, err)
		since := time.Now().Add(-time.Hour)
		_, err = alpha.KeySafe(ctx, admin, "bravo", "Nobody said so.")
		refuses(t, "nothing is reported", err, problem.Conflict, "nobody here has reported")

		_, err = alpha.KeyStolen(ctx, admin, "bravo", since, "They called.")
		check(t, err)
		for _, through := range []partner.State{partner.Suspended, partner.Frozen, partner.Expelled} {
			if _, err = alpha.SetState(ctx, admin, "bravo", through, "on the way"); err != nil && !problem.Is(err, problem.Conflict) {
				t.Fatal(err)
			}
			_, err = alpha.Confirm(ctx, admin, "bravo", digits)
			refuses(t, "confirm, "+string(through), err, problem.Conflict, "still those that were in other hands")
			for _, open := range []partner.State{partner.Active, partner.Limited} {
				_, err = alpha.SetState(ctx, admin, "bravo", open, "they sound well")
				refuses(t, string(open)+", "+string(through), err, problem.Conflict, "still those that were in other hands")
			}
		}

		// An earlier date is news; the same again is not.
		_, err = alpha.KeyStolen(ctx, admin, "bravo", since.Add(-time.Hour), "They called again.")
		check(t, err)
		_, err = alpha.KeyStolen(ctx, admin, "bravo", since.Add(-time.Minute), "Somebody else called.")
		check(t, err)
		if alarms := alpha.alarms(); len(alarms) != 1 || !strings.Contains(alarms[0].Text, since.Add(-time.Hour).UTC().Format(time.RFC3339)) {
			t.Errorf("alarms: %+v", alarms)
		}

		_, err = alpha.KeySafe(ctx, admin, "bravo", " ")
		refuses(t, "no reason", err, problem.Invalid, "with a reason")
		channel, err := alpha.KeySafe(ctx, admin, "bravo", "It was another node.")
		check(t, err)
		if _, stolen := channel.Stolen(); stolen || len(channel.Keys.Withdrawn) != 3 || channel.Confirmed() || channel.Opens() {
			t.Errorf("after the withdrawal: %+v", channel)
		}
		if alarms := alpha.alarms(); len(alarms) != 0 {
			t.Errorf("alarms: %+v", alarms)
		}
		_, err = alpha.Confirm(ctx, admin, "bravo", digits)
		check(t, err)
	})
}
