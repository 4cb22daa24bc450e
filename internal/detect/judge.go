// SPDX-License-Identifier: Apache-2.0

package detect

// This file turns pulled triggers into hits: at once where a trigger is all that
// is asked, and else by the test itself.

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// observed is one event as STIX has it.
type observed struct {
	pattern.ObservedData
	place   Place
	sources []stix.Object // of STIX events: the observed data, then its objects
	sighted *sightedEvent
	byID    map[string]map[string]any // where there are many objects
}

// object finds what a reference refers to.
func (o *observed) object(id string) map[string]any {
	if len(o.Objects) > manyObjects && o.byID == nil {
		o.byID = make(map[string]map[string]any, len(o.Objects))
		for i := len(o.Objects) - 1; i >= 0; i-- {
			o.byID[o.Objects[i].ID] = o.Objects[i].Properties
		}
	}
	if o.byID != nil {
		return o.byID[id]
	}
	for i := range o.Objects {
		if o.Objects[i].ID == id {
			return o.Objects[i].Properties
		}
	}
	return nil
}

// manyObjects are found faster by a map.
const manyObjects = 16

// pull is a trigger that a value pulled.
type pull struct {
	rule  uint32
	node  *node
	value scalar
}

// judge looks at events for one goroutine.
type judge struct {
	set    *Set
	prober prober
	pulls  []pull
	node   *node
	value  scalar
	found  func(rule uint32)
	texts  []byte
	work   int
}

func newJudge(s *Set) *judge {
	j := &judge{set: s, prober: prober{set: s}}
	j.found = func(rule uint32) { j.pulls = append(j.pulls, pull{rule, j.node, j.value}) }
	return j
}

// look looks a value up at a node.
func (j *judge) look(n *node, value scalar) {
	j.node, j.value = n, value
	j.prober.probe(n, value, j.found)
}

// beginning is a match of one observation expression of a pattern over several.
type beginning struct {
	indicator uint32
	observed  *observed
	matched   []Matched
}

// verdict is what came of one event.
type verdict struct {
	hits   []Hit
	begun  []beginning
	failed string
	// outside counts the indicators that were met and not valid then.
	outside int64
}

// decide goes through the pulled triggers of one event. build makes its objects;
// it is called only if they are needed.
func (j *judge) decide(first, last time.Time, build func() *observed) (v verdict) {
	slices.SortStableFunc(j.pulls, func(a, b pull) int {
		return cmp.Or(cmp.Compare(j.set.rules[a.rule].indicator, j.set.rules[b.rule].indicator), cmp.Compare(a.rule, b.rule))
	})
	var whole *observed
	for rest := j.pulls; len(rest) > 0; {
		indicator := j.set.rules[rest[0].rule].indicator
		end := 1
		for end < len(rest) && j.set.rules[rest[end].rule].indicator == indicator {
			end++
		}
		these := rest[:end]
		rest = rest[end:]
		valid := j.set.valid(indicator, first, last)
		if !valid && (j.set.indicators[indicator].dead || j.set.indicators[indicator].story != 0) {
			continue
		}
		if whole == nil {
			whole = build()
		}
		matched, reason := j.verify(these, whole)
		switch {
		case reason != "" && valid:
			v.failed = reason
		case matched == nil:
		case !valid:
			v.outside++
		case j.set.indicators[indicator].story != 0:
			v.begun = append(v.begun, beginning{indicator, whole, matched})
		default:
			v.hits = append(v.hits, Hit{
				Indicator: j.set.id(indicator), Name: j.set.label(indicator), Event: whole.place,
				First: first, Last: last, Number: int(max(whole.Number, 1)), Matched: matched, events: []*observed{whole}, number: indicator,
			})
		}
	}
	j.pulls = j.pulls[:0]
	return v
}

// verify says what of an indicator is matched, or nil. The triggers are all of
// one indicator, sorted by rule.
func (j *judge) verify(these []pull, whole *observed) (matched []Matched, reason string) {
	last := uint32(manyBit)
	for _, p := range these {
		r := j.set.rules[p.rule]
		if r.test == 0 {
			matched = addMatched(matched, Matched{p.node.path, p.value.plain()})
			continue
		}
		if p.rule == last {
			continue
		}
		last = p.rule
		more, err := j.set.tests[r.test].evaluate(whole)
		if err != nil {
			reason = err.Error()
		}
		for _, m := range more {
			matched = addMatched(matched, m)
		}
	}
	if matched != nil {
		reason = ""
	}
	return matched, reason
}

func addMatched(all []Matched, m Matched) []Matched {
	if slices.Contains(all, m) {
		return all
	}
	return append(all, m)
}
