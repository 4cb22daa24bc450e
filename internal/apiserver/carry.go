// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file hands files that are carried by hand in and out, as streams.

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
)

// Carrier is the two trips of a file: written by one, heard by the other.
type Carrier struct {
	Out *courier.Courier
	In  *inbox.Inbox
}

// stalled is how long a caller may send or take nothing of a file.
const stalled = 2 * time.Minute

// carryOut answers a file, and in a trailer what is in it. A file without that
// trailer is cut off.
func (s *server) carryOut(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	ask, err := carryAsk(c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	begun := false
	begin := func() {
		begun = true
		w.Header().Set("Trailer", api.CarriedTrailer+", "+api.ProblemTrailer)
		write(w, http.StatusOK, api.CarryType, nil)
	}
	made, err := s.carry.Out.CarryOut(c.ctx(), c.who, c.id(), ask, begin, &patient{w: w, connection: http.NewResponseController(w)})
	switch {
	case err != nil && !begun:
		s.fail(w, r, err)
	case err != nil:
		trail(w, api.ProblemTrailer, s.problem(r, err))
	default:
		trail(w, api.CarriedTrailer, made)
	}
}

func trail(w http.ResponseWriter, name string, value any) {
	if raw, err := json.Marshal(value); err == nil {
		w.Header().Set(name, string(raw))
	}
}

func carryAsk(c call) (ask api.CarryOut, err error) {
	query := c.URL.Query()
	ask.Again = query.Get("again")
	for name, into := range map[string]*bool{"one_way": &ask.OneWay, "told": &ask.Told} {
		if *into, err = yes(c, name); err != nil {
			return ask, err
		}
	}
	for name, into := range map[string]*uint64{"after": &ask.After, "back": &ask.Back, "ours": &ask.Ours, "theirs": &ask.Theirs} {
		if text := query.Get(name); text != "" {
			if *into, err = strconv.ParseUint(text, 10, 53); err != nil {
				return ask, invalid("give what the file before answered", name+" is not a number")
			}
		}
	}
	if ask.MaxSize, err = number(c, "max_size"); err == nil && ask.MaxSize != 0 && ask.MaxSize < api.MinCarrySize {
		err = invalid("give at least 10MB: the largest delivery must fit", "a file cannot be bounded to so little")
	}
	return ask, err
}

func (s *server) carryWritten(c call, _ nothing) (nothing, error) {
	return nothing{}, s.carry.Out.CarryWritten(c.ctx(), c.who, c.id())
}

// carryIn takes a file as it comes. The receipts in it are the courier's.
func (s *server) carryIn(w http.ResponseWriter, r *http.Request) {
	c, err := s.identify(w, r)
	if err != nil {
		s.unknown(w, r, err)
		return
	}
	body := &patient{r: r.Body, connection: http.NewResponseController(w)}
	taken, err := s.carry.In.CarryIn(c.ctx(), c.who, body, s.carry.Out.TakeReceipts)
	s.answer(w, r, taken, err)
}

// patient gives a connection more time with each piece that passes.
type patient struct {
	r          io.Reader
	w          io.Writer
	connection *http.ResponseController
}

func (p *patient) Read(into []byte) (int, error) {
	if err := p.connection.SetReadDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return p.r.Read(into)
}

func (p *patient) Write(raw []byte) (int, error) {
	if err := p.connection.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return p.w.Write(raw)
}
