// SPDX-License-Identifier: Apache-2.0

package detect

// This file brings a kind of events and a set of indicators together: which
// values are looked up where, decided once and not for each event.

import "slices"

// lens is one kind of events as a set of indicators looks at it.
type lens struct {
	kind   *kind
	probes []probeOf
	// general says that an indicator asks for something of this kind that no one
	// field is: then every event is built and walked.
	general bool
}

// probeOf is a property and the nodes that its values are at.
type probeOf struct {
	property int
	reaches  []reach
}

// reach is a node that a value is at when reached from an object: the property's
// own, or one that refers to it.
type reach struct {
	node    *node
	item    int // of the list on the way, or none for every
	owner   int // the object it is reached from
	variant int // the type that the owner must be of, or none
	passing bool
}

// look makes the lens of a kind.
func (s *Set) look(k *kind) *lens {
	l := &lens{kind: k}
	for i := range k.properties {
		p := probeOf{property: i}
		for owner := k.properties[i].object; owner != none; owner = k.objects[owner].parent {
			if typ := k.objects[owner].typ; typ != address {
				s.reach(l, &p, reach{owner: owner, item: none, variant: none}, typ)
				continue
			}
			for variant, typ := range variantTypes {
				s.reach(l, &p, reach{owner: owner, item: none, variant: variant}, typ)
			}
		}
		if len(p.reaches) > 0 {
			l.probes = append(l.probes, p)
		}
	}
	return l
}

// reach adds the nodes that a property's values are at, from one owner.
func (s *Set) reach(l *lens, p *probeOf, from reach, typ string) {
	root := s.types[typ]
	if root == nil {
		return
	}
	property := l.kind.properties[p.property]
	var way []string // from the owner to the property, with [] behind lists
	for at := property.object; at != from.owner; at = l.kind.objects[at].parent {
		step := l.kind.objects[at].ref
		if l.kind.objects[at].many {
			step += "[]"
		}
		way = append(way, step)
	}
	slices.Reverse(way)
	refs := len(way)
	way = append(way, property.steps...)
	if property.list {
		way[len(way)-1] += "[]"
	}
	l.follow(p, from, root, way, refs)
}

// follow walks a way down the tree. The first refs steps lead to objects.
func (l *lens) follow(p *probeOf, at reach, n *node, way []string, refs int) {
	if kind := n.names["type"]; refs >= 0 && kind != nil && kind.asked() {
		l.general = true
	}
	if len(way) == 0 {
		if at.node = n; n.asked() {
			p.reaches = append(p.reaches, at)
		}
		return
	}
	l.pass(p, at, n)
	step, list := cutList(way[0])
	next := n.names[step]
	if next == nil {
		return
	}
	if !list {
		l.follow(p, at, next, way[1:], refs-1)
		return
	}
	l.pass(p, at, next)
	if next.every != nil {
		at.item = none
		l.follow(p, at, next.every, way[1:], refs-1)
	}
	for item, n := range next.items {
		at.item = item
		l.follow(p, at, n, way[1:], refs-1)
	}
}

// pass notes a node on the way: what is there only needs something under it, and
// a comparison with it is not for one field to answer.
func (l *lens) pass(p *probeOf, at reach, n *node) {
	l.general = l.general || n.compared()
	if len(n.present) > 0 {
		at.node, at.passing = n, true
		p.reaches = append(p.reaches, at)
	}
}

func cutList(step string) (string, bool) {
	if n := len(step) - 2; n > 0 && step[n:] == "[]" {
		return step[:n], true
	}
	return step, false
}
