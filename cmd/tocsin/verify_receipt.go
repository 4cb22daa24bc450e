// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a receipt: what it proves of the message it is for.

import (
	"bytes"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

func looksLikeReceipt(raw []byte) bool { return bytes.HasPrefix(raw, []byte("c2sp.org/tlog-proof")) }

// judgeReceipt verifies a receipt, and the message it is for if that was given.
func judgeReceipt(e evidence) *verdict {
	keys := e.keys
	v := &verdict{What: "receipt"}
	r, err := receipt.Parse(e.raw)
	if err != nil {
		return v.fails("ask for the file again; it was changed or cut on its way", "this receipt cannot be read: it is not in the form of a receipt")
	}
	if r.Statement.IsStep() {
		return judgeStep(e, r)
	}
	s := r.Statement
	v.Message, v.From, v.To, v.Seq, v.Received = s.Header, keys.name(s.To), keys.name(s.By), s.Seq, s.Received
	card, known := keys[s.By]
	if !known {
		return v.fails("give its card by --key: at the sender's node, tocsin card PARTNER; at its own, tocsin card",
			"this receipt says that it was signed with key %s, and no card with that key was given", s.By)
	}
	if err := v.by(card, s.Time(), func(card envelope.Card) error { return r.Verify(receipt.Keys{Sign: card.Public(), Log: card.Log}) }); err != nil {
		return v.fails(card.older(err, "do not rely on it; ask for the receipt again, and tell the overseer if it stays so"), "this receipt does not verify: %s", inWords(err))
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
	if e.message == nil {
		v.provesNot("what the message says, and who sent it: give it by --message")
		return v
	}
	return v.andMessage(e.message, s, keys)
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
