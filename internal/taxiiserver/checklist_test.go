// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file holds the scene of the interoperability checklist to its rows.

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every row of the server's in docs/interop.md is a heading of the scene, and the other way
// round; there are 39.
func TestChecklist(t *testing.T) {
	rows := func(path, pattern string) (rows []string) {
		raw, err := os.ReadFile(path)
		must(t, err)
		server, _, _ := strings.Cut(string(raw), "\n## Client\n")
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(server, -1) {
			rows = append(rows, found[1]+" "+found[2])
		}
		return rows
	}
	listed := rows("../../docs/interop.md", `(?m)^\| (3\.[0-9.]+) \| ([^|]+) \|`)
	played := rows("testdata/interop.txt", `(?m)^## (3\.[0-9.]+) (.+)$`)
	order := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(listed, played, order); diff != "" || len(played) != 39 {
		t.Errorf("%d rows (-listed +played):\n%s", len(played), diff)
	}
}
