// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the scales of confidence to the table of test vectors, and to
// what holds for every scale.

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func TestConfidenceVectors(t *testing.T) {
	scales := map[string]ConfidenceScale{
		"none_low_med_high": ConfidenceLowMedHigh, "none_low_medium_high": ConfidenceLowMedHigh, "zero_ten": ConfidenceZeroToTen,
		"admiralty_credibility": ConfidenceAdmiralty, "wep": ConfidenceWEP, "dni": ConfidenceDNI,
	}
	agreed := 0
	eachLine(t, "stix-confidence.jsonl", func(row struct {
		ID     string           `json:"id"`
		Fn     string           `json:"fn"`
		Args   []jsontext.Value `json:"args"`
		Result any              `json:"result"`
		Raised string           `json:"raised"`
	}) {
		agreed++
		fn := row.Fn[strings.LastIndexByte(row.Fn, '.')+1:]
		if name, ok := strings.CutPrefix(fn, "value_to_"); ok {
			var value int
			if err := json.Unmarshal(row.Args[0], &value); err != nil {
				t.Fatal(err)
			}
			words, err := scales[name].Show(value)
			if (err != nil) != (row.Raised != "") || err == nil && words != row.Result {
				t.Errorf("%s: %s(%d) is %q, %v; the table says %v%s", row.ID, fn, value, words, err, row.Result, row.Raised)
			}
			return
		}
		var words string
		if err := json.Unmarshal(row.Args[0], &words); err != nil {
			words = string(row.Args[0]) // a number where the tool wants words
			if fn == "zero_ten_to_value" {
				words += " as a number"
			}
		}
		value, err := scales[strings.TrimSuffix(fn, "_to_value")].Read(words)
		if (err != nil) != (row.Raised != "") || err == nil && float64(value) != row.Result {
			t.Errorf("%s: %s(%q) is %d, %v; the table says %v%s", row.ID, fn, words, value, err, row.Result, row.Raised)
		}
	})
	t.Logf("%d rows", agreed)
}

// Words read are shown again as themselves, and every confidence has words.
func TestConfidenceBothWays(t *testing.T) {
	for _, scale := range []ConfidenceScale{ConfidenceLowMedHigh, ConfidenceZeroToTen, ConfidenceAdmiralty, ConfidenceWEP, ConfidenceDNI} {
		for _, words := range scale.Words() {
			value, err := scale.Read(words)
			if err != nil {
				t.Fatal(err)
			}
			if shown, err := scale.Show(value); err != nil || shown != words {
				t.Errorf("%s: %q stands for %d, which is shown as %q, %v", scale, words, value, shown, err)
			}
		}
		for value := range 101 {
			if _, err := scale.Show(value); err != nil {
				t.Errorf("%s: %d: %v", scale, value, err)
			}
		}
		if _, err := scale.Show(101); !errors.Is(err, ErrConfidence) {
			t.Errorf("%s: 101: %v", scale, err)
		}
		if _, err := scale.Read("6 - Truth cannot be judged"); !errors.Is(err, ErrConfidence) {
			t.Errorf("%s: what cannot be judged has a value: %v", scale, err)
		}
	}
	if _, err := ConfidenceScale("own").Show(1); !errors.Is(err, ErrConfidence) {
		t.Errorf("a scale of one's own: %v", err)
	}
}
