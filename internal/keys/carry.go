// SPDX-License-Identifier: Apache-2.0

package keys

// This file opens files that were sealed as a whole for this node and are too
// large to be held in memory.

import (
	"errors"
	"io"

	"filippo.io/age"
)

// ErrNotForUs says that a file was not sealed for this node, or is no such file.
var ErrNotForUs = errors.New("keys: not sealed for this node")

// Unseal reads what lies inside the seal of r, piece by piece: each piece was
// checked when it is handed out.
func (r *Ring) Unseal(sealed io.Reader) (io.Reader, error) {
	inside, err := age.Decrypt(sealed, r.identities()...)
	if err != nil {
		return nil, errors.Join(ErrNotForUs, err)
	}
	return inside, nil
}
