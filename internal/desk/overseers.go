// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds the overseers' own keys: an administrator puts one forward, a
// releaser confirms it, and from then on no link opens an overseer's session.

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

func overseerAlarm(name string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmOverseer, Subject: name, Level: handling.Immediate}
}

// AddOverseer puts a key forward for an overseer, who has no other role. It opens
// nothing before a releaser has confirmed it, and rings until then; the key that
// is in force stays so.
func (d *Desk) AddOverseer(ctx context.Context, who caller.Caller, key api.OverseerKey) (added api.Overseer, err error) {
	if err := key.Validate(); err != nil {
		return added, problem.New(problem.Invalid, "make it on the overseer's own machine: tocsin overseer keygen FILE --name NAME", "this is no overseer's key: %v", err)
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.AddOverseer, Subject: key.Name, Note: key.Digits()}, func(tx *store.Tx) error {
		person, err := here(tx, key.Name)
		if err != nil {
			return err
		}
		if !slices.Equal(person.Roles, []string{string(caller.Overseer)}) {
			return problem.New(problem.Conflict, "give the person that role alone: tocsin person roles "+key.Name+" --role overseer", "%s is not an overseer alone", key.Name)
		}
		if _, known, err := store.OverseerKeys.Find(tx, store.OverseerKeyID(key.Name, key.Digits())); err != nil || known {
			return orConflict(err, "this key was put forward before", "see it: tocsin overseer list")
		}
		before, waits, err := tx.OverseerKeyOf(key.Name, store.KeyProposed)
		if err == nil && waits {
			err = endKey(tx, before)
		}
		if err != nil {
			return err
		}
		kept := store.OverseerKey{Name: key.Name, Sign: key.Sign, Open: key.Open, Digits: key.Digits(), State: store.KeyProposed, By: who.Name, At: tx.Now}
		if err := store.OverseerKeys.Put(tx, store.OverseerKeyID(kept.Name, kept.Digits), kept); err != nil {
			return err
		}
		added = showOverseer(kept)
		alarm := overseerAlarm(key.Name)
		alarm.Text = who.Name + " put a key forward for the overseer " + key.Name + ": a releaser compares its digits with the overseer by voice: tocsin overseer confirm " + key.Name
		if waits {
			if err := tx.Settle(overseerAlarm(key.Name), who.Name, "another was put forward"); err != nil {
				return err
			}
		}
		return tx.Raise(alarm)
	})
	return added, err
}

// ConfirmOverseer lets the key that was put forward for an overseer come in force,
// in the place of the one before, whose sessions end. The digits must be those
// that the overseer read out, and whoever put the key forward is somebody else.
func (d *Desk) ConfirmOverseer(ctx context.Context, who caller.Caller, name, digits string) (confirmed api.Overseer, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.ConfirmOverseer, Subject: name}, func(tx *store.Tx) error {
		key, waits, err := tx.OverseerKeyOf(name, store.KeyProposed)
		switch {
		case err != nil:
			return err
		case !waits:
			return problem.New(problem.Conflict, "an administrator puts one forward: tocsin overseer add FILE", "no key waits for %s", name)
		case key.By == who.Name:
			return problem.New(problem.Denied, "another releaser must", "you put this key forward yourself")
		case onlyDigits(digits) != onlyDigits(key.Digits):
			return problem.New(problem.Invalid, "ask the overseer to read them out once more: tocsin overseer digits FILE", "these are not the digits of the key that was put forward")
		}
		before, replaced, err := tx.OverseerKeyOf(name, store.KeyInForce)
		if err == nil && replaced {
			err = endKey(tx, before)
		}
		if err != nil {
			return err
		}
		key.State, key.ConfirmedBy, key.ConfirmedAt = store.KeyInForce, who.Name, tx.Now
		if err := store.OverseerKeys.Put(tx, store.OverseerKeyID(name, key.Digits), key); err != nil {
			return err
		}
		confirmed = showOverseer(key)
		if err := endCredentials(tx, name, store.CredLink, store.CredSession, store.CredPerson); err != nil {
			return err
		}
		return tx.Settle(overseerAlarm(name), who.Name, "confirmed by its digits")
	})
	return confirmed, err
}

func onlyDigits(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), "")) }

func endKey(tx *store.Tx, key store.OverseerKey) error {
	key.State, key.EndedAt = store.KeyReplaced, tx.Now
	return store.OverseerKeys.Put(tx, store.OverseerKeyID(key.Name, key.Digits), key)
}

// Overseers lists the overseers' keys that are and were, newest first.
func (d *Desk) Overseers(ctx context.Context, who caller.Caller) (all []api.Overseer, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.SeeOverseers}, func(tx *store.Tx) error {
		all, err = overseers(tx, "")
		return err
	})
	return all, err
}

// overseers are the keys of one overseer, or of all.
func overseers(tx *store.Tx, name string) (all []api.Overseer, err error) {
	keys, err := store.OverseerKeys.List(tx, 0)
	for _, key := range keys {
		if name == "" || key.Name == name {
			all = append(all, showOverseer(key))
		}
	}
	return all, err
}

func showOverseer(k store.OverseerKey) api.Overseer {
	return api.Overseer{
		OverseerKey: api.OverseerKey{Format: api.OverseerKeyFormat, Name: k.Name, Sign: k.Sign, Open: k.Open}, Digits: k.Digits,
		State: k.State, By: k.By, At: k.At, ConfirmedBy: k.ConfirmedBy, ConfirmedAt: k.ConfirmedAt, EndedAt: k.EndedAt,
	}
}

// admit is a person as the credential lets in: once overseers sign in by their own
// keys, whoever comes by anything else is no overseer. Who is nothing else is
// Denied.
func admit(tx *store.Tx, person store.Person, cred store.Cred) (caller.Caller, error) {
	who := asCaller(person)
	if cred.Keyed || !who.Has(caller.Overseer) {
		return who, nil
	}
	decide, err := tx.KeysDecide()
	if err != nil || !decide {
		return who, err
	}
	who.Roles = slices.DeleteFunc(who.Roles, func(r caller.Role) bool { return r == caller.Overseer })
	if len(who.Roles) == 0 {
		err = problem.New(problem.Denied, "tocsin overseer sign-in --key FILE", "an overseer signs in with the own key, and with no link")
	}
	return who, err
}

// How long a browser's link is good that an overseer made, and a challenge.
const (
	OwnLinkFor   = 5 * time.Minute
	ChallengeFor = 2 * time.Minute
)
