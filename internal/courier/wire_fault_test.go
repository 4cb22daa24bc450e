// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file lets the network fail below HTTP: at the connection, while a
// request or an answer is on it. The first posts fail, each in one way; then the
// network is well again. What was warned of arrives once, within minutes.

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// line is alpha's end of a connection that does not do what it should.
type line struct {
	net.Conn
	read  func(p []byte) (int, error)
	write func(p []byte) (int, error)
}

func (l *line) Read(p []byte) (int, error) {
	if l.read == nil {
		return l.Conn.Read(p)
	}
	return l.read(p)
}

func (l *line) Write(p []byte) (int, error) {
	if l.write == nil {
		return l.Conn.Write(p)
	}
	return l.write(p)
}

// nobody is an end that never answers and takes everything.
func nobody() net.Conn {
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	return here
}

// faults are what befalls a connection.
var faults = map[string]func(net.Conn) net.Conn{
	"reset before the request was read": func(c net.Conn) net.Conn {
		sent := 0
		return &line{Conn: c, write: func(p []byte) (int, error) {
			if sent > 0 || len(p) > 200 {
				_, _ = c.Write(p[:len(p)/2])
				return 0, errors.Join(syscall.ECONNRESET, c.Close())
			}
			n, err := c.Write(p)
			sent += n
			return n, err
		}}
	},
	"reset after the request was read, the answer lost": func(c net.Conn) net.Conn {
		return &line{Conn: c, read: func(p []byte) (int, error) {
			if _, err := c.Read(p); err != nil {
				return 0, err
			}
			return 0, errors.Join(syscall.ECONNRESET, c.Close())
		}}
	},
	"the answer cut in half": func(c net.Conn) net.Conn {
		left := 700 // past its head
		return &line{Conn: c, read: func(p []byte) (int, error) {
			if left == 0 {
				return 0, errors.Join(io.EOF, c.Close())
			}
			n, err := c.Read(p[:min(left, len(p))])
			left -= n
			return n, err
		}}
	},
	"the partner gone without a word, before the request": func(c net.Conn) net.Conn {
		_ = c.Close()
		return nobody()
	},
	"the partner gone without a word, after the request": func(c net.Conn) net.Conn {
		return &line{Conn: c, read: func(p []byte) (int, error) {
			if _, err := c.Read(p); err != nil {
				return 0, err
			}
			time.Sleep(2 * time.Minute) // no deadline of the connection's own ends it
			return 0, errors.Join(io.ErrUnexpectedEOF, c.Close())
		}}
	},
	"an answer slower than anybody waits": func(c net.Conn) net.Conn {
		return &line{Conn: c, read: func(p []byte) (int, error) {
			time.Sleep(10 * time.Second)
			return c.Read(p[:1])
		}}
	},
}

// Every fault of a connection ends in a warning that arrived once.
func TestEveryFaultOfAConnection(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				var failures atomic.Int64
				n.line = func(c net.Conn) net.Conn {
					if failures.Add(1) > 3 {
						return c
					}
					return fault(c)
				}
				began := time.Now()
				d := alpha.warn(draft("bravo", "Danger."))
				eventually(t, func() bool {
					c, err := alpha.shelf.Case(t.Context(), duty, d.Sent["bravo"])
					check(t, err)
					return c.Thread[0].State == "delivered"
				})
				if failures.Load() < 4 {
					t.Errorf("%d connections were made: the fault never came", failures.Load())
				}
				if took := time.Since(began); took > 5*time.Minute {
					t.Errorf("a FLASH took %v", took)
				}
				if bravo.cases() != 1 {
					t.Errorf("bravo has %d cases", bravo.cases())
				}
				time.Sleep(10 * time.Minute) // whoever still waits at a connection gives up
			})
		})
	}
}

// An answer that belongs to another post, as a broken proxy hands it out, is
// found out: it receipts nothing, and people are told.
func TestAnswersOutOfOrder(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		var before atomic.Pointer[[]byte]
		var swap, swapped atomic.Int64
		n.answered = func(body []byte) []byte {
			if !bytes.Contains(body, []byte("tlog-proof")) {
				return body // no receipt is in it
			}
			if swap.Add(-1) >= 0 {
				swapped.Add(1)
				return *before.Load()
			}
			kept := bytes.Clone(body)
			before.Store(&kept)
			return body
		}
		alpha.warn(draft("bravo", "One."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		time.Sleep(10 * time.Minute)
		swap.Store(2)
		d := alpha.warn(draft("bravo", "Two."))
		eventually(t, func() bool {
			c, err := alpha.shelf.Case(t.Context(), duty, d.Sent["bravo"])
			check(t, err)
			return c.Thread[0].State == "delivered"
		})
		alarms, err := alpha.shelf.Alarms(t.Context(), duty, false)
		check(t, err)
		told := slices.ContainsFunc(alarms, func(a warning.Alarm) bool { return a.Kind == warning.AlarmBadReceipt })
		if swapped.Load() != 2 || bravo.cases() != 2 || !told {
			t.Errorf("%d answers swapped, %d cases, alarms: %+v", swapped.Load(), bravo.cases(), alarms)
		}
	})
}

// A partner is down for six hours, with routine matters waiting. The pauses are
// bounded both ways. When it is back, a FLASH that is written then does not wait
// for the pause of what waits before it.
func TestSixHours(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		n.down.Store(true)
		routine := draft("bravo", "A matter of routine.")
		routine.Warning.Precedence, routine.Warning.ThreatType = handling.Routine, warning.OtherThreat
		for range 3 {
			alpha.warn(routine)
		}
		start := n.posts.Load()
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		if tried := n.posts.Load() - start; tried < 6*60/7 || tried > 6*60/2 {
			t.Errorf("alpha tried %d times in six hours", tried)
		}
		n.down.Store(false)
		back := time.Now()
		d := alpha.warn(draft("bravo", "Danger."))
		eventually(t, func() bool {
			c, err := alpha.shelf.Case(t.Context(), duty, d.Sent["bravo"])
			check(t, err)
			return c.Thread[0].State == "delivered"
		})
		if late := time.Since(back); late > 2*time.Second {
			t.Errorf("a FLASH waited %v", late)
		}
		if bravo.cases() != 4 {
			t.Errorf("bravo has %d cases", bravo.cases())
		}
	})
}
