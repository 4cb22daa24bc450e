// SPDX-License-Identifier: Apache-2.0

package spoken_test

// This file holds what is said and heard: that every misheard digit is found in
// its line, and how long a real warning takes.

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/spoken"
)

func key(tb testing.TB, from, to string) spoken.Key {
	tb.Helper()
	k, err := spoken.NewKey(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32), "channel", from, to)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func content() spoken.Content {
	sent := time.Date(2031, 5, 8, 9, 30, 0, 0, time.UTC)
	return spoken.Content{
		Prefix: [10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Sent: sent, Precedence: 0, TLP: 3, Threat: 3, Target: 6, Country: "NO",
		Start: sent.Add(24 * time.Hour), End: sent.Add(48 * time.Hour), AnswerBy: sent.Add(6 * time.Hour), Text: "WINTER MARKET, BERGEN. A GROUP PREPARES AN ATTACK WITH EXPLOSIVES.",
	}
}

func TestSaidAndHeard(t *testing.T) {
	k := key(t, "alpha", "bravo")
	short := content()
	short.Text, short.Country, short.Start, short.End, short.AnswerBy = "", "", time.Time{}, time.Time{}, time.Time{}
	long := content()
	long.Text = strings.Repeat("A", spoken.MaxText)
	under := short
	under.PAP, under.Codes, under.Caveats = 4, 7, 1<<10-1
	longest := content()
	longest.Text, longest.PAP = long.Text, 1
	for name, c := range map[string]spoken.Content{"whole": content(), "short": short, "long": long, "under restrictions": under, "longest": longest} {
		sealed, err := k.Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := k.Seal(c)
		if err != nil || !bytes.Equal(sealed, again) {
			t.Errorf("%s: said twice it is another, %v", name, err)
		}
		lines := spoken.Lines(sealed)
		heard, wrong, missing, err := spoken.Parse(strings.ReplaceAll(strings.Join(lines, "\n"), " ", "-"))
		if err != nil || len(wrong) > 0 || missing > 0 || !bytes.Equal(heard, sealed) {
			t.Fatalf("%s: heard with %v wrong, %d missing, %v", name, wrong, missing, err)
		}
		opened, err := k.Open(heard)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, opened); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, other := range []spoken.Key{key(t, "bravo", "alpha"), key(t, "alpha", "eve")} {
			if _, err := other.Open(heard); !errors.Is(err, spoken.ErrKey) || other.ReadBack(sealed) == k.ReadBack(sealed) {
				t.Errorf("%s: heard with another key: %v", name, err)
			}
		}
		t.Logf("%s: %d characters, %d groups in %d lines, %d s at a group in two seconds", name, len(c.Text), spoken.Groups(lines), len(lines), 2*spoken.Groups(lines))
	}
}

// Every digit that is misheard, and every two neighbours that change places, are
// found in their line, and so is a line that is left out.
func TestMisheard(t *testing.T) {
	sealed, err := key(t, "alpha", "bravo").Seal(content())
	if err != nil {
		t.Fatal(err)
	}
	lines := spoken.Lines(sealed)
	heard := func(change func([]string) []string) (wrong []int, missing int, err error) {
		_, wrong, missing, err = spoken.Parse(strings.Join(change(append([]string(nil), lines...)), "\n"))
		return wrong, missing, err
	}
	for i, line := range lines {
		for j := range line {
			if line[j] == ' ' {
				continue
			}
			for _, bent := range []string{line[:j] + string('0'+(line[j]-'0'+3)%10) + line[j+1:], swapped(line, j)} {
				if bent == line {
					continue
				}
				wrong, _, err := heard(func(all []string) []string { all[i] = bent; return all })
				if err == nil || len(wrong) != 1 || wrong[0] != i+1 {
					t.Fatalf("line %d as %q: wrong are %v, %v", i+1, bent, wrong, err)
				}
			}
		}
	}
	for i := range len(lines) - 1 {
		if wrong, _, err := heard(func(all []string) []string { return slices.Delete(all, i, i+1) }); err == nil || len(wrong) != 1 || wrong[0] != i+1 {
			t.Errorf("line %d left out: %v, %v", i+1, wrong, err)
		}
	}
	if _, missing, err := heard(func(all []string) []string { return all[:len(all)-2] }); err == nil || missing != 2 {
		t.Errorf("two lines left out: %d, %v", missing, err)
	}
	if _, _, err := heard(func([]string) []string { return nil }); err == nil {
		t.Error("nothing is heard")
	}
}

func swapped(line string, j int) string {
	k := j + 1
	if k < len(line) && line[k] == ' ' {
		k++
	}
	if k >= len(line) {
		return line
	}
	raw := []byte(line)
	raw[j], raw[k] = raw[k], raw[j]
	return string(raw)
}

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"Tromsø, a group (of 3)\nplans": "TROMSO, A GROUP ,OF 3, PLANS", "Málaga": "MALAGA", "straße": "STRASSE", "ça – là": "CA - LA",
	} {
		if got, strange := spoken.Fold(text); got != want || len(strange) > 0 {
			t.Errorf("%q: %q, %q", text, got, strange)
		}
	}
	if _, strange := spoken.Fold("Москва"); len(strange) != 6 {
		t.Errorf("strange are %q", strange)
	}
}

func FuzzHeard(f *testing.F) {
	k := key(f, "alpha", "bravo")
	sealed, err := k.Seal(content())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.Join(spoken.Lines(sealed), "\n"))
	f.Add("10001 00000 00000\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		heard, _, _, err := spoken.Parse(text)
		if err != nil {
			return
		}
		if _, err := k.Open(heard); err == nil && !bytes.Equal(heard, sealed) {
			t.Errorf("%x opens, and was never said", heard)
		}
	})
}
