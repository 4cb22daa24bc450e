// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about why things are opened, and who opened them.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *server) giveReason(c call, in api.GiveReason) (api.Reason, error) {
	r, err := s.desk.GiveReason(c.ctx(), c.who, in.Subject, in.Reason)
	return api.Reason{Subject: r.Subject, Reason: r.Text, Until: r.Until}, err
}

func (s *server) reads(c call) ([]api.Read, error) {
	of, err := readsOf(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.Reads(c.ctx(), c.who, of)
}

func (s *server) readsCSV(c call) ([]byte, error) {
	of, err := readsOf(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.ReadsCSV(c.ctx(), c.who, of)
}

func readsOf(c call) (of api.ReadsOf, err error) {
	q := c.URL.Query()
	of = api.ReadsOf{Case: q.Get("case"), By: q.Get("by"), Kinds: q["kind"]}
	if text := q.Get("since"); text != "" {
		if of.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return of, invalid("write it as 2026-01-01T00:00:00Z", "since is no time")
		}
	}
	limit, err := number(c, "limit")
	of.Limit = int(limit)
	return of, err
}
