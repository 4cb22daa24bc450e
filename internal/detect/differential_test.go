// SPDX-License-Identifier: Apache-2.0

package detect

// This file holds the engine to its one promise: it finds what evaluating every
// pattern on every event finds, no more and no less.

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// choice makes random indicators and events out of few values, so that they meet.
type choice struct {
	*rand.Rand
	// glance leaves out what a lens cannot answer field by field.
	glance bool
}

func (c choice) of(texts ...string) string { return texts[c.IntN(len(texts))] }

func (c choice) value() string {
	return c.of("192.0.2.1", "192.0.2.77", "198.51.100.9", "2001:db8::1", "2001:DB8::1", "192.0.2.0/24", "evil.example.org", "EVIL.example.org",
		"a.evil.example.org", "example.org", "caf\u00e9.example.org", "cafe\u0301.example.org", "http://evil.example.org/a?b=c", "tcp", "443", "ipv4-addr",
		"\u212aelvin", "kelvin", "line\nfeed", "evil.example.org\n", "", "a", "%", "0", "dGhpcw==", "74686973", "this", "true")
}

func (c choice) path() string {
	if c.glance {
		return c.of("ipv4-addr:value", "ipv6-addr:value", "domain-name:value", "url:value", "network-traffic:dst_ref.value", "network-traffic:src_ref.value",
			"network-traffic:dst_port", "network-traffic:protocols[*]", "network-traffic:protocols[1]", "domain-name:resolves_to_refs[*].value",
			"domain-name:resolves_to_refs[1].value", "file:hashes.'SHA-256'", "file:name", "file:size", "email-message:from_ref.value",
			"email-message:to_refs[*].value", "email-message:is_multipart", "email-addr:value", "mac-addr:value")
	}
	return c.of("ipv4-addr:value", "ipv6-addr:value", "domain-name:value", "url:value", "network-traffic:dst_ref.value", "network-traffic:src_ref.value",
		"network-traffic:dst_ref", "network-traffic:dst_ref.type", "network-traffic:dst_port", "network-traffic:protocols[*]", "network-traffic:protocols[0]",
		"network-traffic:protocols[1]", "network-traffic:protocols", "domain-name:resolves_to_refs[*].value", "domain-name:resolves_to_refs[0].value",
		"domain-name:resolves_to_refs", "file:hashes.'SHA-256'", "file:name", "file:size", "file:hashes", "file:magic_number_hex", "artifact:payload_bin",
		"email-message:from_ref.value", "email-message:to_refs[*].value", "email-message:is_multipart", "email-addr:value", "ipv4-addr:type")
}

func (c choice) constant() string {
	switch c.IntN(8) {
	case 0:
		return c.of("443", "80", "0", "-1", "443.0", "1.5")
	case 1:
		return c.of("true", "false", "h'74686973'", "b'dGhpcw=='", "t'2026-01-01T00:00:00Z'")
	}
	return quoted(c.value())
}

func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

func (c choice) comparison(path string) string {
	not := c.of("", "", "", "NOT ")
	switch c.IntN(14) {
	case 0:
		return path + " " + not + "IN (" + quoted(c.value()) + ", " + quoted(c.value()) + ")"
	case 1:
		return path + " " + not + "LIKE " + quoted(c.of("%.example.org", "evil.example.org", "%evil%", "http://%", "%\u00e9%", "_.evil%", "%", "caf_.example.org", "192.0.2.%", "k%", "%\n%", "%a_b%"))
	case 2:
		return path + " " + not + "MATCHES " + quoted(c.of(`^evil\.example\.org$`, `(^|\.)evil\.example\.org$`, `(?i)EVIL`, `evil|198\.51`, `\d+`, `^http://.*\?`, `(?i)kelvin`, `.`, `caf\x{e9}`, `e\x{301}`, `org$`, `\v`, `^$`, `(evil){1,2}`, `[ek]+vi`))
	case 3:
		return strings.Replace(path, path, c.of("ipv4-addr:value", "ipv4-addr:value", "network-traffic:dst_ref.value"), 1) + " " + not + c.of("ISSUBSET", "ISSUBSET", "ISSUPERSET") + " " + quoted(c.of("192.0.2.0/24", "192.0.2.64/26", "0.0.0.0/0", "192.0.2.1", "192.0.2.1/32"))
	case 4:
		return c.of("ipv6-addr:value", "network-traffic:dst_ref.value") + " " + not + "ISSUBSET " + quoted(c.of("2001:db8::/32", "2001:db8::1", "::/0"))
	case 5:
		return path + " " + not + c.of("<", "<=", ">", ">=", "!=") + " " + c.constant()
	case 6:
		if c.glance {
			path = c.of(path, "network-traffic:dst_ref", "file:hashes", "network-traffic:protocols", "domain-name:resolves_to_refs[*]")
		}
		return c.of("", "NOT ") + "EXISTS " + path
	}
	return path + " " + not + "= " + c.constant()
}

