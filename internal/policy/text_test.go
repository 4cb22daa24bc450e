// SPDX-License-Identifier: Apache-2.0

package policy

// This file tests how the text of a policy is read, and what is refused.

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestShippedIsRead(t *testing.T) {
	rules, err := Read("shipped.cedar", shippedText)
	if err != nil {
		t.Fatal(err)
	}
	if rules.Hash() != Shipped().Hash() || !bytes.Equal(rules.Text(), shippedText) || len(rules.Clauses()) < 30 {
		t.Errorf("%d rules, hash %s", len(rules.Clauses()), rules.Hash())
	}
	other, err := Read("", append(slices.Clone(shippedText), '\n'))
	if err != nil || other.Hash() == rules.Hash() {
		t.Errorf("another text has the same hash: %v", err)
	}
}

// Each file of testdata/faults is a policy and what is wrong with it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.txt")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 2 {
				t.Fatal(err)
			}
			rules, err := Read("policy.cedar", archive.Files[0].Data)
			if rules != nil {
				t.Error("there is a policy all the same")
			}
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("no faults: %v", err)
			}
			got := strings.Join(faults.Lines(), "\n") + "\n"
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is no text, or too much of it, is refused.
func TestFaultsOfBytes(t *testing.T) {
	for name, text := range map[string][]byte{
		"empty": nil, "spaces": []byte(" \n"), "a comment": []byte("// nothing\n"), "no UTF-8": {0xff, 0xfe}, "zeros": make([]byte, 10),
		"too long": bytes.Repeat([]byte("/"), MaxText+1),
	} {
		if rules, err := Read("x", text); err == nil || rules != nil {
			t.Errorf("%s: read", name)
		}
	}
}

// Without a policy that was read, nobody gets anything, and is told why here.
func TestNoPolicyIsNobody(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	to := Partner{"bravo", "XB", partner.Active}
	if !Shipped().Decide(draft, to, Own(draft), today).Allowed {
		t.Fatal("the draft does not leave by the policy that is shipped")
	}
	var none *Rules
	for name, rules := range map[string]*Rules{"none": none, "empty": {}, "broken": Nobody("line 3 is gone")} {
		plan := rules.Decide(draft, to, Own(draft), today)
		if plan.Allowed || plan.Blocked()[0].Rule != RuleNobody || plan.Blocked()[0].Text == "" {
			t.Errorf("%s: %+v", name, plan.Blocked())
		}
		object := Public{ID: "statement--1", Label: handling.Clear, Cleared: true}
		if len(rules.Cleared(handling.Red)) > 0 || rules.MayPublish(object).Allowed ||
			rules.MayExport("ada", []string{"releaser"}, File{Kind: FileDossier, Label: handling.Clear}).Allowed {
			t.Errorf("%s: something is shown", name)
		}
	}
}

// open is a policy that permits everything: what is left is the floor.
const open = `@id("all") @says("everything leaves") permit (principal, action, resource);`

