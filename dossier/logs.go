// SPDX-License-Identifier: Apache-2.0

package dossier

// This file checks what a dossier shows of the two logs: checkpoints,
// cosignatures, leaves, and two roots of one size.

import (
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

// rootsSeen are roots by the size of the log, with what shows each.
type rootsSeen map[int64]rootSeen

type rootSeen struct{ root, shownBy string }

// checkpoints opens the checkpoint that every leaf leads to, and the newest one
// of the other node's log.
func (c *checking) checkpoints() {
	tree, ok := c.checkpoint(c.d.By, c.d.Checkpoint, "the dossier's checkpoint")
	if !ok {
		return
	}
	if tree.N < 1 {
		c.wrong("the dossier's checkpoint is of a log of no leaves: nothing is proved to it")
		return
	}
	c.tree = tree
	c.proves("the log of %s had %d leaves, under the checkpoint it signed", c.By, tree.N)
	found := 0
	for _, cosigned := range append([]Cosigned{{Checkpoint: c.d.Checkpoint}}, c.d.Cosigned...) {
		if of, ok := c.earlier(cosigned); ok {
			found += c.cosigned(cosigned.Checkpoint, of, c.d.By, c.d.To)
		}
	}
	if found == 0 {
		c.NotProved = append(c.NotProved, fmt.Sprintf("that %s was shown this very log of %s: no cosignature of theirs is in the dossier", c.To, c.By))
	}
	if c.d.Seen == "" {
		return
	}
	if seen, ok := c.checkpoint(c.d.To, c.d.Seen, "the newest checkpoint "+c.By+" was shown"); ok {
		c.proves("%s signed that its log had %d leaves, as it showed %s", c.To, seen.N, c.By)
		c.cosigned(c.d.Seen, seen, c.d.To, c.d.By)
	}
}

// earlier checks that a checkpoint that was cosigned leads to the dossier's.
func (c *checking) earlier(cosigned Cosigned) (tree tlog.Tree, ok bool) {
	if cosigned.Checkpoint == c.d.Checkpoint {
		return c.tree, true
	}
	if tree, ok = c.checkpoint(c.d.By, cosigned.Checkpoint, "a checkpoint that was cosigned"); !ok {
		return tree, false
	}
	if tree == c.tree {
		return tree, true
	}
	proof := make(tlog.TreeProof, len(cosigned.Proof))
	for i, hash := range cosigned.Proof {
		proof[i] = tlog.Hash(hash)
	}
	if tree.N < 1 || tree.N >= c.tree.N || tlog.CheckTree(proof, c.tree.N, c.tree.Hash, tree.N, tree.Hash) != nil {
		c.wrong("the checkpoint of %d leaves that was cosigned: the proof does not lead to the checkpoint of the dossier", tree.N)
		return tree, false
	}
	return tree, true
}

// under counts the messages whose leaves stand in the writer's log below that size.
func (d *Dossier) under(size int64) (n int) {
	for _, m := range d.Messages {
		if m.Leaf != nil && m.Leaf.Index < size {
			n++
		}
	}
	return n
}

func (c *checking) checkpoint(node, signed, what string) (tree tlog.Tree, ok bool) {
	_, err := c.keys.Try(node, nil, func(card envelope.Card) (err error) {
		tree, err = receipt.OpenCheckpoint(signed, card.Log)
		return err
	})
	if err != nil {
		c.wrong("%s is not signed by the log of %s", what, c.keys.Name(node))
		return tree, false
	}
	c.root(node, tree.N, hex.EncodeToString(tree.Hash[:]), what)
	return tree, true
}

// root notes the root of a node's log of some size, and finds two of one size.
func (c *checking) root(node string, size int64, root, shownBy string) {
	before, known := c.roots[node][size]
	if !known {
		c.roots[node][size] = rootSeen{root, shownBy}
		return
	}
	if before.root != root {
		c.doubts("%s signed two different logs of %d leaves: %s and %s prove it to anyone", c.keys.Name(node), size, before.shownBy, shownBy)
	}
}

// cosigned says when a node cosigned a checkpoint of the other's log, and counts
// its cosignatures.
func (c *checking) cosigned(checkpoint string, tree tlog.Tree, of, by string) (n int) {
	var found []witness.Cosignature
	_, err := c.keys.Try(by, nil, func(card envelope.Card) error {
		cosigners, err := card.Cosigners()
		if err != nil {
			return err
		}
		if found = witness.Cosignatures(witness.Text(checkpoint), witness.Lines(checkpoint), cosigners...); len(found) == 0 {
			return witness.ErrCosignature
		}
		return nil
	})
	if err != nil {
		return 0
	}
	for _, cosignature := range found {
		text := fmt.Sprintf("%s cosigned the log of %s at %d leaves, at %s (%s)", c.keys.Name(by), c.keys.Name(of), tree.N, stamp(cosignature.At), cosignature.By.Algorithm())
		if of == c.d.By {
			c.witnessed = append(c.witnessed, cosignature.At)
			text += fmt.Sprintf(": %s of the case stood in it then, and cannot have been put there or changed since", counted(c.d.under(tree.N), "message"))
		}
		c.Proved = append(c.Proved, text)
	}
	return len(found)
}

func (c *checking) leaf(l *Leaf, kind, hash, what string) {
	if l == nil {
		c.misses("the proof that the log of %s holds %s", c.By, what)
		return
	}
	if c.tree.N == 0 {
		return // said already: there is no checkpoint to prove it to
	}
	proof := make(tlog.RecordProof, len(l.Proof))
	for i, hash := range l.Proof {
		proof[i] = tlog.Hash(hash)
	}
	if l.Index >= c.tree.N || tlog.CheckRecord(proof, c.tree.N, c.tree.Hash, l.Index, tlog.RecordHash(receipt.Leaf(kind, hash))) != nil {
		c.wrong("%s: the proof does not lead to the checkpoint", what)
	}
}
