// SPDX-License-Identifier: Apache-2.0

package inbox

// This file keeps the receipts of steps that come beside their messages.

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// stepProof is the receipt of a step as it came, the checkpoint in it, and what
// is wrong with it.
type stepProof struct {
	raw   []byte
	head  store.LogHead
	wrong error
}

// steps verifies the receipts of steps that came with the messages, by the
// messages' hashes, outside of any transaction: with the keys that the partner
// has when all of the messages are heard, or had when it took the step.
func (in *Inbox) steps(channel partner.Channel, proofs []string, opened []*envelope.Message) map[string]stepProof {
	checked := make(map[string]stepProof)
	after := ahead(channel, opened)
	eras := after.Eras()
	for i, text := range proofs {
		m := opened[i]
		if text == "" || m == nil {
			continue
		}
		proof := stepProof{raw: []byte(text)}
		r, err := receipt.Parse(proof.raw)
		if err == nil {
			_, err = partner.VerifyBy(eras, r.Statement.Time(), func(card envelope.Card) error {
				if err := r.VerifyStep(receipt.Keys{Sign: card.Public(), Log: card.Log}); err != nil {
					return err
				}
				proof.head, _, err = store.OpenCheckpoint(r.Checkpoint, card.Log, in.store.Now())
				return err
			})
		}
		if err == nil {
			err = warning.Matches(r.Statement, m)
		}
		proof.wrong = err
		checked[m.Hash()] = proof
	}
	return checked
}

// step notes that a message says a step, and keeps the receipt that came with
// it. One that is not right is an alarm; the message is kept in any case.
func (h *hearing) step(hash string, kind envelope.Kind, leaf int64) error {
	if !warning.StepKind(kind) {
		return nil
	}
	if err := h.tx.AddStep(hash, leaf); err != nil {
		return err
	}
	return h.stepReceipt(hash)
}

// stepReceipt keeps the receipt of a step, if one came that is right.
func (h *hearing) stepReceipt(hash string) error {
	proof, came := h.steps[hash]
	switch {
	case !came:
		return nil // shown as missing
	case proof.wrong != nil:
		h.in.log.Warn("receipt of a step is not right", "partner", h.channel.Name, "envelope", hash, "err", proof.wrong)
		return h.tx.Raise(warning.Alarm{Kind: warning.AlarmBadReceipt, Partner: h.channel.Name, Subject: hash, Level: handling.Immediate,
			Text: "the receipt that " + h.channel.Name + " sent of a step it took does not verify, or says something else than its message"})
	}
	if err := h.tx.SetStep(hash, proof.raw); err != nil {
		return err
	}
	if forked, err := h.tx.Shown(h.channel.Name, proof.head); err != nil {
		return err
	} else if forked {
		h.in.log.Error("the partner's log is forked", "partner", h.channel.Name)
	}
	sum := sha256.Sum256(proof.raw)
	_, err := h.tx.Leaf(store.LeafReceipt, hex.EncodeToString(sum[:]))
	return err
}

// lateStep keeps a receipt that came with a message which is here already
// without one.
func (h *hearing) lateStep(hash string) error {
	if _, came := h.steps[hash]; !came {
		return nil
	}
	kept, is, err := h.tx.FindStep(hash)
	if err != nil || !is || kept.Receipt != nil {
		return err
	}
	return h.stepReceipt(hash)
}
