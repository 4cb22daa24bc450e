// SPDX-License-Identifier: Apache-2.0

package main

// This file matches patterns against observations that stand beside them, line by
// line.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// maxLine is the longest line of tocsin stix match --lines.
const maxLine = 256 << 20

// matchLines answers each line of the files, or of the standard input.
func (t *tool) matchLines(ctx context.Context, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	worst := exitOK
	for _, path := range paths {
		file, err := t.open(path)
		if err != nil {
			return err
		}
		status, err := t.answerLines(ctx, shownPath(path), file)
		file.Close()
		if err != nil {
			return err
		}
		worst = max(worst, status)
	}
	if worst == exitOK {
		return nil
	}
	return exitWith(worst)
}

func (t *tool) answerLines(ctx context.Context, path string, file io.Reader) (worst int, err error) {
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for number := 1; lines.Scan(); number++ {
		if err := ctx.Err(); err != nil {
			return worst, err
		}
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		answer, readable := answerLine(line)
		if !readable {
			worst = exitUsage
			answer.Error = fmt.Sprintf("%s, line %d: %s", path, number, answer.Error)
		}
		if err := t.printResult(answer); err != nil {
			return worst, err
		}
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = trouble(codeUsage, "split it", "%s has a line of more than %d MiB", path, maxLine>>20)
		}
		return worst, err
	}
	return worst, nil
}

// answerLine matches what one line says; readable is false if the line is none.
func answerLine(line []byte) (answer matched, readable bool) {
	var asked struct {
		Pattern      *string          `json:"pattern"`
		Observations []jsontext.Value `json:"observations"`
	}
	if err := json.Unmarshal(line, &asked); err != nil {
		return matched{Result: "error", Error: plain(err.Error())}, false
	}
	if asked.Pattern == nil {
		return matched{Result: "error", Error: "it has no pattern"}, false
	}
	failed := func(err error) (matched, bool) {
		return matched{Result: "error", Error: plain(err.Error())}, true
	}
	parsed, err := pattern.Parse(*asked.Pattern)
	if err != nil {
		return failed(err)
	}
	observed, err := observedIn(asked.Observations)
	if err != nil {
		return failed(err)
	}
	bound, err := pattern.Match(parsed, observed)
	if err != nil {
		return failed(err)
	}
	if bound == nil {
		return matched{Result: "no-match"}, true
	}
	return matched{Result: "match"}, true
}

// observedIn reads the observed data of bundles and single objects, in their
// order. A reference leads into the bundle that it stands in, or else to any
// object beside.
func observedIn(all []jsontext.Value) (observed []pattern.ObservedData, err error) {
	groups := make([][]stix.Object, len(all))
	beside := make(map[string]stix.Object)
	for i, raw := range all {
		if groups[i], err = objectsIn(raw); err != nil {
			return nil, fmt.Errorf("observations[%d]: %w", i, err)
		}
		for _, object := range groups[i] {
			beside[object.ID()] = object
		}
	}
	for _, group := range groups {
		inside := make(map[string]stix.Object)
		for _, object := range group {
			inside[object.ID()] = object
		}
		find := func(id string) (stix.Object, bool) {
			object, found := inside[id]
			if !found {
				object, found = beside[id]
			}
			return object, found
		}
		for _, object := range group {
			if one, ok := stix.Observe(object, find); ok {
				observed = append(observed, one)
			}
		}
	}
	return observed, nil
}

// objectsIn reads the objects of a bundle, or a single one.
func objectsIn(raw jsontext.Value) (objects []stix.Object, err error) {
	for object, err := range stix.ReadBundle(bytes.NewReader(raw)) {
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}