// test is a boolean expression over paths of one object type, or several by OR.
func (c choice) test(depth int) string {
	switch {
	case depth > 0 && c.IntN(3) == 0:
		return "(" + c.test(depth-1) + " OR " + c.test(depth-1) + ")"
	case depth > 0 && c.IntN(2) == 0:
		first := c.path()
		typ, _, _ := strings.Cut(first, ":")
		all := []string{c.comparison(first)}
		for range 1 + c.IntN(2) {
			for {
				if next := c.comparison(c.path()); strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(next, "NOT "), "EXISTS "), typ+":") {
					all = append(all, next)
					break
				}
				if c.IntN(30) == 0 {
					break
				}
			}
		}
		return strings.Join(all, " AND ")
	}
	return c.comparison(c.path())
}

func (c choice) pattern() string {
	switch c.IntN(10) {
	case 0:
		return "[" + c.test(1) + "] " + c.of("AND", "FOLLOWEDBY") + " [" + c.test(1) + "]"
	case 1:
		return "[" + c.test(1) + "] OR [" + c.test(1) + "]"
	case 2:
		return "([" + c.test(0) + "] AND [" + c.test(0) + "]) WITHIN " + c.of("1", "2.5", "60") + " SECONDS"
	case 3:
		return "[" + c.test(0) + "] REPEATS " + c.of("1", "2", "3") + " TIMES"
	case 4:
		return "[" + c.test(0) + "] START t'2026-01-01T00:00:05Z' STOP t'2026-01-01T00:00:12Z'"
	}
	return "[" + c.test(2) + "]"
}

// objects are observables with references among them, some of which lead nowhere.
func (c choice) objects() map[string]any {
	all := map[string]any{}
	for i := range 1 + c.IntN(5) {
		key := fmt.Sprint(i)
		switch c.IntN(7) {
		case 0:
			all[key] = map[string]any{"type": "network-traffic", "dst_ref": c.of("0", "1", "2", "9"), "src_ref": c.of("1", "2"), "dst_port": c.IntN(2) * 443, "protocols": []any{c.value(), c.value()}}
		case 1:
			all[key] = map[string]any{"type": "domain-name", "value": c.value(), "resolves_to_refs": []any{c.of("0", "1", "2", "9"), c.of("1", "2", "3")}}
		case 2:
			all[key] = map[string]any{"type": "file", "name": c.value(), "size": c.IntN(3), "hashes": map[string]any{"SHA-256": c.value()}, "magic_number_hex": c.of("74686973", "zz")}
		case 3:
			all[key] = map[string]any{"type": "email-message", "is_multipart": c.IntN(2) == 0, "from_ref": "1", "to_refs": []any{"2", 3}}
		case 4:
			all[key] = map[string]any{"type": "artifact", "payload_bin": c.of("dGhpcw==", "!")}
		default:
			all[key] = map[string]any{"type": c.of("ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr"), "value": any(c.value())}
		}
	}
	return all
}

func (c choice) observedData(n int) []byte {
	raw, err := json.Marshal(map[string]any{
		"type": "observed-data", "spec_version": "2.1", "id": fmt.Sprintf("observed-data--00000000-0000-4000-8000-%012d", n),
		"first_observed": fmt.Sprintf("2026-01-01T00:00:%02dZ", n%60), "last_observed": fmt.Sprintf("2026-01-01T00:00:%02dZ", n%60),
		"number_observed": 1 + c.IntN(2), "objects": c.objects(),
	}, json.Deterministic(true))
	if err != nil {
		return nil
	}
	return raw
}

// zeek is a line of one of Zeek's logs.
func (c choice) zeek(n int) []byte {
	log := map[string]any{"ts": 1767225600 + n%60, "uid": "C1", "id.orig_h": c.value(), "id.resp_h": c.value(), "id.orig_p": 1024, "id.resp_p": c.IntN(2) * 443}
	switch c.IntN(5) {
	case 0:
		log["_path"], log["proto"], log["service"] = "conn", c.of("tcp", "udp"), c.value()
	case 1:
		log["_path"], log["query"], log["answers"] = "dns", c.value(), []any{c.value(), c.value(), nil, 7}
	case 2:
		log["_path"], log["method"], log["host"], log["uri"] = "http", "GET", c.value(), "/a?b=c"
	case 3:
		log["_path"], log["fuid"], log["sha256"], log["filename"], log["total_bytes"] = "files", "F1", c.value(), c.value(), c.IntN(3)
	case 4:
		log["_path"], log["from"], log["to"] = "smtp", c.value(), []any{c.value(), c.value()}
	}
	raw, err := json.Marshal(log, json.Deterministic(true))
	if err != nil {
		return nil
	}
	return raw
}

