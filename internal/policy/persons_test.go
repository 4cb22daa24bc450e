// SPDX-License-Identifier: Apache-2.0

package policy

// This file names persons to partners: who leaves, who stays, and what a further
// person must approve.

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

func sheet(country string, risk warning.Risk, expires warning.Date) warning.Assurance {
	return warning.Assurance{Partner: "bravo", Country: country, IllTreatment: "none", DeathPenalty: risk, Persecution: "none", Expires: expires}
}

func TestPersons(t *testing.T) {
	var ten []warning.Person
	for i := range 10 {
		ten = append(ten, warning.Person{Name: "A. Example-" + string(rune('a'+i)), Role: "suspect", Kind: "fact", Reason: "to find them"})
	}
	one := []warning.Person{{Name: "A. Example", Role: "suspect", Kind: "fact", Reason: "to find them"}}
	minor := []warning.Person{{Name: "B. Example", Role: "victim", Kind: "fact", Reason: "to protect them", Minor: true}}
	health := []warning.Person{{Name: "C. Example", Role: "other", Kind: "assessment", Reason: "to treat them", Special: []string{"health"}}}
	good := []warning.Assurance{sheet("XB", "none", "2031-12-31")}
	for name, test := range map[string]struct {
		persons []warning.Person
		to      []string
		life    bool
		sheets  []warning.Assurance
		sent    int
		objects int // that are persons
		called  string
		stay    int // of the objects
		region  string
		target  string // a person
		blocks  string
		further string
		leave   int
	}{
		"the default names nobody":       {persons: one, sheets: good},
		"named":                          {persons: one, to: []string{"bravo"}, sheets: good, leave: 1},
		"named to another":               {persons: one, to: []string{"charlie"}, sheets: good},
		"no sheet":                       {persons: one, to: []string{"bravo"}, blocks: "there is no sheet of assurances on bravo for XB"},
		"no sheet for this country":      {persons: one, to: []string{"bravo"}, sheets: []warning.Assurance{sheet("XC", "none", "2031-12-31")}, blocks: "there is no sheet"},
		"a stale sheet":                  {persons: one, to: []string{"bravo"}, sheets: []warning.Assurance{sheet("XB", "none", "2031-05-07")}, blocks: "expired on 2031-05-07"},
		"its last day":                   {persons: one, to: []string{"bravo"}, sheets: []warning.Assurance{sheet("XB", "assured", "2031-05-08")}, leave: 1},
		"a real risk":                    {persons: one, to: []string{"bravo"}, sheets: []warning.Assurance{sheet("XB", "real", "2031-12-31")}, blocks: "real risk of the death penalty in XB"},
		"a real risk, and life at stake": {persons: one, to: []string{"bravo"}, life: true, sheets: []warning.Assurance{sheet("XB", "real", "2031-12-31")}, further: "real risk of the death penalty", leave: 1},
		"no sheet, and life at stake":    {persons: one, to: []string{"bravo"}, life: true, further: "there is no sheet", leave: 1},
		"a minor":                        {persons: minor, to: []string{"bravo"}, sheets: good, further: "a minor is named", leave: 1},
		"a special category":             {persons: health, to: []string{"bravo"}, sheets: good, further: "special categories: health", leave: 1},
		"too many this month":            {persons: one, to: []string{"bravo"}, sheets: good, sent: 50, blocks: "50 persons were named to bravo this month, and 50 may be"},
		"the threatened country is known by its region":           {persons: one, to: []string{"bravo"}, sheets: append(good, sheet("XC", "real", "2031-12-31")), region: "XC-01", blocks: "real risk of the death penalty in XC"},
		"who is threatened counts, if it is a person with a name": {persons: ten, to: []string{"bravo"}, sheets: good, target: "E. Example", blocks: "11 persons are named, and 10 may be"},
		"an object says again who is recorded":                    {persons: one, to: []string{"bravo"}, sheets: good, objects: 10, called: "A. Example", leave: 1},
		"and in another order":                                    {persons: one, to: []string{"bravo"}, sheets: good, objects: 1, called: "EXAMPLE, A", leave: 1},
		"objects count, if they are more":                         {persons: one, to: []string{"bravo"}, sheets: good, objects: 11, called: "A. Example", blocks: "11 persons are named, and 10 may be"},
		"an object says again who is threatened":                  {to: []string{"bravo"}, sheets: good, objects: 1, called: "E. Example", target: "E. Example"},
		"an object of whom there is no record stays":              {persons: one, to: []string{"bravo"}, sheets: good, objects: 3, called: "D. Example", stay: 3, leave: 1},
		"an object of whom nothing is recorded needs no sheet":    {to: []string{"bravo"}, objects: 1, called: "D. Example", stay: 1},
		"an object without a name stays":                          {persons: one, to: []string{"bravo"}, sheets: good, objects: 1, called: " ", stay: 1, leave: 1},
		"objects that nobody named stay":                          {objects: 1, called: "D. Example", stay: 1},
		"what is recorded and not named to the partner stays":     {persons: one, objects: 2, called: "A. Example", stay: 2},
	} {
		t.Run(name, func(t *testing.T) {
			draft := &warning.Draft{
				Warning:  warning.Warning{ThreatType: "cyber", Handling: handling.Handling{TLP: handling.Green}, Review: "2031-12-31", Persons: test.persons},
				Releases: map[string]string{"bravo": "Text."}, ReleasableTo: []string{"bravo", "charlie"}, PersonsTo: test.to,
			}
			draft.Warning.Target.Place.Region = test.region
			if test.target != "" {
				draft.Warning.Target.Kind, draft.Warning.Target.Name = "person", test.target
			}
			if test.life {
				draft.Warning.ThreatType = warning.MassCasualtyAttack
			}
			for i := range test.objects {
				draft.Objects = append(draft.Objects, jsontext.Value(strings.Replace(`{"type":"identity","spec_version":"2.1","id":"identity--00000001-0000-4000-8000-00000000000#","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"`+test.called+`","identity_class":"individual",`+greenMark+`}`, "#", string(rune('a'+i)), 1)))
			}
			facts := Own(draft)
			facts.Naming = map[string]Naming{"bravo": {Sheets: test.sheets, Sent: test.sent, Most: 50}}
			plan := Shipped().Decide(draft, Partner{Name: "bravo", Country: "XB", State: partner.Active}, facts, today)
			blocks := ""
			for _, r := range plan.Blocked() {
				blocks += r.Text
			}
			if plan.Allowed != (test.blocks == "") || !strings.Contains(blocks, test.blocks) {
				t.Errorf("allowed %t, blocked by %q", plan.Allowed, blocks)
			}
			if further := strings.Join(plan.Further, "; "); (further == "") != (test.further == "") || !strings.Contains(further, test.further) {
				t.Errorf("further: %q", further)
			}
			if left := len(draft.Copy("bravo", newID).Persons); plan.Allowed && left != test.leave {
				t.Errorf("%d persons leave", left)
			}
			if kept := len(plan.Withhold); plan.Allowed && kept != test.stay {
				t.Errorf("%d objects stay", kept)
			}
		})
	}
}

