// SPDX-License-Identifier: Apache-2.0

package detect

// This file finds the networks that hold an address: the constants of ISSUBSET.

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// nets are networks of one family. Networks either nest or have nothing in
// common, so sorted by where they begin, each with the one around it, they are a
// forest: the last that begins at or before an address holds it, or one of those
// around it does.
type nets struct {
	nets []network
	// first is where the networks of each leading 16 bits begin, so that little
	// is left to search.
	first []uint32
}

// fewNets are searched as fast without.
const fewNets = 256

type network struct {
	start  [2]uint64
	bits   uint8
	around int32 // the network that this one lies in, or -1
	rules  []uint32
}

func (n *nets) add(prefix netip.Prefix, rule uint32) {
	n.nets = append(n.nets, network{start: halves(prefix.Masked().Addr()), bits: uint8(prefix.Bits()), rules: []uint32{rule}})
}

// freeze sorts the networks; after it they can be asked.
func (n *nets) freeze() {
	if len(n.nets) == 0 {
		return
	}
	slices.SortStableFunc(n.nets, func(a, b network) int {
		return cmp.Or(cmp.Compare(a.start[0], b.start[0]), cmp.Compare(a.start[1], b.start[1]), cmp.Compare(a.bits, b.bits))
	})
	merged := n.nets[:0]
	for _, net := range n.nets {
		if last := len(merged) - 1; last >= 0 && merged[last].start == net.start && merged[last].bits == net.bits {
			merged[last].rules = append(merged[last].rules, net.rules...)
			continue
		}
		merged = append(merged, net)
	}
	n.nets = slices.Clip(merged)
	var open []int32
	for i := range n.nets {
		for len(open) > 0 && !n.nets[open[len(open)-1]].holds(n.nets[i].start) {
			open = open[:len(open)-1]
		}
		n.nets[i].around = -1
		if len(open) > 0 {
			n.nets[i].around = open[len(open)-1]
		}
		open = append(open, int32(i))
	}
	if len(n.nets) < fewNets {
		return
	}
	n.first = make([]uint32, 1<<16+1)
	at := 0
	for top := range 1 << 16 {
		for at < len(n.nets) && n.nets[at].start[0]>>48 < uint64(top) {
			at++
		}
		n.first[top] = uint32(at)
	}
	n.first[1<<16] = uint32(len(n.nets))
}

// each calls found with the rules of every network that holds the whole prefix.
func (n *nets) each(prefix netip.Prefix, found func(rule uint32)) {
	start := halves(prefix.Masked().Addr())
	low, high := uint32(0), uint32(len(n.nets))
	if n.first != nil {
		low, high = n.first[start[0]>>48], n.first[start[0]>>48+1]
	}
	after, _ := slices.BinarySearchFunc(n.nets[low:high], start, func(net network, start [2]uint64) int {
		if net.start[0] < start[0] || net.start[0] == start[0] && net.start[1] <= start[1] {
			return -1
		}
		return 1
	})
	at := int32(low) + int32(after) - 1
	for ; at >= 0; at = n.nets[at].around {
		if net := &n.nets[at]; int(net.bits) <= prefix.Bits() && net.holds(start) {
			for _, rule := range net.rules {
				found(rule)
			}
		}
	}
}

func (net *network) holds(address [2]uint64) bool {
	if net.bits <= 64 {
		return net.bits == 0 || (net.start[0]^address[0])>>(64-net.bits) == 0
	}
	return net.start[0] == address[0] && (net.start[1]^address[1])>>(128-net.bits) == 0
}

// halves are the bits of an address, from the left; of IPv4 the first 32.
func halves(address netip.Addr) [2]uint64 {
	if address.Is4() {
		bytes := address.As4()
		return [2]uint64{uint64(binary.BigEndian.Uint32(bytes[:])) << 32, 0}
	}
	bytes := address.As16()
	return [2]uint64{binary.BigEndian.Uint64(bytes[:8]), binary.BigEndian.Uint64(bytes[8:])}
}
