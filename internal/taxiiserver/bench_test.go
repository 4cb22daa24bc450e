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

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/internal/store"
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

// apart is how much later than the last each copy of the feed was added.
const apart = time.Minute

// copies adds n copies of what is in the feed, each behind the last, straight
// into the file: the log is not told, so it is good for reading alone. A feed of
// 1,000,000 is there in seconds.
func (d *door) copies(n int) {
	d.Helper()
	conn, err := sqlite3.Open("file:" + d.dir + "/" + store.File)
	must(d, err)
	defer func() { must(d, conn.Close()) }()
	const columns = `edge, waits, id, version, written, spec, type, origin, label, handling, body`
	must(d, conn.Exec(`PRAGMA busy_timeout = 60000; PRAGMA secure_delete = 0; PRAGMA synchronous = off; PRAGMA cache_size = -131072; PRAGMA temp_store = memory;
		CREATE TEMP TABLE first AS SELECT place, `+columns+` FROM objects ORDER BY place & ((1 << 51) - 1)`))
	for i := range n {
		must(d, conn.Exec(fmt.Sprintf(`INSERT INTO objects(place, hash, `+columns+`) SELECT place + %d, random(), `+columns+` FROM first ORDER BY rowid`,
			(time.Duration(i+1)*apart).Microseconds())))
	}
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
		floors, all, ratios, processors = append(floors, least), append(all, got), append(ratios, least/got), append(processors, leastBusy/busy)
	}
	median := func(of []float64) float64 { slices.Sort(of); return of[len(of)/2] }
	b.ReportMetric(median(floors), "floor-"+unit)
	b.ReportMetric(median(all), unit)
	b.ReportMetric(median(ratios), "xfloor")
	b.ReportMetric(median(processors), "xfloor-cpu")
	b.ReportMetric(0, "ns/op")
}

// dates are when the objects of the feed were added.
func (d *door) dates() (all []time.Time) {
	d.Helper()
	l := d.dial(serve(d, d.handler), "")
	query := ""
	for {
		raw, err := l.get("/taxii2/root/collections/feed/manifest/?limit=1000"+query, nil)
		must(d, err)
		for _, part := range strings.Split(string(raw), `"date_added":"`)[1:] {
			added, err := taxii.ParseTime(part[:strings.IndexByte(part, '"')])
			must(d, err)
			all = append(all, added)
		}
		next := nextOf(raw)
		if next == "" {
			return all
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
	const first = 10_000
	for _, count := range []int{first, 1_000_000} {
		b.Run(fmt.Sprintf("of=%d", count), func(b *testing.B) {
			d := newDoor(b)
			d.fill(first)
			base := d.dates()
			d.copies(count/first - 1)
			write := func(at time.Time, copy int) string {
				return feedObjects + "?added_after=" + url.QueryEscape(taxii.FormatTime(at.Add(time.Duration(copy)*apart)))
			}
			// Everywhere there is a full page behind.
			var anywhere, begin, end []string
			for i := range count / first {
				for j := 0; j < first-200; j += max(1, count/first/2) {
					anywhere = append(anywhere, write(base[j], i))
				}
			}
			for i := range 1000 {
				begin, end = append(begin, write(base[i], 0)), append(end, write(base[first-200-i], count/first-1))
			}
			var n atomic.Int64
			// In steps that meet every one, each far from the one before.
			from := func(all []string) string { return all[n.Add(1)*7919%int64(len(all))] }
			ours := serve(b, d.handler)
			page, err := d.dial(ours, "").get(feedObjects, nil)
			must(b, err)
			floor := serve(b, d.bare(func(*http.Request) []byte { return page }))
			var bareLines, ourLines []*line
			for range connections {
				bareLines, ourLines = append(bareLines, d.dial(floor, "")), append(ourLines, d.dial(ours, ""))
			}
			for _, test := range []struct {
				name    string
				address func() string
			}{
				{"the-same,first", func() string { return feedObjects }},
				{"the-same,last", func() string { return end[0] }},
				{"cold", func() string { return from(anywhere) }},
				{"cold,first", func() string { return from(begin) }},
				{"cold,last", func() string { return from(end) }},
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
