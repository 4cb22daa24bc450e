// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests how objects are read, viewed and written.

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

const identityText = ` {"type": "identity", "spec_version":"2.1",
  "id": "identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01",
  "created":"2026-03-01T08:00:00.000Z", "modified":"2026-03-01T09:30:00.5Z",
  "created_by_ref": "identity--11111111-2222-4333-8444-555555555555",
  "object_marking_refs": ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"],
  "granular_markings": [{"marking_ref":"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487","selectors":["name"]}],
  "name": "Liaison desk\u0021", "confidence": 85, "x_ratio": 0.50 }` + "\n"

func TestObjectIsItsBytes(t *testing.T) {
	object, err := Parse([]byte(identityText))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(object.Raw()); got != identityText {
		t.Errorf("bytes changed:\n%s", cmp.Diff(identityText, got))
	}
	object.Raw()[0] = 'x'
	object.Map()["name"] = "somebody else"
	if got := string(object.Raw()); got != identityText {
		t.Error("a caller reached into the object")
	}
	if name, _ := object.Get("name"); name != "Liaison desk!" {
		t.Errorf("name is %q", name)
	}
}

func TestViews(t *testing.T) {
	object, err := Parse([]byte(identityText))
	if err != nil {
		t.Fatal(err)
	}
	type views struct {
		ID, Type, SpecVersion, CreatedBy, CreatedText, ModifiedText string
		Created, Modified                                           time.Time
		Markings                                                    []string
		Refs                                                        []Ref
	}
	got := views{object.ID(), object.Type(), object.SpecVersion(), object.CreatedBy(), object.CreatedText(), object.ModifiedText(),
		object.Created(), object.Modified(), object.Markings(), object.Refs()}
	want := views{
		ID: "identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01", Type: "identity", SpecVersion: "2.1",
		CreatedBy:   "identity--11111111-2222-4333-8444-555555555555",
		CreatedText: "2026-03-01T08:00:00.000Z", ModifiedText: "2026-03-01T09:30:00.5Z",
		Created:  time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
		Modified: time.Date(2026, 3, 1, 9, 30, 0, 500_000_000, time.UTC),
		Markings: []string{"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"},
		Refs: []Ref{
			{[]string{"created_by_ref"}, "identity--11111111-2222-4333-8444-555555555555"},
			{[]string{"granular_markings", "0", "marking_ref"}, "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"},
			{[]string{"object_marking_refs", "0"}, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("views (-want +got):\n%s", diff)
	}
}

func TestGet(t *testing.T) {
	object, err := Parse([]byte(`{"a":[{"b":1},{"b":2.5}],"n":null}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path  string
		value any
		ok    bool
	}{
		{"a 0 b", int64(1), true},
		{"a 1 b", 2.5, true},
		{"n", nil, true},
		{"a 2", nil, false},
		{"a -1", nil, false},
		{"a b", nil, false},
		{"n x", nil, false},
		{"x", nil, false},
	}
	for _, test := range tests {
		value, ok := object.Get(strings.Fields(test.path)...)
		if value != test.value || ok != test.ok {
			t.Errorf("Get(%s) = %v, %v, want %v, %v", test.path, value, ok, test.value, test.ok)
		}
	}
}

func TestZeroObject(t *testing.T) {
	var object Object
	if object.ID() != "" || object.Raw() != nil || object.Map() != nil || object.Refs() != nil || !object.IsZero() {
		t.Error("the zero Object is not empty")
	}
	if _, ok := object.Get(); ok {
		t.Error("the zero Object has something to get")
	}
}

func TestParseRefuses(t *testing.T) {
	nest := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	tests := []struct {
		name string
		text string
		want error
	}{
		{"nothing", ``, ErrSyntax},
		{"a list", `[]`, ErrNotObject},
		{"a string", `"x"`, ErrNotObject},
		{"cut short", `{"type":"x`, ErrSyntax},
		{"two objects", `{} {}`, ErrSyntax},
		{"duplicate keys", `{"a":1,"a":2}`, ErrSyntax},
		{"duplicate keys, one escaped", `{"a":1,"\u0061":2}`, ErrSyntax},
		{"duplicate keys deep inside", `{"a":[{"b":1,"b":1}]}`, ErrSyntax},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", ErrSyntax},
		{"lone high surrogate", `{"a":"\ud800"}`, ErrSyntax},
		{"lone low surrogate", `{"a":"\udc00"}`, ErrSyntax},
		{"byte order mark", "\ufeff{}", ErrSyntax},
		{"trailing comma", `{"a":1,}`, ErrSyntax},
		{"leading zero", `{"a":01}`, ErrSyntax},
		{"not a number", `{"a":NaN}`, ErrSyntax},
		{"2^53", `{"a":9007199254740992}`, ErrNumber},
		{"-2^53", `{"a":-9007199254740992}`, ErrNumber},
		{"past 64 bits", `{"a":18446744073709551617}`, ErrNumber},
		{"an integer with an exponent", `{"a":1e20}`, ErrNumber},
		{"past a double", `{"a":1e400}`, ErrNumber},
		{"too deep", nest(MaxDepth + 1), ErrTooDeep},
		{"too large", `{"a":"` + strings.Repeat("x", MaxObjectSize) + `"}`, ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Parse([]byte(test.text)); !errors.Is(err, test.want) {
				t.Errorf("got error %v, want %v", err, test.want)
			}
		})
	}
	for _, text := range []string{nest(MaxDepth), `{"a":9007199254740991}`, `{"a":-9007199254740991}`, `{"a":-1e-300}`, `{"a":"\ud83d\udd14"}`} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("refused %.60s: %v", text, err)
		}
	}
}

func TestCanonicalAgainstOracle(t *testing.T) {
	texts := []string{
		identityText,
		`{"\u20ac":"Euro","\r":"CR","1":"One","\u0080":"Control","\ud83d\ude00":"Smiley","\u00f6":"o","\ufb33":"Dagesh"}`,
		`[333333333.33333329,1E10,4.50,6,2e-3,0.000000000000000000000000001,-0,5e-324,1e15,0.1]`,
		`"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"`,
		`{"a":{},"b":[],"c":null,"d":[true,false]}`,
		`{"é":1,"e\u0301":2,"":3}`,
	}
	for _, text := range texts {
		want, err := jcs.Transform([]byte(text))
		if err != nil {
			t.Fatalf("the oracle refused %s: %v", text, err)
		}
		got, err := Canonical([]byte(text))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("Canonical(%s)\n got %s (%v)\nwant %s", text, got, err, want)
		}
	}
	if _, err := Canonical([]byte(`{"a":1,"a":1}`)); !errors.Is(err, ErrSyntax) {
		t.Errorf("duplicate keys: %v", err)
	}
}

