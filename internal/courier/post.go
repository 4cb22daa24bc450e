// SPDX-License-Identifier: Apache-2.0

package courier

// This file posts a load, verifies the receipts it is given, and logs them.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	messagesPath = "/peer/v1/messages"
	pairPath     = "/peer/v1/pair"
	postTimeout  = time.Minute
	// maxAnswer bounds what a partner may answer: a receipt for each envelope.
	maxAnswer = envelope.MaxBatch * (receipt.MaxSize + 1<<10)
)

// delivery is the body in which the load leaves, by network or by hand. It must
// have been sealed.
func (c *Courier) delivery(l load) ([]byte, error) {
	return json.Marshal(envelope.Delivery{From: c.ring.ID(), To: l.channel.Card.ID(), Envelopes: l.sealed, Holds: l.holds, Missing: l.missing, Proofs: l.proofs, Seen: l.seen()})
}

// post posts the load and reads the answer.
func (c *Courier) post(place *slot, l load) (envelope.Answer, error) {
	body, err := c.delivery(l)
	if err != nil {
		return envelope.Answer{}, err
	}
	raw, _, err := c.exchange(place.ctx, l.channel.Card, messagesPath, envelope.DeliveryType, "", body, place.move)
	if err != nil {
		if errors.Is(context.Cause(place.ctx), errSlow) {
			err = errSlow
		}
		return envelope.Answer{}, err
	}
	var answer envelope.Answer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return answer, fmt.Errorf("courier: the answer cannot be read: %w", err)
	}
	if len(answer.Results) != len(l.parcels) {
		return answer, fmt.Errorf("courier: %d results for %d envelopes", len(answer.Results), len(l.parcels))
	}
	return answer, nil
}

// signedBy signs an input as the sender header has it.
func (c *Courier) signedBy(links []envelope.Link) func(input []byte) string {
	return func(input []byte) string {
		return envelope.Sender{ID: c.ring.ID(), Signature: c.ring.SignDelivery(input), Links: links}.Value()
	}
}

// send posts a body, without a slot: whatever is no load is short. sender is the header to send it with; empty: signed now.
func (c *Courier) send(ctx context.Context, to envelope.Card, path, mediaType, sender string, body []byte) ([]byte, error) {
	raw, _, err := c.exchange(ctx, to, path, mediaType, sender, body, func() {})
	return raw, err
}

// exchange is send that also returns the answer's header; moved is called whenever
// a byte moves.
func (c *Courier) exchange(ctx context.Context, to envelope.Card, path, mediaType, sender string, body []byte, moved func()) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Address+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	again := request.GetBody
	request.Body = watched{request.Body, moved}
	request.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		return watched{body, moved}, err
	}
	request.Header.Set("Content-Type", mediaType)
	if sender == "" {
		if sender, err = c.sender(ctx, to, body); err != nil {
			return nil, nil, err
		}
	}
	request.Header.Set(envelope.SenderHeader, sender)
	response, err := c.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	moved()
	raw, err := io.ReadAll(io.LimitReader(watched{response.Body, moved}, maxAnswer))
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode == http.StatusServiceUnavailable {
		if after, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && after > 0 {
			return nil, nil, &putOff{min(time.Duration(after)*time.Second, longestPutOff)}
		}
	}
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("courier: answered %s", response.Status)
	}
	return raw, response.Header, nil
}

// checkAll verifies each receipt, on all cores; one that is not right is nil.
// failure is the last of what was wrong.
func checkAll(l load, answer envelope.Answer) (receipts []*receipt.Receipt, failure error) {
	receipts = make([]*receipt.Receipt, len(l.parcels))
	failures := make([]error, len(l.parcels))
	keys := keysOf(&l.channel)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, result := range answer.Results {
		if result.Refused {
			failures[i] = errors.New("courier: refused by the partner")
			continue
		}
		group.Go(func() error {
			r, err := check(l, i, result.Receipt, keys)
			if err != nil {
				failures[i] = fmt.Errorf("%w: %w", errBadReceipt, err)
				return nil
			}
			receipts[i] = r
			return nil
		})
	}
	_ = group.Wait() // it collects no errors: what is wrong with one receipt is no reason to leave the others
	for _, err := range failures {
		if err != nil {
			failure = err
		}
	}
	return receipts, failure
}