// A policy may let fewer persons out than the rules in Go, in a warning and in a
// month, and never more.
func TestAPolicyNamesFewerPersons(t *testing.T) {
	fewer, err := Read("fewer.cedar", append(slices.Clone(shippedText), `
@id("few-persons") @says("at most two persons in a warning") @field("persons")
forbid (principal, action == Action::"send", resource) when { context.persons > 2 };
@id("few-a-month") @says("at most five persons a month to bravo") @field("persons")
forbid (principal, action == Action::"send", resource) when { principal.name == "bravo" && context.persons > 0 && context.persons + context.persons_month > 5 };
`...))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		rules                  *Rules
		to                     string
		persons, objects, sent int
		by                     Rule // by which nothing leaves
	}{
		{fewer, "bravo", 2, 0, 3, ""},
		{fewer, "bravo", 2, 3, 0, "few-persons"},
		{fewer, "bravo", 2, 2, 3, ""},
		{fewer, "bravo", 1, 0, 5, "few-a-month"},
		{fewer, "charlie", 1, 0, 5, ""},
		{fewer, "nobody", 3, 0, 5, ""},
		{Shipped(), "bravo", 3, 0, 5, ""},
		{Shipped(), "bravo", 3, 0, 48, RulePersons},
		{fewer, "charlie", 1, 0, 50, RulePersons},
	} {
		draft := &warning.Draft{
			Warning:  warning.Warning{ThreatType: "cyber", Handling: handling.Handling{TLP: handling.Green}, Review: "2031-12-31"},
			Releases: map[string]string{"bravo": "Text.", "charlie": "Text."}, ReleasableTo: []string{"bravo", "charlie"}, PersonsTo: []string{test.to},
		}
		for range test.persons {
			draft.Warning.Persons = append(draft.Warning.Persons, warning.Person{Name: "A. Example", Role: "suspect", Kind: "fact", Reason: "to find them"})
		}
		for i := range test.objects {
			draft.Objects = append(draft.Objects, jsontext.Value(strings.Replace(`{"type":"identity","spec_version":"2.1","id":"identity--00000001-0000-4000-8000-00000000000#","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"A. Example","identity_class":"individual",`+greenMark+`}`, "#", string(rune('a'+i)), 1)))
		}
		to := test.to
		if to == "nobody" {
			to = "bravo" // to whom no person is named
		}
		facts := Own(draft)
		facts.Naming = map[string]Naming{to: {Sheets: []warning.Assurance{sheet("XB", "none", "2031-12-31")}, Sent: test.sent, Most: 50}}
		plan := test.rules.Decide(draft, Partner{Name: to, Country: "XB", State: partner.Active}, facts, today)
		by := Rule("")
		if blocked := plan.Blocked(); len(blocked) > 0 {
			by = blocked[0].Rule
		}
		if by != test.by || plan.Allowed != (by == "") {
			t.Errorf("%d persons and %d objects to %s, %d before: blocked by %q, want %q: %+v", test.persons, test.objects, test.to, test.sent, by, test.by, plan.Blocked())
		}
	}
}

