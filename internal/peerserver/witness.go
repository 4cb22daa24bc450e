// SPDX-License-Identifier: Apache-2.0

package peerserver

// This file lets logs ask for a cosignature. C2SP tlog-witness

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/witness"
)

// ownOrigins is how the origins of nodes' logs begin.
const ownOrigins = "tocsin/"

// addCheckpoint answers a request for a cosignature. Whoever is no partner is
// told nothing that it could not know: where the log of a node is unknown, it is
// answered as if the log had not signed.
func (d *door) addCheckpoint(in *inbox.Inbox) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sender := r.Header.Get(envelope.SenderHeader)
		key := ""
		if id, known := in.Known(r.Context(), sender); known {
			key = id
		}
		if r.ContentLength > d.limit {
			http.Error(w, "too large", http.StatusBadRequest)
			return
		}
		if !d.gate.enter(key, r.RemoteAddr) {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		defer d.gate.leave(key, r.RemoteAddr)
		connection := http.NewResponseController(w)
		body, done, err := d.gate.read(r.Context(), key, http.MaxBytesReader(w, r.Body, d.limit), connection.SetReadDeadline)
		defer done()
		if err == nil {
			err = connection.SetReadDeadline(time.Time{})
		}
		if err != nil {
			w.Header().Set("Connection", "close")
			http.Error(w, "not a request", http.StatusBadRequest)
			return
		}
		answer, err := in.AddCheckpoint(r.Context(), sender, body)
		if err != nil {
			d.log.Warn("a checkpoint was not looked at", "from", r.RemoteAddr, "err", err)
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		answerWitness(w, answer, body)
	}
}

func answerWitness(w http.ResponseWriter, a inbox.Witnessed, body []byte) {
	if a.Seen != "" && (a.Verdict == inbox.OtherSize || a.Verdict == inbox.BadProof) {
		w.Header().Set(envelope.SeenHeader, base64.StdEncoding.EncodeToString([]byte(a.Seen)))
	}
	if value, err := envelope.KeysValue(a.Keys); err == nil && value != "" {
		w.Header().Set(envelope.KeysHeader, value)
	}
	switch a.Verdict {
	case inbox.Cosigned:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, a.Lines) // whoever hung up asks again
	case inbox.OtherSize:
		w.Header().Set("Content-Type", witness.SizeType)
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, witness.SizeText(a.Size))
	case inbox.BadProof:
		http.Error(w, "the proof does not hold", http.StatusUnprocessableEntity)
	case inbox.NotSigned:
		http.Error(w, "not signed by a log that is known here", http.StatusForbidden)
	case inbox.UnknownLog:
		_, checkpoint, _ := strings.Cut(string(body), "\n\n")
		if strings.HasPrefix(checkpoint, ownOrigins) {
			http.Error(w, "not signed by a log that is known here", http.StatusForbidden)
			return
		}
		http.Error(w, "unknown log", http.StatusNotFound)
	default:
		http.Error(w, "not a request", http.StatusBadRequest)
	}
}
