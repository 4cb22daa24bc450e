// SPDX-License-Identifier: Apache-2.0

package store

// This file lists what is kept of feeds: standing exchanges with collections of
// other TAXII servers.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The kinds of rows that the feeds' loop waits for: feeds, and who answers for them.
const (
	RowFeed   = "feed"
	RowPerson = "person"
)

// Feeds, and apart from them what only the exchange itself reads or writes.
var (
	Feeds       = Table[Feed]{kind: RowFeed, name: "feed"}
	FeedSecrets = Table[FeedSecret]{kind: "feed secret", name: "feed's secret"}
	FeedStates  = Table[FeedState]{kind: "feed state", name: "feed's state"}
)

// Feed is what people set up: objects are pulled from a collection of another
// server into one of ours, or pushed the other way.
type Feed struct {
	Name       string `json:"name"`
	Push       bool   `json:"push,omitzero"`
	URL        string `json:"url"`           // the API root of the other server
	Remote     string `json:"remote"`        // its collection, by id or alias
	Collection string `json:"collection"`    // ours, by id
	Seconds    int64  `json:"seconds"`       // between two runs
	TLP        string `json:"tlp,omitempty"` // a push shows what a reader cleared for this may see
	User       string `json:"user,omitempty"`
	Shows      string `json:"shows,omitempty"`     // what sort of secret: password, token, certificate
	Authority  string `json:"authority,omitempty"` // PEM: who vouches for the server, if not the system's

	Added   time.Time `json:"added"`
	AddedBy string    `json:"added_by"`
	// TakenOver is when somebody else took it over, who answers for it since.
	TakenOver   time.Time `json:"taken_over,omitzero"`
	TakenOverBy string    `json:"taken_over_by,omitempty"`
	// A push feed sends nothing before a releaser has released it.
	Released   time.Time `json:"released,omitzero"`
	ReleasedBy string    `json:"released_by,omitempty"`
	// Asked is when somebody last wanted it to run at once.
	Asked time.Time `json:"asked,omitzero"`
}

// Hash names what was set up, by whom and when: who releases a push names what was
// read. What becomes of the feed later does not change it.
func (f *Feed) Hash() (string, error) {
	set := *f
	set.Released, set.ReleasedBy, set.Asked = time.Time{}, "", time.Time{}
	raw, err := warning.Encode(set)
	sum := sha256.Sum256(append([]byte("tocsin-feed/v1\n"), raw...))
	return hex.EncodeToString(sum[:]), err
}

// Answers is who answers for what was set up: who did it, or took it over since.
func (f *Feed) Answers() string { return cmp.Or(f.TakenOverBy, f.AddedBy) }

// FeedStanding says whether those still may who let a push send: who answers for
// what was set up, and who released it.
type FeedStanding struct {
	SetUp    bool
	Released bool
}

// FeedStanding looks up who lets a feed send, as they are now.
func (tx *Tx) FeedStanding(f *Feed) (s FeedStanding, err error) {
	if s.SetUp, err = tx.StillMay(f.Answers(), caller.AddFeed); err == nil && !f.Released.IsZero() {
		s.Released, err = tx.StillMay(f.ReleasedBy, caller.ReleaseFeed)
	}
	return s, err
}

// FeedHold says why a push sends nothing before people have decided, with what they
// do about it: a Conflict. It is nil if they have, and of a pull, by which nothing
// leaves. What somebody set up, or released, who may no longer, counts no more.
func (tx *Tx) FeedHold(f *Feed) (hold *problem.Problem, err error) {
	if !f.Push {
		return nil, nil
	}
	s, err := tx.FeedStanding(f)
	if err != nil {
		return nil, err
	}
	return f.Hold(s), nil
}

// Hold is [Tx.FeedHold] for those who stand so.
func (f *Feed) Hold(s FeedStanding) *problem.Problem {
	did := "set it up"
	if f.TakenOverBy != "" {
		did = "took it over"
	}
	release := "looks at it: tocsin taxii feed release " + f.Name
	switch {
	case !f.Push || s.SetUp && s.Released:
		return nil
	case !s.SetUp:
		return problem.New(problem.Conflict, "another administrator takes it over, and then a releaser looks at it: tocsin taxii feed take-over "+f.Name,
			"%s, who %s, no longer sets up feeds here", f.Answers(), did)
	case f.Released.IsZero():
		return problem.New(problem.Conflict, "a releaser "+release, "nobody has released this feed")
	}
	return problem.New(problem.Conflict, "another releaser "+release, "%s, who released it, no longer releases feeds here", f.ReleasedBy)
}

// FeedSecret is what a feed shows to the other server, locked with the node's keys.
type FeedSecret struct {
	Locked []byte `json:"locked"`
}

// FeedState is how far a feed has come. It changes with the objects it speaks of.
type FeedState struct {
	Since    time.Time `json:"since"` // when the feed it is of was added
	LastTry  time.Time `json:"last_try,omitzero"`
	LastGood time.Time `json:"last_good,omitzero"`
	Next     time.Time `json:"next,omitzero"`
	Fails    int       `json:"fails,omitzero"`   // in a row
	Failing  time.Time `json:"failing,omitzero"` // when the first of them began
	Failure  string    `json:"failure,omitempty"`
	// Cursor is the date_added behind which the next run begins: theirs for a
	// pull, ours for a push.
	Cursor  time.Time `json:"cursor,omitzero"`
	Taken   int64     `json:"taken,omitzero"` // kept here as new, or taken there
	Known   int64     `json:"known,omitzero"` // were here already
	Skipped int64     `json:"skipped,omitzero"`
	// Skips are the last of those that were skipped; Remarks what the server does
	// that it should not, of the last run.
	Skips   []FeedSkip `json:"skips,omitempty"`
	Remarks []string   `json:"remarks,omitempty"`
}

// StateOf is how far a feed has come: nowhere, if it was just added.
func (tx *Tx) StateOf(feed Feed) (FeedState, error) {
	state, known, err := FeedStates.Find(tx, feed.Name)
	if !known || !state.Since.Equal(feed.Added) {
		state = FeedState{Since: feed.Added}
	}
	return state, err
}

// FeedSkip is an object that was not taken, and why.
type FeedSkip struct {
	At     time.Time `json:"at"`
	ID     string    `json:"id,omitempty"`
	Reason string    `json:"reason"`
}
