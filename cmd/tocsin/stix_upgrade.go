// SPDX-License-Identifier: Apache-2.0

package main

// This file upgrades STIX 2.0 files to STIX 2.1, without a node, and reports what
// became of every part.

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/stix"
)

// upgraded is what tocsin stix upgrade tells programs of one object that was read.
type upgraded struct {
	File       string        `json:"file"`
	Index      int           `json:"index"` // of the object in the file, from 0; -1 is the file
	ID         string        `json:"id,omitempty"`
	From       string        `json:"from,omitempty"` // the version it was written in
	Objects    []string      `json:"objects"`        // the ids of what came of it
	Changes    []stix.Change `json:"changes"`
	Unreadable string        `json:"unreadable,omitempty"`
}

func (t *tool) upgradeCommand() *cobra.Command {
	var output, report string
	var lines, verbose bool
	c := t.command("upgrade FILE…", "turn STIX 2.0 into STIX 2.1; exit 1 if something could not be carried, 2 if something cannot be read", func(_ context.Context, args []string) error {
		return t.upgrade(args, output, report, lines, verbose)
	})
	c.Long = `Turn STIX 2.0 into STIX 2.1. FILE is a bundle, a single object or JSON lines; - is
the standard input. What comes out is one bundle, made anew, of everything.

Objects of 2.1 pass byte for byte. What becomes of the others is reported on the
standard error: changed (means the same), guessed (2.1 asks for it and 2.0 does not
say), kept (2.1 has no place for it; now x_stix20_…), lost, invalid (breaks a MUST
rule of 2.1). For programs, --json makes the report a JSON line for each object, and
--report FILE writes these lines to a file. The same input gives the same output.

Exit status 0: all is carried over; 1: something is lost or invalid; 2: something
cannot be read, or not be written. With -o, the file appears whole or not at all, and
stays as it was where nothing could be read.

  tocsin stix upgrade archive.json -o archive21.json --report archive.report`
	flags := c.Flags()
	flags.StringVarP(&output, "output", "o", "", "write the objects to this file")
	flags.StringVar(&report, "report", "", "write the report to this file, a JSON line for each object")
	flags.BoolVar(&lines, "lines", false, "write no bundle but each object on a line of its own; line ends inside it become spaces")
	flags.BoolVarP(&verbose, "verbose", "v", false, "report also what means the same as before")
	return c
}

func (t *tool) upgrade(paths []string, output, report string, lines, verbose bool) (err error) {
	out, closeOut, err := writing(output, t.out)
	if err != nil {
		return err
	}
	nothing := false
	defer func() {
		if nothing { // a file that is there is worth more than none
			err = trouble(codeFile, "check the files that were given", "nothing could be read, and %s is left as it was", output)
		}
		err = closeOut(err)
	}()
	told, closeReport, err := writing(report, io.Discard)
	if err != nil {
		return err
	}
	defer func() { err = closeReport(err) }()
	w := &bundleWriter{out: out, sum: sha256.New(), lines: lines}
	worst := exitOK
	for _, path := range paths {
		status, err := t.upgradeFile(path, w, told, verbose)
		if err != nil {
			return err
		}
		worst = max(worst, status)
	}
	nothing = output != "" && worst == exitUsage && !w.begun
	if err := w.end(); err != nil {
		return err
	}
	if worst != exitOK {
		return exitWith(worst)
	}
	return nil
}

// upgradeFile upgrades one file as it is read.
func (t *tool) upgradeFile(path string, w *bundleWriter, told io.Writer, verbose bool) (int, error) {
	var total upgradeTotal
	each := func(line upgraded) error {
		total.add(line)
		return t.tellUpgraded(line, told, verbose)
	}
	file, err := t.open(path)
	if err != nil {
		if err := each(upgraded{File: path, Index: -1, Unreadable: reason(err)}); err != nil {
			return exitUsage, err
		}
		return exitUsage, nil
	}
	defer file.Close()
	index := 0
	var read stix.Object
	source := func(yield func(stix.Object, error) bool) {
		for object, err := range stix.ReadFile(file, nil) {
			read = object
			if !yield(object, err) {
				return
			}
		}
	}
	for result, err := range stix.Upgrade(source) {
		line := upgraded{File: path, Index: index, ID: read.ID(), From: result.From, Objects: []string{}, Changes: result.Changes}
		index++
		if err != nil {
			line.Unreadable = plain(cause(err))
		}
		for _, object := range result.Objects {
			line.Objects = append(line.Objects, object.ID())
			if err := w.write(object); err != nil {
				return exitNo, err
			}
		}
		if err := each(line); err != nil {
			return exitNo, err
		}
	}
	if !t.json {
		fmt.Fprintln(t.errs, plain(total.text(path)))
	}
	return total.status(), nil
}

// tellUpgraded reports on one object: a line for programs, and for people what
// they may have to look at.
func (t *tool) tellUpgraded(line upgraded, told io.Writer, verbose bool) error {
	if line.Objects == nil {
		line.Objects = []string{}
	}
	if line.Changes == nil {
		line.Changes = []stix.Change{}
	}
	raw, err := json.Marshal(line)
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
	if _, err := told.Write(raw); err != nil {
		return err
	}
	if t.json {
		_, err := t.errs.Write(raw)
		return err
	}
	var p page
	if line.Unreadable != "" {
		p.line("%s cannot be read: %s", where(line.File, line.Index), unreadable(line.Unreadable))
	}
	for _, change := range line.Changes {
		if change.Kind == stix.Changed && !verbose {
			continue
		}
		p.line("%s: %-7s %s: %s", line.File, string(change.Kind), strings.TrimSpace(change.Object+" "+change.Path), change.Text)
	}
	_, err = fmt.Fprint(t.errs, p.text())
	return err
}

