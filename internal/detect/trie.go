// SPDX-License-Identifier: Apache-2.0

package detect

// This file is the tree of object paths that indicators ask about, and what they
// ask for at each.

import (
	"net/netip"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// node is a place that object paths lead to: an object type, or a step further.
type node struct {
	id    uint32
	path  string // as a pattern writes it
	names map[string]*node
	items map[int]*node
	every *node

	// What is asked for here.
	texts, numbers, truths, normals bool
	starts, ends                    edges
	nets4, nets6                    nets
	grams                           grams
	present                         []uint32 // rules that any value here may meet
}

// edges are the lengths and outermost bytes of constants that a text begins or
// ends with.
type edges struct {
	any   bool
	sizes [maxEdge/64 + 1]uint64
	bytes [4]uint64
}

// maxEdge is how much of a longer constant is looked up, in bytes.
const maxEdge = 255

func (e *edges) add(size int, outermost byte) {
	e.any = true
	e.sizes[size>>6] |= 1 << (size & 63)
	e.bytes[outermost>>6] |= 1 << (outermost & 63)
}

func (e *edges) may(size int, outermost byte) bool {
	return e.bytes[outermost>>6]>>(outermost&63)&1 == 1 && e.sizes[size>>6]>>(size&63)&1 == 1
}

// asked reports whether anything is asked for at a node itself.
func (n *node) asked() bool {
	return n.compared() || len(n.present) > 0
}

// compared is asked, but for what a value need only be there for.
func (n *node) compared() bool {
	return n.texts || n.numbers || n.truths || n.worded()
}

// worded reports whether texts are looked at closer than for equality.
func (n *node) worded() bool {
	return n.normals || n.starts.any || n.ends.any || len(n.grams.words) > 0 || len(n.nets4.nets) > 0 || len(n.nets6.nets) > 0
}

// place returns the node of a path, new or known.
func (s *Set) place(path pattern.Path) *node {
	at := s.types[path.Type]
	if at == nil {
		at = s.node(path.Type)
		s.types[path.Type] = at
	}
	for i, step := range path.Steps {
		var next *node
		switch step.Kind {
		case pattern.Property:
			if next = at.names[step.Name]; next == nil {
				next = s.node(pattern.Path{Type: path.Type, Steps: path.Steps[:i+1]}.String())
				if at.names == nil {
					at.names = make(map[string]*node)
				}
				at.names[step.Name] = next
			}
		case pattern.Index:
			if next = at.items[step.Index]; next == nil {
				next = s.node(pattern.Path{Type: path.Type, Steps: path.Steps[:i+1]}.String())
				if at.items == nil {
					at.items = make(map[int]*node)
				}
				at.items[step.Index] = next
			}
		case pattern.Every:
			if at.every == nil {
				at.every = s.node(pattern.Path{Type: path.Type, Steps: path.Steps[:i+1]}.String())
			}
			next = at.every
		}
		at = next
	}
	return at
}

func (s *Set) node(path string) *node {
	n := &node{id: uint32(len(s.nodes)), path: path}
	s.nodes = append(s.nodes, n)
	return n
}

// file puts one trigger of a rule where it is looked up.
func (s *Set) file(t trigger, rule uint32) error {
	n := s.place(t.path)
	switch t.kind {
	case onPresence:
		if last := len(n.present) - 1; last < 0 || n.present[last] != rule {
			n.present = append(n.present, rule)
		}
		return nil
	case onText:
		n.texts = true
		return s.constants.add(n.id, kindText, []byte(t.text), rule)
	case onNumber:
		n.numbers = true
		return s.constants.add(n.id, kindNumber, numberKey(t.number), rule)
	case onTruth:
		n.truths = true
		return s.constants.add(n.id, kindTruth, []byte(t.text), rule)
	case onNormal:
		n.normals = true
		return s.constants.add(n.id, kindNormal, []byte(t.text), rule)
	case onStart:
		text := t.text[:min(len(t.text), maxEdge)]
		n.starts.add(len(text), text[len(text)-1])
		return s.constants.add(n.id, kindStart, []byte(text), rule)
	case onEnd:
		text := t.text[len(t.text)-min(len(t.text), maxEdge):]
		n.ends.add(len(text), text[0])
		return s.constants.add(n.id, kindEnd, []byte(text), rule)
	case onNet:
		if t.net.Addr().Is4() {
			n.nets4.add(t.net, rule)
		} else {
			n.nets6.add(t.net, rule)
		}
	case onWord:
		n.grams.add(t.text, rule)
	}
	return nil
}

// A prober looks values up. It holds what one goroutine needs for it.
type prober struct {
	set    *Set
	normal []byte
	folded []byte
	number [8]byte
}

// probe calls found with every rule whose trigger a value at a node pulls, some
// of them more than once.
func (p *prober) probe(n *node, value scalar, found func(rule uint32)) {
	for _, rule := range n.present {
		found(rule)
	}
	constants := p.set.constants
	switch value.kind {
	case kindText:
		if n.texts {
			constants.each(constants.sum(value.text), n.id, kindText, value.text, found)
		}
		if n.worded() {
			p.words(n, value.text, found)
		}
	case kindNumber:
		if !n.numbers {
			return
		}
		if number, ok := numberOf(value.text); ok {
			p.number = [8]byte(numberKey(number))
			constants.each(constants.sum(p.number[:]), n.id, kindNumber, p.number[:], found)
		}
	case kindTruth:
		if n.truths {
			constants.each(constants.sum(value.text), n.id, kindTruth, value.text, found)
		}
	}
}

// words looks up what a text is like, and the networks it lies in.
func (p *prober) words(n *node, text []byte, found func(rule uint32)) {
	if len(n.nets4.nets) > 0 || len(n.nets6.nets) > 0 {
		if prefix, ok := prefixOf(text); ok && prefix.Addr().Is4() && len(n.nets4.nets) > 0 {
			n.nets4.each(prefix, found)
		} else if ok && !prefix.Addr().Is4() && len(n.nets6.nets) > 0 {
			n.nets6.each(prefix, found)
		}
	}
	constants := p.set.constants
	if !norm.NFC.IsNormal(text) {
		p.normal = norm.NFC.Append(p.normal[:0], text...)
		text = p.normal
	}
	if n.normals {
		constants.each(constants.sum(text), n.id, kindNormal, text, found)
	}
	for size := 1; n.starts.any && size <= min(len(text), maxEdge); size++ {
		if n.starts.may(size, text[size-1]) {
			constants.each(constants.sum(text[:size]), n.id, kindStart, text[:size], found)
		}
	}
	for size := 1; n.ends.any && size <= min(len(text), maxEdge); size++ {
		if from := len(text) - size; n.ends.may(size, text[from]) {
			constants.each(constants.sum(text[from:]), n.id, kindEnd, text[from:], found)
		}
	}
	if len(n.grams.words) > 0 {
		p.folded = fold(p.folded[:0], text)
		n.grams.each(p.folded, found)
	}
}

// prefixOf reads an address, or a network in CIDR notation. STIX 2.1 §6.8, §6.9
func prefixOf(text []byte) (netip.Prefix, bool) {
	if strings.IndexByte(string(text), '/') >= 0 {
		prefix, err := netip.ParsePrefix(string(text))
		return prefix, err == nil
	}
	ip, err := netip.ParseAddr(string(text))
	if err != nil || ip.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(ip, ip.BitLen()), true
}
