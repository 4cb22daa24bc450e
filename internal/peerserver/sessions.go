// SPDX-License-Identifier: Apache-2.0

package peerserver

// This file knows which connections are a partner's, so that they end with the
// partner's expulsion. What the partner sends on a new one is heard all the same.

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// sessions are the open connections on which a partner has delivered, by its id.
type sessions struct {
	mu sync.Mutex
	of map[string]map[net.Conn]bool
	by map[net.Conn]map[string]bool
}

// connKey is under which a request's context holds its connection.
type connKey struct{}

// Conn lets a request know its connection: for http.Server.ConnContext.
func (d *Doors) Conn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// ConnState forgets a connection that has ended: for http.Server.ConnState.
func (d *Doors) ConnState(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	s := &d.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.by[conn] {
		if delete(s.of[id], conn); len(s.of[id]) == 0 {
			delete(s.of, id)
		}
	}
	delete(s.by, conn)
}

// Part closes every connection on which the node of that id has delivered.
func (d *Doors) Part(id string) {
	d.sessions.mu.Lock()
	var open []net.Conn
	for conn := range d.sessions.of[id] {
		open = append(open, conn)
	}
	d.sessions.mu.Unlock()
	for _, conn := range open {
		d.log.Info("connection closed: the partner was expelled", "from", conn.RemoteAddr().String())
		_ = conn.Close() // the server notices, and so does the partner
	}
}

// note says that the node of that id, whose signature was good, delivers on the
// connection of that request.
func (s *sessions) note(ctx context.Context, id string) {
	conn, known := ctx.Value(connKey{}).(net.Conn)
	if !known {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of, s.by = make(map[string]map[net.Conn]bool), make(map[net.Conn]map[string]bool)
	}
	if s.of[id] == nil {
		s.of[id] = make(map[net.Conn]bool)
	}
	if s.by[conn] == nil {
		s.by[conn] = make(map[string]bool)
	}
	s.of[id][conn], s.by[conn][id] = true, true
}
