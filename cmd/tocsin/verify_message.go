// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a message: who signed it for whom, and its text.

import (
	"bytes"
	"errors"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

func looksLikeMessage(raw []byte) bool { return bytes.HasPrefix(raw, []byte(`{"header":`)) }

// judgeMessage verifies a message as tocsin message prints it, with or without its text.
func judgeMessage(e evidence) *verdict {
	keys := e.keys
	v := &verdict{What: "message"}
	m, err := envelope.Unpack(e.raw)
	if err != nil {
		return v.fails("ask for the file again; tocsin message HASH prints one", "this message cannot be read: %s", inWords(err))
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
		v.provesNot("who sent the message: give the sender's card by --key, with key %s", h.From)
		if m.Payload != nil && envelope.Commit(m.Salt, m.Payload) != h.Commitment {
			return v.fails("do not rely on it", "the text is not the one the message commits to")
		}
		return v
	}
	erased := false
	err := v.by(card, h.Sent, func(card envelope.Card) error {
		err := m.Verify(card.Public(), h.From, h.To)
		if erased = errors.Is(err, envelope.ErrErased); erased {
			return nil // the signature holds
		}
		return err
	})
	if err != nil {
		return v.fails(card.older(err, "do not rely on it; ask for the message again"), "the message does not verify: %s", inWords(err))
	}
	v.proves("%s signed the message for %s, as a %s, number %d, %s, saying it was sent at %s", v.From, v.To, h.Kind, h.Seq, h.Handling.Line(), h.Sent.Format(time.RFC3339))
	if erased {
		v.provesNot("what the message says: its text was left out or erased")
		return v
	}
	v.proves("its text is the one in this file: %d bytes", len(m.Payload))
	return v
}
