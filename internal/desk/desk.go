// SPDX-License-Identifier: Apache-2.0

// Package desk is what people decide: who works here, whom we exchange with
// and in what state the channel is, what becomes of a duty, which statement is
// cleared, which alarm is dismissed.
//
// The desk sends nothing. What a decision makes the node say, it leaves in the
// store as a wish for the outbox.
package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Desk is where people decide.
type Desk struct {
	log   *slog.Logger
	store *store.Store
	rules policy.Force  // by which it is decided what is public
	card  envelope.Card // our own, as the node started; see store.Tx.OwnCard
	// receivedID is by which the collection of what partners sent is known.
	receivedID string

	// judge is told, in the transaction of the change, that a partner may be told
	// less than before.
	judge func(tx *store.Tx, partner string) error

	admitted admission
	silence  silence
	asked    challenges
}

// New makes a desk for the node of that card.
func New(log *slog.Logger, s *store.Store, card envelope.Card) *Desk {
	return &Desk{log: log, store: s, card: card, receivedID: s.FirstReceivedID(card)}
}

// Judge lets what is queued for a partner be judged anew when it may be told less
// than before. Call it before anybody decides.
func (d *Desk) Judge(anew func(tx *store.Tx, partner string) error) { d.judge = anew }

func (d *Desk) judgeAnew(tx *store.Tx, partner string) error {
	if d.judge == nil {
		return nil
	}
	return d.judge(tx, partner)
}

func newID(kind string) string { return kind + "--" + uuid.NewString() }

// newSecret is 192 random bits as a word for a link or a header.
func newSecret() string {
	raw := make([]byte, 24)
	rand.Read(raw) // crypto/rand.Read never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

// digest is what is kept of a secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
