// SPDX-License-Identifier: Apache-2.0

package store

// This file tests what is kept of a marking definition to judge by.

import (
	"strings"
	"testing"
)

// Eve brings definitions of 2 MiB: what each object that refers to one has read
// is as short as for any other, and says the same.
func TestCutDefinition(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`{"type":"marking-definition","definition_type":"statement","definition":{"statement":"x"},"x_a":[` + strings.Repeat(`{"":0},`, 300_000) + `0]}`,
			`{"definition":{"statement":""},"definition_type":"statement","type":"marking-definition"}`},
		{`{"definition_type":"tlp","definition":{"tlp":"red"}}`, `{"definition":{},"definition_type":"other","type":"marking-definition"}`},
		{`{"definition_type":"statement","definition":{"statement":"x"},"extensions":{"a":{}}}`,
			`{"definition":{"statement":""},"definition_type":"statement","extensions":{},"type":"marking-definition"}`},
		{`{"definition":[],"definition_type":7}`, `{"definition":{},"definition_type":"other","type":"marking-definition"}`},
		{`{"definition_type":"statement"`, `{}`},
	} {
		if got := string(cutDefinition([]byte(test.body))); got != test.want {
			t.Errorf("%.60s: kept as\n%s, want\n%s", test.body, got, test.want)
		}
	}
}
