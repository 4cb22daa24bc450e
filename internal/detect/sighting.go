// SPDX-License-Identifier: Apache-2.0

package detect

// This file writes what was found as STIX: a sighting of each indicator, with
// what was observed.

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// maxObserved is how many events of one indicator are written as observed data:
// the first. All are counted.
const maxObserved = 10

// maxCount is the largest count of a sighting. STIX 2.1 §5.2
const maxCount = 999_999_999

// Sightings gathers hits, indicator by indicator, and gives them as STIX objects.
type Sightings struct {
	set      *Set
	identity string
	seen     map[uint32]*seen
	order    []uint32
	created  time.Time
}

// seen is what was seen of one indicator.
type seen struct {
	id          string
	count       int64
	first, last time.Time
	events      []*sightedEvent
}

// sightedEvent is an event that is written down, once however many indicators
// it met.
type sightedEvent struct {
	observed *observed
	id       string // of its observed data; "" if there can be none
	objects  []stix.Object
	made     bool
	markings []string
}

// NewSightings returns no sightings yet, for hits of a set. The identity, if it
// is not empty, is the id of who says so and where it was seen.
func NewSightings(set *Set, identity string) *Sightings {
	return &Sightings{set: set, identity: identity, seen: make(map[uint32]*seen)}
}

// Add takes in a hit.
func (s *Sightings) Add(hit Hit) {
	one := s.seen[hit.number]
	if one == nil {
		one = &seen{id: stix.NewID("sighting"), first: hit.First, last: hit.Last}
		s.seen[hit.number] = one
		s.order = append(s.order, hit.number)
	}
	one.count = min(one.count+int64(hit.Number), maxCount)
	if one.first.IsZero() || !hit.First.IsZero() && hit.First.Before(one.first) {
		one.first = hit.First
	}
	if hit.Last.After(one.last) {
		one.last = hit.Last
	}
	for _, o := range hit.events {
		if len(one.events) >= maxObserved || slices.ContainsFunc(one.events, func(e *sightedEvent) bool { return e.observed == o }) {
			continue
		}
		if o.sighted == nil {
			o.sighted = &sightedEvent{observed: o}
		}
		for _, id := range s.markings(hit.number) {
			if !slices.Contains(o.sighted.markings, id) {
				o.sighted.markings = append(o.sighted.markings, id)
			}
		}
		one.events = append(one.events, o.sighted)
	}
}

// Len is the number of indicators seen.
func (s *Sightings) Len() int { return len(s.order) }

// Objects are the sightings so far as they stand at a time, each after what it
// refers to: the observed data, its observables, and the definitions of the TLP
// 2.0 markings. Each is valid by stix.Check. A sighting keeps its id from one
// call to the next; its markings, and those of what was observed, are at least
// those of the indicator. STIX 2.1 §5.2
func (s *Sightings) Objects(now time.Time) ([]stix.Object, error) {
	if s.created.IsZero() {
		s.created = now
	}
	w := &writer{Sightings: s, now: now, there: make(map[string]bool), marked: make(map[string][]string)}
	for _, number := range s.order {
		for _, event := range s.seen[number].events {
			w.make(event)
		}
	}
	for _, number := range s.order {
		if err := w.sighting(number); err != nil {
			return nil, err
		}
	}
	return append(w.definitions(), w.all...), nil
}

