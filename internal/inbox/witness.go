// SPDX-License-Identifier: Apache-2.0

package inbox

// This file cosigns: the node is a witness for the logs of its partners.
// C2SP tlog-witness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Verdict is what becomes of a request for a cosignature.
type Verdict string

const (
	Cosigned   Verdict = "cosigned"
	Malformed  Verdict = "malformed"
	UnknownLog Verdict = "unknown log"
	NotSigned  Verdict = "not signed by the log"
	OtherSize  Verdict = "another size was seen last"
	BadProof   Verdict = "the proof does not hold"
)

// Witnessed is the answer to a request for a cosignature.
type Witnessed struct {
	Verdict Verdict
	Lines   string // our cosignatures, if it was cosigned
	Size    int64  // of the newest checkpoint we have followed, for OtherSize
	// Seen is that checkpoint, signed by the log itself, for OtherSize and
	// BadProof; empty if there is none, or if it was not the log's owner who asked.
	Seen string
	// Keys are our changes of keys that the partner who asks has not read of yet.
	Keys []envelope.Change
}

// Require sets the policy by which a quorum is wanted for partners' logs. Call
// it before anything is asked.
func (in *Inbox) Require(policy *witness.Policy) { in.policy = policy }

// origins are the partners by the origins of their logs, as long as no channel
// has changed: strangers ask, too, and must cost little.
type origins struct {
	mu    sync.Mutex
	read  bool
	state uint64
	names map[string]string
}

// partnerOf finds whose log has that origin.
func (in *Inbox) partnerOf(ctx context.Context, origin string) (name string, known bool, err error) {
	o := &in.origins
	o.mu.Lock()
	defer o.mu.Unlock()
	if state := in.store.State(store.RowChannel); !o.read || o.state != state {
		names := make(map[string]string)
		err := in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
			channels, err := store.Channels.List(tx, 0)
			for _, channel := range channels {
				origin, _, _ := strings.Cut(channel.Card.Log, "+")
				names[origin] = channel.Name
			}
			return err
		})
		if err != nil {
			return "", false, err
		}
		o.read, o.state, o.names = true, state, names
	}
	name, known = o.names[origin]
	return name, known, nil
}

// asked is a request for a cosignature, on its way through the checks.
type asked struct {
	witness.Request
	channel partner.Channel
	head    store.LogHead
	seen    store.SeenHead
	known   bool // the log was seen before
	// owner says that the partner itself sent the request: anybody may send a
	// checkpoint that it signed, and spoil the proof.
	owner   bool
	changes []envelope.Change // of our keys, see Witnessed
}

// AddCheckpoint answers a request for a cosignature. What is cosigned is on the
// disk before it is answered. sender is the header that partners sign their
// requests with; others need none. An error is for what is ours to repair.
func (in *Inbox) AddCheckpoint(ctx context.Context, sender string, body []byte) (Witnessed, error) {
	request, err := witness.ParseRequest(body)
	if err != nil {
		return Witnessed{Verdict: Malformed}, nil
	}
	name, known, err := in.partnerOf(ctx, request.Origin)
	if err != nil || !known {
		return Witnessed{Verdict: UnknownLog}, err
	}
	a := asked{Request: request}
	stopped := false
	err = in.store.Glance(ctx, caller.FromPartner(name), store.What{Act: caller.CosignLog, Subject: name}, func(tx *store.Tx) (err error) {
		if stopped, err = tx.Stopped(name); err != nil {
			return err
		}
		if a.channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		if a.changes, err = changesFor(tx, name); err != nil {
			return err
		}
		a.seen, a.known, err = tx.SeenOf(name)
		return err
	})
	if err != nil {
		return Witnessed{}, err
	}
	if stopped {
		// Its own store may be an old copy: what it saw last may not be the last it saw.
		return Witnessed{}, halted()
	}
	if a.channel.State == partner.Pending {
		return Witnessed{Verdict: UnknownLog}, nil
	}
	if a.head, err = openBy(a.channel.Eras()[len(a.channel.Keys.Changes):], a.Checkpoint, in.store.Now()); err != nil {
		return Witnessed{Verdict: NotSigned}, nil
	}
	if from, err := in.sender(ctx, sender, body); err == nil {
		a.owner = from.Name == name
	}
	answer, err := in.consider(ctx, a)
	if a.owner {
		answer.Keys = a.changes
	} else {
		answer.Seen = "" // how far we follow whom is no stranger's business
	}
	return answer, err
}

