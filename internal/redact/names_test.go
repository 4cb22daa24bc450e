// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests names across alphabets, what is only flagged, and that nothing
// withheld leaves in any code that is written somewhere.

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestNames(t *testing.T) {
	for _, test := range []struct{ sensitive, release, want string }{
		{"We met Kim Lee there.", "One Kim Lee is in it.", "Kim Lee"},
		{"We met Kim Lee there.", "one KIM LEE is in it", "KIM LEE"},
		{"We met Kim Lee there.", "LEE, Kim", "LEE, Kim"},
		{"We met Kim Lee there.", "a kimono leeward", ""},
		{"It was Ivan Sergeyevich Petrov again.", "Petrov, Ivan is meant", "Petrov, Ivan"},
		{"It was Ivan Petrov again.", "это Иван Петров", "Иван Петров"},
		{"Это был Иван Петров, опять.", "it is Ivan Petrov", "Ivan Petrov"},
		{"Это был Иван Петров, опять.", "it is Iwan Petrow", "Iwan Petrow"},
		{"Был там Юрий Щербаков.", "Yuri Shcherbakov", "Yuri Shcherbakov"},
		{"Был там Юрий Щербаков.", "Juri Schtscherbakow", "Juri Schtscherbakow"},
		{"Был там Юрий Щербаков.", "Iouri Chtcherbakov", "Iouri Chtcherbakov"},
		{"They saw Mikhail Chekhov.", "Михаил Чехов", "Михаил Чехов"},
		{"They saw Michail Tschechow.", "Mihail Čehov", "Mihail Čehov"},
		{"They saw Sergei Zhukov.", "Serguei Joukov", "Serguei Joukov"},
		{"They saw Alexey Xenofontov.", "Aleksei Ksenofontov", "Aleksei Ksenofontov"},
		{"Ήρθε ο Γιώργος Παπαδόπουλος χθες.", "Giorgos Papadopoulos", "Giorgos Papadopoulos"},
		{"They saw Giorgos Papadopoulos.", "ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "ΓΙΩΡΓΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ"},
		{"It was Ivan Petrov again.", "Iv\u00adan Pe\u200btrоv", "Iv\u00adan Pe\u200btrоv"},
		{"We have it from agent Zimmermann.", "as Zimmermann said", "Zimmermann"},
		{"We have it from agent Zimmermann.", "от Циммермана", "Циммермана"},
		{"At Kazan Cathedral in Saint Petersburg.", "Kazan Cathedral, Saint Petersburg", ""},
		{"The Police Department says so.", "the police department", ""},
		{"On Monday Morning The Man Came And Went And Nobody Saw Him Again", "Nobody Saw", ""},
		{"An Open Name: Anna Schmidt.", "Anna Schmidt", ""},
	} {
		var got []string
		for _, leak := range Leaks([]NamedText{{"text", test.release}}, []NamedText{{"notes", test.sensitive}}, nil, "the victim is Anna Schmidt") {
			if leak.Rule == LeakName {
				got = append(got, leak.Words)
			}
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q in %q: got %q, want %q", test.sensitive, test.release, got, test.want)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, test := range []struct{ sensitive, release, want string }{
		{"He told us on 3 December 2017.", "since 2017-12-03", "day: 2017-12-03"},
		{"He told us on 2017-12-03.", "am 3. Dezember", "day: 3. Dezember"},
		{"He told us on 2017-12-03.", "3 декабря было", "day: 3 декабря "},
		{"3 декабря 2017 он сказал", "3.12.2017", "day: 3.12.2017"},
		{"He told us on 2017-12-03.", "December 3rd, 2017", "day: December 3rd, 2017"},
		{"He told us on 2017-12-03.", "3 December 2018", ""},
		{"The event is on 2017-12-16.", "on 16 December", ""}, // an open text says it
		{"Seven people sat there.", "7 armed men", "count: 7 armed men"},
		{"Там было семь человек.", "seven people", "count: seven people"},
		{"Seven people sat there.", "eight people", ""},
		{"Nothing.", "only three people knew", "few: only three people"},
		{"Nothing.", "he was in the room", "few: was in the room"},
	} {
		var got []string
		guard := NewGuard([]NamedText{{"notes", test.sensitive}}, nil, "2017-12-16")
		for _, flag := range guard.Flags([]NamedText{{"text", test.release}}) {
			got = append(got, string(flag.Rule)+": "+flag.Words)
		}
		if want := test.want; want == "" && len(got) > 0 || want != "" && !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, strings.TrimSpace(want)) }) {
			t.Errorf("%q in %q: got %q, want %q", test.sensitive, test.release, got, want)
		}
	}
}