// markings are those of an indicator that can be referred to.
func (s *Sightings) markings(number uint32) (ids []string) {
	for _, id := range s.set.markings[s.set.indicators[number].marked] {
		if objectType, _, ok := stix.SplitID(id); ok && objectType == "marking-definition" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// writer writes sightings once.
type writer struct {
	*Sightings
	now   time.Time
	there map[string]bool // ids in all
	all   []stix.Object
	tlp   []string
	// marked are the markings of each observable: those of all it was seen with.
	marked map[string][]string
}

func (w *writer) sighting(number uint32) error {
	one := w.seen[number]
	var refs []any
	for _, event := range one.events {
		if err := w.event(event); err != nil {
			return err
		}
		if event.id != "" && !slices.Contains(refs, any(event.id)) {
			refs = append(refs, event.id)
		}
	}
	properties := w.common("sighting", one.id, w.markings(number))
	properties["sighting_of_ref"] = w.set.id(number)
	properties["count"] = one.count
	if !one.first.IsZero() {
		properties["first_seen"], properties["last_seen"] = stix.FormatTime(one.first), stix.FormatTime(one.last)
	}
	if len(refs) > 0 {
		properties["observed_data_refs"] = refs
	}
	if w.identity != "" {
		properties["where_sighted_refs"] = []any{w.identity}
	}
	return w.put(properties)
}

// common are the properties that all we write have.
func (w *writer) common(objectType, id string, markings []string) map[string]any {
	properties := map[string]any{
		"type": objectType, "spec_version": "2.1", "id": id,
		"created": stix.FormatTime(w.created), "modified": stix.FormatTime(w.now),
	}
	if w.identity != "" {
		properties["created_by_ref"] = w.identity
	}
	if len(markings) > 0 {
		properties["object_marking_refs"] = markings
		w.tlp = append(w.tlp, markings...)
	}
	return properties
}

func (w *writer) put(properties map[string]any) error {
	object, err := stix.FromMap(properties)
	if err == nil {
		w.keep(object)
	}
	return err
}

func (w *writer) keep(object stix.Object) {
	if !w.there[object.ID()] {
		w.there[object.ID()] = true
		w.all = append(w.all, object)
	}
}

// make gives an event its id and its objects, once.
func (w *writer) make(event *sightedEvent) {
	if !event.made {
		event.made = true
		if id := event.observed.place.ID; identified(id) {
			event.id, event.objects = id, validOf(event.observed.sources)
		} else if !event.observed.First.IsZero() {
			if event.objects = observables(event.observed.Objects); len(event.objects) > 0 {
				event.id = stix.NewID("observed-data")
			}
		}
	}
	for _, object := range event.objects {
		for _, id := range event.markings {
			if !slices.Contains(w.marked[object.ID()], id) {
				w.marked[object.ID()] = append(w.marked[object.ID()], id)
			}
		}
	}
}

// event writes the observed data of an event, and what was observed. What came
// as STIX stays as it came.
func (w *writer) event(event *sightedEvent) error {
	if event.id == "" || w.there[event.id] {
		return nil
	}
	if event.id == event.observed.place.ID {
		for _, object := range event.objects {
			w.keep(object)
		}
		return nil
	}
	var refs []any
	for _, object := range event.objects {
		refs = append(refs, object.ID())
		properties := object.Map()
		if markings := w.marked[object.ID()]; len(markings) > 0 {
			properties["object_marking_refs"] = markings
		}
		if err := w.put(properties); err != nil {
			return err
		}
	}
	properties := w.common("observed-data", event.id, event.markings)
	properties["first_observed"] = stix.FormatTime(event.observed.First)
	properties["last_observed"] = stix.FormatTime(event.observed.Last)
	properties["number_observed"] = min(max(event.observed.Number, 1), maxCount)
	properties["object_refs"] = refs
	return w.put(properties)
}

func identified(id string) bool {
	objectType, _, ok := stix.SplitID(id)
	return ok && objectType == "observed-data"
}

// validOf are those of the objects that break no rule.
func validOf(objects []stix.Object) (valid []stix.Object) {
	for _, object := range objects {
		if breaksNone(object) {
			valid = append(valid, object)
		}
	}
	return valid
}

func breaksNone(object stix.Object) bool {
	return !slices.ContainsFunc(stix.Check(object), func(v stix.Violation) bool { return v.Level == stix.Must })
}

// definitions are those of the TLP 2.0 markings that were used.
func (w *writer) definitions() (all []stix.Object) {
	known, err := stix.TLPDefinitions()
	if err != nil {
		return nil
	}
	for _, definition := range known {
		if slices.Contains(w.tlp, definition.ID()) && !w.there[definition.ID()] {
			all = append(all, definition)
		}
	}
	return all
}

// observables makes objects with ids of those of an event, which refer to each
// other by keys. What would break a rule is left out.
func observables(objects []pattern.Object) []stix.Object {
	m := &maker{objects: make(map[string]map[string]any), ids: make(map[string]string)}
	for _, object := range objects {
		m.objects[object.ID] = object.Properties
	}
	for _, object := range objects {
		m.id(object.ID, 0)
	}
	return m.made
}

type maker struct {
	objects map[string]map[string]any
	ids     map[string]string // by key; "" for what is left out
	made    []stix.Object
}

// id makes an object, after those it refers to, and returns its id.
func (m *maker) id(key string, depth int) string {
	if id, known := m.ids[key]; known {
		return id
	}
	m.ids[key] = ""
	if depth > stix.MaxDepth || m.objects[key] == nil {
		return ""
	}
	properties := map[string]any{"spec_version": "2.1"}
	for name, value := range m.objects[key] {
		switch {
		case strings.HasSuffix(name, "_ref"):
			ref, _ := value.(string)
			if value = m.id(ref, depth+1); value == "" {
				continue
			}
		case strings.HasSuffix(name, "_refs"):
			var ids []any
			list, _ := value.([]any)
			for _, item := range list {
				ref, _ := item.(string)
				if id := m.id(ref, depth+1); id != "" && !slices.Contains(ids, any(id)) {
					ids = append(ids, id)
				}
			}
			if value = ids; len(ids) == 0 {
				continue
			}
		}
		properties[name] = value
	}
	objectType, _ := properties["type"].(string)
	if _, said := properties["protocols"]; objectType == "network-traffic" && !said {
		if protocol := protocolOf(properties); protocol != "" {
			properties["protocols"] = []any{protocol}
		}
	}
	delete(properties, "id")
	object, err := stix.FromMap(properties)
	if err != nil {
		return ""
	}
	id, err := stix.DeterministicID(object)
	if err != nil {
		id = stix.NewID(objectType)
	}
	properties["id"] = id
	object, err = stix.FromMap(properties)
	if err != nil || !breaksNone(object) {
		return ""
	}
	m.ids[key] = id
	m.made = append(m.made, object)
	return id
}

// protocolOf is the protocol that the addresses of a connection show.
func protocolOf(properties map[string]any) string {
	for _, name := range []string{"dst_ref", "src_ref"} {
		ref, _ := properties[name].(string)
		switch objectType, _, _ := stix.SplitID(ref); objectType {
		case "ipv4-addr":
			return "ipv4"
		case "ipv6-addr":
			return "ipv6"
		}
	}
	return ""
}