// consider decides on a checkpoint that a partner's log signed.
func (in *Inbox) consider(ctx context.Context, a asked) (Witnessed, error) {
	other := Witnessed{Verdict: OtherSize, Size: a.seen.Size, Seen: a.seen.Checkpoint}
	for _, held := range a.held() {
		if held.Size == a.head.Size && held.Root != a.head.Root {
			return other, in.forked(ctx, a, held, nil)
		}
	}
	switch {
	case a.Old != a.seen.Size:
		return other, in.quorum(ctx, a)
	case a.seen.Fork != "":
		// It may continue what was followed; it does not continue all that was shown.
		return Witnessed{Verdict: BadProof, Seen: a.seen.Checkpoint}, nil
	case a.Tree.N == a.Old && a.seen.Cosigned != "":
		return in.done(a, a.seen.Cosigned), in.quorum(ctx, a)
	case a.Old > 0 && a.Tree.N > a.Old:
		before, err := a.seen.Tree()
		if err != nil {
			return Witnessed{}, err
		}
		if tlog.CheckTree(a.Proof, a.Tree.N, a.Tree.Hash, before.N, before.Hash) != nil {
			return Witnessed{Verdict: BadProof, Seen: a.seen.Checkpoint}, in.unproved(ctx, a)
		}
	}
	lines, err := in.ring.Cosign(witness.Text(a.Checkpoint), in.store.Now())
	if err != nil {
		return Witnessed{}, err
	}
	moved := false
	what := store.What{Act: caller.CosignLog, Subject: a.channel.Name, Note: fmt.Sprintf("%d leaves", a.head.Size)}
	err = in.store.Change(ctx, caller.FromPartner(a.channel.Name), what, func(tx *store.Tx) error {
		now, _, err := tx.SeenOf(a.channel.Name)
		if err != nil {
			return err
		}
		if moved = now.Size != a.seen.Size || now.Root != a.seen.Root || now.Fork != a.seen.Fork; moved {
			other.Size, other.Seen = now.Size, now.Checkpoint
			return errMoved
		}
		return tx.AddCheckpoint(a.channel.Name, a.head, lines)
	})
	if moved {
		return other, nil
	}
	if err != nil {
		return Witnessed{}, err
	}
	return in.done(a, lines), in.quorum(ctx, a)
}

// errMoved takes back a cosigning that another was faster than.
var errMoved = errors.New("inbox: another checkpoint was followed meanwhile")

// done is the answer with our cosignatures. An expelled partner's log is looked
// at and not vouched for.
func (in *Inbox) done(a asked, lines string) Witnessed {
	if a.channel.State == partner.Expelled {
		return Witnessed{Verdict: NotSigned}
	}
	return Witnessed{Verdict: Cosigned, Lines: lines}
}

// held are all checkpoints of the log that we hold.
func (a asked) held() []store.LogHead {
	if !a.known {
		return nil
	}
	held := append([]store.LogHead{a.seen.LogHead}, a.seen.Loose...)
	if a.seen.Shown != nil {
		held = append(held, *a.seen.Shown)
	}
	return held
}

// unproved is for a checkpoint whose proof does not hold. Sent by the partner
// itself that is a fork, as far as it shows; sent by anybody it is nothing.
func (in *Inbox) unproved(ctx context.Context, a asked) error {
	in.log.Warn("a checkpoint was not cosigned: its proof does not hold", "partner", a.channel.Name, "size", a.Tree.N, "by_the_partner", a.owner)
	if !a.owner {
		return nil
	}
	return in.forked(ctx, a, a.seen.LogHead, nil)
}

// forked keeps that a partner's log signed two checkpoints that are not of one
// log.
func (in *Inbox) forked(ctx context.Context, a asked, before store.LogHead, proof *witness.Consistency) error {
	older, err := before.Tree()
	if err != nil {
		return err
	}
	evidence := witness.Fork{Older: before.Checkpoint, Newer: a.head.Checkpoint, Proof: proof}
	what := store.What{Act: caller.CosignLog, Subject: a.channel.Name, Note: "forked"}
	if a.seen.Fork != "" {
		// Told already, unless this proves what was only suspected.
		if known, err := in.provedFork(ctx, a.seen.Fork); err != nil || known || older.N != a.Tree.N {
			return err
		}
	}
	return in.store.Change(ctx, caller.FromPartner(a.channel.Name), what, func(tx *store.Tx) error {
		seen, _, err := tx.SeenOf(a.channel.Name)
		if err != nil {
			return err
		}
		if rejected, err := tx.Rejected(a.channel.Name, seen, a.head); err != nil || rejected {
			return err
		}
		if err := tx.Forked(a.channel.Name, &seen, evidence, older, a.Tree); err != nil {
			return err
		}
		if seen.Shown == nil || a.head.Size > seen.Shown.Size {
			seen.Shown = &a.head
		}
		return store.Seen.Put(tx, a.channel.Name, seen)
	})
}

func (in *Inbox) provedFork(ctx context.Context, id string) (proved bool, err error) {
	err = in.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SeeNode}, func(tx *store.Tx) error {
		fork, err := store.Forks.Get(tx, id)
		proved = witness.Finding(fork.Finding).Proves()
		return err
	})
	return proved, err
}

// quorum notes the cosignatures of others on a partner's checkpoint, if our
// policy wants them and they are enough.
func (in *Inbox) quorum(ctx context.Context, a asked) error {
	if !in.policy.Wants(a.channel.Card.Log) || a.seen.Witnessed != nil && a.seen.Witnessed.Size >= a.head.Size {
		return nil
	}
	found := witness.Cosignatures(witness.Text(a.Checkpoint), witness.Lines(a.Checkpoint), in.policy.Keys()...)
	if !in.policy.Quorum(found) {
		return nil
	}
	with := a.head.Checkpoint
	for _, cosignature := range found {
		with += cosignature.Signature
	}
	what := store.What{Act: caller.CosignLog, Subject: a.channel.Name, Note: fmt.Sprintf("a quorum cosigned %d leaves", a.head.Size)}
	return in.store.Change(ctx, caller.FromPartner(a.channel.Name), what, func(tx *store.Tx) error { return tx.Quorum(a.channel.Name, a.head, with) })
}
