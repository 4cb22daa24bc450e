// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests the verbs that make other objects of objects.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	desk   = "identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"
	others = "identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e02"
	// written is an object in the hand of its creator, with white space of his own.
	written = `{ "type" : "campaign",
  "spec_version": "2.1",
  "id": "campaign--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e03",
  "created_by_ref": "` + desk + `",
  "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
  "name": "caf\u00e9",
  "x_ratio": 1.50e0
}`
)

func read(t testing.TB, text string) Object {
	t.Helper()
	object, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func later(second int) time.Time { return time.Date(2026, 2, 3, 4, 5, second, 0, time.UTC) }

// What an edit leaves alone stays as it was written, byte for byte.
func TestNewVersionKeepsBytes(t *testing.T) {
	object := read(t, written)
	next, err := object.NewVersion(Edit{By: desk, At: later(6)}, map[string]any{"name": "tea", "x_new": []int{1}, "labels": nil})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		`"modified": "2026-01-01T00:00:00.000Z"`, `"modified": "2026-02-03T04:05:06.000Z"`,
		`"caf\u00e9"`, `"tea"`,
		"1.50e0\n}", "1.50e0,\n  \"x_new\": [1]\n}").Replace(written)
	if diff := cmp.Diff(want, string(next.Raw())); diff != "" {
		t.Error(diff)
	}
	less, err := next.NewVersion(Edit{By: desk, At: later(7)}, map[string]any{"x_ratio": nil, "x_new": nil})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(less.Raw()), "x_") || strings.Contains(string(less.Raw()), ",\n}") {
		t.Errorf("left: %s", less.Raw())
	}
	if !object.Equal(read(t, written)) {
		t.Error("the first version was changed")
	}
}

