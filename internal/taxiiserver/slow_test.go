// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file tests slow bodies, in fake time, over a connection without a network.

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// single is a listener to which one connection comes.
type single struct {
	conns chan net.Conn
	done  chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *single) Close() error   { close(s.done); return nil }
func (s *single) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// A body may be slow for longer than any deadline of the server, as long as it
// comes; one that stops coming is told so, and what came before it is kept.
func TestSlowBodies(t *testing.T) {
	for what, test := range map[string]struct {
		pause time.Duration
		stall bool
		want  int
	}{
		"slow":    {20 * time.Second, false, http.StatusAccepted},
		"stalled": {time.Second, true, http.StatusRequestTimeout},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDoor(t)
				listener := &single{conns: make(chan net.Conn, 1), done: make(chan struct{})}
				server := &http.Server{Handler: d.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute}
				go func() { _ = server.Serve(listener) }()
				ours, theirs := net.Pipe()
				listener.conns <- theirs
				const pieces = 30 // ten minutes of them, where it is slow
				answer := make(chan *http.Response, 1)
				go func() {
					response, err := http.ReadResponse(bufio.NewReader(ours), nil)
					if err != nil {
						t.Error(err)
					}
					answer <- response
				}()
				send := func(text string) {
					if _, err := io.WriteString(ours, text); err != nil && !test.stall {
						t.Error(err)
					}
				}
				send("POST /taxii2/root/collections/feed/objects/ HTTP/1.1\r\nHost: alpha.example.org\r\nAuthorization: Bearer " + d.tokens["red"] +
					"\r\nContent-Type: " + taxii.MediaType + "\r\nTransfer-Encoding: chunked\r\n\r\n")
				chunk := func(text string) { send(fmt.Sprintf("%x\r\n%s\r\n", len(text), text)) }
				chunk(`{"objects":[`)
				for i := range pieces {
					time.Sleep(test.pause)
					chunk(strings.Repeat(",", min(i, 1)) + object(fmt.Sprintf("%d-green", i+1)))
				}
				if !test.stall {
					chunk(`]}`)
					send("0\r\n\r\n")
				}
				began := time.Now()
				response := <-answer
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != test.want {
					t.Errorf("%d %s, %v", response.StatusCode, body, err)
				}
				if waited := time.Since(began); test.stall && waited > time.Minute {
					t.Errorf("it waited for %s", waited)
				}
				if want := fmt.Sprintf("%d objects", pieces); test.stall && !strings.Contains(string(body), want) {
					t.Errorf("kept: %s", body)
				}
				_ = ours.Close()
				if err := server.Close(); err != nil {
					t.Error(err)
				}
				synctest.Wait()
			})
		})
	}
}
