// SPDX-License-Identifier: Apache-2.0

package courier

// This file shows, in what is carried by hand, that one log grew through the
// checkpoints of all receipts.

import (
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// link adds the proofs that our log grew through the checkpoints of the receipts
// in an answer, and to the first of them from each that the partner may hold:
// which of our files it has taken, nobody knows here.
func (t *trip) link(tx *store.Tx, answer *envelope.Answer) error {
	head, err := tx.Head()
	if err != nil {
		return err
	}
	var shown, bases []tlog.Tree
	for _, result := range answer.Results {
		_, checkpoint, _ := strings.Cut(result.Receipt, "\n\n")
		tree, ours := t.tree(head, checkpoint)
		if !ours || len(shown) > 0 && shown[len(shown)-1].N >= tree.N {
			continue
		}
		shown, t.shown = append(shown, tree), checkpoint
	}
	if len(shown) == 0 {
		return nil
	}
	for _, base := range t.bases {
		if tree, ours := t.tree(head, base); ours && tree.N < shown[0].N {
			bases = append(bases, tree)
		}
	}
	answer.Consistency, err = head.Link(slices.Concat(bases, shown))
	for _, base := range bases {
		if err != nil {
			return err
		}
		var proofs []witness.Consistency
		if proofs, err = head.Link([]tlog.Tree{base, shown[0]}); err == nil {
			answer.Consistency = append(answer.Consistency, proofs...)
		}
	}
	return err
}

// tree is the tree of a checkpoint that our log leads from.
func (t *trip) tree(head store.Head, checkpoint string) (tlog.Tree, bool) {
	_, tree, err := witness.ParseText(witness.Text(checkpoint))
	return tree, err == nil && tree.N <= head.Tree.N
}

// heldHeads are those of the partner's checkpoints we hold that an answer's
// proofs lead from, to the first in its receipts. The others stay as they are,
// and the next exchange asks for them.
func heldHeads(held []store.LogHead, answer envelope.Answer) (linked []store.LogHead) {
	first := int64(0)
	for _, result := range answer.Results {
		_, checkpoint, _ := strings.Cut(result.Receipt, "\n\n")
		if _, tree, err := witness.ParseText(witness.Text(checkpoint)); err == nil && (first == 0 || tree.N < first) {
			first = tree.N
		}
	}
	var newest *store.LogHead
	for _, head := range held {
		for _, proof := range answer.Consistency {
			if proof.From == head.Size && proof.To == first && (newest == nil || head.Size > newest.Size) {
				newest = &head
			}
		}
	}
	if newest != nil {
		linked = append(linked, *newest)
	}
	return linked
}
