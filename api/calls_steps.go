// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the client's calls about steps: their receipts, corrections,
// recalls.

import "context"

// StepReceipt is the receipt of the step that a message says, as a file.
func (c *Client) StepReceipt(ctx context.Context, hash string) ([]byte, error) {
	return c.raw(ctx, path("/receipts", hash)+"/step", "*/*")
}
