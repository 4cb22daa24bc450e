// SPDX-License-Identifier: Apache-2.0

package store

// This file compares what the log says with what is there in memory that does
// not grow with the log: claims are sorted into heaps by a hash of their names,
// on the disk if they are many, and compared heap by heap.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
)

const (
	heaps = 128
	// heapMemory is how many bytes of claims wait in memory for the disk.
	heapMemory = 8 << 20
)

// claims are what the log says of rows and leaves, in its order, and then what
// is found there. The disk holds names and hashes of rows, no content.
type claims struct {
	dir   string
	seed  maphash.Seed
	heaps [heaps]heap
	size  int // of what waits in memory
	file  *os.File
	end   int64
}

type heap struct {
	waiting []byte
	written []stretch
}

// stretch is a part of the file.
type stretch struct{ at, size int64 }

// The kinds of claims.
const (
	claimSaid  = 's' // by an audit line or a leaf
	claimFound = 'f' // in the store
)

func newClaims(dir string) *claims { return &claims{dir: dir, seed: maphash.MakeSeed()} }

// add adds a claim: hash is what a name stands for, empty for nothing.
func (c *claims) add(kind byte, name, hash string) error {
	h := &c.heaps[maphash.String(c.seed, name)%heaps]
	before := len(h.waiting)
	h.waiting = append(h.waiting, kind)
	h.waiting = binary.AppendUvarint(h.waiting, uint64(len(name)))
	h.waiting = append(h.waiting, name...)
	h.waiting = binary.AppendUvarint(h.waiting, uint64(len(hash)))
	h.waiting = append(h.waiting, hash...)
	if c.size += len(h.waiting) - before; c.size < heapMemory {
		return nil
	}
	return c.spill()
}

// spill writes what waits to the file, whose name is gone as soon as it is open.
func (c *claims) spill() (err error) {
	if c.file == nil {
		if c.file, err = os.CreateTemp(c.dir, "verify-*"); err != nil {
			return fmt.Errorf("store: room for a verification: %w", err)
		}
		if err := os.Remove(c.file.Name()); err != nil {
			return fmt.Errorf("store: room for a verification: %w", err)
		}
	}
	for i := range c.heaps {
		h := &c.heaps[i]
		n, err := c.file.WriteAt(h.waiting, c.end)
		if err != nil {
			return fmt.Errorf("store: room for a verification: %w", err)
		}
		h.written = append(h.written, stretch{c.end, int64(n)})
		h.waiting = h.waiting[:0]
		c.end += int64(n)
	}
	c.size = 0
	return nil
}

func (c *claims) close() {
	if c.file != nil {
		_ = c.file.Close() // nobody reads it any more
	}
}

// settle calls differ for each name for which what was said last is not what was
// found, or that was found twice. said and found are empty for nothing.
func (c *claims) settle(differ func(name, said, found string)) error {
	for i := range c.heaps {
		if err := c.heaps[i].settle(c.file, differ); err != nil {
			return err
		}
	}
	return nil
}

func (h *heap) settle(file io.ReaderAt, differ func(name, said, found string)) error {
	last := make(map[string]string)
	each := func(kind byte, name, hash []byte) {
		if kind == claimSaid {
			last[string(name)] = string(hash)
			return
		}
		if said := last[string(name)]; said != string(hash) {
			differ(string(name), said, string(hash))
		}
		delete(last, string(name))
	}
	for _, s := range h.written {
		raw := make([]byte, s.size)
		if _, err := file.ReadAt(raw, s.at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("store: reading for a verification: %w", err)
		}
		if err := read(raw, each); err != nil {
			return err
		}
	}
	if err := read(h.waiting, each); err != nil {
		return err
	}
	for name, said := range last {
		if said != "" {
			differ(name, said, "")
		}
	}
	return nil
}

func read(raw []byte, each func(kind byte, name, hash []byte)) error {
	r := bytes.NewBuffer(raw)
	text := func() []byte {
		n, err := binary.ReadUvarint(r)
		if err != nil || n > uint64(r.Len()) {
			return nil
		}
		return r.Next(int(n))
	}
	for r.Len() > 0 {
		kind := r.Next(1)[0]
		name := text()
		if name == nil || kind != claimSaid && kind != claimFound {
			return errors.New("store: the disk gave back something else than was written for a verification")
		}
		each(kind, name, text())
	}
	return nil
}
