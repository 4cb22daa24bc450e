// SPDX-License-Identifier: Apache-2.0

package detect

// This file says which indicators can meet nothing, because of how they are
// written: silence would be taken for an all-clear.

import (
	"fmt"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// A Doubt says why an indicator, or a part of its pattern, can meet nothing.
type Doubt struct {
	Indicator string
	Reason    string
}

// maxCapitals is how many constants with capital letters a set remembers: enough
// to say that there are such, and not all of a large feed.
const maxCapitals = 1 << 14

// capital is a constant that is not written as maps write values.
type capital struct {
	indicator uint32
	path      string // as pathKey has it
	shown     string
	text      string
	exact     bool // compared as it is, and not with wildcards
}

// Doubts returns the object paths of indicators added since it was last called
// that lead to nothing the standard knows. STIX 2.1 §9.7
func (s *Set) Doubts() []Doubt {
	all := s.doubts
	s.doubts = nil
	return all
}

// doubt looks at the pattern of an indicator.
func (s *Set) doubt(at uint32, parsed *pattern.Pattern) {
	for doubt := range stix.Doubts(parsed) {
		s.doubts = append(s.doubts, Doubt{s.id(at), doubt.Reason + ": no data that keeps to the standard meets this"})
	}
	for observation := range pattern.Observations(parsed.Root) {
		for comparison := range pattern.Comparisons(observation.Test) {
			s.capitals = append(s.capitals, capitalsOf(at, comparison, maxCapitals-len(s.capitals))...)
		}
	}
}

func capitalsOf(at uint32, comparison *pattern.Comparison, room int) (all []capital) {
	exact := comparison.Operator == pattern.Equal || comparison.Operator == pattern.In
	if comparison.Negated || !exact && comparison.Operator != pattern.Like || comparison.Path.Type == "url" {
		return nil
	}
	for _, constant := range comparison.Constants {
		if constant.Kind != pattern.String || len(all) >= room || !hasCapital(constant.Text) && !oddAddress(constant.Text) {
			continue
		}
		all = append(all, capital{at, pathKey(comparison.Path.Type, names(comparison.Path)), comparison.Path.String(), strings.Clone(constant.Text), exact})
	}
	return all
}

// names are the properties of a path, without the items of lists.
func names(path pattern.Path) (all []string) {
	for _, step := range path.Steps {
		if step.Kind == pattern.Property {
			all = append(all, step.Name)
		}
	}
	return all
}

func pathKey(typ string, names []string) string { return typ + "\x00" + strings.Join(names, "\x00") }

func hasCapital(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' })
}

// oddAddress reports whether a text is an address or a name that maps write
// otherwise.
func oddAddress(text string) bool {
	var c converter
	written, _, ok := c.address([]byte(text))
	return ok && string(written) != text
}

// Impossible returns the indicators that ask of events read by a map for what the
// map never writes: capital letters where it writes small ones, addresses in
// another form.
func (s *Set) Impossible(m *Map) (all []Doubt) {
	small := m.small()
	for _, c := range s.capitals {
		as := small[c.path]
		if as == "" || s.indicators[c.indicator].dead {
			continue
		}
		var convert converter
		written := string(convert.lower([]byte(c.text)))
		if as == address && c.exact {
			if usual, _, ok := convert.address([]byte(c.text)); ok {
				written = string(usual)
			}
		}
		if written == c.text {
			continue
		}
		all = append(all, Doubt{s.id(c.indicator), fmt.Sprintf("%s is never like %s in these events: the map %s writes it %s", c.shown, asConstant(c.text), m.name, asConstant(written))})
	}
	return all
}

func asConstant(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// small says at which paths a map only ever writes small letters, and where these
// are addresses.
func (m *Map) small() map[string]string {
	small := make(map[string]string)
	for _, k := range m.kinds {
		for i := range k.properties {
			as := k.smallAs(&k.properties[i])
			for _, path := range k.pathsTo(i) {
				switch known, met := small[path]; {
				case !met || known == as:
					small[path] = as
				case known != "" && as != "":
					small[path] = "lower"
				default:
					small[path] = "" // one of them does not
				}
			}
		}
	}
	return small
}

// smallAs is address or lower where all values of a property are in small letters.
func (k *kind) smallAs(p *property) string {
	if k.objects[p.object].typ == address && len(p.steps) == 1 && p.steps[0] == "value" {
		return address
	}
	as := "lower"
	for _, from := range p.sources {
		switch from.as {
		case "lower", "mac":
		case "domain":
			as = address
		default:
			return ""
		}
	}
	return as
}

// pathsTo are the paths by which a pattern can ask for a property: from its own
// object, and from those that refer to it.
func (k *kind) pathsTo(at int) (paths []string) {
	steps := k.properties[at].steps
	for object := k.properties[at].object; object != none; object = k.objects[object].parent {
		if typ := k.objects[object].typ; typ != address {
			paths = append(paths, pathKey(typ, steps))
		} else {
			for _, typ := range variantTypes {
				paths = append(paths, pathKey(typ, steps))
			}
		}
		steps = append([]string{k.objects[object].ref}, steps...)
	}
	return paths
}
