// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about assurances.

import (
	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *server) assurances(c call) ([]api.Assurance, error) {
	return s.desk.Assurances(c.ctx(), c.who)
}

func (s *server) assuranceHistory(c call) ([]warning.AssuranceHistory, error) {
	query := c.URL.Query()
	return s.desk.AssuranceHistory(c.ctx(), c.who, query.Get("partner"), query.Get("country"))
}

func (s *server) setAssurance(c call, in warning.Assurance) (api.Assurance, error) {
	return s.desk.SetAssurance(c.ctx(), c.who, in)
}
