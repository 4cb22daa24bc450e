// SPDX-License-Identifier: Apache-2.0

package store

// This file holds recovery: a node that was restored from a backup may be older
// than what its partners saw of it, and goes on only when they have said.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RowRecovery is the kind of rows that are recoveries.
const RowRecovery = "recovery"

// Recoveries are the recoveries there were, by the id of what was restored.
var Recoveries = Table[Recovery]{kind: RowRecovery, name: "recovery", state: func(r *Recovery) string { return r.state() }, at: func(r *Recovery) time.Time { return r.Began }, kept: keepRecovery}

// The states by which recoveries are listed.
const (
	// RecoveryOpen: nothing is sent, receipted or cosigned.
	RecoveryOpen = "open"
	// RecoveryPartly: the node goes on, and somebody it went on without has not
	// been heard.
	RecoveryPartly = "partly"
	RecoveryDone   = "done"
)

// Restored is what a node was restored from.
type Restored struct {
	ID         string    `json:"id"`
	At         time.Time `json:"at"`   // when it was restored
	Made       time.Time `json:"made"` // when the backup was
	Size       int64     `json:"size"` // of the log in it
	Root       string    `json:"root"` // hex
	Checkpoint string    `json:"checkpoint"`
}

// Recovery is one recovery.
type Recovery struct {
	Restored
	// Hand says that no backup was restored by the program: somebody put an earlier
	// copy of the directory back, and says so.
	Hand     bool       `json:"hand,omitzero"`
	Began    time.Time  `json:"began"`
	Partners []Regained `json:"partners"`
	// NewLog says that the log goes on under another name, behind what was
	// restored: somebody saw more of it than is here, or may have.
	NewLog bool `json:"new_log,omitzero"`
	// Ordered is who ordered the other name, and Why for what: somebody whom the
	// node does not know any more may have seen more.
	Ordered   string    `json:"ordered,omitempty"`
	OrderedAt time.Time `json:"ordered_at,omitzero"`
	Why       string    `json:"why,omitempty"`
	// Number is of the change of keys that gave it the name.
	Number uint64    `json:"number,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
	// Followed is the recovery that began before this one was done, and asks in its
	// place.
	Followed string `json:"followed,omitempty"`
}

// Regained is what came of asking one partner.
type Regained struct {
	Partner string    `json:"partner"`
	Heard   time.Time `json:"heard,omitzero"` // when it had said everything
	Tried   time.Time `json:"tried,omitzero"`
	Failure string    `json:"failure,omitempty"` // of the last try, for people
	// Wrong says that what it said is not right: it shows what this node did not sign.
	Wrong bool `json:"wrong,omitzero"`
	// Ahead says that it has seen more of this node than was restored; Log is the
	// size of the largest of our checkpoints that it showed.
	Ahead  bool  `json:"ahead,omitzero"`
	Log    int64 `json:"log,omitzero"`
	Ours   int   `json:"ours,omitzero"`   // messages of ours that were got back
	Theirs int   `json:"theirs,omitzero"` // messages of the partner that were got back
	Lost   int   `json:"lost,omitzero"`   // places of our chain that it does not hold, either
	// ByHand says that its answer came in a file: others may be on their way that
	// nobody was asked about. Asked is when a file last asked it, File its number.
	ByHand bool      `json:"by_hand,omitzero"`
	Asked  time.Time `json:"asked,omitzero"`
	File   uint64    `json:"file,omitzero"`
	// Further says that it holds another message where one of ours waits: the next
	// file asks from the newest place that has a receipt.
	Further bool `json:"further,omitzero"`
	// Said and Seal are where an older version kept what stands in [Standings].
	Said []byte `json:"said,omitempty"`
	Seal string `json:"seal,omitempty"`
	// Without is who decided to go on without it, and why.
	Without   string    `json:"without,omitempty"`
	WithoutAt time.Time `json:"without_at,omitzero"`
	Why       string    `json:"why,omitempty"`
	// Told says that it was told of the new log; it is in the transaction in which
	// the message about it was queued.
	Told bool `json:"told,omitzero"`
	// Owed are the changes of keys by which recoveries before this one gave the log
	// another name, and that the partner was not told of, the oldest first.
	Owed []uint64 `json:"owed,omitempty"`
}

func (r *Recovery) state() string {
	switch {
	case r.Followed != "":
		return RecoveryDone
	case r.Ended.IsZero():
		return RecoveryOpen
	case slices.ContainsFunc(r.Partners, func(p Regained) bool { return p.Heard.IsZero() && p.Without != expelledPartner }):
		return RecoveryPartly
	}
	return RecoveryDone
}

// expelledPartner stands for who decided that an expelled partner is not asked.
const expelledPartner = "expelled"

// Of is what came of asking a partner; nil if it is not asked.
func (r *Recovery) Of(name string) *Regained {
	i := slices.IndexFunc(r.Partners, func(p Regained) bool { return p.Partner == name })
	if i < 0 {
		return nil
	}
	return &r.Partners[i]
}

// Unheard are the partners that are to be asked still, or again: also those that
// the node went on without.
func (r *Recovery) Unheard() (names []string) {
	for _, p := range r.Partners {
		if p.Heard.IsZero() && p.Without != expelledPartner {
			names = append(names, p.Partner)
		}
	}
	return names
}

// Waits are the partners whose answer is waited for.
func (r *Recovery) Waits() (names []string) {
	for _, p := range r.Partners {
		if p.Heard.IsZero() && p.Without == "" {
			names = append(names, p.Partner)
		}
	}
	return names
}

// Renames reports whether somebody ordered another name for the log, and it has
// none yet.
func (r *Recovery) Renames() bool { return r.Ordered != "" && !r.NewLog }

// Behind reports whether somebody saw more of our log than was restored, or may
// have: then the log cannot go on as it was without being two. Whoever is reached
// by files may take one tomorrow that left before the loss.
func (r *Recovery) Behind() bool {
	return r.Ordered != "" || slices.ContainsFunc(r.Partners, func(p Regained) bool { return p.Ahead || p.ByHand || p.Heard.IsZero() })
}

// Asks reports whether a partner is to be asked still, by whatever way.
func (r *Recovery) Asks(name string) bool { return slices.Contains(r.Unheard(), name) }

// Recovery is the newest recovery that is not done; ok is false if there is none.
func (tx *Tx) Recovery() (r Recovery, ok bool, err error) {
	undone, err := Recoveries.List(tx, 1, RecoveryOpen, RecoveryPartly)
	if err != nil || len(undone) == 0 {
		return r, false, err
	}
	return undone[0], true, nil
}

// NewestRecovery is the newest recovery, done or not; ok is false if there never was one.
func (tx *Tx) NewestRecovery() (r Recovery, ok bool, err error) {
	all, err := Recoveries.List(tx, 1)
	if err != nil || len(all) == 0 {
		return r, false, err
	}
	return all[0], true, nil
}

// Recovered wakes whoever waits for the end of a recovery: what is queued leaves.
func (tx *Tx) Recovered() {
	tx.wake(RowQueue)
	tx.wake(RowFeed)
	tx.wake(RowExchange)
	tx.wake(RowWitnessed)
}

// Recovering reports whether nothing may pass between us and a partner, because
// the node was restored and has not heard yet what the partner holds of it.
func (tx *Tx) Recovering(name string) (bool, error) {
	r, ok, err := tx.Recovery()
	if err != nil || !ok {
		return false, err
	}
	if r.Ended.IsZero() {
		return true, nil
	}
	p := r.Of(name)
	return p != nil && p.Heard.IsZero(), nil
}

// Stopped reports whether nothing may pass between us and a partner: the node is
// halted, or recovers.
func (tx *Tx) Stopped(name string) (bool, error) {
	if _, halted, err := tx.Halted(); err != nil || halted {
		return halted, err
	}
	if renaming, err := tx.renaming(); err != nil || renaming {
		return renaming, err
	}
	return tx.Recovering(name)
}

// renaming reports whether the log is about to go on under another name, and the
// key of the old one still signs: nothing that it signs may leave.
func (tx *Tx) renaming() (bool, error) {
	number, err := tx.KeyNumber()
	if err != nil || number == 0 {
		return false, err
	}
	own, err := OwnKeys.Get(tx, SeqText(number))
	if err != nil || !own.InForce.IsZero() {
		return false, err
	}
	change, err := own.Change.Peek()
	return change.Why == envelope.Restoration, err
}

// mustNotRecover refuses to write a new message for a partner whose word is
// waited for: its place in the chain may be taken.
func (tx *Tx) mustNotRecover(name string) error {
	recovering, err := tx.Recovering(name)
	if err == nil && recovering {
		err = problem.New(problem.Busy, "see tocsin recover", "the node was restored from a backup, and has not heard yet what %s holds of it: nothing new can be said", name)
	}
	return err
}

// BeginRecovery notes that the store is a backup's, and whom to ask. The same
// again changes nothing.
func (s *Store) BeginRecovery(ctx context.Context, from Restored) error {
	return s.Change(ctx, caller.Self(), What{Act: caller.Recover, Note: "restored"}, func(tx *Tx) error {
		if _, known, err := Recoveries.Find(tx, from.ID); err != nil || known {
			return err
		}
		return tx.begin(Recovery{Restored: from, Began: tx.Now})
	})
}

// RecoverByHand begins a recovery of a store that somebody put back without
// tocsin restore: its log may be older than what partners saw, from here on.
func (tx *Tx) RecoverByHand(id string) error {
	if r, undone, err := tx.Recovery(); err != nil || undone && r.Ended.IsZero() {
		if err == nil {
			err = problem.New(problem.Conflict, "see tocsin recover", "the node recovers already")
		}
		return err
	}
	head, err := tx.Newest()
	if err != nil {
		return err
	}
	return tx.begin(Recovery{
		Restored: Restored{ID: id, At: tx.Now, Made: tx.Now, Size: head.Size, Root: head.Root, Checkpoint: head.Checkpoint}, Hand: true, Began: tx.Now,
	})
}

func (tx *Tx) begin(r Recovery) error {
	channels, err := Channels.List(tx, 0)
	if err != nil {
		return err
	}
	for _, channel := range channels {
		asked := Regained{Partner: channel.Name}
		if channel.State == partner.Expelled {
			// Nothing leaves for it, not even a question: it may hold anything.
			asked.Without, asked.WithoutAt = expelledPartner, tx.Now
		}
		r.Partners = append(r.Partners, asked)
	}
	slices.SortFunc(r.Partners, func(a, b Regained) int { return cmp.Compare(a.Partner, b.Partner) })
	if err := tx.follow(&r); err != nil {
		return err
	}
	if err := Recoveries.Put(tx, r.ID, r); err != nil {
		return err
	}
	return tx.Raise(RecoveryAlarm(r))
}

// follow takes over what recoveries left undone that began before: an order of
// another name, and which partners are still to be told of those that were given.
func (tx *Tx) follow(r *Recovery) error {
	undone, err := Recoveries.List(tx, 0, RecoveryOpen, RecoveryPartly)
	if err != nil {
		return err
	}
	for _, before := range slices.Backward(undone) {
		if before.Renames() {
			r.Ordered, r.OrderedAt, r.Why = before.Ordered, before.OrderedAt, before.Why
		}
		for _, left := range before.Partners {
			p := r.Of(left.Partner)
			if p == nil || left.Told {
				continue
			}
			if p.Owed = append(p.Owed, left.Owed...); before.Number > 0 {
				p.Owed = append(p.Owed, before.Number)
			}
		}
		before.Followed = r.ID
		if err := Recoveries.Put(tx, before.ID, before); err != nil {
			return err
		}
	}
	return nil
}

// RecoveryAlarm says what people must know of a node that was restored.
func RecoveryAlarm(r Recovery) warning.Alarm {
	what := "this node was restored from a backup of " + r.Made.Format(time.RFC3339)
	if r.Hand {
		what = "this node was put back to an earlier copy of itself"
	}
	return warning.Alarm{Kind: warning.AlarmRestored, Subject: r.ID, Level: handling.Flash, Text: what +
		": it says nothing before its partners have said what they hold of it. What was decided here since then is lost: look through the states of the channels, the people and their roles, and the open duties"}
}

// RecoveredBy is who decides on what a recovery finds of our own log.
const RecoveredBy = "node"

// LeftBehind keeps a checkpoint of ours that a partner holds and that what was
// restored does not lead to. It halts nothing: the recovery sees to it that the
// log goes on under another name. own is our newest.
func (tx *Tx) LeftBehind(partner string, theirs, own LogHead) error {
	fork, err := tx.ownFork(partner, theirs, own)
	if err != nil {
		return err
	}
	fork.DecidedBy, fork.DecidedAt, fork.Reason, fork.Until = RecoveredBy, tx.Now, "the node was restored from a backup; its log goes on under another name", theirs.Size
	return Forks.Put(tx, fork.ID, fork)
}

// MoreSeenAlarm says that somebody holds more of what was lost than the recovery
// was told of.
func MoreSeenAlarm(partner, subject string, size int64) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmStanding, Partner: partner, Subject: subject, Level: handling.Flash,
		Text: fmt.Sprintf("%s holds a checkpoint of %d leaves of this node's log from before it was restored, which nobody showed when they were asked: messages that were sent then may be lost. What it said then is kept, signed", partner, size)}
}

// AddRegained keeps a message that a partner gave back: it was sent or received
// before the node was restored, and has its receipt.
func (tx *Tx) AddRegained(m Message) error { return tx.addMessage(m) }
