// SPDX-License-Identifier: Apache-2.0

package detect

// This file reads observed data: in bundles, in JSON lines, with its objects
// beside it or, as was done before STIX 2.1, within it.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// How much is kept of a stream whose observed data comes apart from what it
// refers to. Past that the oldest goes: observed data is looked at with what is
// there of it.
const (
	maxLoose   = 1 << 17 // objects
	maxWaiting = 1 << 14 // observed data
)

// looseObject is an object that stood alone on its line.
type looseObject struct {
	place  Place
	object stix.Object
}

// assembler brings observed data and the objects it refers to together.
type assembler struct {
	objects map[string]stix.Object
	order   []string // of the objects, as they came
	waiting map[string][]*waiting
	queue   []*waiting
}

// waiting is observed data of which some objects have not come. Those that have
// are kept with it: the assembler may let go of them.
type waiting struct {
	place   Place
	data    stix.Object
	found   map[string]stix.Object
	missing map[string]bool
	done    bool
}

func newAssembler() *assembler {
	return &assembler{objects: make(map[string]stix.Object), waiting: make(map[string][]*waiting)}
}

// observe makes an event of observed data and what is found of it; ok is false
// for another object.
func observe(place Place, data stix.Object, find func(id string) (stix.Object, bool)) (o *observed, ok bool) {
	if data.Type() != "observed-data" {
		return nil, false
	}
	o = &observed{place: place, sources: []stix.Object{data}}
	o.place.ID = data.ID()
	o.ObservedData, ok = stix.Observe(data, func(id string) (stix.Object, bool) {
		object, found := find(id)
		if found {
			o.sources = append(o.sources, object)
		}
		return object, found
	})
	return o, ok
}

// add takes in an object and returns the observed data that is complete by it.
func (a *assembler) add(place Place, object stix.Object) (ready []*observed) {
	if object.Type() == "observed-data" {
		return a.observedData(place, object)
	}
	id := object.ID()
	if id == "" || object.ModifiedText() != "" {
		return nil // it cannot be an observable
	}
	if _, known := a.objects[id]; !known {
		a.order = append(a.order, id)
	}
	a.objects[id] = object
	for _, w := range a.waiting[id] {
		w.found[id] = object
		if delete(w.missing, id); len(w.missing) == 0 {
			ready = append(ready, w.give()...)
		}
	}
	delete(a.waiting, id)
	if len(a.order) > maxLoose {
		delete(a.objects, a.order[0])
		a.order = a.order[1:]
	}
	return ready
}

func (a *assembler) observedData(place Place, data stix.Object) (ready []*observed) {
	w := &waiting{place: place, data: data, found: make(map[string]stix.Object), missing: make(map[string]bool)}
	for _, ref := range refsOf(data) {
		if object, known := a.objects[ref]; known {
			w.found[ref] = object
		} else if !w.missing[ref] && !strings.HasPrefix(ref, "relationship--") && !strings.HasPrefix(ref, "sighting--") {
			w.missing[ref] = true
			a.waiting[ref] = append(a.waiting[ref], w)
		}
	}
	if len(w.missing) == 0 {
		return w.give()
	}
	a.queue = append(a.queue, w)
	if len(a.queue) > maxWaiting {
		ready = a.queue[0].give()
		a.queue = a.queue[1:]
	}
	return ready
}

