// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file hands out backups, as streams.

import (
	"context"
	"io"
	"net/http"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// BackUp writes a backup of the whole node to w. It calls begin when it is
// certain that there will be one. Only the roof sees all that stands in one.
type BackUp func(ctx context.Context, who caller.Caller, order api.Backup, begin func(), w io.Writer) (api.BackedUp, error)

// backUp answers a backup, and in a trailer what is in it. A file without that
// trailer is cut off.
func (s *server) backUp(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	order, err := read[api.Backup](w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	begun := false
	begin := func() {
		begun = true
		w.Header().Set("Trailer", api.BackedUpTrailer+", "+api.ProblemTrailer)
		write(w, http.StatusOK, api.BackupType, nil)
	}
	made, err := s.backup(c.ctx(), c.who, order, begin, &patient{w: w, connection: http.NewResponseController(w)})
	switch {
	case err != nil && !begun:
		s.fail(w, r, err)
	case err != nil:
		trail(w, api.ProblemTrailer, s.problem(r, err))
	default:
		trail(w, api.BackedUpTrailer, made)
	}
}

func (s *server) recovery(c call) (api.Recovery, error) { return s.shelf.Recovery(c.ctx(), c.who) }

func (s *server) recoverByHand(c call, why api.GoOn) (api.Recovery, error) {
	if err := s.desk.RecoverByHand(c.ctx(), c.who, why.Reason); err != nil {
		return api.Recovery{}, err
	}
	return s.recovery(c)
}

func (s *server) newLog(c call, why api.GoOn) (api.Recovery, error) {
	if err := s.desk.NewLog(c.ctx(), c.who, why.Reason); err != nil {
		return api.Recovery{}, err
	}
	return s.recovery(c)
}

func (s *server) goWithout(c call, why api.GoOn) (api.Recovery, error) {
	if err := s.desk.GoWithout(c.ctx(), c.who, c.id(), why.Reason); err != nil {
		return api.Recovery{}, err
	}
	return s.recovery(c)
}
