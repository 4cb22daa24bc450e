// SPDX-License-Identifier: Apache-2.0

package handling_test

// This file tests what may be done with what was said.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
)

func TestPAP(t *testing.T) {
	for said, want := range map[string]handling.PAP{
		"PAP:RED": handling.PAPRed, "amber": handling.PAPAmber, " pap:green ": handling.PAPGreen, "WHITE": handling.PAPClear, "PAP:CLEAR": handling.PAPClear,
		"": "", "PAP:": "", "TLP:RED": "", "blue": "",
	} {
		got, err := handling.ParsePAP(said)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", said, got, err, want)
		}
	}
	rank := handling.PAP("").Rank()
	for _, label := range handling.PAPs() {
		if label.Rank() <= rank || label.Meaning() == "" {
			t.Errorf("%s: rank %d after %d, %q", label, label.Rank(), rank, label.Meaning())
		}
		rank = label.Rank()
	}
	if handling.PAP("PAP:PINK").Rank() >= 0 {
		t.Error("an unknown label allows something")
	}
	h := handling.Handling{TLP: handling.Green, PAP: "PAP:PINK"}
	if err := h.Validate(); err == nil || !strings.Contains(err.Error(), "PAP") {
		t.Errorf("an unknown PAP: %v", err)
	}
	h.PAP = "red"
	if h = h.Spelled(); h.Validate() != nil || !strings.Contains(h.Line(), "PAP:RED only what nobody outside can notice") {
		t.Errorf("%+v: %s", h, h.Line())
	}
}

func TestForTools(t *testing.T) {
	for name, test := range map[string]struct {
		h    handling.Handling
		want bool
	}{
		"plain":         {handling.Handling{TLP: handling.Amber}, true},
		"PAP:GREEN":     {handling.Handling{TLP: handling.Amber, PAP: handling.PAPGreen}, true},
		"PAP:AMBER":     {handling.Handling{TLP: handling.Amber, PAP: handling.PAPAmber}, true},
		"PAP:RED":       {handling.Handling{TLP: handling.Clear, PAP: handling.PAPRed}, false},
		"unknown PAP":   {handling.Handling{TLP: handling.Clear, PAP: "x"}, false},
		"TLP:RED":       {handling.Handling{TLP: handling.Red}, false},
		"no label":      {handling.Handling{}, false},
		"display only":  {handling.Handling{TLP: handling.Green, Caveats: []handling.Caveat{handling.DisplayOnly}}, false},
		"needs consent": {handling.Handling{TLP: handling.Green, Caveats: []handling.Caveat{handling.NoActionWithoutConsent}}, false},
		"H2":            {handling.Handling{TLP: handling.Green, Codes: []handling.Code{handling.H2}}, true}, // ours are no third parties
	} {
		may, passively := test.h.ForTools()
		if may != test.want || passively != (name == "PAP:AMBER") {
			t.Errorf("%s: %t, passively alone %t", name, may, passively)
		}
	}
	one := handling.Handling{Codes: []handling.Code{handling.H3}, Note: "a"}
	other := one
	other.Note = "b"
	if one.NoteID() == "" || one.NoteID() == other.NoteID() || (handling.Handling{Note: "a"}).NoteID() != "" {
		t.Error("notes are not told apart")
	}
}
