// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays how an overseer's own key is let in, and how nothing else opens
// an overseer's session from then on.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func overseerKey(t *testing.T, name string) (*keys.Overseer, api.OverseerKey) {
	t.Helper()
	key, err := keys.GenerateOverseer(name)
	check(t, err)
	sign, open := key.Public()
	return key, api.OverseerKey{Format: api.OverseerKeyFormat, Name: name, Sign: sign, Open: open}
}

// signs answers a challenge as the command line does.
func (h *house) signs(key *keys.Overseer, challenge string) api.OverseerSignIn {
	return api.OverseerSignIn{
		Name: key.Name(), Challenge: challenge, Signature: key.Sign(api.SignInInput(h.card.ID(), h.card.Address, key.Name(), challenge)),
	}
}

func (h *house) letIn(key api.OverseerKey) {
	h.t.Helper()
	_, err := h.AddOverseer(h.t.Context(), admin, key)
	check(h.t, err)
	_, err = h.ConfirmOverseer(h.t.Context(), first, key.Name, key.Digits())
	check(h.t, err)
}

func TestAnOverseersKeyTakesTwo(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		link, err := alpha.AddPerson(ctx, admin, "olga", "", []string{"overseer"})
		check(t, err)
		before, _, err := alpha.Enrol(ctx, link)
		check(t, err)
		key, public := overseerKey(t, "olga")
		_, err = alpha.AddOverseer(ctx, first, public)
		refuses(t, "a releaser puts a key forward", err, problem.Denied, "you may not put forward")
		_, err = alpha.AddPerson(ctx, admin, "ann", "", []string{"analyst", "overseer"})
		check(t, err)
		_, another := overseerKey(t, "ann")
		_, err = alpha.AddOverseer(ctx, admin, another)
		refuses(t, "a key for who is not an overseer alone", err, problem.Conflict, "not an overseer alone")
		_, err = alpha.AddOverseer(ctx, admin, api.OverseerKey{Format: api.OverseerKeyFormat, Name: "olga", Sign: public.Sign, Open: "age1nothing"})
		refuses(t, "half a key", err, problem.Invalid, "no recipient")
		_, err = alpha.AddOverseer(ctx, admin, public)
		check(t, err)
		alpha.show(func(tx *store.Tx) error {
			if rings, err := tx.IsRaised(warning.Alarm{Kind: warning.AlarmOverseer, Subject: "olga"}); err != nil || !rings {
				t.Errorf("it does not ring: %v", err)
			}
			return nil
		})
		_, err = alpha.SignInOverseer(ctx, alpha.signs(key, alpha.Challenge("olga").Challenge))
		refuses(t, "a key that nobody confirmed", err, problem.Denied, "does not sign an overseer in")
		if _, err := alpha.Authenticate(ctx, before); err != nil {
			t.Errorf("before any key is in force a link is good: %v", err)
		}
		_, err = alpha.ConfirmOverseer(ctx, admin, "olga", public.Digits())
		refuses(t, "the administrator confirms", err, problem.Denied, "you may not confirm")
		_, err = alpha.ConfirmOverseer(ctx, first, "olga", strings.Repeat("0", 32))
		refuses(t, "other digits", err, problem.Invalid, "not the digits")
		both := caller.Caller{Kind: caller.Person, Name: admin.Name, Roles: caller.Roles()}
		_, err = alpha.ConfirmOverseer(ctx, both, "olga", public.Digits())
		refuses(t, "one person does both", err, problem.Denied, "yourself")
		_, err = alpha.ConfirmOverseer(ctx, first, "olga", public.Digits())
		check(t, err)
		_, err = alpha.Authenticate(ctx, before)
		refuses(t, "a session from before", err, problem.Denied, "")

		// From now on the key alone opens a session, for whoever is an overseer.
		_, err = alpha.Link(ctx, admin, "olga")
		refuses(t, "a link for an overseer", err, problem.Denied, "with the own key, and with no link")
		sly, err := alpha.AddPerson(ctx, admin, "otto", "", []string{"overseer"})
		check(t, err)
		_, _, err = alpha.SignIn(ctx, sly)
		refuses(t, "another overseer by a link", err, problem.Denied, "with the own key")
		rolf, err := alpha.AddPerson(ctx, admin, "rolf", "", []string{"analyst"})
		check(t, err)
		session, _, err := alpha.Enrol(ctx, rolf)
		check(t, err)
		_, err = alpha.SetRoles(ctx, admin, "rolf", []string{"overseer"})
		check(t, err)
		_, err = alpha.Authenticate(ctx, session)
		refuses(t, "an analyst who is made an overseer", err, problem.Denied, "with the own key")

		// Who has another role beside has that one, and is no overseer by a link.
		alan, err := alpha.AddPerson(ctx, admin, "alan", "", []string{"administrator", "overseer"})
		check(t, err)
		secret, _, err := alpha.Enrol(ctx, alan)
		check(t, err)
		if by, err := alpha.Authenticate(ctx, secret); err != nil || by.Has(caller.Overseer) || !by.Has(caller.Administrator) {
			t.Errorf("an administrator who is made an overseer is %+v, %v", by, err)
		}

		out, err := alpha.SignInOverseer(ctx, alpha.signs(key, alpha.Challenge("olga").Challenge))
		check(t, err)
		who, err := alpha.Authenticate(ctx, out.Token)
		if err != nil || who.Name != "olga" || !who.Has(caller.Overseer) || len(out.Keys) != 1 {
			t.Errorf("%+v, %+v, %v", who, out, err)
		}
		in := alpha.signs(key, alpha.Challenge("olga").Challenge)
		in.Browser = true
		out, err = alpha.SignInOverseer(ctx, in)
		check(t, err)
		cookie, _, err := alpha.SignIn(ctx, out.Link)
		check(t, err)
		if _, err := alpha.Authenticate(ctx, cookie); err != nil {
			t.Errorf("the browser by the own key: %v", err)
		}
		time.Sleep(desk.SessionFor + time.Second)
		_, err = alpha.Authenticate(ctx, cookie)
		refuses(t, "after twelve hours", err, problem.Denied, "")
	})
}