// where names an object of a file, or the file.
func where(file string, index int) string {
	if index < 0 {
		return file
	}
	return fmt.Sprintf("%s: object %d", file, index)
}

// reason is why a file cannot be opened, without its name.
func reason(err error) string {
	var failed *os.PathError
	if errors.As(err, &failed) {
		return failed.Err.Error()
	}
	return err.Error()
}

// An upgradeTotal counts what came of a file.
type upgradeTotal struct {
	old, new, made, unreadable int
	kinds                      map[stix.ChangeKind]int
}

func (total *upgradeTotal) add(line upgraded) {
	switch {
	case line.Unreadable != "":
		total.unreadable++
	case line.From == "2.1":
		total.new++
	default:
		total.old++
		total.made += len(line.Objects)
	}
	if total.kinds == nil {
		total.kinds = map[stix.ChangeKind]int{}
	}
	for _, change := range line.Changes {
		total.kinds[change.Kind]++
	}
}

func (total *upgradeTotal) status() int {
	switch {
	case total.unreadable > 0:
		return exitUsage
	case total.kinds[stix.Lost]+total.kinds[stix.Invalid] > 0:
		return exitNo
	}
	return exitOK
}

// text is a file in a line.
func (total *upgradeTotal) text(path string) string {
	return fmt.Sprintf("%s: %d older objects became %d, %d were of STIX 2.1, %d unreadable; %d parts changed, %d guessed, %d kept aside, %d lost, %d invalid",
		path, total.old, total.made, total.new, total.unreadable,
		total.kinds[stix.Changed], total.kinds[stix.Guessed], total.kinds[stix.Kept], total.kinds[stix.Lost], total.kinds[stix.Invalid])
}

// A bundleWriter writes objects as they come, into a bundle or a line each.
type bundleWriter struct {
	out   io.Writer
	sum   hash.Hash // of the objects, of which the id of the bundle is made
	lines bool
	begun bool
}

func (w *bundleWriter) write(object stix.Object) error {
	before, after := ",\n", ""
	switch {
	case w.lines:
		before, after = "", "\n"
	case !w.begun:
		before = "{\"type\":\"bundle\",\"objects\":[\n"
	}
	w.begun = true
	raw := object.Raw()
	if w.lines {
		raw = oneLine(raw)
	}
	w.sum.Write(raw) // a hash takes everything
	for _, part := range []string{before, string(raw), after} {
		if _, err := io.WriteString(w.out, part); err != nil {
			return err
		}
	}
	return nil
}

// oneLine takes line ends out of JSON: inside it they are white space.
func oneLine(raw []byte) []byte {
	for i, b := range raw {
		if b == '\n' || b == '\r' {
			raw[i] = ' '
		}
	}
	return raw
}

// end ends the bundle. Its id is made of the objects, so that it is the same for
// the same objects.
func (w *bundleWriter) end() error {
	if w.lines {
		return nil
	}
	unique := uuid.UUID(w.sum.Sum(nil)[:16])
	unique[6], unique[8] = unique[6]&0x0f|0x40, unique[8]&0x3f|0x80
	text := "\n],\"id\":\"bundle--" + unique.String() + "\"}\n"
	if !w.begun {
		text = "{\"type\":\"bundle\",\"id\":\"bundle--" + unique.String() + "\"}\n"
	}
	_, err := io.WriteString(w.out, text)
	return err
}

// writing opens a file to write, or uses what there is instead for "". The file
// appears whole, or not at all if what is handed to done is an error that ends the
// command early; it is nobody else's to read. What is no file, such as a pipe, is
// written to as it is.
func writing(path string, instead io.Writer) (w io.Writer, done func(error) error, err error) {
	info, err := os.Stat(path)
	if path != "" && err == nil && !info.Mode().IsRegular() {
		other, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, nil, err
		}
		w, flush, err := writing("", other)
		return w, func(err error) error {
			err = flush(err)
			if closed := other.Close(); err == nil {
				return closed
			}
			return err
		}, err
	}
	if path == "" {
		buffered := bufio.NewWriterSize(instead, 64<<10)
		return buffered, func(err error) error {
			if flushed := buffered.Flush(); flushed != nil {
				return flushed
			}
			return err
		}, nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".tocsin-*")
	if err != nil {
		return nil, nil, aboutFile(path, err)
	}
	buffered := bufio.NewWriterSize(file, 64<<10)
	return buffered, func(err error) error {
		_, only := err.(exitWith)
		failed := err != nil && !only
		for _, step := range []func() error{buffered.Flush, file.Sync, file.Close} {
			if stepped := step(); stepped != nil && !failed {
				failed, err = true, aboutFile(path, stepped)
			}
		}
		if !failed {
			if renamed := os.Rename(file.Name(), path); renamed != nil {
				failed, err = true, aboutFile(path, renamed)
			}
		}
		if failed {
			_ = os.Remove(file.Name()) // the first failure is the one to tell
		}
		return err
	}, nil
}

// aboutFile names in an error the file that is written, and not the one that
// becomes it.
func aboutFile(path string, err error) error {
	var linked *os.LinkError
	if errors.As(err, &linked) {
		return &os.PathError{Op: "write", Path: path, Err: linked.Err}
	}
	var failed *os.PathError
	if errors.As(err, &failed) {
		return &os.PathError{Op: failed.Op, Path: path, Err: failed.Err}
	}
	return err
}
