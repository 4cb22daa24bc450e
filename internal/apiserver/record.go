// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers with the reciprocity record and the figures of duties.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *server) reciprocity(c call) (api.Reciprocity, error) {
	p, err := period(c)
	if err != nil {
		return api.Reciprocity{}, err
	}
	return s.shelf.Reciprocity(c.ctx(), c.who, c.URL.Query().Get("partner"), p)
}

func (s *server) reciprocityCSV(c call) ([]byte, error) {
	p, err := period(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.ReciprocityCSV(c.ctx(), c.who, c.URL.Query().Get("partner"), p)
}

func (s *server) reciprocitySTIX(c call) ([]byte, error) {
	p, err := period(c)
	if err != nil {
		return nil, err
	}
	return s.shelf.ReciprocitySTIX(c.ctx(), c.who, c.URL.Query().Get("partner"), p)
}

func (s *server) figures(c call) (api.Figures, error) {
	p, err := period(c)
	if err != nil {
		return api.Figures{}, err
	}
	public, err := yes(c, "public")
	if err != nil {
		return api.Figures{}, err
	}
	return s.shelf.Figures(c.ctx(), c.who, p, public)
}

// period reads from and until, each open when empty.
func period(c call) (p api.Period, err error) {
	for name, into := range map[string]*time.Time{"from": &p.From, "until": &p.Until} {
		text := c.URL.Query().Get(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			return p, invalid("write it as 2026-01-01T00:00:00Z", name+" is no time")
		}
	}
	if err := p.Check(); err != nil {
		return p, invalid("give an end after the beginning", err.Error())
	}
	return p, nil
}
