// SPDX-License-Identifier: Apache-2.0

package outbox

// This file puts a released warning into groups of digits that one person reads
// to another when nothing else works.

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

// ShareVoice gives a partner our half of the secret for what is said by voice.
// The partner's node answers with its own.
func (o *Outbox) ShareVoice(ctx context.Context, who caller.Caller, name string) error {
	return o.store.Change(ctx, who, store.What{Act: caller.ShareVoice, Subject: name}, func(tx *store.Tx) error {
		channel, err := open(tx, name)
		if err != nil {
			return err
		}
		return o.shareVoice(tx, channel)
	})
}

// shareVoice says it once for each comparison of the digits.
func (o *Outbox) shareVoice(tx *store.Tx, channel partner.Channel) error {
	voice, _, err := store.Voices.Find(tx, channel.Name)
	if err != nil {
		return err
	}
	if len(voice.Ours) > 0 && voice.Confirmed.Equal(channel.ConfirmedAt) {
		return shared(tx, channel, voice)
	}
	recipient, err := channel.Card.Recipient()
	if err != nil {
		return err
	}
	locked, sealed, err := o.ring.NewVoice(recipient)
	if err != nil {
		return err
	}
	err = o.say(tx, letter{
		channel: channel, kind: envelope.Voice, payload: &warning.Voice{Sealed: sealed},
		precedence: handling.Routine, handling: handling.Handling{TLP: handling.AmberStrict},
	})
	if err != nil {
		return err
	}
	voice.Ours, voice.Confirmed = locked, channel.ConfirmedAt
	if _, voice.Message, err = tx.Tip(channel.ID, store.Out); err != nil {
		return err
	}
	return store.Voices.Put(tx, channel.Name, voice)
}

// shared refuses to give our half of the secret once more, and says how far the
// two are.
func shared(tx *store.Tx, channel partner.Channel, voice store.Voice) error {
	brought, err := tx.Message(voice.Message)
	switch {
	case err != nil:
		return err
	case brought.State == store.Queued:
		return problem.New(problem.Conflict, "see what it waits for: tocsin partner show "+channel.Name, "our half of the secret is on its way to %s: nothing more is to be done", channel.Name)
	case !voice.Agreed():
		return problem.New(problem.Conflict, "their node answers by itself when it can: tocsin partner show "+channel.Name, "our half of the secret is with %s, theirs has not come yet", channel.Name)
	}
	return problem.New(problem.Conflict, "say a warning: tocsin say CASE; the secret is renewed when the digits are compared anew", "the secret for the voice is agreed on with %s: nothing more is to be done", channel.Name)
}

// relockVoices locks the secrets for the voice with the new keys.
func (o *Outbox) relockVoices(tx *store.Tx) error {
	channels, err := store.Channels.List(tx, 0)
	if err != nil {
		return err
	}
	for _, channel := range channels {
		voice, known, err := store.Voices.Find(tx, channel.Name)
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		for _, secret := range []*[]byte{&voice.Ours, &voice.Theirs} {
			if len(*secret) == 0 {
				continue
			}
			if *secret, err = o.ring.Relock(*secret); err != nil {
				return err
			}
		}
		if err := store.Voices.Put(tx, channel.Name, voice); err != nil {
			return err
		}
	}
	return nil
}

// Speak puts the newest version of a warning of ours into lines of digits. Only
// what was released is said: the text is the target and the released text, or an
// extract of them, word by word. The state of the channel is read now, and what has
// not been delivered is judged now.
func (o *Outbox) Speak(ctx context.Context, who caller.Caller, id, extract string) (said api.Spoken, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.Speak, Subject: id}, func(tx *store.Tx) error {
		kept, w, channel, err := sayable(tx, id)
		if err != nil {
			return err
		}
		if err := maySpeak(tx, channel.Name); err != nil {
			return err
		}
		if err := o.mayStillLeave(tx, &kept); err != nil {
			return err
		}
		key, err := o.voice(tx, channel)
		if err != nil {
			return err
		}
		text, err := words(w, extract)
		if err != nil {
			return err
		}
		opened, err := kept.Opened()
		if err != nil {
			return err
		}
		content, err := warning.Spoken(kept.Hash, opened.Header.Sent, &w, text)
		if err != nil {
			return err
		}
		sealed, err := key.Seal(content)
		if err != nil {
			return problem.New(problem.Conflict, "let it go by message", "this warning cannot be said in digits").Because(err)
		}
		said = api.Spoken{Case: id, Partner: channel.Name, Message: kept.Hash, Handling: w.Handling, Text: text, Lines: spoken.Lines(sealed)}
		said.Groups = spoken.Groups(said.Lines)
		said.Seconds = 2 * said.Groups
		return store.Saids.Put(tx, kept.Hash, store.Said{Partner: channel.Name, Case: id, Message: kept.Hash, Sealed: sealed, At: tx.Now, By: who.Name})
	})
	return said, err
}

// mayStillLeave refuses to say what would be taken out of the queue if it departed by
// wire. What has been delivered says nothing new.
func (o *Outbox) mayStillLeave(tx *store.Tx, kept *store.Message) error {
	if kept.State == store.Delivered {
		return nil
	}
	why, err := o.Forbids(tx, kept)
	if err == nil && why != "" {
		err = problem.New(problem.Conflict, "compose it anew, and let two people release it", "this warning may not leave any more: %s", why)
	}
	return err
}