// codes are the ways in which what leaves may be written by us or by a person.
var codes = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"JSON":             func(s string) string { return escaped(s, `\u%04x`) },
	"bytes":            func(s string) string { return perByte(s, `\x%02x`) },
	"percent":          func(s string) string { return perByte(s, `%%%02X`) },
	"query":            url.QueryEscape,
	"hexadecimal":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"quoted-printable": quoted,
	"equals signs":     func(s string) string { return perByte(s, `=%02X`) },
	"entities":         func(s string) string { return escaped(s, `&#x%x;`) },
	"UTF-16LE":         func(s string) string { return wide(s, 0) },
	"UTF-16BE":         func(s string) string { return wide(s, 1) },
	"capitals":         strings.ToUpper,
}

func escaped(s, form string) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&out, form, unit)
	}
	return out.String()
}

func perByte(s, form string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, form, b)
	}
	return out.String()
}

func quoted(s string) string {
	var out strings.Builder
	w := quotedprintable.NewWriter(&out)
	_, err := w.Write([]byte(strings.Repeat("Ä ", 12) + s))
	if err := w.Close(); err != nil {
		return err.Error()
	}
	if err != nil {
		return err.Error()
	}
	return out.String()
}

func wide(s string, order int) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		pair := []byte{byte(unit), byte(unit >> 8)}
		out = append(out, pair[order], pair[1-order])
	}
	return string(out)
}

// What is guarded is found in every code, also in one code inside another, in
// several scripts.
func TestNoCodeHides(t *testing.T) {
	for _, withheld := range []string{
		"he buys paint thinner every second Friday", "badge 77812 of Kim Lee", "он покупает растворитель каждую вторую пятницу",
		"το αυτοκίνητο είναι στο σπίτι του", "called from +7 (812) 555-01-23", "the flat at 59.9312, 30.3608", "contact at 14:35 by the river",
	} {
		guard := NewGuard([]NamedText{{"notes", withheld}}, nil)
		for name, write := range codes {
			for outer, wrap := range codes {
				if outer == "capitals" || name == "as it is" && outer != name || outer == "UTF-16LE" || outer == "UTF-16BE" {
					continue
				}
				release := wrap(write(withheld))
				if strings.HasPrefix(name, "UTF-16") && (outer == "quoted-printable" || outer == "entities" || outer == "JSON") {
					continue // bytes are not written so
				}
				if len(guard.Leaks([]NamedText{{"text", release}})) == 0 {
					t.Errorf("%s in %s: nothing is found of %q in %.80q", name, outer, withheld, release)
				}
			}
		}
	}
}

// What looks like a person's name in a release is found, unless it is listed.
func TestPersonsWhoAreNotListed(t *testing.T) {
	for _, test := range []struct{ text, known, want string }{
		{"A group around Kim Lee plans it.", "", "Kim Lee"},
		{"A group around Kim Lee plans it.", "Lee, Kim", ""},
		{"A group around Kim Lee plans it.", "Kim Park", "Kim Lee"},
		{"Kim Lee plans it.", "", "Kim Lee"},
		{"Ask Colonel Petrov for it.", "", "Colonel Petrov"},
		{"Ask Colonel Petrov for it.", "Ivan Petrov", ""},
		{"Seen with Иван Петров on Friday.", "", "Иван Петров"},
		{"Seen with Иван Петров on Friday.", "петров ИВАН", ""},
		{"Maria Anna van der Berg, or Maria Lopez Garcia", "", "Maria Anna|Maria Lopez Garcia"},
		{"An attack near Market Square in Riverton on Monday.", "", ""},
		{"An attack at Old Riverton Bridge.", "", ""},
		{"An attack in Upper Riverton.", "Upper Riverton, XB", ""},
		{"Close Riverton hall. Call Anna.", "", ""},
		{"They close Riverton Hall.", "", "Riverton Hall"},
		{"THE GROUP PLANS AN ATTACK ON THE MARKET WITH A VAN", "", ""},
		{"kim lee, in small letters", "", ""},
		{"", "", ""},
	} {
		var got []string
		for _, flag := range Persons([]NamedText{{"text", test.text}}, []string{test.known}) {
			if flag.Rule != FlagPerson || flag.Field != "text" {
				t.Errorf("%q: %+v", test.text, flag)
			}
			got = append(got, flag.Words)
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q, with %q listed: %q, want %q", test.text, test.known, got, test.want)
		}
	}
}
