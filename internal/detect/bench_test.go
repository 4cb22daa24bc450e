// SPDX-License-Identifier: Apache-2.0

package detect

// This file measures events a second with a thousand, a hundred thousand and a
// million indicators, beside the floor: the same goroutines decode the same
// events to any, and do nothing else.

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/stix"
)

// measured makes indicators and events as they are met: mostly hashes, names and
// addresses, some of everything else.
type measured struct{ *rand.Rand }

func (m measured) name() string { return fmt.Sprintf("h%07x.example.org", m.Uint32N(1<<28)) }

func (m measured) address() string {
	return fmt.Sprintf("%s.%d", []string{"192.0.2", "198.51.100", "203.0.113"}[m.IntN(3)], m.IntN(256))
}

// six is an address of which there are more than of those for documentation in IPv4.
func (m measured) six() string {
	return fmt.Sprintf("2001:db8:%x:%x::%x", m.IntN(1<<16), m.IntN(1<<16), 1+m.IntN(1<<16-1))
}

func (m measured) pattern(n int) string {
	switch n % 100 {
	default:
		return fmt.Sprintf("[file:hashes.'SHA-256' = '%016x%016x%016x%016x']", m.Uint64(), m.Uint64(), m.Uint64(), m.Uint64())
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20:
		return "[domain-name:value = '" + m.name() + "']"
	case 21, 22, 23, 24, 25, 26, 27, 28, 29, 30:
		return "[ipv6-addr:value = '" + m.six() + "']"
	case 31, 32, 33, 34, 35:
		return "[network-traffic:dst_ref.value = '" + m.six() + "' AND network-traffic:dst_port = 4444]"
	case 36, 37, 38, 39, 40, 41, 42, 43, 44, 45:
		return "[url:value = 'http://" + m.name() + "/gate.php']"
	case 46, 47, 48:
		return "[ipv6-addr:value ISSUBSET '" + fmt.Sprintf("2001:db8:%x:%x00::/56", m.IntN(1<<16), m.IntN(1<<8)) + "']"
	case 49, 50, 51:
		return "[domain-name:value LIKE '%." + m.name() + "']"
	case 52, 53:
		return "[url:value LIKE '%/" + fmt.Sprintf("%08x", m.Uint32()) + ".php%']"
	case 54:
		return "[url:value MATCHES '^https?://[^/]+/" + fmt.Sprintf("%08x", m.Uint32()) + "\\\\.(php|aspx)']"
	case 55:
		return "[domain-name:value IN ('" + m.name() + "', '" + m.name() + "', '" + m.name() + "')]"
	case 56:
		return "[domain-name:value = '" + m.name() + "'] FOLLOWEDBY [ipv6-addr:value = '" + m.six() + "'] WITHIN 60 SECONDS"
	}
}

