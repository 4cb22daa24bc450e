// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDoubts has patterns that can meet nothing in Zeek's logs, and some that can.
func TestDoubts(t *testing.T) {
	for _, row := range []struct{ pattern, want string }{
		{"[domain-name:value = 'evil.example.org']", ""},
		{"[domain-name:value = 'Evil.example.org']", "domain-name:value is never like 'Evil.example.org' in these events: the map zeek writes it 'evil.example.org'"},
		{"[domain-name:value = 'evil.example.org.']", "domain-name:value is never like 'evil.example.org.' in these events: the map zeek writes it 'evil.example.org'"},
		{"[domain-name:value LIKE '%.Example.org']", "domain-name:value is never like '%.Example.org' in these events: the map zeek writes it '%.example.org'"},
		{"[network-traffic:dst_ref.value = '2001:DB8:0::1']", "network-traffic:dst_ref.value is never like '2001:DB8:0::1' in these events: the map zeek writes it '2001:db8::1'"},
		{"[file:hashes.MD5 IN ('ABCDEF00000000000000000000000000', 'bbbbbb00000000000000000000000000')]", "file:hashes.MD5 is never like 'ABCDEF00000000000000000000000000' in these events: the map zeek writes it 'abcdef00000000000000000000000000'"},
		{"[domain-name:resolves_to_refs[*].value = '2001:db8:0::1']", "domain-name:resolves_to_refs[*].value is never like '2001:db8:0::1' in these events: the map zeek writes it '2001:db8::1'"},
		{"[domain-name:value NOT = 'Evil.example.org']", ""},
		{"[file:name = 'Evil.exe' OR url:value = 'http://www.example.org/A' OR email-message:from_ref.value = 'A@example.org']", ""},
		{"[domain-name:value MATCHES '(?i)Evil']", ""},
		{"[process:name = 'a.exe']", "name in process:name is no property there; there are child_refs, command_line, created_time, creator_user_ref, cwd, environment_variables, image_ref, is_hidden, opened_connection_refs, parent_ref, pid: no data that keeps to the standard meets this"},
	} {
		set, _ := setOf(t, indicatorText(1, row.pattern, ""))
		got := ""
		for _, doubt := range append(set.Doubts(), set.Impossible(zeek(t).Map)...) {
			got += doubt.Reason
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: %s", row.pattern, diff)
		}
	}
}
