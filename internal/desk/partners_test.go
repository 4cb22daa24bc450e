// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays how a partner is met, checked and parted from.

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// answer brings h's card to the house that made the invitation, as the courier does.
func (h *house) answer(to *house, text string) error {
	h.t.Helper()
	invite, err := partner.ParseInvite(text)
	check(h.t, err)
	body, err := json.Marshal(partner.PairRequest{Card: h.card, Secret: invite.Secret})
	check(h.t, err)
	signature := h.ring.SignDelivery(envelope.DeliverySigningInput(to.card.ID(), body))
	return to.inbox.Pair(h.t.Context(), envelope.SenderValue(h.ring.ID(), signature), body)
}

// An invitation is good for one, within seven days.
func TestAnInvitationIsGoodOnce(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		bravo, carol, delta := newHouse(t, "bravo"), newHouse(t, "carol"), newHouse(t, "delta")
		text, err := alpha.Invite(ctx, admin, nil)
		check(t, err)
		channel, err := bravo.Accept(ctx, admin, text)
		if err != nil || channel.State != partner.Pending || channel.Name != "alpha" || channel.Confirmed() {
			t.Fatalf("accepted as %+v, %v", channel, err)
		}
		check(t, bravo.answer(alpha, text))
		check(t, bravo.answer(alpha, text)) // the courier tries again until answered
		_, err = carol.Accept(ctx, admin, text)
		check(t, err) // carol cannot know that it was used
		refuses(t, "a second to answer", carol.answer(alpha, text), problem.Refused, "not accepted")
		alpha.show(func(tx *store.Tx) error {
			channels, err := store.Channels.List(tx, 0)
			if len(channels) != 1 || channels[0].Name != "bravo" {
				t.Errorf("alpha knows %+v", channels)
			}
			return err
		})

		text, err = alpha.Invite(ctx, admin, nil)
		check(t, err)
		_, err = delta.Accept(ctx, admin, text)
		check(t, err)
		time.Sleep(partner.InviteFor + time.Second)
		refuses(t, "an answer after seven days", delta.answer(alpha, text), problem.Refused, "not accepted")
		text2 := text
		_, err = newHouse(t, "echo").Accept(ctx, admin, text2)
		refuses(t, "accepted after seven days", err, problem.Conflict, "expired on")
	})
}

func TestInvitationsThatAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		bravo := newHouse(t, "bravo")
		text, err := alpha.Invite(ctx, admin, nil)
		check(t, err)
		_, err = alpha.Accept(ctx, admin, text)
		refuses(t, "our own invitation", err, problem.Invalid, "our own invitation")
		_, err = bravo.Accept(ctx, admin, text[:len(text)/2])
		refuses(t, "half of one", err, problem.Invalid, "not an invitation")
		_, err = bravo.Accept(ctx, analyst, text)
		refuses(t, "by an analyst", err, problem.Denied, "accept an invitation")
		_, err = alpha.Invite(ctx, duty, nil)
		refuses(t, "made by a duty officer", err, problem.Denied, "invite a partner")
		_, err = alpha.Invite(ctx, admin, &warning.Terms{})
		refuses(t, "without terms", err, problem.Invalid, "legal_basis: must be said")

		read, err := partner.ParseInvite(text)
		check(t, err)
		read.Terms = []byte(`{"legal_basis":"l"}`)
		poor, err := read.Encode()
		check(t, err)
		_, err = bravo.Accept(ctx, admin, poor)
		refuses(t, "with half of the terms", err, problem.Invalid, "retention_days")

		_, err = bravo.Accept(ctx, admin, text)
		check(t, err)
		_, err = bravo.Accept(ctx, admin, text)
		refuses(t, "accepted twice", err, problem.Conflict, "a partner already")
		if alarms := bravo.alarms(); len(alarms) != 0 {
			t.Errorf("the same keys again raised %+v", alarms)
		}
	})
}

