// SPDX-License-Identifier: Apache-2.0

package store

// This file counts the commits that touch something, so that what was worked
// out from the store can be kept in memory for as long as it holds.

import "slices"

// State says how often rows of a kind were touched since the store was opened.
// What is read after it was asked, and kept, holds for as long as it answers the
// same. A commit is counted before whoever made it is told that it happened.
func (s *Store) State(kind string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state[kind]
}

// States is [Store.State] for several kinds together: another number, once a row of
// one of them was touched.
func (s *Store) States(kinds ...string) (n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kind := range kinds {
		n += s.state[kind]
	}
	return n
}

// RowErased is touched, though there is no such row, when texts were erased.
const RowErased = "erased"

// RowSaidAnew is touched, though there is no such row, when a partner warns of
// something anew: what is made of it may have to be handled more narrowly.
const RowSaidAnew = "said anew"

// SaidAnew says that a partner has corrected a warning, or sent another of its name.
func (tx *Tx) SaidAnew() { tx.wake(RowSaidAnew) }

// RowCollection is the kind of rows that are the collections.
const RowCollection = "collection"

// RowSetting is the kind of rows that are settings.
const RowSetting = "setting"

// ObjectState is [Store.State] for the objects of a collection. moved counts
// what changes a page that had others behind it: an object that was taken away,
// one whose version is no longer the first or the last, one that changed its
// audience. grown counts what came behind the last of them, too.
func (s *Store) ObjectState(collection string) (moved, grown uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state["moved "+collection], s.state["grown "+collection]
}

// Steady reports whether no commit is under way, or failed and may have happened,
// that touches rows of one of the kinds or objects of the collection. Such a commit
// may be seen before it is counted: what a reading sees is what [Store.States] and
// [Store.ObjectState] count only if they answer the same before it begins and, while
// this is so, after it has read something.
func (s *Store) Steady(collection string, kinds ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.coming
	if b == nil {
		return true
	}
	return !b.moved[collection] && !b.grown[collection] && !slices.ContainsFunc(kinds, func(kind string) bool { return b.touched[kind] })
}

// announce says what a commit may let others see from here on.
func (s *Store) announce(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming = b
}

// settle counts once more what a commit touched that failed, now that the disk was
// asked whether it happened.
func (s *Store) settle() {
	s.mu.Lock()
	b := s.coming
	s.mu.Unlock()
	if b != nil {
		s.passOn(b, true)
	}
}

// passOn counts what a group of changes touched, whatever became of it: also a
// commit that failed may have happened. It is known once the group was committed, or
// the disk was asked.
func (s *Store) passOn(b *batch, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known {
		s.coming = nil
	}
	for kind := range b.touched {
		s.state[kind]++
	}
	s.promises.touch(b.promises)
	for collection := range b.moved {
		s.state["moved "+collection]++
	}
	for collection := range b.grown {
		s.state["grown "+collection]++
	}
}
