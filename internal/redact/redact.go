// SPDX-License-Identifier: Apache-2.0

// Package redact cuts objects down to a plan, and finds in what is about to
// leave whatever repeats a text that must stay.
//
// It knows nothing of who or why: a [Plan] says what goes, [Apply] cuts and
// reports every cut, [Leaks] compares. What is not known here is cut: an
// unknown type, an unknown property, a marking that cannot be carried.
package redact

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// A Plan says what is cut beyond what always is. The zero Plan withholds no
// object, and drops every part that has a marking of its own.
type Plan struct {
	// Withhold lists the ids of objects that do not leave.
	Withhold []string
	// Open lists, by object id, the marking definitions whose granularly marked
	// parts may leave with the rest of that object. Parts marked with any other
	// are dropped. STIX 2.1 §7.2.3
	Open map[string][]string
	// Markings gives, by object id, the TLP marking definition the new object has
	// in place of what it had. An object not in it keeps its own.
	Markings map[string]string
	// Given is, by object id, a marking that says how the object was given to us,
	// and that the new one need not repeat: whoever made the plan has followed it.
	Given map[string]string
	// Restriction is a marking definition that every new object has beside its own;
	// empty for none.
	Restriction string
	// Metres is how exact coordinates may be, in a city or a region; 0 leaves them
	// as they are. Whatever is more exact than that stays. With Country nothing
	// narrower than a country leaves.
	Metres  float64
	Country bool
	// Time is how exact a time may be at which something was seen: minute, hour,
	// day, month or year; empty or second leaves it.
	Time string
}

// Rule names why something was cut.
type Rule string

const (
	Withheld Rule = "withheld"     // the plan says so, or it hung on such an object alone
	Origin   Rule = "origin"       // it says where the object came from
	Derived  Rule = "derived-from" // it names the original. STIX 2.1 §3.5
	Granular Rule = "granular"     // a part with a marking of its own
	Unknown  Rule = "unknown"      // a type, property or form that STIX 2.1 does not have
	Marking  Rule = "marking"      // a marking that cannot be carried
	Dangling Rule = "dangling"     // a reference to what does not leave
	Required Rule = "required"     // nothing is left that would be an object
	Version  Rule = "version"      // an older version, or a revoked object
	Blurred  Rule = "blurred"      // made less exact
	Metadata Rule = "metadata"     // says who made a file, with what and where
)

// A Cut is one thing that does not leave. It never holds the value.
type Cut struct {
	// Object is the id the object has at home; empty if it is no object.
	Object string `json:"object,omitempty"`
	// Path leads to the part, with dots; empty for the whole object.
	Path   string `json:"path,omitempty"`
	Rule   Rule   `json:"rule"`
	Reason string `json:"reason"`
}

// Apply cuts objects for one recipient. What comes out are new objects: each
// has a new random id, also observables whose id was computed, because a
// changed object must not keep its identifier; references follow; created and
// modified are both now, to the millisecond; the bytes are canonical.
// STIX 2.1 §3.5, RFC 8785
//
// Always cut: created_by_ref, external_references, labels, authors, granular
// markings (with the parts they mark, see [Plan]), extensions, properties and
// types that STIX 2.1 does not have, the metadata of pictures, documents that
// carry some, derived-from relationships, marking and
// extension definitions, translations, older versions, revoked objects, and
// references to what does not leave. An object whose required property or
// reference is gone is dropped.
//
// A withheld object takes along what is reachable from it alone, so that a
// withheld report does not leave its contents behind. A withheld relationship
// or sighting takes nothing along: it joins objects, it does not hold them.
//
// ids maps the old ids of what leaves to the new ones and must stay home. An
// object that cannot be read, or whose id is not one of its type, is an error:
// nothing leaves then.
func Apply(plan Plan, objects []jsontext.Value, now time.Time) (out []jsontext.Value, ids map[string]string, cuts []Cut, err error) {
	w := &work{plan: plan, at: stix.FormatTime(now), byID: make(map[string]*piece)}
	if err := w.read(objects); err != nil {
		return nil, nil, nil, err
	}
	w.withhold()
	// What is cut out of an artifact is cut out of the file that it is the content of.
	for _, artifacts := range []bool{true, false} {
		for _, p := range w.pieces {
			if !p.gone && artifacts == (p.object.Type() == "artifact") {
				w.prune(p)
			}
		}
	}
	w.settle()
	out, ids, err = w.write()
	if err != nil {
		return nil, nil, nil, err
	}
	return out, ids, w.cuts, nil
}

