// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about the permission of an originator.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *server) permissions(c call) ([]api.Permission, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Permissions(c.ctx(), c.who, all)
}

func (s *server) permission(c call) (api.Permission, error) {
	return s.shelf.Permission(c.ctx(), c.who, c.id())
}

func (s *server) askPermission(c call, in api.AskPermission) (api.Permission, error) {
	asked, err := s.outbox.AskPermission(c.ctx(), c.who, in.Of, in.To, warning.PermissionRequest{
		Used: warning.Used{Use: in.Use, Purpose: in.Purpose, TLP: in.TLP}, Reason: in.Reason, AnswerBy: in.AnswerBy,
	})
	if err != nil {
		return api.Permission{}, err
	}
	return s.shelf.PermissionAfter(c.ctx(), c.who, asked.Hash)
}

func (s *server) answerPermission(c call, in api.AnswerPermission) (api.Permission, error) {
	if in.Answer != warning.PermissionGranted && in.Answer != warning.PermissionRefused {
		return api.Permission{}, problem.New(problem.Invalid, "answer granted or refused", "%q is no answer to a request for permission", in.Answer)
	}
	answered, err := s.outbox.AnswerPermission(c.ctx(), c.who, c.id(), outbox.Granting{
		Grant: in.Answer == warning.PermissionGranted, To: in.To, NewestOnly: in.NewestOnly, Conditions: in.Conditions, Until: in.Until, Reason: in.Reason, Confirm: in.Confirm,
	})
	if err != nil {
		return api.Permission{}, err
	}
	return s.shelf.PermissionAfter(c.ctx(), c.who, answered.Hash)
}

func (s *server) withdrawPermission(c call, in api.WithdrawPermission) (api.Permission, error) {
	withdrawn, err := s.outbox.WithdrawPermission(c.ctx(), c.who, c.id(), in.Reason)
	if err != nil {
		return api.Permission{}, err
	}
	return s.shelf.PermissionAfter(c.ctx(), c.who, withdrawn.Hash)
}

func (s *server) settlePermission(c call, in api.SettlePermission) (api.Permission, error) {
	settled, err := s.desk.SettlePermission(c.ctx(), c.who, c.id(), in.What)
	if err != nil {
		return api.Permission{}, err
	}
	return s.shelf.PermissionAfter(c.ctx(), c.who, settled.Hash)
}
