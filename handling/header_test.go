// SPDX-License-Identifier: Apache-2.0

package handling_test

// This file tests what of a handling stands in a signed header, and what holds
// where a header and its text both speak.

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A header outlives its text: the note is not in it, and one that has it is refused.
func TestTheNoteIsInNoHeader(t *testing.T) {
	h := handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H3}, Note: "the source works there"}
	if h.Validate() != nil || h.ValidateHeader() == nil {
		t.Error("a note stands in the text, and in no header:", h.Validate(), h.ValidateHeader())
	}
	if header := h.Header(); header.Note != "" || header.ValidateHeader() != nil || header.Validate() == nil {
		t.Errorf("without the note: %+v, %v, %v", header, header.ValidateHeader(), header.Validate())
	}
	h.Codes = []handling.Code{"H9"}
	if h.Header().ValidateHeader() == nil {
		t.Error("an unknown code stands in a header")
	}
}

// Of a text and its header the narrower counts, and nothing unknown gets known.
func TestTheNarrowerOfTwo(t *testing.T) {
	for _, test := range []struct {
		name             string
		text, header, is handling.Handling
	}{
		{"the same", handling.Handling{TLP: handling.Amber, Note: "n"}, handling.Handling{TLP: handling.Amber}, handling.Handling{TLP: handling.Amber, Note: "n"}},
		{"a wider header", handling.Handling{TLP: handling.Red, PAP: handling.PAPRed}, handling.Handling{TLP: handling.Green}, handling.Handling{TLP: handling.Red, PAP: handling.PAPRed}},
		{"a wider text", handling.Handling{TLP: handling.Green}, handling.Handling{TLP: handling.Red, PAP: handling.PAPAmber}, handling.Handling{TLP: handling.Red, PAP: handling.PAPAmber}},
		{"both have caveats", handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H1}},
			handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H1, handling.H2}, Caveats: []handling.Caveat{handling.DisplayOnly}},
			handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H1, handling.H2}, Caveats: []handling.Caveat{handling.DisplayOnly}}},
		{"the header alone opens nothing", handling.Handling{TLP: handling.Red}, handling.Handling{TLP: handling.Red, Caveats: []handling.Caveat{handling.LifeSavingException}}, handling.Handling{TLP: handling.Red}},
		{"an unknown header", handling.Handling{TLP: handling.Red}, handling.Handling{TLP: "TLP:BLUE"}, handling.Handling{TLP: "TLP:BLUE"}},
		{"an unknown text", handling.Handling{TLP: "", PAP: "PAP:BLUE"}, handling.Handling{TLP: handling.Red, PAP: handling.PAPRed}, handling.Handling{TLP: "", PAP: "PAP:BLUE"}},
	} {
		got := test.text.And(test.header)
		if len(got.Codes) == 0 {
			got.Codes = nil
		}
		if len(got.Caveats) == 0 {
			got.Caveats = nil
		}
		if diff := cmp.Diff(test.is, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
