// SPDX-License-Identifier: Apache-2.0

package main

// This file finds the STIX files that an argument names, and shows how far a
// long one has been read.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stixSuffixes are the names that a file in a directory has to be looked at.
func stixSuffixes() []string { return []string{".json", ".jsonl", ".ndjson", ".stix"} }

// stixFiles yields the files an argument stands for: itself, or of a directory
// all STIX files in it and below, in the order of their names; an error is about
// the path it comes with.
func stixFiles(arg string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		info, err := os.Stat(arg)
		if arg == "-" || err != nil || !info.IsDir() {
			yield(arg, nil) // whoever opens it says what is wrong
			return
		}
		found := false
		// By DirFS, a link to a directory given as the argument is followed.
		_ = fs.WalkDir(os.DirFS(arg), ".", func(name string, entry fs.DirEntry, err error) error {
			path := filepath.Join(arg, filepath.FromSlash(name))
			if err == nil && (entry.IsDir() || !slices.Contains(stixSuffixes(), strings.ToLower(filepath.Ext(name)))) {
				return nil
			}
			found = true
			if !yield(path, err) {
				found = true
				return fs.SkipAll
			}
			return nil
		})
		if !found {
			yield(arg, errors.New("no *.json, *.jsonl, *.ndjson or *.stix is in it"))
		}
	}
}

// A checkTotal sums up what was checked in several files.
type checkTotal struct {
	several bool
	files   int
	worst   int

	valid, invalid, unreadable, badBundles, advice int
}

func (total *checkTotal) add(run *checking) {
	total.files++
	total.worst = max(total.worst, run.worst)
	total.valid, total.invalid, total.unreadable = total.valid+run.valid, total.invalid+run.invalid, total.unreadable+run.unreadable
	total.badBundles, total.advice = total.badBundles+run.badBundles, total.advice+run.advice
}

// tell prints the total, for people, if there were several files.
func (total *checkTotal) tell(t *tool) error {
	if t.json || !total.several {
		return nil
	}
	text := fmt.Sprintf("%s: %d valid, %d not valid, %d unreadable", many(total.files, "file"), total.valid, total.invalid, total.unreadable)
	if total.badBundles > 0 {
		text += fmt.Sprintf("; %s not valid", many(total.badBundles, "bundle"))
	}
	if total.advice > 0 {
		text += fmt.Sprintf("; %s of the standard not followed", many(total.advice, "SHOULD"))
	}
	_, err := fmt.Fprintln(t.out, text)
	return err
}

// A progress tells a person at a terminal how far a file has been read, once
// that takes more than a moment. Elsewhere it does nothing.
type progress struct {
	out   io.Writer // nil where there is no terminal
	file  string
	next  time.Time
	read  int64
	shown bool
}

func (t *tool) newProgress(file string) *progress {
	shown := &progress{file: file, next: time.Now().Add(time.Second)}
	if terminal, ok := t.errs.(*os.File); ok {
		if info, err := terminal.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			shown.out = terminal
		}
	}
	return shown
}

// reading counts the bytes that are read.
func (p *progress) reading(r io.Reader) io.Reader { return countingReader{r, &p.read} }

type countingReader struct {
	io.Reader
	read *int64
}

func (r countingReader) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	*r.read += int64(n)
	return n, err
}

// show says how much was read, twice a second at most.
func (p *progress) show(objects int) {
	if p.out == nil || objects%64 != 0 || time.Now().Before(p.next) {
		return
	}
	p.next, p.shown = time.Now().Add(500*time.Millisecond), true
	fmt.Fprintf(p.out, "\r\x1b[K%s: %d objects, %d MB", plain(p.file), objects, p.read>>20)
}

// clear takes away what is shown.
func (p *progress) clear() {
	if p.shown {
		p.shown = false
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
