// SPDX-License-Identifier: Apache-2.0

package inbox

// This file hears what was said by voice, and ties it to its message when that
// comes.

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/spoken"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Heard takes the lines of digits as they were heard, says whose they are and
// what they say, and rings. The same lines again change nothing. Lines that do
// not fit are named.
func (in *Inbox) Heard(ctx context.Context, who caller.Caller, lines string) (shown api.Heard, err error) {
	if err := who.May(caller.Hear); err != nil {
		return shown, err
	}
	sealed, wrong, missing, err := spoken.Parse(lines)
	if err != nil {
		refusal := problem.New(problem.Invalid, "ask for those lines again, and type all of them", "this was not heard right").Because(err)
		for _, line := range wrong {
			refusal.With(fmt.Sprintf("line %d does not fit", line))
		}
		if missing > 0 {
			refusal.With(fmt.Sprintf("%d lines are missing behind the last", missing))
		}
		if len(wrong) == 0 && missing == 0 {
			refusal.With("there is no line of digits, or one that does not belong to the others")
		}
		return shown, refusal
	}
	err = in.store.Change(ctx, who, store.What{Act: caller.Hear}, func(tx *store.Tx) error {
		channel, key, content, err := in.speaker(tx, sealed)
		if err != nil {
			return err
		}
		heard, known, err := tx.HeardOf(channel.Name, hex.EncodeToString(content.Prefix[:]))
		switch {
		case err != nil:
		case !known:
			heard, err = in.keepHeard(tx, who.Name, channel, content, sealed)
		case !bytes.Equal(heard.Sealed, sealed):
			heard, err = keepBeside(tx, who.Name, heard, content, sealed)
		}
		if err != nil {
			return err
		}
		shown = showHeard(heard, channel, content)
		shown.ReadBack = key.ReadBack(sealed)
		return nil
	})
	return shown, err
}

// keepHeard keeps what is heard for the first time, with its message if that is
// here, and rings.
func (in *Inbox) keepHeard(tx *store.Tx, by string, channel partner.Channel, content spoken.Content, sealed []byte) (store.Heard, error) {
	prefix := hex.EncodeToString(content.Prefix[:])
	heard := newHeard(channel.Name, prefix, sealed, content)
	heard.At, heard.By = tx.Now, by
	here, err := tx.ByPrefix(channel.Name, prefix)
	if err != nil {
		return heard, err
	}
	if len(here) > 0 {
		heard.Message, heard.Case = here[0].Hash, here[0].Thread
	}
	if err := store.Heards.Put(tx, heard.Key(), heard); err != nil {
		return heard, err
	}
	if len(here) == 0 {
		return heard, tx.Raise(spokenAlarm(channel, heard, content))
	}
	if len(here) > 1 {
		if err := tx.Raise(beginsAlike(heard, here[1].Hash)); err != nil {
			return heard, err
		}
	}
	return heard, in.compare(tx, heard)
}

// keepBeside keeps what is heard of a message of which something else was heard first,
// beside that, and rings. The same again changes nothing.
func keepBeside(tx *store.Tx, by string, first store.Heard, content spoken.Content, sealed []byte) (store.Heard, error) {
	id := store.HeardBeside(&first, sealed)
	kept, known, err := store.Heards.Find(tx, id)
	if err != nil || known {
		return kept, err
	}
	heard := newHeard(first.Partner, first.Prefix, sealed, content)
	heard.ID, heard.At, heard.By, heard.Message, heard.Case = id, tx.Now, by, first.Message, first.Case
	if err := store.Heards.Put(tx, id, heard); err != nil {
		return heard, err
	}
	return heard, tx.Raise(anotherSpoken(first.Partner, first.Key(), first.Partner+" said one thing by voice, and then another, of one and the same message: both are in tocsin heard --list: compare them, and call"))
}

