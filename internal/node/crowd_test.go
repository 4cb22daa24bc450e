// SPDX-License-Identifier: Apache-2.0

package node

// This file tests how many connections a node holds, and of whom.

import (
	"errors"
	"net"
	"testing"
)

// queue is a listener to which connections come from given addresses.
type queue struct {
	net.Listener
	from []net.Addr
}

func (q *queue) Accept() (net.Conn, error) {
	if len(q.from) == 0 {
		return nil, net.ErrClosed
	}
	conn := &visitor{from: q.from[0]}
	q.from = q.from[1:]
	return conn, nil
}

// visitor is a connection that knows whether it was closed.
type visitor struct {
	net.Conn
	from   net.Addr
	closed int
}

func (c *visitor) RemoteAddr() net.Addr { return c.from }
func (c *visitor) Close() error         { c.closed++; return nil }

func many(count int, ip string) (all []net.Addr) {
	for i := range count {
		all = append(all, &net.TCPAddr{IP: net.ParseIP(ip), Port: 1024 + i})
	}
	return all
}

func TestCrowd(t *testing.T) {
	for what, test := range map[string]struct {
		from   []net.Addr
		shared bool
		want   int
	}{
		"a few":                         {many(3, "192.0.2.1"), false, 3},
		"a stranger's many":             {many(maxOfOne+50, "192.0.2.1"), false, maxOfOne},
		"and others beside it":          {append(many(maxOfOne+50, "192.0.2.1"), many(5, "192.0.2.2")...), false, maxOfOne + 5},
		"one network's addresses":       {append(many(maxOfOne, "2001:db8::1"), many(5, "2001:db8::2:1")...), false, maxOfOne},
		"another network's":             {append(many(maxOfOne, "2001:db8::1"), many(5, "2001:db8:0:1::1")...), false, maxOfOne + 5},
		"the same in another writing":   {append(many(maxOfOne, "192.0.2.1"), many(5, "::ffff:192.0.2.1")...), false, maxOfOne},
		"this machine":                  {many(maxOfOne+50, "127.0.0.1"), false, maxOfOne + 50},
		"a proxy":                       {many(maxOfOne+50, "192.0.2.1"), true, maxOfOne + 50},
		"more than there is room for":   {many(maxConnections+50, "127.0.0.1"), false, maxConnections},
		"addresses that are none of ip": {[]net.Addr{&net.UnixAddr{Name: "pipe"}, &net.UnixAddr{Name: "pipe"}}, false, 2},
	} {
		c := newCrowd(&queue{from: test.from}, test.shared)
		var held []net.Conn
		for {
			conn, err := c.Accept()
			if errors.Is(err, net.ErrClosed) {
				break
			}
			check(t, err)
			held = append(held, conn)
		}
		if len(held) != test.want || c.total != test.want {
			t.Errorf("%s: %d are held and %d counted, want %d", what, len(held), c.total, test.want)
		}
		for _, conn := range held {
			check(t, conn.Close())
			check(t, conn.Close()) // twice is once
		}
		if c.total != 0 || len(c.of) != 0 {
			t.Errorf("%s: when all have gone %d are counted, %d addresses", what, c.total, len(c.of))
		}
	}
}
