// SPDX-License-Identifier: Apache-2.0

package main

// This file holds docs/spec/errors.md section 5 against what the command line
// says: its codes, and the status it ends with.

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// codesOfThePage are the codes of section 5, each with its status.
func codesOfThePage(t *testing.T) map[string]int {
	t.Helper()
	page, err := os.ReadFile("../../docs/spec/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## 5. The command line")
	section, _, _ = strings.Cut(section, "\n## ")
	codes := make(map[string]int)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| ([0-9]) \\|").FindAllStringSubmatch(section, -1) {
		if codes[row[1]], err = strconv.Atoi(row[2]); err != nil {
			t.Fatal(err)
		}
	}
	return codes
}

func TestThePageNamesEveryCodeOfTheCommandLine(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	of := []string{codeUsage, codeFile}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range regexp.MustCompile(`trouble\("([a-z]+)"`).FindAllSubmatch(text, -1) {
			of = append(of, string(call[1]))
		}
	}
	inner := []problem.Code{problem.Invalid, problem.Denied, problem.Missing, problem.Conflict, problem.Busy, problem.Refused, problem.Internal}
	of = slices.DeleteFunc(of, func(code string) bool { return slices.Contains(inner, problem.Code(code)) })
	slices.Sort(of)
	var named []string
	for code := range codesOfThePage(t) {
		named = append(named, code)
	}
	slices.Sort(named)
	if diff := cmp.Diff(slices.Compact(of), named); diff != "" {
		t.Errorf("said, and named (-said +named):\n%s", diff)
	}
}

func TestTheCommandLineEndsAsThePageSays(t *testing.T) {
	t.Setenv("TOCSIN_HOME", t.TempDir())
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer other.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	codes := codesOfThePage(t)
	for _, test := range []struct {
		code string
		args []string
	}{
		{"usage", []string{"frobnicate"}},
		{"file", []string{"verify", filepath.Join(t.TempDir(), "none")}},
		{"identity", []string{"status", "--address", other.URL}},
		{"unreachable", []string{"signin", gone.URL + "/signin/once"}},
		{"answer", []string{"signin", other.URL + "/signin/once"}},
	} {
		var out, errs bytes.Buffer
		status := run(append(test.args, "--json"), strings.NewReader(""), &out, &errs)
		var said struct {
			Code string `json:"code"`
		}
		if err := json.Unmarshal(errs.Bytes(), &said); err != nil {
			t.Errorf("%v: %v: %s%s", test.args, err, &out, &errs)
			continue
		}
		if said.Code != test.code || status != codes[test.code] {
			t.Errorf("%v: %s with status %d, and the page says %s with %d", test.args, said.Code, status, test.code, codes[test.code])
		}
	}
}