// newHeard is what is kept of lines that were heard.
func newHeard(name, prefix string, sealed []byte, c spoken.Content) store.Heard {
	handled, _ := warning.SpokenHandling(c) // who speaks was found by what is known of it
	return store.Heard{
		ID: store.HeardID(name, prefix), Partner: name, Prefix: prefix, Sealed: sealed, Sent: c.Sent,
		Label: handled.TLP, OfPerson: warning.TargetKinds()[c.Target] == "person", ToLife: warning.ThreatType(warning.ThreatTypes()[c.Threat]).ToLife(),
	}
}

// speaker finds the partner with whose key something was said.
func (in *Inbox) speaker(tx *store.Tx, sealed []byte) (channel partner.Channel, key spoken.Key, content spoken.Content, err error) {
	channels, err := store.Channels.List(tx, 0)
	if err != nil {
		return channel, key, content, err
	}
	for _, channel := range channels {
		voice, _, err := store.Voices.Find(tx, channel.Name)
		if err != nil {
			return channel, key, content, err
		}
		if !voice.Agreed() {
			continue
		}
		if _, key, err = in.ring.VoiceKeys(voice.Ours, voice.Theirs, channel.ID, channel.Card.ID()); err != nil {
			return channel, key, content, err
		}
		content, err = key.Open(sealed)
		if _, known := warning.SpokenHandling(content); err == nil && (content.Threat >= len(warning.ThreatTypes()) || content.Target >= len(warning.TargetKinds()) || !known) {
			err = spoken.ErrFormat
		}
		if err == nil {
			return channel, key, content, nil
		}
		if !errors.Is(err, spoken.ErrKey) {
			break
		}
	}
	return channel, key, content, problem.New(problem.Invalid, "every line fits, so ask who is speaking, and whether they say it for you", "this was not said with the key of any partner")
}

func showHeard(heard store.Heard, channel partner.Channel, c spoken.Content) api.Heard {
	precedence := handling.Flash
	if c.Precedence == 1 {
		precedence = handling.Immediate
	}
	threat := warning.ThreatType(warning.ThreatTypes()[c.Threat])
	handled, _ := warning.SpokenHandling(c) // who speaks was found by what is known of it
	return api.Heard{
		ID: heard.Key(), Partner: heard.Partner, Channel: string(channel.State), Sent: c.Sent, Precedence: string(precedence), TLP: string(handled.TLP), Handling: handled,
		Threat: string(threat), ToLife: threat.ToLife(), Target: warning.TargetKinds()[c.Target], Country: c.Country,
		Start: c.Start, End: c.End, AnswerBy: c.AnswerBy, Text: c.Text,
		HeardAt: heard.At, HeardBy: heard.By, Prefix: heard.Prefix, Message: heard.Message, Case: heard.Case,
	}
}

func spokenAlarm(channel partner.Channel, heard store.Heard, c spoken.Content) warning.Alarm {
	level := handling.Flash
	if c.Precedence == 1 {
		level = handling.Immediate
	}
	return warning.Alarm{Kind: warning.AlarmSpoken, Partner: channel.Name, Subject: heard.Key(), Level: level,
		Text: "a warning of " + channel.Name + ", whose channel is " + string(channel.State) + ", was heard by voice, and its message has not come: tocsin heard --list"}
}

