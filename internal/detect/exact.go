// SPDX-License-Identifier: Apache-2.0

package detect

// This file is the table of constants: which rules ask for exactly this value at
// this place. It holds millions without a pointer in it.

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
)

// Kinds of constants. The same bytes of another kind are another constant.
const (
	kindText   byte = 's' // a string, compared by code point
	kindNumber byte = 'n' // a float64, as its bits
	kindTruth  byte = 'b'
	kindNormal byte = 'N' // a string in NFC
	kindEnd    byte = '>' // what a string in NFC ends with
	kindStart  byte = '<' // what a string in NFC begins with
)

// errFull says that the constants are more than the table can number.
var errFull = errors.New("detect: the constants of the indicators come to more than 4 GiB")

// constants finds rules by node, kind and value, by open addressing. A value is
// compared, not only its hash, so that what is found is certain.
type constants struct {
	seed  maphash.Seed
	slots []slot
	count int
	// filter has a bit for each hash, 16 to a slot: most values are in no
	// indicator, and are turned away here without a miss of the cache.
	filter []uint64
	// arena holds for each constant its node, kind, length and bytes.
	arena []byte
	lists [][]uint32
}

// slot is one constant. A posting is a rule, or a list of them if manyBit is set.
type slot struct {
	hash    uint64
	place   uint32 // in the arena, plus one; 0 is an empty slot
	posting uint32
}

const manyBit = 1 << 31

func newConstants() *constants {
	c := &constants{seed: maphash.MakeSeed(), arena: make([]byte, 0, 1<<16)}
	c.resize(1 << 8)
	return c
}

// sum is the hash of a value at no node; mix adds the node and the kind.
func (c *constants) sum(value []byte) uint64 { return maphash.Bytes(c.seed, value) }

func mix(sum uint64, node uint32, kind byte) uint64 {
	h := (sum ^ (uint64(node)<<8|uint64(kind))*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// add says that a rule asks for a value at a node.
func (c *constants) add(node uint32, kind byte, value []byte, rule uint32) error {
	if c.count*4 >= len(c.slots)*3 {
		c.resize(2 * len(c.slots))
	}
	hash := mix(c.sum(value), node, kind)
	at := c.find(hash, node, kind, value)
	if s := &c.slots[at]; s.place != 0 {
		c.join(s, rule)
		return nil
	}
	if len(c.arena)+len(value)+16 >= 1<<32 {
		return errFull
	}
	c.slots[at] = slot{hash: hash, place: uint32(len(c.arena)) + 1, posting: rule}
	c.arena = binary.LittleEndian.AppendUint32(c.arena, node)
	c.arena = append(c.arena, kind)
	c.arena = binary.AppendUvarint(c.arena, uint64(len(value)))
	c.arena = append(c.arena, value...)
	c.mark(hash)
	c.count++
	return nil
}

// join adds a rule to those of a constant, once.
func (c *constants) join(s *slot, rule uint32) {
	if s.posting&manyBit == 0 {
		if s.posting == rule {
			return
		}
		c.lists = append(c.lists, []uint32{s.posting, rule})
		s.posting = manyBit | uint32(len(c.lists)-1)
		return
	}
	list := &c.lists[s.posting&^manyBit]
	if (*list)[len(*list)-1] != rule { // the terms of a rule come one after another
		*list = append(*list, rule)
	}
}

// each calls found with the rules that ask for a value, given its sum.
func (c *constants) each(sum uint64, node uint32, kind byte, value []byte, found func(rule uint32)) {
	hash := mix(sum, node, kind)
	if bit := hash & uint64(len(c.filter)*64-1); c.filter[bit>>6]>>(bit&63)&1 == 0 {
		return
	}
	s := c.slots[c.find(hash, node, kind, value)]
	switch {
	case s.place == 0:
	case s.posting&manyBit == 0:
		found(s.posting)
	default:
		for _, rule := range c.lists[s.posting&^manyBit] {
			found(rule)
		}
	}
}

// find returns the slot that holds a constant, or the empty one where it would.
func (c *constants) find(hash uint64, node uint32, kind byte, value []byte) uint64 {
	mask := uint64(len(c.slots) - 1)
	for at := hash >> 20 & mask; ; at = (at + 1) & mask {
		s := &c.slots[at]
		if s.place == 0 || s.hash == hash && c.holds(s.place-1, node, kind, value) {
			return at
		}
	}
}

func (c *constants) holds(place, node uint32, kind byte, value []byte) bool {
	record := c.arena[place:]
	if binary.LittleEndian.Uint32(record) != node || record[4] != kind {
		return false
	}
	size, n := binary.Uvarint(record[5:])
	return size == uint64(len(value)) && string(record[5+n:5+n+len(value)]) == string(value)
}

func (c *constants) mark(hash uint64) {
	bit := hash & uint64(len(c.filter)*64-1)
	c.filter[bit>>6] |= 1 << (bit & 63)
}

func (c *constants) resize(size int) {
	old := c.slots
	c.slots = make([]slot, size)
	c.filter = make([]uint64, size*16/64)
	mask := uint64(size - 1)
	for _, s := range old {
		if s.place == 0 {
			continue
		}
		at := s.hash >> 20 & mask
		for c.slots[at].place != 0 {
			at = (at + 1) & mask
		}
		c.slots[at] = s
		c.mark(s.hash)
	}
}
