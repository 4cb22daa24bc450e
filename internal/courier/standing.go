// SPDX-License-Identifier: Apache-2.0

package courier

// This file brings a partner the question what it holds of us, and back what it
// answers.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/envelope"
)

const standingPath = "/peer/v1/standing"

// Ask posts the question, signed, and returns the answer with the header that says
// who signed it. It is no message and no departure: it goes to partners whose
// channel carries nothing, too.
func (c *Courier) Ask(ctx context.Context, to envelope.Card, body []byte) (answer []byte, by string, err error) {
	raw, header, err := c.exchange(ctx, to, standingPath, envelope.StandingType, "", body, func() {})
	if err != nil {
		return nil, "", err
	}
	return raw, header.Get(envelope.SenderHeader), nil
}
