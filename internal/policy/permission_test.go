// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds what stands beside a permission whatever a policy says, and what
// a policy that never heard of permissions does.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// given is a draft that rests on what charlie gave, with charlie's permission.
func given(t *testing.T, h handling.Handling) (*warning.Draft, Facts) {
	draft := plain(t)
	facts := Own(draft)
	facts.Given = []warning.Source{{ID: "warning--1", Version: "message 1", Origin: "charlie", Handling: h}}
	facts.Permissions = []Permission{{ID: "permission--1", By: "charlie", Versions: []string{"message 1"}, Use: warning.UsePassOn, To: []string{"bravo"},
		Purpose: draft.Warning.Purpose, Until: today.Add(time.Hour)}}
	return draft, facts
}

// A permission to pass on lifts what is about passing on, and nothing else.
func TestWhatAPermissionDoesNotLift(t *testing.T) {
	for name, test := range map[string]struct {
		h    handling.Handling
		want Rule // that keeps it; empty if it leaves
	}{
		"originator control": {handling.Handling{TLP: handling.Amber, Caveats: []handling.Caveat{handling.OriginatorControl}}, ""},
		"H2":                 {handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H2}}, ""},
		"for us alone":       {handling.Handling{TLP: handling.Green, Caveats: []handling.Caveat{handling.NoDissemination}}, ""},
		"to look at":         {handling.Handling{TLP: handling.Green, Caveats: []handling.Caveat{handling.DisplayOnly}}, ""},
		"H3":                 {handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H3}, Note: "n"}, "third-party-h3"},
		"no label":           {handling.Handling{}, "third-party-unknown"},
		"a label of its own": {handling.Handling{TLP: "TLP:PINK"}, "third-party-unknown"},
		"a narrower label":   {handling.Handling{TLP: handling.Red}, "third-party-wider"},
		"PAP:RED":            {handling.Handling{TLP: handling.Green, PAP: handling.PAPRed}, RuleFloor},
	} {
		draft, facts := given(t, test.h)
		plan := Shipped().Decide(draft, bravo, facts, today)
		if plan.Allowed != (test.want == "") {
			t.Errorf("%s: allowed %t, %+v", name, plan.Allowed, plan.Blocked())
		}
		if test.want != "" && plan.Blocked()[0].Rule != test.want {
			t.Errorf("%s: kept by %+v", name, plan.Blocked())
		}
	}
}

// A policy of a time before there were permissions lets nothing out by one.
func TestAPolicyWithoutPermissions(t *testing.T) {
	before := strings.NewReplacer(" && !context.permitted", "", " && context.wider_rank > 1", "", " || context.wider_rank <= 1 || context.permitted", "", " && context.wider_rank > context.warning_rank", "").Replace(string(Shipped().Text()))
	rules, err := Read("before", []byte(before))
	if err != nil || strings.Contains(before, "context.permitted && ") {
		t.Fatal(err)
	}
	draft, facts := given(t, handling.Handling{TLP: handling.Amber, Caveats: []handling.Caveat{handling.OriginatorControl}})
	plan := rules.Decide(draft, bravo, facts, today)
	if plan.Allowed || len(plan.Permissions) != 0 {
		t.Errorf("%+v", plan.Reasons)
	}
	for _, reason := range plan.Blocked() {
		if reason.Hint != "" {
			t.Errorf("people are told to ask in vain: %s", reason.Hint)
		}
	}
}

// A permission that is not needed is not shown, and narrows nothing.
func TestAPermissionThatIsNotNeeded(t *testing.T) {
	draft, facts := given(t, handling.Handling{TLP: handling.Clear})
	result := Shipped().Cut(draft, bravo, facts, nil, newID, today)
	if !result.Plan.Allowed || len(result.Plan.Permissions) != 0 || result.Warning.Handling.Note != "" || len(result.Warning.Handling.Caveats) != 0 {
		t.Errorf("%+v, %s", result.Plan.Permissions, result.Warning.Handling.Line())
	}
}

// What is for court a partner's permission alone lets out, or an overseer takes.
func TestNotForCourt(t *testing.T) {
	file := File{Case: "warning--1", Kind: FileDossier, Partner: "charlie", Label: handling.Amber, Text: true, NoCourt: true}
	for _, test := range []struct {
		role    string
		purpose handling.FilePurpose
		change  func(*File)
		want    bool
	}{
		{"releaser", "", nil, false},
		{"releaser", handling.ForCourt, nil, false},
		{"releaser", handling.ForRecords, nil, true},
		{"releaser", handling.ForOversight, nil, true},
		{"overseer", "", nil, true},
		{"overseer", handling.ForCourt, nil, true},
		{"releaser", handling.ForCourt, func(f *File) { f.NoCourt = false }, true},
		{"releaser", handling.ForCourt, func(f *File) { f.Text = false }, true},
		{"analyst", handling.ForRecords, nil, false},
	} {
		asked := file
		asked.Purpose = test.purpose
		if test.change != nil {
			test.change(&asked)
		}
		said := Shipped().MayExport("x", []string{test.role}, asked)
		if said.Allowed != test.want || !test.want && said.Reason.Text == "" {
			t.Errorf("%s for %q: %+v", test.role, test.purpose, said)
		}
	}
	everything, err := Read("all", []byte(`@id("all") @says("everything leaves") permit (principal, action, resource);`))
	if err != nil {
		t.Fatal(err)
	}
	file.Purpose = handling.ForCourt
	if said := everything.MayExport("x", []string{"releaser"}, file); said.Allowed || !strings.Contains(said.Reason.Hint, "--use court") {
		t.Errorf("a policy lets it out: %+v", said)
	}
}

// Sanitised is more than a word: the same draft without it says what is cut.
func TestSanitised(t *testing.T) {
	draft := plain(t)
	draft.Warning.Grade = "B2"
	draft.Warning.Persons = []warning.Person{{Name: "Jan Novak", Role: "suspect", Kind: "fact", Reason: "to find him"}}
	draft.PersonsTo = []string{"bravo"}
	draft.Warning.Handling.Caveats = []handling.Caveat{handling.Sanitised}
	if result := Shipped().Cut(draft, bravo, Own(draft), nil, newID, today); !result.Plan.Allowed || result.Warning.Grade != "" || len(result.Warning.Persons) != 0 {
		t.Errorf("%+v, %+v", result.Warning, result.Plan.Blocked())
	}
	draft.Releases["bravo"] = "Look for Jan Novak."
	if result := Shipped().Cut(draft, bravo, Own(draft), nil, newID, today); result.Plan.Allowed || !slices.ContainsFunc(result.Plan.Blocked(), func(r Reason) bool { return r.Rule == RuleLeak }) {
		t.Errorf("a sanitised text names a person: %+v", result.Plan.Reasons)
	}
}
