// SPDX-License-Identifier: Apache-2.0

package main

// This file tests that next steps can be pasted, and what a replaced draft keeps.

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/warning"
)

// TestStepsRepeatNodeAndWho takes a step as it is written, and says how it is
// printed to somebody who said --dir "my node" --as anna.
func TestStepsRepeatNodeAndWho(t *testing.T) {
	asked := newTool(nil, nil, nil)
	asked.dir, asked.as = "my node", "anna"
	asked.remember(func(name string) bool { return name == "dir" || name == "as" })
	for _, test := range []struct{ in, out string }{
		{"tocsin warn preview draft--1", "tocsin --dir 'my node' --as anna warn preview draft--1"},
		{"a second person: tocsin --as NAME warn release ID", "a second person: tocsin --dir 'my node' --as NAME warn release ID"},
		{"tocsin invite, or tocsin accept TEXT", "tocsin --dir 'my node' invite, or tocsin --dir 'my node' accept TEXT"},
		{"tocsin person link eva", "tocsin --dir 'my node' person link eva"},
		{"start it: tocsin serve --dir elsewhere", "start it: tocsin serve --dir elsewhere"},
		{"see tocsin help, or sign in: tocsin signin LINK", "see tocsin help, or sign in: tocsin signin LINK"},
		{"a tocsin node must answer there", "a tocsin node must answer there"},
	} {
		if got := asked.step(test.in); got != test.out {
			t.Errorf("%s\n got %s\nwant %s", test.in, got, test.out)
		}
		if got := newTool(nil, nil, nil).step(test.in); got != test.in {
			t.Errorf("nothing was said, and %s became %s", test.in, got)
		}
	}
	asked = newTool(nil, nil, nil)
	asked.address, asked.ca = "https://alpha.example.org", "my ca.pem"
	asked.remember(func(name string) bool { return name == "address" })
	if got, want := asked.step("tocsin status"), "tocsin --address https://alpha.example.org --ca 'my ca.pem' status"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := quoted("it's"); got != `'it'\''s'` {
		t.Errorf("quoted: %s", got)
	}
}

// TestAReplacedDraftKeeps plays a file and flags against the draft before.
func TestAReplacedDraftKeeps(t *testing.T) {
	kept := warning.Draft{
		ID: "draft--1", Warning: warning.Warning{Method: "explosives"}, Source: "source--1", Duty: "duty--1",
		Releases: map[string]string{"bravo": "before"}, ReleasableTo: []string{"bravo"}, Objects: []jsontext.Value{jsontext.Value(`{}`)},
		Stage: warning.Approved, ComposedBy: "anna",
	}
	mended := func(d warning.Draft) warning.Draft {
		d.Stage, d.ComposedBy = "", ""
		return d
	}
	for _, test := range []struct {
		what  string
		file  warning.Draft
		flags []string
		want  func(*warning.Draft)
		names []string
	}{
		{"nothing said", warning.Draft{}, nil, func(*warning.Draft) {}, []string{"warning", "texts", "source", "duty", "attached objects"}},
		{"a file with another warning", warning.Draft{Warning: warning.Warning{Actor: "x"}, Releases: map[string]string{"bravo": "now"}, ReleasableTo: []string{"bravo"}}, nil,
			func(d *warning.Draft) {
				d.Warning, d.Releases = warning.Warning{Actor: "x"}, map[string]string{"bravo": "now"}
			}, []string{"source", "duty", "attached objects"}},
		{"a flag that empties the source", warning.Draft{}, []string{"--source="}, func(d *warning.Draft) { d.Source = "" },
			[]string{"warning", "texts", "duty", "attached objects"}},
		{"a file with no objects any more", warning.Draft{Objects: []jsontext.Value{}}, nil, func(d *warning.Draft) { d.Objects = []jsontext.Value{} },
			[]string{"warning", "texts", "source", "duty"}},
	} {
		command := &cobra.Command{}
		for _, name := range []string{"source", "duty", "stix", "release", "precedence", "answer-by"} {
			command.Flags().String(name, "", "")
		}
		if err := command.ParseFlags(test.flags); err != nil {
			t.Fatal(err)
		}
		want := mended(kept)
		test.want(&want)
		names := keep(&test.file, kept, command.Flags())
		if diff := cmp.Diff(test.names, names); diff != "" {
			t.Errorf("%s: it names\n%s", test.what, diff)
		}
		if diff := cmp.Diff(want, test.file); diff != "" {
			t.Errorf("%s:\n%s", test.what, diff)
		}
	}
}

// TestFieldsInFlagsNames says what a field's error becomes for who gave flags.
func TestFieldsInFlagsNames(t *testing.T) {
	for in, out := range map[string]string{
		"threat_type: x":          "--threat-type: x",
		"target.kind: x":          "--target-kind: x",
		"target.place.country: x": "--country: x",
		"target.place.detail: x":  "--place-detail: x",
		"window: x":               "--from and --until: x",
		"threat_actor: x":         "--actor: x",
		"releases: x":             "--release PARTNER=TEXT: x",
		"what has no field":       "what has no field",
	} {
		if got := flagWords(in, true); got != out {
			t.Errorf("%s became %s, want %s", in, got, out)
		}
		if got := flagWords(in, false); got != in {
			t.Errorf("a file's %s became %s", in, got)
		}
	}
}

// What waits for a person to read a note says so, and how whoever gave it is asked
// once.
func TestHintsOfWhatIsBlocked(t *testing.T) {
	var p page
	const ask = "ask bravo: tocsin permission ask warning--1 --use pass_on --to carol --reason TEXT"
	printHints(&p, []warning.Reason{{Rule: "third-party", Hint: ask}, {Rule: unreadNote, Hint: ask}, {Rule: "leak"}})
	want := "  next: read the note of what this rests on, and say so: tocsin note CASE\n  next: " + ask + "\n"
	if got := p.text(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
