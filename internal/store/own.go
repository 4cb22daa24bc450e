// SPDX-License-Identifier: Apache-2.0

package store

// This file holds what others say and hold of our own log: their cosignatures,
// and checkpoints of ours that it does not lead to.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Cosignings are the newest cosignatures of our log, one for each who cosigned.
var Cosignings = Table[Cosigning]{kind: "cosigning", name: "cosignature", at: func(c *Cosigning) time.Time { return c.Got }}

// Cosigning is what one partner or one witness cosigned last.
type Cosigning struct {
	By      string    `json:"by"`               // the partner, or the witness as the policy names it
	Neutral bool      `json:"neutral,omitzero"` // a witness of the policy
	Head    LogHead   `json:"head"`             // of our log
	Lines   string    `json:"lines"`            // the cosignatures
	At      time.Time `json:"at"`               // as the cosigner says
	Got     time.Time `json:"got"`
}

// CosigningID names what a partner or a neutral witness cosigned.
func CosigningID(by string, neutral bool) string {
	if neutral {
		return "witness/" + by
	}
	return "partner/" + by
}

// The kinds of rows that whoever has our log cosigned waits for: an exchange
// with anybody, and with one partner.
const RowExchange = "exchange"

// RowExchangeWith is the kind for one partner; [Store.State] counts it.
func RowExchangeWith(partner string) string { return RowExchange + " " + partner }

// Exchanged notes that something passed between us and a partner, so that our
// log is cosigned.
func (tx *Tx) Exchanged(partner string) {
	tx.wake(RowExchange)
	tx.wake(RowExchangeWith(partner))
}

// RowWitnessed is the kind that tells of a new cosignature of a witness of the
// policy, which partners are shown.
const RowWitnessed = "witnessed"

// Witnessed notes that a witness of the policy cosigned our log.
func (tx *Tx) Witnessed() { tx.wake(RowWitnessed) }

// Unwitnessed notes that a partner has seen more of our log than a witness of
// the policy cosigned.
func (tx *Tx) Unwitnessed() { tx.wake(RowExchange) }

// Size is the number of leaves of our log.
func (tx *Tx) Size() (size int64, err error) {
	if tx.batch != nil {
		return tx.batch.tree.Size(), nil
	}
	_, err = tx.get(`SELECT coalesce(max(idx) + 1, 0) FROM log`, nil, &size)
	return size, err
}

// GrownAt is when our log grew to that size, by our clock, as the audit line under
// its last leaf says; zero if it does not say.
func (tx *Tx) GrownAt(size int64) (time.Time, error) {
	var raw []byte
	var line Line
	if found, err := tx.get(`SELECT line FROM log WHERE idx = $1`, []any{size - 1}, &raw); err != nil || !found || raw == nil {
		return time.Time{}, err
	}
	err := json.Unmarshal(raw, &line)
	return line.At, err
}

// Holds reports whether our log leads to that tree: whether it had that root
// when it had that size.
func (tx *Tx) Holds(tree tlog.Tree) (bool, error) {
	size, err := tx.Size()
	if err != nil || tree.N > size {
		return false, err
	}
	if tree.N == 0 {
		return tree == ledger.Tree{}.Head(), nil
	}
	root, err := tlog.TreeHash(tree.N, tx.hashes())
	return root == tree.Hash, err
}

// hashes reads the hashes of the log, with those of the batch that is being
// written.
func (tx *Tx) hashes() tlog.HashReader {
	if tx.batch != nil {
		return tx.batch.recent
	}
	return hashReader{tx}
}

// ProveTree proves that our log of size newer continues the one of size older.
func (tx *Tx) ProveTree(older, newer int64) (tlog.TreeProof, error) {
	return proveTree(older, newer, tx.hashes())
}

// ProveTree proves that the log of size newer, up to this head, continues the
// one of size older.
func (h Head) ProveTree(older, newer int64) (tlog.TreeProof, error) {
	return proveTree(older, newer, h.recent)
}

func proveTree(older, newer int64, hashes tlog.HashReader) (tlog.TreeProof, error) {
	if older == 0 {
		return nil, nil
	}
	proof, err := tlog.ProveTree(newer, older, hashes)
	if err != nil {
		return nil, fmt.Errorf("store: proving that the log grew from %d to %d leaves: %w", older, newer, err)
	}
	return proof, nil
}

// OwnFork finds what was kept of a checkpoint of ours that our log does not
// lead to; ok is false for one that is new.
func (tx *Tx) OwnFork(checkpoint string) (fork Fork, ok bool, err error) {
	return Forks.Find(tx, ownForkID(checkpoint))
}

func ownForkID(checkpoint string) string { return fileID([]byte(witness.Text(checkpoint))) }

func fileID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// LogLost keeps that a partner holds a checkpoint which our key signed and our
// log does not lead to, and raises the alarm. Until somebody decides, the node
// is halted: nothing is sent, received or cosigned. own is our newest.
func (tx *Tx) LogLost(partner string, theirs, own LogHead) error {
	if _, known, err := tx.OwnFork(theirs.Checkpoint); err != nil || known {
		return err
	}
	fork, err := tx.ownFork(partner, theirs, own)
	if err != nil {
		return err
	}
	covered, err := tx.decidedUntil(&fork, theirs.Size)
	if err != nil {
		return err
	}
	if !covered && originOf(theirs) != originOf(own) {
		// The log goes on under another name since it was restored: what the old name
		// signed stops nothing any more, and people are told that there is more of it.
		fork.DecidedBy, fork.DecidedAt, fork.Reason = RecoveredBy, tx.Now, "the log goes on under another name since the node was restored"
		fork.Until = theirs.Size
		if err := Forks.Put(tx, fork.ID, fork); err != nil {
			return err
		}
		return tx.Raise(MoreSeenAlarm(partner, fork.ID, theirs.Size))
	}
	if err := Forks.Put(tx, fork.ID, fork); err != nil || covered {
		return err
	}
	return tx.Raise(OwnLogAlarm(partner, fork.ID, fmt.Sprintf("%s holds a checkpoint of %d leaves that this node signed, and this node's log of %d leaves does not lead to it", partner, theirs.Size, own.Size)))
}