// set takes in n indicators and says how many bytes each takes.
func (m measured) set(b *testing.B, n int) (*Set, float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	set := NewSet()
	for i := range n {
		object, err := stix.Parse(fmt.Appendf(nil, `{"type":"indicator","spec_version":"2.1","id":"indicator--%08x-0000-4000-8000-%012x","created":"2025-01-01T00:00:00Z","modified":"2025-01-01T00:00:00Z","name":"Indicator %d of a feed","pattern_type":"stix","valid_from":"2025-01-01T00:00:00Z","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],"pattern":%q}`,
			i, i, i, m.pattern(i)))
		if err == nil {
			err = set.Add(object)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	set.Freeze()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return set, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

// logs are lines of Zeek's logs: connections, names, requests, files.
func (m measured) logs(n int) (lines [][]byte) {
	for i := range n {
		common := fmt.Sprintf(`"ts":17672256%02d.%06d,"uid":"C%015x","id.orig_h":%q,"id.orig_p":%d,"id.resp_h":%q`, i%60, m.IntN(1e6), m.Uint64N(1<<60), m.address(), 1024+m.IntN(60000), []string{m.address(), m.six()}[i&1])
		var line string
		switch i % 10 {
		default:
			line = fmt.Sprintf(`{"_path":"conn",%s,"id.resp_p":443,"proto":"tcp","service":"ssl","duration":%d.%06d,"orig_bytes":%d,"resp_bytes":%d,"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":%d,"orig_ip_bytes":%d,"resp_pkts":%d,"resp_ip_bytes":%d}`,
				common, m.IntN(60), m.IntN(1e6), m.IntN(1e5), m.IntN(1e6), m.IntN(100), m.IntN(1e5), m.IntN(1000), m.IntN(1e6))
		case 5, 6, 7:
			line = fmt.Sprintf(`{"_path":"dns",%s,"id.resp_p":53,"proto":"udp","trans_id":%d,"rtt":0.%06d,"query":%q,"qclass":1,"qclass_name":"C_INTERNET","qtype":1,"qtype_name":"A","rcode":0,"rcode_name":"NOERROR","AA":false,"TC":false,"RD":true,"RA":true,"Z":0,"answers":["alias.example.net",%q,%q],"TTLs":[60.0,60.0,60.0],"rejected":false}`,
				common, m.IntN(1<<16), m.IntN(1e6), "www."+m.name(), m.address(), m.six())
		case 8:
			line = fmt.Sprintf(`{"_path":"http",%s,"id.resp_p":80,"trans_depth":1,"method":"GET","host":%q,"uri":"/%08x/index.html?q=%d","version":"1.1","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","request_body_len":0,"response_body_len":%d,"status_code":200,"status_msg":"OK","tags":[],"resp_fuids":["F%015x"],"resp_mime_types":["text/html"]}`,
				common, m.name(), m.Uint32(), m.IntN(1000), m.IntN(1e5), m.Uint64N(1<<60))
		case 9:
			line = fmt.Sprintf(`{"_path":"files",%s,"id.resp_p":80,"fuid":"F%015x","source":"HTTP","depth":0,"analyzers":["SHA256","MD5"],"mime_type":"application/x-dosexec","duration":0.1,"local_orig":false,"is_orig":false,"seen_bytes":%d,"total_bytes":%d,"missing_bytes":0,"overflow_bytes":0,"timedout":false,"md5":"%016x%016x","sha256":"%016x%016x%016x%016x"}`,
				common, m.Uint64N(1<<60), m.IntN(1e6), m.IntN(1e6), m.Uint64(), m.Uint64(), m.Uint64(), m.Uint64(), m.Uint64(), m.Uint64())
		}
		lines = append(lines, []byte(line))
	}
	return lines
}

// observed are the same connections as observed data, a bundle on each line.
func (m measured) observed(n int) (lines [][]byte) {
	for i := range n {
		source, destination := fmt.Sprintf("ipv4-addr--00000000-0000-4000-8000-%012x", i), fmt.Sprintf("ipv6-addr--00000000-0000-4000-8000-%012x", i)
		lines = append(lines, fmt.Appendf(nil, `{"type":"bundle","id":"bundle--00000000-0000-4000-8000-%012x","objects":[{"type":"observed-data","spec_version":"2.1","id":"observed-data--00000000-0000-4000-8000-%012x","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","first_observed":"2026-01-01T00:00:%02dZ","last_observed":"2026-01-01T00:00:%02dZ","number_observed":1,"object_refs":["network-traffic--00000000-0000-4000-8000-%012x",%q,%q]},{"type":"network-traffic","spec_version":"2.1","id":"network-traffic--00000000-0000-4000-8000-%012x","src_ref":%q,"dst_ref":%q,"src_port":%d,"dst_port":443,"protocols":["ipv6","tcp","tls"]},{"type":"ipv4-addr","spec_version":"2.1","id":%q,"value":%q},{"type":"ipv6-addr","spec_version":"2.1","id":%q,"value":%q}]}`,
			i, i, i%60, i%60, i, source, destination, i, source, destination, 1024+m.IntN(60000), source, m.address(), destination, m.six()))
	}
	return lines
}

// floor is how long it takes to decode lines to any in as many goroutines as a
// detector uses.
func floor(b *testing.B, lines [][]byte) time.Duration {
	b.Helper()
	start := time.Now()
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		group.Go(func() {
			for _, line := range lines[len(lines)*w/workers : len(lines)*(w+1)/workers] {
				var event any
				if err := json.Unmarshal(line, &event); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
	return time.Since(start)
}

func BenchmarkDetect(b *testing.B) {
	m := measured{rand.New(rand.NewPCG(1, 2))}
	logs, observed := m.logs(50_000), m.observed(20_000)
	zeek := zeek(b)
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		set, size := m.set(b, n)
		for _, events := range []struct {
			name  string
			from  Source
			lines [][]byte
		}{{"zeek", zeek, logs}, {"stix", Source{}, observed}} {
			text := bytes.Join(events.lines, []byte{'\n'})
			b.Run(fmt.Sprintf("%s/indicators=%d", events.name, n), func(b *testing.B) {
				hits, least := 0, time.Duration(0)
				for b.Loop() {
					b.StopTimer()
					least += floor(b, events.lines)
					b.StartTimer()
					from := events.from
					from.Reader = bytes.NewReader(text)
					err := NewDetector(set).Run(context.Background(), from, Told{
						Hit:      func(Hit) error { hits++; return nil },
						Problem:  func(p Problem) error { return fmt.Errorf("%s: %s", p.Event, p.Reason) },
						Progress: func() error { return nil },
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(len(events.lines))/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(b.N)*float64(len(events.lines))/least.Seconds(), "floor-events/s")
				b.ReportMetric(b.Elapsed().Seconds()/least.Seconds(), "xfloor")
				b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
				b.ReportMetric(size, "B/indicator")
			})
		}
	}
}
