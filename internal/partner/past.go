// SPDX-License-Identifier: Apache-2.0

package partner

// This file holds which states a channel had, and who put it in each.

import "time"

// Past is a state that a channel had before the one it has.
type Past struct {
	State State     `json:"state"`
	Since time.Time `json:"since"`
	By    string    `json:"by,omitempty"` // the person here; empty where what the partner sent did it
	Why   string    `json:"why,omitempty"`
	Epoch uint64    `json:"epoch"`
}

// turn puts the channel in a state, and keeps the one it had. It does not count
// the epoch.
func (c *Channel) turn(to State, by, why string, now time.Time) {
	c.Past = append(c.Past, Past{c.State, c.Since, c.By, c.Why, c.Epoch})
	c.State, c.Since, c.By, c.Why = to, now, by, why
}