// settle keeps and logs each receipt, and takes the parcel out of the queue: one
// transaction for the load. What was refused, or came with a receipt that is
// not right, is tried again.
func (c *Courier) settle(ctx context.Context, l load, answer envelope.Answer, receipts []*receipt.Receipt, failure error) (time.Time, error) {
	what := store.What{Act: caller.Send, Subject: l.channel.Name, Note: "receipted"}
	err := c.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		for i, r := range receipts {
			if r == nil {
				continue
			}
			if err := c.receipted(tx, l, i, []byte(answer.Results[i].Receipt)); err != nil {
				return err
			}
		}
		if err := c.takenPlaces(tx, l, answer); err != nil {
			return err
		}
		if err := c.follow(tx, l, receipts, answer.Consistency); err != nil {
			return err
		}
		if errors.Is(failure, errBadReceipt) {
			return tx.Raise(badReceipt(l.channel.Name))
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	if failure == nil {
		return c.store.Wall(), nil
	}
	var again load
	again.channel = l.channel
	for i, r := range receipts {
		if r == nil {
			again.parcels, again.headers = append(again.parcels, l.parcels[i]), append(again.headers, l.headers[i])
		}
	}
	return c.delay(ctx, again, failure)
}

var errBadReceipt = errors.New("courier: a receipt is not right")

// check verifies a receipt against what was sent.
func check(l load, i int, text string, keys partnerKeys) (*receipt.Receipt, error) {
	r, err := receipt.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	if err := keys.verify(r); err != nil {
		return nil, err
	}
	header := l.headers[i]
	s := r.Statement
	if s.Header != l.parcels[i].Hash || s.By != header.To || s.To != header.From || s.Channel != header.Channel || s.Seq != header.Seq || s.Epoch != header.Epoch {
		return nil, receipt.ErrMismatch
	}
	return r, nil
}

func badReceipt(name string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmBadReceipt, Partner: name, Subject: name, Level: handling.Immediate,
		Text: name + " answered with a receipt that does not verify"}
}

// receipted keeps one receipt and its leaf, unless the message has one already.
func (c *Courier) receipted(tx *store.Tx, l load, i int, text []byte) error {
	message, err := tx.Message(l.parcels[i].Hash)
	if err != nil || message.State == store.Delivered {
		return err
	}
	// A message that was dropped while it was on its way was received all the
	// same: the receipt is the truth.
	if message.State == store.Dropped {
		if err := notDropped(tx, message); err != nil {
			return err
		}
	}
	if err := tx.WarnedAfterAll(&message); err != nil {
		return err
	}
	if err := tx.Receipted(&message, text); err != nil {
		return err
	}
	if l.proofs != nil && l.proofs[i] != "" {
		if err := tx.SetStep(message.Hash, []byte(l.proofs[i])); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(text)
	if _, err := tx.Leaf(store.LeafReceipt, hex.EncodeToString(sum[:])); err != nil {
		return err
	}
	return tx.Unqueue(message.Hash)
}

// pair brings our card to a partner whose invitation was accepted. done says
// that there is nothing to bring.
func (c *Courier) pair(ctx context.Context, name string) (next time.Time, done bool, err error) {
	var pairing partner.Pairing
	var channel partner.Channel
	var ok bool
	departure, err := c.store.Depart(ctx, name)
	if err != nil {
		return time.Time{}, true, err
	}
	defer departure.End()
	err = c.store.Glance(departure.Context(), caller.Self(), store.What{Act: caller.Send, Subject: name}, func(tx *store.Tx) (err error) {
		if pairing, ok, err = store.Pairings.Find(tx, name); err != nil || !ok {
			return err
		}
		channel, err = store.Channels.Get(tx, name)
		return err
	})
	if departure.Recalled() {
		return c.store.Wall(), false, nil
	}
	if err != nil || !ok || pairing.State != partner.PairingWaiting || channel.State != partner.Pending {
		return time.Time{}, true, err
	}
	if soonest(c.store.Wall(), pairing.Due).After(c.store.Wall()) {
		return pairing.Due, false, nil
	}
	body, sender := pairing.Body, pairing.Sender
	if sender == "" {
		if body, err = c.pairing(ctx, pairing); err != nil {
			return time.Time{}, false, err
		}
	}
	_, failure := c.send(departure.Context(), channel.Card, pairPath, "application/json", sender, body)
	departure.End()
	if failure != nil && departure.Recalled() {
		return c.store.Wall(), false, nil
	}
	pairing.Tries++
	pairing.State, pairing.Due = partner.PairingDone, time.Time{}
	if failure != nil {
		pairing.State, pairing.Due = partner.PairingWaiting, c.store.Wall().Add(backoff(pairing.Tries-1, handling.Immediate))
		c.log.Warn("pairing not answered", "partner", name, "tries", pairing.Tries, "err", failure)
		if c.store.Wall().After(pairing.Until) {
			pairing.State = partner.PairingRefused // the invitation is good no more: a new one is needed
		}
	}
	err = c.store.Change(ctx, caller.Self(), store.What{Act: caller.Send, Subject: name, Note: "pairing"}, func(tx *store.Tx) error {
		return store.Pairings.Put(tx, name, pairing)
	})
	return c.store.Wall(), false, err
}

// notDropped takes back that a partner is to be told of a message it never got.
func notDropped(tx *store.Tx, message store.Message) error {
	channel, err := store.Channels.Get(tx, message.Partner)
	if err != nil {
		return err
	}
	channel.Dropped = slices.DeleteFunc(channel.Dropped, func(m envelope.Missing) bool { return m.Hash == message.Hash })
	return store.Channels.Put(tx, channel.Name, channel)
}

// pairing is the body that answers an invitation.
func (c *Courier) pairing(ctx context.Context, pairing partner.Pairing) ([]byte, error) {
	card := c.ring.Card(c.address)
	var keys *envelope.History
	err := c.store.Glance(ctx, caller.Self(), store.What{Act: caller.Send, Subject: pairing.Partner}, func(tx *store.Tx) (err error) {
		keys, err = tx.History(card)
		return err
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(partner.PairRequest{Card: card, Secret: pairing.Secret, Keys: keys})
}
