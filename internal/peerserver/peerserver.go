// SPDX-License-Identifier: Apache-2.0

// Package peerserver is the partners' door: deliveries, and the answers to our
// invitations. docs/spec/envelope.md says what is posted and answered.
//
// It tells a stranger nothing, and a partner no more than that something was
// not accepted. RFC 9457
package peerserver

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// bodyWithin is how long a body may take to arrive.
const bodyWithin = 2 * time.Minute

// door is one address that partners post to.
type door struct {
	log    *slog.Logger
	limit  int64 // of a body, in bytes
	gate   *gate
	handle func(ctx context.Context, sender string, body []byte) (any, error)
	// known says whose key a sender header names, before a body is read.
	known func(ctx context.Context, sender string) (id string, ok bool)
}

// New is the door in front of an inbox. Mount it at /peer/v1/.
func New(log *slog.Logger, in *inbox.Inbox) http.Handler {
	messages := &door{log: log, limit: envelope.MaxDelivery, gate: newGate(4), known: in.Known,
		handle: func(ctx context.Context, sender string, body []byte) (any, error) {
			return in.Receive(ctx, sender, body)
		}}
	// Whoever answers an invitation is a stranger still, so these have a gate of
	// their own: a crowd at it does not keep partners out.
	pairings := &door{log: log, limit: inbox.MaxPair, gate: newGate(inFlight),
		known: func(_ context.Context, sender string) (string, bool) {
			id, _, err := envelope.ParseSender(sender)
			return id, err == nil
		},
		handle: func(ctx context.Context, sender string, body []byte) (any, error) {
			return struct{}{}, in.Pair(ctx, sender, body)
		}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /peer/v1/messages", messages.post)
	mux.HandleFunc("POST /peer/v1/pair", pairings.post)
	mux.HandleFunc("/peer/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) })
	return mux
}

// post reads a bounded body of somebody who is known, hands it on with its
// sender, and answers as JSON.
func (d *door) post(w http.ResponseWriter, r *http.Request) {
	sender := r.Header.Get(envelope.SenderHeader)
	id, known := d.known(r.Context(), sender)
	if !known || r.ContentLength > d.limit {
		d.log.Warn("delivery refused", "from", r.RemoteAddr, "known", known, "length", r.ContentLength)
		refuse(w, http.StatusBadRequest)
		return
	}
	if !d.gate.enter(r.Context(), id) {
		d.log.Warn("delivery put off: too many at once", "from", r.RemoteAddr, "key", id)
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	defer d.gate.leave(id)
	body, err := d.read(w, r)
	if err != nil {
		d.log.Warn("delivery refused", "from", r.RemoteAddr, "err", err)
		refuse(w, http.StatusBadRequest)
		return
	}
	answer, err := d.handle(r.Context(), sender, body)
	if err != nil {
		refuse(w, status(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.MarshalWrite(w, answer); err != nil {
		d.log.Warn("answer not written", "from", r.RemoteAddr, "err", err)
	}
}

// read reads a body within its limits of size and time.
func (d *door) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(bodyWithin)); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.limit))
	if err != nil {
		return nil, err
	}
	// The server goes on reading, to notice a partner who hangs up: a deadline
	// that passed would look like one.
	return body, connection.SetReadDeadline(time.Time{})
}

// status tells a partner whether trying again can help, and nothing else.
func status(err error) int {
	switch problem.Of(err).Code {
	case problem.Busy, problem.Internal:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", api.ProblemType)
	w.WriteHeader(status)
	answer := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
	}{"about:blank", "not accepted", status}
	_ = json.MarshalWrite(w, answer) // whoever hung up does not need the answer
}
