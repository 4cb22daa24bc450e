// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests what is guarded beside a source: what a copy leaves out, what
// limits take out of objects, how many names are checked, what nobody sees, and
// what a question quotes.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func ruled(leaks []Leak) string {
	var all []string
	for _, leak := range leaks {
		all = append(all, string(leak.Rule)+" "+leak.Words)
	}
	return strings.Join(all, "|")
}

func TestLeft(t *testing.T) {
	left := Left{
		Names:  []NamedText{{"persons", "Ivan Petrov"}},
		Values: []NamedText{{"malware.name", "Greyhound"}, {"indicator.pattern", "[ipv4-addr:value = '192.0.2.77']"}, {"campaign.name", "Blue heron nest"}},
		Prose:  []NamedText{{"malware.description", "It waits until the second reboot and then calls home."}},
	}
	for _, test := range []struct{ release, open, want string }{
		{"Ivan Petrov will be there.", "", "name Ivan Petrov"},
		{"Look for Petrov.", "", "name Petrov"},
		{"Ищите Петрова.", "", "name Петрова"},
		{"Petrov, Ivan", "", "name Petrov, Ivan"},
		{"the petrov of the chemists", "", ""}, // no name without a capital
		{"Ivan Petrov is threatened.", "Ivan Petrov", ""},
		{"Block 192.0.2.77 now.", "", "identifier 192.0.2.77"},
		{"Block 192.0.2.77 now.", "ipv4-addr 192.0.2.77", ""},
		{"They use Greyhound.", "", "name Greyhound"},
		{"a greyhound ran by", "", ""},
		{"It is the blue heron nest again.", "", "identifier blue heron nest"},
		{"it waits until the second reboot", "", "words it waits until the second reboot"},
		{"It waits until noon.", "", ""},
	} {
		var open []string
		if test.open != "" {
			open = []string{test.open}
		}
		leaks := Unsaid(NewLeft(left, open...).Leaks([]NamedText{{"text", test.release}}), open)
		var got []Leak
		for _, leak := range leaks {
			if len(got) == 0 || leak.Rule == LeakName && got[0].Rule != LeakName {
				got = []Leak{leak}
			}
		}
		if ruled(got) != test.want {
			t.Errorf("%q with %q open: %s, want %q", test.release, test.open, ruled(leaks), test.want)
		}
	}
}

// A name at the end of a long report is guarded like the first; where there are too
// many, nothing leaves.
func TestManyNames(t *testing.T) {
	report := func(n int) string {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, "and then there came at last Kar%c%c%c Lund%c%c%c, ", 'a'+i%26, 'a'+i/26%26, 'a'+i/676, 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
		}
		return all.String() + "and at last Ivan Petrov."
	}
	found := func(n int) string {
		return ruled(Leaks([]NamedText{{"text", "Ivan Petrov"}}, []NamedText{{"notes", report(n)}}, nil))
	}
	if got := found(500); got != "name Ivan Petrov" {
		t.Errorf("behind 500 names: %s", got)
	}
	leaks := Leaks([]NamedText{{"text", "Nothing."}}, []NamedText{{"notes", report(maxNames)}}, nil)
	if len(leaks) != 1 || leaks[0].Source != TooMany || leaks[0].Words != "notes" {
		t.Errorf("with too many names: %+v", leaks)
	}
}

func TestHidden(t *testing.T) {
	for text, hides := range map[string]bool{
		"a plain text":         false,
		"a heart \u2764\ufe0f": false,
		"a burning heart \u2764\ufe0f\u200d\U0001f525": false,
		"می\u200cخواهم":                                false, // Persian joins no letters here
		"soft\u00adhyphen":                             false,
		"a\U000e0101":                                  true, // a selector of variants carries a byte
		"a\ufe03":                                      true,
		"a\u200b\u200c\u200b":                          true, // bits
		"a\u2060\u2061\u2062":                          true,
		"a\u202eb":                                     true,
		"a\U000e0041":                                  true,
	} {
		leaks := Leaks([]NamedText{{"text", text}}, nil, nil)
		if got := len(leaks) == 1 && leaks[0].Rule == LeakHidden; got != hides {
			t.Errorf("%+q: %+v", text, leaks)
		}
	}
}