// A known name with other keys is an alarm, and nothing is replaced.
func TestChangedKeys(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		known := alpha.befriend("bravo", partner.Active)
		eve := newHouse(t, "bravo")
		text, err := eve.Invite(ctx, admin, nil)
		check(t, err)
		for range 2 {
			_, err = alpha.Accept(ctx, admin, text)
			refuses(t, "other keys", err, problem.Conflict, "known here with other keys")
		}
		alarms := alpha.alarms()
		if len(alarms) != 1 || alarms[0].Kind != warning.AlarmKeyChanged || alarms[0].Partner != "bravo" {
			t.Errorf("alarms: %+v", alarms)
		}
		if !alpha.channel("bravo").Card.SameKeys(known) {
			t.Error("the keys were replaced")
		}
	})
}

// Terms are compared byte for byte: they are kept in their canonical form,
// however the invitation wrote them.
func TestTermsAreKeptCanonical(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		bravo := newHouse(t, "bravo")
		text, err := alpha.Invite(t.Context(), admin, nil)
		check(t, err)
		read, err := partner.ParseInvite(text)
		check(t, err)
		want := string(read.Terms)
		card, err := read.Card.Encode()
		check(t, err)
		foreign := fmt.Sprintf(`{"card":%s,"secret":%q,"expires":%q,"terms":{ %s}`, card, read.Secret, read.Expires.Format(time.RFC3339), want[1:])
		text = "tocsin-invite-1:" + base64.RawURLEncoding.EncodeToString([]byte(foreign))
		channel, err := bravo.Accept(t.Context(), admin, text)
		check(t, err)
		if diff := cmp.Diff(want, string(channel.Proposed)); diff != "" {
			t.Error(diff)
		}
	})
}

// Nobody confirms by habit: the digits must be given, as the partner read them.
func TestConfirm(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		card := alpha.befriend("bravo", partner.Pending)
		digits := envelope.SafetyNumber(alpha.card, card)
		last := digits[len(digits)-1]
		for what, wrong := range map[string]string{
			"nothing": "", "half": digits[:35], "one digit wrong": digits[:len(digits)-1] + string('0'+(last-'0'+1)%10), "one too many": digits + "0", "words": "yes, they are the same",
		} {
			_, err := alpha.Confirm(ctx, admin, "bravo", wrong)
			refuses(t, what, err, problem.Invalid, "not the 60 digits")
		}
		_, err := alpha.Confirm(ctx, first, "bravo", digits)
		refuses(t, "by a releaser", err, problem.Denied, "confirm a partner's digits")
		_, err = alpha.Confirm(ctx, admin, "carol", digits)
		refuses(t, "of nobody", err, problem.Missing, "partner")
		if channel := alpha.channel("bravo"); channel.Confirmed() || channel.State != partner.Pending {
			t.Fatalf("confirmed by wrong digits: %+v", channel)
		}
		spoken := strings.ReplaceAll(digits, " ", " - ")
		channel, err := alpha.Confirm(ctx, admin, "bravo", spoken)
		if err != nil || channel.ConfirmedBy != "admin" || channel.State != partner.Pending {
			t.Errorf("confirmed as %+v, %v", channel, err)
		}
	})
}