// spoke ties a warning that came to what was heard of it, once and by its whole
// hash, and rings if what was said spoke of another one of that minute, or if
// another that begins alike was tied to it before.
func (h *hearing) spoke(kept store.Message, header envelope.Header) error {
	if kept.Kind != envelope.Warning && kept.Kind != envelope.Update {
		return nil
	}
	heard, ok, err := h.tx.HeardOf(h.channel.Name, kept.Hash[:2*spoken.PrefixSize])
	if err != nil {
		return err
	}
	if ok && heard.Message != "" {
		return h.tx.Raise(beginsAlike(heard, kept.Hash))
	}
	if ok {
		heard.Message, heard.Case = kept.Hash, kept.Thread
		alarm := warning.Alarm{Kind: warning.AlarmSpoken, Partner: heard.Partner, Subject: heard.Key()}
		if err := h.tx.Settle(alarm, "node", "its message came: "+kept.Thread); err != nil {
			return err
		}
		if err := h.in.compare(h.tx, heard); err != nil {
			return err
		}
		if err := store.Heards.Put(h.tx, heard.Key(), heard); err != nil {
			return err
		}
		return h.besides(heard)
	}
	waiting, err := store.Heards.List(h.tx, 0, store.HeardOpen(h.channel.Name, true))
	if err != nil {
		return err
	}
	for _, other := range waiting {
		if other.Sent.Equal(header.Sent.Truncate(time.Minute)) {
			err = h.tx.Raise(anotherSpoken(h.channel.Name, kept.Hash, "a warning of "+h.channel.Name+" came that is not the one that was heard by voice of that minute: compare them, and call"))
		}
	}
	return err
}

// besides ties what else was heard of a message to it, so that it goes with its case.
func (h *hearing) besides(first store.Heard) error {
	all, err := h.tx.HeardBesides(first.Partner, first.Prefix)
	for _, other := range all {
		if err == nil && other.Message == "" {
			other.Message, other.Case = first.Message, first.Case
			err = store.Heards.Put(h.tx, other.Key(), other)
		}
	}
	return err
}

// compare rings if what was said by voice is not what its message says: whoever
// says it chooses which message it names.
func (in *Inbox) compare(tx *store.Tx, heard store.Heard) error {
	channel, _, content, err := in.speaker(tx, heard.Sealed)
	if problem.Is(err, problem.Invalid) || err == nil && channel.Name != heard.Partner {
		return nil // the secret was agreed on anew
	}
	if err != nil {
		return err
	}
	m, err := tx.Message(heard.Message)
	if err != nil || m.Gone() {
		return err
	}
	opened, err := m.Opened()
	if err != nil {
		return err
	}
	if payload, err := decode(opened); err == nil && warning.SaysSpoken(content, m.Hash, opened.Header.Sent, payload) {
		return nil
	}
	return tx.Raise(anotherSpoken(heard.Partner, m.Hash, "the message that "+heard.Partner+" named by voice says something else than was said: compare them, and call"))
}

// beginsAlike rings for a second message that begins as was said. Whoever signs can
// make two such, with much work: the first keeps its place, since a call that was
// answered by one must not come to mean the other.
func beginsAlike(heard store.Heard, second string) warning.Alarm {
	return anotherSpoken(heard.Partner, second, "two messages of "+heard.Partner+" begin as was said by voice, which does not happen by chance: what was heard stays with the first, message "+
		heard.Message+", and this is the second: compare them, and call")
}

func anotherSpoken(name, subject, text string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmSpokenOther, Partner: name, Subject: subject, Level: handling.Immediate, Text: text}
}

// voice keeps the partner's half of the secret for what is said by voice, and
// wishes that ours be sent if it was not.
func (h *hearing) voice(v *warning.Voice) error {
	locked, err := h.in.ring.TakeVoice(v.Sealed)
	if err != nil {
		h.in.log.Warn("a secret for the voice cannot be opened", "partner", h.channel.Name, "err", err)
		return nil // the message is kept; without the secret nothing can be said
	}
	voice, _, err := store.Voices.Find(h.tx, h.channel.Name)
	if err != nil {
		return err
	}
	voice.Theirs = locked
	if err := store.Voices.Put(h.tx, h.channel.Name, voice); err != nil {
		return err
	}
	if len(voice.Ours) > 0 && voice.Confirmed.Equal(h.channel.ConfirmedAt) {
		return nil
	}
	id := "wish--voice--" + h.channel.Name
	return store.Wishes.Put(h.tx, id, store.Wish{ID: id, Partner: h.channel.Name, Kind: string(envelope.Voice), Made: h.tx.Now})
}
