// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about how long things are kept, and what was erased.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
)

func (s *server) retentions(c call) ([]api.Retention, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Retentions(c.ctx(), c.who, all)
}

func (s *server) keepOn(c call, in api.DecideRetention) (api.Retention, error) {
	kept, err := s.desk.KeepOn(c.ctx(), c.who, c.id(), in.Until, in.Reason)
	return shelf.ShowRetention(kept), err
}

func (s *server) holdErasure(c call, in api.DecideRetention) (api.Retention, error) {
	kept, err := s.desk.HoldErasure(c.ctx(), c.who, c.id(), in.Reason)
	return shelf.ShowRetention(kept), err
}

func (s *server) letGo(c call, in api.DecideRetention) (api.Retention, error) {
	kept, err := s.desk.LetGo(c.ctx(), c.who, c.id(), in.Reason)
	return shelf.ShowRetention(kept), err
}

func (s *server) retentionRules(c call) ([]api.RetentionRule, error) {
	return s.shelf.RetentionRules(c.ctx(), c.who)
}

func (s *server) setRetention(c call, in api.RetentionRule) (api.RetentionRule, error) {
	rule, err := s.desk.SetRetention(c.ctx(), c.who, in.Purpose, in.Days)
	return api.RetentionRule(rule), err
}

func (s *server) destructions(c call) ([]api.Destruction, error) {
	return s.shelf.Destructions(c.ctx(), c.who)
}
