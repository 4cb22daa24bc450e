// SPDX-License-Identifier: Apache-2.0

package store

// This file says when nothing may be given out, because the node may be older
// than what was decided since.

import "github.com/tocsin-exchange/tocsin/internal/problem"

// RowFork is the kind of rows that are forks, of our log and of others'.
const RowFork = "fork"

// GivesOut is nil if tools may be given what is kept here. It is a Busy problem
// while the node recovers, or is halted: it may have been put back to an earlier
// copy of itself, and then a text is here again that was destroyed since, and an
// account or a release that was taken back. People read on.
func (tx *Tx) GivesOut() error {
	_, halted, err := tx.Halted()
	if err == nil && !halted {
		var r Recovery
		r, halted, err = tx.Recovery()
		halted = halted && r.Ended.IsZero()
	}
	if err == nil && halted {
		err = problem.New(problem.Busy, "come again when it knows what was decided since: see tocsin recover, and tocsin alarm list",
			"nothing is given out now: this node may have been put back to an earlier copy of itself")
	}
	return err
}
