// SPDX-License-Identifier: Apache-2.0

package stix

// This file makes the numbers that stand in facts for what an object says: a sum
// of all of it, and the outline of what can be translated.

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"time"
)

func timeOf(tree map[string]any, name string) (time.Time, bool) {
	text, _ := tree[name].(string)
	at, err := ParseTime(text)
	return at, err == nil
}

// sum is a number that two representations of one version share: it looks at
// neither the order of properties nor how times and numbers are written, and a
// property with its default value is as good as none. STIX 2.1 §3.6
func (known *facts) sum(tree map[string]any) uint64 {
	var sum uint64
	for name, value := range tree {
		if name == "created" || name == "modified" || value == false && (name == "revoked" || name == "defanged" || name == "summary") {
			continue
		}
		sum += known.mix(maphash.String(known.seed, name), known.valueSum(value))
	}
	return sum
}

func (known *facts) valueSum(value any) uint64 {
	switch value := value.(type) {
	case string:
		return maphash.String(known.seed, value)
	case bool:
		if value {
			return 3
		}
		return 5
	case int64:
		return known.mix(7, math.Float64bits(float64(value)))
	case float64:
		return known.mix(7, math.Float64bits(value))
	case []any:
		sum := uint64(11)
		for _, item := range value {
			sum = known.mix(sum, known.valueSum(item))
		}
		return sum
	case map[string]any:
		sum := uint64(13)
		for name, member := range value {
			sum += known.mix(maphash.String(known.seed, name), known.valueSum(member))
		}
		return sum
	}
	return 17
}

// mix makes one number of two, whose order counts.
func (known *facts) mix(a, b uint64) uint64 {
	var both [16]byte
	binary.LittleEndian.PutUint64(both[:8], a)
	binary.LittleEndian.PutUint64(both[8:], b)
	return maphash.Bytes(known.seed, both[:])
}

// The kinds of what can be translated, as they stand in an outline.
const (
	formOther  = 'x'
	formText   = 's'
	formList   = 'l'
	formObject = 'o'
)

// An outline is the form of a value: what is text, how long lists are, and the
// names of properties, as sums of them.
type outline struct {
	kind    byte
	items   []outline
	members map[uint32]outline
}

// form is the number of the outline of an object. It is the same for objects of
// the same form, and there are few of these.
func (known *facts) form(tree map[string]any) uint32 {
	objectType, _ := tree["type"].(string)
	known.scratch = appendMembers(known.scratch[:0], tree, func(name string) bool { return translatable(objectType, name) })
	number, ok := known.forms[string(known.scratch)]
	if !ok {
		number = uint32(len(known.outlines))
		outline := string(known.scratch)
		known.outlines, known.forms[outline] = append(known.outlines, outline), number
	}
	return number
}

// appendMembers writes the outline of an object, by name.
func appendMembers(outline []byte, object map[string]any, counts func(name string) bool) []byte {
	var room [16]string
	names := room[:0]
	for name := range object {
		if counts == nil || counts(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	outline = binary.AppendUvarint(append(outline, formObject), uint64(len(names)))
	for _, name := range names {
		outline = appendForm(binary.LittleEndian.AppendUint32(outline, nameSum(name)), object[name])
	}
	return outline
}

func appendForm(outline []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		return append(outline, formText)
	case []any:
		outline = binary.AppendUvarint(append(outline, formList), uint64(len(value)))
		for _, item := range value {
			outline = appendForm(outline, item)
		}
		return outline
	case map[string]any:
		return appendMembers(outline, value, nil)
	}
	return append(outline, formOther)
}

// nameSum is the FNV-1a sum of a name.
func nameSum(name string) uint32 {
	sum := uint32(2166136261)
	for i := range len(name) {
		sum = (sum ^ uint32(name[i])) * 16777619
	}
	return sum
}

// newOutline reads what form wrote.
func newOutline(raw string) outline {
	read, _ := readOutline([]byte(raw))
	return read
}

func readOutline(raw []byte) (outline, []byte) {
	read, raw := outline{kind: raw[0]}, raw[1:]
	if read.kind != formList && read.kind != formObject {
		return read, raw
	}
	count, size := binary.Uvarint(raw)
	raw = raw[size:]
	if read.kind == formObject {
		read.members = make(map[uint32]outline, count)
	}
	for range count {
		var inner outline
		if read.kind == formList {
			inner, raw = readOutline(raw)
			read.items = append(read.items, inner)
			continue
		}
		name := binary.LittleEndian.Uint32(raw)
		inner, raw = readOutline(raw[4:])
		read.members[name] = inner
	}
	return read, raw
}
