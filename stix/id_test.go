// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds deterministic identifiers to the table of test vectors.

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Rows on which the two tools agree, and those for which they have no id.
func TestDeterministicIDVectors(t *testing.T) {
	known, total := divergences(t, "Deterministic identifiers"), 0
	eachLine(t, "stix-deterministic-ids.jsonl", func(row struct {
		Vector string         `json:"vector"`
		Object jsontext.Value `json:"object"`
		ID     string         `json:"id"`
		Agree  *bool          `json:"two_oracles_agree"`
	}) {
		if row.ID != "" && (row.Agree == nil || !*row.Agree) {
			return
		}
		total++
		difference, id := "", ""
		object, err := Parse(row.Object)
		if err == nil {
			id, err = DeterministicID(object)
		}
		if id != row.ID || row.ID == "" && !errors.Is(err, ErrNoDeterministicID) {
			difference = "got " + id + errorText(err) + ", want " + row.ID
		}
		known.agrees(t, row.Vector, difference)
	})
	t.Logf("%d rows, %d listed", total, len(known))
}

// The contributing properties are those of the text and those of the tool.
func TestContributingProperties(t *testing.T) {
	var table map[string]struct {
		Spec string   `json:"spec"`
		Tool []string `json:"python_stix2"`
	}
	if err := json.UnmarshalRead(vectors(t, "stix-id-contributing.json"), &table); err != nil {
		t.Fatal(err)
	}
	if len(table) != len(observables) {
		t.Errorf("%d types in the table, %d in ours", len(table), len(observables))
	}
	for objectType, row := range table {
		ours := slices.Sorted(slices.Values(ContributingProperties(objectType)))
		tool := slices.Sorted(slices.Values(row.Tool))
		if !slices.Equal(ours, tool) {
			t.Errorf("%s: %q, the tool has %q", objectType, ours, tool)
		}
		for _, name := range ours {
			if !slices.Contains(strings.FieldsFunc(row.Spec, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }), name) {
				t.Errorf("%s: the text does not list %s", objectType, name)
			}
		}
	}
}

// What plays a part in an id, and what does not.
func TestTrapsOfIDs(t *testing.T) {
	same := func(a, b string) bool {
		first, err := DeterministicID(read(t, a))
		if err != nil {
			t.Fatal(err)
		}
		second, err := DeterministicID(read(t, b))
		if err != nil {
			t.Fatal(err)
		}
		return first == second
	}
	tests := []struct {
		rule string
		a, b string
		same bool
	}{
		{"only one hash counts, and MD5 comes first",
			`{"type":"file","hashes":{"SHA-512":"aa","SHA-256":"bb","MD5":"cc"}}`, `{"type":"file","hashes":{"MD5":"cc"}}`, true},
		{"SHA-256 comes before SHA-512",
			`{"type":"file","hashes":{"SHA-512":"aa","SHA-256":"bb"}}`, `{"type":"file","hashes":{"SHA-512":"aa"}}`, false},
		{"the order of other hashes does not count",
			`{"type":"file","hashes":{"SSDEEP":"aa","TLSH":"bb"}}`, `{"type":"file","hashes":{"TLSH":"bb","SSDEEP":"aa"}}`, true},
		{"times go in as written",
			`{"type":"network-traffic","start":"2026-01-01T00:00:00.100Z","protocols":["tcp"]}`,
			`{"type":"network-traffic","start":"2026-01-01T00:00:00.1Z","protocols":["tcp"]}`, false},
		{"Unicode goes in as written", `{"type":"mutex","name":"ò"}`, `{"type":"mutex","name":"o\u0300"}`, false},
		{"escapes do not count", `{"type":"mutex","name":"\u00f2"}`, `{"type":"mutex","name":"ò"}`, true},
		{"swid is part of software", `{"type":"software","name":"a","swid":"b"}`, `{"type":"software","name":"a"}`, false},
		{"other properties do not count", `{"type":"url","value":"a:b","defanged":true}`, `{"value":"a:b","type":"url"}`, true},
		{"numbers count as numbers", `{"type":"autonomous-system","number":64500}`, `{"type":"autonomous-system","number":6.45e4}`, true},
		{"the order of lists counts", `{"type":"network-traffic","protocols":["ip","tcp"]}`, `{"type":"network-traffic","protocols":["tcp","ip"]}`, false},
	}
	for _, test := range tests {
		if same(test.a, test.b) != test.same {
			t.Errorf("%s: %s and %s", test.rule, test.a, test.b)
		}
	}
}
