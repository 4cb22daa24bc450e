// SPDX-License-Identifier: Apache-2.0

package detect

// This file looks up whatever indicators ask for in objects that are whole.

import (
	"strconv"
	"strings"
)

// maxWork is how many places of one event are looked at. Paths that follow
// references from list to list could make more of them than there is time for.
const maxWork = 1 << 20

// walk looks the objects of an event up. It says what could not be looked at.
func (j *judge) walk(whole *observed) (reason string) {
	j.texts, j.work = j.texts[:0], 0
	for i := range whole.Objects {
		properties := whole.Objects[i].Properties
		typ, _ := properties["type"].(string)
		if root := j.set.types[typ]; root != nil {
			j.inside(root, properties, whole)
		}
	}
	if j.work > maxWork {
		return "it has more than " + strconv.Itoa(maxWork) + " places that indicators ask for; not all were looked at"
	}
	return ""
}

// inside goes from a container to what is asked for in it.
func (j *judge) inside(n *node, object map[string]any, whole *observed) {
	if len(n.names) > len(object) {
		for name, value := range object {
			if next := n.names[name]; next != nil {
				j.at(next, name, 0, value, whole)
			}
		}
		return
	}
	for name, next := range n.names {
		if value, there := object[name]; there {
			j.at(next, name, 0, value, whole)
		}
	}
}

// at looks at one value. name is the last property on the way to it, and lists
// the number of lists since.
func (j *judge) at(n *node, name string, lists int, value any, whole *observed) {
	if j.work++; j.work > maxWork {
		return
	}
	if n.asked() {
		j.look(n, j.scalar(value))
	}
	switch v := value.(type) {
	case map[string]any:
		j.inside(n, v, whole)
	case []any:
		for item, value := range v {
			if n.every != nil {
				j.at(n.every, name, lists+1, value, whole)
			}
			if next := n.items[item]; next != nil {
				j.at(next, name, lists+1, value, whole)
			}
		}
	case string:
		if n.names != nil && refers(name, lists) {
			if object := whole.object(v); object != nil {
				j.inside(n, object, whole)
			}
		}
	}
}

// scalar is a value of a tree as it is looked up; of a container only that it
// is there.
func (j *judge) scalar(value any) scalar {
	start := len(j.texts)
	s := scalar{}
	switch v := value.(type) {
	case string:
		s.kind, j.texts = kindText, append(j.texts, v...)
	case bool:
		s.kind, j.texts = kindTruth, strconv.AppendBool(j.texts, v)
	case int64:
		s.kind, j.texts = kindNumber, strconv.AppendInt(j.texts, v, 10)
	case float64:
		s.kind, j.texts = kindNumber, strconv.AppendFloat(j.texts, v, 'g', -1, 64)
	}
	s.text = j.texts[start:len(j.texts):len(j.texts)]
	return s
}

// refers reports whether a text there is a reference. STIX 2.1 §3.1
func refers(name string, lists int) bool {
	return lists == 0 && strings.HasSuffix(name, "_ref") || lists == 1 && strings.HasSuffix(name, "_refs")
}
