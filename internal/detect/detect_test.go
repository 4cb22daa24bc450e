// SPDX-License-Identifier: Apache-2.0

package detect

// This file runs indicators over events, and says what is told.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

// idOf is the identifier of an object of a type by a number.
func idOf(objectType string, n int) string {
	return fmt.Sprintf("%s--00000000-0000-4000-8000-%012d", objectType, n)
}

// indicatorText is an indicator by a number, with what is said of it beside.
func indicatorText(n int, text string, more string) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":"2025-01-01T00:00:00Z","modified":"2025-01-01T00:00:00Z","pattern_type":"stix","valid_from":"2025-01-01T00:00:00Z","pattern":%q%s}`, idOf("indicator", n), text, more)
}

// setOf takes in objects, one JSON text each. It returns the set and why some
// cannot be used.
func setOf(t testing.TB, objects ...string) (set *Set, unusable []string) {
	t.Helper()
	set = NewSet()
	for object, err := range stix.ReadBundle(strings.NewReader(strings.Join(objects, "\n"))) {
		if err != nil {
			t.Fatal(err)
		}
		if err = set.Add(object); err == nil {
			continue
		}
		var u *UnusableError
		if !errors.As(err, &u) {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(u.Error(), ": MATCHES")
		unusable = append(unusable, text)
	}
	set.Freeze()
	return set, unusable
}

// run looks at events and returns what is told, a line each.
func run(t testing.TB, d *Detector, from Source, events string) (told []string, hits []Hit) {
	t.Helper()
	from.Name, from.Reader = "events", strings.NewReader(events)
	err := d.Run(context.Background(), from, Told{
		Hit: func(hit Hit) error {
			var matched []string
			for _, m := range hit.Matched {
				matched = append(matched, m.String())
			}
			told = append(told, fmt.Sprintf("%s: %s: %s", hit.Event, strings.TrimLeft(hit.Indicator[len(hit.Indicator)-12:], "0"), strings.Join(matched, ", ")))
			hits = append(hits, hit)
			return nil
		},
		Problem:  func(p Problem) error { told = append(told, fmt.Sprintf("%s: %s", p.Event, p.Reason)); return nil },
		Progress: func() error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return told, hits
}

func zeek(t testing.TB) Source {
	m, ok := ShippedMap("zeek")
	if !ok {
		t.Fatal("there is no map for Zeek")
	}
	return Source{Map: m}
}

// TestSet takes in versions and what cannot be used.
func TestSet(t *testing.T) {
	version := func(n int, at, text, more string) string {
		return strings.Replace(indicatorText(n, text, more), `"modified":"2025-01-01`, `"modified":"`+at, 1)
	}
	set, unusable := setOf(t,
		`{"type":"identity","id":"`+idOf("identity", 1)+`"}`,
		version(1, "2025-01-01", "[domain-name:value = 'old.example.org']", ""),
		version(1, "2025-03-01", "[domain-name:value = 'new.example.org']", ""),
		version(1, "2025-02-01", "[domain-name:value = 'between.example.org']", ""),
		version(2, "2025-01-01", "[domain-name:value = 'revoked.example.org']", ""),
		version(2, "2025-02-01", "[domain-name:value = 'revoked.example.org']", `,"revoked":true`),
		version(2, "2025-01-15", "[domain-name:value = 'revoked.example.org']", ""),
		version(3, "2025-01-01", "[domain-name:value = 'broken.example.org']", ""),
		version(3, "2025-02-01", "[domain-name:value = 'broken.example.org'", ""),
		indicatorText(4, "[domain-name:value MATCHES '(?<!a)b']", ""),
		strings.Replace(indicatorText(5, "alert tcp any any -> any any", ""), `"pattern_type":"stix"`, `"pattern_type":"snort"`, 1),
		indicatorText(6, "[url:value = 'a']", `,"valid_until":"2025-01-01T00:00:00Z"`),
		indicatorText(7, "[url:value = 'a']", `,"valid_until":"soon"`),
		`{"type":"indicator","id":"indicator--1","pattern":"[url:value = 'a']"}`,
		`{"type":"indicator","id":"`+idOf("indicator", 8)+`"}`,
	)
	want := []string{
		idOf("indicator", 3) + ": its pattern is invalid: line 1, column 42: expected AND, OR or ], found the end (STIX 2.1 §9.5); the version before it is looked for",
		idOf("indicator", 4) + `: its pattern cannot be matched`,
		idOf("indicator", 5) + ": its pattern is of type \"snort\", not stix",
		idOf("indicator", 6) + ": it is never valid: valid_until is not after valid_from",
		idOf("indicator", 7) + ": valid_until is no timestamp",
		"indicator--1: it has no id of an indicator",
		idOf("indicator", 8) + ": it has no pattern",
	}
	if diff := cmp.Diff(want, unusable); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{Used: 2, Revoked: 1, Superseded: 4, Unusable: 7, Other: 1}, set.Counts()); diff != "" {
		t.Error(diff)
	}
	var events string
	for _, name := range []string{"old", "new", "between", "revoked", "broken"} {
		events += `{"_path":"dns","ts":1767225600,"query":"` + name + `.example.org"}` + "\n"
	}
	told, _ := run(t, NewDetector(set), zeek(t), events)
	if diff := cmp.Diff([]string{"events:2: 1: domain-name:value = 'new.example.org'", "events:5: 3: domain-name:value = 'broken.example.org'"}, told); diff != "" {
		t.Error(diff)
	}
}

// TestValidity asks for the time of the event: valid_from is the first moment,
// valid_until the first moment after. STIX 2.1 §4.7
func TestValidity(t *testing.T) {
	set, _ := setOf(t, strings.Replace(indicatorText(1, "[domain-name:value = 'a.example.org']", `,"valid_until":"9999-12-31T23:59:59Z"`), `"valid_from":"2025`, `"valid_from":"2026`, 1),
		indicatorText(2, "[domain-name:value = 'a.example.org']", `,"valid_until":"2026-01-01T00:00:00Z"`))
	var events string
	for _, at := range []string{`1767225599.999`, `1767225600`, `"never"`} {
		events += `{"_path":"dns","ts":` + at + `,"query":"a.example.org"}` + "\n"
	}
	d := NewDetector(set)
	told, _ := run(t, d, zeek(t), events)
	// An event that does not say when is met by all.
	want := []string{"events:1: 2: domain-name:value = 'a.example.org'", "events:2: 1: domain-name:value = 'a.example.org'",
		"events:3: 1: domain-name:value = 'a.example.org'", "events:3: 2: domain-name:value = 'a.example.org'"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Totals{Events: 3, Timeless: 1, Hits: 4, Seen: 2, Outside: 2}, d.Totals()); diff != "" {
		t.Error(diff)
	}
	// Observed data is met if the indicator is valid at some moment of it.
	events = ""
	for i, span := range [][2]string{{"2025-12-01", "2026-02-01"}, {"2025-12-01", "2025-12-02"}, {"2026-01-01", "2026-01-01"}} {
		events += fmt.Sprintf(`{"type":"observed-data","id":%q,"first_observed":"%sT00:00:00Z","last_observed":"%sT00:00:00Z","number_observed":1,"objects":{"0":{"type":"domain-name","value":"a.example.org"}}}`, idOf("observed-data", i), span[0], span[1]) + "\n"
	}
	told, _ = run(t, NewDetector(set), Source{}, events)
	want = []string{"events:1: 1: domain-name:value = 'a.example.org'", "events:1: 2: domain-name:value = 'a.example.org'",
		"events:2: 2: domain-name:value = 'a.example.org'", "events:3: 1: domain-name:value = 'a.example.org'"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// TestEvasion is what eve tries. Equality is by code point, as the text says: in
// observed data another way of writing is another value. A map writes names and
// addresses as STIX has them, so there it does not help her. STIX 2.1 §9.6.2
func TestEvasion(t *testing.T) {
	set, _ := setOf(t,
		indicatorText(1, "[domain-name:value = 'evil.example.org']", ""),
		indicatorText(2, "[ipv6-addr:value = '2001:db8::5']", ""),
		indicatorText(3, "[ipv6-addr:value ISSUBSET '2001:db8::/32']", ""),
		indicatorText(4, "[domain-name:value MATCHES '(?i)^evil\\\\.example\\\\.org\\\\.?$']", ""),
		indicatorText(5, "[domain-name:value LIKE 'caf\u00e9.example.org']", ""),
	)
	for _, row := range []struct{ value, stix, zeek string }{
		{"evil.example.org", "1 4", "1 4"},
		{"Evil.Example.ORG", "4", "1 4"},
		{"evil.example.org.", "4", "1 4"},
		{"evil[.]example[.]org", "", ""},
		{"2001:db8::5", "2 3", "2 3"},
		{"2001:DB8:0::5", "3", "2 3"},
		{"2001:0db8:0000:0000:0000:0000:0000:0005", "3", "2 3"},
		{"2001:db9::5", "", ""},
		{"cafe\u0301.example.org", "5", "5"},
		{"caf\u00e9.example.org", "5", "5"},
	} {
		objectType := "domain-name"
		if strings.Contains(row.value, ":") {
			objectType = "ipv6-addr"
		}
		observed := fmt.Sprintf(`{"type":"observed-data","id":%q,"first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"objects":{"0":{"type":%q,"value":"%s"}}}`, idOf("observed-data", 1), objectType, row.value)
		log := fmt.Sprintf(`{"_path":"dns","ts":1767225600,"query":"q.example.net","answers":["%s"]}`, row.value)
		for _, try := range []struct {
			from        Source
			event, want string
		}{{Source{}, observed, row.stix}, {zeek(t), log, row.zeek}} {
			_, hits := run(t, NewDetector(set), try.from, try.event)
			var got []string
			for _, hit := range hits {
				got = append(got, strings.TrimLeft(hit.Indicator[len(hit.Indicator)-12:], "0"))
			}
			if strings.Join(got, " ") != try.want {
				t.Errorf("%s: %v, want %s", try.event, got, try.want)
			}
		}
	}
}

// TestObservedData reads it in every form there is.
func TestObservedData(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[network-traffic:dst_ref.value = '203.0.113.5' AND network-traffic:dst_port = 443]", ""))
	traffic := fmt.Sprintf(`{"type":"network-traffic","id":%q,"dst_ref":%q,"dst_port":443,"protocols":["tcp"]}`, idOf("network-traffic", 1), idOf("ipv4-addr", 1))
	address := fmt.Sprintf(`{"type":"ipv4-addr","id":%q,"value":"203.0.113.5"}`, idOf("ipv4-addr", 1))
	seen := func(n int, refs ...string) string {
		return fmt.Sprintf(`{"type":"observed-data","id":%q,"first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"object_refs":["%s"]}`, idOf("observed-data", n), strings.Join(refs, `","`))
	}
	both := seen(1, idOf("network-traffic", 1), idOf("ipv4-addr", 1))
	bundle := func(objects ...string) string {
		return `{"type":"bundle","id":"` + idOf("bundle", 1) + `","objects":[` + strings.Join(objects, ",") + `]}`
	}
	within := strings.Replace(strings.Replace(both, `"object_refs":["`+idOf("network-traffic", 1)+`","`+idOf("ipv4-addr", 1)+`"]`, `"objects":{"0":`+traffic+`,"1":`+address+`}`, 1), `"dst_ref":"`+idOf("ipv4-addr", 1)+`"`, `"dst_ref":"1"`, 1)
	what := "1: network-traffic:dst_ref.value = '203.0.113.5', network-traffic:dst_port = 443"
	for _, row := range []struct{ name, events, want string }{
		{"a bundle on a line", bundle(both, traffic, address), "events:1: " + what},
		{"two bundles", bundle(both, traffic, address) + "\n" + bundle(traffic, address, both), "events:1: " + what + "\nevents:2: " + what},
		{"a bundle over lines", strings.ReplaceAll(bundle(both, traffic, address), ",", ",\n"), "events: " + idOf("observed-data", 1) + ": " + what},
		{"objects before", traffic + "\n" + address + "\n" + both, "events:3: " + what},
		{"objects behind", both + "\n" + traffic + "\n" + address, "events:1: " + what},
		{"objects within", within, "events:1: " + what},
		// References lead only to what the observed data lists. STIX 2.1 §9.7.4
		{"not listed", traffic + "\n" + address + "\n" + seen(1, idOf("network-traffic", 1)), ""},
		{"one is missing", bundle(both, traffic), ""},
		{"a TAXII envelope", `{"objects":[` + both + "," + traffic + "," + address + "]}", "events:1: " + what},
		{"one object is broken", traffic + "\n" + bundle(both, traffic, address, `{"a":1,"a":2}`), "events:2: not well-formed JSON: duplicate property \"a\" in the object that ends at byte 13\nevents:2: " + what},
		{"no observed data", bundle(traffic, address), ""},
		{"cut off", both + "\n{", "events:2: cannot read the bundle: it ends too early"},
	} {
		told, _ := run(t, NewDetector(set), Source{}, row.events)
		if got := strings.Join(told, "\n"); got != row.want {
			t.Errorf("%s: %s", row.name, cmp.Diff(row.want, got))
		}
	}
}

// TestBadLines counts what is no event, and goes on.
func TestBadLines(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	good := `{"_path":"dns","ts":1767225600,"query":"a.example.org"}`
	events := strings.Join([]string{"#separator \\x09", "", "[1]", good, `{"query":"a","query":"b"}`, good + good, "{\"query\":\"\xff\"}", `{"_path":"stats"}`, "{", "   ", good}, "\r\n")
	d := NewDetector(set)
	told, _ := run(t, d, zeek(t), events)
	want := []string{
		"events:1: it is not JSON: invalid character '#' at start of value, at byte 0",
		"events:3: it is not a JSON object",
		"events:4: 1: domain-name:value = 'a.example.org'",
		`events:5: it is not JSON: duplicate object member name, at byte 13; it was looked at all the same`,
		"events:6: something follows the object on its line",
		"events:7: it is not JSON: invalid UTF-8, at byte 10; it was looked at all the same",
		"events:9: it ends too early",
		"events:11: 1: domain-name:value = 'a.example.org'",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Totals{Events: 5, Bad: 4, Sloppy: 2, Unmapped: 3, Hits: 2, Seen: 1}, d.Totals()); diff != "" {
		t.Error(diff)
	}
}

// TestLongLines leaves a line past the limit out, wherever it stands.
func TestLongLines(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	good := `{"_path":"dns","ts":1767225600,"query":"a.example.org"}` + "\n"
	long := `{"query":"` + strings.Repeat("x", MaxLine+chunkSize) + "\"}\n"
	told, _ := run(t, NewDetector(set), zeek(t), good+long+good+strings.TrimSuffix(long, "\n"))
	want := []string{"events:1: 1: domain-name:value = 'a.example.org'", "events:2: the line is longer than 16 MiB",
		"events:3: 1: domain-name:value = 'a.example.org'", "events:4: the line is longer than 16 MiB"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// TestStream tells a hit when its line has come, not when a buffer is full: the
// next line is written only when the hit before was told.
func TestStream(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	for _, line := range []string{
		`{"_path":"dns","ts":1767225600,"query":"a.example.org"}`,
		`{"type":"observed-data","id":"` + idOf("observed-data", 1) + `","number_observed":1,"objects":{"0":{"type":"domain-name","value":"a.example.org"}}}`,
	} {
		from := Source{Name: "stream"}
		if strings.Contains(line, "_path") {
			from = zeek(t)
		}
		reader, writer := io.Pipe()
		from.Reader = reader
		told, done := make(chan Hit), make(chan error)
		go func() {
			done <- NewDetector(set).Run(t.Context(), from, Told{
				Hit:     func(hit Hit) error { told <- hit; return nil },
				Problem: func(p Problem) error { return errors.New(p.Reason) }, Progress: func() error { return nil },
			})
		}()
		for n := range 3 {
			if _, err := io.WriteString(writer, line+"\n"); err != nil {
				t.Fatal(err)
			}
			if hit := <-told; hit.Event.Line != n+1 {
				t.Errorf("line %d, want %d", hit.Event.Line, n+1)
			}
		}
		writer.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestEnds ends a run in the middle: by the reader, by who is told, by the context.
func TestEnds(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	line := `{"_path":"dns","ts":1767225600,"query":"a.example.org"}` + "\n"
	broken, enough := errors.New("the disk is gone"), errors.New("enough")
	quiet := Told{Hit: func(Hit) error { return nil }, Problem: func(Problem) error { return nil }, Progress: func() error { return nil }}

	from, hits := zeek(t), 0
	from.Reader = io.MultiReader(strings.NewReader(line), iotest.ErrReader(broken))
	counting := quiet
	counting.Hit = func(Hit) error { hits++; return nil }
	if err := NewDetector(set).Run(t.Context(), from, counting); !errors.Is(err, broken) || hits != 1 {
		t.Errorf("%v after %d hits", err, hits)
	}

	from.Reader = strings.NewReader(strings.Repeat(line, 100_000))
	stopping := quiet
	stopping.Hit = func(Hit) error { return enough }
	if err := NewDetector(set).Run(t.Context(), from, stopping); !errors.Is(err, enough) {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe() // nothing more ever comes
	defer writer.Close()
	from.Reader = io.MultiReader(bytes.NewReader([]byte(line)), reader)
	canceling := quiet
	canceling.Hit = func(Hit) error { cancel(); return nil }
	if err := NewDetector(set).Run(ctx, from, canceling); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
