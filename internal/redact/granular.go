// SPDX-License-Identifier: Apache-2.0

package redact

// This file follows granular markings. STIX 2.1 §7.2.3

import (
	"strconv"
	"strings"
)

// removed stands in a list where an item was cut, so that the selectors that
// follow still count right.
type removed struct{}

// granular drops the parts of p that have a marking of their own which the plan
// does not open. It reports false if a marking cannot be followed.
func (w *work) granular(p *piece) bool {
	value, marked := p.tree["granular_markings"]
	if !marked {
		return true
	}
	list, ok := value.([]any)
	if !ok {
		return false
	}
	for _, item := range list {
		marking, ok := item.(map[string]any)
		if !ok {
			return false
		}
		id, byMarking := marking["marking_ref"].(string)
		if _, byLanguage := marking["lang"].(string); !byMarking && byLanguage {
			continue // says in which language a part is, and restricts nothing
		}
		selectors, ok := marking["selectors"].([]any)
		if !byMarking || !ok || len(selectors) == 0 {
			return false
		}
		if w.plan.opens(p.id, id) {
			continue
		}
		for _, selector := range selectors {
			text, _ := selector.(string)
			steps := strings.Split(text, ".")
			if steps[0] == "id" || steps[0] == "type" || steps[0] == "spec_version" || !selectAndCut(p.tree, steps) {
				return false
			}
			w.cut(p, text, Granular, "has a marking of its own")
		}
	}
	sweep(p.tree)
	return true
}

// selectAndCut removes what a selector leads to; false if it leads nowhere. A
// part already removed counts as found.
func selectAndCut(tree map[string]any, steps []string) bool {
	var container any = tree
	for i, step := range steps {
		last := i == len(steps)-1
		switch here := container.(type) {
		case map[string]any:
			next, ok := here[step]
			if !ok {
				return false
			}
			if last {
				here[step] = removed{}
			}
			container = next
		case []any:
			index, ok := listIndex(step, len(here))
			if !ok {
				return false
			}
			container = here[index]
			if last {
				here[index] = removed{}
			}
		case removed:
			return true
		default:
			return false
		}
	}
	return true
}

// listIndex reads a step such as [3].
func listIndex(step string, length int) (int, bool) {
	text, open := strings.CutPrefix(step, "[")
	text, closed := strings.CutSuffix(text, "]")
	index, err := strconv.Atoi(text)
	return index, open && closed && err == nil && index >= 0 && index < length
}

// sweep takes out what was removed, and the lists and objects left empty.
func sweep(tree map[string]any) {
	for name, value := range tree {
		if swept, keep := swept(value); keep {
			tree[name] = swept
		} else {
			delete(tree, name)
		}
	}
}

func swept(value any) (any, bool) {
	switch value := value.(type) {
	case removed:
		return nil, false
	case map[string]any:
		sweep(value)
		return value, len(value) > 0
	case []any:
		var kept []any
		for _, item := range value {
			if item, keep := swept(item); keep {
				kept = append(kept, item)
			}
		}
		return kept, len(kept) > 0
	}
	return value, true
}
