// SPDX-License-Identifier: Apache-2.0

package main

// This file looks for indicators in the events of one's own tools, without a
// node.

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/internal/detect"
	"github.com/tocsin-exchange/tocsin/stix"
)

// detection is one run of tocsin detect.
type detection struct {
	*tool
	indicators, events            []string
	fieldMap, log, file, identity string
	verbose                       bool

	set       *detect.Set
	detector  *detect.Detector
	sightings *detect.Sightings
	problems  int
	doubted   []string // maps that indicators were held against
	written   time.Time
	unwritten bool
	watch     *watch
}

// shownProblems is how many problems are told one by one without --verbose.
const shownProblems = 20

// rewriteAfter is how old the file of sightings may be while there are new ones.
const rewriteAfter = 30 * time.Second

func (t *tool) detectCommand() *cobra.Command {
	d := &detection{tool: t}
	c := t.command("detect --indicators FILE --events FILE|-", "look for indicators in your own events; exit 0 if there are hits, 1 if there are none, 2 if something went wrong", func(ctx context.Context, _ []string) error {
		hits, err := d.run(ctx)
		switch {
		case err != nil:
			return t.local(err)
		case !hits:
			return exitWith(exitNo)
		}
		return nil
	})
	c.Long = `Look for indicators in your own events: STIX observed data, the logs of Zeek,
events in the Elastic Common Schema, or JSON lines of any tool with a field map.
Each hit is told when its event is read. docs/detect.md says more.

Hits go to the standard output, all else to the standard error; with --json both
are JSON, an object a line.`
	c.Example = `  tocsin detect --indicators feed.json --events conn.log --events dns.log.gz
  tail -F conn.log | tocsin detect --indicators feed.json --events - --sightings seen.json
  tocsin detect --indicators feed.json --events observed.jsonl --map stix --json
  tocsin detect --indicators feed.json --events proxy.jsonl --map proxy.yaml`
	flags := c.Flags()
	flags.StringArrayVar(&d.indicators, "indicators", nil, "a file of indicators: a bundle of any size, or JSON lines; may be repeated")
	flags.StringArrayVar(&d.events, "events", nil, "a file of events, or - for the standard input; may be repeated, and compressed with gzip")
	flags.StringVar(&d.fieldMap, "map", "", "what the events are: stix, zeek, ecs, or a field map's file; found out if not said")
	flags.StringVar(&d.log, "log", "", "the one kind of events there are, such as conn, where they do not say it")
	flags.StringVar(&d.file, "sightings", "", "write sightings to this file, which only you may read: a bundle, or JSON lines if it ends in .jsonl")
	flags.StringVar(&d.identity, "identity", "", "the id of the identity that saw them, for sightings")
	flags.BoolVarP(&d.verbose, "verbose", "v", false, "tell every problem, not only the first, and what is passed over")
	return c
}

func (d *detection) run(ctx context.Context) (hits bool, err error) {
	if len(d.indicators) == 0 || len(d.events) == 0 {
		return false, usage("say tocsin detect --indicators FILE --events FILE|-", "--indicators and --events are both needed")
	}
	if objectType, _, ok := stix.SplitID(d.identity); d.identity != "" && (!ok || objectType != "identity") {
		return false, usage("write it as identity--UUID", "%q is not the id of an identity", d.identity)
	}
	if err := d.ready(); err != nil {
		return false, err
	}
	d.watch = d.watcher()
	if err := d.load(ctx); err != nil {
		return false, err
	}
	d.detector, d.sightings = detect.NewDetector(d.set), detect.NewSightings(d.set, d.identity)
	for _, path := range d.events {
		if err = d.look(ctx, path); err != nil {
			break
		}
	}
	d.watch.end()
	// What was seen is written whatever ended the run.
	if failed := d.save(); err == nil || errors.Is(err, context.Canceled) {
		err = failed
	}
	if err == nil {
		d.nothingRead(d.detector.Totals())
	}
	if told := d.summary(); err == nil {
		err = told
	}
	return d.detector.Totals().Hits > 0, err
}

// load reads the indicators.
func (d *detection) load(ctx context.Context) error {
	d.set = detect.NewSet()
	for _, path := range d.indicators {
		in, err := d.input(path)
		if err != nil {
			return err
		}
		for object, err := range stix.ReadFile(in, nil) {
			var broken *stix.ObjectError
			switch {
			case ctx.Err() != nil:
				err = ctx.Err()
			case errors.As(err, &broken):
				d.problem(shownPath(path), broken.Error())
				continue
			case err != nil:
				err = trouble("file", "give a bundle of indicators, or JSON lines", "%s: %s", shownPath(path), unreadable(err.Error()))
			default:
				if err = d.set.Add(object); err != nil {
					var unusable *detect.UnusableError
					var creator *detect.CreatorError
					if errors.As(err, &unusable) || errors.As(err, &creator) {
						d.problem(shownPath(path), err.Error())
						err = nil
					}
				}
			}
			if err != nil {
				in.Close()
				return err
			}
			for _, doubt := range d.set.Doubts() {
				d.say(aside{Where: shownPath(path), Warning: doubt.Indicator + ": " + doubt.Reason})
			}
			d.watch.show(func() string { return fmt.Sprintf("reading indicators: %d", d.set.Counts().Used) })
		}
		in.Close()
	}
	d.set.Freeze()
	if d.set.Counts().Used == 0 {
		return trouble("invalid", "give a bundle that holds indicators with STIX patterns", "there is no indicator to look for")
	}
	return nil
}

