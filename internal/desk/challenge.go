// SPDX-License-Identifier: Apache-2.0

package desk

// This file signs overseers in by their own keys: the node asks, the key answers.

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// challenges are made without keeping any: a stranger who asks for many fills
// nothing. Those that were answered rightly are kept until they are old, so that
// none is answered twice.
type challenges struct {
	mu   sync.Mutex
	key  []byte // of this run of the node
	used map[string]time.Time
}

const challengeSize = 8 + 16 // when it was made, and what is its own

func (c *challenges) mac(head []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil {
		c.key = make([]byte, 32)
		rand.Read(c.key) // crypto/rand.Read never fails
	}
	mac := hmac.New(sha256.New, c.key)
	mac.Write(head)
	return mac.Sum(nil)
}

func (c *challenges) make(now time.Time) string {
	head := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	own := make([]byte, challengeSize-len(head))
	rand.Read(own) // crypto/rand.Read never fails
	head = append(head, own...)
	return base64.RawURLEncoding.EncodeToString(append(head, c.mac(head)...))
}

// good reports whether this node made the challenge, not long ago.
func (c *challenges) good(text string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != challengeSize+sha256.Size || !hmac.Equal(raw[challengeSize:], c.mac(raw[:challengeSize])) {
		return false
	}
	age := now.Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(raw))))
	return age >= 0 && age <= ChallengeFor
}

// spend reports whether the challenge was not answered before.
func (c *challenges) spend(text string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used == nil {
		c.used = make(map[string]time.Time)
	}
	for old, at := range c.used {
		if now.Sub(at) > ChallengeFor {
			delete(c.used, old)
		}
	}
	if _, again := c.used[text]; again {
		return false
	}
	c.used[text] = now
	return true
}

// Challenge is what an overseer must sign, for two minutes. Anybody may ask, for
// any name: the answer tells nothing.
func (d *Desk) Challenge(name string) api.Challenge {
	return api.Challenge{Name: name, Challenge: d.asked.make(d.store.Now())}
}

// SignInOverseer opens a session for whoever signed a challenge with the key in
// force: for the command line, or by a link for a browser, which only that key can
// make. It shows every key that there was for this overseer, and which links were
// made. Whatever is wrong is Denied in the same words.
func (d *Desk) SignInOverseer(ctx context.Context, in api.OverseerSignIn) (out api.OverseerSignedIn, err error) {
	denied := problem.New(problem.Denied, "ask for a new challenge; see which key is in force, and whether a releaser has confirmed it: tocsin overseer list", "this does not sign an overseer in")
	if !d.asked.good(in.Challenge, d.store.Now()) {
		return out, denied
	}
	good := func(tx *store.Tx) (store.Person, error) {
		key, ok, err := tx.OverseerKeyOf(in.Name, store.KeyInForce)
		if err != nil {
			return store.Person{}, err
		}
		if !ok || !ed25519.Verify(key.Sign, api.SignInInput(d.card.ID(), d.card.Address, in.Name, in.Challenge), in.Signature) {
			return store.Person{}, denied
		}
		person, err := store.Persons.Get(tx, in.Name)
		if err == nil && (!person.Left.IsZero() || !asCaller(person).Has(caller.Overseer)) {
			err = denied
		}
		return person, err
	}
	// Looked at first without the writer, as a link is.
	err = d.store.Glance(ctx, caller.Anyone(), store.What{Act: caller.SignIn}, func(tx *store.Tx) error {
		_, err := good(tx)
		return err
	})
	if err != nil {
		return out, err
	}
	if !d.asked.spend(in.Challenge, d.store.Now()) {
		return out, denied
	}
	err = d.store.Change(ctx, caller.Anyone(), store.What{Act: caller.SignIn, Subject: in.Name, Note: "by the overseer's own key"}, func(tx *store.Tx) error {
		person, err := good(tx)
		if err != nil {
			return err
		}
		out.Person = signedIn(person)
		if out.Keys, err = overseers(tx, in.Name); err != nil {
			return err
		}
		if in.Browser {
			out.Link, err = addKeyed(tx, store.CredLink, in.Name, OwnLinkFor, true)
		} else {
			out.Token, err = addKeyed(tx, store.CredPerson, in.Name, SessionFor, true)
		}
		return err
	})
	return out, err
}
