// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about requests for redress.

import "github.com/tocsin-exchange/tocsin/api"

func (s *server) redresses(c call) ([]api.Redress, error) { return s.desk.Redresses(c.ctx(), c.who) }

func (s *server) redress(c call) (api.Redress, error) {
	return s.desk.Redress(c.ctx(), c.who, c.id())
}

func (s *server) openRedress(c call, in api.NewRedress) (api.Redress, error) {
	return s.desk.OpenRedress(c.ctx(), c.who, in)
}

func (s *server) decideRedress(c call, in api.DecideRedress) (api.Redress, error) {
	return s.desk.DecideRedress(c.ctx(), c.who, c.id(), in)
}

func (s *server) confirmRedress(c call, in api.ConfirmRedress) (api.Redress, error) {
	return s.desk.ConfirmRedress(c.ctx(), c.who, c.id(), in.Of, in.Decision)
}

func (s *server) answerRedress(c call, in api.AnswerRedress) (api.Redress, error) {
	return s.desk.AnswerRedress(c.ctx(), c.who, c.id(), in.Text)
}