func TestVersionRules(t *testing.T) {
	edit := Edit{By: desk, At: later(0)}
	with := func(extra string) string { return strings.Replace(written, `"x_ratio"`, extra+`, "x_ratio"`, 1) }
	sco := `{"type":"url","id":"url--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e04","value":"https://example.org/"}`
	tests := []struct {
		rule    string
		object  string
		edit    Edit
		changes map[string]any
		want    error
	}{
		{"somebody else's object", written, Edit{By: others, At: later(0)}, nil, ErrNotCreator},
		{"nobody's object", strings.Replace(written, `"created_by_ref": "`+desk+`",`, "", 1), Edit{At: later(0)}, nil, nil},
		{"a revoked object", with(`"revoked":true`), edit, nil, ErrRevoked},
		{"an observable", sco, edit, nil, ErrNotVersioned},
		{"a marking definition", `{"type":"marking-definition","created":"2026-01-01T00:00:00.000Z"}`, edit, nil, ErrNotVersioned},
		{"the same instant", written, Edit{By: desk, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, nil, ErrNotLater},
		{"a nanosecond later", written, Edit{By: desk, At: time.Date(2026, 1, 1, 0, 0, 0, 1, time.UTC)}, nil, ErrNotLater},
		{"a microsecond later", written, Edit{By: desk, At: time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC)}, nil, nil},
		{"another id", written, edit, map[string]any{"id": NewID("campaign")}, ErrFixed},
		{"another type", written, edit, map[string]any{"type": "tool"}, ErrFixed},
		{"another creator", written, edit, map[string]any{"created_by_ref": others}, ErrFixed},
		{"no creator", written, edit, map[string]any{"created_by_ref": nil}, ErrFixed},
		{"another birthday", written, edit, map[string]any{"created": "2025-01-01T00:00:00.000Z"}, ErrFixed},
		{"revoked by the way", written, edit, map[string]any{"revoked": true}, ErrFixed},
		{"a time of its own", written, edit, map[string]any{"modified": "2030-01-01T00:00:00.000Z"}, ErrFixed},
		{"without its name", written, edit, map[string]any{"name": nil}, ErrBreaks},
		{"with a bad confidence", written, edit, map[string]any{"confidence": 101}, ErrBreaks},
		{"better than it was", with(`"confidence":101`), edit, map[string]any{"confidence": 100}, nil},
		{"no worse than it was", with(`"confidence":101`), edit, map[string]any{"name": "n"}, nil},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			object := read(t, test.object)
			next, err := object.NewVersion(test.edit, test.changes)
			if !errors.Is(err, test.want) || (err == nil) == next.IsZero() {
				t.Fatalf("got %s, %v; want %v", next.Raw(), err, test.want)
			}
			if err == nil && !next.Modified().After(object.Modified()) {
				t.Errorf("modified is %s", next.ModifiedText())
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	revoked, err := read(t, written).Revoke(Edit{By: desk, At: later(0)})
	if err != nil || !revoked.Revoked() || revoked.ModifiedText() != "2026-02-03T04:05:00.000Z" {
		t.Fatalf("%s, %v", revoked.Raw(), err)
	}
	if _, err := revoked.Revoke(Edit{By: desk, At: later(1)}); !errors.Is(err, ErrRevoked) {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := revoked.AddMarkings(Edit{By: desk, At: later(1)}, []string{tlpMarkings[0].id}); !errors.Is(err, ErrRevoked) {
		t.Errorf("marked when revoked: %v", err)
	}
}

// An observable that has versions has an id of its creator's own; nothing its
// deterministic id would be made of may change. STIX 2.1 §3.6
func TestVersionsOfObservables(t *testing.T) {
	versioned := `{"type":"file","spec_version":"2.1","id":"ID","name":"a","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"}`
	id, err := DeterministicID(read(t, versioned))
	if err != nil {
		t.Fatal(err)
	}
	if read(t, strings.Replace(versioned, "ID", id, 1)).Versioned() {
		t.Error("an observable with the id that everybody gives it can be versioned")
	}
	own := read(t, strings.Replace(versioned, "ID", NewID("file"), 1))
	if next, err := own.NewVersion(Edit{At: later(0)}, map[string]any{"size": 3}); err != nil || next.ID() != own.ID() {
		t.Errorf("%s, %v", next.Raw(), err)
	}
}

const marked = `{"type":"report","spec_version":"2.1","id":"report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e05",
"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"n","description":"d","published":"2026-01-01T00:00:00Z",
"object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"],"lang":"de","labels":["a","b","c","labels.[0]"],
"external_references":[{"source_name":"s","description":"one"},{"source_name":"t","description":"two"}],
"x_map":{"a.b":"dotted","a":{"b":"nested"}},
"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"],
"granular_markings":[
{"marking_ref":"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82","selectors":["labels","external_references.[1].description"]},
{"marking_ref":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","selectors":["labels.[1]"]},
{"marking_ref":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","selectors":["labels.[1]"]},
{"lang":"fr","selectors":["labels"]},{"lang":"nl","selectors":["labels.[2]"]}]}`

const (
	tlpGreen = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"
	tlpAmber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
	tlpRed   = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
	tlpWhite = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
)

// The nearest marking wins over those around it; several at one place all hold.
func TestPrecedence(t *testing.T) {
	object := read(t, marked)
	tests := []struct {
		selector string
		markings string // by their last letters, joined
		language string
	}{
		{"name", tlpGreen, "de"},
		{"labels", tlpAmber, "fr"},
		{"labels.[0]", tlpAmber, "fr"},
		{"labels.[1]", tlpRed + " " + tlpWhite, "fr"},
		{"labels.[2]", tlpAmber, "nl"},
		{"external_references", tlpGreen, "de"},
		{"external_references.[1]", tlpGreen, "de"},
		{"external_references.[1].description", tlpAmber, "de"},
		{"external_references.[2]", "", ""},
		{"labels.[-1]", "", ""},
		{"labels.[01]x", "", ""},
		{"label", "", ""},
		{"labels.", "", ""},
		{".labels", "", ""},
		{"", "", ""},
		{"name.[0]", "", ""},
		{"x_map.a.b", tlpGreen, "de"},
	}
	for _, test := range tests {
		ids, err := object.EffectiveMarkings(test.selector)
		language, languageErr := object.Language(test.selector)
		if test.markings == "" {
			if !errors.Is(err, ErrSelector) || !errors.Is(languageErr, ErrSelector) {
				t.Errorf("%q: %v, %v", test.selector, err, languageErr)
			}
			continue
		}
		if strings.Join(ids, " ") != test.markings || language != test.language || err != nil {
			t.Errorf("%q: %q in %q, %v", test.selector, ids, language, err)
		}
	}
	if value, err := object.Select("x_map.a.b"); err != nil || value != "nested" {
		t.Errorf("a dotted selector found %v, %v", value, err)
	}
	if language, _ := read(t, written).Language("name"); language != "en" {
		t.Errorf("without a word about it the language is %q", language)
	}
}

func TestMarkingVerbs(t *testing.T) {
	object, edit := read(t, marked), Edit{At: later(0)}
	same, err := object.AddMarkings(edit, []string{tlpRed}, "labels.[1]")
	if err != nil || !same.Equal(object) {
		t.Errorf("marking what is marked made a version: %v", err)
	}
	next, err := object.AddMarkings(edit, []string{tlpRed, "pt-BR"}, "description")
	if err != nil || !next.Modified().After(object.Modified()) {
		t.Fatal(err)
	}
	if ids, _ := next.EffectiveMarkings("description"); strings.Join(ids, " ") != tlpRed {
		t.Errorf("marked %q", ids)
	}
	for _, bad := range []string{"", "xx-yy-zz-1", "tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01", "marking-definition--1"} {
		if _, err := object.AddMarkings(edit, []string{bad}, "name"); !errors.Is(err, ErrMarking) {
			t.Errorf("marked with %q: %v", bad, err)
		}
	}
	if _, err := object.AddMarkings(edit, []string{"en"}); !errors.Is(err, ErrMarking) {
		t.Errorf("a whole object was given a language by a marking: %v", err)
	}
	if _, err := object.RemoveMarkings(edit, []string{tlpRed}); !errors.Is(err, ErrUnmarked) {
		t.Errorf("a marking that is not there was removed: %v", err)
	}
	address := read(t, `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`)
	if next, err := address.AddMarkings(Edit{}, []string{tlpRed}); err != nil || next.ID() != address.ID() || next.Markings()[0] != tlpRed {
		t.Errorf("an observable: %s, %v", next.Raw(), err)
	}
	definition := read(t, `{"type":"marking-definition","id":"`+tlpRed+`"}`)
	if _, err := definition.AddMarkings(edit, []string{tlpGreen}); !errors.Is(err, ErrNotVersioned) {
		t.Errorf("a marking definition was marked: %v", err)
	}
}

func TestCut(t *testing.T) {
	object := read(t, strings.Replace(marked, `"name"`, `"created_by_ref":"`+desk+`","name"`, 1))
	result, err := object.Cut(Cut{
		Selectors: []string{"labels.[0]", "labels.[2]", "external_references.[0].source_name", "external_references.[0].description", "x_map.a.b"},
		At:        later(0), ID: "report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e06",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"created":"2026-02-03T04:05:00.000Z","description":"d","external_references":[{"description":"two","source_name":"t"}],` +
		`"granular_markings":[{"marking_ref":"` + tlpAmber + `","selectors":["labels","external_references.[0].description"]},` +
		`{"marking_ref":"` + tlpRed + `","selectors":["labels.[0]"]},{"marking_ref":"` + tlpWhite + `","selectors":["labels.[0]"]},` +
		`{"lang":"fr","selectors":["labels"]}],"id":"report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e06","labels":["b","labels.[0]"],"lang":"de",` +
		`"modified":"2026-02-03T04:05:00.000Z","name":"n","object_marking_refs":["` + tlpGreen + `"],` +
		`"object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"],"published":"2026-01-01T00:00:00Z","spec_version":"2.1","type":"report","x_map":{"a.b":"dotted"}}`
	if diff := cmp.Diff(want, string(result.Raw())); diff != "" {
		t.Error(diff)
	}
	// A rule that is broken already is no reason to refuse, wherever it moves to.
	worn := read(t, strings.Replace(marked, `"labels":["a","b","c"`, `"labels":["a",1,"c"`, 1))
	if _, err := worn.Cut(Cut{Selectors: []string{"labels.[0]"}, At: later(0)}); err != nil {
		t.Errorf("what was broken before: %v", err)
	}
	refused := map[string]error{"id": ErrFixed, "modified": ErrFixed, "name": ErrBreaks, "published": ErrBreaks, "nothing": ErrSelector, "labels.[9]": ErrSelector}
	for selector, want := range refused {
		if _, err := object.Cut(Cut{Selectors: []string{selector}, At: later(0)}); !errors.Is(err, want) {
			t.Errorf("cutting %s: %v", selector, err)
		}
	}
	address := read(t, `{"type":"domain-name","id":"domain-name--3500c14b-9bde-5393-b4e5-b260aea7e058","value":"example.org","x_seen":"here"}`)
	loose, err := address.Cut(Cut{Selectors: []string{"x_seen"}, At: later(0)})
	if _, unique, _ := SplitID(loose.ID()); err != nil || unique.Version() != 4 || !loose.Created().IsZero() {
		t.Errorf("an observable became %s, %v", loose.Raw(), err)
	}
}

func TestTranslate(t *testing.T) {
	object := read(t, marked)
	content := func(contents string) Object {
		return read(t, `{"type":"language-content","object_ref":"`+object.ID()+`","object_modified":"2026-01-01T00:00:00.000Z","contents":`+contents+`}`)
	}
	view, err := object.Translate(content(`{"pt":{"name":"nome","labels":["","b!","","d!"],"id":"x","published":"gestern","missing":"m","external_references":[{"description":"um","more":"x"},""]}}`), "pt-BR")
	if err != nil {
		t.Fatal(err)
	}
	want := object.Map()
	want["name"] = "nome"
	want["labels"] = []any{"a", "b!", "c", "d!"}
	want["external_references"].([]any)[0].(map[string]any)["description"] = "um"
	if diff := cmp.Diff(want, view); diff != "" {
		t.Error(diff)
	}
	for _, contents := range []string{`{"en":{}}`, `{"pt":1}`, `{"pt":{"labels":["a"]}}`, `{"pt":{"labels":"a"}}`, `{"pt":{"name":["a"]}}`, `{"pt":{"external_references":["a","b"]}}`, `3`} {
		if _, err := object.Translate(content(contents), "pt"); !errors.Is(err, ErrTranslation) {
			t.Errorf("%s: %v", contents, err)
		}
	}
	if _, err := read(t, written).Translate(content(`{"pt":{}}`), "pt"); !errors.Is(err, ErrTranslation) {
		t.Errorf("of another object: %v", err)
	}
}

// A selector that is found is the way to what it finds, and no selector makes
// the verbs fail otherwise than by saying no.
func FuzzSelectors(f *testing.F) {
	for _, selector := range []string{"labels.[1]", "x_map.a.b", "external_references.[1].description", "", ".", "labels.[99999999999999999999]", "granular_markings.[0].selectors"} {
		f.Add(selector)
	}
	f.Fuzz(func(t *testing.T, selector string) {
		object := read(t, marked)
		_, err := object.Select(selector)
		effective, other := object.EffectiveMarkings(selector)
		if (err == nil) != (other == nil) || err == nil && len(effective) == 0 {
			t.Fatalf("%q: %v, %v, %q", selector, err, other, effective)
		}
		cut, failed := object.Cut(Cut{Selectors: []string{selector}, At: later(0)})
		if err != nil && !errors.Is(failed, ErrSelector) {
			t.Fatalf("%q leads nowhere and was cut: %v", selector, failed)
		}
		if failed == nil {
			for _, marking := range cut.GranularMarkings() {
				for _, selector := range marking.Selectors {
					if _, err := cut.Select(selector); err != nil {
						t.Fatalf("after the cut: %v", err)
					}
				}
			}
		}
	})
}