// A name in free words is flagged and stops nothing; whoever is listed to this
// partner, and what is named as a place, a body or an event, is not.
func TestUnlistedPersonsAreFlagged(t *testing.T) {
	body := jsontext.Value(`{"type":"identity","spec_version":"2.1","id":"identity--00000001-0000-4000-8000-00000000000a","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Harvey Lines","identity_class":"organization","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`)
	for name, test := range map[string]struct {
		change func(*warning.Draft)
		want   string
	}{
		"nobody is named": {func(d *warning.Draft) {}, ""},
		"in the text":     {func(d *warning.Draft) { d.Releases["bravo"] = "Kim Lee plans it." }, "text Kim Lee"},
		"in the method":   {func(d *warning.Draft) { d.Warning.Method = "a van that Kim Lee drives" }, "method Kim Lee"},
		"as the actor":    {func(d *warning.Draft) { d.Warning.Actor, d.Releases["bravo"] = "Kim Lee", "Kim Lee plans it." }, "threat_actor Kim Lee"},
		"as the target":   {func(d *warning.Draft) { d.Warning.Target.Kind, d.Warning.Target.Name = "person", "Kim Lee" }, "target.name Kim Lee"},
		"the name of an event": {func(d *warning.Draft) {
			d.Warning.Target.Name, d.Releases["bravo"] = "Winter Games", "An attack on the Winter Games."
		}, ""},
		"a city": {func(d *warning.Draft) {
			d.Warning.Target.Place.City, d.Releases["bravo"] = "Upper Riverton", "An attack in Upper Riverton."
		}, ""},
		"a body that is attached": {func(d *warning.Draft) {
			d.Objects, d.Releases["bravo"] = []jsontext.Value{body}, "A threat to Harvey Lines."
		}, ""},
		"a body that is not": {func(d *warning.Draft) { d.Releases["bravo"] = "A threat to Harvey Lines." }, "text Harvey Lines"},
		// Whom this partner is not told by record, it is not told in the text.
		"listed, and not to bravo": {func(d *warning.Draft) {
			d.Warning.Persons, d.Releases["bravo"] = listed("Kim Lee"), "Kim Lee plans it."
		}, "blocked"},
		"listed to bravo": {func(d *warning.Draft) {
			d.Warning.Persons, d.PersonsTo, d.Releases["bravo"] = listed("Kim Lee"), []string{"bravo"}, "Kim Lee plans it."
		}, ""},
		"another in what is said of it": {func(d *warning.Draft) {
			d.Warning.Persons, d.PersonsTo = listed("Kim Lee"), []string{"bravo"}
			d.Warning.Persons[0].Text = "Was seen with Ada Lund."
		}, "persons Ada Lund"},
	} {
		t.Run(name, func(t *testing.T) {
			draft := plain(t)
			test.change(draft)
			facts := Own(draft)
			facts.Naming = map[string]Naming{"bravo": {Sheets: []warning.Assurance{sheet("XB", "none", "2031-12-31")}, Most: 50}}
			result := Shipped().Cut(draft, bravo, facts, nil, pairID, today)
			var got []string
			for _, flag := range result.Flags {
				if flag.Rule == redact.FlagPerson {
					got = append(got, flag.Field+" "+flag.Words)
				}
			}
			if !result.Plan.Allowed {
				got = append(got, "blocked")
			}
			if strings.Join(got, "|") != test.want {
				t.Errorf("allowed %t, flagged %q, want %q: %+v", result.Plan.Allowed, got, test.want, result.Plan.Blocked())
			}
		})
	}
}

func listed(name string) []warning.Person {
	return []warning.Person{{Name: name, Role: "suspect", Kind: "fact", Reason: "to find them"}}
}

