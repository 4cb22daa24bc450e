// SPDX-License-Identifier: Apache-2.0

// Package stixtest makes STIX objects to measure and to test with: large sets
// that have the shape of a public knowledge base, ATT&CK, and none of its text.
// It is for tests alone.
package stixtest

import (
	"encoding/hex"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Objects yields n objects, one after another, each as the bytes of one JSON
// object that breaks no MUST of STIX 2.1. They are the same for the same seed,
// and the first of a longer run are those of a shorter one. The first two are
// the identity that made all of them and the statement that marks them. Of the
// others four in five are relationships; they refer only to objects that came
// before. An object has 1,368 bytes on average. The bytes yielded are the
// caller's.
func Objects(seed uint64, n int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		make := newMaker(seed)
		for i := range n {
			if !yield(slices.Clone(make.next(i))) {
				return
			}
		}
	}
}

// Bundle is one bundle of n objects, those of [Objects]. Like most bundles it
// has no white space.
func Bundle(seed uint64, n int) []byte {
	make := newMaker(seed)
	make.out = make.out[:0]
	make.text(`{"type":"bundle","id":"`, make.id("bundle"), `","objects":[`)
	bundle := slices.Clone(make.out)
	for object := range Objects(seed, n) {
		bundle = append(append(bundle, object...), ',')
	}
	if n > 0 {
		bundle = bundle[:len(bundle)-1]
	}
	return append(bundle, "]}"...)
}

// A maker writes one object after another into the same buffer.
type maker struct {
	random   *rand.Rand
	out      []byte
	identity string
	marking  string
	// made are the ids written so far by type: the latest, up to keep of them.
	made map[string][]string
}

// keep bounds the ids that are remembered for references.
const keep = 4096

func newMaker(seed uint64) *maker {
	return &maker{random: rand.New(rand.NewPCG(seed, 0x5717)), made: map[string][]string{}}
}

// share is how many of a thousand objects are of a type.
type share struct {
	of    int
	write func(*maker)
}

// shares are those of the objects that are not relationships.
func shares() []share {
	return []share{
		{190, (*maker).attackPattern},
		{170, (*maker).malware},
		{40, (*maker).intrusionSet},
		{60, (*maker).courseOfAction},
		{20, (*maker).tool},
		{20, (*maker).campaign},
		{250, (*maker).analytic},
		{250, (*maker).dataComponent},
	}
}

func (m *maker) next(i int) []byte {
	m.out = m.out[:0]
	switch i {
	case 0:
		m.maintainer()
		return m.out
	case 1:
		m.statement()
		return m.out
	case 2:
		m.attackPattern()
		return m.out
	case 3:
		m.malware()
		return m.out
	}
	if m.random.IntN(100) < 80 {
		m.relationship()
		return m.out
	}
	left := m.random.IntN(1000)
	for _, share := range shares() {
		if left -= share.of; left < 0 {
			share.write(m)
			break
		}
	}
	return m.out
}

func (m *maker) text(parts ...string) {
	for _, part := range parts {
		m.out = append(m.out, part...)
	}
}

// id makes a random identifier and remembers it.
func (m *maker) id(objectType string) string {
	var raw [16]byte
	for i := 0; i < len(raw); i += 8 {
		for j, word := 0, m.random.Uint64(); j < 8; j, word = j+1, word>>8 {
			raw[i+j] = byte(word)
		}
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	digits := hex.EncodeToString(raw[:])
	id := objectType + "--" + digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
	if ids := m.made[objectType]; len(ids) < keep {
		m.made[objectType] = append(ids, id)
	} else {
		ids[m.random.IntN(keep)] = id
	}
	return id
}

// any is one of the ids of a type met so far, or "".
func (m *maker) any(objectType string) string {
	if ids := m.made[objectType]; len(ids) > 0 {
		return ids[m.random.IntN(len(ids))]
	}
	return ""
}

// between is a number from low to high, both included.
func (m *maker) between(low, high int) int { return low + m.random.IntN(high-low+1) }

func (m *maker) pick(of []string) string { return of[m.random.IntN(len(of))] }

func number(n int) string { return strconv.Itoa(n) }

// day is a moment of the years 2017 to 2024.
func (m *maker) day() time.Time {
	return time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(m.random.Int64N(8*365*24*3600*1000)) * time.Millisecond)
}