// ownFork is what a checkpoint of ours shows that our log does not lead to.
func (tx *Tx) ownFork(partner string, theirs, own LogHead) (Fork, error) {
	evidence := witness.Fork{Older: theirs.Checkpoint, Newer: own.Checkpoint}
	if theirs.Size > own.Size {
		evidence = witness.Fork{Older: own.Checkpoint, Newer: theirs.Checkpoint}
	} else if theirs.Size > 0 && theirs.Size < own.Size {
		proof, err := tx.ownPast(theirs.Size, own)
		if err != nil {
			return Fork{}, err
		}
		evidence.Proof = proof
	}
	finding := witness.Unexplained
	switch {
	case theirs.Size == own.Size:
		finding = witness.TwoRoots
	case evidence.Proof != nil:
		finding = witness.OtherPast
	}
	return Fork{
		ID: ownForkID(theirs.Checkpoint), Partner: partner, Ours: true, Origin: originOf(theirs), Found: tx.Now, Finding: string(finding),
		Older: min(theirs.Size, own.Size), Newer: max(theirs.Size, own.Size), File: evidence.Encode(),
	}, nil
}

// originOf is the name of the log that a checkpoint is of.
func originOf(h LogHead) string {
	origin, _, _ := strings.Cut(h.Checkpoint, "\n")
	return origin
}

// decidedUntil takes over the decision that covers a checkpoint of a branch that
// was lost: whoever holds many of them halts the node once, not once for each.
func (tx *Tx) decidedUntil(fork *Fork, size int64) (covered bool, err error) {
	decided, err := Forks.List(tx, 0, ForkOwnGoing)
	for _, d := range decided {
		if size <= d.Until && (d.Origin == "" || d.Origin == fork.Origin) {
			fork.DecidedBy, fork.DecidedAt, fork.Reason, fork.Until = d.DecidedBy, d.DecidedAt, d.Reason, d.Until
			return true, err
		}
	}
	return false, err
}

// ownPast shows what our log was at that size.
func (tx *Tx) ownPast(size int64, own LogHead) (*witness.Consistency, error) {
	newer, err := own.Tree()
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(size, tx.hashes())
	if err != nil {
		return nil, err
	}
	proof, err := tx.ProveTree(size, own.Size)
	if err != nil {
		return nil, err
	}
	c := witness.NewConsistency(tlog.Tree{N: size, Hash: root}, newer, proof)
	return &c, nil
}

// OwnLogAlarm says that this node's log is not what a partner or a witness saw
// of it.
func OwnLogAlarm(by, subject, what string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmOwnLog, Partner: by, Subject: subject, Level: handling.Flash,
		Text: what + ": its directory was put back to an earlier copy, or its log was rewritten. Stop it, do not send, restore the newest copy"}
}

// Halted returns the oldest fork of our own log that nobody has decided on; ok
// is false if there is none.
func (tx *Tx) Halted() (fork Fork, ok bool, err error) {
	open, err := Forks.List(tx, 1, ForkOwnOpen)
	if err != nil || len(open) == 0 {
		return fork, false, err
	}
	return open[0], true, nil
}

// Resume decides every open fork of our own log: to go on with it as it is. The
// decision holds for whatever else we signed up to here and up to the largest
// checkpoint that is known of what was lost.
func (tx *Tx) Resume(who, reason string) (decided []Fork, err error) {
	open, err := Forks.List(tx, 0, ForkOwnOpen)
	if err != nil {
		return nil, err
	}
	until, err := tx.Size()
	for _, fork := range open {
		until = max(until, fork.Newer)
	}
	for _, fork := range open {
		fork.DecidedBy, fork.DecidedAt, fork.Reason, fork.Until = who, tx.Now, reason, until
		if err := Forks.Put(tx, fork.ID, fork); err != nil {
			return nil, err
		}
		decided = append(decided, fork)
	}
	tx.wake(RowQueue)
	tx.wake(RowFeed)
	tx.wake(RowExchange)
	tx.wake(RowWitnessed)
	return decided, err
}

// Newest is our newest checkpoint as a head.
func (s *Store) Newest() (LogHead, error) {
	return textHead(s.Checkpoint(), s.Now())
}

func textHead(checkpoint string, at time.Time) (LogHead, error) {
	_, tree, err := witness.ParseText(witness.Text(checkpoint))
	return NewHead(checkpoint, tree, at), err
}

// Link proves that our log grew through all those trees, of each to the next.
func (h Head) Link(trees []tlog.Tree) ([]witness.Consistency, error) {
	slices.SortFunc(trees, func(a, b tlog.Tree) int { return cmp.Compare(a.N, b.N) })
	trees = slices.Compact(trees)
	var proofs []witness.Consistency
	for i := 1; i < len(trees); i++ {
		if trees[i-1].N == 0 {
			continue
		}
		proof, err := h.ProveTree(trees[i-1].N, trees[i].N)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, witness.NewConsistency(trees[i-1], trees[i], proof))
	}
	return proofs, nil
}
