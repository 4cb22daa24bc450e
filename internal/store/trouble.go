// SPDX-License-Identifier: Apache-2.0

package store

// This file says to people what the disk said.

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// The two troubles of which it is certain that nothing was kept: SQLite meets
// them before the last page of a change, not after it.

func isFull(err error) bool {
	return errors.Is(err, sqlite3.FULL) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func isReadOnly(err error) bool {
	return errors.Is(err, sqlite3.READONLY) || errors.Is(err, syscall.EROFS)
}

// undone is the error for a change that was not committed, as far as is known.
// A full disk and one that can only be read are Busy: nothing happened, and it
// can be done again. A failed sync is not: the change may be there after a crash.
func (s *Store) undone(err error) error {
	if err == nil || problem.Of(err).Code != problem.Internal {
		return err
	}
	err = s.probe(err)
	if !isSync(err) {
		return inWords(err)
	}
	if told := inWords(err); problem.Of(told).Code == problem.Busy {
		return problem.New(problem.Internal, "mend the disk of the node's directory, and find out whether it happened before doing it again",
			"the node's disk failed while this was being kept").Because(err)
	}
	return err
}

func isSync(err error) bool {
	return errors.Is(err, sqlite3.IOERR_FSYNC) || errors.Is(err, sqlite3.IOERR_DIR_FSYNC)
}

// probe adds to an error of the disk what the system says of it: SQLite keeps
// no more than that reading or writing failed.
func (s *Store) probe(err error) error {
	if !errors.Is(err, sqlite3.IOERR) && !errors.Is(err, sqlite3.CANTOPEN) {
		return err
	}
	return errors.Join(err, tryDisk(s.dir))
}

// tryDisk writes as much as a small change needs, and takes it away again.
func tryDisk(dir string) error {
	file, err := os.CreateTemp(dir, "room-")
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 64<<10))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
}

// refused is the error for a change that was not begun.
func (s *Store) refused(err error) error {
	if told := inWords(s.probe(err)); problem.Of(told).Code != problem.Internal {
		return told
	}
	hint := "nothing of this was kept: look in the node's log, and at its disk; try again when it is mended"
	if errors.Is(err, ErrHead) {
		hint = "stop the node, keep its files and restore a backup"
	}
	return problem.New(problem.Busy, hint, "the node writes nothing before it can read its own log").Because(err)
}

// inWords puts into words what people can mend.
func inWords(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return problem.New(problem.Busy, "make room on the disk of the node's directory and try again; what was kept before is there, and can be read",
			"the node's disk is full: nothing of this was kept").Because(err)
	case isReadOnly(err):
		return problem.New(problem.Busy, "find out why: a system makes a disk that breaks read-only. Save the node's directory first, then mend it and try again",
			"the node's disk can only be read: nothing of this was kept").Because(err)
	}
	return err
}

// Trouble is why the node keeps nothing new, in words for people.
type Trouble struct {
	Text, Hint string
	Since      time.Time
}

// note remembers what a change ended with, as far as it says something of the
// disk: what cannot be written cannot be an alarm either.
func (s *Store) note(err error) {
	if err == nil {
		if s.trouble.Load() != nil && s.trouble.Swap(nil) != nil {
			s.log.Info("the disk takes again what is written")
		}
		return
	}
	now := Trouble{Text: "the node's disk fails, and nothing new is kept", Hint: "look in the node's log, and at its disk", Since: s.Wall()}
	switch told := problem.Of(err); {
	case isFull(err), isReadOnly(err):
		now.Text, now.Hint = told.Text, told.Hint
	case !errors.Is(err, sqlite3.IOERR) && !errors.Is(err, sqlite3.CANTOPEN):
		return
	}
	if s.trouble.CompareAndSwap(nil, &now) {
		s.log.Error("the node keeps nothing new", "why", now.Text, "hint", now.Hint)
	}
}

// Trouble is what keeps the node from writing, nil if nothing does. While there
// is some it tries the disk, so that it ends when the disk is mended and not with
// the next change.
func (s *Store) Trouble() *Trouble {
	now := s.trouble.Load()
	if now == nil || tryDisk(s.dir) != nil {
		return now
	}
	s.trouble.CompareAndSwap(now, nil)
	return nil
}

// unopened is the error for a store that cannot be opened.
func unopened(dir string, err error) error {
	if errors.Is(err, sqlite3.IOERR) || errors.Is(err, sqlite3.CANTOPEN) {
		err = errors.Join(err, tryDisk(dir))
	}
	const whole = "nothing in it was changed. "
	switch {
	case problem.Of(err).Code != problem.Internal:
		return err
	case isFull(err):
		return problem.New(problem.Busy, whole+"Make room on the disk of the node's directory and start again", "the disk is full: the store cannot be opened").Because(err)
	case isReadOnly(err) || errors.Is(err, fs.ErrPermission):
		return problem.New(problem.Busy, whole+"A node writes down what it does: give it a directory it can write to; a disk that breaks is made read-only by the system, so look at that first",
			"the store cannot be written to").Because(err)
	}
	return err
}
