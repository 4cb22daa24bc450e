// SPDX-License-Identifier: Apache-2.0

package tocsin_test

// This file holds the threat model to the tests it names.

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModelNamesTests holds that every test, fuzz target and scene that
// docs/threat-model.md names in backticks exists: a claim whose test went is a
// claim no more.
func TestThreatModelNamesTests(t *testing.T) {
	there := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			there[filepath.Base(path)] = true
		case strings.HasSuffix(path, "_test.go"):
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, match := range declared.FindAllStringSubmatch(string(raw), -1) {
				there[match[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+|[\\w-]+\\.txtar)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 40 {
		t.Errorf("the threat model names %d tests: it was to name one for each claim", len(named))
	}
	for _, match := range named {
		if !there[match[1]] {
			t.Errorf("the threat model names %s, which is not there", match[1])
		}
	}
}
