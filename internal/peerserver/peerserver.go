// SPDX-License-Identifier: Apache-2.0

// Package peerserver is the partners' door: deliveries, and the answers to our
// invitations. docs/spec/envelope.md says what is posted and answered.
//
// It tells a stranger nothing, and a partner no more than that something was
// not accepted. RFC 9457
package peerserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/witness"
)

// door is one address that partners post to.
type door struct {
	log    *slog.Logger
	limit  int64 // of a body, in bytes
	gate   *gate
	handle func(ctx context.Context, sender string, body []byte) (any, error)
	// known says whose key a sender header names, before a body is read.
	known func(ctx context.Context, sender string) (id string, ok bool)
	// delivered is told of whoever was heard.
	delivered func(ctx context.Context, id string)
}

// New is the door in front of an inbox. Mount it at /peer/ and /witness/.
func New(log *slog.Logger, in *inbox.Inbox) *Doors { return newDoors(log, in, standard()) }

func newDoors(log *slog.Logger, in *inbox.Inbox, l limits) *Doors {
	doors := &Doors{log: log}
	messages := &door{log: log, delivered: doors.sessions.note, limit: envelope.MaxDelivery, gate: newGate(l), known: in.Known,
		handle: func(ctx context.Context, sender string, body []byte) (any, error) {
			return in.Receive(ctx, sender, body)
		}}
	// Whoever answers an invitation is a stranger still, so these have a gate of
	// their own: a crowd at it does not keep partners out.
	l.room, l.most, l.ofKey = strangersRoom, strangersRoom, 16*l.share
	pairings := &door{log: log, delivered: func(context.Context, string) {}, limit: inbox.MaxPair, gate: newGate(l),
		known: func(_ context.Context, sender string) (string, bool) {
			_, err := envelope.ParseSender(sender)
			return "", err == nil // one share for all of an address: anyone can write any key
		},
		handle: func(ctx context.Context, sender string, body []byte) (any, error) {
			return struct{}{}, in.Pair(ctx, sender, body)
		}}
	// What a node that was restored asks is small, and its answer is not.
	standings := &door{log: log, delivered: doors.sessions.note, limit: envelope.MaxStandingAsk, gate: newGate(standard()), known: in.Known,
		handle: func(ctx context.Context, sender string, body []byte) (any, error) {
			return in.Standing(ctx, sender, body)
		}}
	// Anybody may ask for a cosignature, and only a partner's log gets one.
	witnesses := &door{log: log, limit: witness.MaxRequest, gate: newGate(l)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /witness"+witness.AddPath, witnesses.addCheckpoint(in))
	mux.HandleFunc("/witness/", http.NotFound)
	mux.HandleFunc("POST /peer/v1/messages", messages.post)
	mux.HandleFunc("POST /peer/v1/pair", pairings.post)
	mux.HandleFunc("POST /peer/v1/standing", standings.post)
	mux.HandleFunc("/peer/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, 0) })
	doors.Handler = mux
	return doors
}

// Doors are what partners post to.
type Doors struct {
	http.Handler
	log      *slog.Logger
	sessions sessions
}

// strangersRoom is the room for all bodies of strangers at once, in bytes.
const strangersRoom = 4 << 20

// post reads a bounded body of somebody who is known, hands it on with its
// sender, and answers as JSON.
func (d *door) post(w http.ResponseWriter, r *http.Request) {
	sender := r.Header.Get(envelope.SenderHeader)
	id, known := d.known(r.Context(), sender)
	if !known || r.ContentLength > d.limit {
		d.log.Warn("delivery refused", "from", r.RemoteAddr, "known", known, "length", r.ContentLength)
		refuse(w, http.StatusBadRequest, 0)
		return
	}
	if !d.gate.enter(id, r.RemoteAddr) {
		d.log.Warn("delivery put off: too many at once", "from", r.RemoteAddr, "key", id)
		refuse(w, http.StatusServiceUnavailable, 0)
		return
	}
	defer d.gate.leave(id, r.RemoteAddr)
	connection := http.NewResponseController(w)
	body, done, err := d.gate.read(r.Context(), id, http.MaxBytesReader(w, r.Body, d.limit), connection.SetReadDeadline)
	defer done()
	if err == nil {
		// The server goes on reading, to notice a partner who hangs up: a deadline
		// that passed would look like one.
		err = connection.SetReadDeadline(time.Time{})
	}
	if err != nil {
		d.log.Warn("delivery refused", "from", r.RemoteAddr, "err", err)
		status := http.StatusBadRequest
		if errors.Is(err, errRoom) {
			status = http.StatusServiceUnavailable
		}
		w.Header().Set("Connection", "close") // what is left of the body is not waited for
		refuse(w, status, 0)
		return
	}
	answer, err := d.handle(r.Context(), sender, body)
	if err != nil {
		again := time.Duration(0)
		var over *inbox.Over
		if errors.As(err, &over) {
			again = over.Again
		}
		refuse(w, status(err), again)
		return
	}
	d.delivered(r.Context(), id)
	w.Header().Set("Content-Type", "application/json")
	if signed, is := answer.(inbox.Signed); is {
		w.Header().Set(envelope.SenderHeader, signed.By)
		if _, err := w.Write(signed.Body); err != nil {
			d.log.Warn("answer not written", "from", r.RemoteAddr, "err", err)
		}
		return
	}
	if err := json.MarshalWrite(w, answer); err != nil {
		d.log.Warn("answer not written", "from", r.RemoteAddr, "err", err)
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

// refuse answers that something was not accepted; again says when trying again
// can help, if that is known. RFC 9110 §10.2.3
func refuse(w http.ResponseWriter, status int, again time.Duration) {
	w.Header().Set("Content-Type", api.ProblemType)
	if again > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((again+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(status)
	answer := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
	}{"about:blank", "not accepted", status}
	_ = json.MarshalWrite(w, answer) // whoever hung up does not need the answer
}
