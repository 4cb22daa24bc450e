// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about steps: their receipts, corrections, recalls.

func (s *server) stepReceipt(c call) ([]byte, error) { return s.shelf.Step(c.ctx(), c.who, c.id()) }
