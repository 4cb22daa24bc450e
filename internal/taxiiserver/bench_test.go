// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file measures pages and whole collections, over TCP, beside a bare
// handler on the same kind of listener that checks Basic and writes the same
// bytes from memory. What is reported are medians of rounds that take turns:
// rates, their ratio, and the ratio of the processor's time that each took, which
// says the same on a machine that is shared.

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

const (
	feedObjects = "/taxii2/root/collections/feed/objects/"
	connections = 8
	round       = 300 * time.Millisecond
)

// fill keeps n objects of the shape of ATT&CK in the feed.
func (d *door) fill(n int) {
	d.Helper()
	who := caller.Caller{Kind: caller.Account, Name: "red-tool", Collections: map[string]caller.Right{d.ids["feed"]: {Write: true}}}
	objects := func(yield func(stix.Object, error) bool) {
		for raw := range stixtest.Objects(1, n) {
			if object, err := stix.Parse(raw); !yield(object, err) {
				return
			}
		}
	}
	must(d, d.intake.Accept(d.Context(), who, d.ids["feed"], objects, func(k intake.Kept) {
		if k.Problem != nil {
			d.Errorf("%s: %v", k.ID, k.Problem)
		}
	}))
}

// serve listens on loopback until the test ends.
func serve(t testing.TB, handler http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := &http.Server{Handler: handler}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	return listener.Addr().String()
}

// bare is the floor: a handler that checks Basic and writes what body returns.
func (d *door) bare(body func(*http.Request) []byte) http.Handler {
	secrets := d.passwords["red"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(secrets.Name+":"+secrets.Password)) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer := body(r)
		w.Header().Set("Content-Type", taxii.MediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer)
	})
}

// line is one connection of a client that costs little.
type line struct {
	net.Conn
	in   *bufio.Reader
	head string // what every request has
}

func (d *door) dial(address, more string) *line {
	d.Helper()
	conn, err := net.Dial("tcp", address)
	must(d, err)
	d.Cleanup(func() { _ = conn.Close() })
	request, err := http.NewRequest(http.MethodGet, "http://"+address, nil)
	must(d, err)
	request.SetBasicAuth(d.passwords["red"].Name, d.passwords["red"].Password)
	head := " HTTP/1.1\r\nHost: " + address + "\r\nAccept: " + taxii.MediaType + "\r\nAuthorization: " + request.Header.Get("Authorization") + "\r\n" + more + "\r\n"
	return &line{conn, bufio.NewReaderSize(conn, 256<<10), head}
}

// get asks for an address and reads the answer's body into buffer.
func (l *line) get(address string, buffer []byte) ([]byte, error) {
	if _, err := io.WriteString(l.Conn, "GET "+address+l.head); err != nil {
		return nil, err
	}
	length, status := -1, ""
	for {
		text, err := l.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if status == "" {
			status = strings.TrimSpace(string(text))
		}
		if rest, ok := bytes.CutPrefix(text, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(rest))); err != nil {
				return nil, err
			}
		}
		if len(bytes.TrimSpace(text)) == 0 {
			break
		}
	}
	if !strings.Contains(status, " 200 ") || length < 0 {
		return nil, fmt.Errorf("%s: %s, %d bytes", address, status, length)
	}
	buffer = slices.Grow(buffer[:0], length)[:length]
	_, err := io.ReadFull(l.in, buffer)
	return buffer, err
}

