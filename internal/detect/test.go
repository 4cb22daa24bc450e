// SPDX-License-Identifier: Apache-2.0

package detect

// This file evaluates the tests whose triggers are not enough.

import (
	"sync/atomic"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// test is an observation expression, made ready when it is first needed: of a
// million regular expressions few ever are.
type test struct {
	observation *pattern.Observation
	ready       atomic.Pointer[pattern.Condition]
}

// evaluate says what of an event passes the test, or nil.
func (t *test) evaluate(whole *observed) ([]Matched, error) {
	condition := t.ready.Load()
	if condition == nil {
		var err error
		if condition, err = pattern.NewCondition(t.observation); err != nil {
			return nil, err
		}
		t.ready.Store(condition)
	}
	object, passes := condition.Witness(&whole.ObservedData)
	if !passes {
		return nil, nil
	}
	var matched []Matched
	for path, value := range pattern.Explain(t.observation, &whole.ObservedData, object) {
		matched = addMatched(matched, matchedOf(path, value))
	}
	return matched, nil
}

// matchedOf names a value; of a container only that it is there.
func matchedOf(path pattern.Path, value any) Matched {
	switch value.(type) {
	case string, bool, int64, float64:
		return Matched{path.String(), value}
	}
	return Matched{path.String(), nil}
}
