// SPDX-License-Identifier: Apache-2.0

package stix

// This file keeps of each object of a set what the rules between objects need,
// and nothing else: a few numbers, and the outline of what can be translated.

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// facts are what is known of the objects of a set.
type facts struct {
	seed     maphash.Seed
	byUUID   map[uuid.UUID]*fact
	types    map[string]string // one copy of the name of each type
	markedBy map[uuid.UUID][]uuid.UUID
	waiting  []late
}

// A fact is what is known of all versions of one object.
type fact struct {
	objectType string
	next       *fact // of another type, with the same UUID
	created    time.Time
	creator    uuid.UUID
	revoked    *time.Time
	versions   []state
	hashes     []hashSum
	family     bool // a malware that says it is a family
	instance   bool // or that it is none
}

// A state is one version of an object.
type state struct {
	at   time.Time
	sum  uint64 // of all it says
	form []byte // the outline of what can be translated
}

type hashSum struct {
	algorithm string
	sum       uint64
}

func newFacts() facts {
	return facts{seed: maphash.MakeSeed(), byUUID: map[uuid.UUID]*fact{}, types: map[string]string{}, markedBy: map[uuid.UUID][]uuid.UUID{}}
}

// of is the fact of an object, made if it is new; reused says that another type
// has its UUID.
func (known *facts) of(objectType string, unique uuid.UUID) (this *fact, reused bool) {
	first := known.byUUID[unique]
	for this = first; this != nil; this = this.next {
		if this.objectType == objectType {
			return this, first.next != nil
		}
	}
	name, ok := known.types[objectType]
	if !ok {
		name = strings.Clone(objectType)
		known.types[name] = name
	}
	this = &fact{objectType: name, next: first}
	known.byUUID[unique] = this
	return this, first != nil
}

func (known *facts) find(objectType string, unique uuid.UUID) *fact {
	for this := known.byUUID[unique]; this != nil; this = this.next {
		if this.objectType == objectType {
			return this
		}
	}
	return nil
}

func (kept *fact) version(at time.Time) *state {
	for i := range kept.versions {
		if kept.versions[i].at.Equal(at) {
			return &kept.versions[i]
		}
	}
	return nil
}

func (kept *fact) latest() (latest state) {
	for _, version := range kept.versions {
		if version.at.After(latest.at) {
			latest = version
		}
	}
	return latest
}

func (known *facts) keepHashes(this *fact, tree map[string]any) {
	hashes, _ := tree["hashes"].(map[string]any)
	for algorithm, value := range hashes {
		text, ok := value.(string)
		if ok && slices.Contains(hashAlgorithms.terms, algorithm) && algorithm != "SSDEEP" && algorithm != "TLSH" {
			this.hashes = append(this.hashes, hashSum{strings.Clone(algorithm), maphash.String(known.seed, strings.ToLower(text))})
		}
	}
}

// rest are the rules that waited, in the order of their objects.
func (set *Set) rest() []late { return set.facts.waiting }

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

// formOf writes the outline of an object.
func formOf(tree map[string]any) []byte {
	outline := make([]byte, 0, 64)
	outline = append(outline, formObject)
	objectType, _ := tree["type"].(string)
	count := 0
	for name := range tree {
		if translatable(objectType, name) {
			count++
		}
	}
	outline = binary.AppendUvarint(outline, uint64(count))
	for name, value := range tree {
		if translatable(objectType, name) {
			outline = appendForm(binary.LittleEndian.AppendUint32(outline, nameSum(name)), value)
		}
	}
	return slices.Clip(outline)
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
		outline = binary.AppendUvarint(append(outline, formObject), uint64(len(value)))
		for name, member := range value {
			outline = appendForm(binary.LittleEndian.AppendUint32(outline, nameSum(name)), member)
		}
		return outline
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

// newOutline reads what formOf wrote.
func newOutline(raw []byte) outline {
	read, _ := readOutline(raw)
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
