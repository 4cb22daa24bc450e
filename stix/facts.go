// SPDX-License-Identifier: Apache-2.0

package stix

// This file keeps of each object of a set what the rules between objects need,
// and nothing else: a few numbers. What they are made of is in facts_sum.go.

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// facts are what is known of the objects of a set. They are laid out for
// millions of objects: an object is one record without a pointer and one entry
// of byUUID, and whatever many objects share stands once. Of every numbered
// list, 0 is none.
type facts struct {
	seed     maphash.Seed
	byUUID   map[uuid.UUID]uint32
	records  blocks[fact]
	types    map[string]uint32
	creators map[uuid.UUID]uint32
	forms    map[string]uint32
	outlines []string // the forms by their numbers
	scratch  []byte
	// What only few objects have stands beside them.
	older    map[olderVersion]state
	revoked  map[uint32]moment // the earliest version that revokes
	hashes   map[uint32][]hashSum
	markedBy map[uuid.UUID][]uuid.UUID
	waiting  []late
}

// A fact is what is known of all versions of one object.
type fact struct {
	created    moment
	latest     moment // the version that state is of, if that has a form
	state      state
	number     uint32 // of this record
	next       uint32 // the record of another type, with the same UUID
	objectType uint32
	creator    uint32
	dated      bool // created is known
	family     bool // a malware that says it is a family
	instance   bool // or that it is none
}

// A state is what one version of an object says.
type state struct {
	sum  uint64 // of all of it
	form uint32 // of what can be translated
}

// An olderVersion names a version that is not the latest.
type olderVersion struct {
	record uint32
	at     moment
}

// A moment is a time in half of the room.
type moment struct {
	seconds int64
	nanos   int32
}

func momentOf(at time.Time) moment { return moment{at.Unix(), int32(at.Nanosecond())} }

func (m moment) after(other moment) bool {
	return m.seconds > other.seconds || m.seconds == other.seconds && m.nanos > other.nanos
}

type hashSum struct {
	algorithm string
	sum       uint64
}

func newFacts() facts {
	known := facts{
		seed: maphash.MakeSeed(), byUUID: map[uuid.UUID]uint32{}, types: map[string]uint32{}, creators: map[uuid.UUID]uint32{},
		forms: map[string]uint32{}, outlines: make([]string, 1), older: map[olderVersion]state{}, revoked: map[uint32]moment{},
		hashes: map[uint32][]hashSum{}, markedBy: map[uuid.UUID][]uuid.UUID{},
	}
	known.records.add(fact{})
	return known
}

// of is the fact of an object, made if it is new; reused says that another type
// has its UUID. The fact is good until another is made.
func (known *facts) of(objectType string, unique uuid.UUID) (this *fact, reused bool) {
	first := known.byUUID[unique]
	if this := known.find(objectType, unique); this != nil {
		return this, known.records.at(first).next != 0
	}
	kind, ok := known.types[objectType]
	if !ok {
		kind = uint32(len(known.types) + 1)
		known.types[strings.Clone(objectType)] = kind
	}
	number := known.records.add(fact{objectType: kind, next: first})
	this = known.records.at(number)
	this.number = number
	known.byUUID[unique] = number
	return this, first != 0
}

func (known *facts) find(objectType string, unique uuid.UUID) *fact {
	kind := known.types[objectType]
	for number := known.byUUID[unique]; number != 0; {
		this := known.records.at(number)
		if this.objectType == kind {
			return this
		}
		number = this.next
	}
	return nil
}

// creator is the number of a creator.
func (known *facts) creator(unique uuid.UUID) uint32 {
	number, ok := known.creators[unique]
	if !ok {
		number = uint32(len(known.creators) + 1)
		known.creators[unique] = number
	}
	return number
}

// version is what the version of an object said, if it was there.
func (known *facts) version(this *fact, at moment) (said state, ok bool) {
	if this.state.form == 0 {
		return state{}, false
	}
	if this.latest == at {
		return this.state, true
	}
	said, ok = known.older[olderVersion{this.number, at}]
	return said, ok
}

// keepVersion keeps a version that was not there.
func (known *facts) keepVersion(this *fact, at moment, said state) {
	switch {
	case this.state.form == 0:
		this.latest, this.state = at, said
	case at.after(this.latest):
		known.older[olderVersion{this.number, this.latest}] = this.state
		this.latest, this.state = at, said
	default:
		known.older[olderVersion{this.number, at}] = said
	}
}

func (known *facts) keepHashes(this *fact, tree map[string]any) {
	hashes, _ := tree["hashes"].(map[string]any)
	for algorithm, value := range hashes {
		text, ok := value.(string)
		at := slices.Index(hashAlgorithms.terms, algorithm)
		if ok && at >= 0 && algorithm != "SSDEEP" && algorithm != "TLSH" {
			sum := hashSum{hashAlgorithms.terms[at], maphash.String(known.seed, strings.ToLower(text))}
			if !slices.Contains(known.hashes[this.number], sum) {
				known.hashes[this.number] = append(known.hashes[this.number], sum)
			}
		}
	}
}

// blocks is a list that can grow long without being copied.
type blocks[T any] [][]T

// blockLength is the length of all blocks but the last.
const blockLength = 4096

// add returns the number of what it adds, counted from 0.
func (list *blocks[T]) add(value T) uint32 {
	last := len(*list) - 1
	if last < 0 || len((*list)[last]) == blockLength {
		room := blockLength
		if last < 0 {
			room = 0 // most sets are small
		}
		*list = append(*list, make([]T, 0, room))
		last++
	}
	(*list)[last] = append((*list)[last], value)
	return uint32(last*blockLength + len((*list)[last]) - 1)
}

func (list blocks[T]) at(number uint32) *T {
	return &list[number/blockLength][number%blockLength]
}
