// SPDX-License-Identifier: Apache-2.0

package main

// This file tests what the scenes cannot show well: times as people write them,
// files, arguments, and what a partner's text may do to a terminal.

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/warning"
)

func TestTimesAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct {
		text     string
		end      bool
		want     string
		fidelity warning.Fidelity
	}{
		{"2026-12-31", false, "2026-12-31T00:00:00Z", "day"},
		{"2026-12-31", true, "2026-12-31T23:59:59.999Z", "day"},
		{"2026-02", true, "2026-02-28T23:59:59.999Z", "month"},
		{"2026", true, "2026-12-31T23:59:59.999Z", "year"},
		{"2026-12-31 15:04Z", true, "2026-12-31T15:04:00Z", "minute"},
		{" 2026-12-31 15:04+02:00 ", false, "2026-12-31T13:04:00Z", "minute"},
		{"2026-12-31T15:04:05Z", false, "2026-12-31T15:04:05Z", "second"},
		{"2026-02-30", false, "", ""},
		{"2026-12-31 15:04", false, "", ""}, // whose clock?
		{"tomorrow", false, "", ""},
		{"", false, "", ""},
	} {
		at, fidelity, err := parseTime(test.text, test.end)
		if test.want == "" {
			if err == nil {
				t.Errorf("%q was read as %v", test.text, at)
			}
			continue
		}
		if got := at.UTC().Format(time.RFC3339Nano); err != nil || got != test.want || fidelity != test.fidelity {
			t.Errorf("%q: got %s, %s, %v; want %s, %s", test.text, got, fidelity, err, test.want, test.fidelity)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-12-31 15:04Z")
	f.Add("2026-02")
	f.Fuzz(func(t *testing.T, text string) {
		start, fidelity, err := parseTime(text, false)
		end, _, err2 := parseTime(text, true)
		if (err == nil) != (err2 == nil) || err == nil && (end.Before(start) || fidelity == "") {
			t.Errorf("%q: %v to %v, %q, %v, %v", text, start, end, fidelity, err, err2)
		}
	})
}

// TestAWindowIsAsExactAsItsCoarserSide writes a window in two forms.
func TestAWindowIsAsExactAsItsCoarserSide(t *testing.T) {
	for _, test := range []struct {
		from, until, fidelity string
		want                  warning.Fidelity
	}{
		{"2026-12-18", "2026-12-20", "", "day"},
		{"2026-12-18 10:00Z", "2026-12-20", "", "day"},
		{"2026-12", "2026-12-20", "", "month"},
		{"2026-12-18 10:00Z", "", "", "minute"},
		{"2026-12-18 10:00Z", "2026-12-20", "hour", "hour"},
		{"", "", "", ""},
	} {
		w, err := window(test.from, test.until, test.fidelity)
		if err != nil || w.Fidelity != test.want {
			t.Errorf("%+v: got %q, %v", test, w.Fidelity, err)
		}
	}
}

func TestAFileIsReadAsItIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source.yaml")
	text := `
title: A report from Norway
fields:
  - {name: report, text: "1", open: true}
target: {kind: event, place: {country: NO, latitude: 60.39, longitude: 5.32}}
window: {start: 2026-12-18, end: 2026-12-20, fidelity: day}
acquired_at: 2026-12-01 09:30Z
objects:
  - {type: network-traffic, start: "as it was"}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var got warning.Source
	if err := newTool(nil, nil, nil).readNoun(path, &got); err != nil {
		t.Fatal(err)
	}
	latitude, longitude := 60.39, 5.32
	want := warning.Source{
		Title: "A report from Norway", Fields: []warning.Field{{Name: "report", Text: "1", Open: true}},
		Target: warning.Target{Kind: "event", Place: warning.Place{Country: "NO", Latitude: &latitude, Longitude: &longitude}},
		Window: warning.Window{
			Start: time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 20, 23, 59, 59, 999e6, time.UTC), Fidelity: "day",
		},
		AcquiredAt: time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC),
	}
	if len(got.Objects) != 1 || !strings.Contains(string(got.Objects[0]), "as it was") {
		t.Errorf("objects: %s", got.Objects)
	}
	got.Objects = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzReadNoun(f *testing.F) {
	f.Add([]byte("title: x\nwindow: {start: 2026-12-18}\n"))
	f.Add([]byte(`{"title":"x","fields":[{"name":"a","text":"b"}]}`))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var source warning.Source
		_ = newTool(bytes.NewReader(raw), nil, nil).readNoun("-", &source)
	})
}

// TestAPartnersTextStaysText lets a partner try to steer the terminal and to
// fake a line of ours.
func TestAPartnersTextStaysText(t *testing.T) {
	var p page
	p.line("%s: %s", "eve\x1b[2J", "all is well\nbravo: verified")
	p.row("a\tb", warning.Answer("under\rstood"))
	p.quote("first\nsecond \u202egnihton\x07")
	want := "eve\uFFFD[2J: all is well bravo: verified\n" +
		"a b  under stood\n" +
		"  | first\n  | second \uFFFDgnihton\uFFFD\n"
	if diff := cmp.Diff(want, p.text()); diff != "" {
		t.Error(diff)
	}
}

// TestAUseLineSaysItsArguments holds every command to its own use line.
func TestAUseLineSaysItsArguments(t *testing.T) {
	root := newTool(nil, nil, nil).root()
	for _, test := range []struct {
		args []string
		good bool
	}{
		{[]string{"warn", "show"}, false},
		{[]string{"warn", "show", "ID"}, true},
		{[]string{"warn", "show", "ID", "more"}, false},
		{[]string{"warn", "compose"}, true},
		{[]string{"warn", "compose", "FILE"}, true},
		{[]string{"warn", "release", "ID"}, true},
		{[]string{"reply", "CASE", "REQUEST"}, false},
		{[]string{"reply", "CASE", "REQUEST", "TEXT"}, true},
		{[]string{"stix", "check"}, false},
		{[]string{"stix", "check", "a", "b", "c"}, true},
		{[]string{"card"}, true},
	} {
		command, rest, err := root.Find(test.args)
		if err != nil {
			t.Fatalf("%v: %v", test.args, err)
		}
		if err := command.Args(command, rest); (err == nil) != test.good {
			t.Errorf("%v: %v", test.args, err)
		}
	}
}
