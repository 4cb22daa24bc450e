// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file holds the table of docs/spec/errors.md section 3 against the one
// by which the API answers.

import (
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func TestTheErrorsOfTheSpecification(t *testing.T) {
	page, err := os.ReadFile("../../docs/spec/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## 3. The tools' door")
	section, _, _ = strings.Cut(section, "\n## ")
	specified := make(map[problem.Code][]int)
	for _, row := range regexp.MustCompile("(?m)^\\| ([0-9]{3}) \\| `([a-z]+)` \\|").FindAllStringSubmatch(section, -1) {
		status, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		specified[problem.Code(row[2])] = append(specified[problem.Code(row[2])], status)
	}
	// A caller that is not known is answered apart from the table.
	answered := map[problem.Code][]int{problem.Denied: {401}}
	for code, status := range maps.All(statuses) {
		answered[code] = append(answered[code], status)
	}
	if diff := cmp.Diff(answered, specified); diff != "" {
		t.Errorf("answered, and specified (-answered +specified):\n%s", diff)
	}
}