func refsOf(data stix.Object) (ids []string) {
	refs, _ := data.Get("object_refs")
	list, _ := refs.([]any)
	for _, ref := range list {
		if id, ok := ref.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// give ends the waiting, with what has come.
func (w *waiting) give() []*observed {
	if w.done {
		return nil
	}
	w.done = true
	o, _ := observe(w.place, w.data, func(id string) (stix.Object, bool) {
		object, found := w.found[id]
		return object, found
	})
	return []*observed{o}
}

// rest returns what still waits.
func (a *assembler) rest() (all []*observed) {
	for _, w := range a.queue {
		all = append(all, w.give()...)
	}
	a.queue = nil
	clear(a.waiting)
	return all
}

// inLines reports whether a text begins with a whole JSON object on one line.
func inLines(first []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(first, space), []byte{'\n'})
	return jsontext.Value(line).IsValid()
}

// readDocuments reads bundles and objects that go over lines, as a stream.
func readDocuments(name string, r io.Reader, send func(*chunk) bool) {
	a := newAssembler()
	beside := int64(0) // observables since the last chunk
	for object, err := range stix.ReadBundle(r) {
		c := &chunk{}
		var broken *stix.ObjectError
		switch {
		case errors.As(err, &broken):
			c.broken = fmt.Errorf("object %d: %s", broken.Index, plainSTIX(err))
		case err != nil:
			c.failed = err
		default:
			c.whole = a.add(Place{File: name}, object)
			if isObservable(object) {
				beside++
			} else if object.Type() != "observed-data" {
				c.other = object
			}
			if !isSTIX(object) {
				c.other, c.broken = stix.Object{}, errNotSTIX
			}
		}
		if len(c.whole) > 0 || c.broken != nil || c.failed != nil || c.other.Type() != "" {
			if c.beside, beside = beside, 0; !send(c) {
				return
			}
		}
	}
	if left := a.rest(); len(left) > 0 || beside > 0 {
		send(&chunk{whole: left, beside: beside})
	}
}

// stix looks at a line of STIX: a bundle, or one object.
func (w *worker) stix(text []byte, line int, o *outcome) {
	place := Place{File: w.from.Name, Line: line}
	object, err := stix.Parse(text)
	switch {
	case err != nil || object.Type() == "":
		// One object of a bundle may be at fault, and the others are looked at; an
		// envelope has no type.
		w.parts(place, text, o)
		return
	case object.Type() != "bundle":
		if whole, ok := observe(place, object, nothing); ok && len(whole.Objects) > 0 {
			w.observed(whole, o)
			return
		}
		o.told = append(o.told, told{loose: &looseObject{place, object}})
		w.other(place, object, o)
		return
	}
	w.beside(place, object, o)
	for id, observedData := range stix.ObserveBundle(object) {
		place.ID = id
		whole := &observed{ObservedData: observedData, place: place}
		before := len(o.told)
		w.observed(whole, o)
		if len(o.told) > before { // it may have to be written down as it came
			whole.sources = w.sources(text, id)
		}
	}
}

// nothing finds nothing.
func nothing(string) (stix.Object, bool) { return stix.Object{}, false }

// read reads the objects of a line, each with its bytes.
func (w *worker) read(place Place, text []byte, o *outcome) {
	w.line.Reset(text)
	w.buffered.Reset(&w.line)
	w.objects = w.objects[:0]
	for object, err := range stix.ReadBundle(w.buffered) {
		if err == nil {
			w.objects = append(w.objects, object)
		} else if o != nil {
			o.problem(place, plainSTIX(err))
		}
	}
}

// parts looks at the objects of a line one by one.
func (w *worker) parts(place Place, text []byte, o *outcome) {
	w.read(place, text, o)
	find := w.finder()
	for _, object := range w.objects {
		if whole, ok := observe(place, object, find); ok {
			w.observed(whole, o)
		}
		w.other(place, object, o)
	}
}

var errNotSTIX = errors.New("it is no object of STIX: it has no type or no id of that type")

// isSTIX reports whether an object can be one of STIX. Observed data need
// not say which it is.
func isSTIX(object stix.Object) bool {
	typ := object.Type()
	return typ == "observed-data" || typ != "" && strings.HasPrefix(object.ID(), typ+"--")
}

// isObservable reports whether an object can be an observable: it has no versions,
// and is not what markings are defined by. STIX 2.1 §3.2
func isObservable(object stix.Object) bool {
	return isSTIX(object) && object.ModifiedText() == "" && object.Type() != "marking-definition" && object.Type() != "observed-data"
}

// other counts an object that is no observed data.
func (w *worker) other(place Place, object stix.Object, o *outcome) {
	switch {
	case object.Type() == "observed-data":
	case !isSTIX(object):
		o.problem(place, errNotSTIX.Error())
	case isObservable(object):
		o.beside++
	default:
		o.others++
		place.ID = object.ID()
		w.skip(place, "it is no observed data: "+object.ID(), o)
	}
}

// beside counts what stands in a bundle beside its observed data.
func (w *worker) beside(place Place, bundle stix.Object, o *outcome) {
	objects, _ := bundle.Get("objects")
	list, _ := objects.([]any)
	for _, item := range list {
		tree, _ := item.(map[string]any)
		typ, _ := tree["type"].(string)
		id, _ := tree["id"].(string)
		_, versioned := tree["modified"]
		switch {
		case typ == "observed-data":
		case typ == "" || !strings.HasPrefix(id, typ+"--"):
			o.problem(place, errNotSTIX.Error())
		case !versioned && typ != "marking-definition":
			o.beside++
		default:
			o.others++
			place.ID = id
			w.skip(place, "it is no observed data: "+id, o)
		}
	}
}

// sources are the observed data of an id on a line and its objects, as they came.
func (w *worker) sources(text []byte, id string) []stix.Object {
	w.read(Place{}, text, nil)
	find := w.finder()
	if data, found := find(id); found {
		if whole, ok := observe(Place{}, data, find); ok {
			return whole.sources
		}
	}
	return nil
}

// finder finds objects of the line by their id, the last of several.
func (w *worker) finder() func(id string) (stix.Object, bool) {
	if len(w.objects) > manyObjects {
		byID := make(map[string]stix.Object, len(w.objects))
		for _, object := range w.objects {
			byID[object.ID()] = object
		}
		return func(id string) (stix.Object, bool) { object, found := byID[id]; return object, found }
	}
	return func(id string) (stix.Object, bool) {
		for i := len(w.objects) - 1; i >= 0; i-- {
			if w.objects[i].ID() == id {
				return w.objects[i], true
			}
		}
		return stix.Object{}, false
	}
}

// plainSTIX is why an object could not be read, without its place.
func plainSTIX(err error) string {
	var broken *stix.ObjectError
	if errors.As(err, &broken) {
		err = broken.Err
	}
	return strings.TrimPrefix(err.Error(), "stix: ")
}

// observed looks at one observation.
func (w *worker) observed(whole *observed, o *outcome) {
	o.events++
	first, last := span(whole.First, whole.Last)
	if first.IsZero() {
		o.timeless++
	}
	if reason := w.judge.walk(whole); reason != "" {
		o.told = append(o.told, told{problem: &Problem{Event: whole.place, Reason: reason}})
	}
	o.add(whole.place, w.judge.decide(first, last, func() *observed { return whole }))
}

// span is when something was observed, as far as either time says.
func span(first, last time.Time) (time.Time, time.Time) {
	switch {
	case first.IsZero():
		return last, last
	case last.Before(first):
		return first, first
	}
	return first, last
}

// assemble takes up an object that stood alone, in the order of the stream.
func (d *Detector) assemble(loose *looseObject, to Told) error {
	return d.ready(d.loose.add(loose.place, loose.object), to)
}

// rest looks at what waited to the end of a source.
func (d *Detector) rest(to Told) error {
	return d.ready(d.loose.rest(), to)
}

func (d *Detector) ready(all []*observed, to Told) error {
	w := worker{set: d.set, judge: d.own}
	for _, whole := range all {
		var o outcome
		w.observed(whole, &o)
		if err := d.tell(o, to); err != nil {
			return err
		}
	}
	return nil
}
