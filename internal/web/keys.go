// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the node's own keys and has them changed.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) keyRoutes(mux *http.ServeMux) {
	mux.Handle("GET /keys", s.page(s.keys))
	mux.Handle("POST /keys/rotate", s.post("rotate", s.rotate, s.keys))
	mux.Handle("POST /keys/compromised", s.post("compromised", s.compromised, s.keys))
	mux.Handle("GET /keys/history", s.page(s.ownHistory))
}

func (s *site) keys(v *visit) error {
	keys, err := s.shelf.Keys(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	keys.OldSeals = s.out.RetiredSeals()
	v.section = "keys"
	return v.show("Keys", keysPage(v, keys))
}

// ownHistory hands out the history of our keys, which tocsin verify takes in
// place of a card.
func (s *site) ownHistory(v *visit) error {
	history, err := s.shelf.OwnHistory(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	raw, err := history.Encode()
	if err != nil {
		return err
	}
	return v.file("keys-"+v.node.Name+".json", "application/json", raw)
}

func (s *site) rotate(v *visit) (string, error) {
	in := v.input()
	_, err := s.out.ChangeKeys(v.r.Context(), v.who, outbox.KeyOrder{Parts: in.values["parts"], Reason: in.text("reason")})
	return "/keys?done=keys", err
}

// compromised replaces every key. Without a date it is refused: it would be no
// more than a rotation.
func (s *site) compromised(v *visit) (string, error) {
	in := v.input()
	since := in.time("since")
	if err := in.err(); err != nil {
		return shown, err
	}
	if since.IsZero() {
		return shown, problem.New(problem.Invalid, "say since when others may have had them", "this needs a date").With("since: must be said")
	}
	_, err := s.out.ChangeKeys(v.r.Context(), v.who, outbox.KeyOrder{Since: since, Reason: in.text("reason")})
	return "/keys?done=keys", err
}
