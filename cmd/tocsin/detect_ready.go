// SPDX-License-Identifier: Apache-2.0

package main

// This file looks before a run of tocsin detect whether its files can be read and
// written, and says what is wrong with files.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/internal/detect"
)

// ready reports what would end the run later: a file that is not there, or
// sightings that cannot be written or would replace what is read.
func (d *detection) ready() error {
	read := slices.Concat(d.indicators, d.events)
	if _, shipped := detect.ShippedMap(d.fieldMap); d.fieldMap != "" && d.fieldMap != "stix" && !shipped {
		read = append(read, d.fieldMap)
	}
	stdin := 0
	var known []os.FileInfo
	for _, path := range read {
		if path == "-" {
			if stdin++; stdin > 1 {
				return usage("name a file for one of them", "the standard input can be read only once")
			}
			continue
		}
		info, err := readable(path)
		if err != nil {
			return trouble("file", "check the path", "%s: %v", path, reasonOf(err))
		}
		known = append(known, info)
	}
	if d.file == "" {
		return nil
	}
	if info, err := os.Stat(d.file); err == nil {
		for i, other := range known {
			if os.SameFile(info, other) {
				return usage("name another file for the sightings", "--sightings %s would replace what is read (file %d)", d.file, i+1)
			}
		}
		if !info.Mode().IsRegular() {
			return usage("name a file", "--sightings %s is no file that can be replaced", d.file)
		}
	}
	// What is written later is written there first.
	part, err := os.OpenFile(d.part(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(part.Close(), os.Remove(d.part()))
	}
	if err != nil {
		return unwritable(d.file, err)
	}
	return nil
}

// part is where sightings are written before they take the place of the file.
func (d *detection) part() string { return d.file + ".part" }

// readable opens a file and closes it again. A pipe is not opened: whoever writes
// to it would see it closed.
func readable(path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return info, err
	}
	if info.IsDir() {
		return nil, errors.New("it is a directory")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return info, file.Close()
}

// unwritable says that sightings could not be written.
func unwritable(path string, err error) error {
	return trouble("file", "name a file in a directory that can be written to, with room", "sightings cannot be written to %s: %v", path, reasonOf(err))
}

// reasonOf is what went wrong, without the path that is said already.
func reasonOf(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return file.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return errors.New(unreadable(err.Error()))
}

// shownPath is how a file is named where something is said of it.
func shownPath(path string) string {
	if path == "-" {
		return "stdin"
	}
	return path
}

// local tells what went wrong in a command that needs no node: whatever it was,
// the status is not that of an answer.
func (t *tool) local(err error) error {
	var silent exitWith
	if err == nil || errors.As(err, &silent) {
		return err
	}
	if f, ok := t.known(err).(*failure); ok {
		if f.Code == "failed" {
			f.Hint = "mend it and run it again"
		}
		err = f
	}
	t.fail(err)
	return exitWith(exitUsage)
}

// note tells something on the side, on the standard error: as text, or with --json
// as an object on its line.
func (t *tool) note(n aside) {
	if t.json {
		if raw, err := json.Marshal(n); err == nil {
			fmt.Fprintf(t.errs, "%s\n", raw)
		}
		return
	}
	text := n.Problem + n.Skipped
	if n.Warning != "" {
		text = "warning: " + n.Warning
	}
	if n.Where != "" {
		text = n.Where + ": " + text
	}
	fmt.Fprintln(t.errs, plain(text))
}

// An aside is a problem or a warning, and what it is about.
type aside struct {
	Where   string `json:"where,omitempty"`
	Problem string `json:"problem,omitempty"`
	Warning string `json:"warning,omitempty"`
	Skipped string `json:"skipped,omitempty"`
}
