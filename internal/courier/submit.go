// SPDX-License-Identifier: Apache-2.0

package courier

// This file makes one request for a cosignature and keeps what comes of it.

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// maxCosigned is the largest answer of a witness, in bytes.
const maxCosigned = 64 << 10

// answered is what a witness answered.
type answered struct {
	status int
	body   string
	keys   string // the keys header
	seen   string // the checkpoint of ours that it holds, if it is a node and says so
}

// submit asks for a cosignature of our newest checkpoint. A partner is shown the
// newest that a witness of the policy cosigned first, if it has not seen that.
// Nothing is asked while the node is halted.
func (c *Courier) submit(ctx context.Context, o cosigner) error {
	var old int64
	var newest store.LogHead
	var witnessed *store.LogHead
	var kept []store.Cosigning
	stopped := false
	err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness, Subject: o.name}, func(tx *store.Tx) (err error) {
		if stopped, err = tx.Stopped(o.name); err != nil || stopped {
			return err
		}
		// Of this very moment: what was signed while nothing might leave stays here,
		// such as the last checkpoints under the name that a restored log gives up.
		if newest, err = tx.Newest(); err != nil {
			return err
		}
		last, _, err := store.Cosignings.Find(tx, o.id())
		if err != nil {
			return err
		}
		old = min(last.Head.Size, newest.Size)
		if kept, err = store.Cosignings.List(tx, 0); err != nil {
			return err
		}
		for _, k := range kept {
			if !o.neutral && k.Neutral && k.Head.Size > old && (witnessed == nil || k.Head.Size > witnessed.Size) {
				witnessed = &k.Head
			}
		}
		return nil
	})
	if err != nil || stopped {
		return err
	}
	if witnessed != nil && witnessed.Size < newest.Size {
		if old, err = c.submitOne(ctx, o, *witnessed, kept, old); err != nil || old == witnessed.Size {
			return err // one with a quorum is worth more to it than one that is newer
		}
	}
	_, err = c.submitOne(ctx, o, newest, kept, old)
	return err
}

// submitOne asks for a cosignature of one checkpoint, from the size that is
// thought to be the last the witness saw; if that is another, once more from
// that. kept are the cosignatures that are shown with it. It returns the last size.
func (c *Courier) submitOne(ctx context.Context, o cosigner, head store.LogHead, kept []store.Cosigning, old int64) (int64, error) {
	for range 3 {
		request := witness.Request{Old: old, Checkpoint: withCosignatures(head.Checkpoint, kept)}
		err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness, Subject: o.name}, func(tx *store.Tx) (err error) {
			request.Proof, err = tx.ProveTree(old, head.Size)
			return err
		})
		if err != nil {
			return old, err
		}
		got, err := c.postCheckpoint(ctx, o, request.Encode())
		if err == nil && !o.neutral && got.keys != "" {
			o.keys, err = c.newCosigners(ctx, o, got.keys)
		}
		if err != nil {
			return old, err
		}
		switch got.status {
		case http.StatusOK:
			return head.Size, c.cosigned(ctx, o, head, got.body)
		case http.StatusConflict:
			size, err := witness.ParseSize(got.body)
			if err != nil {
				return old, fmt.Errorf("courier: answered 409 without a size: %w", err)
			}
			if size > head.Size {
				newest, err := c.store.Newest()
				if err != nil || size <= newest.Size {
					return size, err // it has seen a newer one than this, in a receipt
				}
				return size, c.behind(ctx, o, got, fmt.Sprintf("%s says it has seen %d leaves of this node's log, which has %d", o.name, size, newest.Size))
			}
			if size == old && size == head.Size {
				return size, c.behind(ctx, o, got, fmt.Sprintf("%s says it has seen another log of %d leaves from this node", o.name, size))
			}
			old = size
		case http.StatusUnprocessableEntity:
			return old, c.behind(ctx, o, got, fmt.Sprintf("%s says that this node's log of %d leaves does not continue the one of %d leaves it saw", o.name, head.Size, old))
		default:
			return old, fmt.Errorf("courier: answered %d", got.status)
		}
	}
	return old, errors.New("courier: the witness names another size each time")
}

