// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file is the wire between hosts. It carries IP packets, each direction by
// itself, and does to them what networks do: delay, lose, double, swallow,
// reject, and refuse what is too large.

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// way is one direction between two hosts. The zero value carries everything.
type way struct {
	cut           bool          // swallows everything
	reject        bool          // as cut, and resets the connection of whoever sent it, as a firewall does
	left          int           // of a way that is cut: so many bytes of connections pass first
	loss, twice   float64       // the part of the packets that is lost, that arrives twice
	delay, jitter time.Duration // jitter alone puts packets out of order
	mtu           int           // larger packets come back as too large
}

// wire joins hosts.
type wire struct {
	t       *testing.T
	readers sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	hosts   []*host
	ways    map[[2]string]*way
	carried map[[2]string]int // packets
	stopped map[[2]string]int // packets that were cut
}

func newWire(t *testing.T, seed uint64) *wire {
	w := &wire{t: t, random: rand.New(rand.NewPCG(seed, 1)), ways: make(map[[2]string]*way), carried: make(map[[2]string]int), stopped: make(map[[2]string]int)}
	t.Cleanup(w.readers.Wait)
	return w
}

// join carries what the host sends from now on.
func (w *wire) join(h *host) {
	w.mu.Lock()
	w.hosts = append(w.hosts, h)
	w.mu.Unlock()
	w.readers.Go(func() {
		packet := make([]byte, 64<<10)
		for {
			n, err := h.tun.Read(packet)
			if errors.Is(err, os.ErrClosed) {
				return
			}
			if err == nil {
				w.carry(h, slices.Clone(packet[:n]))
			}
		}
	})
}

// set says how packets go from one host to another.
func (w *wire) set(from, to *host, how way) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ways[[2]string{from.name, to.name}] = &how
}

// both says it for both directions.
func (w *wire) both(one, other *host, how way) {
	w.set(one, other, how)
	w.set(other, one, how)
}

// cuts is how many packets were swallowed or rejected between two hosts.
func (w *wire) cuts(from, to *host) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped[[2]string{from.name, to.name}]
}

// carry takes one packet as far as it comes.
func (w *wire) carry(from *host, raw []byte) {
	p, ok := parsePacket(raw)
	if !ok {
		return // not IPv4: hosts ask for routers and neighbours that are not there
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.hosts, func(h *host) bool { return h.address == p.to.String() })
	if i < 0 {
		return // nobody has this address, and nobody says so
	}
	to := w.hosts[i]
	key := [2]string{from.name, to.name}
	how := w.ways[key]
	if how == nil {
		how = new(way)
	}
	if (how.cut || how.reject) && how.left < max(p.payload, 1) {
		how.left = 0
		w.stopped[key]++
		if how.reject && p.tcp {
			w.write(from, p.reset())
		}
		return
	}
	how.left -= p.payload
	if how.mtu > 0 && len(raw) > how.mtu {
		w.write(from, p.tooLarge(how.mtu))
		return
	}
	if w.random.Float64() < how.loss {
		return
	}
	times := 1
	if w.random.Float64() < how.twice {
		times = 2
	}
	for range times {
		w.carried[key]++
		delay := how.delay
		if how.jitter > 0 {
			delay += rand.N(how.jitter)
		}
		if delay == 0 {
			w.write(to, raw)
			continue
		}
		time.AfterFunc(delay, func() { w.write(to, raw) })
	}
}

// write hands a packet to a host. One that cannot be written is lost, as packets are.
func (w *wire) write(to *host, raw []byte) { _, _ = to.tun.Write(raw) }

// packet is an IPv4 packet: RFC 791 §3.1, and of TCP RFC 9293 §3.1.
type packet struct {
	raw      []byte
	from, to netip.Addr
	tcp      bool
	segment  []byte // the TCP header and what follows
	payload  int    // bytes that TCP carries
}

func parsePacket(raw []byte) (p packet, ok bool) {
	if len(raw) < 20 || raw[0]>>4 != 4 {
		return p, false
	}
	header := int(raw[0]&15) * 4
	if header < 20 || len(raw) < header {
		return p, false
	}
	p = packet{raw: raw, from: netip.AddrFrom4([4]byte(raw[12:16])), to: netip.AddrFrom4([4]byte(raw[16:20]))}
	if raw[9] == protocolTCP && len(raw) >= header+20 {
		p.tcp, p.segment = true, raw[header:]
		p.payload = max(0, len(p.segment)-int(p.segment[12]>>4)*4)
	}
	return p, true
}

const (
	protocolICMP = 1
	protocolTCP  = 6
)

// reset is the answer of a firewall that rejects: to the sender, as if from the
// other end. RFC 9293 §3.5.2
func (p packet) reset() []byte {
	segment := make([]byte, 20)
	copy(segment[0:2], p.segment[2:4])
	copy(segment[2:4], p.segment[0:2])
	segment[12] = 5 << 4
	if flags := p.segment[13]; flags&flagACK != 0 {
		segment[13] = flagRST
		copy(segment[4:8], p.segment[8:12]) // where the sender stands
	} else {
		segment[13] = flagRST | flagACK
		binary.BigEndian.PutUint32(segment[8:], binary.BigEndian.Uint32(p.segment[4:])+1+uint32(p.payload))
	}
	pseudo := make([]byte, 12)
	copy(pseudo[0:4], p.to.AsSlice())
	copy(pseudo[4:8], p.from.AsSlice())
	pseudo[9] = protocolTCP
	binary.BigEndian.PutUint16(pseudo[10:], uint16(len(segment)))
	binary.BigEndian.PutUint16(segment[16:], checksum(append(pseudo, segment...)))
	return ipv4(protocolTCP, p.to, p.from, segment)
}

const (
	flagRST = 1 << 2
	flagACK = 1 << 4
)

// tooLarge is the answer of a router in front of a narrower line. RFC 1191 §4
func (p packet) tooLarge(mtu int) []byte {
	message := make([]byte, 8, 8+28)
	message[0], message[1] = 3, 4
	binary.BigEndian.PutUint16(message[6:], uint16(mtu))
	message = append(message, p.raw[:min(len(p.raw), 28)]...)
	binary.BigEndian.PutUint16(message[2:], checksum(message))
	return ipv4(protocolICMP, p.to, p.from, message)
}

func ipv4(protocol byte, from, to netip.Addr, body []byte) []byte {
	header := make([]byte, 20, 20+len(body))
	header[0], header[8], header[9] = 4<<4|5, 64, protocol
	binary.BigEndian.PutUint16(header[2:], uint16(20+len(body)))
	copy(header[12:16], from.AsSlice())
	copy(header[16:20], to.AsSlice())
	binary.BigEndian.PutUint16(header[10:], checksum(header))
	return append(header, body...)
}

// checksum is the Internet's. RFC 1071 §1
func checksum(raw []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(raw); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(raw[i:]))
	}
	if len(raw)%2 == 1 {
		sum += uint32(raw[len(raw)-1]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
