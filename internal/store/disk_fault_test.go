// SPDX-License-Identifier: Apache-2.0

package store_test

// This file holds a disk that fails: an SQLite VFS over the real files that
// counts what is asked of it, fails on request, and after a crash remembers
// only what had been synced, or part of the rest.

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// form is how one operation fails.
type form string

const (
	failed   form = "it failed"
	happened form = "it failed but happened"
	forgot   form = "it failed and what was not synced is forgotten" // of a sync: what was dirty is clean, and not on the disk
	torn     form = "torn: half of it was written, then the power went"
	cutFirst form = "the power went before it"
	cutAfter form = "the power went after it"
	outage   form = "the disk does not answer"
	full     form = "the disk is full"
	readOnly form = "the disk can only be read"
)

// fault is what befalls one operation, or from there on a number of them.
type fault struct {
	at   int // the first operation, counted from one
	last int // the last; of outage, full and readOnly alone
	form form
	only string // empty, or the one kind of operation that it befalls
	// at a crash, of what was not synced: none of it, all, or sectors by chance
	kept kept
}

func (f fault) String() string {
	s := fmt.Sprintf("%d %s", f.at, f.form)
	switch {
	case f.last == forGood:
		return s + " until it is mended"
	case f.last > f.at:
		return s + " for a while"
	}
	return s + ", " + string(f.kept)
}

type kept string

const (
	none   kept = "nothing unsynced is kept"
	all    kept = "everything unsynced is kept"
	chance kept = "some sectors that were not synced are kept"
)

// disk is the VFS.
type disk struct {
	tb   testing.TB
	name string
	os   vfs.VFSFilename

	mu      sync.Mutex
	fault   fault
	counted int
	dead    bool
	struck  bool
	plates  map[string]*plate
}

// plate is what of a file is on the disk for good, and what was written since.
type plate struct {
	synced  []byte
	waiting []written
}

type written struct {
	at   int64
	data []byte // nil: cut off there
	lost bool   // the system believes that it is on the disk
}

func newDisk(tb testing.TB, f fault) *disk {
	tb.Helper()
	real, ok := vfs.Find("os").(vfs.VFSFilename)
	if !ok {
		tb.Fatal("the system's VFS takes no names")
	}
	d := &disk{tb: tb, name: "fault-" + uuid.NewString(), os: real, fault: f, plates: make(map[string]*plate)}
	vfs.Register(d.name, d)
	return d
}

// gone takes the disk out of SQLite's list.
func (d *disk) gone() { vfs.Unregister(d.name) }

// count is how much was asked so far.
func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counted
}

// hit reports whether the fault has come.
func (d *disk) hit() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.struck
}

// mend ends the trouble.
func (d *disk) mend() { d.set(fault{}) }

// set gives the disk another fault.
func (d *disk) set(f fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

// changing are the operations that need room, or a disk that can be written.
var changing = map[string]bool{"write": true, "truncate": true, "delete": true, "create": true}

var errPower = vfs.SystemError(syscall.EIO, sqlite3.IOERR)

// verdict is what becomes of one operation.
type verdict struct {
	do    bool  // it is done
	half  bool  // half of it
	after bool  // the power goes after it
	err   error // what is answered
}

// ask counts an operation and says what becomes of it.
func (d *disk) ask(what, path string) verdict {
	if d.dead {
		return verdict{err: errPower}
	}
	d.counted++
	f := d.fault
	if f.at == 0 || d.counted < f.at || d.counted > max(f.last, f.at) {
		return verdict{do: true}
	}
	if f.only != "" && f.only != what {
		return verdict{do: true}
	}
	if (f.form == full || f.form == readOnly) && !changing[what] {
		return verdict{do: true}
	}
	d.struck = true
	switch f.form {
	case happened:
		return verdict{do: true, err: code(what)}
	case full:
		return verdict{err: vfs.SystemError(syscall.ENOSPC, sqlite3.FULL)}
	case readOnly:
		return verdict{err: vfs.SystemError(syscall.EROFS, sqlite3.READONLY)}
	case forgot:
		if p := d.plates[path]; p != nil && what == "sync" {
			for i := range p.waiting {
				p.waiting[i].lost = true
			}
		}
	case torn:
		d.dead = true
		return verdict{do: what == "write", half: true, err: errPower}
	case cutFirst:
		d.dead = true
		return verdict{err: errPower}
	case cutAfter:
		return verdict{do: true, after: true, err: errPower}
	}
	return verdict{err: code(what)}
}

// end is called when the operation was done.
func (d *disk) end(v verdict) {
	d.dead = d.dead || v.after
}

// code is how a disk that breaks answers.
func code(what string) error {
	codes := map[string]sqlite3.ExtendedErrorCode{"write": sqlite3.IOERR_WRITE, "sync": sqlite3.IOERR_FSYNC, "truncate": sqlite3.IOERR_TRUNCATE,
		"delete": sqlite3.IOERR_DELETE, "read": sqlite3.IOERR_READ, "lock": sqlite3.IOERR_LOCK}
	if c, ok := codes[what]; ok {
		return vfs.SystemError(syscall.EIO, c)
	}
	return vfs.SystemError(syscall.EIO, sqlite3.CANTOPEN)
}

// settle leaves in the directory what a machine finds there after the power
// came back, and returns what it left out.
func (d *disk) settle(seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	random := rand.New(rand.NewPCG(seed, 1))
	for path, p := range d.plates {
		content := bytes.Clone(p.synced)
		for _, w := range p.waiting {
			if w.lost || d.fault.kept == none {
				continue
			}
			if d.fault.kept == chance && w.data != nil {
				for at := 0; at < len(w.data); at += 512 {
					if random.IntN(2) == 0 {
						content = apply(content, written{at: w.at + int64(at), data: w.data[at:min(at+512, len(w.data))]})
					}
				}
				continue
			}
			content = apply(content, w)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			d.tb.Fatal(err)
		}
	}
}

func apply(content []byte, w written) []byte {
	if w.data == nil {
		return append(content, make([]byte, max(0, int(w.at)-len(content)))...)[:w.at]
	}
	if grown := int(w.at) + len(w.data) - len(content); grown > 0 {
		content = append(content, make([]byte, grown)...)
	}
	copy(content[w.at:], w.data)
	return content
}

// Open implements vfs.VFS; SQLite calls OpenFilename.
func (d *disk) Open(name string, _ vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, fmt.Errorf("%s is to be opened by its file name", name)
}

// OpenFilename implements vfs.VFSFilename.
func (d *disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	path := name.String()
	what := "open"
	if _, err := os.Stat(path); err != nil && flags&vfs.OPEN_CREATE != 0 {
		what = "create"
	}
	v := d.ask(what, path)
	defer d.end(v)
	if !v.do {
		return nil, flags, v.err
	}
	if d.plates[path] == nil && path != "" {
		content, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			return nil, flags, err
		}
		d.plates[path] = &plate{synced: content}
	}
	opened, flags, err := d.os.OpenFilename(name, flags)
	if err == nil && v.err != nil {
		err = errors.Join(v.err, opened.Close())
	}
	if err != nil {
		return nil, flags, err
	}
	return &file{File: opened, disk: d, path: path}, flags, nil
}

