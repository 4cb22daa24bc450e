// SPDX-License-Identifier: Apache-2.0

package policy

// This file tests who may see an object at the STIX door.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// The definitions of markings that the tests know, by a short name.
var definitions = map[string]string{
	"words":    `{"type":"marking-definition","id":"ID","definition_type":"statement","definition":{"statement":"Copyright"}}`,
	"limit":    `{"type":"marking-definition","id":"ID","definition_type":"limit","definition":{"statement":"nobody"}}`,
	"both":     `{"type":"marking-definition","id":"ID","definition_type":"statement","definition":{"statement":"x"},"extensions":{"extension-definition--1":{}}}`,
	"mute":     `{"type":"marking-definition","id":"ID","definition_type":"statement","definition":{}}`,
	"campaign": `{"type":"campaign","id":"ID","definition_type":"statement","definition":{"statement":"x"}}`,
}

func TestAudience(t *testing.T) {
	refs := func(ids ...string) string { return fmt.Sprintf(`"object_marking_refs":%s`, asList(ids)) }
	part := func(id string) string {
		return fmt.Sprintf(`"granular_markings":[{"marking_ref":%q,"selectors":["name"]}]`, id)
	}
	tlp := func(label handling.TLP) string {
		id, ok := stix.TLPMarking(string(label))
		if !ok {
			t.Fatal(label)
		}
		return id
	}
	given := func(label handling.TLP, caveats ...handling.Caveat) *handling.Handling {
		return &handling.Handling{TLP: label, Caveats: caveats}
	}
	for _, test := range []struct {
		name     string
		says     string
		given    *handling.Handling
		audience handling.TLP
		waits    string
	}{
		{"marked", refs(tlp(handling.Green)), nil, handling.Green, ""},
		{"the narrowest counts", refs(tlp(handling.Clear), tlp(handling.Red)), nil, handling.Red, ""},
		{"TLP 1 white", refs("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"), nil, handling.Clear, ""},
		{"unmarked", ``, nil, handling.AmberStrict, ""},
		{"a part that is narrower", refs(tlp(handling.Green)) + "," + part(tlp(handling.Red)), nil, handling.Red, ""},
		{"a part alone", part(tlp(handling.Green)), nil, handling.Green, ""},
		{"a part in a language", `"granular_markings":[{"lang":"de","selectors":["name"]}]`, nil, handling.AmberStrict, ""},
		{"not defined yet", refs("gone"), nil, "", "gone"},
		{"one of two not defined", refs(tlp(handling.Clear), "words", "gone"), nil, "", "gone"},
		{"a part not defined", part("gone"), nil, "", "gone"},
		{"a statement", refs("words"), nil, handling.AmberStrict, ""},
		{"a statement beside TLP", refs(tlp(handling.Clear), "words"), nil, handling.Clear, ""},
		{"a limit of another kind", refs(tlp(handling.Clear), "limit"), nil, "", ""},
		{"a limit, and one not defined", refs("gone", "limit"), nil, "", ""},
		{"a statement that is more", refs("both"), nil, "", ""},
		{"a statement without words", refs("mute"), nil, "", ""},
		{"a definition that is none", refs("campaign"), nil, "", ""},
		{"two definitions of one marking", refs("words+limit"), nil, "", ""},
		{"markings that are no list", `"object_marking_refs":"` + tlp(handling.Clear) + `"`, nil, "", ""},
		{"a marking that is no text", `"object_marking_refs":["` + tlp(handling.Clear) + `",5]`, nil, "", ""},
		{"parts that are no list", `"granular_markings":{}`, nil, "", ""},
		{"a part that is none", `"granular_markings":[1]`, nil, "", ""},
		{"a part whose marking is no text", `"granular_markings":[{"marking_ref":1}]`, nil, "", ""},
		{"from a partner, narrower", refs(tlp(handling.Clear)), given(handling.Amber), handling.Amber, ""},
		{"from a partner, wider", refs(tlp(handling.Red)), given(handling.Amber), handling.Red, ""},
		{"from a partner, unmarked", ``, given(handling.Clear), handling.AmberStrict, ""},
		{"from a partner, no label", refs(tlp(handling.Clear)), given(""), "", ""},
		{"from a partner, no such label", refs(tlp(handling.Clear)), given("TLP:WHITE"), "", ""},
		{"from a partner, for persons", refs(tlp(handling.Clear)), given(handling.Red), "", ""},
		{"from a partner, to act on with consent", refs(tlp(handling.Clear)), given(handling.Clear, handling.NoActionWithoutConsent), "", ""},
		{"from a partner, to check passively", refs(tlp(handling.Clear)), &handling.Handling{TLP: handling.Green, PAP: handling.PAPAmber}, handling.Passively(handling.Green), ""},
		{"from a partner, unmarked, to check passively", ``, &handling.Handling{TLP: handling.Clear, PAP: handling.PAPAmber}, handling.Passively(handling.AmberStrict), ""},
		{"from a partner, not to be noticed", refs(tlp(handling.Clear)), &handling.Handling{TLP: handling.Green, PAP: handling.PAPRed}, "", ""},
		{"from a partner, no such PAP label", refs(tlp(handling.Clear)), &handling.Handling{TLP: handling.Green, PAP: "PAP:PINK"}, "", ""},
		{"from a partner, to look at", refs(tlp(handling.Clear)), given(handling.Clear, handling.DisplayOnly), "", ""},
	} {
		says := test.says
		if says != "" {
			says = "," + says
		}
		object, err := stix.Parse([]byte(`{"type":"campaign","id":"campaign--1"` + says + `}`))
		if err != nil {
			t.Fatal(test.name, err)
		}
		audience, waits := Audience(object, test.given, defined(t))
		if audience != test.audience || waits != test.waits {
			t.Errorf("%s: for %q, waiting for %q", test.name, audience, waits)
		}
	}
}

