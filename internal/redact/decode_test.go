// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests the ways past the leak check that are not a plain text: other
// codes, several fields, characters nobody sees, keys and payloads of objects.

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const painter = "he buys paint thinner every second Friday under badge 77812"

// What is written in another code is decoded once, and found.
func TestCodes(t *testing.T) {
	var percent strings.Builder
	for _, b := range []byte(painter) {
		fmt.Fprintf(&percent, "%%%02x", b)
	}
	raw := []byte(painter)
	for name, release := range map[string]string{
		"entities":            strings.ReplaceAll(painter, "e", "&#101;"),
		"named entities":      strings.ReplaceAll(painter, " ", "&nbsp;"),
		"query":               url.QueryEscape(painter),
		"percent, every byte": percent.String(),
		"base64":              "key: " + base64.StdEncoding.EncodeToString(raw) + ".",
		"base64 for URLs":     base64.RawURLEncoding.EncodeToString(raw),
		"base64, cut":         base64.StdEncoding.EncodeToString(raw)[:53],
		"data URL":            "data:;base64," + base64.StdEncoding.EncodeToString(raw),
		"hexadecimal":         hex.EncodeToString(raw),
		"0x":                  "see 0x" + strings.ToUpper(hex.EncodeToString(raw)),
		"hexadecimal, spaced": fmt.Sprintf("% x", raw),
		"UTF-16 in base64":    base64.StdEncoding.EncodeToString([]byte(strings.Join(strings.Split(painter, ""), "\x00"))),
	} {
		leaks := Leaks([]NamedText{{"text", release}}, []NamedText{{"habit", painter}}, nil)
		if len(leaks) == 0 {
			t.Errorf("%s: nothing is found in %q", name, release)
		}
		for _, leak := range leaks {
			if leak.Field != "text" || leak.Source != "habit" || leak.Words != release[leak.Start:leak.End] {
				t.Errorf("%s: badly named leak: %+v", name, leak)
			}
		}
	}
	for _, harmless := range []string{"100 % sure &amp; calm", "aHR0cHM6Ly9leGFtcGxlLm9yZw==", "d41d8cd98f00b204e9800998ecf8427e", "internationalisation"} {
		if leaks := Leaks([]NamedText{{"text", harmless}}, []NamedText{{"habit", painter}}, nil); len(leaks) > 0 {
			t.Errorf("%q: %+v", harmless, leaks)
		}
	}
}

// A run of words or an identifier is found where several fields say it together.
func TestSpreadOverFields(t *testing.T) {
	sensitive := []NamedText{{"habit", painter}}
	for name, test := range map[string]struct {
		release []NamedText
		want    string // field and words; empty if it may leave
	}{
		"two fields":         {[]NamedText{{"text", "They say he buys paint"}, {"method", "thinner every day"}}, "text to method: he buys paint\nthinner every"},
		"a word each":        {[]NamedText{{"recipients", "he"}, {"recipients", "buys"}, {"recipients", "paint"}, {"recipients", "thinner"}, {"recipients", "every"}}, "recipients to recipients: he\nbuys\npaint\nthinner\nevery"},
		"a number":           {[]NamedText{{"text", "badge 77"}, {"method", "812"}}, "text to method: 77\n812"},
		"an empty field":     {[]NamedText{{"text", "he buys paint"}, {"actor", ""}, {"method", "thinner every"}}, "text to method: he buys paint\n\nthinner every"},
		"four words":         {[]NamedText{{"text", "he buys"}, {"method", "paint thinner"}}, ""},
		"in the wrong order": {[]NamedText{{"text", "thinner every"}, {"method", "he buys paint"}}, ""},
	} {
		var got []string
		for _, leak := range Leaks(test.release, sensitive, nil) {
			got = append(got, leak.Field+": "+leak.Words)
		}
		if test.want == "" && len(got) > 0 || test.want != "" && !slices.Contains(got, test.want) {
			t.Errorf("%s: found %q, want %q", name, got, test.want)
		}
	}
	leaks := Leaks([]NamedText{{"text", "So he buys paint"}, {"method", "thinner every"}}, sensitive, nil)
	if len(leaks) != 1 || leaks[0].Start != 3 || leaks[0].End != len("thinner every") {
		t.Errorf("the leak stands at %+v", leaks)
	}
}

// Characters that nobody sees are refused, whatever the source says.
func TestHiddenCharacters(t *testing.T) {
	for _, r := range []rune{0xE0000, 0xE0061, 0xE007F, 0x202A, 0x202E, 0x2066, 0x2069} {
		leaks := Leaks([]NamedText{{"text", "Keep" + string(r) + " away" + string(r)}}, nil, nil)
		if len(leaks) != 1 || leaks[0].Rule != LeakHidden || leaks[0].Start != 4 || leaks[0].Words != fmt.Sprintf("U+%04X", r) {
			t.Errorf("%U: %+v", r, leaks)
		}
	}
	for _, plain := range []string{"שלום\u200f!", "Zo\u00eb \u2764\ufe0f", "a\u200db", "тревога"} {
		if leaks := Leaks([]NamedText{{"text", plain}}, nil, nil); len(leaks) > 0 {
			t.Errorf("%q: %+v", plain, leaks)
		}
	}
}

// One byte that is no text does not hide the rest of a payload.
func TestPayloadWithABadByte(t *testing.T) {
	payload := base64.StdEncoding.EncodeToString([]byte("\xff" + painter))
	texts := Texts([]jsontext.Value{jsontext.Value(`{"type":"artifact","spec_version":"2.1","id":"artifact--11111111-1111-4111-8111-111111111113","payload_bin":"` + payload + `"}`)})
	if len(Leaks(texts, []NamedText{{"habit", painter}}, nil)) == 0 {
		t.Errorf("nothing is found in %q", texts)
	}
}

// The keys of hashes are those of STIX 2.1 §10.7: another key could say anything.
func TestKeysOfHashes(t *testing.T) {
	object := jsontext.Value(`{"type":"file","spec_version":"2.1","id":"file--11111111-1111-4111-8111-111111111113","name":"n","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e","SHA3-512":"aa","he buys paint thinner every":"aa","md5":"bb"}}`)
	objects, _, cuts, err := Apply(Plan{}, []jsontext.Value{object}, time.Now())
	if err != nil || len(objects) != 1 {
		t.Fatal(objects, err)
	}
	left := string(objects[0])
	if !strings.Contains(left, `"MD5"`) || !strings.Contains(left, `"SHA3-512"`) || strings.Contains(left, "paint") || strings.Contains(left, `"md5"`) {
		t.Errorf("left: %s", left)
	}
	if len(cuts) != 2 || cuts[0].Rule != Unknown {
		t.Errorf("cuts: %+v", cuts)
	}
}
