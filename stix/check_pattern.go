// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks the patterns of indicators, and that their paths lead to
// something that the types of observables have.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// patternParses: a STIX pattern is one, and asks for properties that there are.
// STIX 2.1 §4.7, §9
func patternParses(check *checker, object map[string]any) {
	text, ok := object["pattern"].(string)
	if version, set := object["pattern_version"].(string); !ok || object["pattern_type"] != "stix" || set && !strings.HasPrefix(version, "2.1") {
		return
	}
	check.enter("pattern")
	defer check.leave()
	parsed, err := pattern.Parse(text)
	var broken *pattern.Error
	if errors.As(err, &broken) {
		for _, fault := range broken.Faults {
			check.must(fault.Section, fmt.Sprintf("%s (line %d, column %d)", fault.Rule, fault.Line, fault.Column), fault.Hint)
		}
		return
	}
	told := map[string]bool{}
	for observation := range pattern.Observations(parsed.Root) {
		for comparison := range pattern.Comparisons(observation.Test) {
			path := comparison.Path
			if missing, _ := check.missing(path); missing != "" && !told[path.String()] {
				told[path.String()] = true
				check.must("9.7", fmt.Sprintf("an object path names properties that the type has: %s in %s is none", missing, path), "look for a slip in the name")
			}
		}
	}
	check.inValidity(parsed.Root, object)
}

// missing is what UnknownStep says.
func (check *checker) missing(path pattern.Path) (step string, known []string) {
	shape := check.shapes(path.Type)
	if shape == nil {
		return "", nil
	}
	if shape.families&familySCO == 0 {
		return path.Type, nil
	}
	return check.missingIn([]shapeRef{{shape, true}}, path.Steps)
}

// A shapeRef is a shape that a step of a path may lead to; whole says that it is
// that of a whole object.
type shapeRef struct {
	*shape
	whole bool
}

func (check *checker) missingIn(from []shapeRef, steps []pattern.Step) (missing string, known []string) {
	for i, step := range steps {
		if step.Kind != pattern.Property {
			continue
		}
		if step.Name == "extensions" && from[0].whole {
			return check.missingExtension(from, steps[i+1:])
		}
		var next []shapeRef
		found, custom := false, false
		for _, shape := range from {
			rule := shape.rules[step.Name]
			if rule == nil {
				custom = custom || shape.whole && strings.HasPrefix(step.Name, "x_")
				continue
			}
			found = true
			for rule.kind == kindList {
				rule = rule.item
			}
			more, known := check.behind(rule)
			if !known {
				return "", nil
			}
			next = append(next, more...)
		}
		switch {
		case !found && custom:
			return "", nil
		case !found:
			return step.Name, namesIn(from)
		case len(next) == 0:
			return stepAfter(steps[i+1:]), nil
		}
		from = next
	}
	return "", nil
}

// namesIn are the properties of shapes, without those that all objects have.
func namesIn(shapes []shapeRef) (all []string) {
	for _, shape := range shapes {
		for name := range shape.rules {
			if shape.whole && commonRules[name] != nil || slices.Contains(all, name) {
				continue
			}
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// behind are the shapes that a value of a rule may have; known is false where
// it may be anything.
func (check *checker) behind(rule *rule) (shapes []shapeRef, known bool) {
	switch rule.kind {
	case kindObject:
		return []shapeRef{{rule.shape, false}}, true
	case kindIdentifier:
		for _, target := range rule.targets {
			if shape := check.shapes(target); shape != nil {
				shapes = append(shapes, shapeRef{shape, true})
			}
		}
		return shapes, rule.families == 0
	case kindDictionary, kindValues, kindHashes, kindAny, kindContainer, kindExtensions:
		return nil, false
	}
	return nil, true
}

func (check *checker) missingExtension(from []shapeRef, steps []pattern.Step) (missing string, known []string) {
	if len(steps) == 0 || steps[0].Kind != pattern.Property {
		return "", nil
	}
	for _, shape := range from {
		if extension := shape.extensions[steps[0].Name]; extension != nil {
			return check.missingIn([]shapeRef{{extension, false}}, steps[1:])
		}
	}
	return "", nil
}

// stepAfter is the next property that a path asks of something that has none.
func stepAfter(steps []pattern.Step) string {
	for _, step := range steps {
		if step.Kind == pattern.Property {
			return step.Name
		}
	}
	return ""
}

// inValidity: what a pattern says of START and STOP lies in the time for which
// its indicator is valid. STIX 2.1 §9.5.1
func (check *checker) inValidity(root pattern.Expression, object map[string]any) {
	from, _ := object["valid_from"].(string)
	until, _ := object["valid_until"].(string)
	first, err1 := ParseTime(from)
	last, err2 := ParseTime(until)
	for _, window := range windows(root, nil) {
		if err1 == nil && window.Start.Before(first) || err2 == nil && window.Stop.After(last) {
			check.should("9.5.1", "START and STOP lie between valid_from and valid_until", "correct one of them")
			return
		}
	}
}

// windows are the START and STOP qualifiers of an expression.
func windows(root pattern.Expression, found []pattern.Qualifier) []pattern.Qualifier {
	switch e := root.(type) {
	case *pattern.Compound:
		for _, operand := range e.Operands {
			found = windows(operand, found)
		}
	case *pattern.Qualified:
		for _, qualifier := range e.Qualifiers {
			if qualifier.Kind == pattern.StartStop {
				found = append(found, qualifier)
			}
		}
		found = windows(e.Of, found)
	}
	return found
}
