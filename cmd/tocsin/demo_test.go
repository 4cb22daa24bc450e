// SPDX-License-Identifier: Apache-2.0

package main

// This file plays the demo as a user does, and holds it to its order.

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestDemo(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"demo", "--exit", "--json"}, strings.NewReader(""), &out, &errs); status != exitOK {
		t.Fatalf("the demo ended with status %d: %s\n%s", status, errs.String(), out.String())
	}
	var steps []string
	for line := range strings.Lines(out.String()) {
		var s struct {
			Step, Node, Line string
			OK               bool
			Facts            map[string]any
		}
		if err := json.Unmarshal([]byte(line), &s, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if !s.OK || len(s.Facts) == 0 || s.Line == "" || !slices.Contains([]string{"us-service", "ru-service"}, s.Node) {
			t.Errorf("not as it should be: %s", line)
		}
		steps = append(steps, s.Step)
	}
	want := []string{"paired", "source_kept", "duty_opened", "previewed", "released", "delivered", "acknowledged", "outcome", "thanked",
		"pledged", "reciprocated", "stated", "disputed", "suspended", "quarantined", "restored", "verified", "done"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("the steps (-want +got):\n%s", diff)
	}
}

// For a person each step is one line that begins with its name.
func TestDemoForAPerson(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"demo", "--exit"}, strings.NewReader(""), &out, &errs); status != exitOK {
		t.Fatalf("the demo ended with status %d: %s", status, errs.String())
	}
	if lines := strings.Count(out.String(), "\n"); lines != 19 {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}
