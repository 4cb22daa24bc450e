// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file says by voice how a warning is handled, and hears it.

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/spoken"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Every label, code and caveat that is said is heard; a note is not said.
func TestSpokenHandling(t *testing.T) {
	all := handling.Handling{TLP: handling.Red, PAP: handling.PAPRed, Codes: []handling.Code{handling.H1, handling.H2, handling.H3}, Caveats: handling.Caveats()}
	noted := all
	noted.Note = "not before the 17th"
	for name, test := range map[string]struct{ said, heard handling.Handling }{
		"a label alone":      {handling.Handling{TLP: handling.Green}, handling.Handling{TLP: handling.Green}},
		"H0 always applies":  {handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H0}}, handling.Handling{TLP: handling.Green}},
		"a PAP label":        {handling.Handling{TLP: handling.Clear, PAP: handling.PAPClear}, handling.Handling{TLP: handling.Clear, PAP: handling.PAPClear}},
		"everything":         {all, all},
		"a note is not said": {noted, all},
	} {
		w := warning.Warning{Handling: test.said, Precedence: handling.Flash, ThreatType: warning.Kidnapping, Target: warning.Target{Kind: "event"}}
		c, err := warning.Spoken(strings.Repeat("ab", 32), time.Date(2031, 5, 8, 9, 30, 0, 0, time.UTC), &w, "BERGEN")
		if err != nil {
			t.Fatal(err)
		}
		got, known := warning.SpokenHandling(c)
		if diff := cmp.Diff(test.heard, got); diff != "" || !known {
			t.Errorf("%s: known %t, -want +got:\n%s", name, known, diff)
		}
	}
	for _, c := range []spoken.Content{{TLP: 5}, {PAP: 5}, {Codes: 8}, {Caveats: 1 << len(handling.Caveats())}} {
		if h, known := warning.SpokenHandling(c); known {
			t.Errorf("%+v is heard as %+v", c, h)
		}
	}
}
