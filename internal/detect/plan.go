// SPDX-License-Identifier: Apache-2.0

package detect

// This file decides how each test is found: by triggers, values at places of
// which at least one must be seen before the test can be true.

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// A triggerKind is how a trigger is looked up.
type triggerKind int

const (
	onText     triggerKind = iota // the value is this string
	onNumber                      // the value is this number
	onTruth                       // the value is true, or is false
	onNet                         // the value lies in this network
	onNormal                      // the value is this string, both in NFC
	onEnd                         // the value, in NFC, ends with this
	onStart                       // or begins with it
	onWord                        // or holds it, whatever the case of letters
	onPresence                    // there is a value
)

type trigger struct {
	path   pattern.Path
	kind   triggerKind
	text   string
	number float64
	net    netip.Prefix
}

// triggers are the triggers of a test. certain says that a pulled trigger is all
// the test asks for: nothing need be verified.
func triggers(test pattern.Test) (all []trigger, certain bool) {
	switch t := test.(type) {
	case *pattern.Comparison:
		return comparisonTriggers(t)
	case *pattern.Junction:
		if t.Operator == pattern.And {
			for _, operand := range t.Operands {
				these, _ := triggers(operand)
				if all == nil || cost(these) < cost(all) {
					all = these
				}
			}
			return all, false
		}
		certain = true
		for _, operand := range t.Operands {
			these, sure := triggers(operand)
			all, certain = append(all, these...), certain && sure
		}
	}
	return all, certain
}

// cost says how often triggers are pulled in vain: those of the worst kind count.
func cost(all []trigger) int {
	worst := 0
	for _, t := range all {
		worst = max(worst, t.cost())
	}
	return worst
}

func (t trigger) cost() int {
	last := t.path.Steps[len(t.path.Steps)-1]
	common := last.Kind != pattern.Property || last.Name == "type" || last.Name == "mime_type"
	switch t.kind {
	case onText, onNormal:
		switch {
		case common: // a protocol, a type: most events have it
			return 70
		case len(t.text) < 6:
			return 10
		}
		return 0
	case onNet:
		return 10 + max(0, t.net.Addr().BitLen()/2-t.net.Bits())
	case onEnd, onStart, onWord:
		return 60 - min(len(t.text), 30)
	case onNumber:
		return 45
	case onTruth:
		return 90
	}
	return 100
}

func comparisonTriggers(c *pattern.Comparison) (all []trigger, certain bool) {
	present := []trigger{{path: c.Path, kind: onPresence}}
	if c.Negated {
		return present, false
	}
	switch c.Operator {
	case pattern.Exists:
		return present, false
	case pattern.Equal, pattern.In:
		for _, constant := range c.Constants {
			t, ok := exactTrigger(c.Path, constant)
			if !ok {
				return present, false
			}
			all = append(all, t)
		}
		return all, true
	case pattern.IsSubset:
		if net, ok := prefixOf([]byte(c.Constants[0].Text)); ok {
			return []trigger{{path: c.Path, kind: onNet, net: net.Masked()}}, false
		}
	case pattern.Like:
		if all = likeTriggers(c.Path, c.Constants[0].Text); all != nil {
			return all, false
		}
	case pattern.Matches:
		if all = matchTriggers(c.Path, c.Constants[0].Text); all != nil && !octets(c.Path) {
			return all, false
		}
	}
	return present, false
}

// exactTrigger is the trigger of an equality. Properties that hold octets, and
// constants that do, compare otherwise than by their text.
func exactTrigger(path pattern.Path, constant pattern.Constant) (trigger, bool) {
	t := trigger{path: path, kind: onNumber}
	switch constant.Kind {
	case pattern.String:
		t.kind, t.text = onText, constant.Text
		return t, !octets(path)
	case pattern.Integer:
		t.number = float64(constant.Integer)
		return t, true
	case pattern.Float:
		t.number = constant.Float
		return t, true
	case pattern.Boolean:
		t.kind, t.text = onTruth, strconv.FormatBool(constant.Truth)
		return t, true
	}
	return t, false
}

// octets reports whether a path leads to octets, by its name. STIX 2.1 §9.6.4
func octets(path pattern.Path) bool {
	for i := len(path.Steps) - 1; i >= 0; i-- {
		if step := path.Steps[i]; step.Kind == pattern.Property {
			return strings.HasSuffix(step.Name, "_bin") || strings.HasSuffix(step.Name, "_hex")
		}
	}
	return false
}

// likeTriggers finds in a pattern of LIKE the part that says most.
// STIX 2.1 §9.6.1
func likeTriggers(path pattern.Path, text string) []trigger {
	if octets(path) {
		return nil
	}
	text = norm.NFC.String(text)
	if !strings.ContainsAny(text, "%_") {
		return []trigger{{path: path, kind: onNormal, text: text}}
	}
	pieces := strings.FieldsFunc(text, func(r rune) bool { return r == '%' || r == '_' })
	if len(pieces) == 0 {
		return nil
	}
	longest := pieces[0]
	for _, piece := range pieces[1:] {
		if len(piece) > len(longest) {
			longest = piece
		}
	}
	// What stands at an end is looked up at once, so it may be somewhat shorter.
	enough := min(len(longest), 6)
	if last := pieces[len(pieces)-1]; strings.HasSuffix(text, last) && len(last) >= enough {
		return []trigger{{path: path, kind: onEnd, text: last}}
	}
	if strings.HasPrefix(text, pieces[0]) && len(pieces[0]) >= enough && len(pieces[0]) > 8 {
		return []trigger{{path: path, kind: onStart, text: pieces[0]}}
	}
	return []trigger{{path: path, kind: onWord, text: longest}}
}

func numberOf(text []byte) (float64, bool) {
	number, err := strconv.ParseFloat(string(text), 64)
	return number, err == nil
}

// numberKey is a number as the table of constants has it: 5 and 5.0 are one.
func numberKey(number float64) []byte {
	if number == 0 {
		number = 0 // and not -0
	}
	return binary.LittleEndian.AppendUint64(nil, math.Float64bits(number))
}
