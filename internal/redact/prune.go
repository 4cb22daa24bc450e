// SPDX-License-Identifier: Apache-2.0

package redact

// This file cuts one object: whole kinds that never leave, marked parts,
// properties that say where it came from, and what is not known.

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix"
)

// origins are properties that say who made an object, when and out of what.
var origins = map[string]string{
	"created_by_ref":      "names who made the object",
	"external_references": "points to other sources",
	"labels":              "carries words of our own house",
	"authors":             "names persons",
}

// prune cuts what never leaves from p, or drops p.
func (w *work) prune(p *piece) {
	switch {
	case len(p.kind.properties) == 0:
		w.drop(p, Unknown, "objects of type "+p.object.Type()+" do not leave")
	case p.object.Revoked():
		w.drop(p, Version, "the object is revoked")
	case p.object.Type() == "relationship" && p.tree["relationship_type"] == "derived-from":
		w.drop(p, Derived, "would name the original")
	case p.object.SpecVersion() != "2.1" && !(p.kind.observable && p.object.SpecVersion() == ""):
		w.drop(p, Unknown, "is not a STIX 2.1 object")
	case !w.carriesMarkings(p):
		w.drop(p, Marking, "has a marking that is not of the Traffic Light Protocol")
	case !w.granular(p):
		w.drop(p, Granular, "has a granular marking that cannot be followed")
	default:
		w.properties(p)
	}
}

// carriesMarkings reports whether every marking of p is one that a recipient
// knows; leaving one out would widen the audience.
func (w *work) carriesMarkings(p *piece) bool {
	value, marked := p.tree["object_marking_refs"]
	if !marked {
		return true
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	for _, item := range list {
		id, _ := item.(string)
		if _, known := stix.MarkingTLP(id); !known && (id == "" || id != w.plan.Given[p.id]) {
			return false
		}
	}
	return true
}

// properties keeps what the kind may carry.
func (w *work) properties(p *piece) {
	for _, name := range sortedKeys(p.tree) {
		if reason := origins[name]; reason != "" {
			w.cut(p, name, Origin, reason)
			delete(p.tree, name)
			continue
		}
		if name == "granular_markings" || name == "revoked" {
			delete(p.tree, name) // both were followed; neither has anything to say of the new object
			continue
		}
		if !slices.Contains(p.kind.properties, name) {
			w.cut(p, name, Unknown, "is not a property that may leave")
			delete(p.tree, name)
			continue
		}
		value, keep := w.value(p, name, name, p.tree[name])
		if !keep {
			w.cut(p, name, Unknown, "does not have the form STIX 2.1 gives it")
			delete(p.tree, name)
			continue
		}
		p.tree[name] = value
	}
	w.payload(p)
	w.limit(p)
	if _, there := p.tree["url"]; there && p.tree["hashes"] == nil && p.object.Type() == "artifact" {
		w.cut(p, "url", Required, "leaves only together with hashes")
		delete(p.tree, "url") // STIX 2.1 §6.1
	}
	_, latitude := p.tree["latitude"]
	if _, longitude := p.tree["longitude"]; latitude != longitude {
		for _, name := range []string{"latitude", "longitude", "precision"} {
			if _, there := p.tree[name]; there {
				w.cut(p, name, Required, "latitude and longitude go together")
				delete(p.tree, name)
			}
		}
	}
}

// value keeps plain values, lists of them, and the nested objects in the table.
func (w *work) value(p *piece, name, path string, value any) (any, bool) {
	switch value := value.(type) {
	case map[string]any:
		if !dictionaries[name] {
			return nil, false
		}
		for key, member := range value {
			if strings.HasPrefix(key, "x_") || !plain(member) || name == "hashes" && !slices.Contains(hashes, key) {
				w.cut(p, join(path, key), Unknown, "is not a property that may leave")
				delete(value, key)
			}
		}
		return value, len(value) > 0
	case []any:
		var kept []any
		for i, item := range value {
			here := join(path, strconv.Itoa(i))
			if tree, ok := item.(map[string]any); ok && nested[name] != "" {
				w.nested(p, name, here, tree)
				if len(tree) > 0 {
					kept = append(kept, tree)
				}
			} else if _, list := item.([]any); ok || list || item == nil {
				w.cut(p, here, Unknown, "does not have the form STIX 2.1 gives it")
			} else {
				kept = append(kept, item)
			}
		}
		return kept, len(kept) > 0
	}
	return value, value != nil
}

func (w *work) nested(p *piece, name, path string, tree map[string]any) {
	for _, key := range sortedKeys(tree) {
		if !slices.Contains(strings.Fields(nested[name]), key) || !plain(tree[key]) {
			w.cut(p, join(path, key), Unknown, "is not a property that may leave")
			delete(tree, key)
		}
	}
}

// plain reports whether a value holds no object and no list but one of plain values.
func plain(value any) bool {
	switch value := value.(type) {
	case nil, map[string]any:
		return false
	case []any:
		return !slices.ContainsFunc(value, func(item any) bool {
			_, list := item.([]any)
			return list || !plain(item)
		})
	}
	return true
}
