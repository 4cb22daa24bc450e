// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about keys: ours, and those of partners.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
)

func (s *server) keys(c call) (api.Keys, error) {
	shown, err := s.shelf.Keys(c.ctx(), c.who)
	shown.OldSeals = s.outbox.RetiredSeals()
	return shown, err
}

func (s *server) changeKeys(c call, in api.ChangeKeys) (api.KeyChange, error) {
	change, err := s.outbox.ChangeKeys(c.ctx(), c.who, outbox.KeyOrder{Parts: in.Parts, Since: in.Since, Reason: in.Reason})
	if err != nil {
		return api.KeyChange{}, err
	}
	return s.shelf.KeyChange(c.ctx(), c.who, change.Number)
}

func (s *server) ownKeyHistory(c call) (envelope.History, error) {
	return s.shelf.OwnHistory(c.ctx(), c.who)
}

func (s *server) keyHistory(c call) (envelope.History, error) {
	return s.shelf.KeyHistory(c.ctx(), c.who, c.id())
}

func (s *server) keyStolen(c call, in api.KeyStolen) (api.Partner, error) {
	if _, err := s.desk.KeyStolen(c.ctx(), c.who, c.id(), in.Since, in.Why); err != nil {
		return api.Partner{}, err
	}
	return s.shelf.Partner(c.ctx(), c.who, c.id())
}

func (s *server) keySafe(c call, in api.KeySafe) (api.Partner, error) {
	if _, err := s.desk.KeySafe(c.ctx(), c.who, c.id(), in.Why); err != nil {
		return api.Partner{}, err
	}
	return s.shelf.Partner(c.ctx(), c.who, c.id())
}
