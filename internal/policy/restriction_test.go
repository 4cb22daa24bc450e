// SPDX-License-Identifier: Apache-2.0

package policy

// This file tests what a handling says beside its label: it stands at each object
// that leaves, is understood where it arrives, and is asked about where it goes on.

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

const restricted = "campaign--00000001-0000-4000-8000-000000000001"

// restrictedDraft is a draft under a handling, with one object.
func restrictedDraft(t *testing.T, h handling.Handling, marked ...string) *warning.Draft {
	t.Helper()
	refs := ""
	if len(marked) > 0 {
		refs = `,"object_marking_refs":["` + strings.Join(marked, `","`) + `"]`
	}
	draft := plain(t)
	draft.Warning.Handling = h
	draft.Objects = []jsontext.Value{jsontext.Value(`{"type":"campaign","spec_version":"2.1","id":"` + restricted + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"x"` + refs + `}`)}
	return draft
}

func opened(t *testing.T, objects []jsontext.Value) (all []stix.Object) {
	t.Helper()
	for _, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

func TestRestrictionsStandAtEachObject(t *testing.T) {
	label, _ := stix.TLPMarking(string(handling.AmberStrict))
	for name, test := range map[string]struct {
		h    handling.Handling
		says string // the statement; empty if there is none
	}{
		"a label alone": {handling.Handling{TLP: handling.AmberStrict}, ""},
		"all of it": {handling.Handling{TLP: handling.AmberStrict, PAP: handling.PAPAmber, Codes: []handling.Code{handling.H1}, Caveats: []handling.Caveat{handling.OriginatorControl, handling.NoCourtUse}},
			"PAP:AMBER passive cross-checks only · H1 not in court without the provider's permission · no onward passing without the originator's permission · not to be used in court"},
	} {
		t.Run(name, func(t *testing.T) {
			draft := restrictedDraft(t, test.h, label)
			result := Shipped().Cut(draft, bravo, Own(draft), nil, pairID, today)
			if !result.Plan.Allowed {
				t.Fatalf("nothing leaves: %+v", result.Plan.Blocked())
			}
			objects := opened(t, result.Warning.Objects)
			last := objects[len(objects)-1]
			want := []string{label}
			if test.says != "" {
				want = append(want, objects[0].ID())
				said, _ := objects[0].Get("definition", "statement")
				if objects[0].Type() != "marking-definition" || said != test.says || !slices.Equal(objects[0].Markings(), []string{label}) || objects[0].ID() != RestrictionID(test.h) {
					t.Errorf("the first object is %s", objects[0].Raw())
				}
			}
			if len(objects) != len(want) || !slices.Equal(last.Markings(), want) {
				t.Errorf("%d objects leave, the last is %s", len(objects), last.Raw())
			}
			// The same handling has the same marking, for everybody.
			again := Shipped().Cut(draft, bravo, Own(draft), nil, pairID, today)
			if test.says != "" && string(again.Warning.Objects[0]) != string(result.Warning.Objects[0]) {
				t.Error("the same handling has another definition")
			}
		})
	}
}

// Where it arrives, the statement narrows nothing, and an object that refers to it
// waits until it is there.
func TestRestrictionsArrive(t *testing.T) {
	h := handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H1}}
	definition, ok := Restriction(h)
	if !ok {
		t.Fatal("there is none")
	}
	green, _ := stix.TLPMarking(string(handling.Green))
	object := opened(t, restrictedDraft(t, h, green, definition.ID()).Objects)[0]
	there := func(id string) []stix.Object {
		if id == definition.ID() {
			return []stix.Object{definition}
		}
		return nil
	}
	if audience, waits := Audience(object, &h, there); audience != handling.Green || waits != "" {
		t.Errorf("it is for %q, and waits for %q", audience, waits)
	}
	if audience, waits := Audience(object, &h, func(string) []stix.Object { return nil }); audience != "" || waits != definition.ID() {
		t.Errorf("without its definition it is for %q, and waits for %q", audience, waits)
	}
	if audience, _ := Audience(definition, &h, there); audience != handling.Green {
		t.Errorf("the definition is for %q", audience)
	}
}

// An object that a partner gave us under restrictions goes on if the policy lets
// what was given so go on, under the restrictions of the warning it goes with; any
// other marking that is not known keeps it home.
func TestRestrictionsGoOn(t *testing.T) {
	green, _ := stix.TLPMarking(string(handling.Green))
	given := handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H1}}
	kept := handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H2}}
	for name, test := range map[string]struct {
		given  handling.Handling
		marked string
		h      handling.Handling
		leaves []string // the markings of the object; nil if it stays
	}{
		"under no restriction":     {given, RestrictionID(given), handling.Handling{TLP: handling.Green}, []string{green}},
		"under another":            {given, RestrictionID(given), handling.Handling{TLP: handling.Green, PAP: handling.PAPGreen}, []string{green, RestrictionID(handling.Handling{TLP: handling.Green, PAP: handling.PAPGreen})}},
		"what stays by its code":   {kept, RestrictionID(kept), handling.Handling{TLP: handling.Green}, nil},
		"another's marking":        {given, RestrictionID(kept), handling.Handling{TLP: handling.Green}, nil},
		"given without, marked so": {handling.Handling{TLP: handling.Green}, RestrictionID(given), handling.Handling{TLP: handling.Green}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			draft := restrictedDraft(t, test.h, green, test.marked)
			facts := Facts{Objects: map[string]Provenance{restricted: {Partner: "charlie", Handling: test.given}}}
			result := Shipped().Cut(draft, bravo, facts, nil, pairID, today)
			if !result.Plan.Allowed {
				t.Fatalf("nothing leaves: %+v", result.Plan.Blocked())
			}
			var got []string
			for _, object := range opened(t, result.Warning.Objects) {
				if object.Type() == "campaign" {
					got = object.Markings()
				}
			}
			if !slices.Equal(got, test.leaves) {
				t.Errorf("it leaves with %q, want %q: %+v", got, test.leaves, result.Plan.Reasons)
			}
		})
	}
}
