// SPDX-License-Identifier: Apache-2.0

package handling_test

// This file holds which tool sees what.

import (
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
)

func TestWhoSees(t *testing.T) {
	for _, test := range []struct {
		clearance, audience handling.TLP
		want                bool
	}{
		{handling.Amber, handling.Green, true},
		{handling.Amber, handling.Amber, true},
		{handling.Amber, handling.Red, false},
		{handling.Amber, handling.Passively(handling.Green), false},
		{handling.Passively(handling.Amber), handling.Green, true},
		{handling.Passively(handling.Amber), handling.Passively(handling.Amber), true},
		{handling.Passively(handling.Amber), handling.Passively(handling.AmberStrict), false},
		{handling.Passively(""), handling.Clear, false},
		{handling.Red, "", false},
		{handling.Passively(handling.Red), handling.Passively(""), false},
		{handling.Passively(handling.Red), "TLP:PINK", false},
		{"", "", false},
	} {
		if got := handling.Sees(test.clearance, test.audience); got != test.want {
			t.Errorf("%q sees what is for %q: %t", test.clearance, test.audience, got)
		}
	}
	if _, err := handling.ParseTLP(string(handling.Passively(handling.Green))); err == nil {
		t.Error("an audience is taken for a label")
	}
}

// Whoever may see the one must see the other, for every clearance there is.
func TestAsWide(t *testing.T) {
	for _, a := range handling.Audiences() {
		for _, b := range handling.Audiences() {
			everybody := true
			for _, clearance := range handling.Audiences() {
				everybody = everybody && (!handling.Sees(clearance, b) || handling.Sees(clearance, a))
			}
			if got := handling.AsWide(a, b); got != everybody {
				t.Errorf("%q is as wide as %q: %t", a, b, got)
			}
		}
	}
}
