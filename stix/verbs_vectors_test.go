// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds versions and markings to the tables of test vectors, where
// they lie beside the repository, and the rows on which we differ to the reasons
// that docs/divergences.md gives.

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// A called row is one call of a tool's function, with what came of it.
type called struct {
	ID     string                    `json:"id"`
	Fn     string                    `json:"fn"`
	Args   []jsontext.Value          `json:"args"`
	Kwargs map[string]jsontext.Value `json:"kwargs"`
	Result jsontext.Value            `json:"result"`
	Raised string                    `json:"raised"`
}

func (row called) name() string { return row.Fn[strings.LastIndexByte(row.Fn, '.')+1:] }

// arg is an argument by its place or its name; null if it was not given.
func (row called) arg(place int, name string) jsontext.Value {
	if value, ok := row.Kwargs[name]; ok {
		return value
	}
	if place >= 0 && place < len(row.Args) {
		return row.Args[place]
	}
	return jsontext.Value("null")
}

// markingsOf reads a marking, or a list of them: an id, a language, or a whole
// marking definition. ok is false for what is no text.
func markingsOf(t *testing.T, raw jsontext.Value) (all []string, ok bool) {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	list, several := value.([]any)
	if !several && value != nil {
		list = []any{value}
	}
	for _, item := range list {
		if definition, whole := item.(map[string]any); whole {
			item = definition["id"]
		}
		text, is := item.(string)
		if !is {
			return nil, false
		}
		all = append(all, text)
	}
	return all, true
}

// divergent are the rows on which we differ from the tool.
type divergent map[string]string

