// SPDX-License-Identifier: Apache-2.0

package policy

// This file tests that what one partner's copy leaves out is not said in it: persons
// who are not named to it, objects that stay, parts that are cut, what others said,
// and what its limits take.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	greenMark = `"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]`
	redMark   = `"object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]`
)

func stixObject(kind, id, rest string) jsontext.Value {
	return jsontext.Value(`{"type":"` + kind + `","spec_version":"2.1","id":"` + kind + `--00000000-0000-4000-8000-0000000000` + id +
		`","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",` + rest + `}`)
}

func TestWhatIsLeftOutIsNotSaid(t *testing.T) {
	person := []warning.Person{{Name: "Ivan Petrov", Role: "suspect", Kind: "fact", Text: "drives a van with the plate KX 77419", Reason: "to find him"}}
	for name, test := range map[string]struct {
		change func(*warning.Draft)
		field  string // of the leak; empty if it leaves
	}{
		"a person who is not named to it": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Releases["bravo"] = "Ivan Petrov will be at the market."
		}, "text"},
		"in Cyrillic": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Releases["bravo"] = "Там будет Иван Петров."
		}, "text"},
		"by one name": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Warning.Action = "Stop Petrov."
		}, "recommended_action"},
		"what is said of the person": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Releases["bravo"] = "Look for the plate KX-77419."
		}, "text"},
		"in an object": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Objects = []jsontext.Value{stixObject("campaign", "01", `"name":"c","description":"Led by Ivan Petrov",`+greenMark)}
		}, "objects.0.description"},
		"who is threatened": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Warning.Target.Name, d.Releases["bravo"] = "Ivan Petrov", "Ivan Petrov is threatened."
		}, ""},
		"nobody": {func(d *warning.Draft) {
			d.Warning.Persons = person
			d.Releases["bravo"] = "One man will be at the market."
		}, ""},
		"an object that is a person": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("identity", "02", `"name":"Ivan Petrov","identity_class":"individual",`+greenMark)}
			d.Releases["bravo"] = "Petrov will be there."
		}, "text"},
		"the address in a pattern that stays": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("indicator", "03", `"pattern":"[ipv4-addr:value = '192.0.2.77']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z",`+redMark)}
			d.Releases["bravo"] = "Block 192.0.2.77."
		}, "text"},
		"the same address in an object that leaves": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{
				stixObject("indicator", "03", `"pattern":"[ipv4-addr:value = '192.0.2.77']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z",`+redMark),
				stixObject("ipv4-addr", "04", `"value":"192.0.2.77",`+greenMark),
			}
			d.Releases["bravo"] = "Block 192.0.2.77."
		}, ""},
		"the name of an object that stays": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("malware", "05", `"name":"Grey Kestrel","is_family":false,`+redMark)}
			d.Releases["bravo"] = "They use grey kestrel."
		}, "text"},
		"the place of an object that stays, said openly": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("location", "06", `"name":"Riverton","country":"XB","city":"Riverton",`+redMark)}
			d.Releases["bravo"] = "Riverton is threatened."
		}, ""},
		"a part with a marking of its own": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "07", `"name":"c","description":"The third courier comes by the night ferry",`+greenMark+
				`,"granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["description"]}]`)}
			d.Releases["bravo"] = "We hear the third courier comes by the night ferry."
		}, "text"},
		"a property that is cut": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "08", `"name":"c","x_note":"KESTREL-7741 has it from his wife",`+greenMark)}
			d.Releases["bravo"] = "See kestrel 7741."
		}, "text"},
		"a public reference that is cut": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("vulnerability", "09", `"name":"CVE-2024-12345","external_references":[{"source_name":"cve","external_id":"CVE-2024-12345"}],`+greenMark)}
			d.Releases["bravo"] = "Patch CVE-2024-12345."
		}, ""},
		"an entry of a public catalogue": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("attack-pattern", "0a", `"name":"a","external_references":[{"source_name":"mitre-attack","external_id":"T1566.001","url":"https://attack.mitre.org/techniques/T1566/001"}],`+greenMark)}
			d.Releases["bravo"] = "They use T1566.001, see https://attack.mitre.org/techniques/T1566/001."
		}, ""},
		"a case that a reference names": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "0b", `"name":"c","external_references":[{"source_name":"tracker","external_id":"KX-2031-7741"}],`+greenMark)}
			d.Releases["bravo"] = "See kx 2031 7741."
		}, "text"},
		"a case under the name of a catalogue": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "0c", `"name":"c","external_references":[{"source_name":"cve","external_id":"KX-2031-7741"}],`+greenMark)}
			d.Warning.Method = "as in KX-2031-7741"
		}, "method"},
		"the address of a reference": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "0d", `"name":"c","external_references":[{"source_name":"cve","url":"https://tracker.example.net/case/7741"}],`+greenMark)}
			d.Releases["bravo"] = "See hxxps://tracker[.]example[.]net/case/7741."
		}, "text"},
		"what a reference says": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "0e", `"name":"c","external_references":[{"source_name":"a desk","description":"the courier comes by the night ferry"}],`+greenMark)}
			d.Releases["bravo"] = "We hear the courier comes by the night ferry."
		}, "text"},
		"whose a reference is": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "0f", `"name":"c","external_references":[{"source_name":"Harbour Watch Nine","description":"d"}],`+greenMark)}
			d.Releases["bravo"] = "Harbour watch nine saw it."
		}, "text"},
		"whose a reference is, by a word that many say": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "10", `"name":"c","external_references":[{"source_name":"Police","description":"d"}],`+greenMark)}
			d.Releases["bravo"] = "Call the Police."
		}, ""},
		"the address of a reference that an object says openly": {func(d *warning.Draft) {
			d.Objects = []jsontext.Value{stixObject("campaign", "11", `"name":"c","external_references":[{"source_name":"blog","url":"https://blog.example.net/a-7741"}],`+greenMark),
				stixObject("url", "12", `"value":"https://blog.example.net/a-7741",`+greenMark)}
			d.Releases["bravo"] = "See https://blog.example.net/a-7741."
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			draft := readPair(t, "pairs/plain.txt").draft
			test.change(draft)
			result := Shipped().Cut(draft, bravo, Own(draft), nil, newID, today)
			if test.field == "" {
				if !result.Plan.Allowed {
					t.Errorf("it stays: %+v", result.Plan.Blocked())
				}
				return
			}
			if result.Plan.Allowed || len(result.Leaks) == 0 || result.Leaks[0].Field != test.field || !strings.HasSuffix(result.Leaks[0].Source, withheldHere) {
				t.Errorf("allowed %v, leaks %+v, blocked by %+v", result.Plan.Allowed, result.Leaks, result.Plan.Blocked())
			}
		})
	}
}

