// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file shows messages in doubt, and takes that a person affirms one.

import "github.com/tocsin-exchange/tocsin/api"

func (s *server) doubted(c call) ([]api.Doubted, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Doubted(c.ctx(), c.who, all)
}

func (s *server) affirmDoubted(c call, why api.GoOn) (nothing, error) {
	return nothing{}, s.carry.In.Affirm(c.ctx(), c.who, c.id(), why.Reason)
}
