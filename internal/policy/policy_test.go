// SPDX-License-Identifier: Apache-2.0

package policy

// This file plays the text pairs in testdata: the rule on top, the draft and
// what is known of it in, what each partner gets and why out.
//
// A case gives draft.json (merged into base.json), and may give facts.json,
// source.json and channels (a partner, a state and perhaps a country a line;
// without it bravo is active). Its outputs are one partner.out and one
// partner.why for each; "go test -update ./internal/policy" writes them.

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

// A textPair is one file of testdata, read.
type textPair struct {
	archive *txtar.Archive
	draft   *warning.Draft
	facts   Facts
	source  *warning.Source
	to      []Partner
}

func TestTextPairs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d text pairs, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			pair := readPair(t, file)
			for _, to := range pair.to {
				result := Shipped().Cut(pair.draft, to, pair.facts, pair.source, newID, today)
				pair.compare(t, to.Name+".out", printed(t, result))
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
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pair := &textPair{archive: archive, draft: &warning.Draft{}, to: []Partner{{"bravo", "XB", partner.Active}}}
	base, err := os.ReadFile("testdata/base.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := tree(t, base)
	for _, file := range archive.Files {
		switch file.Name {
		case "draft.json":
			merge(whole, tree(t, file.Data))
		case "source.json":
			pair.source = &warning.Source{}
			strict(t, file.Data, pair.source)
		case "channels":
			pair.to = nil
			for line := range strings.Lines(string(file.Data)) {
				words := append(strings.Fields(line), "", "")
				pair.to = append(pair.to, Partner{words[0], words[2], partner.State(words[1])})
			}
		}
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	strict(t, raw, pair.draft)
	pair.facts = Own(pair.draft)
	for _, file := range archive.Files {
		if file.Name == "facts.json" {
			pair.facts = Facts{}
			strict(t, file.Data, &pair.facts)
		}
	}
	return pair
}

func tree(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var whole map[string]any
	strict(t, raw, &whole)
	return whole
}

func strict(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := warning.Read(raw, into); err != nil {
		t.Fatal(err)
	}
}

// merge writes changes into whole; null takes a member out. RFC 7396
func merge(whole, changes map[string]any) {
	for name, change := range changes {
		inner, ok := change.(map[string]any)
		if old, both := whole[name].(map[string]any); ok && both {
			merge(old, inner)
		} else if change == nil {
			delete(whole, name)
		} else {
			whole[name] = change
		}
	}
}

// printed is what leaves, with new ids numbered.
func printed(t *testing.T, result Result) string {
	t.Helper()
	if result.Warning.ID == "" {
		return "nothing\n"
	}
	raw, err := warning.Encode(result.Warning)
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range result.Warning.Objects {
		view, err := stix.Parse(object)
		if err != nil {
			t.Fatal(err)
		}
		raw = bytes.ReplaceAll(raw, []byte(view.ID()), []byte(fmt.Sprintf("%s--new-%d", view.Type(), i+1)))
	}
	value := jsontext.Value(raw)
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		t.Fatal(err)
	}
	return string(value) + "\n"
}

// reasons are the reasons a line each, without those of fields that leave by
// the common rule.
func reasons(result Result) string {
	var out strings.Builder
	for _, reason := range result.Plan.Reasons {
		common := reason.Rule == "releasable-to" && reason.Effect == Allow || reason.Effect == Withhold && strings.HasPrefix(reason.Text, "nothing leaves:")
		if !common {
			fmt.Fprintf(&out, "%s %s by %s: %s\n", reason.Effect, reason.Field, reason.Rule, reason.Text)
		}
	}
	for _, cut := range result.Cuts {
		fmt.Fprintf(&out, "cut %s %s by %s: %s\n", cut.Object, cut.Path, cut.Rule, cut.Reason)
	}
	for _, leak := range result.Leaks {
		fmt.Fprintf(&out, "leak %s in %s: %q, of %s\n", leak.Rule, leak.Field, leak.Words, leak.Source)
	}
	return out.String()
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
		draft := readPair(t, "testdata/plain.txt").draft
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
	archive, err := txtar.ParseFile("testdata/objects-cut.txt")
	if err != nil {
		b.Fatal(err)
	}
	var draft warning.Draft
	if err := json.Unmarshal(archive.Files[0].Data, &draft); err != nil {
		b.Fatal(err)
	}
	base, err := os.ReadFile("testdata/base.json")
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
