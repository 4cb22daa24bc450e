// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows which states a channel had.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/partner"
)

// past is the states before the present one, newest first.
func past(c partner.Channel) (states []api.PastState) {
	until := c.Since
	for i := len(c.Past) - 1; i >= 0; i-- {
		before := c.Past[i]
		states = append(states, api.PastState{
			State: string(before.State), Since: before.Since, Until: until, By: before.By, Why: before.Why, Epoch: before.Epoch,
		})
		until = before.Since
	}
	return states
}