func TestFromMap(t *testing.T) {
	object, err := FromMap(map[string]any{"type": "note", "labels": []string{"b", "a"}, "count": 3, "ratio": 1.50})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(object.Raw()), `{"count":3,"labels":["b","a"],"ratio":1.5,"type":"note"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	again, err := FromMap(object.Map())
	if err != nil || !again.Equal(object) {
		t.Errorf("a round trip changed %s into %s (%v)", object.Raw(), again.Raw(), err)
	}
	refused := []map[string]any{nil, {"a": "\xff"}, {"a": int64(1) << 53}, {"a": func() {}}}
	for _, properties := range refused {
		if _, err := FromMap(properties); err == nil {
			t.Errorf("FromMap(%v) was accepted", properties)
		}
	}
}

func TestTime(t *testing.T) {
	tests := []struct{ in, out string }{
		{"2017-12-15T22:00:00Z", "2017-12-15T22:00:00.000Z"},
		{"2017-12-15T22:00:00.1Z", "2017-12-15T22:00:00.100Z"},
		{"2017-12-15T22:00:00.123456Z", "2017-12-15T22:00:00.123456Z"},
		{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
		{"2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"},
		{"2023-02-29T00:00:00.000Z", ""},
		{"2023-02-30T00:00:00.000Z", ""},
		{"2023-02-03T24:00:00.000Z", ""},
		{"2023-02-03T00:00:00.000+00:00", ""},
		{"2023-02-03 00:00:00.000Z", ""},
		{"2023-02-03T00:00:00,000Z", ""},
		{"2023-02-03T00:00:00.Z", ""},
		{"2023-02-03t00:00:00z", ""},
		{"2023-02-03T0:00:00.0Z", ""},
		{"2023-02-03", ""},
		{"", ""},
	}
	for _, test := range tests {
		at, err := ParseTime(test.in)
		if test.out == "" {
			if !errors.Is(err, ErrTime) {
				t.Errorf("ParseTime(%q) = %v, %v", test.in, at, err)
			}
			continue
		}
		if err != nil || FormatTimeFull(at) != test.out {
			t.Errorf("ParseTime(%q) = %v, %v, want %s", test.in, at, err, test.out)
		}
	}
}

func TestNewID(t *testing.T) {
	first, second := NewID("report"), NewID("report")
	objectType, unique, ok := SplitID(first)
	if !ok || objectType != "report" || unique.Version() != 4 || first == second {
		t.Errorf("NewID gave %s and %s", first, second)
	}
	for _, id := range []string{"", "report", "report--", "Report--" + first[8:], "report-" + first[8:], "report--{" + first[8:] + "}", "--" + first[8:]} {
		if _, _, ok := SplitID(id); ok {
			t.Errorf("SplitID took %q", id)
		}
	}
}

// The ids that the specification prints in §6.8 and that others compute.
func TestDeterministicID(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"type":"ipv4-addr","value":"198.51.100.3"}`, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
		{`{"value":"198.52.200.4","type":"ipv4-addr","id":"ipv4-addr--1"}`, "ipv4-addr--055987b7-7d94-5326-8e20-c3dad8241976"},
		{`{"type":"process","pid":1}`, ""},
		{`{"type":"file","size":1}`, ""},
		{`{"type":"report","name":"r"}`, ""},
	}
	for _, test := range tests {
		object, err := Parse([]byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		id, err := DeterministicID(object)
		if id != test.want || (test.want == "") != errors.Is(err, ErrNoDeterministicID) {
			t.Errorf("%s: got %q, %v, want %q", test.text, id, err, test.want)
		}
	}
}

func TestTLP(t *testing.T) {
	objects, err := TLPDefinitions()
	if err != nil || len(objects) != 5 {
		t.Fatalf("%d definitions, %v", len(objects), err)
	}
	for _, object := range objects {
		label, ok := MarkingTLP(object.ID())
		name, _ := object.Get("name")
		id, _ := TLPMarking(label)
		if !ok || name != label || id != object.ID() || MarkingTLPVersion(id) != 2 {
			t.Errorf("%s: label %q, name %q, id back %s", object.ID(), label, name, id)
		}
		if one, ok := TLPDefinition(label); !ok || !one.Equal(object) {
			t.Errorf("TLPDefinition(%s) is another object", label)
		}
	}
	if label, ok := MarkingTLP("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"); !ok || label != TLPWhite {
		t.Errorf("TLP 1 white is %q", label)
	}
	if _, ok := TLPMarking("tlp:red"); ok {
		t.Error("a label in small letters was taken")
	}
}
