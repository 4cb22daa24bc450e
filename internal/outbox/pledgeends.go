// SPDX-License-Identifier: Apache-2.0

package outbox

// This file tells partners that a promise of ours has ended.

import (
	"context"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// pledgeLabel is how a pledge and its end are handled.
const pledgeLabel = handling.AmberStrict

// EndPledge ends a pledge of ours from now on and tells the partner, in one
// transaction; a partner to whom nothing may be said now is told when its channel is
// open again. Why stays here, with the pledge. A pledge ends once: what met it before
// is owed all the same.
func (o *Outbox) EndPledge(ctx context.Context, who caller.Caller, id, why string) (kept warning.KeptPledge, err error) {
	if strings.TrimSpace(why) == "" || len(why) > warning.MaxWord {
		return kept, problem.New(problem.Invalid, "say in a sentence why; it stays here", "a pledge is ended with a reason")
	}
	err = o.store.Change(ctx, who, store.What{Act: caller.EndPledge, Subject: id}, func(tx *store.Tx) error {
		if kept, err = standing(tx, id); err != nil {
			return err
		}
		channel, err := store.Channels.Get(tx, kept.Partner)
		if err != nil {
			return err
		}
		kept.End = &warning.PledgeEnd{Pledge: id, Ended: tx.Now, Why: warning.PledgeWithdrawn, By: officer(who, caller.EndPledge), At: tx.Now}
		if kept.Pledge.At.After(tx.Now) { // the clock was set back: nothing ends before it began
			kept.End.Ended = kept.Pledge.At
		}
		kept.EndReason = why
		if channel.State == partner.Pending || channel.State == partner.Expelled {
			err = tx.WishPledgeEnd(channel.Name, kept.End)
		} else if err = o.mayTell(tx, &channel, envelope.PledgeEnd, pledgeLabel); err == nil {
			kept.EndHash, err = o.sayEnd(tx, &channel, kept.End)
		}
		if err != nil {
			return err
		}
		return store.Pledges.Put(tx, id, kept)
	})
	return kept, err
}

// standing is a pledge of ours that can be ended.
func standing(tx *store.Tx, id string) (kept warning.KeptPledge, err error) {
	if kept, err = store.Pledges.Get(tx, id); problem.Is(err, problem.Missing) {
		theirs, err := store.Pledges.List(tx, 0, store.Theirs)
		if err != nil {
			return kept, err
		}
		for _, p := range theirs {
			if p.Pledge.ID == id {
				return kept, notOurs(p.Partner)
			}
		}
	}
	switch {
	case err != nil:
		return kept, err
	case !kept.Ours:
		return kept, notOurs(kept.Partner)
	case kept.End != nil:
		return kept, problem.New(problem.Conflict, "", "it ended on %s: %s", kept.End.Ended.Format(time.DateOnly), kept.End.Words())
	case kept.Past(tx.Now):
		return kept, problem.New(problem.Conflict, "", "it ended with its last day, %s", kept.Pledge.Until)
	}
	return kept, nil
}

func notOurs(name string) error {
	return problem.New(problem.Conflict, "ask "+name, "%s gave this pledge: nobody else ends it", name)
}

// sayEnd queues the message that a pledge of ours has ended, and returns its hash.
func (o *Outbox) sayEnd(tx *store.Tx, channel *partner.Channel, end *warning.PledgeEnd) (hash string, err error) {
	err = o.say(tx, letter{
		channel: *channel, kind: envelope.PledgeEnd, payload: end,
		precedence: handling.Routine, handling: handling.Handling{TLP: pledgeLabel},
	})
	if err != nil {
		return "", err
	}
	_, hash, err = tx.Tip(channel.ID, store.Out) // what was said last
	return hash, err
}

// pledgeEndWished says that a pledge of ours has ended. It is wished for until the
// channel is one in which something may be said, and the policy lets it be said.
func (o *Outbox) pledgeEndWished(tx *store.Tx, wish store.Wish) error {
	channel, end, now, err := wished[*warning.PledgeEnd](tx, wish)
	if err != nil || !now {
		return err
	}
	if err := o.mayTell(tx, &channel, envelope.PledgeEnd, pledgeLabel); problem.Is(err, problem.Denied) {
		return nil
	} else if err != nil {
		return err
	}
	hash, err := o.sayEnd(tx, &channel, end)
	if err != nil {
		return err
	}
	kept, known, err := store.Pledges.Find(tx, end.Pledge)
	if err != nil {
		return err
	}
	if known && kept.Ours {
		kept.EndHash = hash
		if err := store.Pledges.Put(tx, end.Pledge, kept); err != nil {
			return err
		}
	}
	return store.Wishes.Delete(tx, wish.ID)
}