// divergences reads the section of docs/divergences.md that has a title: a table
// whose first column lists rows, and whose last says why.
func divergences(t *testing.T, title string) divergent {
	t.Helper()
	raw, err := os.ReadFile("../docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(raw), "\n## "+title+"\n")
	if !found {
		t.Fatalf("docs/divergences.md has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := divergent{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		for _, id := range regexp.MustCompile(`\b[A-Z]{2}[0-9]{4}\b`).FindAllString(cells[0], -1) {
			rows[id] = cells[len(cells)-1]
		}
	}
	return rows
}

// agrees notes a row on which we agree or differ, and fails where that is not
// what the table of divergences says.
func (rows divergent) agrees(t *testing.T, id, difference string) {
	t.Helper()
	switch {
	case difference == "" && rows[id] != "":
		t.Errorf("%s agrees now, though listed: %s", id, rows[id])
	case difference != "" && rows[id] == "":
		t.Errorf("%s: %s", id, difference)
	}
}

func TestVersioningVectors(t *testing.T) {
	known, total := divergences(t, "Versions"), 0
	eachLine(t, "stix-versioning.jsonl", func(row called) {
		total++
		known.agrees(t, row.ID, versionDifference(t, row))
	})
	t.Logf("%d rows, %d listed", total, len(known))
}

func versionDifference(t *testing.T, row called) string {
	t.Helper()
	var got Object
	object, err := Parse(row.arg(0, "data"))
	if err == nil {
		edit := Edit{By: object.CreatedBy(), At: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		changes := map[string]any{}
		for name, raw := range row.Kwargs {
			var value any
			if err := json.Unmarshal(raw, &value); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "allow_custom":
				continue
			case "modified":
				if edit.At, err = ParseTime(value.(string)); err != nil {
					t.Fatal(err)
				}
				continue
			case "object_marking_refs":
				if ids, _ := markingsOf(t, raw); ids != nil {
					value = ids
				}
			}
			changes[name] = value
		}
		switch row.name() {
		case "new_version":
			got, err = object.NewVersion(edit, changes)
		case "revoke":
			got, err = object.Revoke(edit)
		default:
			return "there is no verb " + row.name()
		}
	}
	if err != nil && row.Raised == "" {
		return "we refuse: " + err.Error()
	}
	if err == nil && row.Raised != "" {
		return "we accept; the tool says " + row.Raised
	}
	if err != nil {
		return ""
	}
	want, err := Parse(row.Result)
	if err != nil {
		return "the result cannot be read: " + err.Error()
	}
	if !got.Modified().After(object.Modified()) {
		return "the new version is not later"
	}
	return withoutModified(want, got)
}

// withoutModified compares objects but for the time of the change.
func withoutModified(want, got Object) string {
	wanted, gotten := want.Map(), got.Map()
	delete(wanted, "modified")
	delete(gotten, "modified")
	return cmp.Diff(wanted, gotten)
}

func TestMarkingVectors(t *testing.T) {
	known, total := divergences(t, "Markings"), 0
	eachLine(t, "stix-markings.jsonl", func(row called) {
		total++
		known.agrees(t, row.ID, markingDifference(t, row))
	})
	t.Logf("%d rows, %d listed", total, len(known))
}

func markingDifference(t *testing.T, row called) string {
	t.Helper()
	object, err := Parse(row.arg(0, "obj"))
	if err != nil {
		return err.Error()
	}
	switch row.name() {
	case "get_markings":
		selectors := selectorsOf(t, row.arg(1, "selectors"))
		got, err := lookUp(object, selectors, row.arg(2, "inherited"), row.arg(3, "descendants"), row.arg(4, "marking_ref"), row.arg(5, "lang"))
		want, _ := markingsOf(t, orNull(row.Result))
		slices.Sort(want)
		if (err != nil) != (row.Raised != "") || err == nil && !slices.Equal(got, want) {
			return cmp.Diff(want, got) + row.Raised + errorText(err)
		}
		return ""
	case "is_marked":
		markings, _ := markingsOf(t, row.arg(1, "marking"))
		selectors := selectorsOf(t, row.arg(2, "selectors"))
		got, err := lookUp(object, selectors, row.arg(3, "inherited"), row.arg(4, "descendants"), nil, nil)
		missing := slices.ContainsFunc(markings, func(marking string) bool { return !slices.Contains(got, marking) })
		is := len(got) > 0 && !missing
		if (err != nil) != (row.Raised != "") || err == nil && is != (string(row.Result) == "true") {
			return "we say " + strings.Join(got, " ") + "; the tool says " + string(row.Result) + row.Raised + errorText(err)
		}
		return ""
	}
	got, err := changeMarkings(t, object, row)
	if (err != nil) != (row.Raised != "") {
		return "the tool says " + row.Raised + "; we say " + errorText(err)
	}
	if err != nil {
		return ""
	}
	want, err := Parse(row.Result)
	if err != nil {
		return err.Error()
	}
	return cmp.Diff(sets(want), sets(got)) + cmp.Diff(without(want), without(got))
}

// selectorsOf reads selectors. An empty list of them is not the same as none, and
// selects nothing.
func selectorsOf(t *testing.T, raw jsontext.Value) []string {
	t.Helper()
	if string(raw) == "[]" {
		return []string{""}
	}
	selectors, _ := markingsOf(t, raw)
	return selectors
}

// changeMarkings does what a row asks for.
func changeMarkings(t *testing.T, object Object, row called) (Object, error) {
	t.Helper()
	edit := Edit{By: object.CreatedBy(), At: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	if row.name() == "clear_markings" {
		return object.ClearMarkings(edit, selectorsOf(t, row.arg(1, "selectors"))...)
	}
	markings, ok := markingsOf(t, row.arg(1, "marking"))
	if !ok {
		markings = []string{""} // not even a text
	}
	selectors := selectorsOf(t, row.arg(2, "selectors"))
	switch row.name() {
	case "add_markings":
		return object.AddMarkings(edit, markings, selectors...)
	case "remove_markings":
		return object.RemoveMarkings(edit, markings, selectors...)
	}
	return object.SetMarkings(edit, markings, selectors...)
}

// lookUp asks as the tool does: markings and languages together, or the object's.
func lookUp(object Object, selectors []string, inherited, descendants, refs, languages jsontext.Value) ([]string, error) {
	if selectors == nil {
		all := object.Markings()
		slices.Sort(all)
		return all, nil
	}
	reach := Here
	if string(inherited) == "true" {
		reach |= Around
	}
	if string(descendants) == "true" {
		reach |= Inside
	}
	var all []string
	for _, selector := range selectors {
		if string(refs) != "false" {
			ids, err := object.MarkingsAt(selector, reach)
			if err != nil {
				return nil, err
			}
			all = append(all, ids...)
		}
		parts, err := object.appliedAt(selector, reach)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if part.Lang != "" && string(languages) != "false" {
				all = append(all, part.Lang)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// sets are the markings of an object, their order apart.
func sets(object Object) map[string][]string {
	all := map[string][]string{"": object.Markings()}
	for _, part := range object.GranularMarkings() {
		all[part.Ref+part.Lang] = append(all[part.Ref+part.Lang], part.Selectors...)
	}
	for name := range all {
		slices.Sort(all[name])
	}
	return all
}

// without is an object without its markings and the time of their change.
func without(object Object) map[string]any {
	rest := object.Map()
	for _, name := range []string{"object_marking_refs", "granular_markings", "modified"} {
		delete(rest, name)
	}
	return rest
}

func orNull(raw jsontext.Value) jsontext.Value {
	if len(raw) == 0 {
		return jsontext.Value("null")
	}
	return raw
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return " we: " + err.Error()
}
