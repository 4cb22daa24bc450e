// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about proof: receipts, messages, the ledger and the log.

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
)

// The audit log is answered a page at a time.
const (
	logPage    = 100
	maxLogPage = 1000
)

func (s *server) receipt(c call) ([]byte, error) { return s.shelf.Receipt(c.ctx(), c.who, c.id()) }

func (s *server) message(c call) ([]byte, error) {
	headerOnly, err := yes(c, "header_only")
	if err != nil {
		return nil, err
	}
	return s.shelf.MessageFor(c.ctx(), c.who, c.id(), headerOnly, purposeOf(c))
}

// purposeOf is what a file is asked for.
func purposeOf(c call) handling.FilePurpose {
	return handling.FilePurpose(c.URL.Query().Get("purpose"))
}

func (s *server) dossier(c call) ([]byte, error) {
	text, err := yes(c, "text")
	if err != nil {
		return nil, err
	}
	return s.shelf.DossierFor(c.ctx(), c.who, c.id(), text, purposeOf(c))
}

func (s *server) checkpoint(call) (api.Checkpoint, error) {
	return api.Checkpoint{Checkpoint: s.shelf.Node().Checkpoint}, nil
}

func (s *server) auditLog(c call) ([]api.LogLine, error) {
	before, err := number(c, "before")
	if err != nil {
		return nil, err
	}
	limit, err := number(c, "limit")
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		limit = logPage
	}
	return s.shelf.Log(c.ctx(), c.who, before, int(min(limit, maxLogPage)))
}

// verify answers an api.Audit; whoever accepts JSON lines is told how far it is.
func (s *server) verify(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), api.LinesType) {
		audit, err := s.shelf.Verify(c.ctx(), c.who, nil)
		s.answer(w, r, audit, err)
		return
	}
	flow := &lines{w: w}
	audit, err := s.shelf.Verify(c.ctx(), c.who, func(done, total int64) { flow.send(api.VerifyStep{Done: done, Total: total}) })
	switch {
	case err != nil && !flow.begun:
		s.fail(w, r, err)
	case err != nil:
		p := s.problem(r, err)
		flow.send(api.VerifyStep{Problem: &p})
	default:
		flow.send(api.VerifyStep{Audit: &audit})
	}
}

// lines writes JSON lines as they come.
type lines struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lines) send(step any) {
	if !l.begun {
		write(l.w, http.StatusOK, api.LinesType, nil)
		l.begun = true
	}
	raw, err := json.Marshal(step)
	if err != nil {
		return // a step has nothing in it that cannot be written
	}
	_, _ = l.w.Write(append(raw, '\n')) // the caller has gone: nobody is left to tell
	_ = http.NewResponseController(l.w).Flush()
}
