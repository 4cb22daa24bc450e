// SPDX-License-Identifier: Apache-2.0

package policy

// This file plays the text pairs that ship, see Pair, and holds what leaves
// against everything that must stay. "go test -update ./internal/policy" writes
// their outputs.

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

var update = flag.Bool("update", false, "write the outputs of the text pairs")

var today = time.Date(2031, 5, 8, 9, 30, 15, 123456789, time.UTC)

const newID = "warning--99999999-9999-4999-8999-999999999999"

// A textPair is a pair with its file.
type textPair struct {
	*Pair
	archive *txtar.Archive
}

func TestTextPairs(t *testing.T) {
	files, err := filepath.Glob("pairs/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d text pairs, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			pair := readPair(t, file)
			for _, to := range pair.to {
				result := Shipped().Cut(pair.draft, to, pair.facts, pair.source, newID, today)
				leaves, err := printed(result)
				if err != nil {
					t.Fatal(err)
				}
				pair.compare(t, to.Name+".out", leaves)
				pair.compare(t, to.Name+".why", reasons(result))
				nothingWithheld(t, pair, to, result)
				everythingHasAReason(t, pair, result)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(pair.archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A pair says of each of its partners what leaves and why.
func (pair *textPair) compare(t *testing.T, name, got string) {
	t.Helper()
	for i := range pair.archive.Files {
		if file := &pair.archive.Files[i]; file.Name == name {
			if *update {
				file.Data = []byte(got)
			} else if diff := cmp.Diff(string(file.Data), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			return
		}
	}
	if !*update {
		t.Errorf("%s is missing", name)
	}
	pair.archive.Files = append(pair.archive.Files, txtar.File{Name: name, Data: []byte(got)})
}

func readPair(t *testing.T, file string) *textPair {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ReadPair(file, raw)
	if err != nil {
		t.Fatal(err)
	}
	return &textPair{pair, txtar.Parse(raw)}
}

// The pairs that ship hold for the policy that ships, and fail for another.
func TestShippedPairs(t *testing.T) {
	pairs, err := ShippedPairs()
	if err != nil {
		t.Fatal(err)
	}
	wider, err := Read("open.cedar", []byte(open))
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, pair := range pairs {
		misses, err := pair.Play(Shipped())
		if err != nil || len(misses) > 0 || pair.Rule == "" {
			t.Errorf("%s: %+v, %v", pair.Name, misses, err)
		}
		if misses, err = pair.Play(wider); err != nil {
			t.Error(err)
		} else if len(misses) > 0 {
			failed++
		}
	}
	if failed < 10 {
		t.Errorf("only %d of %d pairs fail where everything is permitted", failed, len(pairs))
	}
}

func TestPairsThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":              "A rule.\n",
		"no outputs":           "-- draft.json --\n{}\n",
		"an unknown part":      "-- bravo.out --\nnothing\n-- notes --\n",
		"no JSON":              "-- draft.json --\n{\n-- bravo.out --\nnothing\n",
		"a member of no draft": "-- draft.json --\n{\"colour\": 1}\n-- bravo.out --\nnothing\n",
		"another partner":      "-- carol.out --\nnothing\n",
	} {
		if pair, err := ReadPair(name, []byte(text)); err == nil || pair != nil {
			t.Errorf("%s: read", name)
		}
	}
	pair, err := ReadPair("why alone", []byte("The label is gone.\n-- draft.json --\n{\"warning\": {\"handling\": {\"tlp\": \"\"}}}\n-- bravo.out --\nnothing\n"))
	if err != nil {
		t.Fatal(err)
	}
	if misses, err := pair.Play(Shipped()); err != nil || len(misses) > 0 {
		t.Errorf("%+v, %v", misses, err)
	}
}

func strict(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := warning.Read(raw, into); err != nil {
		t.Fatal(err)
	}
}

// nothingWithheld: no value that stays occurs anywhere in the bytes that leave.
func nothingWithheld(t *testing.T, pair *textPair, to Partner, result Result) {
	t.Helper()
	raw, err := warning.Encode(result.Warning)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{pair.draft.ID, pair.draft.Duty, pair.draft.ComposedBy, pair.draft.Source}
	for name, text := range pair.draft.Releases {
		if name != to.Name {
			secrets = append(secrets, text)
		}
	}
	if pair.source != nil {
		secrets = append(secrets, pair.source.ID, pair.source.Title)
		for _, field := range pair.source.Sensitive() {
			secrets = append(secrets, field.Text)
		}
	}
	kept := "" // what the objects that leave said before
	for _, object := range parsed(t, pair.draft.Objects) {
		secrets = append(secrets, object.ID())
		if _, leaves := result.IDs[object.ID()]; leaves {
			kept += string(object.Raw())
		}
	}
	for _, object := range parsed(t, pair.draft.Objects) {
		if _, leaves := result.IDs[object.ID()]; !leaves {
			for _, text := range texts(object.Map()) {
				if !strings.Contains(kept, text) {
					secrets = append(secrets, text)
				}
			}
		}
		for _, cut := range result.Cuts {
			if value, ok := object.Get(strings.Split(cut.Path, ".")...); ok && cut.Object == object.ID() && cut.Path != "" {
				secrets = append(secrets, texts(map[string]any{"": value})...)
			}
		}
	}
	for _, secret := range secrets {
		if secret != "" && bytes.Contains(raw, []byte(secret)) {
			t.Errorf("to %s: what leaves contains %q", to.Name, secret)
		}
	}
	if !result.Plan.Allowed && !cmp.Equal(result.Warning, warning.Warning{}) {
		t.Errorf("to %s: not allowed, and yet there is a warning", to.Name)
	}
}

func parsed(t *testing.T, objects []jsontext.Value) []stix.Object {
	t.Helper()
	var all []stix.Object
	for _, raw := range objects {
		if object, err := stix.Parse(raw); err == nil && object.ID() != "" {
			all = append(all, object)
		}
	}
	return all
}

// texts are the strings in a tree, but for words that every object has.
func texts(tree map[string]any) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		switch value := tree[name].(type) {
		case string:
			if name != "type" && name != "spec_version" && name != "identity_class" && name != "pattern_type" && name != "relationship_type" && name != "definition_type" {
				all = append(all, value)
			}
		case map[string]any:
			all = append(all, texts(value)...)
		case []any:
			for _, item := range value {
				all = append(all, texts(map[string]any{name: item})...)
			}
		}
	}
	// Markings are everybody's.
	return slices.DeleteFunc(all, func(text string) bool { _, known := stix.MarkingTLP(text); return known })
}

// everythingHasAReason: each field of the draft that says something, and each
// object, is spoken of.
func everythingHasAReason(t *testing.T, pair *textPair, result Result) {
	t.Helper()
	spoken := make(map[string]bool)
	for _, reason := range result.Plan.Reasons {
		spoken[reason.Field] = true
		if reason.Rule == "" || reason.Text == "" || reason.Effect == "" {
			t.Errorf("empty reason: %+v", reason)
		}
		if !result.Plan.Allowed && reason.Effect == Allow {
			t.Errorf("nothing leaves, and yet %s does", reason.Field)
		}
	}
	for i, raw := range pair.draft.Objects {
		object, err := stix.Parse(raw)
		if err == nil && !spoken[object.ID()] && !spoken[fmt.Sprintf("objects.%d", i)] {
			t.Errorf("no reason for object %d", i)
		}
	}
	var whole map[string]any
	raw, err := json.Marshal(pair.draft.Warning)
	if err != nil {
		t.Fatal(err)
	}
	strict(t, raw, &whole)
	for name, value := range whole {
		if name == "id" || name == "text" || value == nil || value == "" || value == "0001-01-01T00:00:00Z" {
			continue // the draft's own, spoken of below
		}
		if name == "target" {
			name = "target.kind"
		}
		if !spoken[name] && !(name == "target.kind" && value.(map[string]any)["kind"] == "") {
			t.Errorf("no reason for the field %s", name)
		}
	}
	if pair.draft.Source != "" && !spoken["source"] {
		t.Error("no reason for the source report")
	}
}

// What is empty, unknown or unreadable is for nobody.
func TestNobodyByDefault(t *testing.T) {
	for _, state := range []partner.State{"", "ACTIVE", "active ", "pending", "suspended", "expelled", "frozen"} {
		draft := readPair(t, "pairs/plain.txt").draft
		if plan := Shipped().Decide(draft, Partner{Name: "bravo", State: state}, Own(draft), today); plan.Allowed {
			t.Errorf("state %q: allowed", state)
		}
	}
	if plan := Shipped().Decide(&warning.Draft{}, Partner{State: partner.Active}, Facts{}, today); plan.Allowed {
		t.Error("an empty draft for nobody: allowed")
	}
}

// A thousand partners' copies of one warning, as an outbox cuts them.
func BenchmarkCut(b *testing.B) {
	archive, err := txtar.ParseFile("pairs/objects-cut.txt")
	if err != nil {
		b.Fatal(err)
	}
	var draft warning.Draft
	if err := json.Unmarshal(archive.Files[0].Data, &draft); err != nil {
		b.Fatal(err)
	}
	base, err := os.ReadFile("pairs/base.json")
	if err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(base, &draft); err != nil {
		b.Fatal(err)
	}
	story := strings.Repeat("Nothing in this field is ever said to anyone who asks about it. ", 30)
	source := &warning.Source{ID: "source--33333333-3333-4333-8333-333333333333", Title: "Talk at the mill", Fields: []warning.Field{{Name: "story", Text: story}}}
	draft.Source = source.ID
	facts := Own(&draft)
	for name, objects := range map[string][]jsontext.Value{"text alone": nil, "with 16 objects": draft.Objects} {
		b.Run(name, func(b *testing.B) {
			draft.Objects = objects
			for b.Loop() {
				if result := Shipped().Cut(&draft, Partner{"bravo", "XB", partner.Active}, facts, source, newID, today); !result.Plan.Allowed {
					b.Fatal(result.Plan.Blocked())
				}
			}
		})
	}
}
