// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies evidence that a log was forked.

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/tocsin-exchange/tocsin/witness"
)

// judgeFork verifies evidence of a fork with the card of the node whose log it is.
func judgeFork(e evidence) *verdict {
	v := &verdict{What: "evidence of a fork"}
	fork, err := witness.ParseFork(e.raw)
	if err != nil {
		return v.fails("ask for the file again; it was changed or cut on its way", "this evidence cannot be read: it is not in the form of tocsin ledger evidence")
	}
	origin, _, _ := strings.Cut(fork.Newer, "\n")
	card, known := e.keys.byOrigin(origin)
	if !known {
		return v.fails("give the card of the node whose log it is by --key", "this is evidence about the log %s, and no card with that log was given", origin)
	}
	v.From = e.keys.name(card.ID())
	finding, older, newer, err := fork.Judge(card.Log)
	switch {
	case errors.Is(err, witness.ErrNoFork):
		return v.fails("tell whoever gave it to you that there is no fork", "this shows no fork: %s signed both, and its log of %d leaves continues the one of %d", v.From, newer.N, older.N)
	case err != nil:
		return v.fails("do not rely on it; ask for the evidence again", "this evidence does not verify: %s", inWords(err))
	}
	v.proves("%s signed that its log had %d leaves with the root %s", v.From, older.N, hex.EncodeToString(older.Hash[:]))
	v.proves("%s signed that its log had %d leaves with the root %s", v.From, newer.N, hex.EncodeToString(newer.Hash[:]))
	switch finding {
	case witness.TwoRoots:
		v.proves("the two are different logs of one size: whoever holds the key of that log has shown two logs")
	case witness.OtherPast:
		v.proves("the log of %d leaves holds another log of %d leaves than was signed, with the root %s: whoever holds the key of that log has rewritten it, or shown two", newer.N, older.N, hex.EncodeToString(fork.Proof.Root))
	default:
		return v.fails("ask "+v.From+" for the proof that the larger log continues the smaller: whoever runs the log can make it at once",
			"no fork is proved: both checkpoints are signed, and nothing shows that the log of %d leaves continues the one of %d, or that it does not", newer.N, older.N)
	}
	v.provesNot("which of the two is true, and what stands in either")
	v.provesNot("who did it: whoever holds the key of that log, or stole it; a node that was put back to an earlier copy and went on does the same")
	v.OK = true
	return v
}
