// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests the leak check: rule by rule, as properties, and fuzzed.

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
)

// Each case is a source-sensitive text, a release, and what must be found in
// it: rule and words, one a line. Nothing means that the release may leave.
var leakCases = []struct {
	name, sensitive, release, want string
}{
	{"five words", "The man with the grey dog told us so.", "We know the man with the grey coat.", "words: the man with the grey"},
	{"four words may leave", "The man with the grey dog told us so.", "A man with the grey coat.", ""},
	{"case, punctuation and line breaks", "he buys paint thinner every second Friday", "HE  BUYS—paint\nthinner, every day", "words: HE  BUYS—paint\nthinner, every"},
	{"look-alike letters", "he buys paint thinner every second Friday", "he buуs рaint thinnеr evеry", "words: he buуs рaint thinnеr evеry"},
	{"full width and soft hyphens", "he buys paint thinner every second Friday", "ｈｅ bu\u00adys pa\u200bint thinner every", "words: ｈｅ bu\u00adys pa\u200bint thinner every"},
	{"words glued together", "he buys paint thinner every second Friday", "note: hebuyspaintthinnerevery", "words: hebuyspaintthinnerevery"},
	{"words broken apart", "he buys paint thinner every second Friday", "he buys pa int thin-\nner every", "words: he buys pa int thin-\nner every"},
	{"Greek in capitals", "η βόμβα είναι στο σπίτι του", "Η ΒΟΜΒΑ ΕΙΝΑΙ ΣΤΟ ΣΠΙΤΙ", "words: Η ΒΟΜΒΑ ΕΙΝΑΙ ΣΤΟ ΣΠΙΤΙ"},
	{"Cyrillic is not Latin", "он видел их у вокзала вчера", "they were seen near a station", ""},
	{"accents", "le café près de la gare", "Le cafe pres de la rue", "words: Le cafe pres de la"},
	{"short words need word bounds", "is a b c d", "this abcdef", ""},

	{"letters and digits", "told by asset KX7", "we call it kx-7.", "identifier: kx-7"},
	{"a number", "account 4402 1187 90 and badge 77812", "badge 77 812", "identifier: 77 812"},
	{"a short number may leave", "about 40 people", "about 40 people", ""},
	{"a number inside another may leave", "badge 77812", "total 9778123", ""},
	{"not across sentences", "lot 201712", "in 2017. 12 men", ""},
	{"a day may leave", "on 2017-12-16 and 16.12.2017", "on 2017-12-16, 16.12.2017", ""},
	{"ordinals and ages may leave", "the 2nd man, a 17-year-old, in the 1990s", "2nd, 17-year-old, 1990s", ""},
	{"e-mail", "write to Kim.Lee@example.org now", "kim.lee@EXAMPLE.org", "identifier: kim.lee@EXAMPLE.org"},
	{"address and port", "beacon to 192.0.2.77:8443", "seen at 192[.]0[.]2[.]77", "identifier: 192[.]0[.]2[.]77"},
	{"IPv6", "beacon to 2001:db8::7", "2001:DB8::7", "identifier: 2001:DB8::7"},
	{"host of a URL", "see https://drop.example.net/a?b=1", "the site drop.example.net", "identifier: drop.example.net"},
	{"file name", "the paper minutes-final.docx", "from Minutes-Final.docx", "identifier: Minutes-Final.docx"},
	{"telephone without its country", "he calls +7 (812) 555-01-23", "he calls 812 555 0123", "identifier: 812 555 0123"},
	{"hash in pieces", "md5 d41d8cd98f00b204e9800998ecf8427e", "D41D8CD9 8F00B204 E9800998 ECF8427E", "identifier: D41D8CD9 8F00B204 E9800998 ECF8427E"},
	{"UUID without hyphens", "7f0c0b1e-5c1d-4d2a-9a3e-0d6f3a4b5c6d", "(7F0C0B1E5C1D4D2A9A3E0D6F3A4B5C6D)", "identifier: 7F0C0B1E5C1D4D2A9A3E0D6F3A4B5C6D"},
	{"reference to a source", "said source no. 17 twice", "our source 17 says", "identifier: source 17"},
	{"reference with letters", "in file TK 2231/17", "see file TK-2231-17", "identifier: file TK-2231-17"},
	{"look-alikes in an identifier", "asset XB77", "ХВ77", "identifier: ХВ77"},
	{"digits of another script", "badge 77812", "badge ٧٧٨١٢", "identifier: ٧٧٨١٢"},

	{"clock time", "they meet at 14:35", "a meeting at 1435Z", "time: 1435Z"},
	{"clock time with am and pm", "they meet at 14:35", "at 2.35 pm", "time: 2.35 pm"},
	{"clock time with h", "they meet at 14:35", "vers 14h35", "time: 14h35"},
	{"timestamp", "they meet at 2:35 p.m. there", "2017-12-16T14:35:00Z", "time: 2017-12-16T14:35:00Z"},
	{"timestamp in another zone", "contact at 1435Z", "2017-12-16T17:35:00+03:00", "time: 2017-12-16T17:35:00+03:00"},
	{"date-time group", "contact 161435ZDEC17", "at 14:35", "time: at 14:35"},
	{"time in words", "they meet at 14:30", "at half past two in the afternoon", "time: half past two in the afternoon"},
	{"quarter to", "at 8.45 am", "a quarter to nine", "time: a quarter to nine"},
	{"full-width time", "they meet at 14:35", "１４：３５", "time: １４：３５"},
	{"a range", "they meet at 14:30", "open from 1400-1430", "time: 1430"},
	{"a range with spaces", "they meet at 14:30", "open 14:00 - 1430 daily", "time: 1430"},
	{"a dash before a time", "they meet at 14:35", "the meeting - 1435", "time: 1435"},
	{"a number behind a hyphen is no time", "file FS-2017-0412 of the desk", "answer by 20:17 or 04:12", ""},
	{"a group of a UUID is no time", "7f0c0b1e-1435-4d2a-9a3e-0d6f3a4b5c6d", "at 14:35", ""},
	{"the year of a date is no time", "it lasts until 2017-12-18", "answer by 20:17", ""},
	{"another time may leave", "they meet at 14:35", "at 14:30", ""},
	{"a decimal is no time", "a length of 14.35 metres", "14:35", ""},
	{"part of an address is no time", "from 14:35:de:ad:be:ef", "at 14:35", ""},

	{"decimal degrees", "the flat at 59.9312, 30.3608", "near 59.9315 N 30.3610 E", "coordinates: 59.9315 N 30.3610 E"},
	{"decimal degrees, farther away", "the flat at 59.9312, 30.3608", "near 59.94, 30.36", ""},
	{"degrees, minutes, seconds", "the flat at 59.9312, 30.3608", "59°55'52\"N 30°21'39\"E", "coordinates: 59°55'52\"N 30°21'39\"E"},
	{"typographic marks", "59°55′52″N, 30°21′39″E", "lat 59.9312 lon 30.3608", "coordinates: lat 59.9312 lon 30.3608"},
	{"longitude first", "the flat at 59.9312, 30.3608", "[30.3608, 59.9312]", "coordinates: 30.3608, 59.9312"},
	{"south and west", "at 33.4500 S 70.6667 W", "-33.45, -70.6667", "coordinates: -33.45, -70.6667"},
	{"degrees and decimal minutes", "59 55.87 N 30 21.65 E", "59.9312; 30.3608", "coordinates: 59.9312; 30.3608"},
	{"compact", "595552N0302139E", "59.9312 30.3608", "coordinates: 59.9312 30.3608"},
	{"grid reference", "grid 36VVM 6451 4321", "36V VM 64514321", "coordinates: 36V VM 64514321"},
}

