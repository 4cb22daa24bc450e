// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds a delivery: the envelopes one node posts to another's door
// at once, and what it is answered.

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/witness"
)

// Delivery is the body of a post to a partner's door, as JSON.
type Delivery struct {
	From      string   `json:"from"` // id of the sending node
	To        string   `json:"to"`   // id of the node it is for
	Envelopes [][]byte `json:"envelopes"`
	// Holds says of each envelope in order how many messages it holds; none at
	// all if each holds one.
	Holds []int `json:"holds,omitempty"`
	// Missing are the messages that the sender will not deliver, because they
	// expired or were dropped. Without being told, a recipient takes no message
	// out of its order.
	Missing []Missing `json:"missing,omitempty"`
	// Proofs are, for each message in order, the receipt of the step it says, or
	// an empty text; none at all if no message is a step.
	Proofs []string `json:"proofs,omitempty"`
	// Seen are checkpoints of the recipient's log that the sender holds, signed
	// by it: the newest it has followed, and those it could not link to it yet.
	Seen []string `json:"seen,omitempty"`
}

// Missing is one message that will not come.
type Missing struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"`
	// Why is "expired", "dropped", "held" while the channel does not let it leave,
	// or "carried" if it went by hand and nothing came back.
	Why string `json:"why"`
}

// Result answers one message of a delivery: a receipt, or a refusal that does
// not say which rule spoke.
type Result struct {
	Receipt string `json:"receipt,omitempty"`
	Refused bool   `json:"refused,omitzero"`
	// Taken is the message that has the place of one that was refused, if its sender
	// signed that one, too.
	Taken *Taken `json:"taken,omitempty"`
}

// Taken proves that a place of a chain is taken: the sender's own key signed what
// stands there, and the recipient has receipted it. Its text is left out.
type Taken struct {
	Header    []byte `json:"header"`
	Signature []byte `json:"signature"`
	Receipt   string `json:"receipt"`
}

// Open reads the message that has the place, without its text. It checks the form
// alone, not who signed it.
func (t *Taken) Open() (*Message, error) {
	raw, err := (&Message{HeaderBytes: t.Header, Signature: t.Signature}).Export()
	if err != nil {
		return nil, err
	}
	return Unpack(raw)
}

// Answer is the answer to a delivery: a result for each message, in order.
type Answer struct {
	Results []Result `json:"results"`
	// Consistency links every checkpoint that the delivery says was seen and
	// every one in a receipt to the next larger: one log grew through them all.
	Consistency []witness.Consistency `json:"consistency,omitempty"`
	// Keys are the changes of keys that the answering node has made and that the
	// sender has not receipted yet: receipts may be signed with the newest.
	Keys []Change `json:"keys,omitempty"`
}

const (
	// DeliveryType is the media type of a delivery.
	DeliveryType = "application/vnd.tocsin.delivery+json"
	// SenderHeader carries who signed DeliverySigningInput, see Sender.
	SenderHeader = "Tocsin-Sender"
	// SeenHeader carries, in the answer of a node that does not cosign, the
	// checkpoint it has followed the log to: signed by the log, in base64.
	SeenHeader = "Tocsin-Seen"
	// KeysHeader carries, in the answer of a node that cosigns, what Answer.Keys
	// is in the answer to a delivery: base64 of a JSON list.
	KeysHeader = "Tocsin-Keys"
	// MaxDelivery is the largest delivery, in bytes.
	MaxDelivery = 8 << 20
	// MaxBatch is the largest number of messages in a delivery.
	MaxBatch = 256
	// MaxMissing is the largest number of messages that a delivery can say will not come.
	MaxMissing = 1 << 15
	// MaxSeen is the largest number of checkpoints that a delivery can say were seen.
	MaxSeen = 8
	// MaxCheckpoint is the largest of them, in bytes: a text and one signature.
	MaxCheckpoint = 1 << 10
)

// ErrSender is the answer to a delivery that its sender did not sign.
var ErrSender = errors.New("envelope: the delivery was not signed by its sender")

// DeliverySigningInput is what the sender signs: the recipient and the body. A
// stranger who holds an envelope alone can therefore not deliver it again. One
// who could capture a whole delivery, under TLS, could repeat it, and would get
// the receipts it was answered with: nothing else would come of it.
func DeliverySigningInput(to string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return append([]byte("tocsin-delivery/v1\n"+to+"\n"), sum[:]...)
}

// ParseDelivery reads a delivery's body, after its signature was checked.
func ParseDelivery(body []byte) (Delivery, error) {
	var d Delivery
	if len(body) > MaxDelivery {
		return d, ErrTooLarge
	}
	if err := json.Unmarshal(body, &d, json.RejectUnknownMembers(true)); err != nil {
		return d, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(d.Envelopes) == 0 || len(d.Envelopes) > MaxBatch || len(d.Missing) > MaxMissing {
		return d, fmt.Errorf("%w: 1 to %d envelopes", ErrFormat, MaxBatch)
	}
	if len(d.Holds) != 0 && len(d.Holds) != len(d.Envelopes) || slices.ContainsFunc(d.Holds, func(n int) bool { return n < 1 || n > MaxBatch }) || d.Messages() > MaxBatch {
		return d, fmt.Errorf("%w: 1 to %d messages, in every envelope one at least", ErrFormat, MaxBatch)
	}
	if len(d.Proofs) != 0 && len(d.Proofs) != d.Messages() {
		return d, fmt.Errorf("%w: a proof for each message, or none", ErrFormat)
	}
	for _, m := range d.Missing {
		if err := m.Check(); err != nil {
			return d, err
		}
	}
	for _, checkpoint := range d.Seen {
		if _, _, err := witness.ParseText(witness.Text(checkpoint)); err != nil || len(checkpoint) > MaxCheckpoint || len(d.Seen) > MaxSeen {
			return d, fmt.Errorf("%w: seen", ErrFormat)
		}
	}
	return d, nil
}

// HeldBy is how many messages an envelope of the delivery holds.
func (d Delivery) HeldBy(envelope int) int {
	if len(d.Holds) == 0 {
		return 1
	}
	return d.Holds[envelope]
}

// Messages is how many messages the delivery holds.
func (d Delivery) Messages() (n int) {
	for i := range d.Envelopes {
		n += d.HeldBy(i)
	}
	return n
}

// Check refuses what is not a place, a hash and one of the known reasons: the
// word is shown to people.
func (m Missing) Check() error {
	raw, err := hex.DecodeString(m.Hash)
	if err != nil || len(raw) != 32 || m.Seq == 0 || m.Seq > 1<<53-1 || !slices.Contains([]string{"expired", "dropped", "held", "carried"}, m.Why) {
		return fmt.Errorf("%w: missing", ErrFormat)
	}
	return nil
}
