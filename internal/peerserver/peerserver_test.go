// SPDX-License-Identifier: Apache-2.0

package peerserver_test

// This file lets a crowd at the partners' door.

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
)

// begin posts the head of a request that promises 8 MiB, and returns what is
// answered before any of them is sent; nil if the door waits for the body.
func begin(t *testing.T, to *House, path, sender string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(to.Address(), "http://"))
	Check(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: %d\r\n\r\n", path, envelope.SenderHeader, sender, envelope.MaxDelivery)
	Check(t, err)
	Check(t, conn.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestACrowdAtTheDoor(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, carol, bravo)
	stranger := NewEve(t, "eve")
	signature := make([]byte, 64)
	for name, sender := range map[string]string{"no name": "", "a bad one": "x y", "a stranger's": envelope.SenderValue(stranger.Ring.ID(), signature)} {
		response := begin(t, bravo, "/peer/v1/messages", sender)
		if response == nil {
			t.Errorf("%s: the door waits for the body", name)
			continue
		}
		body, err := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusBadRequest || err != nil || !strings.Contains(string(body), `"title":"not accepted"`) {
			t.Errorf("%s: answered %d %s %v", name, response.StatusCode, body, err)
		}
	}
	// A pairing that promises more than a pairing can be is not waited for.
	if response := begin(t, bravo, "/peer/v1/pair", envelope.SenderValue(stranger.Ring.ID(), signature)); response == nil || response.StatusCode != http.StatusBadRequest {
		t.Errorf("a pairing of 8 MiB: %v", response)
	}
	// Somebody writes alpha's key id over bodies that never come: alpha's share of
	// the door is taken, and carol is heard all the same.
	waiting, putOff := 0, 0
	for range 8 {
		switch response := begin(t, bravo, "/peer/v1/messages", envelope.SenderValue(alpha.Card().ID(), signature)); {
		case response == nil:
			waiting++
		case response.StatusCode == http.StatusServiceUnavailable:
			putOff++
		}
	}
	if waiting != 4 || putOff != 4 {
		t.Errorf("%d wait and %d were put off", waiting, putOff)
	}
	start := time.Now()
	carol.Warn(Draft("Heard through the crowd.", "bravo"))
	carol.Delivered(bravo)
	t.Log("from release to receipt with the crowd at the door:", time.Since(start))
}