// A person is named to one partner, and to no other by its text.
func TestAPersonIsNamedToOne(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	draft.Warning.Persons = []warning.Person{{Name: "Ivan Petrov", Role: "suspect", Kind: "fact", Reason: "to find him"}}
	draft.ReleasableTo, draft.PersonsTo = []string{"bravo", "carol"}, []string{"bravo"}
	draft.Releases = map[string]string{"bravo": "Ivan Petrov will be there.", "carol": "Ivan Petrov will be there."}
	facts := Own(draft)
	facts.Naming = map[string]Naming{"bravo": {Sheets: []warning.Assurance{sheet("XB", "none", "2031-12-31")}, Most: 50}}
	cutter := Shipped().NewCutter(draft, facts, nil, today)
	if result := cutter.Cut(bravo, partner.Limits{}, newID); !result.Plan.Allowed || len(result.Warning.Persons) != 1 {
		t.Errorf("bravo: %+v", result.Plan.Blocked())
	}
	carol := Partner{"carol", "XC", partner.Active}
	if result := cutter.Cut(carol, partner.Limits{}, newID); result.Plan.Allowed {
		t.Error("carol is told the name in words")
	}
	asked := []redact.NamedText{{Name: "text", Text: "It was Petrov."}}
	if len(cutter.Repeats(bravo, partner.Limits{}, asked)) != 0 || len(cutter.Repeats(carol, partner.Limits{}, asked)) == 0 {
		t.Error("what is said later is not held against what the copy leaves out")
	}
}

// What a partner said beside its warning goes to others in other words, and back to
// itself in its own.
func TestWhatWasSaidBeside(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	draft.Releases["bravo"] = "We hear the grey van stands behind the bakery."
	facts := Own(draft)
	for origin, allowed := range map[string]bool{"delta": false, "bravo": true} {
		facts.Beside = []warning.Source{{ID: "warning--1", Origin: origin, Fields: warning.Said(&warning.Reply{Text: "The grey van stands behind the bakery."})}}
		if result := Shipped().Cut(draft, bravo, facts, nil, newID, today); result.Plan.Allowed != allowed {
			t.Errorf("said by %s: allowed %v, leaks %+v", origin, result.Plan.Allowed, result.Leaks)
		}
	}
}

