// SPDX-License-Identifier: Apache-2.0

package keys

// This file holds the secrets from which two nodes make the keys of what is said
// by voice: each gives one to the other, sealed once more inside its message, so
// that neither store holds it in the clear.

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/tocsin-exchange/tocsin/spoken"
)

// voiceHead stands before a secret for the voice, so that nothing else that is
// sealed for a node passes for one.
const voiceHead = "tocsin-voice/v1\n"

// NewVoice makes a secret of ours: locked for this node, and sealed for a
// partner.
func (r *Ring) NewVoice(partner age.Recipient) (locked, sealed []byte, err error) {
	secret := make([]byte, spoken.SecretSize)
	rand.Read(secret) // crypto/rand.Read never fails
	if locked, err = r.Lock(secret); err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, partner)
	if err == nil {
		_, err = w.Write(append([]byte(voiceHead), secret...))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("keys: sealing a secret for the voice: %w", err)
	}
	return locked, out.Bytes(), nil
}

// TakeVoice opens a partner's secret and locks it for this node.
func (r *Ring) TakeVoice(sealed []byte) (locked []byte, err error) {
	inside, err := r.Unseal(bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(inside, int64(len(voiceHead)+spoken.SecretSize+1)))
	if err != nil {
		return nil, ErrNotForUs
	}
	secret, found := bytes.CutPrefix(plain, []byte(voiceHead))
	if !found || len(secret) != spoken.SecretSize {
		return nil, ErrNotForUs
	}
	return r.Lock(secret)
}

// VoiceKeys are the keys of what is said to a partner, and heard from it, of the
// locked secrets of both.
func (r *Ring) VoiceKeys(ours, theirs []byte, channel, partner string) (say, hear spoken.Key, err error) {
	low, err := r.Unlock(ours)
	if err != nil {
		return say, hear, err
	}
	high, err := r.Unlock(theirs)
	if err != nil {
		return say, hear, err
	}
	if partner < r.ID() {
		low, high = high, low
	}
	if say, err = spoken.NewKey(low, high, channel, r.ID(), partner); err == nil {
		hear, err = spoken.NewKey(low, high, channel, partner, r.ID())
	}
	return say, hear, err
}
