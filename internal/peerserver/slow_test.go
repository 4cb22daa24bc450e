// SPDX-License-Identifier: Apache-2.0

package peerserver

// This file lets bodies come slowly, falsely and not at all, over real sockets.

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// quick is a door with the limits of a node, but for its patience.
func quick(t *testing.T, room int64) (address string, heard *atomic.Int64) {
	t.Helper()
	l := standard()
	l.room, l.wait, l.stall, l.whole = room, 100*time.Millisecond, 300*time.Millisecond, 2*time.Second
	heard = new(atomic.Int64)
	d := &door{log: slog.New(slog.DiscardHandler), limit: envelope.MaxDelivery, gate: newGate(l),
		known:     func(_ context.Context, sender string) (string, bool) { return sender, sender != "" },
		delivered: func(context.Context, string) {},
		handle: func(_ context.Context, _ string, body []byte) (any, error) {
			heard.Add(int64(len(body)))
			return struct{}{}, nil
		}}
	server := httptest.NewServer(http.HandlerFunc(d.post))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), heard
}

// posting is a connection on which the head of a post was sent.
func posting(t *testing.T, address, sender, head string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s: %s\r\n%s\r\n\r\n", envelope.SenderHeader, sender, head); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered is the status of the answer, or 0 if the connection was closed.
func answered(t *testing.T, conn net.Conn) int {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// A whole body, of a partner that nobody keeps out.
func honest(t *testing.T, address, sender string) {
	t.Helper()
	body := strings.Repeat("b", 1<<20)
	start := time.Now()
	if status := answered(t, func() net.Conn {
		conn := posting(t, address, sender, fmt.Sprintf("Content-Length: %d", len(body)))
		if _, err := conn.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
		return conn
	}()); status != http.StatusOK {
		t.Errorf("%s is answered %d", sender, status)
	}
	t.Logf("%s: a megabyte in %v", sender, time.Since(start))
}

// A row for each way a body can be wrong: what is answered, and within what time.
func TestBodiesThatDoNotCome(t *testing.T) {
	for name, test := range map[string]struct {
		head   string
		send   func(net.Conn) // in the background
		status int
		within time.Duration
	}{
		"nothing":              {"Content-Length: 1000", nil, 400, time.Second},
		"a byte, then nothing": {"Content-Length: 1000", func(c net.Conn) { _, _ = c.Write([]byte("b")) }, 400, time.Second},
		"byte by byte":         {"Content-Length: 100000", drip, 400, time.Second},
		"chunks of a byte": {"Transfer-Encoding: chunked", func(c net.Conn) {
			for range 100 {
				if _, err := c.Write([]byte("1\r\nb\r\n")); err != nil {
					return
				}
				<-time.After(20 * time.Millisecond)
			}
		}, 400, time.Second},
		"just fast enough, and too long": {"Content-Length: 8000000", func(c net.Conn) {
			for {
				if _, err := c.Write(make([]byte, piece)); err != nil {
					return
				}
				<-time.After(100 * time.Millisecond)
			}
		}, 400, 3 * time.Second},
		"less than it promised": {"Content-Length: 1000", func(c net.Conn) {
			_, _ = c.Write([]byte("b"))
			_ = c.(*net.TCPConn).CloseWrite()
		}, 400, time.Second},
		"more than it promised": {"Content-Length: 3", func(c net.Conn) { _, _ = c.Write([]byte("bbbbbbbbbb\r\n\r\n")) }, 200, time.Second},
		"larger than the limit": {fmt.Sprintf("Content-Length: %d", envelope.MaxDelivery+1), nil, 400, time.Second},
		"larger than the limit, in chunks": {"Transfer-Encoding: chunked", func(c net.Conn) {
			block := "100000\r\n" + strings.Repeat("b", 1<<20) + "\r\n"
			for range 9 {
				if _, err := c.Write([]byte(block)); err != nil {
					return
				}
			}
		}, 400, 3 * time.Second},
		"two lengths":         {"Content-Length: 3\r\nContent-Length: 4", nil, 400, time.Second},
		"a length and chunks": {"Content-Length: 3\r\nTransfer-Encoding: chunked", func(c net.Conn) { _, _ = c.Write([]byte("0\r\n\r\n")) }, 200, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := quick(t, 128<<20)
			conn := posting(t, address, "eve", test.head)
			start := time.Now()
			if test.send != nil {
				go test.send(conn)
			}
			status := answered(t, conn)
			// Who is cut off while it sends may see the connection closed before the answer.
			if status != test.status && !(status == 0 && test.status == 400) {
				t.Errorf("answered %d, want %d", status, test.status)
			}
			if took := time.Since(start); took > test.within {
				t.Errorf("it took %v", took)
			}
			honest(t, address, "bravo")
		})
	}
}

func drip(c net.Conn) {
	for {
		if _, err := c.Write([]byte("b")); err != nil {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// Under every partner's name somebody holds its share of the door, again and
// again: the room they take is that of the bytes they sent, and whoever comes
// from elsewhere, or under another name, is heard meanwhile.
func TestSlowBodiesTakeNoRoom(t *testing.T) {
	address, heard := quick(t, 8<<20) // that of one whole body; there are 200 slow ones
	stop := make(chan struct{})
	defer close(stop)
	for partner := range 50 {
		for range 4 {
			go func() {
				for {
					conn, err := net.Dial("tcp", address)
					if err != nil {
						return
					}
					_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s: partner-%d\r\nContent-Length: 8000000\r\n\r\nb", envelope.SenderHeader, partner)
					_ = conn.SetReadDeadline(time.Now().Add(time.Second))
					_, _ = conn.Read(make([]byte, 1)) // until it is cut off
					_ = conn.Close()
					select {
					case <-stop:
						return
					default:
					}
				}
			}()
		}
	}
	<-time.After(100 * time.Millisecond)
	for i := range 5 {
		honest(t, address, fmt.Sprintf("bravo-%d", i))
	}
	if got := heard.Load(); got != 5<<20 {
		t.Errorf("%d bytes were heard", got)
	}
}

// The share of a key is taken under each address by itself.
func TestShares(t *testing.T) {
	g := newGate(standard())
	for i, test := range []struct {
		key, from string
		let       bool
	}{
		{"a", "192.0.2.1:1", true}, {"a", "192.0.2.1:2", true}, {"a", "192.0.2.1:3", true}, {"a", "192.0.2.1:4", true}, {"a", "192.0.2.1:5", false},
		{"a", "192.0.2.2:1", true}, {"b", "192.0.2.1:6", true},
	} {
		if let := g.enter(test.key, test.from); let != test.let {
			t.Errorf("%d: %t", i, let)
		}
	}
	g.leave("a", "192.0.2.1:1")
	if !g.enter("a", "192.0.2.1:9") {
		t.Error("a place that was left is not free")
	}
}

// Whoever writes the keys of several partners, which anybody can, takes no more
// than what each of them may have: there is room for a whole delivery of another.
func TestAKeyTakesNoMoreThanItsRoom(t *testing.T) {
	g := newGate(standard())
	for _, key := range []string{"a", "b", "c", "d"} {
		held := int64(0)
		for g.hold(t.Context(), key) {
			held += piece
		}
		if held < 2*envelope.MaxDelivery || held > g.room/6 {
			t.Errorf("%s holds %d bytes", key, held)
		}
	}
	raw, done, err := g.read(t.Context(), "e", strings.NewReader(strings.Repeat("b", envelope.MaxDelivery)), func(time.Time) error { return nil })
	if err != nil || len(raw) != envelope.MaxDelivery {
		t.Errorf("%d bytes are read: %v", len(raw), err)
	}
	done()
	g.drop("a", piece)
	if !g.hold(t.Context(), "a") {
		t.Error("room that was given back is not free")
	}
}
