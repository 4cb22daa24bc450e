// SPDX-License-Identifier: Apache-2.0

package courier

// This file makes the receipts of steps that leave beside their messages.

import (
	"encoding/hex"

	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// proofs are the receipts of the steps among the parcels, each against the
// newest checkpoint that is on the disk; nil if none of them is a step.
func (c *Courier) proofs(tx *store.Tx, l load) (proofs []string, err error) {
	var head store.Head
	for i, parcel := range l.parcels {
		if !warning.StepKind(l.headers[i].Kind) {
			continue
		}
		step, ok, err := tx.FindStep(parcel.Hash)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if proofs == nil {
			proofs = make([]string, len(l.parcels))
			if head, err = tx.Head(); err != nil {
				return nil, err
			}
		}
		if proofs[i], err = c.proof(tx, head, step); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}

// proof is the receipt of one step of ours.
func (c *Courier) proof(tx *store.Tx, head store.Head, step store.Step) (string, error) {
	message, err := tx.Message(step.Hash)
	if err != nil {
		return "", err
	}
	opened, err := message.Opened()
	if err != nil {
		return "", err
	}
	if message.Payload == nil {
		return "", nil // erased: nothing is left that its receipt could say
	}
	payload, err := warning.Decode(message.Kind, message.Payload)
	if err != nil {
		return "", err
	}
	statement, ok := warning.StepStatement(opened, payload)
	if !ok {
		return "", nil
	}
	statement.Index, statement.Size, statement.Root = step.Leaf, head.Tree.N, hex.EncodeToString(head.Tree.Hash[:])
	signature, err := c.ring.SignReceipt(statement)
	if err != nil {
		return "", err
	}
	path, err := head.Prove(step.Leaf)
	if err != nil {
		return "", err
	}
	made, err := receipt.New(statement, signature, path, head.Checkpoint)
	if err != nil {
		return "", err
	}
	raw, err := made.Encode()
	return string(raw), err
}
