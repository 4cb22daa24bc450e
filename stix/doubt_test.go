// SPDX-License-Identifier: Apache-2.0

package stix

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// TestDoubts has patterns whose paths lead to nothing, and some that may lead to
// something. STIX 2.1 §9.7
func TestDoubts(t *testing.T) {
	for _, row := range []struct {
		pattern string
		want    []string
	}{
		{"[ipv4-addr:value = 'a']", nil},
		{"[ipv4-addr:valeu = 'a' OR ipv4-addr:valeu = 'b']", []string{"valeu in ipv4-addr:valeu is no property there; there are belongs_to_refs, resolves_to_refs, value"}},
		{"[network-traffic:dst_ref.valeu = 'a']", []string{"valeu in network-traffic:dst_ref.valeu is no property there; there are belongs_to_refs, resolves_to_refs, value"}},
		{"[ipv4-addr:value.text = 'a']", []string{"text is not in what stands before it in ipv4-addr:value.text"}},
		{"[malware:name = 'a']", []string{"malware is no type of observables"}},
		{"[ipv4:value = 'a']", []string{"the standard has no type ipv4 (foreign)"}},
		{"[x-door:state = 'a' OR file:x_owner = 'b']", nil},
		{"[file:hashes.sha256 = 'a']", []string{"sha256 in file:hashes.sha256 is no name of a hash; the standard writes 'SHA-256'"}},
		{"[file:hashes.'SHA-256' LIKE 'a%' OR file:hashes.imphash = 'b']", nil},
	} {
		parsed, err := pattern.Parse(row.pattern)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for doubt := range Doubts(parsed) {
			text := doubt.Reason
			if doubt.Foreign {
				text += " (foreign)"
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.pattern, diff)
		}
	}
}
