// SPDX-License-Identifier: Apache-2.0

package warning

// This file tests that everything a partner says in free words is guarded.

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
)

func TestSaid(t *testing.T) {
	w := Warning{
		ID: "warning--1", Text: "t", Method: "m", Actor: "a", Action: "d", Recipients: []string{"r", "s"}, Purpose: "p",
		Handling: handling.Handling{TLP: handling.Red, Note: "n"}, Persons: []Person{{Name: "P", Text: "x", Reason: "y"}},
		Objects: []jsontext.Value{jsontext.Value(`{}`)},
	}
	const whole = "text=t method=m threat_actor=a recommended_action=d handling.note=n recipients=r; s persons.name=P persons.text=x persons.reason=y"
	for want, payload := range map[string]Payload{
		whole:                     &w,
		whole + " change=c":       &Update{Change: "c", Warning: w},
		"note=n":                  &Acknowledgement{Note: "n"},
		"question=q":              &Request{Question: "q"},
		"text=t handling.note=n":  &Reply{Text: "t", Handling: handling.Handling{Note: "n"}},
		"text=o":                  &Outcome{Text: "o"},
		"text=h":                  &Thanks{Text: "h"},
		"about=a view=v":          &Dispute{About: "a", View: "v"},
		"reason=r":                &Recall{Reason: "r"},
		"reason=r passed_on=x; y": &RecallAnswer{Reason: "r", PassedOn: []string{"x", "y"}},
		"question=i":              &Inquiry{Question: "i"},
		"":                        &Terms{},
	} {
		var got []string
		for _, field := range Said(payload) {
			got = append(got, field.Name+"="+field.Text)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%T: %s", payload, diff)
		}
	}
	source := FromPartner(&w, "delta")
	if source.Origin != "delta" || source.ID != w.ID || len(source.Objects) != 1 || len(source.Sensitive()) != 9 || source.Handling.TLP != handling.Red {
		t.Errorf("%+v", source)
	}
}