// look looks at one file of events.
func (d *detection) look(ctx context.Context, path string) error {
	in, err := d.input(path)
	if err != nil {
		return err
	}
	defer in.Close()
	source := detect.Source{Name: shownPath(path), Kind: d.log}
	buffered := bufio.NewReaderSize(in, detect.GuessSize)
	source.Reader = buffered
	first, err := detect.First(buffered)
	if err != nil {
		return trouble("file", "check the file", "%s: %v", source.Name, reasonOf(err))
	}
	if len(bytes.TrimSpace(first)) == 0 && len(first) < detect.GuessSize {
		return nil // a log just begun
	}
	if source.Map, err = d.mapOf(source.Name, first); err != nil {
		return err
	}
	if d.log != "" && (source.Map == nil || !slices.Contains(source.Map.Kinds(), d.log)) {
		return usage("leave --log out, or name a kind of events of the map", "the events have no kind %q", d.log)
	}
	if source.Map != nil && !slices.Contains(d.doubted, source.Map.Name()) {
		d.doubted = append(d.doubted, source.Map.Name())
		for _, doubt := range d.set.Impossible(source.Map) {
			d.say(aside{Where: source.Name, Warning: doubt.Indicator + ": " + doubt.Reason})
		}
	}
	to := detect.Told{Hit: d.hit, Problem: d.bad, Progress: d.progressed}
	if d.verbose {
		to.Skipped = d.skipped
	}
	err = d.detector.Run(ctx, source, to)
	var broken *detect.SourceError
	if errors.As(err, &broken) {
		return trouble("file", "check the file", "%s: %v", broken.Name, reasonOf(broken.Err))
	}
	return err
}

// mapOf is the map that the events of a file are read by; nil is for STIX.
func (d *detection) mapOf(path string, first []byte) (*detect.Map, error) {
	switch d.fieldMap {
	case "stix":
		return nil, nil
	case "":
		if bytes.HasPrefix(first, []byte("#separator")) {
			return nil, trouble("invalid", "have Zeek write JSON: LogAscii::use_json=T", "%s is a log of Zeek in columns, and not in JSON", path)
		}
		m, ok := detect.Guess(first)
		if !ok {
			return nil, usage("say --map zeek, --map ecs, --map stix, or --map FILE with a field map of your own", "what the events in %s are cannot be told from the first of them", path)
		}
		return m, nil
	}
	if m, ok := detect.ShippedMap(d.fieldMap); ok {
		return m, nil
	}
	raw, err := d.readFile(d.fieldMap)
	if err != nil {
		return nil, err
	}
	m, err := detect.ParseMap(raw)
	if err != nil {
		return nil, trouble("invalid", "mend the map; docs/detect.md has its format", "%s: %v", d.fieldMap, err)
	}
	return m, nil
}

// input opens a file, and unpacks it if it is compressed with gzip.
func (d *detection) input(path string) (io.ReadCloser, error) {
	file, err := d.open(path)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReader(file)
	first, _ := buffered.Peek(2)
	if string(first) != "\x1f\x8b" {
		skipMark(buffered)
		return readCloser{buffered, file}, nil
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		file.Close()
		return nil, trouble("file", "check the file", "%s cannot be unpacked: %v", shownPath(path), err)
	}
	buffered = bufio.NewReader(unpacked)
	skipMark(buffered)
	return readCloser{buffered, file}, nil
}

// skipMark passes over the byte order mark that some editors begin a text with.
func skipMark(in *bufio.Reader) {
	if first, _ := in.Peek(3); string(first) == "\ufeff" {
		_, _ = in.Discard(len(first))
	}
}

// readCloser reads from one thing and closes another.
type readCloser struct {
	io.Reader
	io.Closer
}

// progressed shows how far a run is, and writes sightings that have waited.
func (d *detection) progressed() error {
	totals := d.detector.Totals()
	d.watch.show(func() string {
		return fmt.Sprintf("%d events, %.0f a second, %d hits", totals.Events, float64(totals.Events)/d.watch.running().Seconds(), totals.Hits)
	})
	if d.unwritten && time.Since(d.written) > rewriteAfter {
		return d.save()
	}
	return nil
}

// save writes the sightings beside the file and puts them in its place, so that
// there is never half a file.
func (d *detection) save() error {
	if d.file == "" {
		return nil
	}
	objects, err := d.sightings.Objects(time.Now().UTC())
	if err != nil {
		return err
	}
	var raw []byte
	if strings.HasSuffix(d.file, ".jsonl") || strings.HasSuffix(d.file, ".ndjson") {
		for _, object := range objects {
			raw = append(append(raw, object.Raw()...), '\n')
		}
	} else {
		if raw, err = stix.Bundle(stix.NewID("bundle"), objects...); err != nil {
			return err
		}
		raw = append(raw, '\n')
	}
	if err := writeFile(d.part(), raw); err != nil {
		return unwritable(d.file, err)
	}
	d.written, d.unwritten = time.Now(), false
	if err := os.Rename(d.part(), d.file); err != nil {
		return unwritable(d.file, err)
	}
	return nil
}
