// SPDX-License-Identifier: Apache-2.0

package keys

// This file locks secrets of others that the node must use again, such as the
// password it shows to another server: the store keeps them locked, and a copy
// of the store without the keys does not open them.

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ErrLocked says that a secret was not locked by this node, or was changed.
var ErrLocked = errors.New("keys: the secret cannot be unlocked with this node's keys")

// maxSecret bounds a secret, in bytes.
const maxSecret = 1 << 20

// secretHead stands before every secret, so that nothing that was sealed for
// the node to read as a message passes for one.
const secretHead = "tocsin/secret/v1\n"

// Lock seals a secret for this node alone. It refuses more than a mebibyte.
func (r *Ring) Lock(secret []byte) ([]byte, error) {
	if len(secret) > maxSecret {
		return nil, fmt.Errorf("keys: a secret of %d bytes", len(secret))
	}
	return lock(secret, r.set().seal.Recipient())
}

func lock(secret []byte, recipient age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		_, err = w.Write(append([]byte(secretHead), secret...))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("keys: locking: %w", err)
	}
	return sealed.Bytes(), nil
}

// Unlock opens what Lock sealed.
func (r *Ring) Unlock(sealed []byte) ([]byte, error) {
	w, err := age.Decrypt(bytes.NewReader(sealed), r.identities()...)
	if err != nil {
		return nil, ErrLocked
	}
	plain, err := io.ReadAll(io.LimitReader(w, maxSecret+int64(len(secretHead))+1))
	if err != nil {
		return nil, ErrLocked
	}
	secret, ours := bytes.CutPrefix(plain, []byte(secretHead))
	if !ours || len(secret) > maxSecret {
		return nil, ErrLocked
	}
	return secret, nil
}
