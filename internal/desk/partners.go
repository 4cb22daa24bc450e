// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds how a partner is met and checked by voice, and on which terms.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// DefaultTerms are proposed when the inviting side brings none of its own.
func DefaultTerms(now time.Time) warning.Terms {
	return warning.Terms{
		LegalBasis:     "to be named by the parties; until then the duty to protect life",
		Purposes:       []string{"prevention of threats to life", "prevention of serious crime"},
		RetentionDays:  365,
		Onward:         "not beyond the recipient's organisation without the originator's permission",
		OwnIdentifiers: true,
		Review:         warning.DateOf(now.AddDate(1, 0, 0)),
	}
}

// Invite makes the text of an invitation, good once and for seven days. With
// nil terms the default terms are proposed.
func (d *Desk) Invite(ctx context.Context, who caller.Caller, terms *warning.Terms) (text string, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.Invite}, func(tx *store.Tx) error {
		proposed := DefaultTerms(tx.Now)
		if terms != nil {
			proposed = *terms
		}
		if err := proposed.Validate(); err != nil {
			return problem.Incomplete("the terms are not complete", err)
		}
		raw, err := warning.Encode(proposed)
		if err != nil {
			return err
		}
		secret := newSecret()
		invite := partner.Invite{Made: tx.Now, Expires: tx.Now.Add(partner.InviteFor), By: who.Name, Terms: raw}
		if err := store.Invites.Put(tx, digest(secret), invite); err != nil {
			return err
		}
		card, err := tx.OwnCard(d.card)
		if err != nil {
			return err
		}
		keys, err := tx.History(card)
		if err != nil {
			return err
		}
		text, err = partner.InviteText{Card: card, Secret: secret, Expires: invite.Expires, Terms: raw, Keys: keys}.Encode()
		return err
	})
	return text, err
}

// Accept takes an invitation: the partner is known from now on, its digits can
// be compared, and the courier brings our card to it.
func (d *Desk) Accept(ctx context.Context, who caller.Caller, text string) (channel partner.Channel, err error) {
	invite, err := partner.ParseInvite(text)
	if err != nil {
		return channel, err
	}
	var terms warning.Terms
	if err := warning.Read(invite.Terms, &terms); err != nil {
		return channel, problem.Incomplete("the invitation's terms cannot be read", err)
	}
	if err := terms.Validate(); err != nil {
		return channel, problem.Incomplete("the invitation's terms are not complete", err)
	}
	// Both sides compare what they signed byte for byte, however it was written here.
	proposed, err := warning.Encode(terms)
	if err != nil {
		return channel, err
	}
	if invite.Card.ID() == d.card.ID() {
		return channel, problem.New(problem.Invalid, "give the text to the other side", "this is our own invitation")
	}
	what := store.What{Act: caller.AcceptInvite, Subject: invite.Card.Name}
	changed, refused := false, false
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if tx.Now.After(invite.Expires) {
			return problem.New(problem.Conflict, "ask the other side for a new one", "this invitation expired on %s", invite.Expires.Format(time.DateOnly))
		}
		known, exists, err := store.Channels.Find(tx, invite.Card.Name)
		if err != nil {
			return err
		}
		if !exists {
			if refused, err = revokedElsewhere(tx, invite.Card); err != nil || refused {
				return err
			}
		}
		if exists && !known.Card.SameKeys(invite.Card) {
			// The alarm must stay, so this is no error of the transaction.
			changed = true
			return tx.Raise(warning.KeyAlarm(invite.Card.Name))
		}
		if exists {
			return problem.New(problem.Conflict, "see tocsin partner show "+known.Name, "%s is a partner already", known.Name)
		}
		channel = partner.NewChannel(d.card, invite.Card, proposed, tx.Now).With(invite.Keys)
		channel.By = who.Name
		if err := tx.AddChannel(channel); err != nil {
			return err
		}
		pairing := partner.Pairing{Partner: channel.Name, Secret: invite.Secret, State: partner.PairingWaiting, Until: invite.Expires, Due: tx.Now}
		return store.Pairings.Put(tx, channel.Name, pairing)
	})
	if err == nil && changed {
		err = problem.New(problem.Conflict, "call them on a number you know; expel the old partner first if they really changed their keys",
			"%s is known here with other keys: an alarm was raised", invite.Card.Name)
	}
	if err == nil && refused {
		err = problem.New(problem.Conflict, "see tocsin partner list: one of them was expelled; restore it under its own name",
			"%s shows a key that is revoked: an alarm was raised", invite.Card.Name)
	}
	return channel, err
}

// Confirm records that a person compared the 60 digits by voice. The digits as
// the partner read them must be given: nobody confirms by habit.
func (d *Desk) Confirm(ctx context.Context, who caller.Caller, name, digits string) (channel partner.Channel, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.ConfirmPartner, Subject: name}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if err := channel.Trustable(); err != nil {
			return err
		}
		own, err := tx.OwnCard(d.card)
		if err != nil {
			return err
		}
		expected := compact(envelope.SafetyNumber(own, channel.Card))
		if n := len(compact(digits)); n != len(expected) {
			return problem.New(problem.Invalid, "type all of them, ours and theirs, as tocsin partner show "+name+" has them and the partner reads them: the 30 digits of one node are half",
				"these are %d digits, not the %d digits that are to be compared", n, len(expected))
		}
		if compact(digits) != expected {
			return problem.New(problem.Invalid, "read them to each other again, on a line you trust; if they differ, somebody is between you",
				"these are not the 60 digits this node sees for %s", name)
		}
		channel.ConfirmedBy, channel.ConfirmedAt, channel.Keys.Changed = who.Name, tx.Now, time.Time{}
		if err := trustAgain(tx, &channel); err != nil {
			return err
		}
		if err := tx.Settle(warning.StolenKeys(name, tx.Now), who.Name, "the digits of the new keys were compared"); err != nil {
			return err
		}
		settled := channel.Settle(who.Name, tx.Now)
		if err := store.Channels.Put(tx, name, channel); err != nil {
			return err
		}
		if err := renewVoice(tx, &channel); err != nil {
			return err
		}
		if settled && channel.Epoch > 1 {
			return wishState(tx, channel)
		}
		return nil
	})
	return channel, err
}

// Propose puts other terms on the table of a channel whose terms we have not
// signed yet: terms of our own, or, with nil, the ones the partner signed.
func (d *Desk) Propose(ctx context.Context, who caller.Caller, name string, terms *warning.Terms) (channel partner.Channel, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.SignTerms, Subject: name, Note: "propose"}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if channel.State != partner.Pending {
			return problem.New(problem.Conflict, "", "the terms with %s are signed by both", name)
		}
		raw := channel.TheirTerms
		if terms != nil {
			if err := terms.Validate(); err != nil {
				return problem.Incomplete("the terms are not complete", err)
			}
			if raw, err = warning.Encode(terms); err != nil {
				return err
			}
		}
		if len(raw) == 0 {
			return problem.New(problem.Conflict, "", "%s has not signed any terms yet", name)
		}
		channel.Proposed, channel.OurTerms = raw, nil
		return store.Channels.Put(tx, name, channel)
	})
	return channel, err
}

func compact(digits string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, digits)
}