// Delete implements vfs.VFS.
func (d *disk) Delete(path string, syncDir bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.ask("delete", path)
	defer d.end(v)
	if v.do {
		delete(d.plates, path)
		if err := d.os.Delete(path, syncDir); err != nil {
			return err
		}
	}
	return v.err
}

// Access implements vfs.VFS.
func (d *disk) Access(path string, flags vfs.AccessFlag) (bool, error) {
	return d.os.Access(path, flags)
}

// FullPathname implements vfs.VFS.
func (d *disk) FullPathname(path string) (string, error) { return d.os.FullPathname(path) }

// file is an open file of the disk.
type file struct {
	vfs.File
	disk *disk
	path string
}

// ReadAt implements vfs.File.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	v := f.disk.ask("read", f.path)
	f.disk.end(v)
	f.disk.mu.Unlock()
	if v.err != nil {
		return 0, v.err
	}
	return f.File.ReadAt(p, off)
}

// WriteAt implements vfs.File.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.ask("write", f.path)
	defer d.end(v)
	if !v.do {
		return 0, v.err
	}
	whole := len(p)
	if v.half {
		p = p[:len(p)/2]
	}
	if _, err := f.File.WriteAt(p, off); err != nil {
		return 0, err
	}
	if plate := d.plates[f.path]; plate != nil {
		plate.waiting = append(plate.waiting, written{at: off, data: bytes.Clone(p)})
	}
	if v.err != nil {
		return 0, v.err
	}
	return whole, nil
}

// Truncate implements vfs.File.
func (f *file) Truncate(size int64) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.ask("truncate", f.path)
	defer d.end(v)
	if v.do {
		if err := f.File.Truncate(size); err != nil {
			return err
		}
		if plate := d.plates[f.path]; plate != nil {
			plate.waiting = append(plate.waiting, written{at: size})
		}
	}
	return v.err
}

// Sync implements vfs.File. The real disk is not asked: what it would keep is
// in the plate.
func (f *file) Sync(vfs.SyncFlag) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.ask("sync", f.path)
	defer d.end(v)
	if plate := d.plates[f.path]; v.do && plate != nil {
		var lost []written
		for _, w := range plate.waiting {
			if w.lost {
				lost = append(lost, w)
				continue
			}
			plate.synced = apply(plate.synced, w)
		}
		plate.waiting = lost
	}
	return v.err
}

// Size implements vfs.File.
func (f *file) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.dead {
		return 0, errPower
	}
	return f.File.Size()
}

// Lock implements vfs.File.
func (f *file) Lock(level vfs.LockLevel) error {
	f.disk.mu.Lock()
	v := f.disk.ask("lock", f.path)
	f.disk.end(v)
	f.disk.mu.Unlock()
	if !v.do {
		return v.err
	}
	if err := f.File.Lock(level); err != nil {
		return err
	}
	return v.err
}

// SharedMemory implements vfs.FileSharedMemory.
func (f *file) SharedMemory() vfs.SharedMemory {
	if shared, ok := f.File.(vfs.FileSharedMemory); ok {
		return shared.SharedMemory()
	}
	return nil
}

// LockState implements vfs.FileLockState.
func (f *file) LockState() vfs.LockLevel { return f.File.(vfs.FileLockState).LockState() }

// HasMoved implements vfs.FileHasMoved.
func (f *file) HasMoved() (bool, error) { return f.File.(vfs.FileHasMoved).HasMoved() }
