// SPDX-License-Identifier: Apache-2.0

package store

// This file follows the log of a partner that was restored from a backup: it goes
// on under another name, from where the backup ended.

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// ClosedLogs are the branches that partners left behind when they were restored,
// by the partner's name and the log's.
var ClosedLogs = Table[ClosedLog]{kind: "closed log", name: "closed log", at: func(c *ClosedLog) time.Time { return c.Closed }}

// ClosedLog is what was known of a partner's log that it cannot go on with: it
// signed more of it than it has.
type ClosedLog struct {
	Partner string          `json:"partner"`
	Origin  string          `json:"origin"`
	Seen    SeenHead        `json:"seen"`   // the newest that was followed, signed by the log
	End     envelope.LogEnd `json:"end"`    // where it ended for the partner, as it says and signs
	Change  uint64          `json:"change"` // the number of the change of keys that says so
	Closed  time.Time       `json:"closed"`
}

// restorations are where a partner's logs ended, by their names.
type restorations []restoration

type restoration struct {
	origin string // that ended
	number uint64
	end    envelope.LogEnd
}

// restorationsOf reads them from what is known of the partner's keys.
func (tx *Tx) restorationsOf(partner string) (all restorations, err error) {
	channel, known, err := Channels.Find(tx, partner)
	if err != nil || !known {
		return nil, err
	}
	history := channel.History()
	before := history.First
	for _, change := range history.Changes {
		s, err := change.Peek()
		if err != nil {
			return nil, err
		}
		if s.Restored != nil {
			all = append(all, restoration{before.Origin(), s.Number, *s.Restored})
		}
		before = s.New
	}
	return all, nil
}

// beyond says which restoration a checkpoint is not part of what went on after; ok
// is false if it is part of it.
func (all restorations) beyond(head LogHead) (end restoration, ok bool) {
	origin := originOf(head)
	from := slices.IndexFunc(all, func(r restoration) bool { return r.origin == origin })
	if from < 0 {
		return end, false
	}
	for _, r := range all[from:] {
		root, _ := base64.StdEncoding.DecodeString(r.end.Root)
		if head.Size > r.end.Size || head.Size == r.end.Size && head.Root != hex.EncodeToString(root) {
			return r, true
		}
	}
	return end, false
}

// SeenOf is what is known of a partner's log as it is now. What is known of a
// branch that the partner left behind when it was restored is none of it, unless
// a fork of it is undecided.
func (tx *Tx) SeenOf(partner string) (seen SeenHead, known bool, err error) {
	if seen, known, err = Seen.Find(tx, partner); err != nil || !known {
		return seen, known, err
	}
	ends, err := tx.restorationsOf(partner)
	if _, beyond := ends.beyond(seen.LogHead); err != nil || beyond && seen.Fork == "" {
		return SeenHead{}, false, err
	}
	return seen, true, nil
}

// followed is SeenOf for whoever is about to follow it on. A branch that was left
// behind is closed: what was known of it is kept, and people are told.
func (tx *Tx) followed(partner string) (seen SeenHead, known bool, ends restorations, err error) {
	if seen, known, err = Seen.Find(tx, partner); err != nil {
		return seen, known, nil, err
	}
	if ends, err = tx.restorationsOf(partner); err != nil || !known {
		return seen, known, ends, err
	}
	end, beyond := ends.beyond(seen.LogHead)
	if !beyond || seen.Fork != "" {
		return seen, true, ends, nil
	}
	closed := ClosedLog{Partner: partner, Origin: end.origin, Seen: seen, End: end.end, Change: end.number, Closed: tx.Now}
	if err := ClosedLogs.Put(tx, partner+"/"+end.origin, closed); err != nil {
		return seen, known, ends, err
	}
	if err := Seen.Delete(tx, partner); err != nil {
		return seen, known, ends, err
	}
	return SeenHead{}, false, ends, tx.Raise(closedAlarm(closed))
}

func closedAlarm(c ClosedLog) warning.Alarm {
	what := fmt.Sprintf("it has its log up to %d leaves, and this node has followed %d: what it signed between is gone there, and its checkpoint is kept here", c.End.Size, c.Seen.Size)
	if c.Seen.Size == c.End.Size {
		what = fmt.Sprintf("it says another root of its log of %d leaves than it signed before: the checkpoint is kept here", c.End.Size)
	}
	return warning.Alarm{Kind: warning.AlarmRestored, Partner: c.Partner, Subject: c.Origin, Level: handling.Flash,
		Text: c.Partner + " says that it was restored from a backup; " + what + ". Its log goes on under another name. Call them on a number you know"}
}

// CloseLog closes what a partner left behind when it was restored, if there is
// something.
func (tx *Tx) CloseLog(partner string) error {
	_, _, _, err := tx.followed(partner)
	return err
}

// ofThisLog are those of the heads that are part of the log as it is now.
func (all restorations) ofThisLog(heads []LogHead) []LogHead {
	return slices.DeleteFunc(slices.Clone(heads), func(h LogHead) bool {
		_, beyond := all.beyond(h)
		return beyond
	})
}

// sameText reports whether two signed checkpoints say the same of a log, whatever
// its name and key.
func sameText(one, other string) bool {
	_, a, _ := strings.Cut(witness.Text(one), "\n")
	_, b, _ := strings.Cut(witness.Text(other), "\n")
	return a == b
}
