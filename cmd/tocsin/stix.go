// SPDX-License-Identifier: Apache-2.0

package main

// This file checks STIX 2.1 files against the standard, without a node, as they
// are read. stix_files.go finds the files.

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
)

// checked is one object of a file, or the bundle around them, as tocsin stix
// check prints it.
type checked struct {
	File       string           `json:"file"`
	Bundle     bool             `json:"bundle,omitzero"` // the frame, not an object in it
	Index      int              `json:"index"`           // of the object, or of the bundle among the file's
	ID         string           `json:"id"`
	Valid      bool             `json:"valid"`
	Violations []stix.Violation `json:"violations"`
	Unreadable string           `json:"unreadable,omitempty"`
}

func (t *tool) stixCommand() *cobra.Command {
	var verbose bool
	check := t.command("check FILE…", "check STIX 2.1 bundles and objects; exit 1 if a MUST is violated, 2 if something cannot be read", func(ctx context.Context, args []string) error {
		total := checkTotal{several: len(args) > 1}
		for _, arg := range args {
			for path, err := range stixFiles(arg) {
				total.several = total.several || path != arg
				run := &checking{tool: t, file: path, verbose: verbose, several: total.several, progress: t.newProgress(path)}
				if err := run.all(ctx, err); err != nil {
					return err
				}
				total.add(run)
			}
		}
		if err := total.tell(t); err != nil {
			return err
		}
		if total.worst == exitOK {
			return nil
		}
		return exitWith(total.worst)
	})
	check.Long = `Check STIX 2.1 against the standard. FILE is a bundle, a single object or JSON
lines; a directory stands for all *.json, *.jsonl, *.ndjson and *.stix in it, and - for
the standard input. Files of any size are checked as they are read.

Objects of a file are checked with each other too, and told in the order of the file.
What depends on an object not yet read (a translation, a variant or a sample of a
malware) holds back what follows it until the whole file is read. With --json each
object is a line; a bundle has one of its own, after its objects, only if something is
wrong with it or it has no objects. Of several files, those that are valid are counted
in the last line, and named with --verbose.

Exit status 0: all is valid; 1: a MUST is violated; 2: something cannot be read, or
the output cannot be written.

  tocsin stix check indicators.json archive/`
	check.Flags().BoolVarP(&verbose, "verbose", "v", false, "print what is valid too, and every SHOULD")
	return t.group("stix", "check STIX 2.1, upgrade to it, compute ids, match patterns", check, t.upgradeCommand(), t.stixIDCommand(), t.stixMatchCommand())
}

// checking is the check of one file.
type checking struct {
	*tool
	file     string
	verbose  bool
	several  bool // it is one of several files
	progress *progress

	set     *stix.Set
	frames  int
	objects int
	// framed is the number of objects when the last bundle ended.
	framed int
	// held are the lines from the first object on that waits for others.
	held heldLines
	// misnamed says that a bundle is of another type, which is told as a rule
	// that is broken, and need not be told again.
	misnamed bool
	// older says that an object is of STIX 2.0.
	older bool

	valid, invalid, unreadable, advice, badBundles int
	worst                                          int
}

