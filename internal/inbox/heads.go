// SPDX-License-Identifier: Apache-2.0

package inbox

// This file holds our own log against what a partner has seen of it, before
// anything is receipted, and proves that it has only grown.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// lostError says that somebody holds a checkpoint of ours that our log does not
// lead to.
type lostError struct{ checkpoint string }

func (e *lostError) Error() string {
	return "inbox: our log does not lead to a checkpoint that we signed"
}

// halted is the answer to a partner while nobody has decided on a fork of our
// own log: it may try again.
func halted() error {
	return problem.New(problem.Busy, "", "not accepted").Because(errors.New("inbox: the node's own log is not what others saw of it"))
}

// ownSeen checks that our log leads to every checkpoint of it that the partner
// has seen, and returns their trees. A receipt signed by a log that was put back
// to an earlier copy would prove us forked: then nothing is heard. One that
// somebody here decided about is left out.
func (in *Inbox) ownSeen(tx *store.Tx, name string, seen []string) (trees []tlog.Tree, err error) {
	if stopped, err := tx.Stopped(name); err != nil || stopped {
		if err == nil {
			err = halted()
		}
		return nil, err
	}
	for _, checkpoint := range seen {
		_, tree, err := witness.ParseText(witness.Text(checkpoint))
		if err != nil {
			return nil, err
		}
		holds, err := tx.Holds(tree)
		if err != nil {
			return nil, err
		}
		if holds {
			trees = append(trees, tree)
			continue
		}
		// Whoever shows what we did not sign says nothing about us.
		if _, err := in.ownCheckpoint(tx, checkpoint); err != nil {
			return nil, refused(fmt.Errorf("inbox: the partner says it saw a checkpoint that is not ours: %w", err))
		}
		if fork, known, err := tx.OwnFork(checkpoint); err != nil {
			return nil, err
		} else if !known || fork.DecidedBy == "" {
			return nil, &lostError{checkpoint}
		}
	}
	return trees, nil
}

// lost keeps the evidence that our own log is not what a partner saw of it, and
// raises the alarm. The partner may try again.
func (in *Inbox) lost(ctx context.Context, name, checkpoint string) error {
	in.log.Error("our log does not lead to a checkpoint that a partner holds: nothing is sent or receipted", "partner", name)
	own, err := in.store.Newest()
	if err != nil {
		return err
	}
	what := store.What{Act: caller.Receive, Subject: name, Note: "our log is not what was seen of it"}
	err = in.store.Change(ctx, caller.FromPartner(name), what, func(tx *store.Tx) error {
		theirs, err := in.ownCheckpoint(tx, checkpoint)
		if err != nil {
			return err
		}
		return tx.LogLost(name, theirs, own)
	})
	return errors.Join(halted(), err)
}

// ownCheckpoint opens a checkpoint that we signed, with the log key we have or
// one we had.
func (in *Inbox) ownCheckpoint(tx *store.Tx, checkpoint string) (head store.LogHead, err error) {
	history, err := tx.OwnHistory(in.card())
	if err != nil {
		return head, err
	}
	return openBy(history.Eras(), checkpoint, in.store.Now())
}

// openBy opens a checkpoint with the newest log key that a node has or had.
func openBy(eras []envelope.Era, checkpoint string, now time.Time) (head store.LogHead, err error) {
	_, err = partner.VerifyBy(eras, time.Time{}, func(card envelope.Card) (err error) {
		head, _, err = store.OpenCheckpoint(checkpoint, card.Log, now)
		return err
	})
	return head, err
}

// link promises the proofs that one log grew through what the partner has seen
// and every checkpoint in a receipt of this answer.
func (h *hearing) link(own []tlog.Tree, answer *envelope.Answer) {
	h.tx.Finish(func(head store.Head) error {
		known := make(map[string]bool)
		for _, result := range answer.Results {
			_, checkpoint, _ := strings.Cut(result.Receipt, "\n\n")
			text := witness.Text(checkpoint)
			if result.Receipt == "" || known[text] {
				continue
			}
			known[text] = true
			if _, tree, err := witness.ParseText(text); err == nil && tree.N <= head.Tree.N {
				own = append(own, tree)
			}
		}
		proofs, err := head.Link(own)
		answer.Consistency = proofs
		return err
	})
}
