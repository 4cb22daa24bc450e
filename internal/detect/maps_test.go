// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

var update = flag.Bool("update", false, "write the expectations anew; read them before you commit")

// TestShippedMaps reads testdata: under each event stands what the map makes of it.
func TestShippedMaps(t *testing.T) {
	for _, name := range []string{"zeek", "ecs"} {
		t.Run(name, func(t *testing.T) {
			m, ok := ShippedMap(name)
			if !ok {
				t.Fatal("there is no such map")
			}
			path := "testdata/" + name + ".txt"
			written, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for line := range strings.Lines(string(written)) {
				if strings.HasPrefix(line, "  ") {
					continue
				}
				got.WriteString(line)
				if strings.HasPrefix(line, "{") {
					got.WriteString(shown(t, m, strings.TrimSpace(line)))
				}
			}
			if *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(written), got.String()); diff != "" && !*update {
				t.Error(diff)
			}
		})
	}
}

// shown is an event as a map sees it, in lines of two blanks and more.
func shown(t *testing.T, m *Map, line string) string {
	t.Helper()
	e := newMapped(m)
	if _, err := e.read([]byte(line)); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	k := e.kindOf()
	if k == nil {
		return "  no event of this map\n"
	}
	e.begin(k)
	text := fmt.Sprintf("  %s %s\n", k.name, stix.FormatTimeFull(e.when()))
	for _, object := range e.build() {
		raw, err := json.Marshal(object.Properties, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("    %s %s\n", object.ID, raw)
	}
	return text
}

// TestMapsAreRead has maps that are as they should be, and what is said of others.
func TestMapsAreRead(t *testing.T) {
	for _, row := range []struct{ name, events, wrong string }{
		{"the shortest", "[{name: a, has: [x], fields: {x: domain-name:value}}]", ""},
		{"everything", `[{name: a, when: {kind: "*"}, has: [x], time: [t, u], set: {"network-traffic:protocols[]": [tcp, http]}, fields: {x: {to: "address[]:value", as: domain}, y: ["file:hashes.'SHA-256'", "file#other:name"]}, join: [{to: url:value, text: "http://{h}/{p}", if: {s: "1"}, unless: {q: "2"}}]}]`, ""},
		{"no events", "[]", "at least one kind"},
		{"no name", "[{fields: {x: domain-name:value}}]", "kind 1 of the events has no name"},
		{"nothing mapped", "[{name: a}]", "no field is mapped"},
		{"no colon", "[{name: a, fields: {x: domain-name}}]", "a target is TYPE:PROPERTY"},
		{"no type", "[{name: a, fields: {x: 'Domain:value'}}]", `"Domain" is not a type`},
		{"no property", "[{name: a, fields: {x: 'file:'}}]", "a step of the path is empty"},
		{"an apostrophe", `[{name: a, fields: {x: "file:hashes.'SHA-256"}}]`, "an apostrophe is missing"},
		{"an unknown reference", "[{name: a, fields: {x: 'file:some_ref.value'}}]", "what it refers to is not known"},
		{"a list without brackets", "[{name: a, fields: {x: 'domain-name:resolves_to_refs.value'}}]", "ends in _refs"},
		{"a list in the middle", "[{name: a, fields: {x: 'file:extensions[].size'}}]", "only a reference or the last step"},
		{"two of many", "[{name: a, fields: {x: 'file[]:name', y: 'file[]:size'}}]", "a field alone makes it"},
		{"a list and not", "[{name: a, fields: {x: 'file:x_names[]', y: 'file:x_names'}}]", "a list in one line and not in another"},
		{"a conversion", "[{name: a, fields: {x: {to: 'file:name', as: upper}}}]", "as: integer or text"},
		{"a property that is none", "[{name: a, fields: {x: 'url:valeu'}}]", "url:valeu: url has no property valeu; it has value"},
		{"a reference of another type", "[{name: a, fields: {x: 'file:src_ref.value'}}]", "file has no property src_ref"},
		{"a property of one's own", "[{name: a, fields: {x: 'x-door:name', y: 'file:x_owner'}}]", ""},
		{"a line that is no YAML", "[{name: a, fields: {x: 'file:name'}", "line 2, column"},
		{"a word that is none", "[{name: a, fields: {x: 'file:name'}, filter: 1}]", "filter"},
		{"an open brace", "[{name: a, join: [{to: 'url:value', text: 'http://{h'}]}]", "a field stands in {braces}"},
	} {
		m, err := ParseMap([]byte("name: test\nevents: " + row.events + "\n"))
		switch {
		case row.wrong == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong)):
			t.Errorf("%s: %v, and not: %s", row.name, err, row.wrong)
		case row.wrong == "" && m.Name() != "test":
			t.Errorf("%s: it is named %q", row.name, m.Name())
		}
	}
}

