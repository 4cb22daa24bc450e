// SPDX-License-Identifier: Apache-2.0

package pattern

// This file holds what patterns are matched against.

import "time"

// ObservedData is one Observed Data SDO, as patterns see it: Number observations
// of the same objects, at moments between First and Last that nobody knows.
// STIX 2.1 §4.14, §9.1
type ObservedData struct {
	First  time.Time // first_observed
	Last   time.Time // last_observed
	Number int64     // number_observed; less than 1 counts as 1
	// Objects are the SCOs that object_refs lists and that are at hand, or those
	// of the deprecated objects. References lead nowhere else. STIX 2.1 §9.7.4
	Objects []Object
}

// An Object is one SCO: its id, or its key in the deprecated objects, and its
// properties: string, bool, nil, int64, float64, []any or map[string]any.
type Object struct {
	ID         string
	Properties map[string]any
}

// times are the first and last moment. One of them can stand for both; ok is
// false without either, and if the last is before the first.
func (o *ObservedData) times() (first, last time.Time, ok bool) {
	first, last = o.First, o.Last
	if first.IsZero() {
		first = last
	}
	if last.IsZero() {
		last = first
	}
	return first, last, !first.IsZero() && !last.Before(first)
}

// object finds what a reference refers to.
func (o *ObservedData) object(id string) (map[string]any, bool) {
	for i := range o.Objects {
		if o.Objects[i].ID == id {
			return o.Objects[i].Properties, true
		}
	}
	return nil, false
}