// answers is how many requests all lines together get answered in a round.
func answers(b *testing.B, lines []*line, address func() string) float64 {
	b.Helper()
	var answered atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for _, l := range lines {
		all.Go(func() {
			var buffer []byte
			for time.Since(start) < round {
				var err error
				if buffer, err = l.get(address(), buffer); err != nil {
					b.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	all.Wait()
	return float64(answered.Load())
}

// processor is the time that this process has had of it.
func processor() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// besides measures ours and the floor in turns and reports medians. Each says how
// much it did, of which that many a second is the rate; before is not measured.
func besides(b *testing.B, unit string, before func(), floor, ours func() float64) {
	b.Helper()
	var floors, all, ratios, processors []float64
	run := func(do func() float64) (rate, busy float64) {
		start, before := time.Now(), processor()
		done := do()
		return done / time.Since(start).Seconds(), done / (processor() - before).Seconds()
	}
	for b.Loop() {
		b.StopTimer()
		before()
		b.StartTimer()
		least, leastBusy := run(floor)
		got, busy := run(ours)
		floors, all, ratios, processors = append(floors, least), append(all, got), append(ratios, got/least), append(processors, busy/leastBusy)
	}
	median := func(of []float64) float64 { slices.Sort(of); return of[len(of)/2] }
	b.ReportMetric(median(floors), "floor-"+unit)
	b.ReportMetric(median(all), unit)
	b.ReportMetric(median(ratios), "of-floor")
	b.ReportMetric(median(processors), "of-floor-by-cpu")
	b.ReportMetric(0, "ns/op")
}

// dates are when the objects of the feed were added, of about one in every.
func (d *door) dates(every int) (all []string) {
	d.Helper()
	l := d.dial(serve(d, d.handler), "")
	seen, query := 0, ""
	for {
		raw, err := l.get("/taxii2/root/collections/feed/manifest/?limit=1000"+query, nil)
		must(d, err)
		for _, part := range strings.Split(string(raw), `"date_added":"`)[1:] {
			if seen++; seen%every == 0 {
				all = append(all, part[:strings.IndexByte(part, '"')])
			}
		}
		next := nextOf(raw)
		if next == "" {
			// The last hundred have no full page behind them.
			return all[:len(all)-100/every-1]
		}
		query = "&next=" + next
	}
}

// nextOf is the next of an answer's body.
func nextOf(body []byte) string {
	i := bytes.LastIndex(body, []byte(`"next":"`))
	if i < 0 {
		return ""
	}
	text, _, _ := strings.Cut(string(body[i+8:]), `"`)
	return text
}

// BenchmarkPage is a page of 100 objects with HTTP Basic, on 8 connections.
func BenchmarkPage(b *testing.B) {
	for _, count := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("of=%d", count), func(b *testing.B) {
			d := newDoor(b)
			d.fill(count)
			dates := d.dates(max(1, count/20_000))
			ours := serve(b, d.handler)
			page, err := d.dial(ours, "").get(feedObjects, nil)
			must(b, err)
			floor := serve(b, d.bare(func(*http.Request) []byte { return page }))
			var bareLines, ourLines []*line
			for range connections {
				bareLines, ourLines = append(bareLines, d.dial(floor, "")), append(ourLines, d.dial(ours, ""))
			}
			last := feedObjects + "?added_after=" + url.QueryEscape(dates[len(dates)-1])
			var n atomic.Int64
			for _, test := range []struct {
				name    string
				address func() string
			}{
				{"the-same,first", func() string { return feedObjects }},
				{"the-same,last", func() string { return last }},
				{"cold", func() string {
					// A step that meets every date, far from the one before.
					return feedObjects + "?added_after=" + url.QueryEscape(dates[n.Add(1)*7919%int64(len(dates))])
				}},
				{"cold,first", func() string {
					return feedObjects + "?added_after=" + url.QueryEscape(dates[n.Add(1)%1000]) + "&match[spec_version]=2.1"
				}},
				{"cold,last", func() string {
					return feedObjects + "?added_after=" + url.QueryEscape(dates[len(dates)-1-int(n.Add(1)%1000)]) + "&match[spec_version]=2.1"
				}},
			} {
				b.Run(test.name, func(b *testing.B) {
					besides(b, "req/s", func() {}, func() float64 { return answers(b, bareLines, test.address) }, func() float64 { return answers(b, ourLines, test.address) })
				})
			}
		})
	}
}

// BenchmarkWhole is a whole collection read by one follower, page after page of
// 1000, plain and compressed; MB are of JSON.
func BenchmarkWhole(b *testing.B) {
	d := newDoor(b)
	d.fill(25_000)
	ours := serve(b, d.handler)
	for name, more := range map[string]string{"plain": "", "gzip": "Accept-Encoding: gzip\r\n"} {
		b.Run(name, func(b *testing.B) {
			pages := make(map[string][]byte)
			plain := 0
			walk := func(l *line) {
				var buffer []byte
				query := ""
				for {
					raw, err := l.get(feedObjects+"?limit=1000"+query, buffer)
					must(b, err)
					next := pages["next of "+query]
					if buffer = raw; next == nil {
						return
					}
					query = string(next)
				}
			}
			l := d.dial(ours, more)
			// Where pages lead is known beforehand: nobody measured unpacks anything.
			for query, end := "", false; !end; {
				raw, err := l.get(feedObjects+"?limit=1000"+query, nil)
				must(b, err)
				pages[query] = slices.Clone(raw)
				text := raw
				if more != "" {
					unpacked, err := gzip.NewReader(bytes.NewReader(raw))
					must(b, err)
					text, err = io.ReadAll(unpacked)
					must(b, err)
				}
				plain += len(text)
				next := nextOf(text)
				if end = next == ""; !end {
					pages["next of "+query] = []byte("&next=" + next)
					query = "&next=" + next
				}
			}
			floor := serve(b, d.bare(func(r *http.Request) []byte {
				_, query, _ := strings.Cut(r.URL.RawQuery, "limit=1000")
				return pages[query]
			}))
			bare := d.dial(floor, more)
			speed := func(l *line) func() float64 {
				return func() float64 {
					walk(l)
					return float64(plain) / 1e6
				}
			}
			besides(b, "MB/s", func() {}, speed(bare), speed(l))
		})
	}
}
