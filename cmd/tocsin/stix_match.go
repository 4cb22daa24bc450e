// SPDX-License-Identifier: Apache-2.0

package main

// This file matches a STIX pattern against the observed data of files, without a
// node.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// matched is one match, or that there was none, as tocsin stix match prints it.
type matched struct {
	Result       string      `json:"result"` // match, no-match, error
	Observations []sighted   `json:"observations,omitempty"`
	Error        string      `json:"error,omitempty"`
	Faults       []faultLine `json:"faults,omitempty"` // of the pattern
}

// sighted is one Observed Data object that binds.
type sighted struct {
	File          string `json:"file"`
	ID            string `json:"id"`
	FirstObserved string `json:"first_observed,omitempty"`
	LastObserved  string `json:"last_observed,omitempty"`
}

// faultLine is one thing wrong with a pattern.
type faultLine struct {
	Section string `json:"section"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule"`
	Hint    string `json:"hint,omitempty"`
}

func (t *tool) stixMatchCommand() *cobra.Command {
	var lines bool
	c := t.command("match [PATTERN] [FILE…]", "match a pattern against observed data; exit 1 if nothing matches, 2 on an error", func(ctx context.Context, args []string) error {
		if lines {
			return t.local(t.matchLines(ctx, args))
		}
		if len(args) < 2 {
			return usage("say: tocsin stix match PATTERN FILE…; - is the standard input", "a pattern and a file are needed")
		}
		return t.local(t.matchFiles(ctx, args[0], args[1:]))
	})
	c.Long = `Match a STIX pattern (STIX 2.1 §9) against the Observed Data of bundles, single
objects or JSON lines; - is the standard input. The files are one stream: a pattern
of several observation expressions may find them in several files. References are
followed among the objects of one file.

Each match is a line: the observations that bind, the last of which completes it.
Exit status 0: something matches; 1: nothing does; 2: the pattern is invalid,
cannot be matched, or something cannot be read.

With --lines there is no PATTERN: each line of the files, or of the standard input,
is an object

  {"pattern": "[…]", "observations": [bundle or observed-data, …]}

and each is answered by a line {"result": "match|no-match|error", "error": "…"}, in
the same order. Exit status 0, or 2 if a line cannot be read. References are
followed within a bundle first, then among all objects of the line.`
	c.Example = `  tocsin stix match "[ipv4-addr:value ISSUBSET '198.51.100.0/24']" observed.json
  tocsin stix match "([domain-name:value LIKE '%.example.org'] FOLLOWEDBY [file:name = 'a.exe']) WITHIN 300 SECONDS" monday.json tuesday.json
  tocsin stix match --lines questions.jsonl`
	c.Flags().BoolVar(&lines, "lines", false, "read a pattern and its observations from each line")
	return c
}

// matchFiles runs one pattern over the observed data of files.
func (t *tool) matchFiles(ctx context.Context, text string, paths []string) error {
	parsed, matcher, err := readyPattern(text)
	if err != nil {
		return t.noPattern(err)
	}
	foreign := t.doubts(parsed)
	worst, total, others, matches := exitOK, 0, 0, 0
	var seen []sighted // by the number that the matcher gave
	for _, path := range paths {
		objects, whole := t.objectsOf(path)
		if !whole {
			worst = exitUsage
		}
		others += len(objects)
		for object, observed := range stix.Observations(objects) {
			if err := ctx.Err(); err != nil {
				return err
			}
			total++
			for _, object := range observed.Objects {
				if typ, _ := object.Properties["type"].(string); len(foreign) > 0 {
					delete(foreign, typ)
				}
			}
			first, _ := object.Get("first_observed")
			last, _ := object.Get("last_observed")
			one := sighted{File: shownPath(path), ID: object.ID()}
			one.FirstObserved, _ = first.(string)
			one.LastObserved, _ = last.(string)
			seen = append(seen, one)
			bound, err := matcher.Add(&observed)
			if err != nil {
				worst = exitUsage
				t.note(aside{Where: shownPath(path) + ": " + object.ID(), Problem: err.Error()})
			}
			if bound == nil {
				continue
			}
			matches++
			if err := t.printMatch(bound, seen); err != nil {
				return err
			}
		}
	}
	if matcher.Dropped() > 0 {
		worst = exitUsage
		t.note(aside{Problem: fmt.Sprintf("%d observations were let go, as at most %d are kept: matches with them may be missing", matcher.Dropped(), pattern.MaxKept)})
	}
	if total == 0 {
		t.note(aside{Warning: fmt.Sprintf("there is no observed data to match, in %s: patterns ask about observed-data, not about objects alone", count(int64(others), "object"))})
	}
	for _, typ := range slices.Sorted(maps.Keys(foreign)) {
		t.note(aside{Warning: "the standard has no type " + typ + ", and nothing observed is of it"})
	}
	return t.endMatch(worst, total, matches)
}

