// SPDX-License-Identifier: Apache-2.0

package press

// Texts are spoilt here the way programs spoil them, and must come back.

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decoder says what a program does with bytes that are no GBK pair.
type decoder struct {
	name string
	mark string // written for a lost byte
	eats bool   // the byte after the lost one is lost with it
	euro bool   // a single 80 is read as the euro sign, else it is lost
}

var decoders = []decoder{
	{name: "drops silently"},
	{name: "drops silently, knows 80", euro: true},
	{name: "marks with U+FFFD", mark: "\uFFFD"},
	{name: "marks with U+FFFD, knows 80", mark: "\uFFFD", euro: true},
	{name: "marks with a question mark and eats the next", mark: "?", eats: true, euro: true},
}

// spoil reads the UTF-8 bytes of text as GBK.
func (d decoder) spoil(text string) string {
	var b strings.Builder
	raw := []byte(text)
	for i := 0; i < len(raw); {
		if raw[i] < 0x80 {
			b.WriteByte(raw[i])
			i++
			continue
		}
		if raw[i] == 0x80 {
			if d.euro {
				b.WriteRune('€')
			} else {
				b.WriteString(d.mark)
			}
			i++
			continue
		}
		if i+1 < len(raw) {
			r, size := utf8.DecodeRuneInString(must(simplifiedchinese.GBK.NewDecoder().String(string(raw[i : i+2]))))
			if r != utf8.RuneError && size > 1 && !(r < 0x80) {
				b.WriteRune(r)
				i += 2
				continue
			}
		}
		b.WriteString(d.mark)
		i++
		if d.eats && i < len(raw) && raw[i] < 0x80 {
			i++
		}
	}
	return b.String()
}