// From each state to each: what becomes of a channel that is paired, and of one
// that is not. "no" is refused; an expelled partner comes back pending, by
// whatever way.
func TestStatesOfAChannel(t *testing.T) {
	const table = `
		pending    → active     no
		pending    → limited    no
		pending    → suspended  suspended
		pending    → expelled   expelled
		active     → active     no
		active     → limited    limited
		active     → suspended  suspended
		active     → expelled   expelled
		limited    → active     active
		limited    → limited    no
		suspended  → active     active
		suspended  → limited    limited
		suspended  → suspended  no
		suspended  → expelled   expelled
		expelled   → active     pending
		expelled   → limited    pending
		expelled   → suspended  suspended
		expelled   → suspended → active     pending
		expelled   → suspended → limited    pending
		pending    → suspended → active     pending
		pending    → expelled  → suspended → active     pending
		active     → suspended → expelled → suspended → active     pending
		active     → limited   → suspended → active     active
		active     → pending    no
		active     → open       no`
	bubble(t, func(t *testing.T, alpha *house) {
		for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
			path, want := strings.TrimSpace(line), ""
			cut := strings.LastIndexByte(path, ' ')
			path, want = strings.TrimSpace(path[:cut]), path[cut+1:]
			name := fmt.Sprintf("partner-%d", i)
			steps := strings.Split(path, "→")
			alpha.befriend(name, partner.State(strings.TrimSpace(steps[0])))
			got := "no"
			for n, step := range steps[1:] {
				before := alpha.channel(name)
				channel, err := alpha.SetState(t.Context(), duty, name, partner.State(strings.TrimSpace(step)), "because")
				if got = string(channel.State); err != nil {
					got = "no"
				}
				after := alpha.channel(name)
				if err == nil && (after.Epoch != before.Epoch+1 || after.Why != "because") || err != nil && after.Epoch != before.Epoch {
					t.Errorf("%s, step %d: epoch %d after %d, because %q (%v)", path, n+1, after.Epoch, before.Epoch, after.Why, err)
				}
			}
			if got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	})
}

func TestAChangeOfStateNeedsAReason(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Active)
		for what, why := range map[string]string{"none": "", "spaces": " \n", "a novel": strings.Repeat("x", warning.MaxWord+1)} {
			_, err := alpha.SetState(ctx, admin, "bravo", partner.Suspended, why)
			refuses(t, what, err, problem.Invalid, "needs a reason")
		}
		_, err := alpha.SetState(ctx, analyst, "bravo", partner.Suspended, "w")
		refuses(t, "by an analyst", err, problem.Denied, "change a channel's state")
		_, err = alpha.SetState(ctx, admin, "carol", partner.Suspended, "w")
		refuses(t, "of nobody", err, problem.Missing, "partner")
		if got := alpha.channel("bravo").State; got != partner.Active {
			t.Errorf("bravo is %s", got)
		}
	})
}

// An open channel is told to the partner; a shut one is not.
func TestWishes(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.befriend("bravo", partner.Active)
		for _, step := range []struct {
			state  partner.State
			wishes int
		}{{partner.Suspended, 0}, {partner.Limited, 1}, {partner.Active, 2}, {partner.Expelled, 2}, {partner.Active, 2}} {
			_, err := alpha.SetState(t.Context(), admin, "bravo", step.state, "w")
			check(t, err)
			alpha.show(func(tx *store.Tx) error {
				wishes, err := store.Wishes.List(tx, 0)
				if len(wishes) != step.wishes {
					t.Errorf("%s: %d wishes, want %d", step.state, len(wishes), step.wishes)
				}
				return err
			})
		}
	})
}

func TestProposedTerms(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.befriend("bravo", partner.Pending)
		alpha.befriend("carol", partner.Active)
		_, err := alpha.Propose(ctx, first, "bravo", nil)
		refuses(t, "the partner's, who has signed none", err, problem.Conflict, "has not signed any terms yet")
		_, err = alpha.Propose(ctx, first, "bravo", &warning.Terms{})
		refuses(t, "incomplete ones", err, problem.Invalid, "purposes: name at least one")
		terms := desk.DefaultTerms(time.Now())
		terms.RetentionDays = 30
		channel, err := alpha.Propose(ctx, first, "bravo", &terms)
		if err != nil || !strings.Contains(string(channel.Proposed), `"retention_days":30`) || len(channel.OurTerms) > 0 {
			t.Errorf("on the table: %s, %v", channel.Proposed, err)
		}
		_, err = alpha.Propose(ctx, first, "carol", &terms)
		refuses(t, "after both have signed", err, problem.Conflict, "signed by both")
		_, err = alpha.Propose(ctx, caller.Caller{Kind: caller.Machine, Name: "m"}, "bravo", &terms)
		refuses(t, "by a machine", err, problem.Denied, "machine token")
	})
}
