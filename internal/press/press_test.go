// SPDX-License-Identifier: Apache-2.0

package press

// Articles of our own, each a text pair in testdata: what it shows on top, then
// what goes in and everything that must come out of it.

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var rewrite = flag.Bool("rewrite", false, "write what comes out into testdata, to be read before it is committed")

// pair is one file of testdata.
type pair struct {
	file      string
	published time.Time
	in, out   string
}

func pairs(t testing.TB) []pair {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no text pairs", err)
	}
	var result []pair
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		this := pair{file: file}
		for _, each := range archive.Files {
			switch each.Name {
			case "published":
				if day := strings.TrimSpace(string(each.Data)); day != "" {
					if this.published, err = time.Parse(time.DateOnly, day); err != nil {
						t.Fatal(err)
					}
				}
			case "in":
				this.in = string(each.Data)
			case "out":
				this.out = string(each.Data)
			}
		}
		result = append(result, this)
	}
	return result
}

// describe writes an article in lines that a person can check against the text.
func describe(article Article) string {
	var b strings.Builder
	fmt.Fprintf(&b, "signoff %q\n", article.Signoff)
	for _, each := range article.Entities {
		fmt.Fprintf(&b, "%s %s", each.Type, each.Name)
		if each.Country != "" {
			fmt.Fprintf(&b, " [%s]", each.Country)
		}
		b.WriteString(":")
		for _, at := range each.Mentions {
			fmt.Fprintf(&b, " %q", article.Text[at[0]:at[1]])
		}
		b.WriteString("\n")
	}
	for _, claim := range article.Claims {
		fmt.Fprintf(&b, "\n%s", claim.Kind)
		if claim.Source != "" {
			fmt.Fprintf(&b, " (%s)", claim.Source)
		}
		fmt.Fprintf(&b, ": %s\n", strings.Join(strings.Fields(article.Text[claim.Evidence[0]:claim.Evidence[1]]), " "))
		if len(claim.Entities) > 0 {
			fmt.Fprintf(&b, "  names %s\n", strings.Join(claim.Entities, "; "))
		}
		if claim.When != nil {
			fmt.Fprintf(&b, "  when %q %s/%s %s\n", claim.When.Text, claim.When.Start, claim.When.End, claim.When.Fidelity)
		}
		for _, count := range claim.Counts {
			fmt.Fprintf(&b, "  count %q of %q %s to %s", count.Text, count.Of, bound(count.Low), bound(count.High))
			if count.Estimate {
				b.WriteString(", estimate")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func bound(value *int64) string {
	if value == nil {
		return "?"
	}
	return fmt.Sprint(*value)
}

func TestArticles(t *testing.T) {
	for _, each := range pairs(t) {
		article, err := Read([]byte(each.in), Options{Published: each.published})
		if err != nil {
			t.Fatal(each.file, err)
		}
		if article.Damage != (Damage{Kind: "none"}) {
			t.Errorf("%s is not damaged, but %v", each.file, article.Damage)
		}
		got := describe(article)
		if *rewrite {
			text, err := os.ReadFile(each.file)
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(string(text), "-- out --\n")
			if err := os.WriteFile(each.file, []byte(head+"-- out --\n"+got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(each.out, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", each.file, diff)
		}
		checkOffsets(t, article)
	}
}

// The same articles, spoilt in every way, say the same.
func TestDamagedArticles(t *testing.T) {
	for _, each := range pairs(t) {
		sound, err := Read([]byte(each.in), Options{Published: each.published})
		if err != nil {
			t.Fatal(each.file, err)
		}
		spoilt := map[string]string{"utf-8 read as windows-1252": spoilLatin(each.in, false)}
		for _, decoder := range decoders {
			if decoder.eats || strings.ContainsRune(each.in, '台') {
				continue // what was eaten, or was Chinese, does not all come back
			}
			spoilt["utf-8 read as gbk, "+decoder.name] = decoder.spoil(each.in)
		}
		for how, text := range spoilt {
			if text == each.in {
				continue
			}
			// A spoilt article may come with any line ends and a byte order mark.
			article, err := Read([]byte("\uFEFF"+strings.ReplaceAll(text, "\n", "\r\n")), Options{Published: each.published})
			if err != nil {
				t.Fatal(each.file, err)
			}
			if kind := article.Damage.Kind; !strings.HasPrefix(how, kind) {
				t.Errorf("%s %s: kind %q", each.file, how, kind)
			}
			if article.Damage.Repaired+article.Damage.Guessed == 0 {
				t.Errorf("%s %s: nothing restored", each.file, how)
			}
			if diff := cmp.Diff(sound.Text, article.Text); diff != "" {
				t.Errorf("%s %s (-sound +repaired)\n%s", each.file, how, diff)
			}
			if diff := cmp.Diff(describe(sound), describe(article)); diff != "" {
				t.Errorf("%s %s (-sound +repaired)\n%s", each.file, how, diff)
			}
			if article.SHA256OfInput == sound.SHA256OfInput {
				t.Errorf("%s %s: two inputs, one digest", each.file, how)
			}
		}
	}
}

// checkOffsets demands what holds of every article whatever.
func checkOffsets(t testing.TB, article Article) {
	t.Helper()
	within := func(what string, at [2]int) {
		if at[0] < 0 || at[0] >= at[1] || at[1] > len(article.Text) ||
			!utf8.RuneStart(article.Text[at[0]]) || at[1] < len(article.Text) && !utf8.RuneStart(article.Text[at[1]]) {
			t.Errorf("%s at %v of %d bytes", what, at, len(article.Text))
		}
	}
	names := map[string]bool{}
	for _, each := range article.Entities {
		names[each.Name] = true
		if len(each.Mentions) == 0 {
			t.Errorf("%s is never mentioned", each.Name)
		}
		for _, at := range each.Mentions {
			within(each.Name, at)
		}
	}
	last := 0
	for _, each := range article.Claims {
		within("evidence", each.Evidence)
		if each.Evidence[0] < last {
			t.Errorf("evidence %v overlaps the claim before it", each.Evidence)
		}
		last = each.Evidence[1]
		for _, name := range each.Entities {
			if !names[name] {
				t.Errorf("a claim names %q, which is no entity", name)
			}
		}
		if each.Kind != Fact && each.Kind != Assessment && each.Kind != ClaimOfSource || each.Kind == ClaimOfSource && each.Source == "" {
			t.Errorf("kind %q of source %q", each.Kind, each.Source)
		}
		for _, count := range each.Counts {
			if count.Low != nil && count.High != nil && *count.Low > *count.High || count.Of == "" {
				t.Errorf("count %+v", count)
			}
		}
		if each.When != nil && each.When.Start > each.When.End {
			t.Errorf("date %+v", each.When)
		}
	}
}

// The JSON has the fields of the interface, arrays for lists and null only for a
// bound that is not known.
func TestJSON(t *testing.T) {
	article, err := Read([]byte("At least 14 people died in Oslo on Friday, police said."), Options{Published: time.Date(2024, 3, 13, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(article)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"text":"At least 14 people died in Oslo on Friday, police said.",` +
		`"sha256_of_input":"` + article.SHA256OfInput + `","damage":{"kind":"none","repaired":0,"guessed":0},"signoff":"",` +
		`"entities":[{"type":"place","name":"Oslo","country":"NO","mentions":[[27,31]]}],` +
		`"claims":[{"kind":"claim_of_source","source":"police","evidence":[0,55],"entities":["Oslo"],` +
		`"when":{"text":"on Friday","start":"2024-03-08","end":"2024-03-08","fidelity":"day"},` +
		`"counts":[{"text":"At least 14 people","of":"people","low":14,"high":null,"estimate":false}]}]}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
	nothing, err := Read([]byte("Yes."), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if raw, _ := json.Marshal(nothing); !strings.Contains(string(raw), `"entities":[],"claims":[]`) {
		t.Errorf("%s", raw)
	}
}

func TestReadRefuses(t *testing.T) {
	for input, want := range map[string]error{
		"":                              ErrEmpty,
		" \n ":                          ErrEmpty,
		"a\x00b":                        ErrNotText,
		strings.Repeat("a", MaxInput+1): ErrTooLarge,
	} {
		if _, err := Read([]byte(input), Options{}); err != want {
			t.Errorf("%.10q: %v, want %v", input, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, each := range pairs(f) {
		f.Add([]byte(each.in))
		f.Add([]byte(decoders[0].spoil(each.in)))
	}
	f.Add([]byte("“A, B,” said C (D) — 5 to 7 of E’s F on May 5, 2017; /abc"))
	f.Fuzz(func(t *testing.T, input []byte) {
		article, err := Read(input, Options{Published: time.Date(2017, 12, 18, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return
		}
		checkOffsets(t, article)
	})
}

func BenchmarkRead(b *testing.B) {
	var all strings.Builder
	for _, each := range pairs(b) {
		all.WriteString(each.in)
	}
	for name, input := range map[string]string{"sound": all.String(), "damaged": decoders[0].spoil(all.String())} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			for b.Loop() {
				if _, err := Read([]byte(input), Options{Published: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Rows of one thing, such as nobody writes, take time in proportion to their length:
// MB/s of the short one and of the long one are alike.
func BenchmarkReadRows(b *testing.B) {
	for name, unit := range map[string]string{"titles": "General ", "speakers": "he said, ", "lost": "鈥渁 s鈥 a", "quotations": "“A b. "} {
		for _, size := range []int{8 << 10, 128 << 10} {
			input := []byte(strings.Repeat(unit, size/len(unit)))
			b.Run(fmt.Sprintf("%s-%dK", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(input)))
				for b.Loop() {
					if _, err := Read(input, Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