func asList(ids []string) string {
	text := "["
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf("%q", id)
	}
	return text + "]"
}

// defined returns the definitions by their short names; several joined by plus.
func defined(t *testing.T) func(id string) []stix.Object {
	return func(id string) (all []stix.Object) {
		names := []string{id}
		if id == "words+limit" {
			names = []string{"words", "limit"}
		}
		for _, name := range names {
			if raw, known := definitions[name]; known {
				object, err := stix.Parse([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, object)
			}
		}
		return all
	}
}

// Each marking is looked up, so there is a limit; the same one counts once.
func TestManyMarkings(t *testing.T) {
	for count, want := range map[int]handling.TLP{maxMarkings: unmarked, maxMarkings + 1: ""} {
		var refs []string
		for i := range 2 * count {
			refs = append(refs, fmt.Sprintf(`"marking-definition--%d"`, i%count))
		}
		object, err := stix.Parse([]byte(`{"type":"campaign","id":"campaign--1","object_marking_refs":[` + strings.Join(refs, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		words := defined(t)("words")
		if got, waits := Audience(object, nil, func(string) []stix.Object { return words }); got != want || waits != "" {
			t.Errorf("%d markings: %q, waits for %q", count, got, waits)
		}
	}
}

// A clearance that is empty or unknown is for no audience.
func TestCleared(t *testing.T) {
	for clearance, want := range map[handling.TLP][]handling.TLP{
		"": nil, "TLP:WHITE": nil, "RED": nil, handling.Clear: {handling.Clear}, handling.Amber: {handling.Clear, handling.Green, handling.Amber},
		handling.Red: handling.TLPs(), handling.Passively(handling.Red): handling.Audiences(), handling.Passively(""): nil,
		handling.Passively(handling.Clear): {handling.Clear, handling.Passively(handling.Clear)},
	} {
		if got := Shipped().Cleared(clearance); !slices.Equal(got, want) {
			t.Errorf("%q: %q", clearance, got)
		}
	}
}