// maySpeak refuses to say anything while nothing leaves by message either: what is
// said names what this node signed, and others may have seen another of it.
func maySpeak(tx *store.Tx, name string) error {
	_, halted, err := tx.Halted()
	if err == nil && halted {
		err = problem.New(problem.Conflict, "see tocsin alarm list, then tocsin ledger resume; until then call them as a person", "this node's log is not what others saw of it: nothing is said in its name until somebody decides")
	}
	if err != nil {
		return err
	}
	recovering, err := tx.Recovering(name)
	if err == nil && recovering {
		err = problem.New(problem.Busy, "see tocsin recover", "the node was restored from a backup, and this warning may have been recalled or corrected since: nothing is said for it yet")
	}
	return err
}

// ReadBack records that somebody at the other end read back the two groups that
// only the key and the digits give.
func (o *Outbox) ReadBack(ctx context.Context, who caller.Caller, id, code string) error {
	return o.store.Change(ctx, who, store.What{Act: caller.Speak, Subject: id, Note: "read back"}, func(tx *store.Tx) error {
		kept, _, channel, err := sayable(tx, id)
		if err != nil {
			return err
		}
		said, ok, err := store.Saids.Find(tx, kept.Hash)
		if err != nil {
			return err
		}
		if !ok {
			return problem.New(problem.Conflict, "tocsin say "+id, "this warning was not said")
		}
		key, err := o.voice(tx, channel)
		if err != nil {
			return err
		}
		if digits(code) != digits(key.ReadBack(said.Sealed)) {
			return problem.New(problem.Invalid, "ask for the two groups again; if they stay other ones, you are not speaking to their node, or they did not hear this", "these are not the two groups that whoever heard it reads back")
		}
		said.ReadBackAt, said.ReadBackBy = tx.Now, who.Name
		return store.Saids.Put(tx, kept.Hash, said)
	})
}

// sayable is the newest version of a warning of ours that may be said now.
func sayable(tx *store.Tx, id string) (kept store.Message, w warning.Warning, channel partner.Channel, err error) {
	c, err := store.Cases.Get(tx, id)
	if err != nil {
		return kept, w, channel, err
	}
	if err := unrestricted(tx, c.ID, c.Draft); err != nil {
		return kept, w, channel, err
	}
	if channel, err = store.Channels.Get(tx, c.Partner); err != nil {
		return kept, w, channel, err
	}
	newest := ""
	err = tx.EachEntry(id, c.Partner, func(e store.Entry) (bool, error) {
		if e.Direction == store.Out && (e.Kind == envelope.Warning || e.Kind == envelope.Update) {
			newest = e.Hash
		}
		return true, nil
	})
	if err == nil && newest != "" {
		kept, err = tx.Message(newest)
	}
	if err != nil {
		return kept, w, channel, err
	}
	if kept.Hash == "" || kept.Payload == nil {
		return kept, w, channel, problem.New(problem.Conflict, "", "there is no warning of ours in this case")
	}
	payload, err := warning.Decode(kept.Kind, kept.Payload)
	if err != nil {
		return kept, w, channel, err
	}
	switch p := payload.(type) {
	case *warning.Warning:
		w = *p
	case *warning.Update:
		w = p.Warning
	}
	switch {
	case !channel.Lets(kept.Kind, w.ThreatToLife()):
		err = problem.New(problem.Conflict, "see tocsin partner show "+channel.Name, "the channel to %s is %s: this may not be said", channel.Name, channel.State)
	case kept.State == store.Expired || kept.State == store.Dropped:
		err = problem.New(problem.Conflict, "", "this warning was %s", kept.State)
	case w.Precedence.Rank() < handling.Immediate.Rank():
		err = problem.New(problem.Conflict, "let it go by message", "only a FLASH or an IMMEDIATE is said by voice")
	}
	return kept, w, channel, err
}

// voice is the key of what is said to a partner.
func (o *Outbox) voice(tx *store.Tx, channel partner.Channel) (key spoken.Key, err error) {
	voice, _, err := store.Voices.Find(tx, channel.Name)
	if err != nil {
		return key, err
	}
	if !voice.Agreed() {
		return key, problem.New(problem.Conflict, "while messages still pass: tocsin voice "+channel.Name, "no secret for the voice was agreed on with %s", channel.Name)
	}
	brought, err := tx.Message(voice.Message)
	if err != nil {
		return key, err
	}
	if brought.State == store.Queued {
		return key, problem.New(problem.Conflict, "", "our half of the secret has not reached %s yet", channel.Name)
	}
	key, _, err = o.ring.VoiceKeys(voice.Ours, voice.Theirs, channel.ID, channel.Card.ID())
	return key, err
}

// words is the text to be said: all of it, or the extract.
func words(w warning.Warning, extract string) (string, error) {
	full, strange := warning.SpokenText(&w)
	text := full
	if extract != "" {
		if text, strange = spoken.Fold(extract); !warning.IsExtract(text, full) {
			return "", problem.New(problem.Invalid, "leave words out, and put in none", "the text is no extract: it must be words of the target and the released text, in their order")
		}
	}
	switch {
	case len(strange) > 0:
		return "", problem.New(problem.Invalid, "give --text, an extract without them", "these characters cannot be said: %s", string(unique(strange)))
	case len(text) > spoken.MaxText:
		return "", problem.New(problem.Invalid, fmt.Sprintf("give an extract of at most %d characters", spoken.MaxText), "the text is %d characters too long", len(text)-spoken.MaxText)
	}
	return text, nil
}

func unique(runes []rune) []rune {
	slices.Sort(runes)
	return slices.Compact(runes)
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