// What limits take out of one object is not said by another, and an indicator stays
// valid.
func TestTaken(t *testing.T) {
	objects := []jsontext.Value{
		jsontext.Value(`{"type":"location","spec_version":"2.1","id":"location--11111111-1111-4111-8111-111111111111","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","country":"XB","city":"Riverton","street_address":"12 Mill Lane","latitude":12.345678,"longitude":-98.765432}`),
		jsontext.Value(`{"type":"indicator","spec_version":"2.1","id":"indicator--11111111-1111-4111-8111-111111111112","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[url:value = 'x']","pattern_type":"stix","valid_from":"2031-05-09T14:35:00Z","valid_until":"2031-05-09T18:20:00Z"}`),
	}
	plan := Plan{Metres: 10_000, Time: "day"}
	taken := make(map[string]string)
	for _, text := range Taken(plan, objects) {
		taken[text.Name] = text.Text
	}
	want := map[string]string{"objects.0.street_address": "12 Mill Lane", "objects.0.latitude": "lat 12.345678 lon -98.765432",
		"objects.1.valid_from": "2031-05-09T14:35:00Z", "objects.1.valid_until": "2031-05-09T18:20:00Z"}
	if fmt.Sprint(taken) != fmt.Sprint(want) {
		t.Errorf("taken: %v, want %v", taken, want)
	}
	if none := Taken(Plan{}, objects); len(none) != 0 {
		t.Errorf("without limits: %v", none)
	}
	out, _, _, err := Apply(plan, objects, time.Now())
	if err != nil || len(out) != 2 {
		t.Fatal(len(out), err)
	}
	left := string(out[0]) + string(out[1])
	for _, gone := range []string{"Mill Lane", "12.345", "14:35", "18:20"} {
		if strings.Contains(left, gone) {
			t.Errorf("%q is left in %s", gone, left)
		}
	}
	if !strings.Contains(left, `"valid_from":"2031-05-09T00:00:00`) || !strings.Contains(left, `"valid_until":"2031-05-10T00:00:00`) {
		t.Errorf("not valid for a day: %s", left)
	}
}

// A question quotes what is held in whatever way it is written, and not by chance.
func TestQuotes(t *testing.T) {
	const held = "Our man heard that four men bring paint from the old mill to the fair on Sunday. He calls from +47 912 34 567; with him was Ivan Petrov. It was at 14:35, near CVE-2024-12345."
	for question, want := range map[string]string{
		"Did FOUR men bring paint; from the old mill to it?":                   "words",
		"Zm91ciBtZW4gYnJpbmcgcGFpbnQgZnJvbSB0aGUgb2xkIG1pbGwgdG8gdGhlIGZhaXI=": "words",
		"Who has 0047 91234567?":                      "identifier",
		"Where is Ivan Petrov?":                       "name",
		"Do you know four men bring paint?":           "", // five words by chance
		"What happens at 14:35 with CVE-2024-12345?":  "",
		"Do you hold anything on the fair on Sunday?": "",
	} {
		quotes := NewQuotes([]NamedText{{"question", question}}, true, nil, nil)
		var got []string
		for _, leak := range quotes.In(held) {
			got = append(got, string(leak.Rule))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %q", question, got, want)
		}
	}
	if NewQuotes([]NamedText{{"question", "Where is Ivan Petrov?"}}, true, nil, []string{"Ivan Petrov"}).In(held) != nil {
		t.Error("whom one asks about cannot be named")
	}
	if NewQuotes([]NamedText{{"question", "Where is Ivan Petrov?"}}, false, nil, nil).In(held) != nil {
		t.Error("a name counts that should not")
	}
	if !NewQuotes([]NamedText{{"question", "Anything?"}}, true, nil, nil).Nothing() {
		t.Error("a short question has something to look for")
	}
}
