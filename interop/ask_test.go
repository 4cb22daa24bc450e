// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file asks a judge about many things at once.

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ask runs a script of clients over lines of JSON, and reads a line for each.
func ask[Line, Answer any](t *testing.T, script string, lines []Line) []Answer {
	t.Helper()
	var in, out, errs bytes.Buffer
	for _, line := range lines {
		must(t, json.MarshalWrite(&in, line))
		in.WriteByte('\n')
	}
	command := exec.CommandContext(t.Context(), python(t), filepath.Join("clients", script))
	command.Stdin, command.Stdout, command.Stderr = &in, &out, &errs
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &errs)
	}
	var answers []Answer
	for decoder := jsontext.NewDecoder(&out); ; {
		var answer Answer
		err := json.UnmarshalDecode(decoder, &answer)
		if err == io.EOF {
			break
		}
		must(t, err)
		answers = append(answers, answer)
	}
	if len(answers) != len(lines) {
		t.Fatalf("%s: %d answers to %d lines\n%s", script, len(answers), len(lines), &errs)
	}
	return answers
}