// What limits take out of objects is not said in the text, in a correction's reason
// or in an answer.
func TestWhatLimitsTakeOfObjects(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	draft.Objects = []jsontext.Value{
		stixObject("location", "10", `"country":"XB","city":"Riverton","street_address":"12 Mill Lane",`+greenMark),
		stixObject("campaign", "11", `"name":"c","description":"They meet at 12 Mill Lane",`+greenMark),
	}
	cutter := Shipped().NewCutter(draft, Own(draft), nil, today)
	if result := cutter.Cut(bravo, partner.Limits{}, newID); !result.Plan.Allowed {
		t.Errorf("without limits: %+v", result.Plan.Blocked())
	}
	limits := partner.Limits{Place: "city"}
	if result := cutter.Cut(bravo, limits, newID); result.Plan.Allowed || result.Leaks[0].Source != limited {
		t.Errorf("another object says the street: %+v", result.Leaks)
	}
	change := []redact.NamedText{{Name: "change", Text: "It is 12 Mill Lane, not 14."}}
	if len(cutter.Repeats(bravo, limits, change)) == 0 || len(cutter.Repeats(bravo, partner.Limits{}, change)) != 0 {
		t.Error("the reason of a correction is not held against what limits take")
	}
}

// A draft that was held against nothing says so.
func TestUnguardedIsFlagged(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	flagged := func(source *warning.Source, facts Facts) bool {
		result := Shipped().Cut(draft, bravo, facts, source, newID, today)
		for _, flag := range result.Flags {
			if flag.Rule == FlagUnguarded {
				return true
			}
		}
		return false
	}
	if !flagged(nil, Own(draft)) {
		t.Error("nothing says that it was held against nothing")
	}
	facts := Own(draft)
	facts.Given = []warning.Source{{ID: "source--1"}}
	if flagged(nil, facts) || flagged(&warning.Source{ID: "source--1"}, Own(draft)) {
		t.Error("flagged although there is a source")
	}
}

// A report that was erased cannot be guarded any more: what rests on it stays.
func TestWhatWasErasedIsNotGuarded(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	facts := Own(draft)
	facts.Given = []warning.Source{{ID: "source--1", Erased: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}}
	plan := Shipped().Decide(draft, bravo, facts, today)
	if blocked := plan.Blocked(); len(blocked) != 1 || blocked[0].Rule != RuleLeak {
		t.Errorf("%+v", blocked)
	}
}

// An aside may say what its receiver told us and what everybody was told, and
// nothing else.
func TestQuotesOfAnAside(t *testing.T) {
	const told = "two men left the harbour with the grey van at dawn"
	text := []redact.NamedText{{Name: "question", Text: "Is it true that " + told + "?"}}
	for name, test := range map[string]struct {
		held  warning.Source
		found string
	}{
		"a report":                {warning.Source{Fields: []warning.Field{{Name: "a", Text: told}}}, "a source report of ours"},
		"the title of a report":   {warning.Source{Title: told}, "a source report of ours"},
		"an open field":           {warning.Source{Fields: []warning.Field{{Name: "a", Text: told, Open: true}}}, ""},
		"another partner":         {warning.Source{Origin: "carol", Handling: handling.Handling{TLP: handling.Green}, Fields: []warning.Field{{Name: "a", Text: told}}}, "what another partner told us"},
		"another, to everybody":   {warning.Source{Origin: "carol", Handling: handling.Handling{TLP: handling.Clear}, Fields: []warning.Field{{Name: "a", Text: told}}}, ""},
		"who is asked":            {warning.Source{Origin: "bravo", Fields: []warning.Field{{Name: "a", Text: told}}}, ""},
		"nothing that was erased": {warning.Source{Title: "(erased)"}, ""},
	} {
		got := ""
		for _, leak := range (Aside{To: "bravo", Texts: text}).Quotes([]warning.Source{test.held}) {
			got = leak.Source
		}
		if got != test.found {
			t.Errorf("%s: %q, want %q", name, got, test.found)
		}
	}
	both := []warning.Source{{Fields: []warning.Field{{Name: "a", Text: told}}}, {Origin: "bravo", Fields: []warning.Field{{Name: "a", Text: told}}}}
	if found := (Aside{To: "bravo", Texts: text}).Quotes(both); len(found) != 0 {
		t.Errorf("our own report of what bravo told us: %+v", found)
	}
	if found := (Aside{Texts: []redact.NamedText{{Name: "text", Text: "a\U000e0041"}}}).Quotes(nil); len(found) != 1 {
		t.Errorf("characters that nobody sees: %+v", found)
	}
}
