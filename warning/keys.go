// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what a node says when its keys change.

import (
	"errors"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// KeyChange is a change of keys on its way to a partner. Whether the right keys
// signed it is for the recipient to check, by the card it knows.
type KeyChange struct {
	envelope.Change
}

// Validate refuses a change that cannot be read.
func (c *KeyChange) Validate() error {
	if _, err := c.Peek(); err != nil {
		return err
	}
	if len(c.Old) == 0 || len(c.New) == 0 || c.Log == "" {
		return errors.New("a change of keys is signed with the old key and the new ones")
	}
	return nil
}
