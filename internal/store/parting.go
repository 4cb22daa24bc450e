// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps what a parting leaves behind: which messages were taken out of
// the queue, and which keys are not trusted any more.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Drops are messages that were taken out of the queue, by their hash.
// Revocations are keys that are not trusted any more, by keyName.
var (
	Drops       = Table[Drop]{kind: "drop", name: "dropped message", state: func(d *Drop) string { return d.Partner }, at: func(d *Drop) time.Time { return d.At }}
	Revocations = Table[Revocation]{kind: "revocation", name: "revocation", state: func(r *Revocation) string { return r.Partner },
		at: func(r *Revocation) time.Time { return r.Since }}
)

// Drop is a message of ours that an expulsion, or a policy, took out of the queue.
type Drop struct {
	Hash    string        `json:"hash"`
	Partner string        `json:"partner"`
	Seq     uint64        `json:"seq"`
	Kind    envelope.Kind `json:"kind"`
	Case    string        `json:"case,omitempty"`
	At      time.Time     `json:"at"`
	By      string        `json:"by"`
	Why     string        `json:"why"`
	// OnItsWay says that it was leaving at that very moment, Tries how often it had
	// been posted before: either may have brought it there. A receipt that comes
	// later is the truth.
	OnItsWay bool `json:"on_its_way,omitzero"`
	Tries    int  `json:"tries,omitzero"`
}

// Drop takes everything queued for a channel's partner out of the queue, visibly.
// onTheirWay are the hashes that Recall returned.
func (tx *Tx) Drop(channel *partner.Channel, why string, onTheirWay []string) error {
	leaving := make(map[string]bool, len(onTheirWay))
	for _, hash := range onTheirWay {
		leaving[hash] = true
	}
	parcels, err := tx.Parcels(channel.Name, 0, 1<<30)
	if err != nil {
		return err
	}
	for _, parcel := range parcels {
		message, err := tx.Message(parcel.Hash)
		if err != nil {
			return err
		}
		if message.Kind == envelope.KeyChange {
			continue // without it, the partner could verify nothing when it is back
		}
		if err := tx.drop(parcel, &message, why, leaving[parcel.Hash]); err != nil {
			return err
		}
		channel.Dropped = append(channel.Dropped, envelope.Missing{Seq: parcel.Seq, Hash: parcel.Hash, Why: "dropped"})
	}
	return nil
}

// DropParcel takes one parcel out of the queue, visibly. onTheirWay are the
// hashes that Recall returned.
func (tx *Tx) DropParcel(parcel Parcel, why string, onTheirWay []string) error {
	message, err := tx.Message(parcel.Hash)
	if err != nil {
		return err
	}
	return tx.drop(parcel, &message, why, slices.Contains(onTheirWay, parcel.Hash))
}

func (tx *Tx) drop(parcel Parcel, message *Message, why string, onItsWay bool) error {
	if err := tx.SetMessageState(message, Dropped); err != nil {
		return err
	}
	if err := tx.Unqueue(parcel.Hash); err != nil {
		return err
	}
	if err := tx.NotWarned(message, "the warning was taken out of the queue, and did not leave"); err != nil {
		return err
	}
	return Drops.Put(tx, parcel.Hash, Drop{
		Hash: parcel.Hash, Partner: parcel.Partner, Seq: parcel.Seq, Kind: message.Kind, Case: message.Thread, At: tx.Now, By: tx.who.Name, Why: why,
		OnItsWay: onItsWay, Tries: parcel.Tries,
	})
}

// Tried counts a try of parcels that were recalled while they were on their way,
// and makes them due again.
func (tx *Tx) Tried(hashes []string) error {
	for _, hash := range hashes {
		if err := tx.exec(`UPDATE queue SET tries = tries + 1, due = $1 WHERE hash = $2`, micros(tx.Now), hash); err != nil {
			return err
		}
	}
	return nil
}

// Revocation says that a key is not trusted, since when and why.
type Revocation struct {
	Partner string    `json:"partner"`
	Key     string    `json:"key"` // what it is for
	Since   time.Time `json:"since"`
	Why     string    `json:"why"`
	By      string    `json:"by"`
}

// Revoke records that no key of the channel's card is trusted any more.
func (tx *Tx) Revoke(channel *partner.Channel) error {
	for key, name := range keyNames(channel.Card) {
		r := Revocation{Partner: channel.Name, Key: key, Since: channel.Revoked, Why: channel.Why, By: tx.who.Name}
		if err := Revocations.Put(tx, name, r); err != nil {
			return err
		}
	}
	return nil
}

// Trust takes the revocation of the channel's keys back.
func (tx *Tx) Trust(channel *partner.Channel) error {
	for _, name := range keyNames(channel.Card) {
		r, revoked, err := Revocations.Find(tx, name)
		if err == nil && revoked && r.Partner == channel.Name {
			err = Revocations.Delete(tx, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Revoked finds a revocation of any key that a card shows; ok is false if there
// is none.
func (tx *Tx) Revoked(card envelope.Card) (r Revocation, ok bool, err error) {
	for _, name := range keyNames(card) {
		if r, ok, err = Revocations.Find(tx, name); err != nil || ok {
			return r, ok, err
		}
	}
	return Revocation{}, false, nil
}

// keyNames are what a card's keys are kept under, by what they are for.
func keyNames(card envelope.Card) map[string]string {
	names := make(map[string]string)
	keys := map[string]string{"id": card.ID(), "sign": string(card.Sign), "log": card.Log, "seal": card.Seal}
	for i, cosigner := range card.Witness {
		keys[fmt.Sprintf("witness %d", i+1)] = cosigner
	}
	for key, value := range keys {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", key, value))
		names[key] = hex.EncodeToString(sum[:])
	}
	return names
}

// notAgain refuses a card that shows a key of a partner who was expelled.
func (tx *Tx) notAgain(channel partner.Channel) error {
	r, revoked, err := tx.Revoked(channel.Card)
	if err == nil && revoked {
		err = problem.New(problem.Conflict, "see tocsin partner show "+r.Partner, "%s shows a key of %s that is revoked since %s",
			channel.Name, r.Partner, r.Since.Format(time.DateOnly))
	}
	return err
}