// work is one run of Apply.
type work struct {
	plan   Plan
	at     string
	pieces []*piece
	byID   map[string]*piece
	cuts   []Cut
}

// A piece is one object on the table.
type piece struct {
	object stix.Object
	id     string
	kind   kind
	tree   map[string]any
	gone   bool
}

func (w *work) cut(p *piece, path string, rule Rule, reason string) {
	w.cuts = append(w.cuts, Cut{Object: p.id, Path: path, Rule: rule, Reason: reason})
}

func (w *work) drop(p *piece, rule Rule, reason string) {
	p.gone = true
	w.cut(p, "", rule, reason)
}

func (w *work) read(objects []jsontext.Value) error {
	for i, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			return fmt.Errorf("redact: object %d: %w", i+1, err)
		}
		objectType, _, ok := stix.SplitID(object.ID())
		if !ok || objectType != object.Type() {
			return fmt.Errorf("redact: object %d: its id is not the id of a %.40q", i+1, object.Type())
		}
		p := &piece{object: object, id: object.ID(), kind: kinds()[objectType], tree: object.Map()}
		w.pieces = append(w.pieces, p)
		w.keepLatest(p)
	}
	return nil
}

// keepLatest leaves one version of each id: two would become one object said twice.
func (w *work) keepLatest(p *piece) {
	older := w.byID[p.id]
	if older == nil {
		w.byID[p.id] = p
		return
	}
	if p.object.Modified().Before(older.object.Modified()) {
		older, p = p, older
	}
	w.byID[p.id] = p
	w.drop(older, Version, "a later version of the object is attached")
}

// write renames what is left and writes it.
func (w *work) write() ([]jsontext.Value, map[string]string, error) {
	ids := make(map[string]string)
	for _, p := range w.pieces {
		if !p.gone {
			ids[p.id] = stix.NewID(p.object.Type())
		}
	}
	var out []jsontext.Value
	for _, p := range w.pieces {
		if p.gone {
			continue
		}
		p.tree["id"] = ids[p.id]
		eachRef(p.tree, "", func(_, id string) (string, bool) { return ids[id], true })
		if !p.kind.observable {
			p.tree["created"], p.tree["modified"] = w.at, w.at
		}
		if _, published := p.tree["published"]; published {
			p.tree["published"] = w.at // the new report is published now
		}
		if markings := w.markings(p); len(markings) > 0 {
			p.tree["object_marking_refs"] = markings
		} else {
			delete(p.tree, "object_marking_refs")
		}
		object, err := stix.FromMap(p.tree)
		if err != nil {
			return nil, nil, fmt.Errorf("redact: writing %s: %w", p.id, err)
		}
		out = append(out, object.Raw())
	}
	return out, ids, nil
}

// markings are those of the new object.
func (w *work) markings(p *piece) (all []any) {
	own, _ := p.tree["object_marking_refs"].([]any)
	if marking := w.plan.Markings[p.id]; marking != "" {
		own = []any{marking}
	}
	for _, id := range own {
		if id != w.plan.Given[p.id] {
			all = append(all, id)
		}
	}
	if w.plan.Restriction != "" {
		all = append(all, w.plan.Restriction)
	}
	return all
}

// opens reports whether parts of the object marked so may leave.
func (plan Plan) opens(object, marking string) bool {
	return slices.Contains(plan.Open[object], marking)
}