// spoilLatin reads the UTF-8 bytes of text as Windows-1252, or as Latin-1.
func spoilLatin(text string, latin1 bool) string {
	var b strings.Builder
	for _, each := range []byte(text) {
		r := charmap.Windows1252.DecodeByte(each)
		if latin1 || r == utf8.RuneError {
			r = rune(each)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func must(text string, err error) string {
	if err != nil {
		return "\uFFFD"
	}
	return text
}

// press texts of our own, with every kind of punctuation that the desks use.
var sound = []string{
	"“All clear,” the harbour master said. “We’re open.”\n",
	"The port’s two tugs — both new — were out; “nobody slept,” he said, “but nobody was hurt.”\n",
	"She called it a “mistake” and left.\nThe union’s “final” offer was refused.",
	"Prices rose from 2015–2017, the agency said.\nHe waited… and then spoke.",
	"The ministers’ meeting was short. “It’s the leaders’ summit that counts,” said an aide.",
	"OSTREL, Norvia — The mayor of Ostrel said the “old bridge” would not reopen.",
	"At the café, Zoë’s brother paid £5.",
	"The ’90s were “calmer” than that.\nAnd that was that.",
	"“One.”\n“Two,” she said.\n“Three.”",
}

func TestRepairOfGBK(t *testing.T) {
	for _, each := range decoders {
		for _, want := range sound {
			spoilt := each.spoil(want)
			if spoilt == want {
				continue
			}
			got, damage, err := Repair([]byte(spoilt))
			if err != nil {
				t.Fatal(err)
			}
			if each.eats {
				if strings.Contains(want, "–") || strings.Contains(want, "’90s") {
					continue // the digit is gone for good
				}
				// A line end or a digit that was eaten cannot be told from a space.
				got, want = strings.Join(strings.Fields(got), " "), strings.Join(strings.Fields(want), " ")
			}
			if got != want {
				t.Errorf("%s:\nspoilt %q\n   got %q\n  want %q", each.name, spoilt, got, want)
			}
			if damage.Kind != "utf-8 read as gbk" {
				t.Errorf("%s: %q: kind %q", each.name, spoilt, damage.Kind)
			}
		}
	}
}

func TestRepairCounts(t *testing.T) {
	// Certain: “A, ’s, “n, ’r. Lost, because a space or the end follows: ” and ”.
	spoilt := decoders[0].spoil("“All of it’s gone,” he said. “now we’re done.”")
	_, damage, err := Repair([]byte(spoilt))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Damage{"utf-8 read as gbk", 4, 2}); damage != want {
		t.Errorf("got %v, want %v", damage, want)
	}
}

func TestRepairOfWindows1252(t *testing.T) {
	for _, latin1 := range []bool{false, true} {
		for _, want := range append(sound, "Résumé of the “naïve” plan — naïveté, façade.") {
			for _, drop := range []bool{false, true} {
				spoilt := spoilLatin(want, latin1)
				if drop {
					spoilt = strings.ReplaceAll(spoilt, "\u009d", "")
				}
				got, damage, err := Repair([]byte(spoilt))
				if err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Errorf("spoilt %q\n   got %q\n  want %q", spoilt, got, want)
				}
				if damage.Kind != "utf-8 read as windows-1252" {
					t.Errorf("%q: kind %q", spoilt, damage.Kind)
				}
			}
		}
	}
	twice := spoilLatin(spoilLatin("“It’s over,” he said — twice.", false), false)
	if got, _, _ := Repair([]byte(twice)); got != "“It’s over,” he said — twice." {
		t.Errorf("spoilt twice: %q", got)
	}
}

func TestRepairLeavesSoundTextAlone(t *testing.T) {
	texts := append([]string{
		"Plain English, with 'quotes' and \"more\" - and a dash.",
		"警方周五表示，已逮捕七名嫌疑人。“我们将继续调查，”发言人说。",
		"联通公司的行动。小心。茅台酒的价格上涨。",
		"The surname 茅 is rare; so is 鈕.",
		"Émile Zola’s “J’accuse” à la carte; ¿qué? — ñandú, Ærø, São Tomé, €5, £6, 20 °C.",
		"Владимир сказал: «Да» — и ушёл.",
		"東京の警察は、7人を逮捕したと発表した。",
		"서울 경찰은 7명을 체포했다.",
		"ÂNGELA and ÃO: ÇA ÉTÉ.",
		"He said “北京” twice — “no more”.",
	}, sound...)
	for _, want := range texts {
		got, damage, err := Repair([]byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if got != want || damage != (Damage{Kind: "none"}) {
			t.Errorf("%q\nbecame %q, %v", want, got, damage)
		}
	}
}

func TestRepairOfRussianReadAsGBK(t *testing.T) {
	want := "Полиция сообщила, что задержаны семь человек."
	spoilt := decoders[1].spoil(want)
	if got, _, err := Repair([]byte(spoilt)); err != nil || got != want {
		t.Errorf("%q\nbecame %q, %v", spoilt, got, err)
	}
}

func TestDecode(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("警方周五表示，已逮捕七名嫌疑人。")
	if err != nil {
		t.Fatal(err)
	}
	for name, each := range map[string]struct {
		in, out string
		damage  Damage
	}{
		"crlf and byte order mark": {"\xEF\xBB\xBFOne.\r\nTwo.\rThree.", "One.\nTwo.\nThree.", Damage{Kind: "none"}},
		"byte order mark as gbk":   {decoders[0].spoil("\uFEFFOslo’s port"), "Oslo’s port", Damage{"utf-8 read as gbk", 2, 0}},
		"windows-1252":             {"It\x92s \x93over\x94.", "It’s “over”.", Damage{"windows-1252", 3, 0}},
		"utf-16":                   {"\xFF\xFEH\x00i\x00\x19 ", "Hi’", Damage{Kind: "utf-16"}},
		"gb18030":                  {gb, "警方周五表示，已逮捕七名嫌疑人。", Damage{Kind: "gb18030"}},
		"cut utf-8":                {"He said \xE2\x80 no.", "He said — no.", Damage{"utf-8 with bytes lost", 0, 1}},
		"replacement characters":   {"Don\uFFFDt say \uFFFDno\uFFFD.", "Don’t say “no”.", Damage{"utf-8 with bytes lost", 0, 3}},
		"odd spaces":               {"One\u00A0two\u200B three\u2009four", "One two three four", Damage{Kind: "none"}},
	} {
		got, damage, err := Repair([]byte(each.in))
		if err != nil || got != each.out || damage != each.damage {
			t.Errorf("%s: %q, %v, %v; want %q, %v", name, got, damage, err, each.out, each.damage)
		}
	}
	for _, empty := range []string{"", " \r\n", "\uFEFF"} {
		if _, _, err := Repair([]byte(empty)); err != ErrEmpty {
			t.Errorf("%q: %v", empty, err)
		}
	}
	if _, _, err := Repair([]byte("a\x00b")); err != ErrNotText {
		t.Errorf("NUL: %v", err)
	}
}

func FuzzRepair(f *testing.F) {
	for _, text := range sound {
		for _, each := range decoders {
			f.Add([]byte(each.spoil(text)))
		}
		f.Add([]byte(spoilLatin(text, false)))
	}
	f.Add([]byte("\xE2\x80 \xC3 \xFF\xFE"))
	f.Fuzz(func(t *testing.T, input []byte) {
		text, damage, err := Repair(input)
		if err != nil {
			return
		}
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		if damage.Repaired < 0 || damage.Guessed < 0 || damage.Kind == "" {
			t.Errorf("damage %v", damage)
		}
		for _, r := range text {
			if r == '\r' || r == 0xFEFF || unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%U left in %q", r, text)
			}
		}
	})
}
