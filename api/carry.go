// SPDX-License-Identifier: Apache-2.0

package api

// This file holds carrying by hand: what is asked and answered, and the client's
// calls, which stream.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// CarryType is the media type of a carry file.
const CarryType = "application/vnd.tocsin.carry"

// The trailers of a carry file: what is in it, or why it broke off. A file
// without the first is not whole.
const (
	CarriedTrailer = "Tocsin-Carried"
	ProblemTrailer = "Tocsin-Problem"
)

// MinCarrySize is the smallest size a file can be bounded to, in bytes: the
// largest delivery fits.
const MinCarrySize = 9 << 20

// ParseSize reads a size as people write it, in bytes: 600MB, 4GB, 700 MiB.
func ParseSize(text string) (int64, error) {
	number := strings.TrimRight(text, "KMGiBkmgb ")
	units := map[string]int64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
	unit, known := units[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	n, err := strconv.ParseInt(number, 10, 64)
	if !known || err != nil || n <= 0 || n > 1<<40/unit {
		return 0, fmt.Errorf("api: %q is not a size", text)
	}
	return n * unit, nil
}

// CarryOut asks for a file.
type CarryOut struct {
	// MaxSize bounds the file, in bytes; zero is no bound. After and Back say
	// where a file that follows another begins, as CarriedOut says.
	MaxSize     int64
	After, Back uint64
	// OneWay says that nothing comes back. Again names what was carried before
	// and is to be carried again: "all", or the number of a message.
	OneWay bool
	Again  string
	// Ours, Theirs and Told say the same of the answer to a partner that was restored.
	Ours, Theirs uint64
	Told         bool
}

// Next asks for the file that follows one that was made.
func (c CarryOut) Next(made CarriedOut) CarryOut {
	c.After, c.Back, c.Ours, c.Theirs, c.Told = made.After, made.Back, made.Ours, made.Theirs, c.Told || made.Answers
	return c
}

// CarriedOut is what a file holds.
type CarriedOut struct {
	Partner  string    `json:"partner"`
	File     string    `json:"file"`
	Number   uint64    `json:"number"`
	Made     time.Time `json:"made"`
	OneWay   bool      `json:"one_way,omitzero"`
	Pairing  bool      `json:"pairing,omitzero"` // it answers an invitation
	Messages int       `json:"messages"`
	First    uint64    `json:"first,omitzero"` // the place of the first message, and of the last
	Last     uint64    `json:"last,omitzero"`
	Receipts int       `json:"receipts"`
	Held     int       `json:"held,omitzero"`    // messages that the channel does not let leave
	Expired  int       `json:"expired,omitzero"` // messages that were to be carried again, and have expired
	// Withheld are the messages that may not leave any more, whatever they were when
	// they were queued, each with the reason. They are not in the file, and those
	// that waited are taken out of the queue.
	Withheld []string `json:"withheld,omitempty"`
	// Asks says that it asks what the partner holds of this node, which was restored;
	// Answers that it holds the end of the answer to a partner that was. GivenBack is
	// how many messages that answer shows.
	Asks      bool `json:"asks,omitzero"`
	Answers   bool `json:"answers,omitzero"`
	GivenBack int  `json:"given_back,omitzero"`
	// More says that not everything fitted: the next file begins after After and
	// Back, and its answer after Ours and Theirs.
	More   bool   `json:"more,omitzero"`
	After  uint64 `json:"after,omitzero"`
	Back   uint64 `json:"back,omitzero"`
	Ours   uint64 `json:"ours,omitzero"`
	Theirs uint64 `json:"theirs,omitzero"`
}

// CarryFile is a file that was made for a partner, as it is listed here.
type CarryFile struct {
	File     string    `json:"file"`
	Number   uint64    `json:"number"`
	Made     time.Time `json:"made"`
	By       string    `json:"by"`
	OneWay   bool      `json:"one_way,omitzero"`
	Messages int       `json:"messages"`
	First    uint64    `json:"first,omitzero"` // the place of the first message, and of the last
	Last     uint64    `json:"last,omitzero"`
	Receipts int       `json:"receipts"`
	// Asks says that it holds nothing but the question what the partner holds of this
	// node, which was restored; Answers that it ends the answer to a partner that was.
	Asks    bool `json:"asks,omitzero"`
	Answers bool `json:"answers,omitzero"`
	// Held is how many messages the channel did not let leave, and Withheld why others
	// may not leave any more: neither are in it.
	Held     int      `json:"held,omitzero"`
	Withheld []string `json:"withheld,omitempty"`
	// More says that not everything fitted; Rest is the number of the file that follows
	// it, if there is one, and Follows of the one that it follows itself.
	More    bool   `json:"more,omitzero"`
	Rest    uint64 `json:"rest,omitzero"`
	Follows uint64 `json:"follows,omitzero"`
	// Written is when somebody said that it is on a disk.
	Written time.Time `json:"written,omitzero"`
}

// CarriedIn is what came of a file that was taken.
type CarriedIn struct {
	Partner  string    `json:"partner"`
	File     string    `json:"file"`
	Number   uint64    `json:"number"`
	Made     time.Time `json:"made"`
	OneWay   bool      `json:"one_way,omitzero"`
	Whole    bool      `json:"whole"`             // it did not end before its end
	Cut      string    `json:"cut,omitempty"`     // how far it came if it did
	Paired   bool      `json:"paired,omitzero"`   // it answered our invitation
	New      int       `json:"new"`               // messages
	Known    int       `json:"known"`             // messages that were here already
	Refused  int       `json:"refused,omitzero"`  // messages that could not be taken
	Waits    []string  `json:"waits,omitempty"`   // why, and what to do
	Receipts int       `json:"receipts"`          // for messages of ours
	Carry    int       `json:"carry_back"`        // receipts of ours that are to be carried back
	Channel  string    `json:"channel,omitempty"` // the channel's state
	// Asks says that the partner was restored, and asks what this node holds of it;
	// the next file for it answers. GivenBack is how many messages the partner showed
	// of what was asked of it, and Heard that it has said everything.
	Asks      bool `json:"asks,omitzero"`
	GivenBack int  `json:"given_back,omitzero"`
	Heard     bool `json:"heard,omitzero"`
}

// OK reports whether the whole file was taken and nothing of it is left over.
func (c CarriedIn) OK() bool { return c.Whole && c.Refused == 0 && len(c.Waits) == 0 }

// CarryOut writes a file for a partner to w. When it is on the disk, say so with
// CarryWritten. After an error the file is of no use.
func (c *Client) CarryOut(ctx context.Context, partner string, ask CarryOut, w io.Writer) (made CarriedOut, err error) {
	query := url.Values{}
	for name, n := range map[string]uint64{"max_size": uint64(ask.MaxSize), "after": ask.After, "back": ask.Back, "ours": ask.Ours, "theirs": ask.Theirs} {
		if n > 0 {
			query.Set(name, strconv.FormatUint(n, 10))
		}
	}
	for name, is := range map[string]bool{"one_way": ask.OneWay, "told": ask.Told} {
		if is {
			query.Set(name, "true")
		}
	}
	if ask.Again != "" {
		query.Set("again", ask.Again)
	}
	response, err := c.send(ctx, http.MethodPost, path("/partners", partner)+"/carry?"+query.Encode(), CarryType, nil)
	if err != nil {
		return made, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return made, fmt.Errorf("the file broke off: %w", err)
	}
	if raw := response.Trailer.Get(ProblemTrailer); raw != "" {
		problem := new(Problem)
		if err := json.Unmarshal([]byte(raw), problem); err == nil {
			return made, problem
		}
	}
	if err := json.Unmarshal([]byte(response.Trailer.Get(CarriedTrailer)), &made); err != nil {
		return made, errors.Join(ErrAnswer, errors.New("the file broke off"))
	}
	return made, nil
}

// CarryWritten says that a file is on the disk.
func (c *Client) CarryWritten(ctx context.Context, file string) error {
	_, err := post[struct{}](ctx, c, path("/carry", file)+"/written", struct{}{})
	return err
}

// CarryIn gives the node a file. One that was cut off is no error: the answer
// says how far it came.
func (c *Client) CarryIn(ctx context.Context, file io.Reader) (taken CarriedIn, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+Base+"/carry", file)
	if err != nil {
		return taken, fmt.Errorf("api: %w", err)
	}
	request.Header.Set("Accept", JSONType)
	request.Header.Set("Content-Type", CarryType)
	request.Header.Set("Expect", "100-continue") // a caller who is refused sends nothing
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return taken, err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return taken, failure(response)
	}
	raw, err := readAll(response.Body)
	if err == nil {
		err = json.Unmarshal(raw, &taken)
	}
	return taken, err
}