// TestGuess tells events apart by how they begin.
func TestGuess(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{`{"type":"bundle","id":"bundle--1","objects":[`, "stix"},
		{"{\n  \"type\": \"bundle\",", "stix"},
		{`{"type":"observed-data","id":"observed-data--00000000-0000-4000-8000-000000000001"}` + "\n", "stix"},
		{`{"value":"example.org","id":"domain-name--00000000-0000-4000-8000-000000000001"}`, "stix"},
		{`{"_path":"dns","ts":1,"query":"example.org"}` + "\n{", "zeek"},
		{`{"ts":1,"uid":"C1","conn_state":"SF","id.orig_h":"192.0.2.1"}`, "zeek"},
		{`{"@timestamp":"2026-01-01T00:00:00Z","source.ip":"192.0.2.1"}`, "ecs"},
		{`{"@timestamp":"2026-01-01T00:00:00Z","type":"log"}`, "ecs"},
		{`{"message":"hello"}`, ""},
		{`#separator \x09`, ""},
		{``, ""},
	} {
		m, ok := Guess([]byte(row.text))
		got := "stix"
		switch {
		case !ok:
			got = ""
		case m != nil:
			got = m.Name()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.text, got, row.want)
		}
	}
}

// TestTimes reads times as tools write them.
func TestTimes(t *testing.T) {
	for _, row := range []struct {
		kind       byte
		text, want string
	}{
		{kindNumber, "1767225600.123456", "2026-01-01T00:00:00.123456Z"},
		{kindNumber, "1767225600", "2026-01-01T00:00:00.000Z"},
		{kindNumber, "1767225600123", "2026-01-01T00:00:00.123Z"},
		{kindNumber, "1767225600123456", "2026-01-01T00:00:00.123456Z"},
		{kindNumber, "1.7672256e9", "2026-01-01T00:00:00.000Z"},
		{kindText, "1767225600.5", "2026-01-01T00:00:00.500Z"},
		{kindText, "2026-01-01T01:00:00.25+01:00", "2026-01-01T00:00:00.250Z"},
		{kindText, "2026-01-01T01:00:00.000+0100", "2026-01-01T00:00:00.000Z"},
		{kindText, "2026-01-01 00:00:00", "2026-01-01T00:00:00.000Z"},
		{kindText, "yesterday", ""},
		{kindNumber, "1e30", ""},
		{kindTruth, "true", ""},
	} {
		at, ok := timeOf(scalar{row.kind, []byte(row.text)})
		got := ""
		if ok {
			got = stix.FormatTimeFull(at)
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.text, got, row.want)
		}
	}
}

func FuzzMap(f *testing.F) {
	for _, name := range []string{"zeek", "ecs"} {
		raw, err := shipped.ReadFile("maps/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, []byte(`{"ts":1,"a":{"b":[1,"x",null]}}`))
	}
	f.Add([]byte(`{name: a, events: [{name: b, has: [x], fields: {x: "address#y[]:value", z: "network-traffic:src_ref.value"}}]}`), []byte(`{"x":["192.0.2.1"],"z":"example.org"}`))
	f.Fuzz(func(t *testing.T, raw, event []byte) {
		m, err := ParseMap(raw)
		if err != nil {
			return
		}
		e := newMapped(m)
		if e.readAs(event, true) != nil {
			return
		}
		for _, k := range m.kinds {
			e.begin(k)
			for _, object := range e.build() {
				if typ, _ := object.Properties["type"].(string); typ == "" || typ == address {
					t.Errorf("an object of type %q", typ)
				}
			}
		}
	})
}

// TestMapInTheDocs reads the example that docs/detect.md gives.
func TestMapInTheDocs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/detect.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no example")
	}
	m, err := ParseMap([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := `  request 2026-01-01T00:00:00.000Z
    0 {"dst_port":8080,"dst_ref":"2","protocols":["tcp","http"],"src_ref":"1","type":"network-traffic"}
    1 {"type":"ipv4-addr","value":"192.0.2.10"}
    2 {"type":"domain-name","value":"www.example.org"}
    3 {"type":"domain-name","value":"www.example.org"}
    4 {"name":"a.exe","type":"file"}
    5 {"type":"url","value":"http://www.example.org:8080/drop"}
`
	got := shown(t, m, `{"url":"x","when":"2026-01-01T00:00:00Z","client":"192.0.2.10","server":"www.example.org","port":8080,"host":"www.example.org","path":"/drop","files":["a.exe"]}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
