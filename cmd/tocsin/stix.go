// SPDX-License-Identifier: Apache-2.0

package main

// This file checks STIX 2.1 files against the standard, without a node.

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
)

// checked is one object of a file, as tocsin stix check prints it.
type checked struct {
	File       string           `json:"file"`
	Index      int              `json:"index"`
	ID         string           `json:"id,omitempty"`
	Valid      bool             `json:"valid"`
	Violations []stix.Violation `json:"violations"`
	Unreadable string           `json:"unreadable,omitempty"`
}

func (t *tool) stixCommand() *cobra.Command {
	check := t.command("check FILE…", "check STIX 2.1 bundles and objects; exit 1 if a MUST is violated, 2 if something cannot be read", func(_ context.Context, args []string) error {
		worst := exitOK
		for _, path := range args {
			objects, err := t.checkFile(path)
			if err != nil {
				return err
			}
			for _, object := range objects {
				if err := t.printChecked(object); err != nil {
					return err
				}
				switch {
				case object.Unreadable != "":
					worst = exitUsage
				case !object.Valid:
					worst = max(worst, exitNo)
				}
			}
		}
		if worst == exitOK {
			return nil
		}
		return exitWith(worst)
	})
	return t.group("stix", "check STIX 2.1", check)
}

// checkFile reads a file and checks each object, and the objects between them.
func (t *tool) checkFile(path string) ([]checked, error) {
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []checked
	var objects []stix.Object
	var places []int // of the readable objects, in all
	for object, err := range stix.ReadBundle(file) {
		line := checked{File: path, Index: len(all), Valid: err == nil}
		if err != nil {
			line.Unreadable = plain(cause(err).Error())
		} else {
			line.ID = object.ID()
			objects, places = append(objects, object), append(places, len(all))
		}
		all = append(all, line)
	}
	for _, violation := range stix.CheckBundle(objects) {
		index, path := objectOf(violation.Path)
		if index < 0 || index >= len(places) {
			continue
		}
		violation.Path = path
		object := &all[places[index]]
		object.Violations = append(object.Violations, violation)
		object.Valid = object.Valid && violation.Level != stix.Must
	}
	return all, nil
}

// cause is why an object could not be read, without its place in the stream.
func cause(err error) error {
	var object *stix.ObjectError
	if errors.As(err, &object) {
		return object.Err
	}
	return err
}

// objectOf splits "objects.[3].name" into 3 and "name".
func objectOf(path string) (int, string) {
	rest, found := strings.CutPrefix(path, "objects.[")
	digits, inside, closed := strings.Cut(rest, "]")
	index, err := strconv.Atoi(digits)
	if !found || !closed || err != nil {
		return -1, path
	}
	return index, strings.TrimPrefix(inside, ".")
}

func (t *tool) printChecked(object checked) error {
	if t.json {
		raw, err := json.Marshal(object)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", raw)
		return err
	}
	var p page
	switch {
	case object.Unreadable != "":
		p.line("%s: object %d cannot be read: %s", object.File, object.Index, object.Unreadable)
	case object.Valid:
		p.line("%s: object %d is valid: %s", object.File, object.Index, object.ID)
	default:
		p.line("%s: object %d is NOT valid: %s", object.File, object.Index, object.ID)
	}
	for _, violation := range object.Violations {
		p.line("  %s %s: %s (STIX 2.1 §%s)", violation.Level, violation.Path, violation.Rule, violation.Section)
		if violation.Hint != "" {
			p.line("    %s", violation.Hint)
		}
	}
	_, err := fmt.Fprint(t.out, p.text())
	return err
}
