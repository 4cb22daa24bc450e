// SPDX-License-Identifier: Apache-2.0

package pattern

// This file holds what the text asks of a comparison beyond its grammar.

import (
	"net/netip"
	"strings"
)

// types are the object types that can pass a test.
type types struct {
	any  bool // nothing is known
	one  string
	more map[string]bool // those, if there is more than one
}

func (t *types) empty() bool { return !t.any && t.one == "" && len(t.more) == 0 }

func (t *types) has(name string) bool { return t.any || t.one == name || t.more[name] }

// add makes t the union of both.
func (t *types) add(other types) {
	switch {
	case t.any || other.any:
		*t = types{any: true}
	case t.empty():
		*t = other
	case other.more == nil && t.has(other.one):
	default:
		if t.more == nil {
			t.more = map[string]bool{t.one: true}
			t.one = ""
		}
		if other.one != "" {
			t.more[other.one] = true
		}
		for name := range other.more {
			t.more[name] = true
		}
	}
}

// keep makes t the intersection of both.
func (t *types) keep(other types) {
	switch {
	case other.any:
	case t.any:
		*t = other
	case t.more == nil:
		if t.one != "" && !other.has(t.one) {
			t.one = ""
		}
	case other.more == nil:
		if !t.has(other.one) {
			other.one = ""
		}
		*t = other
	default:
		both := make(map[string]bool)
		for name := range t.more {
			if other.more[name] {
				both[name] = true
			}
		}
		t.more = both
	}
}

// rules holds a comparison to the text; at is where its constants begin.
// STIX 2.1 §9.6.1
func (p *parser) rules(at int, c *Comparison) {
	for _, constant := range c.Constants {
		switch c.Operator {
		case Less, LessOrEqual, Greater, GreaterOrEqual:
			if constant.Kind == Boolean {
				p.fault(at, "9.6.1", "a boolean has no order", "compare it by = or !=")
			}
		case In:
			if !homogeneous(c.Constants[0].Kind, constant.Kind) {
				p.fault(at, "9.6.1", "the constants of a set are of one type", "write a comparison for each type and join them by OR")
				return
			}
			p.digest(at, c.Path, constant)
		case Equal, NotEqual:
			p.digest(at, c.Path, constant)
		case Like, Matches, IsSubset, IsSuperset:
			if constant.Kind != String {
				p.fault(at, "9.6.1", "LIKE, MATCHES, ISSUBSET and ISSUPERSET take a string", "write it in apostrophes")
				return
			}
			p.operand(at, c.Operator, constant.Text)
		}
	}
}

// homogeneous reports whether two constants may stand in one set: numbers of
// both types are compared by value, octets however they are written.
func homogeneous(a, b ConstantKind) bool {
	number := func(k ConstantKind) bool { return k == Integer || k == Float }
	octets := func(k ConstantKind) bool { return k == Binary || k == Hex }
	return a == b || number(a) && number(b) || octets(a) && octets(b)
}

// operand checks the string of an operator that reads it.
func (p *parser) operand(at int, operator Comparator, text string) {
	switch operator {
	case Matches:
		if err := checkRegex(text); err != nil {
			p.fault(at, "9.6.1", "MATCHES takes a regular expression: "+err.Error(), "")
		}
	case IsSubset, IsSuperset:
		if _, ok := network(text); !ok {
			p.fault(at, "9.6.1", "ISSUBSET and ISSUPERSET take an IPv4 or IPv6 address or a network in CIDR notation", "write '198.51.100.0/24' or '2001:db8::/32'")
		}
	}
}

// network reads an address, or a network in CIDR notation; bits past the prefix
// are dropped. STIX 2.1 §6.8, §6.9
func network(text string) (netip.Prefix, bool) {
	if strings.IndexByte(text, '/') >= 0 {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err == nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address, address.BitLen()), true
}

// digestLengths are the hexadecimal digits of the hashes that have so many
// and no others. STIX 2.1 §10.7
var digestLengths = map[string]int{
	"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128,
}

// digest checks a constant that is held against a hash of a known algorithm.
// STIX 2.1 §2.7, §10.7
func (p *parser) digest(at int, path Path, constant Constant) {
	n := len(path.Steps)
	if n < 2 || constant.Kind != String || path.Steps[n-1].Kind != Property || path.Steps[n-2] != (Step{Kind: Property, Name: "hashes"}) {
		return
	}
	name := path.Steps[n-1].Name
	length, known := digestLengths[name]
	if !known {
		return
	}
	if len(constant.Text) != length || strings.Trim(constant.Text, "0123456789abcdefABCDEF") != "" {
		p.fault(at, "10.7", "this is no "+name+" hash: it can equal none", "")
	}
}
