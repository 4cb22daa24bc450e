// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file holds matching to the tables of test vectors.

import (
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// observedIn reads the observed data of bundles, each with its own objects, and
// says which bundle each is of.
func observedIn(t *testing.T, bundles []jsontext.Value) (all []pattern.ObservedData, from []int) {
	t.Helper()
	for i, raw := range bundles {
		var bundle struct {
			Objects []jsontext.Value `json:"objects"`
		}
		if err := json.Unmarshal(raw, &bundle); err != nil {
			t.Fatal(err)
		}
		var objects []stix.Object
		for _, raw := range bundle.Objects {
			object, err := stix.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, object)
		}
		for _, observed := range stix.Observations(objects) {
			all, from = append(all, observed), append(from, i)
		}
	}
	return all, from
}

// verdict is what matching says, as the tables write it.
func verdict(text string, observed []pattern.ObservedData) (string, []int, error) {
	parsed, err := pattern.Parse(text)
	if err != nil {
		return "error", nil, err
	}
	bound, err := pattern.Match(parsed, observed)
	switch {
	case err != nil:
		return "error", nil, err
	case bound == nil:
		return "no-match", nil, nil
	}
	return "match", bound, nil
}

func TestMatchVectors(t *testing.T) {
	type row struct {
		ID           string           `json:"id"`
		Pattern      string           `json:"pattern"`
		Observations []jsontext.Value `json:"observations"`
		Expected     string           `json:"expected"`
		Binding      [][]int          `json:"first_binding"` // of each observed-data its bundle, where the tool told
	}
	listed := divergences(t, "PC")
	for id := range divergences(t, "PX") {
		listed[id] = true
	}
	c := &compare{t: t, listed: listed}
	eachLine(t, "pattern-cases.jsonl", func(row row) {
		observed, from := observedIn(t, row.Observations)
		got, bound, err := verdict(row.Pattern, observed)
		c.row(row.ID, got == row.Expected, func() {
			t.Errorf("%s: we say %s (%v), the tool %s:\n%s", row.ID, got, err, row.Expected, row.Pattern)
		})
		if got != "match" || row.Expected != "match" || row.Binding == nil {
			return
		}
		if len(bound) != len(row.Binding) {
			t.Errorf("%s: %d observations bind, for the tool %d: %s", row.ID, len(bound), len(row.Binding), row.Pattern)
			return
		}
		for i, bundle := range row.Binding {
			if bundle != nil && !slices.Contains(bundle, from[bound[i]]) {
				t.Errorf("%s: observation %d binds, for the tool one of bundles %v: %s", row.ID, bound[i], bundle, row.Pattern)
			}
		}
	})
	c.done()
}
