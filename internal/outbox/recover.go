// SPDX-License-Identifier: Apache-2.0

package outbox

// This file ends a recovery once the partners have said what they hold of us. If
// one has seen more than was restored, or may have, the log goes on under another
// name, and each is told.

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// endAgain is how long after a failure the end of a recovery is tried again.
const endAgain = 5 * time.Second

// RunRecovery ends recoveries when their time has come, until ctx ends.
func (o *Outbox) RunRecovery(ctx context.Context) error {
	for ctx.Err() == nil {
		woken := o.store.Wait(store.RowRecovery)
		var again <-chan time.Time
		if err := o.endRecovery(ctx); err != nil && ctx.Err() == nil {
			o.log.Error("a recovery cannot be brought to its end", "err", err)
			again = time.After(endAgain)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-again:
		}
	}
	return nil
}

// endRecovery does what is to be done now: nothing, the end, or to tell a partner
// who was heard after it.
func (o *Outbox) endRecovery(ctx context.Context) error {
	var r store.Recovery
	var open bool
	err := o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) (err error) {
		r, open, err = tx.NewestRecovery()
		return err
	})
	switch {
	case err != nil || !open:
		return err
	case !r.Ended.IsZero() && r.Renames():
		return o.renameLog(ctx, r)
	case !r.Ended.IsZero():
		return o.tellLate(ctx, r)
	case len(r.Waits()) > 0:
		return o.destroyHeard(ctx)
	case r.Behind():
		return o.renameLog(ctx, r)
	}
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Note: "nobody has seen more than was restored"}, func(tx *store.Tx) error {
		r, err := stillOpen(tx, r.ID)
		if err != nil || r.Behind() {
			return err
		}
		return o.end(tx, r)
	})
}

// errDecided is for a recovery that somebody else has ended meanwhile.
var errDecided = problem.New(problem.Conflict, "see tocsin recover", "the recovery has ended, or waits again")

// stillOpen reads a recovery that is to be ended, or whose log is to take another
// name after it has ended.
func stillOpen(tx *store.Tx, id string) (store.Recovery, error) {
	r, err := store.Recoveries.Get(tx, id)
	if err == nil && (!r.Ended.IsZero() && !r.Renames() || len(r.Waits()) > 0) {
		err = errDecided
	}
	return r, err
}

// end lets everything flow again.
func (o *Outbox) end(tx *store.Tx, r store.Recovery) error {
	if err := o.destroyAgain(tx); err != nil {
		return err
	}
	if r.Ended.IsZero() {
		r.Ended = tx.Now
	}
	owed := make(map[string][]uint64)
	for i := range r.Partners {
		p := &r.Partners[i]
		if p.Told = p.Told || !p.Heard.IsZero(); p.Told {
			owed[p.Partner], p.Owed = p.Owed, nil
		}
	}
	if err := store.Recoveries.Put(tx, r.ID, r); err != nil {
		return err
	}
	for _, p := range r.Partners {
		if !p.Told {
			continue
		}
		if err := o.tellAside(tx, p.Partner); err != nil {
			return err
		}
		if err := o.tellNames(tx, p.Partner, owed[p.Partner]...); err != nil {
			return err
		}
	}
	tx.Recovered()
	o.log.Warn("the recovery has ended", "new_log", r.NewLog)
	return nil
}

// tellAside tells a partner anew of the changes of keys whose messages gave way to
// what somebody else signed: without them it could verify nothing that follows.
func (o *Outbox) tellAside(tx *store.Tx, name string) error {
	unread, err := tx.UnreadKeys(name)
	if err != nil {
		return err
	}
	for _, notice := range unread {
		m, err := tx.Message(notice.Hash)
		if err != nil {
			return err
		}
		if m.Direction != store.Aside {
			continue
		}
		if err := store.KeyNotices.Delete(tx, notice.Hash); err != nil {
			return err
		}
		if err := o.tellNames(tx, name, notice.Number); err != nil {
			return err
		}
	}
	return nil
}

// tellNames tells a partner that the node went on without of the changes of keys by
// which the log took another name meanwhile, the oldest first.
func (o *Outbox) tellNames(tx *store.Tx, name string, numbers ...uint64) error {
	if len(numbers) == 0 {
		return nil
	}
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		own, err := store.OwnKeys.Get(tx, store.SeqText(number))
		if err != nil {
			return err
		}
		if err := o.tellOne(tx, channel, own.Change, number, handling.Priority); err != nil {
			return err
		}
	}
	return nil
}