func TestChallenges(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.AddPerson(ctx, admin, "olga", "", []string{"overseer"})
		check(t, err)
		key, public := overseerKey(t, "olga")
		alpha.letIn(public)
		eve, _ := overseerKey(t, "olga")
		good := alpha.Challenge("olga").Challenge
		relayed := api.OverseerSignIn{Name: "olga", Challenge: good, Signature: key.Sign(api.SignInInput(alpha.card.ID(), "https://eve.example.org", "olga", good))}
		older := alpha.Challenge("olga").Challenge
		for name, in := range map[string]api.OverseerSignIn{
			"another's key": alpha.signs(eve, good), "signed for another address": relayed, "no challenge": alpha.signs(key, ""),
			"a challenge that nobody made": alpha.signs(key, strings.Repeat("A", len(good))), "no signature": {Name: "olga", Challenge: good},
			"another's name": {Name: "admin", Challenge: good, Signature: alpha.signs(key, good).Signature},
		} {
			_, err := alpha.SignInOverseer(ctx, in)
			refuses(t, name, err, problem.Denied, "does not sign an overseer in")
		}
		if _, err = alpha.SignInOverseer(ctx, alpha.signs(key, good)); err != nil {
			t.Errorf("after all these the true one: %v", err)
		}
		_, err = alpha.SignInOverseer(ctx, alpha.signs(key, good))
		refuses(t, "the same answer again", err, problem.Denied, "")
		time.Sleep(desk.ChallengeFor + time.Millisecond)
		_, err = alpha.SignInOverseer(ctx, alpha.signs(key, older))
		refuses(t, "an old challenge", err, problem.Denied, "")
	})
}

// A new key in the place of the old takes the same two, ends what the old one
// opened, and stands in what the overseer is shown at the next sign-in.
func TestAReplacedKey(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.AddPerson(ctx, admin, "olga", "", []string{"overseer"})
		check(t, err)
		old, public := overseerKey(t, "olga")
		alpha.letIn(public)
		out, err := alpha.SignInOverseer(ctx, alpha.signs(old, alpha.Challenge("olga").Challenge))
		check(t, err)
		time.Sleep(time.Minute)
		fresh, next := overseerKey(t, "olga")
		_, err = alpha.AddOverseer(ctx, admin, next)
		check(t, err)
		if _, err := alpha.Authenticate(ctx, out.Token); err != nil {
			t.Errorf("before it is confirmed the old one is in force: %v", err)
		}
		seen, err := alpha.SignInOverseer(ctx, alpha.signs(old, alpha.Challenge("olga").Challenge))
		if err != nil || len(seen.Keys) != 2 || seen.Keys[0].State != store.KeyProposed {
			t.Errorf("the overseer is not shown the key that waits: %+v, %v", seen, err)
		}
		_, err = alpha.ConfirmOverseer(ctx, second, "olga", next.Digits())
		check(t, err)
		_, err = alpha.Authenticate(ctx, out.Token)
		refuses(t, "what the old key opened", err, problem.Denied, "")
		_, err = alpha.SignInOverseer(ctx, alpha.signs(old, alpha.Challenge("olga").Challenge))
		refuses(t, "the old key", err, problem.Denied, "")
		now, err := alpha.SignInOverseer(ctx, alpha.signs(fresh, alpha.Challenge("olga").Challenge))
		if err != nil || len(now.Keys) != 2 || now.Keys[1].State != store.KeyReplaced || now.Keys[0].ConfirmedBy != second.Name {
			t.Errorf("%+v, %v", now, err)
		}
		_, err = alpha.AddOverseer(ctx, admin, public)
		refuses(t, "the old key once more", err, problem.Conflict, "put forward before")
	})
}

// Who a link was made for is told at the next sign-in, and it rings.
func TestALinkIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		link, err := alpha.AddPerson(ctx, admin, "ruth", "", []string{"releaser"})
		check(t, err)
		_, person, err := alpha.Enrol(ctx, link)
		if err != nil || len(person.Links) != 1 {
			t.Errorf("%+v, %v", person, err)
		}
		sly, err := alpha.Link(ctx, admin, "ruth")
		check(t, err)
		_, _, err = alpha.SignIn(ctx, sly) // somebody else
		check(t, err)
		asked, err := alpha.Link(ctx, admin, "ruth")
		check(t, err)
		alpha.show(func(tx *store.Tx) error {
			if rings, err := tx.IsRaised(warning.Alarm{Kind: warning.AlarmLink, Subject: "ruth"}); err != nil || !rings {
				t.Errorf("it does not ring: %v", err)
			}
			return nil
		})
		_, person, err = alpha.SignIn(ctx, asked)
		if err != nil || len(person.Links) != 3 || person.Links[1].By != admin.Name {
			t.Errorf("ruth is told of %+v, %v", person.Links, err)
		}
		time.Sleep(desk.PersonFor + time.Second)
		later, err := alpha.Link(ctx, admin, "ruth")
		check(t, err)
		_, person, err = alpha.SignIn(ctx, later)
		if err != nil || len(person.Links) != 1 {
			t.Errorf("after a month ruth is told of %+v, %v", person.Links, err)
		}
	})
}