// What is empty, unknown or unreadable stays, whatever a policy permits.
func TestFloor(t *testing.T) {
	rules, err := Read("open.cedar", []byte(open))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*warning.Draft, *Partner, *Facts){
		"frozen":    func(_ *warning.Draft, to *Partner, _ *Facts) { to.State = partner.Frozen },
		"expelled":  func(_ *warning.Draft, to *Partner, _ *Facts) { to.State = partner.Expelled },
		"suspended": func(_ *warning.Draft, to *Partner, _ *Facts) { to.State = partner.Suspended },
		"pending":   func(_ *warning.Draft, to *Partner, _ *Facts) { to.State = partner.Pending },
		"no state":  func(_ *warning.Draft, to *Partner, _ *Facts) { to.State = "" },
		"limited, no life": func(d *warning.Draft, to *Partner, _ *Facts) {
			to.State, d.Warning.ThreatType = partner.Limited, "cyber_attack"
		},
		"nobody":         func(_ *warning.Draft, to *Partner, _ *Facts) { to.Name = "" },
		"not named":      func(d *warning.Draft, _ *Partner, _ *Facts) { d.ReleasableTo = nil },
		"no text":        func(d *warning.Draft, _ *Partner, _ *Facts) { d.Releases = nil },
		"withdrawn":      func(d *warning.Draft, _ *Partner, _ *Facts) { d.Stage = warning.Withdrawn },
		"no label":       func(d *warning.Draft, _ *Partner, _ *Facts) { d.Warning.Handling.TLP = "" },
		"unknown label":  func(d *warning.Draft, _ *Partner, _ *Facts) { d.Warning.Handling.TLP = "TLP:WHITE" },
		"unknown code":   func(d *warning.Draft, _ *Partner, _ *Facts) { d.Warning.Handling.Codes = []handling.Code{"H9"} },
		"unknown caveat": func(d *warning.Draft, _ *Partner, _ *Facts) { d.Warning.Handling.Caveats = []handling.Caveat{"x"} },
		"no review":      func(d *warning.Draft, _ *Partner, _ *Facts) { d.Warning.Review = "soon" },
		"unreadable third": func(d *warning.Draft, _ *Partner, f *Facts) {
			f.Given = []warning.Source{{ID: "warning--1", Origin: "delta"}}
		},
		"object nobody parses": func(d *warning.Draft, _ *Partner, _ *Facts) { d.Objects = append(d.Objects, []byte(`{`)) },
	} {
		draft := readPair(t, "pairs/plain.txt").draft
		to, facts := Partner{"bravo", "XB", partner.Active}, Own(draft)
		if plan := rules.Decide(draft, to, facts, today); !plan.Allowed {
			t.Fatalf("the draft itself stays: %+v", plan.Blocked())
		}
		change(draft, &to, &facts)
		plan := rules.Decide(draft, to, facts, today)
		if plan.Allowed || plan.Blocked()[0].Text == "" || slices.ContainsFunc(plan.Reasons, func(r Reason) bool { return r.Effect == Allow }) {
			t.Errorf("%s: %v, %+v", name, plan.Allowed, plan.Blocked())
		}
	}
	for name, v := range map[string]Verdict{
		"not cleared":           rules.MaySee(handling.Green, handling.Amber),
		"no clearance":          rules.MaySee("", handling.Clear),
		"no label":              rules.MaySee(handling.Red, ""),
		"a statement uncleared": rules.MayPublish(Public{Label: handling.Clear}),
		"their account":         rules.MayPublish(Public{Label: handling.Clear, Cleared: true, Theirs: true}),
		"said without a label":  rules.MaySay(bravo, "reply", "", File{Partner: "bravo", Label: handling.Clear}),
		"said to another":       rules.MaySay(bravo, "reply", handling.Red, File{Partner: "carol", Label: handling.Clear}),
		"a case without label":  rules.MayExport("ada", nil, File{Case: "warning--1", Kind: FileDossier, Text: true}),
	} {
		if v.Allowed || v.Reason.Rule != RuleFloor {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

// An object whose origin or label cannot be told stays under any policy.
func TestFloorOfObjects(t *testing.T) {
	rules, err := Read("open.cedar", []byte(open))
	if err != nil {
		t.Fatal(err)
	}
	draft := readPair(t, "pairs/plain.txt").draft
	const id = "identity--00000001-0000-4000-8000-000000000001"
	for name, test := range map[string]struct {
		marking string
		from    *Provenance
	}{
		"nobody knows from where": {"", nil},
		"an unknown marking":      {`,"object_marking_refs":["marking-definition--00000000-0000-4000-8000-00000000abcd"]`, &Provenance{}},
		"given without a label":   {"", &Provenance{Partner: "delta"}},
		"given with an unknown":   {"", &Provenance{Partner: "bravo", Handling: handling.Handling{TLP: "TLP:BLUE"}}},
	} {
		draft.Objects = append(draft.Objects[:0], []byte(`{"type":"identity","id":"`+id+`","identity_class":"group","name":"x"`+test.marking+`}`))
		facts := Facts{Objects: map[string]Provenance{}}
		if test.from != nil {
			facts.Objects[id] = *test.from
		}
		plan := rules.Decide(draft, Partner{"bravo", "XB", partner.Active}, facts, today)
		if !slices.Equal(plan.Withhold, []string{id}) {
			t.Errorf("%s: %+v", name, plan.Withhold)
		}
	}
}

// A rule that fails at some facts lets nothing out at those facts.
func TestRuleThatFails(t *testing.T) {
	rules, err := Read("x.cedar", []byte(open+`
@id("many") @says("too many objects") forbid (principal, action == Action::"send", resource) when { resource.objects * 9223372036854775807 < 0 };`))
	if err != nil {
		t.Fatal(err)
	}
	draft := readPair(t, "pairs/plain.txt").draft
	to := Partner{"bravo", "XB", partner.Active}
	if !rules.Decide(draft, to, Own(draft), today).Allowed {
		t.Fatal("the draft does not leave")
	}
	draft.Objects = append(draft.Objects, []byte(`{}`), []byte(`{}`))
	plan := rules.About(draft, Own(draft), today).Decide(to)
	if plan.Allowed || !slices.ContainsFunc(plan.Blocked(), func(r Reason) bool { return r.Rule == RuleNobody && strings.Contains(r.Text, "many") }) {
		t.Errorf("%+v", plan.Blocked())
	}
}

// The decision names the text by which it was made, the rule, and what it follows.
func TestExplained(t *testing.T) {
	draft := readPair(t, "pairs/plain.txt").draft
	draft.Warning.Handling.TLP = handling.Red
	plan := Shipped().Decide(draft, Partner{"bravo", "XB", partner.Active}, Own(draft), today)
	want := []Reason{{Rule: "tlp-red", Field: "recipients", Effect: Block, Text: "TLP:RED is for named persons, and none is named", Source: "TLP 2.0"}}
	if diff := cmp.Diff(want, plan.Blocked()); diff != "" {
		t.Error(diff)
	}
	if plan.Policy != Shipped().Hash() || len(plan.Policy) != 64 {
		t.Errorf("by the policy %q", plan.Policy)
	}
}

// A name in a comment of the schema says what a word may be; this test holds the
// page about policies to the list.
func TestAttributesAreInTheManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	entity := ""
	for line := range strings.Lines(string(Attributes())) {
		if match := regexp.MustCompile(`^(?:entity|action) "?(\w+)"?`).FindStringSubmatch(line); match != nil {
			entity = match[1]
			if !bytes.Contains(manual, []byte("`"+entity+"`")) {
				t.Errorf("docs/policy.md does not name %s", entity)
			}
		}
		if match := regexp.MustCompile(`^\s+(\w+): (?:Bool|Long|String|Set)`).FindStringSubmatch(line); match != nil && !bytes.Contains(manual, []byte("`"+match[1]+"`")) {
			t.Errorf("docs/policy.md does not name %s of %s", match[1], entity)
		}
	}
	for _, clause := range Shipped().Clauses() {
		if !bytes.Contains(manual, []byte("`"+string(clause.ID)+"`")) {
			t.Errorf("docs/policy.md does not name the rule %s", clause.ID)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(shippedText)
	f.Add([]byte(open))
	f.Add([]byte(`@id("x") @says("y") forbid (principal, action, resource) when { resource.rank > 1 };`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := Read("x", text)
		if (err == nil) == (rules == nil) {
			t.Fatalf("%v, %v", rules, err)
		}
		var faults Faults
		if err != nil && (!errors.As(err, &faults) || len(faults) == 0) {
			t.Fatalf("no faults: %v", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Text == "" {
				t.Errorf("%+v", fault)
			}
		}
	})
}
