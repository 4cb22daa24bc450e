// SPDX-License-Identifier: Apache-2.0

package redact

// This file follows references: what goes along with a withheld object, and
// what is left dangling.

import (
	"slices"
	"strconv"
	"strings"
)

// withhold drops what the plan withholds, and what hangs on it alone.
func (w *work) withhold() {
	carried := make(map[string]bool) // reachable from something withheld
	for _, p := range w.pieces {
		if p.gone || !slices.Contains(w.plan.Withhold, p.id) {
			continue
		}
		w.drop(p, Withheld, "withheld by the plan")
		if t := p.object.Type(); t != "relationship" && t != "sighting" {
			w.reach(p, carried)
		}
	}
	free := make(map[string]bool) // reachable from something that stands on its own
	for _, p := range w.pieces {
		if !p.gone && !carried[p.id] {
			free[p.id] = true
			w.reach(p, free)
		}
	}
	for _, p := range w.pieces {
		if !p.gone && carried[p.id] && !free[p.id] {
			w.drop(p, Withheld, "belongs to a withheld object and to nothing else")
		}
	}
}

// reach marks everything that p refers to, however far, without passing through
// what is gone.
func (w *work) reach(p *piece, marked map[string]bool) {
	for _, ref := range p.object.Refs() {
		if next := w.byID[ref.ID]; next != nil && !next.gone && !marked[next.id] {
			marked[next.id] = true
			w.reach(next, marked)
		}
	}
}

// settle removes references to what does not leave, drops what cannot stand
// without them, and goes on until nothing more falls.
func (w *work) settle() {
	for falling := true; falling; {
		falling = false
		for _, p := range w.pieces {
			if p.gone {
				continue
			}
			eachRef(p.tree, "", func(path, id string) (string, bool) {
				if target := w.byID[id]; target != nil && !target.gone {
					return id, true
				}
				w.cut(p, path, Dangling, "refers to an object that does not leave")
				return "", false
			})
			if missing := p.missing(); missing != "" {
				w.drop(p, Required, "nothing is left of "+missing+", which such an object must have")
				falling = true
			}
		}
	}
}

// missing names what the object needs and no longer has; empty if nothing.
func (p *piece) missing() string {
	for _, name := range p.kind.required {
		if _, there := p.tree[name]; !there {
			return name
		}
	}
	if len(p.kind.oneOf) == 0 {
		return ""
	}
	for _, name := range p.kind.oneOf {
		if _, there := p.tree[name]; there {
			return ""
		}
	}
	return strings.Join(p.kind.oneOf, " or ")
}

// eachRef hands every reference in tree to fn, with its path, and writes what
// comes back in its place; where fn says false, the reference goes. A list left
// empty goes too. Markings are no references here: their ids are everybody's.
func eachRef(tree map[string]any, path string, fn func(path, id string) (string, bool)) {
	for _, name := range sortedKeys(tree) {
		here := join(path, name)
		switch value := tree[name].(type) {
		case string:
			if !strings.HasSuffix(name, "_ref") {
				continue
			}
			if id, keep := fn(here, value); keep {
				tree[name] = id
			} else {
				delete(tree, name)
			}
		case []any:
			if name == "object_marking_refs" {
				continue
			}
			kept := refList(value, strings.HasSuffix(name, "_refs"), here, fn)
			tree[name] = kept
			if len(kept) == 0 {
				delete(tree, name)
			}
		case map[string]any:
			eachRef(value, here, fn)
		}
	}
}

func refList(list []any, references bool, path string, fn func(path, id string) (string, bool)) []any {
	var kept []any
	for i, item := range list {
		here := join(path, strconv.Itoa(i))
		switch item := item.(type) {
		case string:
			if !references {
				kept = append(kept, item)
			} else if id, keep := fn(here, item); keep {
				kept = append(kept, id)
			}
		case map[string]any:
			eachRef(item, here, fn)
			kept = append(kept, item)
		default:
			kept = append(kept, item)
		}
	}
	return kept
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys(tree map[string]any) []string {
	names := make([]string, 0, len(tree))
	for name := range tree {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
