// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about policies.

import "github.com/tocsin-exchange/tocsin/api"

func (s *server) policies(c call) ([]api.Policy, error) { return s.shelf.Policies(c.ctx(), c.who) }

func (s *server) policyInForce(c call) (api.Policy, error) { return s.shelf.Policy(c.ctx(), c.who, "") }

func (s *server) policy(c call) (api.Policy, error) { return s.shelf.Policy(c.ctx(), c.who, c.id()) }

func (s *server) proposePolicy(c call, in api.ProposePolicy) (api.Policy, error) {
	proposed, err := s.outbox.ProposePolicy(c.ctx(), c.who, in.Text, in.Why)
	if err != nil {
		return api.Policy{}, err
	}
	return s.shelf.Policy(c.ctx(), c.who, proposed.Hash)
}

func (s *server) approvePolicy(c call, _ nothing) (api.Enforced, error) {
	done, err := s.outbox.ApprovePolicy(c.ctx(), c.who, c.id())
	if err != nil {
		return api.Enforced{}, err
	}
	shown, err := s.shelf.Policy(c.ctx(), c.who, done.Policy.Hash)
	return api.Enforced{Policy: shown, Drafts: done.Drafts, Dropped: done.Dropped}, err
}

func (s *server) withdrawPolicy(c call, _ nothing) (api.Policy, error) {
	withdrawn, err := s.outbox.WithdrawPolicy(c.ctx(), c.who, c.id())
	if err != nil {
		return api.Policy{}, err
	}
	return s.shelf.Policy(c.ctx(), c.who, withdrawn.Hash)
}
