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

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// New is the door in front of an inbox. Mount it at /peer/v1/.
func New(log *slog.Logger, in *inbox.Inbox) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /peer/v1/messages", post(log, envelope.MaxDelivery, func(ctx context.Context, sender string, body []byte) (any, error) {
		return in.Receive(ctx, sender, body)
	}))
	mux.HandleFunc("POST /peer/v1/pair", post(log, inbox.MaxPair, func(ctx context.Context, sender string, body []byte) (any, error) {
		return struct{}{}, in.Pair(ctx, sender, body)
	}))
	mux.HandleFunc("/peer/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) })
	return mux
}

// post reads a bounded body, hands it on with its sender, and answers as JSON.
func post(log *slog.Logger, limit int64, handle func(ctx context.Context, sender string, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			log.Warn("delivery refused", "from", r.RemoteAddr, "err", err)
			refuse(w, http.StatusBadRequest)
			return
		}
		answer, err := handle(r.Context(), r.Header.Get(envelope.SenderHeader), body)
		if err != nil {
			refuse(w, status(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.MarshalWrite(w, answer); err != nil {
			log.Warn("answer not written", "from", r.RemoteAddr, "err", err)
		}
	}
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
