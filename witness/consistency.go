// SPDX-License-Identifier: Apache-2.0

package witness

// This file holds the proof that a log has grown and nothing else.

import (
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// What a proof of consistency that does not hold can be.
var (
	// ErrProof is a proof that does not lead from the one log to the other: it
	// may have been made badly, by anybody.
	ErrProof = errors.New("witness: the proof does not show that the larger log continues the smaller")
	// ErrFork is a proof that leads to the larger log from another smaller one
	// than was signed: the two that were signed are not of one log.
	ErrFork = errors.New("witness: the larger log holds another log of the smaller size")
)

// MaxHashes is the largest number of hashes a proof can need.
const MaxHashes = 63

// Consistency is what a log says to show that it of size To continues itself of
// size From. RFC 9162 §2.1.4
type Consistency struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Root is that of the log of size From, as whoever made the proof has it.
	// It is not needed to check the proof; if the proof holds with it, and it is
	// not the root that was signed, there are two logs.
	Root   []byte   `json:"root"`
	Hashes [][]byte `json:"hashes"`
}

// NewConsistency writes a proof down.
func NewConsistency(older, newer tlog.Tree, proof tlog.TreeProof) Consistency {
	c := Consistency{From: older.N, To: newer.N, Root: older.Hash[:], Hashes: make([][]byte, len(proof))}
	for i, hash := range proof {
		c.Hashes[i] = hash[:]
	}
	return c
}

// Form refuses what is not in the form of a proof.
func (c Consistency) Form() error {
	_, _, err := c.read()
	return err
}

func (c Consistency) read() (root tlog.Hash, proof tlog.TreeProof, err error) {
	if c.From < 1 || c.To < c.From || len(c.Root) != tlog.HashSize || len(c.Hashes) > MaxHashes {
		return root, nil, fmt.Errorf("%w: its form", ErrProof)
	}
	for _, hash := range c.Hashes {
		if len(hash) != tlog.HashSize {
			return root, nil, fmt.Errorf("%w: its form", ErrProof)
		}
		proof = append(proof, tlog.Hash(hash))
	}
	return tlog.Hash(c.Root), proof, nil
}

// Check checks that newer continues older, both of which were signed. ErrFork
// convinces anybody who has the two and the proof, since the proof is led to by
// the root that was signed last; ErrProof convinces nobody.
func (c Consistency) Check(older, newer tlog.Tree) error {
	root, proof, err := c.read()
	if err != nil {
		return err
	}
	if c.From != older.N || c.To != newer.N {
		return fmt.Errorf("%w: it is of other sizes", ErrProof)
	}
	if tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash) == nil {
		return nil
	}
	if root != older.Hash && tlog.CheckTree(proof, newer.N, newer.Hash, older.N, root) == nil {
		return ErrFork
	}
	return ErrProof
}

// hash reads a hash as a line of text has it.
func hash(line string) (tlog.Hash, bool) {
	raw, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != line {
		return tlog.Hash{}, false
	}
	return tlog.Hash(raw), true
}