// postCheckpoint posts a request. A partner is shown that it is we who ask.
func (c *Courier) postCheckpoint(ctx context.Context, o cosigner, body []byte) (got answered, err error) {
	ctx, cancel := context.WithTimeout(ctx, cosignWithin)
	defer cancel()
	if !o.neutral {
		departure, err := c.store.Depart(ctx, o.name)
		if err != nil {
			return got, err
		}
		defer departure.End()
		ctx = departure.Context()
		// The state holds from here on until the departure ends.
		if _, ok, err := c.find(ctx, o); err != nil || !ok {
			return got, errors.Join(err, store.ErrRecalled)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url+witness.AddPath, bytes.NewReader(body))
	if err != nil {
		return got, err
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if !o.neutral {
		links, err := c.links(ctx, o.name)
		if err != nil {
			return got, err
		}
		request.Header.Set(envelope.SenderHeader, c.signedBy(links)(envelope.DeliverySigningInput(o.card, body)))
	}
	response, err := c.client.Do(request)
	if err != nil {
		return got, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxCosigned))
	seen, _ := base64.StdEncoding.DecodeString(response.Header.Get(envelope.SeenHeader))
	return answered{response.StatusCode, string(raw), response.Header.Get(envelope.KeysHeader), string(seen)}, err
}

// cosigned keeps cosignatures of our checkpoint, if they are those of who was
// asked; the node's own keys of a partner must both have signed.
func (c *Courier) cosigned(ctx context.Context, o cosigner, head store.LogHead, lines string) error {
	found := witness.Cosignatures(witness.Text(head.Checkpoint), lines, o.keys...)
	what := store.What{Act: caller.AskWitness, Subject: o.name, Note: fmt.Sprintf("%d leaves", head.Size)}
	if len(found) != len(o.keys) {
		return c.falsely(ctx, o, o.name+" answered with a cosignature of this node's log that its keys did not make")
	}
	var grown time.Time
	if err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness, Subject: o.name}, func(tx *store.Tx) (err error) {
		grown, err = tx.GrownAt(head.Size)
		return err
	}); err != nil {
		return err
	}
	for _, cosignature := range found {
		if wrong := wrongTime(cosignature.At, c.store.Now(), grown); wrong != "" {
			return c.falsely(ctx, o, fmt.Sprintf("%s says that it cosigned this node's log at %s, which is %s: one of the two clocks is wrong",
				o.name, cosignature.At.Format(time.RFC3339), wrong))
		}
	}
	kept := store.Cosigning{By: o.name, Neutral: o.neutral, Head: head, At: found[0].At}
	for _, cosignature := range found {
		kept.Lines += cosignature.Signature
	}
	return c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		before, known, err := store.Cosignings.Find(tx, o.id())
		if err != nil || known && before.Head.Size == head.Size && before.Lines == kept.Lines {
			return err
		}
		if kept.Got = tx.Now; o.neutral {
			tx.Witnessed()
		} else if err := unwitnessed(tx, head); err != nil {
			return err
		}
		return store.Cosignings.Put(tx, o.id(), kept)
	})
}

// unwitnessed asks the witnesses of the policy again, if a partner has seen our
// log grow further than they have: it wants their quorum for what it saw.
func unwitnessed(tx *store.Tx, head store.LogHead) error {
	kept, err := store.Cosignings.List(tx, 0)
	for _, k := range kept {
		if k.Neutral && k.Head.Size < head.Size {
			tx.Unwitnessed()
		}
	}
	return err
}

// clocksDiffer is how far the clock of one who cosigns may be ahead of ours or
// behind it.
const clocksDiffer = 10 * time.Minute

// wrongTime says what is wrong with the time of a cosignature: nobody cosigned in
// the future, or before the log had grown so far.
func wrongTime(at, now, grown time.Time) string {
	switch {
	case at.Sub(now) > clocksDiffer:
		return at.Sub(now).Round(time.Second).String() + " ahead of this node's clock"
	case grown.Sub(at) > clocksDiffer:
		return grown.Sub(at).Round(time.Second).String() + " before the log had grown so far"
	}
	return ""
}

// falsely tells people of a cosignature that is not what it says. It is not kept.
func (c *Courier) falsely(ctx context.Context, o cosigner, text string) error {
	what := store.What{Act: caller.AskWitness, Subject: o.name, Note: "a false cosignature"}
	err := c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		return tx.Raise(warning.Alarm{Kind: warning.AlarmCosignature, Partner: o.name, Subject: o.name, Level: handling.Immediate, Text: text})
	})
	return errors.Join(errors.New("courier: "+text), err)
}

// behind is for when one who watches our log says that it is not what it saw.
// A checkpoint of ours that it shows proves it, and halts the node; its word
// alone is an alarm. If what it shows is in our log, it is wrong.
func (c *Courier) behind(ctx context.Context, o cosigner, got answered, said string) error {
	failure := errors.New("courier: " + said)
	theirs, tree, err := store.OpenCheckpoint(got.seen, c.ring.Card("").Log, c.store.Now())
	proved := err == nil
	own, err := c.store.Newest()
	if err != nil {
		return err
	}
	what := store.What{Act: caller.AskWitness, Subject: o.name, Note: "our log is not what was seen of it"}
	return errors.Join(failure, c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		if proved {
			holds, err := tx.Holds(tree)
			if err != nil {
				return err
			}
			if !holds {
				return tx.LogLost(o.name, theirs, own)
			}
			said = o.name + " does not cosign this node's log, though what it holds of it is in it"
			return tx.Raise(warning.Alarm{Kind: warning.AlarmCosignature, Partner: o.name, Subject: o.name, Level: handling.Immediate, Text: said})
		}
		return tx.Raise(store.OwnLogAlarm(o.name, o.name, said))
	}))
}
