// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about the heads of logs, and takes what people decide after
// a fork.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

func (s *server) heads(c call) (api.Heads, error) { return s.shelf.Heads(c.ctx(), c.who) }

func (s *server) headOf(c call) ([]byte, error) { return s.shelf.HeadOf(c.ctx(), c.who, c.id()) }

func (s *server) cosigned(c call) ([]byte, error) { return s.shelf.Cosigned(c.ctx(), c.who) }

func (s *server) evidence(c call) ([]byte, error) { return s.shelf.Evidence(c.ctx(), c.who, c.id()) }

func (s *server) acceptLog(c call, in api.GoOn) (api.Fork, error) {
	fork, err := s.desk.AcceptLog(c.ctx(), c.who, c.id(), in.Reason)
	return shelf.Fork(fork), err
}

func (s *server) resumeLog(c call, in api.GoOn) (api.List[api.Fork], error) {
	forks, err := s.desk.ResumeLog(c.ctx(), c.who, in.Reason)
	all := api.List[api.Fork]{Items: []api.Fork{}}
	for _, fork := range forks {
		all.Items = append(all.Items, shelf.Fork(fork))
	}
	return all, err
}