// compare runs random indicators over random events, and each pattern alone over
// the same.
func compare(t *testing.T, seed uint64, indicators, events int, mapped, glance bool) {
	t.Helper()
	c := choice{rand.New(rand.NewPCG(seed, 1)), glance}
	set := NewSet()
	patterns := map[string]*pattern.Pattern{}
	for i := range indicators {
		text := c.pattern()
		parsed, err := pattern.Parse(text)
		if err != nil {
			continue // such as AND over what cannot be one object
		}
		id := fmt.Sprintf("indicator--00000000-0000-4000-8000-%012d", i)
		patterns[id] = parsed
		add(t, set, id, text)
	}
	set.Freeze()
	var lines [][]byte
	for n := range events {
		if mapped {
			lines = append(lines, c.zeek(n))
		} else {
			lines = append(lines, c.observedData(n))
		}
	}
	from := Source{Name: "events", Reader: bytes.NewReader(bytes.Join(lines, []byte{'\n'}))}
	if mapped {
		from.Map, _ = ShippedMap("zeek")
		for _, kind := range from.Map.kinds {
			if glance && set.look(kind).general {
				t.Errorf("events of %s are not looked up field by field", kind.name)
			}
		}
	}
	got := map[string][]int{}
	err := NewDetector(set).Run(context.Background(), from, Told{
		Hit: func(hit Hit) error {
			got[hit.Indicator] = append(got[hit.Indicator], hit.Event.Line)
			if len(hit.Matched) == 0 {
				t.Errorf("%s: a hit that does not say on what", patterns[hit.Indicator])
			}
			return nil
		},
		Problem:  func(p Problem) error { return fmt.Errorf("line %d: %s", p.Event.Line, p.Reason) },
		Progress: func() error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, parsed := range patterns {
		if want := alone(t, parsed, lines, from.Map); !slices.Equal(got[id], want) {
			t.Errorf("seed %d: %s\n%s\n%s", seed, parsed, cmp.Diff(want, got[id]), triggersOf(parsed))
		}
	}
}

// alone is where one pattern matches, by the matcher of package pattern.
func alone(t *testing.T, parsed *pattern.Pattern, lines [][]byte, m *Map) (at []int) {
	t.Helper()
	matcher, err := pattern.NewMatcher(parsed)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range lines {
		whole := wholeOf(t, line, m)
		bound, err := matcher.Add(&whole.ObservedData)
		if err != nil {
			t.Fatal(err)
		}
		if bound != nil {
			at = append(at, i+1)
		}
	}
	return at
}

// wholeOf is an event with its objects.
func wholeOf(t *testing.T, line []byte, m *Map) *observed {
	t.Helper()
	if m == nil {
		object, err := stix.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		return newAssembler().add(Place{}, object)[0]
	}
	e := newMapped(m)
	if _, err := e.read(line); err != nil {
		t.Fatal(err)
	}
	e.begin(e.kindOf())
	whole := &observed{}
	whole.First = e.when()
	whole.Last, whole.Number, whole.Objects = whole.First, 1, e.build()
	return whole
}

func triggersOf(parsed *pattern.Pattern) (text string) {
	for observation := range pattern.Observations(parsed.Root) {
		all, certain := triggers(observation.Test)
		text += fmt.Sprintf("triggers %+v, certain %v\n", all, certain)
	}
	return text
}

func add(t testing.TB, set *Set, id, text string) {
	t.Helper()
	object, err := stix.FromMap(map[string]any{
		"type": "indicator", "spec_version": "2.1", "id": id, "created": "2025-01-01T00:00:00Z", "modified": "2025-01-01T00:00:00Z",
		"pattern": text, "pattern_type": "stix", "valid_from": "2025-01-01T00:00:00Z",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Add(object); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestFindsWhatEachPatternFinds(t *testing.T) {
	for seed := range uint64(6) {
		compare(t, seed, 250, 30, seed%3 > 0, seed%3 > 1)
	}
}

func FuzzFindsWhatEachPatternFinds(f *testing.F) {
	f.Add(uint64(1), true, false)
	f.Add(uint64(2), false, false)
	f.Add(uint64(3), true, true)
	f.Fuzz(func(t *testing.T, seed uint64, mapped, glance bool) { compare(t, seed, 60, 20, mapped, glance) })
}