// doubts warns of object paths that lead to nothing the standard knows. Types that
// it does not know are returned: the data may.
func (t *tool) doubts(parsed *pattern.Pattern) (foreign map[string]bool) {
	foreign = make(map[string]bool)
	for doubt := range stix.Doubts(parsed) {
		if doubt.Foreign {
			foreign[doubt.Path.Type] = true
			continue
		}
		t.note(aside{Warning: doubt.Reason + ": no data that keeps to the standard matches this (STIX 2.1 §9.7)"})
	}
	return foreign
}

// objectsOf reads the objects of a file. What cannot be read is told, and whole is
// false.
func (t *tool) objectsOf(path string) (objects []stix.Object, whole bool) {
	file, err := t.open(path)
	if err != nil {
		t.note(aside{Where: shownPath(path), Problem: "it cannot be read: " + reasonOf(err).Error()})
		return nil, false
	}
	defer file.Close()
	whole = true
	for object, err := range stix.ReadFile(file, nil) {
		if err != nil {
			whole = false
			t.note(aside{Where: shownPath(path), Problem: "it cannot be read: " + reasonOf(err).Error()})
			continue
		}
		objects = append(objects, object)
	}
	return objects, whole
}

func (t *tool) printMatch(bound []int, seen []sighted) error {
	line := matched{Result: "match"}
	var words []string
	for _, number := range bound {
		one := seen[number]
		line.Observations = append(line.Observations, one)
		words = append(words, strings.TrimSpace(one.ID+" "+one.FirstObserved))
	}
	if t.json {
		return t.printResult(line)
	}
	_, err := fmt.Fprintf(t.out, "%s: %s\n", plain(seen[bound[len(bound)-1]].File), plain(strings.Join(words, ", ")))
	return err
}

// endMatch says how much was looked at, and makes the exit status.
func (t *tool) endMatch(worst, total, matches int) error {
	result := "match"
	if matches == 0 {
		result = "no-match"
	}
	if t.json && matches == 0 {
		if err := t.printResult(matched{Result: result}); err != nil {
			return err
		}
	}
	if !t.json {
		if _, err := fmt.Fprintf(t.out, "%s: %d in %d observations\n", result, matches, total); err != nil {
			return err
		}
	}
	if worst == exitOK && matches == 0 {
		worst = exitNo
	}
	if worst == exitOK {
		return nil
	}
	return exitWith(worst)
}

func (t *tool) printResult(line matched) error {
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "%s\n", raw)
	return err
}

// readyPattern parses a pattern and makes it ready.
func readyPattern(text string) (*pattern.Pattern, *pattern.Matcher, error) {
	parsed, err := pattern.Parse(text)
	if err != nil {
		return nil, nil, err
	}
	matcher, err := pattern.NewMatcher(parsed)
	return parsed, matcher, err
}

// noPattern tells all that is wrong with a pattern.
func (t *tool) noPattern(err error) error {
	line := matched{Result: "error", Error: plain(err.Error())}
	var invalid *pattern.Error
	if errors.As(err, &invalid) {
		for _, fault := range invalid.Faults {
			line.Faults = append(line.Faults, faultLine{Section: fault.Section, Line: fault.Line, Column: fault.Column, Rule: fault.Rule, Hint: fault.Hint})
		}
	}
	if t.json {
		if err := t.printResult(line); err != nil {
			return err
		}
		return exitWith(exitUsage)
	}
	if invalid == nil {
		return usage("write it without", "%s", line.Error)
	}
	fmt.Fprintln(t.errs, "the pattern is not valid, and so matches nothing:")
	for _, fault := range invalid.Faults {
		fmt.Fprintf(t.errs, "  %s\n", plain(fault.Error()))
		if fault.Hint != "" {
			fmt.Fprintf(t.errs, "    %s\n", plain(fault.Hint))
		}
	}
	return exitWith(exitUsage)
}
