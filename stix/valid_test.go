// SPDX-License-Identifier: Apache-2.0

package stix_test

// This file holds Valid to Check.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/stix"
)

func TestValid(t *testing.T) {
	tests := []struct{ object, want string }{
		{`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}`, ""},
		{`{"type":"ipv4-addr","id":"ipv4-addr--ff26c055-6336-4bc5-b98d-13d6226742dd"}`, "(STIX 2.1 §6.8, value)"},
		{`{}`, "(STIX 2.1 §3.2, "},
	}
	for _, test := range tests {
		object, err := stix.Parse([]byte(test.object))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := stix.Valid(object); err != nil {
			got = err.Error()
		}
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.object, got, test.want)
		}
	}
}
