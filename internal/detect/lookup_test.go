// SPDX-License-Identifier: Apache-2.0

package detect

// This file holds each kind of lookup against the plain way of doing it.

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

func sorted(rules []uint32) []uint32 {
	slices.Sort(rules)
	return slices.Compact(rules)
}

// TestConstants puts values of two nodes and two kinds into one table.
func TestConstants(t *testing.T) {
	c := newConstants()
	want := map[string][]uint32{}
	r := rand.New(rand.NewPCG(1, 1))
	key := func(node uint32, kind byte, text string) string { return fmt.Sprintf("%d %c %s", node, kind, text) }
	for rule := range uint32(20_000) {
		node, kind, text := uint32(r.IntN(2)), []byte{kindText, kindNormal}[r.IntN(2)], strings.Repeat("x", r.IntN(3)*100)+fmt.Sprint(r.IntN(5000))
		if err := c.add(node, kind, []byte(text), rule); err != nil {
			t.Fatal(err)
		}
		want[key(node, kind, text)] = append(want[key(node, kind, text)], rule)
	}
	for node := range uint32(3) {
		for _, kind := range []byte{kindText, kindNormal, kindTruth} {
			for i := range 6000 {
				text := []byte(fmt.Sprint(i))
				var got []uint32
				c.each(c.sum(text), node, kind, text, func(rule uint32) { got = append(got, rule) })
				if diff := cmp.Diff(want[key(node, kind, string(text))], got); diff != "" {
					t.Fatalf("%d %c %s: %s", node, kind, text, diff)
				}
			}
		}
	}
}

// TestNets asks for addresses and networks in networks of all lengths.
func TestNets(t *testing.T) {
	for _, size := range []int{20, 3 * fewNets} {
		r := rand.New(rand.NewPCG(2, uint64(size)))
		prefix := func(six bool, bits int) netip.Prefix {
			if six {
				return netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, byte(r.IntN(2)), 0, 0, byte(r.IntN(4)), 0, 0, 0, 0, 0, 0, byte(r.IntN(4)), byte(r.IntN(256))}), bits).Masked()
			}
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, byte(51 + r.IntN(3)), byte(r.IntN(4)), byte(r.IntN(256))}), bits).Masked()
		}
		for _, six := range []bool{false, true} {
			most := 32
			if six {
				most = 128
			}
			var n nets
			var all []netip.Prefix
			for rule := range uint32(size) {
				all = append(all, prefix(six, r.IntN(most+1)))
				n.add(all[rule], rule)
			}
			n.freeze()
			for range 800 {
				asked := prefix(six, []int{most, most, r.IntN(most + 1)}[r.IntN(3)])
				var want, got []uint32
				for rule, net := range all {
					if net.Bits() <= asked.Bits() && net.Contains(asked.Addr()) {
						want = append(want, uint32(rule))
					}
				}
				n.each(asked, func(rule uint32) { got = append(got, rule) })
				if diff := cmp.Diff(want, sorted(got)); diff != "" {
					t.Fatalf("%s: %s", asked, diff)
				}
			}
		}
	}
}

// TestGrams looks for words of all lengths in texts; the case of letters is as
// Unicode folds it.
func TestGrams(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	text := func(most int) string {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			b.WriteString([]string{"a", "b", "B", "k", "\u212a", "é", "É", ".", "ſ", "s", "\x00"}[r.IntN(11)])
		}
		return b.String()
	}
	var g grams
	var words []string
	for rule := range uint32(300) {
		words = append(words, text(8))
		g.add(words[rule], rule)
	}
	g.freeze()
	for range 800 {
		asked := string(fold(nil, []byte(text(30))))
		var want, got []uint32
		for rule, word := range words {
			if strings.Contains(asked, string(fold(nil, []byte(word)))) {
				want = append(want, uint32(rule))
			}
		}
		g.each([]byte(asked), func(rule uint32) { got = append(got, rule) })
		if diff := cmp.Diff(want, sorted(got)); diff != "" {
			t.Fatalf("%q: %s", asked, diff)
		}
	}
}

// TestTriggers says how each comparison is found. What is evaluated for every
// value at its place says so.
func TestTriggers(t *testing.T) {
	for _, row := range []struct{ test, want string }{
		{`ipv4-addr:value = '192.0.2.1'`, `text "192.0.2.1", certain`},
		{`file:size = 10`, `number 10, certain`},
		{`file:name IN ('a', 'b')`, `text "a", text "b", certain`},
		{`email-message:is_multipart = true`, `truth "true", certain`},
		{`ipv4-addr:value ISSUBSET '192.0.2.0/24'`, `net 192.0.2.0/24`},
		{`ipv6-addr:value ISSUBSET '2001:db8::1'`, `net 2001:db8::1/128`},
		{`domain-name:value LIKE 'example.org'`, `normal "example.org"`},
		{`domain-name:value LIKE '%.example.org'`, `end ".example.org"`},
		{`url:value LIKE 'http://example.org/%'`, `start "http://example.org/"`},
		{`url:value LIKE '%/gate.php?id=%'`, `word "/gate.php?id="`},
		{`domain-name:value MATCHES '^evil\\.example\\.org$'`, `normal "evil.example.org", normal "evil.example.org\n"`},
		{`domain-name:value MATCHES '^(.*\\.)?evil\\.example\\.org$'`, `end "evil.example.org", end "evil.example.org\n"`},
		{`url:value MATCHES '(?i)gate\\.php'`, `word "GATE.PHP"`},
		{`url:value MATCHES 'one|two'`, `word "one", word "two"`},
		{`file:name = 'a' AND file:hashes.MD5 = '9e107d9d372bb6826bd81d3542a419d6'`, `text "9e107d9d372bb6826bd81d3542a419d6"`},
		{`network-traffic:protocols[*] = 'tcp' AND network-traffic:dst_port = 4444`, `number 4444`},
		{`file:size > 1 AND file:name LIKE '%.exe'`, `end ".exe"`},
		{`file:name = 'a' OR file:size = 1`, `text "a", number 1, certain`},
		{`file:size > 1`, `presence`},
		{`url:value MATCHES '[0-9]{4}'`, `presence`},
		{`url:value NOT = 'a'`, `presence`},
		{`EXISTS file:name`, `presence`},
		{`artifact:payload_bin = 'a'`, `presence`},
	} {
		parsed, err := pattern.Parse("[" + row.test + "]")
		if err != nil {
			t.Fatal(err)
		}
		all, certain := triggers(parsed.Root.(*pattern.Observation).Test)
		var got []string
		for _, trigger := range all {
			name := []string{"text", "number", "truth", "net", "normal", "end", "start", "word", "presence"}[trigger.kind]
			switch trigger.kind {
			case onNumber:
				name += fmt.Sprintf(" %v", trigger.number)
			case onNet:
				name += " " + trigger.net.String()
			case onPresence:
			default:
				name += fmt.Sprintf(" %q", trigger.text)
			}
			got = append(got, name)
		}
		if certain {
			got = append(got, "certain")
		}
		if strings.Join(got, ", ") != row.want {
			t.Errorf("%s: %s, want %s", row.test, strings.Join(got, ", "), row.want)
		}
	}
}
