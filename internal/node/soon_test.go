// SPDX-License-Identifier: Apache-2.0

package node

// This file tests bodies that come slowly, in fake time, over connections without a
// network.

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

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// pipes is a listener to which connections come that have no network.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// begin posts the head of a request with a body of so many bytes.
func (p *pipes) begin(t *testing.T, request string, length int) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	p.conns <- theirs
	line, more, _ := strings.Cut(request, "\n")
	_, err := fmt.Fprintf(ours, "%s HTTP/1.1\r\nHost: alpha.example.org\r\nContent-Length: %d\r\n%s\r\n", line, length, strings.ReplaceAll(more, "\n", "\r\n"))
	check(t, err)
	return ours
}

// served is a node of which the doors are open, and nothing else.
func served(t *testing.T) (*Node, *pipes, string) {
	t.Helper()
	dir := made(t)
	n := opened(t, dir)
	token, err := ReadToken(dir)
	check(t, err)
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := n.server(t.Context())
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() {
		check(t, server.Close())
		synctest.Wait()
	})
	return n, p, token
}

// Nobody holds a connection for long by a body that does not come, wherever it is
// sent, unless a door knows who sends it.
func TestAStrangersBodyMustCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p, _ := served(t)
		for _, request := range []string{
			"POST /api/v1/enrol", "POST /api/v1/overseer/challenge", "POST /api/v1/overseer/signin", "POST /api/v1/persons", "GET /api/v1/node", "POST /api/none",
			"POST /signin/a-secret", "GET /signin", "POST /people", "POST /none",
			"POST /taxii2/root/collections/feed/objects/", "POST /peer/v1/messages", "POST /peer/none", "POST /witness/none",
		} {
			began := time.Now()
			conn := p.begin(t, request, 100)
			answer, err := io.ReadAll(conn)
			check(t, err)
			if took := time.Since(began); took > soonWithin+time.Second || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
				t.Errorf("%s: after %v answered %.40q", request, took, answer)
			}
			check(t, conn.Close())
		}
	})
}

// Who is known may be slow, at the tools' door and at the people's.
func TestABodyOfSomebodyKnownMayBeSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, p, token := served(t)
		link, err := n.Desk.Link(t.Context(), caller.Caller{Kind: caller.Person, Name: "admin", Roles: []caller.Role{caller.Administrator}}, "admin")
		check(t, err)
		session, _, err := n.Desk.SignIn(t.Context(), link)
		check(t, err)
		for request, body := range map[string]string{
			"POST /api/v1/persons\nAuthorization: Bearer " + token + "\n":                                                                `{"name":"anna","title":"Analyst 1","roles":["analyst"]}`,
			"POST /people\nContent-Type: application/x-www-form-urlencoded\nCookie: tocsin-" + n.Card().ID()[:12] + "=" + session + "\n": "name=ruth&title=Releaser+1&roles=releaser",
		} {
			conn := p.begin(t, request, len(body))
			pieces := 5
			for i := range pieces {
				time.Sleep(soonWithin)
				_, err := io.WriteString(conn, body[i*len(body)/pieces:(i+1)*len(body)/pieces])
				check(t, err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			check(t, err)
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(answer), "/signin/") {
				t.Errorf("%.20s: answered %d %s, %v", request, response.StatusCode, answer, err)
			}
			check(t, conn.Close())
		}
	})
}
