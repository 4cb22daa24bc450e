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
	of, held, err := s.readsOf(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.Reads(c.ctx(), c.who, of, held...)
}

func (s *server) readsCSV(c call) ([]byte, error) {
	of, held, err := s.readsOf(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.ReadsCSV(c.ctx(), c.who, of, held...)
}

// readsOf is what is asked for, and the ids of what is held about the person whom it
// is about.
func (s *server) readsOf(c call) (of api.ReadsOf, held []string, err error) {
	if of, err = readsOf(c); err == nil && of.Person != "" {
		held, err = s.desk.HeldAbout(c.ctx(), c.who, of.Person)
	}
	return of, held, err
}

func readsOf(c call) (of api.ReadsOf, err error) {
	q := c.URL.Query()
	of = api.ReadsOf{Case: q.Get("case"), By: q.Get("by"), Person: q.Get("person"), Kinds: q["kind"]}
	if text := q.Get("since"); text != "" {
		if of.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return of, invalid("write it as 2026-01-01T00:00:00Z", "since is no time")
		}
	}
	var limit int64
	for name, into := range map[string]*int64{"limit": &limit, "before": &of.Before, "after": &of.After} {
		if *into, err = number(c, name); err != nil {
			return of, err
		}
	}
	of.Limit = int(limit)
	return of, nil
}
