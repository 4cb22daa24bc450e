// SPDX-License-Identifier: Apache-2.0

package press

// The real article, where it is at hand. Nothing of its text is quoted here.

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

func readReal(t *testing.T) Article {
	t.Helper()
	input, err := os.ReadFile("../../../shared/input/article.txt")
	if err != nil {
		t.Skip("the article is not here")
	}
	article, err := Read(input, Options{Published: time.Date(2017, 12, 18, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	checkOffsets(t, article)
	return article
}

func TestRealArticleIsClean(t *testing.T) {
	article := readReal(t)
	// 41 sequences begin with E2 80 in the input: in 25 the letter that followed is
	// still merged with the third byte (15 “ and 10 ’), in 16 that byte is gone (15 ”
	// and a dash).
	if want := (Damage{"utf-8 read as gbk", 25, 16}); article.Damage != want {
		t.Errorf("damage %v, want %v", article.Damage, want)
	}
	if article.Signoff != "/cbb" || strings.Contains(article.Text, "cbb") {
		t.Errorf("signoff %q", article.Signoff)
	}
	counts := map[rune]int{}
	for _, r := range article.Text {
		counts[r]++
		if unicode.Is(unicode.Han, r) || r == unicode.ReplacementChar {
			t.Errorf("%q is left", r)
		}
	}
	for r, want := range map[rune]int{'“': 15, '”': 15, '’': 10, '—': 1, '‘': 0, '…': 0} {
		if counts[r] != want {
			t.Errorf("%d of %c, want %d", counts[r], r, want)
		}
	}
	for _, wrong := range []string{" ”", "“ ", " ’", "  ", "”“"} {
		if strings.Contains(article.Text, wrong) {
			t.Errorf("%q in the text", wrong)
		}
	}
}

// Spoilt again, in every way, it comes back the same.
func TestRealArticleSpoiltAgain(t *testing.T) {
	article := readReal(t)
	for _, each := range decoders {
		if each.eats {
			continue
		}
		text, damage, err := Repair([]byte(each.spoil(article.Text)))
		if err != nil || text != article.Text || damage.Repaired != 25 {
			t.Errorf("%s: %v, %v, same text: %v", each.name, damage, err, text == article.Text)
		}
	}
	text, damage, err := Repair([]byte(spoilLatin(article.Text, false)))
	if err != nil || text != article.Text || damage != (Damage{"utf-8 read as windows-1252", 41, 0}) {
		t.Errorf("windows-1252: %v, %v, same text: %v", damage, err, text == article.Text)
	}
}

func TestRealArticleEntities(t *testing.T) {
	article := readReal(t)
	got := map[string][]string{}
	for _, each := range article.Entities {
		got[each.Type] = append(got[each.Type], each.Name+" "+each.Country)
	}
	for kind, want := range map[string][]string{
		Person:       {"Vladimir Putin RU", "Donald Trump US", "Alexander Bortnikov RU", "Bashar al-Assad ", "Mike Pompeo US"},
		Organization: {"CIA US", "FSB RU", "Kremlin RU", "White House US", "Islamic State ", "RT RU", "G20 "},
		Place:        {"Moscow RU", "Russia RU", "Saint Petersburg RU", "United States US", "Syria SY", "Iraq IQ", "North Korea KP", "Washington US", "Germany DE"},
		Nationality:  {"Russian RU", "American US", "Central Asian "},
		Event:        {"attack in Saint Petersburg RU", "World Cup ", "presidential election ", "bombing on Saint Petersburg metro RU", "US election US", "G20 summit "},
	} {
		slices.Sort(want)
		slices.Sort(got[kind])
		if !slices.Equal(want, got[kind]) {
			t.Errorf("%s: got %q, want %q", kind, got[kind], want)
		}
	}
}

func TestRealArticleClaims(t *testing.T) {
	article := readReal(t)
	var sources []string
	kinds := map[string]int{}
	dates := map[string]string{}
	bounds := map[string]Count{}
	for _, each := range article.Claims {
		kinds[each.Kind]++
		if each.Source != "" {
			sources = append(sources, each.Source)
		}
		if each.When != nil {
			dates[each.When.Text] = each.When.Start + "/" + each.When.End + " " + each.When.Fidelity
		}
		for _, count := range each.Counts {
			bounds[count.Of] = count
		}
	}
	wantSources := []string{
		"Kremlin", "Kremlin", "Vladimir Putin", "White House", "White House", "FSB", "FSB", "FSB", "Alexander Bortnikov",
		"Russian security services", "commentators", "White House", "White House", "White House", "Vladimir Putin",
		"Donald Trump", "Vladimir Putin", "Vladimir Putin",
	}
	if !slices.Equal(sources, wantSources) {
		t.Errorf("sources %q, want %q", sources, wantSources)
	}
	if kinds[ClaimOfSource] != 17 || kinds[Assessment] != 4 || kinds[Fact] != 10 {
		t.Errorf("kinds %v", kinds)
	}
	for text, want := range map[string]string{
		"on Sunday":         "2017-12-17/2017-12-17 day",
		"on Friday":         "2017-12-15/2017-12-15 day",
		"on December 16":    "2017-12-16/2017-12-16 day",
		"On Tuesday":        "2017-12-12/2017-12-12 day",
		"on Thursday":       "2017-12-14/2017-12-14 day",
		"this year":         "2017-01-01/2017-12-31 year",
		"in April":          "2017-04-01/2017-04-30 month",
		"in September 2015": "2015-09-01/2015-09-30 month",
		"In 2015":           "2015-01-01/2015-12-31 year",
		"in September":      "2017-09-01/2017-09-30 month",
		"last month":        "2017-11-01/2017-11-30 month",
		"this week":         "2017-12-12/2017-12-18 week",
		"in July":           "2017-07-01/2017-07-31 month",
	} {
		if dates[text] != want {
			t.Errorf("%s: %q, want %q", text, dates[text], want)
		}
	}
	for of, want := range map[string]string{
		"members": "7 7 false", "people": "14 14 false", "fighters": "0 40000 true", "Russian citizens": "2900 2900 true",
		"Central Asians": "3000 9999 true", "leaders": "2 2 false", "explosives": "? ? true",
	} {
		count := bounds[of]
		if got := strings.Join([]string{bound(count.Low), bound(count.High), map[bool]string{true: "true", false: "false"}[count.Estimate]}, " "); got != want {
			t.Errorf("%s: %s, want %s", of, got, want)
		}
	}
}
