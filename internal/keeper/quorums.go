// SPDX-License-Identifier: Apache-2.0

package keeper

// This file notices a partner's log that the witnesses of our policy do not
// cosign.

import (
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// quorumWithin is how long a partner has to show that a quorum of the policy
// cosigned what it showed us, or a later log.
const quorumWithin = time.Hour

// Require sets the policy by which a quorum is wanted for partners' logs.
func (k *Keeper) Require(policy *witness.Policy) { k.policy = policy }

// quorums raises an alarm for each partner whose log waits too long for a quorum.
func (k *Keeper) quorums(tx *store.Tx) (all []due, err error) {
	if k.policy == nil || len(k.policy.Logs) == 0 {
		return nil, nil
	}
	channels, err := store.Channels.List(tx, 0)
	for _, channel := range channels {
		if !k.policy.Wants(channel.Card.Log) {
			continue
		}
		seen, known, err := store.Seen.Find(tx, channel.Name)
		if err != nil {
			return nil, err
		}
		if !known || seen.Owed == nil || tx.Now.Before(seen.Owed.At.Add(quorumWithin)) {
			continue
		}
		alarm := warning.Alarm{Kind: warning.AlarmNoQuorum, Partner: channel.Name, Subject: channel.Name, Level: handling.Priority,
			Text: fmt.Sprintf("no quorum of the policy (%s) has cosigned the log of %s since it had %d leaves", k.policy.QuorumName(), channel.Name, seen.Owed.Size)}
		if raised, err := tx.IsRaised(alarm); err != nil {
			return nil, err
		} else if !raised {
			all = append(all, func(tx *store.Tx) error { return tx.Raise(alarm) })
		}
	}
	return all, err
}
