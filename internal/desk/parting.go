// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds how we part from a partner, limited, suspended, frozen or
// expelled, and how a partner comes back.

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

// SetState limits, suspends, freezes, expels or restores a partner. When it has
// returned, nothing that only the state before let leave is on its way any more:
// posts under way are ended first, and what they carried may have arrived.
//
// Expulsion revokes the partner's keys, drops what is queued, visibly, and ends
// the accounts of the partner's tools; a partner that was expelled must have its
// digits compared again before it is active. A frozen channel keeps everything.
func (d *Desk) SetState(ctx context.Context, who caller.Caller, name string, state partner.State, why string) (partner.Channel, error) {
	if _, err := partner.ParseState(string(state)); err != nil {
		return partner.Channel{}, err
	}
	return d.part(ctx, who, name, string(state), why, func(c *partner.Channel, tx *store.Tx) error { return c.Turn(state, who.Name, why, tx.Now) })
}

// Unfreeze returns a frozen channel to the state it had before.
func (d *Desk) Unfreeze(ctx context.Context, who caller.Caller, name, why string) (partner.Channel, error) {
	return d.part(ctx, who, name, "unfrozen", why, func(c *partner.Channel, tx *store.Tx) error { return c.Thaw(who.Name, why, tx.Now) })
}

func (d *Desk) part(ctx context.Context, who caller.Caller, name, note, why string, turn func(*partner.Channel, *store.Tx) error) (channel partner.Channel, err error) {
	if err := reasoned(why); err != nil {
		return channel, err
	}
	what := store.What{Act: caller.SetState, Subject: name, Note: note}
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		before := channel.State
		if err := turn(&channel, tx); err != nil {
			return err
		}
		return become(tx, &channel, before)
	})
	return channel, err
}

// FreezeAll freezes every channel that is not frozen, in one transaction, and
// returns their names. With undo it returns every frozen one to the state it had.
func (d *Desk) FreezeAll(ctx context.Context, who caller.Caller, why string, undo bool) (names []string, err error) {
	if err := reasoned(why); err != nil {
		return nil, err
	}
	what := store.What{Act: caller.SetState, Note: "all frozen"}
	if undo {
		what.Note = "all unfrozen"
	}
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		names = nil
		channels, err := store.Channels.List(tx, 0)
		if err != nil {
			return err
		}
		for _, channel := range channels {
			before := channel.State
			if (before == partner.Frozen) != undo {
				continue
			}
			turn := func() error { return channel.Turn(partner.Frozen, who.Name, why, tx.Now) }
			if undo {
				turn = func() error { return channel.Thaw(who.Name, why, tx.Now) }
			}
			if err := turn(); err != nil {
				return err
			}
			if err := become(tx, &channel, before); err != nil {
				return err
			}
			names = append(names, channel.Name)
		}
		return nil
	})
	return names, err
}

func reasoned(why string) error {
	if strings.TrimSpace(why) == "" || len(why) > warning.MaxWord {
		return problem.New(problem.Invalid, "say in a sentence why", "a change of state needs a reason")
	}
	return nil
}

// become makes the store follow a channel that was turned.
func become(tx *store.Tx, channel *partner.Channel, before partner.State) error {
	onTheirWay, err := tx.Recall(channel.Name)
	if err != nil {
		return err
	}
	if err := tx.Tried(onTheirWay); err != nil {
		return err
	}
	if channel.State == partner.Expelled && before != partner.Expelled {
		if err := tx.Drop(channel, channel.Why, onTheirWay); err != nil {
			return err
		}
		if err := tx.Revoke(channel); err != nil {
			return err
		}
		if err := tx.EndAccounts(channel.Name); err != nil {
			return err
		}
	}
	if err := store.Channels.Put(tx, channel.Name, *channel); err != nil {
		return err
	}
	if !channel.Opens() {
		return nil
	}
	if err := tx.DueNow(channel.Name); err != nil {
		return err
	}
	if err := renewVoice(tx, channel); err != nil {
		return err
	}
	return wishState(tx, *channel)
}

// renewVoice wishes for a new secret for the voice if the digits were compared
// anew since the one there is was made: whoever had the keys may have it.
func renewVoice(tx *store.Tx, channel *partner.Channel) error {
	voice, _, err := store.Voices.Find(tx, channel.Name)
	if err != nil || !channel.Opens() || len(voice.Ours) == 0 || voice.Confirmed.Equal(channel.ConfirmedAt) {
		return err
	}
	id := "wish--voice--" + channel.Name
	return store.Wishes.Put(tx, id, store.Wish{ID: id, Partner: channel.Name, Kind: string(envelope.Voice), Made: tx.Now})
}

// trustAgain ends the revocation of keys whose digits were compared anew. While
// the partner is expelled, or frozen as one who was, it stays.
func trustAgain(tx *store.Tx, channel *partner.Channel) error {
	if channel.Revoked.IsZero() || channel.State == partner.Expelled || channel.Before == partner.Expelled {
		return nil
	}
	channel.Revoked = time.Time{}
	return tx.Trust(channel)
}

// revokedElsewhere raises an alarm if a stranger's card shows a key of a partner
// that was expelled.
func revokedElsewhere(tx *store.Tx, card envelope.Card) (bool, error) {
	r, revoked, err := tx.Revoked(card)
	if err != nil || !revoked {
		return false, err
	}
	return true, tx.Raise(warning.RevokedAlarm(r.Partner, card.Name))
}

// wishState leaves the outbox a notice to send: the channel is open again.
func wishState(tx *store.Tx, channel partner.Channel) error {
	notice := warning.StateNotice{State: string(channel.State), Epoch: channel.Epoch, Dropped: channel.Dropped}
	raw, err := warning.Encode(notice)
	if err != nil {
		return err
	}
	id := newID("wish")
	return store.Wishes.Put(tx, id, store.Wish{ID: id, Partner: channel.Name, Kind: string(envelope.State), Payload: raw, Made: tx.Now})
}