// destroyHeard destroys what one partner has shown to be destroyed, while others
// are waited for: people can read meanwhile.
func (o *Outbox) destroyHeard(ctx context.Context) error {
	var again []string
	err := o.store.Glance(ctx, caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) (err error) {
		again, err = hereAgain(tx)
		return err
	})
	if err != nil || len(again) == 0 {
		return err
	}
	return o.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Note: "destroyed again"}, o.destroyAgain)
}

// destroyAgain destroys what was recalled and destroyed after the backup was made,
// and came back with it.
func (o *Outbox) destroyAgain(tx *store.Tx) error {
	again, err := hereAgain(tx)
	for _, hash := range again {
		if err == nil {
			err = tx.DestroyRecalled(hash)
		}
	}
	return err
}

// hereAgain are the messages that we said we destroyed, and that are here.
func hereAgain(tx *store.Tx) (hashes []string, err error) {
	answered, err := store.Recalls.List(tx, 0, store.RecallAnswered)
	if err != nil {
		return nil, err
	}
	for _, recall := range answered {
		if recall.Ours || recall.Answer.Answer != warning.Destroyed {
			continue
		}
		m, known, err := tx.FindMessage(recall.Recall.About)
		if err != nil {
			return nil, err
		}
		if known && m.Partner == recall.Partner && m.Direction == store.In && m.State != store.Destroyed {
			hashes = append(hashes, m.Hash)
		}
	}
	return hashes, nil
}

// renameLog ends a recovery of a node that others saw more of than it has: the
// log goes on with another key under another name, its first leaves being those
// that were restored. It is a change of keys, and fails and goes on as one.
func (o *Outbox) renameLog(ctx context.Context, r store.Recovery) error {
	root, err := hex.DecodeString(r.Root)
	if err != nil {
		return fmt.Errorf("outbox: the root of the log that was restored: %w", err)
	}
	order := KeyOrder{Reason: "this node was restored from a backup of " + r.Made.Format(time.RFC3339)}
	s := envelope.ChangeStatement{
		Why: envelope.Restoration, Reason: order.Reason, Restored: &envelope.LogEnd{Size: r.Size, Root: base64.StdEncoding.EncodeToString(root)},
	}
	_, err = o.changeKeys(ctx, caller.Self(), store.What{Act: caller.ChangeKeys, Note: string(envelope.Restoration)}, s,
		func() (*keys.Ring, error) { return o.ring.NextRestored() },
		func(tx *store.Tx, change envelope.Change, s envelope.ChangeStatement) error {
			r, err := stillOpen(tx, r.ID)
			if err != nil {
				return err
			}
			r.NewLog, r.Number = true, s.Number
			if err := o.end(tx, r); err != nil {
				return err
			}
			return o.tellKeys(tx, caller.Self(), change, s)
		})
	return err
}

// tellLate tells a partner of the new log that the node went on without, and that
// has been heard since.
func (o *Outbox) tellLate(ctx context.Context, r store.Recovery) error {
	for _, p := range r.Partners {
		if p.Heard.IsZero() || p.Told {
			continue
		}
		err := o.store.Change(ctx, caller.Self(), store.What{Act: caller.Recover, Subject: p.Partner, Note: "heard at last"}, func(tx *store.Tx) error {
			r, err := store.Recoveries.Get(tx, r.ID)
			if err != nil {
				return err
			}
			now := r.Of(p.Partner)
			if now == nil || now.Told {
				return nil
			}
			owed := now.Owed
			if now.Told, now.Owed = true, nil; r.Number > 0 {
				owed = append(owed, r.Number)
			}
			if err := store.Recoveries.Put(tx, r.ID, r); err != nil {
				return err
			}
			if err := o.destroyAgain(tx); err != nil {
				return err
			}
			tx.Recovered()
			if err := o.tellAside(tx, p.Partner); err != nil {
				return err
			}
			return o.tellNames(tx, p.Partner, owed...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// toTell are the partners that a change of keys is told to. Nothing may be said to
// one that the node went on without before it was heard; only the change that
// follows from it can wait.
func toTell(tx *store.Tx, channels []partner.Channel, why envelope.Why) (now []partner.Channel, err error) {
	for _, channel := range channels {
		recovering, err := tx.Recovering(channel.Name)
		if err != nil {
			return nil, err
		}
		switch {
		case !recovering:
			now = append(now, channel)
		case why != envelope.Restoration && channel.State != partner.Expelled:
			return nil, problem.New(problem.Conflict, "wait until it answers (tocsin recover), or expel it", "%s has not said yet what it holds of this node, and could not be told of other keys", channel.Name)
		}
	}
	return now, nil
}
