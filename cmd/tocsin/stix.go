// SPDX-License-Identifier: Apache-2.0

package main

// This file checks STIX 2.1 files against the standard, without a node.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
)

// checked is one object of a file, or the bundle around them, as tocsin stix
// check prints it.
type checked struct {
	File       string           `json:"file"`
	Bundle     bool             `json:"bundle,omitzero"` // the frame, not an object in it
	Index      int              `json:"index"`           // of the object, or of the bundle among the file's
	ID         string           `json:"id,omitempty"`
	Valid      bool             `json:"valid"`
	Violations []stix.Violation `json:"violations"`
	Unreadable string           `json:"unreadable,omitempty"`
}

func (t *tool) stixCommand() *cobra.Command {
	var verbose bool
	check := t.command("check FILE…", "check STIX 2.1 bundles and objects; exit 1 if a MUST is violated, 2 if something cannot be read", func(_ context.Context, args []string) error {
		worst := exitOK
		for _, path := range args {
			parts, err := t.checkFile(path)
			if err != nil {
				return err
			}
			for _, part := range parts {
				if err := t.printChecked(part, verbose); err != nil {
					return err
				}
				switch {
				case part.Unreadable != "":
					worst = exitUsage
				case !part.Valid:
					worst = max(worst, exitNo)
				}
			}
			if !t.json {
				if _, err := fmt.Fprintln(t.out, plain(summary(path, parts))); err != nil {
					return err
				}
			}
		}
		if worst == exitOK {
			return nil
		}
		return exitWith(worst)
	})
	check.Flags().BoolVarP(&verbose, "verbose", "v", false, "print what is valid too, and every SHOULD")
	return t.group("stix", "check STIX 2.1, upgrade to it, compute ids", check, t.upgradeCommand(), t.stixIDCommand())
}

// summary is a file in a line.
func summary(path string, parts []checked) string {
	objects, invalid, unreadable, advice, bundles, badBundles := 0, 0, 0, 0, 0, 0
	for _, part := range parts {
		bad := !part.Valid && part.Unreadable == ""
		switch {
		case part.Bundle:
			bundles++
			if bad {
				badBundles++
			}
		default:
			objects++
			if bad {
				invalid++
			}
		}
		if part.Unreadable != "" {
			unreadable++
		}
		for _, violation := range part.Violations {
			if violation.Level == stix.Should {
				advice++
			}
		}
	}
	text := fmt.Sprintf("%s: %d valid, %d not valid, %d unreadable", path, objects-invalid-unreadable, invalid, unreadable)
	if objects == 0 && bundles > 0 {
		text = path + ": a bundle with no objects"
	}
	if badBundles > 0 {
		text += "; the bundle itself is not valid"
	}
	if advice > 0 {
		text += fmt.Sprintf("; %d times not as it SHOULD be (--verbose shows each)", advice)
	}
	return text
}

// checkFile reads a file and checks the bundles in it, each object, and the
// objects between them.
func (t *tool) checkFile(path string) ([]checked, error) {
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	all := frames(path, raw)
	wrongType := false
	for _, frame := range all {
		wrongType = wrongType || slices.ContainsFunc(frame.Violations, func(v stix.Violation) bool { return v.Path == "type" })
	}
	var objects []stix.Object
	var places []int // of the readable objects, in all
	index := 0
	for object, err := range stix.ReadBundle(bytes.NewReader(raw)) {
		if wrongType && errors.Is(err, stix.ErrBundle) {
			break // it is said already, as a rule that is broken
		}
		line := checked{File: path, Index: index, Valid: err == nil}
		if err != nil {
			line.Unreadable = plain(cause(err).Error())
		} else {
			line.ID = object.ID()
			objects, places = append(objects, object), append(places, len(all))
		}
		all, index = append(all, line), index+1
	}
	for _, violation := range stix.CheckBundle(objects) {
		index, path := objectOf(violation.Path)
		if index < 0 || index >= len(places) {
			continue
		}
		violation.Path = path
		all[places[index]].broke(violation)
	}
	return all, nil
}

func (c *checked) broke(violation stix.Violation) {
	c.Violations = append(c.Violations, violation)
	c.Valid = c.Valid && violation.Level != stix.Must
}

// frames checks the bundles of a file without their objects, as far as they can
// be read: id, type, what else they say of themselves, and an empty list of
// objects. What a TAXII 2.1 envelope says is its own. STIX 2.1 §8.1, TAXII 2.1 §3.7
func frames(path string, raw []byte) (all []checked) {
	lenient := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
	documents := jsontext.NewDecoder(bytes.NewReader(raw), lenient...)
	for {
		document, err := documents.ReadValue()
		if err != nil {
			return all // what cannot be read is told where its objects are read
		}
		var members map[string]jsontext.Value
		if json.Unmarshal(document, &members, lenient...) != nil {
			continue
		}
		list, listed := members["objects"]
		var objectType string
		_ = json.Unmarshal(members["type"], &objectType) // what is no text is no type
		_, identified := members["id"]
		if objectType != "bundle" && (!listed || list.Kind() != '[') || objectType == "" && !identified {
			continue // an object on its own, or an envelope
		}
		line := checked{File: path, Bundle: true, Index: len(all), Valid: true}
		_ = json.Unmarshal(members["id"], &line.ID) // what is no text is told as a rule that is broken
		var several []jsontext.Value
		if json.Unmarshal(list, &several, lenient...) == nil && len(several) > 0 {
			delete(members, "objects")
		}
		if objectType != "bundle" {
			line.broke(stix.Violation{Section: "8.1", Path: "type", Level: stix.Must, Rule: "the type of a bundle is bundle", Hint: "write it"})
			members["type"] = jsontext.Value(`"bundle"`)
		}
		frame, err := json.Marshal(members, append(lenient, json.Deterministic(true))...)
		if err != nil {
			continue
		}
		object, err := stix.Parse(frame)
		if err != nil {
			line.Valid, line.Unreadable = false, plain(err.Error())
			all = append(all, line)
			continue
		}
		for _, violation := range stix.Check(object) {
			line.broke(violation)
		}
		all = append(all, line)
	}
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

// printChecked prints a part, for people only if it is not valid or all is asked for.
func (t *tool) printChecked(part checked, verbose bool) error {
	if t.json {
		raw, err := json.Marshal(part)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s\n", raw)
		return err
	}
	if part.Valid && !verbose {
		return nil
	}
	what := fmt.Sprintf("object %d", part.Index)
	if part.Bundle {
		what = "the bundle"
	}
	id := ""
	if part.ID != "" {
		id = ": " + part.ID
	}
	var p page
	switch {
	case part.Unreadable != "":
		p.line("%s: %s cannot be read: %s", part.File, what, strings.TrimPrefix(part.Unreadable, "stix: "))
	case part.Valid:
		p.line("%s: %s is valid%s", part.File, what, id)
	default:
		p.line("%s: %s is NOT valid%s", part.File, what, id)
	}
	for _, violation := range part.Violations {
		if violation.Level != stix.Must && !verbose {
			continue
		}
		p.line("  %s", strings.Join(strings.Fields(fmt.Sprintf("%s %s: %s (STIX 2.1 §%s)", violation.Level, violation.Path, violation.Rule, violation.Section)), " "))
		if violation.Hint != "" {
			p.line("    %s", violation.Hint)
		}
	}
	_, err := fmt.Fprint(t.out, p.text())
	return err
}
