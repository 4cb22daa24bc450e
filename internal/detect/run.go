// SPDX-License-Identifier: Apache-2.0

package detect

// This file moves events from a reader through several goroutines, and hits out
// in the order of their events.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"

	"github.com/tocsin-exchange/tocsin/stix"
)

// MaxLine is the longest line read, in bytes; a longer one is counted as bad.
const MaxLine = 16 << 20

// chunkSize is how many bytes of lines go to a goroutine at once. What a reader
// gives at one time goes on at once, however little, so that a hit in a stream
// is told when its line is there.
const chunkSize = 256 << 10

// A Source is events from one place.
type Source struct {
	Name   string
	Reader io.Reader
	// Map reads events of a tool; nil is for STIX observed data.
	Map *Map
	// Kind is the one kind of events there are, of those of the map; "" if each
	// event says it or shows it.
	Kind string
}

// A Detector looks for the indicators of a set in sources, one after another.
// Patterns over several events go on from source to source.
type Detector struct {
	set     *Set
	totals  Totals
	stories map[uint32]*story // those that have begun
	kept    int               // by all of them
	seen    map[uint32]bool
	own     *judge
	loose   *assembler
}

// NewDetector returns a detector for a frozen set.
func NewDetector(s *Set) *Detector {
	return &Detector{set: s, stories: make(map[uint32]*story), seen: make(map[uint32]bool), own: newJudge(s), loose: newAssembler()}
}

// Totals are the counts so far.
func (d *Detector) Totals() Totals { return d.totals }

// Told is where a run tells what it finds, in the order of the events. An error
// that one of them returns ends the run.
type Told struct {
	Hit     func(Hit) error
	Problem func(Problem) error
	// Skipped is told what is read and no event for the indicators: one of no kind
	// that the map knows, or an object of STIX that is no observed data. It may be
	// nil: such are counted all the same.
	Skipped func(Problem) error
	// Progress is called now and then, after what came before was told.
	Progress func() error
}

// chunk is a part of a source, on its way through one goroutine.
type chunk struct {
	lines  []byte
	line   int // of the first of them
	whole  []*observed
	other  stix.Object // no observed data and no observable
	beside int64       // observables
	broken error       // of one object; the next is read
	failed error       // of the reader; the chunk is the last
	long   bool        // there was a line past MaxLine here
	done   chan outcome
}

// outcome is what came of a chunk.
type outcome struct {
	events, bad, sloppy     int64
	unmapped, timeless      int64
	outside, beside, others int64
	told                    []told
}

// told is one thing to tell, or to go on with in the order of events.
type told struct {
	hit     *Hit
	problem *Problem
	skipped *Problem
	begun   []beginning
	loose   *looseObject
}

// Run looks at a source to its end; one without a byte has no events. Its error
// is that of the reader, as a [*SourceError], of the context or of what is told to. Where the context ends, what was read by then
// and not yet told is left out.
func (d *Detector) Run(ctx context.Context, from Source, to Told) error {
	ctx, stop := context.WithCancel(ctx)
	workers := max(runtime.GOMAXPROCS(0), 1)
	work, order := make(chan *chunk, workers), make(chan *chunk, 2*workers)
	// The reader may hang in a Read when the context ends: nobody waits for it.
	go read(ctx, from, work, order)
	var group sync.WaitGroup
	for range workers {
		w := newWorker(d.set, from, to.Skipped != nil)
		group.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case c, more := <-work:
					if !more {
						return
					}
					c.done <- w.do(c)
				}
			}
		})
	}
	defer group.Wait()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c, more := <-order:
			if !more {
				return d.rest(to)
			}
			var o outcome
			select {
			case <-ctx.Done():
				return ctx.Err()
			case o = <-c.done:
			}
			if err := d.tell(o, to); err != nil {
				return err
			}
			if c.failed != nil {
				return &SourceError{Name: from.Name, Err: c.failed}
			}
		}
	}
}

// tell counts an outcome and tells it.
func (d *Detector) tell(o outcome, to Told) error {
	d.totals.Events += o.events
	d.totals.Bad += o.bad
	d.totals.Sloppy += o.sloppy
	d.totals.Unmapped += o.unmapped
	d.totals.Timeless += o.timeless
	d.totals.Outside += o.outside
	d.totals.Beside += o.beside
	d.totals.Others += o.others
	for _, t := range o.told {
		var err error
		switch {
		case t.hit != nil:
			err = d.hit(*t.hit, to)
		case t.problem != nil:
			err = to.Problem(*t.problem)
		case t.skipped != nil:
			err = to.Skipped(*t.skipped)
		case t.loose != nil:
			err = d.assemble(t.loose, to)
		default:
			err = d.goOn(t.begun, to)
		}
		if err != nil {
			return err
		}
	}
	return to.Progress()
}

