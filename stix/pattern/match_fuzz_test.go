// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file looks for patterns and objects that matching stumbles over.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// FuzzMatch matches any pattern against any objects: it must come to an end
// without panic, and what binds must be observations that were handed in. A
// pattern and what it is printed as match the same.
func FuzzMatch(f *testing.F) {
	object := `{"type":"x","s":"a\n","i":5,"f":1.5,"b":true,"n":null,"l":[1,"2",[3]],"d":{"k":"v"},"y_ref":"1","z_refs":["0","1"],"p_bin":"YWxpY2U=","q_hex":"ff00","t":"2026-03-01T00:00:00Z","v":"198.51.100.0/24"}`
	for _, text := range []string{
		"[x:s MATCHES '^a.$' AND x:i > 4 OR x:f IN (1, 1.5)]", "[x:z_refs[*].z_refs[*].z_refs[*].d.k LIKE '%v%']", "[x:p_bin MATCHES 'a' AND x:q_hex = h'ff00']",
		"[x:v ISSUBSET '198.51.0.0/16'] REPEATS 3 TIMES WITHIN 5 SECONDS", "([x:b = true] FOLLOWEDBY [x:t < t'2027-01-01T00:00:00Z']) START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
		"[EXISTS x:n AND x:l[2][0] NOT = 4]", "[x:l[*] NOT IN (1)] AND [x:s = 'a'] OR [x:y_ref.y_ref.y_ref.s = 'a']",
	} {
		f.Add(text, object)
	}
	f.Fuzz(func(t *testing.T, text, object string) {
		parsed, err := pattern.Parse(text)
		if err != nil {
			return
		}
		data, err := stix.Parse([]byte(`{"type":"observed-data","first_observed":"2026-03-01T00:00:00Z","last_observed":"2026-03-01T00:00:04Z","number_observed":2,"objects":{"0":` + object + `,"1":` + object + `}}`))
		if err != nil {
			return
		}
		observed, _ := stix.Observe(data, nil)
		bound, err := pattern.Match(parsed, []pattern.ObservedData{observed, observed})
		for i, number := range bound {
			if number < 0 || number > 1 || i > 0 && number <= bound[i-1] {
				t.Errorf("%q binds %v", text, bound)
			}
		}
		again, err2 := pattern.Parse(parsed.String())
		if err2 != nil {
			t.Fatal(err2)
		}
		if second, err2 := pattern.Match(again, []pattern.ObservedData{observed, observed}); (err2 == nil) != (err == nil) || (second == nil) != (bound == nil) {
			t.Errorf("%q binds %v (%v), printed as %q it binds %v (%v)", text, bound, err, again, second, err2)
		}
	})
}
