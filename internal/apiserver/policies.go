// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about policies.

import (
	"net/http"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

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

// comparePolicies tells how far it is a few times a second, and at the end what
// it found.
func (s *server) comparePolicies(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	in, err := read[api.ComparePolicies](w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	flow, told := &lines{w: w}, time.Time{}
	found, err := s.outbox.ComparePolicies(c.ctx(), c.who, in.Old, in.New, func(done, total int64) {
		if now := time.Now(); now.Sub(told) > 200*time.Millisecond {
			told = now
			flow.send(api.PolicyStep{Done: done, Total: total})
		}
	})
	if err != nil && !flow.begun {
		s.fail(w, r, err)
		return
	}
	if err != nil {
		p := s.problem(r, err)
		flow.send(api.PolicyStep{Problem: &p})
		return
	}
	diff := found.Shown()
	flow.send(api.PolicyStep{Diff: &diff})
}
