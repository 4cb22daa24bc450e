// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file measures parsing, beside reading the text once, and matching, beside
// decoding the same observations.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// realLife generates patterns as feeds have them: most hold one value, some a
// few, some a long chain, some an order in time.
func realLife(n int) (texts []string, size int) {
	for i := range n {
		var text string
		switch i % 10 {
		case 0, 1, 2:
			text = fmt.Sprintf("[file:hashes.'SHA-256' = '%064x']", i)
		case 3, 4:
			text = fmt.Sprintf("[ipv4-addr:value = '198.51.100.%d']", i%256)
		case 5, 6:
			text = fmt.Sprintf("[domain-name:value = 'host-%d.example.org']", i)
		case 7:
			text = fmt.Sprintf("[url:value = 'https://example.org/%d/index.php?id=%d' OR url:value LIKE '%%/gate-%d.php']", i, i, i)
		case 8:
			var chain bytes.Buffer
			for j := range 20 {
				if j > 0 {
					chain.WriteString(" OR ")
				}
				fmt.Fprintf(&chain, "file:hashes.MD5 = '%032x'", i*j)
			}
			text = "[" + chain.String() + "]"
		default:
			text = fmt.Sprintf("([process:command_line MATCHES '^.+\\\\\\\\tool-%d\\\\.exe$'] FOLLOWEDBY [network-traffic:dst_ref.value ISSUBSET '203.0.113.%d/28']) WITHIN 300 SECONDS", i, i%256)
		}
		texts, size = append(texts, text), size+len(text)
	}
	return texts, size
}

func BenchmarkParse(b *testing.B) {
	texts, size := realLife(1_000)
	b.Run("floor: each code point read", func(b *testing.B) {
		b.SetBytes(int64(size))
		for b.Loop() {
			points := 0
			for _, text := range texts {
				points += utf8.RuneCountInString(text)
			}
			if points != size {
				b.Fatal(points)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			for _, text := range texts {
				if _, err := pattern.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "patterns/s")
	})
}

func BenchmarkMatch(b *testing.B) {
	var raws [][]byte
	for i := range 1_000 {
		raw, err := json.Marshal(map[string]any{
			"type": "observed-data", "spec_version": "2.1", "id": fmt.Sprintf("observed-data--7f9b1a6e-3c1d-4b0a-9a55-%012x", i),
			"first_observed": fmt.Sprintf("2026-03-01T%02d:%02d:%02dZ", i/3600, i/60%60, i%60), "last_observed": fmt.Sprintf("2026-03-01T%02d:%02d:%02dZ", i/3600, i/60%60, i%60),
			"number_observed": 1, "objects": map[string]any{
				"0": map[string]any{"type": "network-traffic", "src_ref": "1", "dst_ref": "2", "src_port": 49152 + i, "dst_port": 443, "protocols": []string{"ipv4", "tcp", "https"}},
				"1": map[string]any{"type": "ipv4-addr", "value": fmt.Sprintf("192.0.2.%d", i%256)},
				"2": map[string]any{"type": "ipv4-addr", "value": fmt.Sprintf("203.0.113.%d", i%256)},
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		raws = append(raws, raw)
	}
	decode := func(b *testing.B) []stix.Object {
		objects := make([]stix.Object, len(raws))
		for i, raw := range raws {
			object, err := stix.Parse(raw)
			if err != nil {
				b.Fatal(err)
			}
			objects[i] = object
		}
		return objects
	}
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(b.N*len(raws))/b.Elapsed().Seconds(), "observations/s")
	}
	b.Run("floor: decode", func(b *testing.B) {
		for b.Loop() {
			decode(b)
		}
		perSecond(b)
	})
	objects := decode(b)
	for _, test := range []struct{ name, text string }{
		{"one value", "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]"},
		{"an expression", "[network-traffic:protocols[*] MATCHES '^https?$' AND network-traffic:dst_ref.value ISSUBSET '203.0.113.0/24']"},
		{"an order in time", "([network-traffic:dst_ref.value = '203.0.113.7'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.9']) WITHIN 60 SECONDS"},
		{"many times", "[network-traffic:dst_port = 443] REPEATS 50 TIMES WITHIN 40 SECONDS"},
	} {
		parsed, err := pattern.Parse(test.text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("match: "+test.name, func(b *testing.B) {
			for b.Loop() {
				m, err := pattern.NewMatcher(parsed)
				if err != nil {
					b.Fatal(err)
				}
				for _, observed := range stix.Observations(objects) {
					if _, err := m.Add(&observed); err != nil {
						b.Fatal(err)
					}
				}
			}
			perSecond(b)
		})
	}
}
