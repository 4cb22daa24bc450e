// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies receipts and messages offline, and says in words what they
// prove and what they do not.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// verdict is what tocsin verify prints.
type verdict struct {
	OK        bool      `json:"ok"`
	What      string    `json:"what"` // receipt or message
	Message   string    `json:"message,omitempty"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Seq       uint64    `json:"seq,omitempty"`
	Received  time.Time `json:"received,omitzero"`
	Proved    []string  `json:"proved,omitempty"`
	NotProved []string  `json:"not_proved,omitempty"`
	Wrong     string    `json:"wrong,omitempty"`
	Next      string    `json:"next,omitempty"`
}

func (v *verdict) proves(format string, args ...any) {
	v.Proved = append(v.Proved, fmt.Sprintf(format, args...))
}

func (v *verdict) provesNot(text string) { v.NotProved = append(v.NotProved, text) }

func (v *verdict) fails(next, format string, args ...any) *verdict {
	v.OK, v.Wrong, v.Next = false, fmt.Sprintf(format, args...), next
	return v
}

func (t *tool) verifyCommand() *cobra.Command {
	var keyFiles []string
	var messageFile string
	c := t.command("verify FILE --key CARD", "verify a receipt or an exported message, offline, with public cards alone", func(_ context.Context, args []string) error {
		raw, err := t.readFile(args[0])
		if err != nil {
			return err
		}
		cards, err := t.readCards(keyFiles)
		if err != nil {
			return err
		}
		var message []byte
		if messageFile != "" {
			if message, err = t.readFile(messageFile); err != nil {
				return err
			}
		}
		v := judge(raw, message, cards)
		if err := t.show(v, func(p *page) { printVerdict(p, v) }); err != nil || v.OK {
			return err
		}
		return exitWith(exitNo)
	})
	c.Flags().StringArrayVar(&keyFiles, "key", nil, "a public card, as tocsin card prints it; may be repeated")
	c.Flags().StringVar(&messageFile, "message", "", "the exported message that the receipt is for")
	return c
}

// cards are public cards by their key id.
type cards map[string]envelope.Card

func (c cards) name(keyID string) string {
	if card, known := c[keyID]; known {
		return fmt.Sprintf("%s (%s)", card.Name, card.Country)
	}
	return "the holder of key " + keyID
}

func (t *tool) readCards(paths []string) (cards, error) {
	all := make(cards)
	for _, path := range paths {
		raw, err := t.readFile(path)
		if err != nil {
			return nil, err
		}
		card, err := envelope.ParseCard(bytes.TrimSpace(raw))
		if err != nil {
			return nil, trouble("invalid", "give the file that tocsin card, or tocsin card PARTNER, printed", "%s is not a public card", path)
		}
		all[card.KeyID()] = card
	}
	return all, nil
}

// judge verifies a receipt, with the message it is for if that is given, or a
// message alone.
func judge(raw, message []byte, keys cards) *verdict {
	if bytes.HasPrefix(raw, []byte("c2sp.org/tlog-proof")) {
		return judgeReceipt(raw, message, keys)
	}
	if message != nil {
		return (&verdict{What: "receipt"}).fails("give the file that tocsin receipt HASH printed, and the message by --message", "this is not a receipt")
	}
	return judgeMessage(raw, keys)
}

func judgeReceipt(raw, message []byte, keys cards) *verdict {
	v := &verdict{What: "receipt"}
	r, err := receipt.Parse(raw)
	if err != nil {
		return v.fails("ask for the file again; it was changed or cut on its way", "this receipt cannot be read: it is not in the form of a receipt")
	}
	s := r.Statement
	v.Message, v.From, v.To, v.Seq, v.Received = s.Header, keys.name(s.To), keys.name(s.By), s.Seq, s.Received
	card, known := keys[s.By]
	if !known {
		return v.fails("give its card by --key: at the sender's node, tocsin card PARTNER; at its own, tocsin card",
			"this receipt says that it was signed with key %s, and no card with that key was given", s.By)
	}
	if err := r.Verify(receipt.Keys{Sign: card.Public(), Log: card.Log}); err != nil {
		return v.fails("do not rely on it; ask for the receipt again, and tell the overseer if it stays so", "this receipt does not verify: %s", inWords(err))
	}
	v.proves("%s signed that it received message %s", v.To, s.Header)
	v.proves("it says when: %s, by its own clock", s.Received.Format(time.RFC3339))
	v.proves("the message is number %d from %s in their channel", s.Seq, v.From)
	if s.Disposition == receipt.Quarantined {
		v.proves("it was received whole and put into quarantine: the channel was suspended")
	} else {
		v.proves("it was kept")
	}
	v.proves("the log of %s holds it as leaf %d, under its signed checkpoint of %d leaves", v.To, s.Index, s.Size)
	v.provesNot("that a human has read it: an acknowledgement is a message of its own")
	v.provesNot("that the log was not shown to others in another form: compare its checkpoints")
	v.OK = true
	if message == nil {
		v.provesNot("what the message says, and who sent it: give it by --message")
		return v
	}
	return v.andMessage(message, s, keys)
}

// andMessage goes on from a good receipt to the message it is for.
func (v *verdict) andMessage(raw []byte, s receipt.Statement, keys cards) *verdict {
	m, err := envelope.Unpack(raw)
	if err != nil {
		return v.fails("give the file that tocsin message HASH printed", "the message cannot be read: %s", inWords(err))
	}
	if m.Hash() != s.Header {
		return v.fails("export the message that the receipt is for: tocsin message "+s.Header, "the receipt is for another message: this one is %s", m.Hash())
	}
	if m.Header.From != s.To || m.Header.To != s.By || m.Header.Channel != s.Channel || m.Header.Seq != s.Seq {
		return v.fails("do not rely on it", "receipt and message do not speak of the same channel")
	}
	return v.signedBy(m, keys)
}

func judgeMessage(raw []byte, keys cards) *verdict {
	v := &verdict{What: "message"}
	m, err := envelope.Unpack(raw)
	if err != nil {
		return v.fails("give a file that tocsin receipt HASH or tocsin message HASH printed", "this is neither a receipt nor a message")
	}
	v.Message, v.From, v.To, v.Seq = m.Hash(), keys.name(m.Header.From), keys.name(m.Header.To), m.Header.Seq
	if _, known := keys[m.Header.From]; !known {
		return v.fails("give its card by --key", "this message says that it was signed with key %s, and no card with that key was given", m.Header.From)
	}
	v.OK = true
	v.provesNot("that it was received: that is what a receipt is for")
	return v.signedBy(m, keys)
}

// signedBy checks the message's own signature, if the sender's card was given,
// and that its text is the one it commits to.
func (v *verdict) signedBy(m *envelope.Message, keys cards) *verdict {
	h := m.Header
	card, known := keys[h.From]
	if !known {
		v.provesNot("who sent the message: give the sender's card by --key, with key " + h.From)
		if m.Payload != nil && envelope.Commit(m.Salt, m.Payload) != h.Commitment {
			return v.fails("do not rely on it", "the text is not the one the message commits to")
		}
		return v
	}
	err := m.Verify(card.Public(), h.To)
	if err != nil && !errors.Is(err, envelope.ErrErased) {
		return v.fails("do not rely on it; ask for the message again", "the message does not verify: %s", inWords(err))
	}
	v.proves("%s signed the message for %s, as a %s, number %d, %s, saying it was sent at %s", v.From, v.To, h.Kind, h.Seq, h.Handling.Line(), h.Sent.Format(time.RFC3339))
	if err != nil {
		v.provesNot("what the message says: its text was left out or erased")
		return v
	}
	v.proves("its text is the one in this file: %d bytes", len(m.Payload))
	return v
}

func printVerdict(p *page, v *verdict) {
	if !v.OK {
		p.line("NOT verified: %s", v.Wrong)
		p.line("  next: %s", v.Next)
		return
	}
	p.line("verified: this %s proves", v.What)
	for _, text := range v.Proved {
		p.line("  + %s", text)
	}
	p.line("it does not prove")
	for _, text := range v.NotProved {
		p.line("  - %s", text)
	}
}

// inWords is what is wrong with a message or a receipt, for people.
func inWords(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{envelope.ErrFormat, "it was changed or cut, or is another kind of file"},
		{envelope.ErrTooLarge, "it is larger than any message"},
		{envelope.ErrSignature, "the signature is not the sender's"},
		{envelope.ErrAddress, "it is for another channel or another recipient"},
		{envelope.ErrPayload, "its text is not the one it was signed with"},
		{receipt.ErrFormat, "it was changed or cut, or is another kind of file"},
		{receipt.ErrSignature, "its statement was not signed with this card's key"},
		{receipt.ErrCheckpoint, "its checkpoint was not signed by this card's log"},
		{receipt.ErrProof, "its proof does not lead to its checkpoint"},
		{receipt.ErrMismatch, "its parts speak of different things"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	_, text, found := strings.Cut(err.Error(), ": ") // the package's name
	if !found {
		return err.Error()
	}
	return text
}