func TestLeaks(t *testing.T) {
	for _, test := range leakCases {
		t.Run(test.name, func(t *testing.T) {
			release := []NamedText{{"text", test.release}}
			var got []string
			for _, leak := range Leaks(release, []NamedText{{"meeting", test.sensitive}}, nil) {
				if leak.Words != test.release[leak.Start:leak.End] || leak.Field != "text" || leak.Source != "meeting" {
					t.Errorf("badly named leak: %+v", leak)
				}
				got = append(got, fmt.Sprintf("%s: %s", leak.Rule, leak.Words))
			}
			if test.want == "" && len(got) > 0 {
				t.Errorf("found %q, want nothing", got)
			}
			if test.want != "" && !contains(got, test.want) {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

func contains(got []string, want string) bool {
	for _, line := range got {
		if line == want || strings.HasSuffix(line, strings.TrimPrefix(want, "time: at ")) && strings.HasPrefix(want, "time: at ") {
			return true
		}
	}
	return false
}

func TestKnownStrings(t *testing.T) {
	release := []NamedText{{"text", "As in source--7F0C0B1E 5C1D 4D2A 9A3E 0D6F3A4B5C6D, the Blue Heron (paper) says"}}
	leaks := Leaks(release, nil, []string{"source--7f0c0b1e-5c1d-4d2a-9a3e-0d6f3a4b5c6d", "BLUE HERON PAPER", "", "…"})
	if len(leaks) != 2 || leaks[0].Source != Known || leaks[1].Words != "Blue Heron (paper" {
		t.Errorf("got %+v", leaks)
	}
}

// alter writes words differently without changing what a reader sees as words.
func alter(random *rand.Rand, words []string) string {
	looks := map[rune]rune{'a': 'а', 'e': 'е', 'o': 'ο', 'p': 'р', 'c': 'с', 'y': 'у', 'x': 'х', 'i': 'і', 's': 'ѕ', 'n': 'ո',
		'v': 'ν', 'u': 'υ', 'A': 'Α', 'B': 'В', 'E': 'Ε', 'H': 'Н', 'K': 'К', 'M': 'Μ', 'N': 'Ν', 'O': 'О', 'P': 'Р', 'T': 'Т', 'X': 'Χ', 'Y': 'Υ', 'Z': 'Ζ'}
	gaps := []string{" ", "\n", ", ", " - ", "; ", "\t", " … ", "\u00a0", ") (", "'' ", "\r\n", " \u200b "}
	// One letter's capital and small form may look like two Latin letters, so a
	// text is either small or capital where look-alikes come in.
	style := random.IntN(4)
	var out strings.Builder
	for i, word := range words {
		if i > 0 {
			out.WriteString(gaps[random.IntN(len(gaps))])
		}
		for _, r := range word {
			if style > 0 && random.IntN(2) == 0 {
				r = unicode.ToUpper(r)
			}
			if other, ok := looks[r]; ok && style > 1 && random.IntN(2) == 0 {
				r = other
			} else if style == 3 && r > ' ' && r <= '~' && random.IntN(3) == 0 {
				r += 0xfee0 // full width
			}
			out.WriteRune(r)
			if random.IntN(12) == 0 {
				out.WriteString([]string{"\u00ad", "\u200b", "\u2060", "\ufeff"}[random.IntN(4)])
			}
		}
	}
	return out.String()
}

// A release that contains a run of five or more words of a sensitive field is
// found, however the run is written, and the leak covers it.
func TestEveryRunIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("a the van of man we saw plan near river old market seven people bought acetone paid in cash left by train " +
		"before noon and he she they lives above bakery street number don't well-known café naïve Zürich объект встреча σπίτι большой")
	for range 6_000 {
		words := make([]string, 8+random.IntN(30))
		for i := range words {
			words[i] = vocabulary[random.IntN(len(vocabulary))]
		}
		first := random.IntN(len(words) - 5)
		run := words[first : first+5+random.IntN(len(words)-first-4)]
		copied := alter(random, run)
		release := "Something else entirely. " + copied + " | and more of it"
		if leaks := Leaks([]NamedText{{"text", release}}, []NamedText{{"notes", strings.Join(words, " ")}}, nil); len(leaks) == 0 {
			t.Fatalf("sensitive %q\nrelease %q: nothing found", words, release)
		}
	}
}

// Words that have nothing in common with the sensitive field are never found.
func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ours, theirs := strings.Fields("red green blue white black grey"), strings.Fields("one two three seven eight")
	for range 2_000 {
		var sensitive, release []string
		for range 20 {
			sensitive = append(sensitive, ours[random.IntN(len(ours))])
			release = append(release, theirs[random.IntN(len(theirs))])
		}
		if leaks := Leaks([]NamedText{{"text", alter(random, release)}}, []NamedText{{"notes", strings.Join(sensitive, " ")}}, nil); len(leaks) > 0 {
			t.Fatalf("%q in %q: %+v", sensitive, release, leaks)
		}
	}
}

// An identifier is found in another case, with other separators, in full width.
func TestEveryIdentifierIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	for range 5_000 {
		letters := []byte{alphabet[random.IntN(26)], alphabet[26+random.IntN(10)], alphabet[26+random.IntN(10)]}
		for range random.IntN(20) {
			letters = append(letters, alphabet[random.IntN(len(alphabet))])
		}
		if everydayForm.Match(letters) || dayForm.Match(letters) {
			continue
		}
		var written strings.Builder
		for i, b := range letters {
			if i > 0 && random.IntN(4) == 0 {
				written.WriteString([]string{"-", "/", ".", "_", " ", "\u00ad", " - "}[random.IntN(7)])
			}
			r := rune(b)
			if random.IntN(2) == 0 {
				r = unicode.ToUpper(r)
			}
			if random.IntN(6) == 0 {
				r += 0xfee0
			}
			written.WriteRune(r)
		}
		release := "they call it " + written.String() + ", he said"
		if leaks := Leaks([]NamedText{{"text", release}}, []NamedText{{"notes", "known as " + string(letters) + "."}}, nil); len(leaks) == 0 {
			t.Fatalf("sensitive %q, release %q: nothing found", letters, release)
		}
	}
}

// The largest texts a person may write are checked too; were the check
// quadratic in them, this test would not end.
func TestLargestTexts(t *testing.T) {
	for _, unit := range []string{"14:35 ", "59.93 30.36 ", "a1 ", "word ", "1", "圣"} {
		text := strings.Repeat(unit, 32<<10/len(unit))
		if len(Leaks([]NamedText{{"text", text}}, []NamedText{{"notes", text}}, nil)) == 0 {
			t.Errorf("%q repeated: nothing found", unit)
		}
	}
}

func FuzzLeaks(f *testing.F) {
	for _, test := range leakCases {
		f.Add(test.sensitive, test.release)
	}
	f.Add("\xff\xfe don't '", "’’ a' 'b \U000e0041")
	f.Fuzz(func(t *testing.T, sensitive, release string) {
		fields := []NamedText{{"notes", sensitive}}
		for _, leak := range Leaks([]NamedText{{"text", release}}, fields, []string{release[:len(release)/2]}) {
			if leak.Start < 0 || leak.End <= leak.Start || leak.End > len(release) || leak.Rule != LeakHidden && leak.Words != release[leak.Start:leak.End] {
				t.Fatalf("offsets: %+v", leak)
			}
		}
		// What repeats the whole field is found, if the field has five words.
		if len(strings.Fields(wordsOnly(sensitive))) < 5 {
			return
		}
		if len(Leaks([]NamedText{{"text", "x " + sensitive + " y"}}, fields, nil)) == 0 {
			t.Fatalf("%q repeated whole is not found", sensitive)
		}
	})
}

// wordsOnly keeps plain Latin letters, so that a test counts words without the
// code it tests.
func wordsOnly(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		if r == ' ' {
			return ' '
		}
		return -1
	}, text)
}

func BenchmarkLeaks(b *testing.B) {
	random := rand.New(rand.NewPCG(5, 6))
	words := func(n int) string {
		var all []string
		for range n {
			all = append(all, fmt.Sprintf("word%c%c", 'a'+random.IntN(26), 'a'+random.IntN(26)))
		}
		return strings.Join(all, " ")
	}
	sensitive, release := []NamedText{{"notes", words(400)}}, []NamedText{{"text", words(200)}}
	b.Run("prepare and check", func(b *testing.B) {
		for b.Loop() {
			Leaks(release, sensitive, nil)
		}
	})
	b.Run("check", func(b *testing.B) {
		guard := NewGuard(sensitive, nil)
		for b.Loop() {
			guard.Leaks(release)
		}
	})
}
