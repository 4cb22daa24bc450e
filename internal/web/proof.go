// SPDX-License-Identifier: Apache-2.0

package web

// This file hands out proof: receipts and messages as files, and the log.

import (
	"net/http"
	"strconv"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *site) proofRoutes(mux *http.ServeMux) {
	mux.Handle("GET /receipts/{hash}", s.page(s.receipt))
	mux.Handle("GET /messages/{hash}", s.page(s.message))
	mux.Handle("GET /log", s.page(s.logPage))
}

func (s *site) receipt(v *visit) error {
	hash := v.r.PathValue("hash")
	raw, err := s.shelf.Receipt(v.r.Context(), v.who, hash)
	if err != nil {
		return err
	}
	return v.file("receipt-"+short(hash)+".tlog-proof", "text/plain; charset=utf-8", raw)
}

// message hands out a message, or its header alone, which says nothing of its text.
func (s *site) message(v *visit) error {
	hash := v.r.PathValue("hash")
	headerOnly := v.r.URL.Query().Get("header") == "only"
	raw, err := s.shelf.Message(v.r.Context(), v.who, hash, headerOnly)
	if err != nil {
		return err
	}
	name := "message-"
	if headerOnly {
		name = "header-"
	}
	return v.file(name+short(hash)+".json", "application/json", raw)
}

// linesPerPage is how many lines of the log a page shows.
const linesPerPage = 200

func (s *site) logPage(v *visit) error {
	before, err := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0 // from the newest
	}
	lines, err := s.shelf.Log(v.r.Context(), v.who, before, linesPerPage)
	if err != nil {
		return err
	}
	v.section = "log"
	return v.show("Log", linesPage(v, lines))
}

// older is the address of the lines before these.
func older(lines []api.LogLine) string {
	if len(lines) < linesPerPage {
		return ""
	}
	return "/log?before=" + strconv.FormatInt(lines[len(lines)-1].Index, 10)
}
