// SPDX-License-Identifier: Apache-2.0

package node

// This file bounds how many connections there are, and how many of one stranger.

import (
	"net"
	"net/netip"
	"sync"
)

// How many connections are held at once. A tool or a browser uses a few; a
// stranger who opens more than its share has the next closed at once, so that
// there are some left for others.
const (
	maxConnections = 4096
	maxOfOne       = 256 // from one address; of IPv6, from one /64
)

// crowd is a listener that bounds its connections.
type crowd struct {
	net.Listener
	// shared says that everybody comes from a few addresses: a proxy's.
	shared bool

	mu    sync.Mutex
	total int
	of    map[netip.Prefix]int
}

func newCrowd(listener net.Listener, shared bool) *crowd {
	return &crowd{Listener: listener, shared: shared, of: make(map[netip.Prefix]int)}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := source(conn.RemoteAddr())
		if !c.enter(from) {
			_ = conn.Close() // whoever it was gets no answer
			continue
		}
		return &counted{Conn: conn, leave: sync.OnceFunc(func() { c.leave(from) })}, nil
	}
}

func (c *crowd) enter(from netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	bounded := !c.shared && from.IsValid() && !from.Addr().IsLoopback()
	if c.total >= maxConnections || bounded && c.of[from] >= maxOfOne {
		return false
	}
	c.total++
	c.of[from]++
	return true
}

func (c *crowd) leave(from netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}

// source is who connects, as far as an address says: of IPv6 a host has many.
func source(address net.Addr) netip.Prefix {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	prefix, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