// Whatever may name a person stays unless persons are named to the partner and it is
// recorded who they are; organisations, groups and systems need nothing.
func TestObjectsThatNamePersons(t *testing.T) {
	account := `"account_login":"alee","display_name":"Ada Lee",` + greenMark
	for name, test := range map[string]struct {
		kind, object string
		says         string // of the person, in the record
		to           bool
		sanitised    bool
		why          string // it stays; empty if it leaves
	}{
		"an account":                       {kind: "user-account", object: account, why: "it names a person, or may, by its display_name, and none is named to this partner"},
		"an account that is recorded":      {kind: "user-account", object: account, to: true},
		"a login that is recorded":         {kind: "user-account", object: `"account_login":"alee",` + greenMark, says: "Uses the account alee.", to: true},
		"a login that is not":              {kind: "user-account", object: `"account_login":"alee",` + greenMark, says: "Uses the account blee.", to: true, why: "and there is no record of that person"},
		"an account in a sanitised copy":   {kind: "user-account", object: account, to: true, sanitised: true, why: "by its display_name, and " + sanitised},
		"an account of a service":          {kind: "user-account", object: `"account_login":"svc_backup",` + greenMark},
		"an identity that does not say":    {kind: "identity", object: `"name":"Ada Lee",` + greenMark, why: "by its name, and none is named"},
		"a body":                           {kind: "identity", object: `"name":"Ada Lee","identity_class":"organization",` + greenMark},
		"a threat actor by a real name":    {kind: "threat-actor", object: `"name":"Ada Lee",` + greenMark, why: "by its name, and none is named"},
		"a threat actor by what it is":     {kind: "threat-actor", object: `"name":"Grey Spider",` + greenMark},
		"an address with a name":           {kind: "email-addr", object: `"value":"a@example.org","display_name":"Ada Lee",` + greenMark, why: "by its display_name, and none is named"},
		"an address":                       {kind: "email-addr", object: `"value":"a@example.org",` + greenMark},
		"a pattern that asks for a person": {kind: "indicator", object: `"pattern":"[user-account:account_login = 'alee']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z",` + greenMark, why: "by its pattern, and none is named"},
	} {
		t.Run(name, func(t *testing.T) {
			draft := plain(t)
			draft.Objects = []jsontext.Value{stixObject(test.kind, "0a", test.object)}
			if draft.Warning.Persons = listed("Ada Lee"); !test.to {
				draft.Warning.Persons = nil
			} else {
				draft.PersonsTo = []string{"bravo"}
				draft.Warning.Persons[0].Text = test.says
			}
			if test.says != "" {
				draft.Warning.Persons[0].Name = "The driver"
			}
			if test.sanitised {
				draft.Warning.Handling.Caveats = append(draft.Warning.Handling.Caveats, handling.Sanitised)
			}
			facts := Own(draft)
			facts.Naming = map[string]Naming{"bravo": {Sheets: []warning.Assurance{sheet("XB", "none", "2031-12-31")}, Most: 50}}
			plan := Shipped().Decide(draft, bravo, facts, today)
			object, err := stix.Parse(draft.Objects[0])
			if err != nil {
				t.Fatal(err)
			}
			said := reasonOf(plan, object.ID())
			if !plan.Allowed || (said.Effect == Allow) != (test.why == "") || test.why != "" && !strings.Contains(said.Text, test.why) {
				t.Errorf("%+v, want %q; blocked by %+v", said, test.why, plan.Blocked())
			}
		})
	}
}

// A note leaves without its authors, and is no person.
func TestANoteIsNoPerson(t *testing.T) {
	draft := plain(t)
	draft.Objects = []jsontext.Value{
		stixObject("malware", "0b", `"name":"Kestrel","is_family":false,`+greenMark),
		stixObject("note", "0c", `"content":"It was seen twice.","authors":["Ada Lee"],"object_refs":["malware--00000000-0000-4000-8000-00000000000b"],`+greenMark),
	}
	result := Shipped().Cut(draft, bravo, Own(draft), nil, newID, today)
	if !result.Plan.Allowed || len(result.Warning.Objects) != 2 || strings.Contains(string(result.Warning.Objects[1]), "Ada Lee") {
		t.Errorf("%+v: %s", result.Plan.Reasons, result.Warning.Objects)
	}
	note, err := stix.Parse(draft.Objects[1])
	if err != nil {
		t.Fatal(err)
	}
	if said := Shipped().MayPush(handling.Red, handling.Green, note); said.Allowed {
		t.Error("a note is pushed with its authors")
	}
}