func (d *Detector) hit(hit Hit, to Told) error {
	d.totals.Hits++
	d.seen[hit.number] = true
	d.totals.Seen = len(d.seen)
	return to.Hit(hit)
}

// goOn takes up the beginnings of patterns over several events.
func (d *Detector) goOn(begun []beginning, to Told) error {
	for _, b := range begun {
		s := d.story(d.set.indicators[b.indicator].story - 1)
		if s.given {
			continue
		}
		before := s.matcher.Kept()
		hit, dropped, err := s.take(b.observed, b.matched)
		if d.kept += s.matcher.Kept() - before; d.kept > MaxKeptInAll {
			gone := s.halve()
			d.kept, dropped = d.kept-gone, dropped+gone
		}
		d.totals.Dropped += int64(dropped)
		if s.given {
			d.kept -= s.matcher.Kept()
			s.matcher, s.events = nil, nil
			err = fmt.Errorf("%w, %d times in a row: it is not looked for any more", err, maxFails)
			d.totals.Given++
		}
		if err != nil {
			err = to.Problem(Problem{Event: b.observed.place, Reason: d.set.id(b.indicator) + ": " + err.Error()})
		}
		if hit != nil && err == nil {
			hit.Indicator, hit.Name, hit.number = d.set.id(b.indicator), d.set.label(b.indicator), b.indicator
			err = d.hit(*hit, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// story is one that has begun, or begins now.
func (d *Detector) story(at uint32) *story {
	s := d.stories[at]
	if s == nil {
		s = d.set.stories[at].begin()
		d.stories[at] = s
	}
	return s
}

// read cuts lines into chunks, or reads observations, until the end or an error.
func read(ctx context.Context, from Source, work, order chan<- *chunk) {
	defer close(order)
	defer close(work)
	send := func(c *chunk) bool {
		c.done = make(chan outcome, 1)
		select {
		case <-ctx.Done():
			return false
		case work <- c:
		}
		select {
		case <-ctx.Done():
			return false
		case order <- c:
			return true
		}
	}
	if from.Map != nil {
		readLines(from.Reader, send)
		return
	}
	reader := bufio.NewReaderSize(from.Reader, GuessSize)
	first, err := First(reader) // a reader that fails says so again
	switch {
	case err == nil && len(bytes.TrimLeft(first, space)) == 0 && len(first) < GuessSize:
		return // there are no events
	case inLines(first):
		readLines(reader, send)
		return
	}
	readDocuments(from.Name, reader, send)
}

// readLines sends whole lines on as they come. A last line without its end is a
// line; one past MaxLine is left out.
func readLines(r io.Reader, send func(*chunk) bool) {
	line, skipping := 1, false
	var kept []byte // a line whose end has not come yet
	for {
		buffer := make([]byte, len(kept)+chunkSize)
		copy(buffer, kept)
		n, err := r.Read(buffer[len(kept):])
		buffer = buffer[:len(kept)+n]
		kept = nil
		c := &chunk{line: line}
		if skipping {
			end := bytes.IndexByte(buffer, '\n')
			if end >= 0 {
				buffer, skipping = buffer[end+1:], false
				line++
				c.line = line
			} else {
				buffer = nil
			}
		}
		end := bytes.LastIndexByte(buffer, '\n') + 1
		if errors.Is(err, io.EOF) {
			end = len(buffer)
		}
		c.lines, kept = buffer[:end:end], buffer[end:]
		line += bytes.Count(c.lines, []byte{'\n'})
		if len(kept) > MaxLine {
			kept, skipping, c.long = nil, true, true
		}
		if err != nil && !errors.Is(err, io.EOF) {
			c.failed = err
		}
		if len(c.lines) > 0 || c.long || c.failed != nil {
			if !send(c) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// lineBuffer is the buffer that stix.ReadBundle asks for: it takes a reader that
// has one as it is.
const lineBuffer = 64 << 10

// worker looks at chunks for one source.
type worker struct {
	set    *Set
	from   Source
	judge  *judge
	event  *mapped
	lenses map[*kind]*lens
	forced *kind
	// skips says that what is skipped is told, and not only counted.
	skips bool

	// Of lines of STIX.
	line     bytes.Reader
	buffered *bufio.Reader
	objects  []stix.Object
}

func newWorker(s *Set, from Source, skips bool) *worker {
	w := &worker{set: s, from: from, skips: skips, judge: newJudge(s), lenses: make(map[*kind]*lens)}
	if from.Map == nil {
		w.buffered = bufio.NewReaderSize(&w.line, lineBuffer)
		return w
	}
	w.event = newMapped(from.Map)
	for _, kind := range from.Map.kinds {
		w.lenses[kind] = s.look(kind)
		if kind.name == from.Kind {
			w.forced = kind
		}
	}
	return w
}

// byteOrderMark begins a file of some editors, and a line where files were put
// together.
var byteOrderMark = []byte("\ufeff")

// do looks at a chunk.
func (w *worker) do(c *chunk) (o outcome) {
	line := c.line
	for rest := c.lines; len(rest) > 0; line++ {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte{'\n'})
		if text = bytes.TrimPrefix(text, byteOrderMark); len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if w.event != nil {
			w.mapped(text, line, &o)
		} else {
			w.stix(text, line, &o)
		}
	}
	if c.broken != nil {
		o.problem(Place{File: w.from.Name}, c.broken.Error())
	}
	o.beside += c.beside
	if c.other.Type() != "" {
		w.other(Place{File: w.from.Name, ID: c.other.ID()}, c.other, &o)
	}
	for _, whole := range c.whole {
		w.observed(whole, &o)
	}
	if c.long {
		o.problem(Place{File: w.from.Name, Line: line}, "the line is longer than "+strconv.Itoa(MaxLine>>20)+" MiB")
	}
	return o
}

func (o *outcome) problem(place Place, reason string) {
	o.bad++
	o.told = append(o.told, told{problem: &Problem{Event: place, Reason: reason}})
}

// skip keeps what is no event for the indicators, if that is to be told.
func (w *worker) skip(place Place, reason string, o *outcome) {
	if w.skips {
		o.told = append(o.told, told{skipped: &Problem{Event: place, Reason: reason}})
	}
}

// mapped looks at one event of a tool.
func (w *worker) mapped(text []byte, line int, o *outcome) {
	place := Place{File: w.from.Name, Line: line}
	sloppy, err := w.event.read(text)
	if err != nil {
		o.problem(place, err.Error())
		return
	}
	if sloppy != nil {
		o.sloppy++
		o.told = append(o.told, told{problem: &Problem{Event: place, Reason: sloppy.Error() + "; it was looked at all the same"}})
	}
	o.events++
	k := w.forced
	if k == nil {
		if k = w.event.kindOf(); k == nil {
			o.unmapped++
			w.skip(place, "it is of no kind that the map "+w.from.Map.name+" knows", o)
			return
		}
	}
	w.event.begin(k)
	at := w.event.when()
	if at.IsZero() {
		o.timeless++
	}
	var whole *observed
	build := func() *observed {
		if whole == nil {
			whole = &observed{place: place}
			whole.First, whole.Last, whole.Number, whole.Objects = at, at, 1, w.event.build()
		}
		return whole
	}
	if l := w.lenses[k]; l.general {
		if reason := w.judge.walk(build()); reason != "" {
			o.problem(place, reason)
		}
	} else {
		w.glance(l)
	}
	if len(w.judge.pulls) > 0 {
		o.add(place, w.judge.decide(at, at, build))
	}
}

// glance looks the values of an event up without building it.
func (w *worker) glance(l *lens) {
	for i := range l.probes {
		p := &l.probes[i]
		for item, value := range w.event.values(p.property) {
			if !w.event.given(p.property) {
				break
			}
			for j := range p.reaches {
				r := &p.reaches[j]
				switch {
				case r.item != none && r.item != item:
				case r.variant != none && r.variant != w.variantOf(l.kind, p.property, r.owner, value):
				case r.passing:
					w.judge.look(r.node, scalar{})
				default:
					w.judge.look(r.node, value.scalar)
				}
			}
		}
	}
}

// variantOf is the type of the address that a value is reached from.
func (w *worker) variantOf(k *kind, property, owner int, value resolved) int {
	if k.properties[property].object == owner && value.variant != none {
		return value.variant
	}
	return w.event.variant(owner)
}

// add keeps a verdict, to be told.
func (o *outcome) add(place Place, v verdict) {
	o.outside += v.outside
	for i := range v.hits {
		o.told = append(o.told, told{hit: &v.hits[i]})
	}
	if len(v.begun) > 0 {
		o.told = append(o.told, told{begun: v.begun})
	}
	if v.failed != "" {
		o.told = append(o.told, told{problem: &Problem{Event: place, Reason: v.failed}})
	}
}
