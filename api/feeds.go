// SPDX-License-Identifier: Apache-2.0

package api

// This file holds feeds: standing exchanges with collections of other TAXII
// servers.

import (
	"context"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// NewFeed sets up a feed: objects are pulled from a collection of another server
// into one of ours, or pushed the other way.
type NewFeed struct {
	Name       string       `json:"name"`
	Push       bool         `json:"push,omitzero"`
	URL        string       `json:"url"`              // of the other server's API root
	Remote     string       `json:"remote"`           // its collection, by id or alias
	Collection string       `json:"collection"`       // ours, by id or alias
	Seconds    int64        `json:"seconds,omitzero"` // between two runs; five minutes if it is 0
	TLP        handling.TLP `json:"tlp,omitempty"`    // of a push: TLP:GREEN, or TLP:CLEAR

	// How the node shows itself to the other server. It is kept locked, and never
	// shown again.
	User        string `json:"user,omitempty"`
	Password    string `json:"password,omitempty"`
	Token       string `json:"token,omitempty"`
	Certificate string `json:"certificate,omitempty"` // PEM
	Key         string `json:"key,omitempty"`         // PEM
	// Authority is who vouches for the server, if not one of the system's: PEM.
	Authority string `json:"authority,omitempty"`
}

// Feed is a feed, and how far it has come. Collections of ours are named by
// their alias, or id.
type Feed struct {
	Name       string       `json:"name"`
	Push       bool         `json:"push"`
	URL        string       `json:"url"`
	Remote     string       `json:"remote"`
	Collection string       `json:"collection"`
	Seconds    int64        `json:"seconds"`
	TLP        handling.TLP `json:"tlp,omitempty"`
	User       string       `json:"user,omitempty"`
	Shows      string       `json:"shows,omitempty"` // what sort of secret
	Added      time.Time    `json:"added"`
	AddedBy    string       `json:"added_by"`
	// TakenOver is when another administrator took it over, who answers for it since.
	TakenOver   time.Time `json:"taken_over,omitzero"`
	TakenOverBy string    `json:"taken_over_by,omitempty"`
	Released    time.Time `json:"released,omitzero"` // a push sends nothing before
	ReleasedBy  string    `json:"released_by,omitempty"`
	// Answers are the people by whom it is what it is, and whether they still may.
	Answers []FeedAnswer `json:"answers"`
	// Held says why a push sends nothing before people have decided, and WayOut what
	// they do about it.
	Held   string `json:"held,omitempty"`
	WayOut string `json:"way_out,omitempty"`
	// Seen names a push that waits for a releaser, as it was set up: who releases it
	// says what was read.
	Seen string `json:"seen,omitempty"`

	LastTry  time.Time `json:"last_try,omitzero"`
	LastGood time.Time `json:"last_good,omitzero"`
	Next     time.Time `json:"next,omitzero"`
	Fails    int       `json:"fails,omitzero"` // in a row
	Failing  time.Time `json:"failing_since,omitzero"`
	Running  bool      `json:"running,omitzero"`
	Failure  string    `json:"failure,omitempty"`
	// Silent says why a push waits, whatever its schedule.
	Silent string `json:"silent,omitempty"`
	// Cursor is the date_added up to which all was exchanged: theirs for a pull,
	// ours for a push.
	Cursor  time.Time  `json:"cursor,omitzero"`
	Taken   int64      `json:"taken"`             // as new: here by a pull, there by a push
	Known   int64      `json:"known"`             // pulled, and here already
	Skipped int64      `json:"skipped"`           // not taken
	Skips   []FeedSkip `json:"skips,omitempty"`   // the last of them
	Remarks []string   `json:"remarks,omitempty"` // what the server does that it should not
}

// FeedAnswer is somebody who answers for a feed.
type FeedAnswer struct {
	Did string    `json:"did"` // set up, taken over, or released
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	As  []string  `json:"as"` // the roles in which it is done
	// Stands says that this person is still here, and still may do that.
	Stands bool `json:"stands"`
}

// FeedSkip is an object that was not taken, and why.
type FeedSkip struct {
	At     time.Time `json:"at"`
	ID     string    `json:"id,omitempty"`
	Reason string    `json:"reason"`
}

// AddFeed sets up a feed.
func (c *Client) AddFeed(ctx context.Context, feed NewFeed) (Feed, error) {
	return post[Feed](ctx, c, "/taxii/feeds", feed)
}

// Feeds lists the feeds by name.
func (c *Client) Feeds(ctx context.Context) ([]Feed, error) {
	return list[Feed](ctx, c, "/taxii/feeds")
}

// Feed shows one feed.
func (c *Client) Feed(ctx context.Context, name string) (Feed, error) {
	return get[Feed](ctx, c, path("/taxii/feeds", name))
}

// FeedRelease lets a push feed send, as it was read: Seen is its [Feed].Seen.
type FeedRelease struct {
	Seen string `json:"seen"`
}

// ReleaseFeed lets a push feed send, as it was read. If another was set up under the
// name meanwhile, it is a conflict.
func (c *Client) ReleaseFeed(ctx context.Context, name string, release FeedRelease) (Feed, error) {
	return post[Feed](ctx, c, path("/taxii/feeds", name, "release"), release)
}

// TakeOverFeed lets the caller answer for a feed in place of who set it up. A push is
// then to be released anew.
func (c *Client) TakeOverFeed(ctx context.Context, name string) (Feed, error) {
	return post[Feed](ctx, c, path("/taxii/feeds", name, "take-over"), struct{}{})
}

// RunFeed lets a feed run at once.
func (c *Client) RunFeed(ctx context.Context, name string) (Feed, error) {
	return post[Feed](ctx, c, path("/taxii/feeds", name, "run"), struct{}{})
}

// RemoveFeed takes a feed away; what it brought stays.
func (c *Client) RemoveFeed(ctx context.Context, name string) (Feed, error) {
	return remove[Feed](ctx, c, path("/taxii/feeds", name))
}
