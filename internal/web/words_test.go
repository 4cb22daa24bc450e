// SPDX-License-Identifier: Apache-2.0

package web

// This file tests how what is typed is read, and how times and texts are worded.

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/press"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The sender sees that what was received is in quarantine, and only then.
func TestQuarantineOverThereIsSaid(t *testing.T) {
	for disposition, said := range map[string]bool{"kept": false, "quarantined": true} {
		var page strings.Builder
		m := api.Message{Ours: true, Receipted: true, ReceivedAt: time.Unix(1_800_000_000, 0), Disposition: disposition}
		if err := delivery(&visit{now: time.Unix(1_800_000_060, 0)}, "bravo", m).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page.String(), "put it into quarantine there") != said {
			t.Errorf("%s: %s", disposition, page.String())
		}
	}
}

func TestTimesAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"":                          "",
		"2017-12-16":                "2017-12-16T00:00:00Z",
		"2017-12-16 14:00":          "2017-12-16T14:00:00Z",
		" 2017-12-16 14:00 UTC ":    "2017-12-16T14:00:00Z",
		"2017-12-16T14:00":          "2017-12-16T14:00:00Z",
		"2017-12-16T14:00:00+03:00": "2017-12-16T11:00:00Z",
		"16.12.2017":                "wrong",
		"soon":                      "wrong",
		"2017-13-01":                "wrong",
	} {
		in := &input{values: url.Values{"at": {typed}}}
		got := ""
		if at := in.time("at"); !at.IsZero() {
			got = stamp(at)
		}
		if in.err() != nil {
			got = "wrong"
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

func TestADayAloneLastsToItsEnd(t *testing.T) {
	in := &input{values: url.Values{"window.start": {"2017-12-16"}, "window.end": {"2017-12-16"}, "window.fidelity": {"day"}}}
	window := in.window()
	if stamp(window.End) != "2017-12-16T23:59:59Z" || windowWords(window) != "16 December 2017" {
		t.Errorf("%v is %s", window, windowWords(window))
	}
	if typedStart(window) != "2017-12-16" || typedEnd(window) != "2017-12-16" {
		t.Errorf("it is typed again as %q to %q", typedStart(window), typedEnd(window))
	}
}

func TestHowFarATimeIs(t *testing.T) {
	now := time.Date(2017, 12, 13, 12, 0, 0, 0, time.UTC)
	for distance, want := range map[time.Duration]string{
		0: "now", 30 * time.Second: "now", 29*time.Minute + 50*time.Second: "in 29 min", -5 * time.Minute: "5 min ago",
		90 * time.Minute: "in 1 h 30 min", -26 * time.Hour: "26 h ago", 72 * time.Hour: "in 3 days", -400 * 24 * time.Hour: "13 months ago",
		20 * 365 * 24 * time.Hour: "in 20 years",
	} {
		if got := ago(now.Add(distance), now); got != want {
			t.Errorf("%s: %q, want %q", distance, got, want)
		}
	}
}

func TestMark(t *testing.T) {
	finds := map[string]string{"rented garage": "a", "rented garage behind": "b", "": "c"}
	want := []part{{text: "a "}, {"rented garage behind", "b"}, {text: " the "}, {"rented garage", "a"}}
	if diff := cmp.Diff(want, mark("a rented garage behind the rented garage", finds), cmp.AllowUnexported(part{})); diff != "" {
		t.Error(diff)
	}
}

func TestPiecesAreTheWholeText(t *testing.T) {
	a := article{Article: press.Article{Text: "One two three four.", Claims: []press.Claim{
		{Kind: press.Fact, Evidence: [2]int{4, 13}}, {Kind: press.Assessment, Evidence: [2]int{0, 7}}, {Kind: press.Fact, Evidence: [2]int{5, 7}},
	}}}
	var whole strings.Builder
	for _, p := range a.pieces() {
		whole.WriteString(p.text)
	}
	if whole.String() != a.Text {
		t.Errorf("the pieces say %q", whole.String())
	}
}

func TestStrictest(t *testing.T) {
	for _, row := range []struct {
		labels []handling.TLP
		want   handling.TLP
	}{
		{nil, handling.Clear}, {[]handling.TLP{handling.Green, handling.Red, handling.Amber}, handling.Red}, {[]handling.TLP{handling.Red, ""}, ""},
	} {
		if got := strictest(row.labels...); got != row.want {
			t.Errorf("%v: %s, want %s", row.labels, got, row.want)
		}
	}
}

func FuzzObjects(f *testing.F) {
	f.Add(`{"type":"bundle","id":"bundle--1","objects":[{"type":"indicator"}]}`)
	f.Add(`[{"type":"indicator"},{"type":"report"}]`)
	f.Add(`{"type":"indicator"} {"type":"report"}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, text string) {
		objects, err := parseObjects(text)
		if err != nil && len(objects) > 0 {
			t.Error("objects and an error")
		}
		for _, object := range objects {
			if object.Kind() != '{' || !object.IsValid() {
				t.Errorf("not an object: %s", object)
			}
		}
	})
}

func FuzzTyped(f *testing.F) {
	f.Add("2017-12-16 14:00", "ru-spe, RU", "7")
	f.Fuzz(func(t *testing.T, at, codes, count string) {
		in := &input{values: url.Values{"at": {at}, "codes": {codes}, "count": {count}}}
		if got := in.time("at"); !got.IsZero() && got.Location() != time.UTC {
			t.Errorf("%q is not in UTC", at)
		}
		if in.count("count") < 0 && in.err() == nil {
			t.Errorf("%q is a count", count)
		}
		for _, code := range in.codes("codes") {
			if strings.ContainsAny(code, " ,;\r\n\t") || code == "" {
				t.Errorf("%q is a code", code)
			}
		}
		if w := (warning.Window{Start: in.time("at")}); windowWords(w) == "" && !w.Start.IsZero() {
			t.Error("a window without words")
		}
	})
}
