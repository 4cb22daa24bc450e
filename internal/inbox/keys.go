// SPDX-License-Identifier: Apache-2.0

package inbox

// This file hears that a partner's keys changed, and verifies each message with
// the key that was in force at its place.

import (
	"errors"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// verify checks who signed a message, by the key in force at its place.
func (in *Inbox) verify(channel *partner.Channel, m *envelope.Message) error {
	card := channel.CardAt(m.Header.Seq)
	return m.Verify(card.Public(), card.ID(), in.ring.ID())
}

func changesKeys(m *envelope.Message) bool { return m != nil && m.Header.Kind == envelope.KeyChange }

// verifyAll verifies the messages of a delivery, in their order: what stands
// behind a change of keys is signed with the new one. What is not right becomes
// nil, and errs says why.
func (in *Inbox) verifyAll(channel partner.Channel, opened []*envelope.Message, errs []error) {
	if !slices.ContainsFunc(opened, changesKeys) {
		return
	}
	for i, m := range opened {
		if m == nil {
			continue
		}
		if errs[i] != nil {
			errs[i] = in.verify(&channel, m)
		}
		if errs[i] == nil {
			follow(&channel, m)
		}
	}
}

// follow puts the keys that a message brings in the place of those the channel
// has, if they are right.
func follow(channel *partner.Channel, m *envelope.Message) {
	if !changesKeys(m) {
		return
	}
	payload, err := decode(m)
	change, isChange := payload.(*warning.KeyChange)
	if err != nil || !isChange {
		return
	}
	if s, err := channel.Check(change.Change); err == nil {
		channel.Replace(change.Change, s, m.Header.Seq, s.At)
	}
}

// ahead is the channel as it is when all of the messages are heard, as far as
// its keys go. They must have been verified.
func ahead(channel partner.Channel, opened []*envelope.Message) partner.Channel {
	for _, m := range opened {
		follow(&channel, m)
	}
	return channel
}

// keysChanged puts the new keys in the place of the old ones, if both signed. A
// change that they did not both sign is kept as a message and changes nothing.
// After a theft the channel is shut until people have compared the digits: a
// thief of the old keys could have sent it, too.
func (h *hearing) keysChanged(change envelope.Change, kept *store.Message) error {
	name := h.channel.Name
	s, err := h.channel.Check(change)
	if err != nil {
		h.in.log.Warn("change of keys refused", "partner", name, "envelope", kept.Hash, "err", err)
		text := "it is not signed with the keys that it names"
		if !errors.Is(err, envelope.ErrChangeNew) && !errors.Is(err, envelope.ErrChangeOld) {
			text = "it does not go on from the keys that are known"
		}
		if errors.Is(err, partner.ErrTooMany) {
			text = "it has changed its keys as often as a node may"
		}
		return h.tx.Raise(warning.Alarm{Kind: warning.AlarmKeysRefused, Partner: name, Subject: name, Level: handling.Flash,
			Text: name + " sent a change of keys that is not right: " + text + ". Nothing was changed; the message is kept. Somebody may have its signing key: call them on a number you know"})
	}
	if err := h.datedBack(s, kept); err != nil {
		return err
	}
	h.channel.Replace(change, s, kept.Seq, h.tx.Now)
	if err := store.Keys.Put(h.tx, s.New.KeyID(), store.KeyOwner{Partner: name}); err != nil {
		return err
	}
	if !h.channel.Revoked.IsZero() {
		if err := h.tx.Revoke(&h.channel); err != nil { // whom we expelled has no keys that are trusted
			return err
		}
	}
	if s.Why != envelope.Compromise {
		if err := store.Channels.Put(h.tx, name, h.channel); err != nil {
			return err
		}
		return h.tx.CloseLog(name)
	}
	h.channel.Distrust("", s.Reason, h.tx.Now)
	if err := store.Channels.Put(h.tx, name, h.channel); err != nil {
		return err
	}
	onTheirWay, err := h.tx.Recall(name)
	if err == nil {
		err = h.tx.Tried(onTheirWay)
	}
	if err != nil {
		return err
	}
	return h.tx.Raise(warning.StolenKeys(name, s.Since))
}

// datedBack tells people of a change of keys that says it is older than what the
// partner signed with the keys it replaces. What it signed in between verifies
// all the same, and is shown as in doubt.
func (h *hearing) datedBack(s envelope.ChangeStatement, kept *store.Message) error {
	newest, err := h.signedLast(kept.Seq)
	if err != nil || !newest.After(s.At.Add(envelope.Late)) {
		return err
	}
	name := h.channel.Name
	return h.tx.Raise(warning.Alarm{Kind: warning.AlarmClock, Partner: name, Subject: kept.Hash, Level: handling.Immediate,
		Text: name + " says that it replaced its keys on " + s.At.Format(time.RFC3339) + ", and signed with them until " + newest.Format(time.RFC3339) +
			": its clock was wrong, or it wants to deny what it signed in between, which still verifies. Ask why"})
}

// signedLast is the time that the partner gave the newest of what it signed
// before that place of its chain: the message before it, and its newest receipt.
func (h *hearing) signedLast(seq uint64) (newest time.Time, err error) {
	before, ok, err := h.tx.AtSeq(h.channel.ID, store.In, seq-1)
	if err != nil {
		return newest, err
	}
	if ok {
		opened, err := before.Opened()
		if err != nil {
			return newest, err
		}
		newest = opened.Header.Sent
	}
	given, ok, err := h.tx.LastDelivered(h.channel.Name)
	if err != nil || !ok {
		return newest, err
	}
	r, err := receipt.Parse(given.Receipt)
	if err == nil && r.Statement.Time().After(newest) {
		newest = r.Statement.Time()
	}
	return newest, err
}

// changesFor are our changes of keys that the partner has not receipted yet: it
// may need them to verify what it is answered.
func changesFor(tx *store.Tx, name string) (changes []envelope.Change, err error) {
	notices, err := tx.UnreadKeys(name)
	for _, notice := range notices {
		if err == nil {
			var own store.OwnChange
			own, err = store.OwnKeys.Get(tx, store.SeqText(notice.Number))
			changes = append(changes, own.Change)
		}
	}
	return changes, err
}
