// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about steps: their receipts, corrections, recalls.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *server) stepReceipt(c call) ([]byte, error) { return s.shelf.Step(c.ctx(), c.who, c.id()) }

func (s *server) correct(c call, in api.Correct) (warning.Draft, error) {
	return s.outbox.Correct(c.ctx(), c.who, in.Of, in.Change, in.Draft)
}

func (s *server) recalls(c call) ([]api.Recall, error) {
	all, err := yes(c, "all")
	if err != nil {
		return nil, err
	}
	return s.shelf.Recalls(c.ctx(), c.who, all)
}

// recall answers the recalls that were made: one, or one for each version of a
// warning.
func (s *server) recall(c call, in api.AskBack) (api.List[api.Recall], error) {
	if in.Ask == "" {
		in.Ask = warning.AskDestroy
	}
	made, err := s.outbox.Recall(c.ctx(), c.who, in.Of, in.Ask, in.Reason, in.AnswerBy)
	if err != nil {
		return api.List[api.Recall]{}, err
	}
	var ids []string
	for _, r := range made {
		ids = append(ids, r.Recall.ID)
	}
	return s.shownRecalls(c, ids...)
}

func (s *server) answerRecall(c call, in api.AnswerRecall) (api.List[api.Recall], error) {
	made, err := s.outbox.AnswerRecall(c.ctx(), c.who, c.id(), warning.RecallAnswer{Answer: in.Answer, Reason: in.Reason, PassedOn: in.PassedOn})
	if err != nil {
		return api.List[api.Recall]{}, err
	}
	return s.shownRecalls(c, made.Recall.ID)
}

// shownRecalls are the recalls of these ids as they are now.
func (s *server) shownRecalls(c call, ids ...string) (api.List[api.Recall], error) {
	list, err := s.shelf.Recalls(c.ctx(), c.who, true, ids...)
	return api.List[api.Recall]{Items: list}, err
}
