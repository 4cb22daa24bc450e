// SPDX-License-Identifier: Apache-2.0

package pattern

// This file evaluates what stands in brackets against one observation.

import (
	"fmt"
	"strings"
)

// A Condition is an observation expression made ready to be evaluated. It may be
// used by several goroutines at once.
type Condition struct {
	test  evaluator
	types map[string]bool // of the SCOs that could pass
}

// An evaluator tells whether the SCO with these properties passes.
type evaluator interface {
	passes(observed *ObservedData, properties map[string]any) bool
}

// NewCondition makes an observation expression ready. The error says which
// regular expression is beyond us, and wraps [ErrUnsupported].
func NewCondition(o *Observation) (*Condition, error) {
	condition := &Condition{types: make(map[string]bool)}
	for comparison := range Comparisons(o.Test) {
		condition.types[comparison.Path.Type] = true
	}
	var err error
	condition.test, err = evaluatorOf(o.Test)
	return condition, err
}

func evaluatorOf(t Test) (evaluator, error) {
	switch t := t.(type) {
	case *Comparison:
		return newComparer(t)
	case *Junction:
		operands := make([]evaluator, len(t.Operands))
		for i, operand := range t.Operands {
			var err error
			if operands[i], err = evaluatorOf(operand); err != nil {
				return nil, err
			}
		}
		if t.Operator == And {
			return all(operands), nil
		}
		return either(operands), nil
	}
	return nil, fmt.Errorf("%w: a test of type %T", ErrUnsupported, t)
}

// Holds reports whether one SCO of the observation passes. STIX 2.1 §9.5
func (c *Condition) Holds(observed *ObservedData) bool {
	_, holds := c.Witness(observed)
	return holds
}

// Witness is the first SCO that passes: all comparisons begin at it.
// STIX 2.1 §9.5
func (c *Condition) Witness(observed *ObservedData) (Object, bool) {
	for _, object := range observed.Objects {
		objectType, _ := object.Properties["type"].(string)
		if c.types[objectType] && c.test.passes(observed, object.Properties) {
			return object, true
		}
	}
	return Object{}, false
}

type all []evaluator

func (a all) passes(observed *ObservedData, properties map[string]any) bool {
	for _, operand := range a {
		if !operand.passes(observed, properties) {
			return false
		}
	}
	return true
}

type either []evaluator

func (e either) passes(observed *ObservedData, properties map[string]any) bool {
	for _, operand := range e {
		if operand.passes(observed, properties) {
			return true
		}
	}
	return false
}

// A comparer evaluates one comparison.
type comparer struct {
	objectType string
	steps      []Step
	branching  bool // a step leads to several values
	negated    bool
	exists     bool
	holds      func(value any) bool
}

func newComparer(c *Comparison) (*comparer, error) {
	comparer := &comparer{objectType: c.Path.Type, steps: c.Path.Steps, negated: c.Negated, exists: c.Operator == Exists}
	name := ""
	for _, step := range c.Path.Steps {
		if step.Kind == Property {
			name = step.Name
		}
		comparer.branching = comparer.branching || step.Kind == Every
	}
	var err error
	comparer.holds, err = predicate(c, encodingOf(name))
	return comparer, err
}

// passes is false for a path that leads nowhere, whatever the operator, NOT
// included: so NOT EXISTS never holds. NOT negates the whole comparison, over
// all values of a list. STIX 2.1 §9.6, §9.6.1, §9.7.2
func (c *comparer) passes(observed *ObservedData, properties map[string]any) bool {
	if properties["type"] != c.objectType {
		return false
	}
	if !c.branching {
		value, found := any(properties), true
		for i := range c.steps {
			if value, found = c.follow(observed, value, i); !found {
				return false
			}
		}
		return c.holds(value) != c.negated
	}
	values := c.values(observed, properties)
	if len(values) == 0 {
		return false
	}
	for _, value := range values {
		if c.holds(value) {
			return !c.negated
		}
	}
	return c.negated
}

// follow takes step i from a value; a reference is followed when a property of
// what it refers to is asked for. STIX 2.1 §9.7.4
func (c *comparer) follow(observed *ObservedData, value any, i int) (any, bool) {
	step := c.steps[i]
	if step.Kind == Index {
		list, _ := value.([]any)
		if step.Index >= len(list) {
			return nil, false
		}
		return list[step.Index], true
	}
	if id, isText := value.(string); isText && i > 0 && c.refers(i-1) {
		object, found := observed.object(id)
		if !found {
			return nil, false
		}
		value = object
	}
	object, _ := value.(map[string]any)
	value, found := object[step.Name]
	return value, found
}

// refers reports whether step i leads to a reference: a property whose name
// ends in _ref, or an item of one whose name ends in _refs. STIX 2.1 §3.1
func (c *comparer) refers(i int) bool {
	if c.steps[i].Kind == Property {
		return strings.HasSuffix(c.steps[i].Name, "_ref")
	}
	return i > 0 && strings.HasSuffix(c.steps[i-1].Name, "_refs")
}

// values are all values that a branching path leads to. What several references
// refer to is looked at once, so a circle of references cannot grow them.
func (c *comparer) values(observed *ObservedData, properties map[string]any) []any {
	values := []any{properties}
	for i, step := range c.steps {
		var next []any
		seen := make(map[string]bool)
		for _, value := range values {
			if id, isText := value.(string); isText && i > 0 && c.refers(i-1) {
				if seen[id] {
					continue
				}
				seen[id] = true
			}
			if step.Kind == Every {
				next = append(next, items(value)...)
			} else if value, found := c.follow(observed, value, i); found {
				next = append(next, value)
			}
		}
		values = next
	}
	return values
}

// items are those of a list, and nothing else has any. STIX 2.1 §9.7.2
func items(value any) []any {
	list, _ := value.([]any)
	return list
}