// all checks the file, unless it could not even be found.
func (run *checking) all(ctx context.Context, failed error) error {
	var file io.ReadCloser
	if failed == nil {
		file, failed = run.open(run.file)
	}
	if failed != nil {
		run.unreadable++
		run.worst = exitUsage
		return run.print(checked{File: run.file, Unreadable: reason(failed)})
	}
	defer file.Close()
	defer run.progress.clear()
	defer run.held.close()
	run.set = stix.NewSet()
	var printing error
	frame := func(frame stix.Object, err error) {
		if printing == nil {
			printing = run.frame(frame, err)
		}
	}
	for object, err := range stix.ReadFile(run.progress.reading(file), frame) {
		if printing != nil {
			return printing
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := run.object(object, err); err != nil {
			return err
		}
		run.progress.show(run.objects)
	}
	if printing != nil {
		return printing
	}
	if err := run.rest(); err != nil {
		return err
	}
	if run.json || run.several && run.worst == exitOK && !run.verbose {
		return nil
	}
	run.progress.clear()
	var p page
	p.line("%s", run.summary())
	if run.older && run.worst != exitOK {
		p.next("there is STIX 2.0 in it; make it 2.1: tocsin stix upgrade %s", quoted(run.file))
	}
	_, err := fmt.Fprint(run.out, p.text())
	return err
}

// rest tells what was held back, now that all of the file is read.
func (run *checking) rest() error {
	late := run.set.Rest()
	for line, err := range run.held.all() {
		if err != nil {
			return err
		}
		line.File = run.file
		if !line.Bundle {
			for _, violation := range late[line.Index] {
				line.broke(violation)
			}
		}
		if err := run.count(line); err != nil {
			return err
		}
	}
	return nil
}

// object checks one object, or tells why it cannot be read.
func (run *checking) object(object stix.Object, failed error) error {
	if run.misnamed && errors.Is(failed, stix.ErrBundle) {
		return nil
	}
	if list, ok := misnamed(object); ok && failed == nil {
		return run.misnamedBundle(object, list)
	}
	line := checked{File: run.file, Index: run.objects, Valid: failed == nil}
	run.objects++
	if failed != nil {
		line.Unreadable = plain(cause(failed))
		run.set.Add(stix.Object{}) // so that the set counts as the file does
		return run.tell(line)
	}
	line.ID = object.ID()
	run.older = run.older || stix.VersionOf(object) == "2.0"
	violations, waits := run.set.Add(object)
	for _, violation := range violations {
		line.broke(violation)
	}
	run.held.wanted = run.held.wanted || waits
	return run.tell(line)
}

// misnamed are the objects of a bundle whose type is written wrong: no type has
// a list of objects but a bundle.
func misnamed(object stix.Object) (list []any, ok bool) {
	value, _ := object.Get("objects")
	list, _ = value.([]any)
	for _, item := range list {
		inner, _ := item.(map[string]any)
		if _, typed := inner["type"].(string); !typed {
			return nil, false
		}
	}
	return list, len(list) > 0
}

func (run *checking) misnamedBundle(bundle stix.Object, list []any) error {
	for _, item := range list {
		properties, _ := item.(map[string]any)
		object, err := stix.FromMap(properties)
		if err := run.object(object, err); err != nil {
			return err
		}
	}
	properties := bundle.Map()
	delete(properties, "objects")
	frame, err := stix.FromMap(properties)
	return run.frame(frame, err)
}

// frame checks a bundle without its objects: id, type, what else it says of
// itself, and an empty list of objects. What a TAXII 2.1 envelope says is its
// own. STIX 2.1 §8.1, TAXII 2.1 §3.7
func (run *checking) frame(frame stix.Object, failed error) error {
	empty := run.objects == run.framed
	run.framed = run.objects
	_, identified := frame.Get("id")
	if failed == nil && frame.Type() == "" && !identified {
		return nil
	}
	line := checked{File: run.file, Bundle: true, Index: run.frames, ID: frame.ID(), Valid: failed == nil}
	run.frames++
	if failed != nil {
		line.Unreadable = plain(failed.Error())
		return run.tell(line)
	}
	if frame.Type() != "bundle" {
		run.misnamed = true
		line.broke(stix.Violation{Section: "8.1", Path: "type", Level: stix.Must, Rule: "the type of a bundle is bundle", Hint: "write it"})
		properties := frame.Map()
		properties["type"] = "bundle"
		renamed, err := stix.FromMap(properties)
		if err != nil {
			return err
		}
		frame = renamed
	}
	_, list := frame.Get("objects")
	run.misnamed = run.misnamed || list
	for _, violation := range stix.Check(frame) {
		line.broke(violation)
	}
	if len(line.Violations) == 0 && !empty {
		return nil
	}
	return run.tell(line)
}

func (c *checked) broke(violation stix.Violation) {
	c.Violations = append(c.Violations, violation)
	c.Valid = c.Valid && violation.Level != stix.Must
}

// tell counts a line and prints it, or holds it back behind one that waits.
func (run *checking) tell(line checked) error {
	if run.held.wanted {
		return run.held.add(line)
	}
	return run.count(line)
}

func (run *checking) count(line checked) error {
	for _, violation := range line.Violations {
		if violation.Level == stix.Should {
			run.advice++
		}
	}
	switch {
	case line.Unreadable != "":
		run.unreadable++
		run.worst = exitUsage
	case !line.Valid:
		run.worst = max(run.worst, exitNo)
	}
	switch {
	case line.Bundle && !line.Valid && line.Unreadable == "":
		run.badBundles++
	case line.Bundle, line.Unreadable != "":
	case line.Valid:
		run.valid++
	default:
		run.invalid++
	}
	return run.print(line)
}

// summary is a file in a line.
func (run *checking) summary() string {
	text := fmt.Sprintf("%s: %d valid, %d not valid, %d unreadable", run.file, run.valid, run.invalid, run.unreadable)
	if run.objects == 0 && run.frames > 0 && run.unreadable == 0 {
		text = run.file + ": a bundle with no objects"
	}
	if run.badBundles > 0 {
		text += "; the bundle itself is not valid"
	}
	if run.advice > 0 && !run.verbose {
		text += fmt.Sprintf("; %s of the standard not followed (--verbose shows each)", many(run.advice, "SHOULD"))
	}
	return text
}

// cause is why an object could not be read, with its line where that was stepped
// over, and without its place among the objects.
func cause(err error) string {
	var object *stix.ObjectError
	switch {
	case !errors.As(err, &object):
		return err.Error()
	case object.Line > 0:
		return fmt.Sprintf("line %d: %s", object.Line, unreadable(object.Err.Error()))
	}
	return object.Err.Error()
}

// print prints a line, for people only if it is not valid or all is asked for.
func (run *checking) print(line checked) error {
	run.progress.clear()
	if run.json {
		if line.Violations == nil {
			line.Violations = []stix.Violation{}
		}
		raw, err := json.Marshal(line)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(run.out, "%s\n", raw)
		return err
	}
	if line.Valid && !run.verbose {
		return nil
	}
	what := fmt.Sprintf("object %d", line.Index)
	switch {
	case line.Bundle:
		what = "the bundle"
	case run.set == nil:
		what = "the file"
	}
	id := ""
	if line.ID != "" {
		id = ": " + line.ID
	}
	var p page
	switch {
	case line.Unreadable != "":
		p.line("%s: %s cannot be read: %s", line.File, what, unreadable(line.Unreadable))
	case line.Valid:
		p.line("%s: %s is valid%s", line.File, what, id)
	default:
		p.line("%s: %s is NOT valid%s", line.File, what, id)
	}
	for _, violation := range line.Violations {
		if violation.Level != stix.Must && !run.verbose {
			continue
		}
		where := violation.Path
		switch {
		case where == "" && line.Bundle:
			where = "the bundle"
		case where == "":
			where = "the object"
		}
		p.line("  %s %s: %s (STIX 2.1 §%s)", violation.Level, where, violation.Rule, violation.Section)
		if violation.Hint != "" {
			p.line("    %s", violation.Hint)
		}
	}
	_, err := fmt.Fprint(run.out, p.text())
	return err
}
