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
		id := hex.EncodeToString(content.Prefix[:])
		heard, known, err := store.Heards.Find(tx, id)
		if err != nil {
			return err
		}
		if known && heard.Partner == channel.Name && !bytes.Equal(heard.Sealed, sealed) {
			if err := tx.Raise(anotherSpoken(channel.Name, id, channel.Name+" said one thing by voice, and then another, of one and the same message: compare them, and call")); err != nil {
				return err
			}
		}
		if !known || heard.Partner != channel.Name {
			heard = newHeard(channel.Name, id, sealed, content)
			heard.At, heard.By = tx.Now, who.Name
			if heard.Message, heard.Case, _, err = tx.ByPrefix(channel.Name, id); err != nil {
				return err
			}
			if err := store.Heards.Put(tx, id, heard); err != nil {
				return err
			}
			if heard.Message == "" {
				err = tx.Raise(spokenAlarm(channel, heard, content))
			} else {
				err = in.compare(tx, heard)
			}
			if err != nil {
				return err
			}
		}
		shown = showHeard(heard, channel, content)
		shown.ReadBack = key.ReadBack(sealed)
		return nil
	})
	return shown, err
}

// newHeard is what is kept of lines that were heard.
func newHeard(name, id string, sealed []byte, c spoken.Content) store.Heard {
	handled, _ := warning.SpokenHandling(c) // who speaks was found by what is known of it
	return store.Heard{
		Partner: name, Prefix: id, Sealed: sealed, Sent: c.Sent,
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
		Partner: heard.Partner, Channel: string(channel.State), Sent: c.Sent, Precedence: string(precedence), TLP: string(handled.TLP), Handling: handled,
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
	return warning.Alarm{Kind: warning.AlarmSpoken, Partner: channel.Name, Subject: heard.Prefix, Level: level,
		Text: "a warning of " + channel.Name + ", whose channel is " + string(channel.State) + ", was heard by voice, and its message has not come: tocsin heard --list"}
}

// spoke ties a warning that came to what was heard of it, and rings if what was
// said spoke of another one of that minute.
func (h *hearing) spoke(kept store.Message, header envelope.Header) error {
	if kept.Kind != envelope.Warning && kept.Kind != envelope.Update {
		return nil
	}
	id := kept.Hash[:2*spoken.PrefixSize]
	heard, ok, err := store.Heards.Find(h.tx, id)
	if err != nil {
		return err
	}
	if ok && heard.Partner == h.channel.Name {
		heard.Message, heard.Case = kept.Hash, kept.Thread
		alarm := warning.Alarm{Kind: warning.AlarmSpoken, Partner: heard.Partner, Subject: id}
		if err := h.tx.Settle(alarm, "node", "its message came: "+kept.Thread); err != nil {
			return err
		}
		if err := h.in.compare(h.tx, heard); err != nil {
			return err
		}
		return store.Heards.Put(h.tx, id, heard)
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
