// SPDX-License-Identifier: Apache-2.0

package api

// This file holds backups and recovery: what is asked and answered, and the
// client's calls.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// BackupType is the media type of a backup: an age file.
const BackupType = "application/octet-stream"

// BackedUpTrailer is the trailer of a backup: what is in it. A file without it is
// not whole.
const BackedUpTrailer = "Tocsin-Backed-Up"

// Backup asks for a backup. It is sealed for the recipients To, or else with the
// passphrase.
type Backup struct {
	Passphrase string   `json:"passphrase,omitempty"`
	To         []string `json:"to,omitempty"` // age recipients
	// Proof shows that whoever asks can read a key file that is not sealed.
	Proof string `json:"proof,omitempty"`
}

// BackedUp is what a backup holds.
type BackedUp struct {
	Node string `json:"node"`
	ID   string `json:"id"`
	// Digits are those of the node's keys in the backup, as others compare them; only
	// whoever opened it knows them.
	Digits string    `json:"digits,omitempty"`
	Made   time.Time `json:"made"`
	Size   int64     `json:"size"`             // of the log
	Root   string    `json:"root"`             // hex
	Bytes  int64     `json:"bytes,omitzero"`   // of the file
	SHA256 string    `json:"sha256,omitempty"` // of the file, hex
}

// Backup writes a backup of the node to w. After an error the file is of no use.
func (c *Client) Backup(ctx context.Context, order Backup, w io.Writer) (made BackedUp, err error) {
	response, err := c.send(ctx, http.MethodPost, "/backup", BackupType, order)
	if err != nil {
		return made, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return made, fmt.Errorf("the backup broke off: %w", err)
	}
	if raw := response.Trailer.Get(ProblemTrailer); raw != "" {
		problem := new(Problem)
		if err := json.Unmarshal([]byte(raw), problem); err == nil {
			return made, problem
		}
	}
	if err := json.Unmarshal([]byte(response.Trailer.Get(BackedUpTrailer)), &made); err != nil {
		return made, errors.Join(ErrAnswer, errors.New("the backup broke off"))
	}
	return made, nil
}

// Recovery is how far a node is that was restored from a backup.
type Recovery struct {
	ID       string    `json:"id,omitempty"`
	Restored time.Time `json:"restored,omitzero"`
	Made     time.Time `json:"made,omitzero"` // when the backup was
	Size     int64     `json:"size,omitzero"` // of the log in it
	// ByHand says that no backup was restored: an earlier copy was put back.
	ByHand bool `json:"by_hand,omitzero"`
	// Open says that the node sends, receipts and cosigns nothing.
	Open  bool      `json:"open,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	// NewLog says that the log goes on under another name.
	NewLog bool `json:"new_log,omitzero"`
	// Ordered is who ordered that it does, if somebody did, and Why for what.
	Ordered  string     `json:"ordered,omitempty"`
	Why      string     `json:"why,omitempty"`
	Waits    []string   `json:"waits,omitempty"` // the partners whose word is waited for
	Partners []Regained `json:"partners,omitempty"`
}

// Regained is what came of asking one partner.
type Regained struct {
	Partner string    `json:"partner"`
	Heard   time.Time `json:"heard,omitzero"`
	Tried   time.Time `json:"tried,omitzero"`
	Failure string    `json:"failure,omitempty"`
	Wrong   bool      `json:"wrong,omitzero"`  // it showed what this node did not sign
	Ahead   bool      `json:"ahead,omitzero"`  // it has seen more than was restored
	Log     int64     `json:"log,omitzero"`    // the largest checkpoint of ours that it showed and that is lost
	Ours    int       `json:"ours,omitzero"`   // messages of ours that came back
	Theirs  int       `json:"theirs,omitzero"` // messages of the partner's that came back
	Lost    int       `json:"lost,omitzero"`   // messages of ours that it does not hold, either
	Without string    `json:"without,omitempty"`
	Why     string    `json:"why,omitempty"`
	ByHand  bool      `json:"by_hand,omitzero"` // what it said came in a file
	Asked   time.Time `json:"asked,omitzero"`   // when a file was last made that asks it
	File    uint64    `json:"file,omitzero"`    // the number of that file
}

// Recovery is how far the node's recovery is.
func (c *Client) Recovery(ctx context.Context) (Recovery, error) {
	return get[Recovery](ctx, c, "/recovery")
}

// RecoverByHand says that the node was put back to an earlier copy of itself.
func (c *Client) RecoverByHand(ctx context.Context, why GoOn) (Recovery, error) {
	return post[Recovery](ctx, c, "/recovery", why)
}

// NewLog orders that the log goes on under another name from where it was restored.
func (c *Client) NewLog(ctx context.Context, why GoOn) (Recovery, error) {
	return post[Recovery](ctx, c, "/recovery/new-log", why)
}

// GoWithout lets the recovery go on without a partner's word.
func (c *Client) GoWithout(ctx context.Context, partner string, why GoOn) (Recovery, error) {
	return post[Recovery](ctx, c, path("/recovery", partner)+"/without", why)
}
