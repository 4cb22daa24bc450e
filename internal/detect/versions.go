// SPDX-License-Identifier: Apache-2.0

package detect

// This file tells the versions of an indicator from what another creator wrote
// under its id.

import (
	"strings"

	"github.com/google/uuid"
)

// A CreatorError says that indicators of different creators have one id. Only
// the creator of an object may make versions of it, and which of them that is
// cannot be told here: each is looked for. STIX 2.1 §3.6
type CreatorError struct{ ID string }

func (e *CreatorError) Error() string {
	return e.ID + ": it is of another creator than one of the same id: neither replaces the other, both count (STIX 2.1 §3.6)"
}

// versions are who created what; they are needed until the set is frozen.
type versions struct {
	creators map[string]uint32
	of       []uint32             // by indicator
	others   map[createdBy]uint32 // what further creators wrote under an id that was there
}

type createdBy struct {
	id      uuid.UUID
	creator uint32
}

func newVersions() versions {
	return versions{creators: make(map[string]uint32), others: make(map[createdBy]uint32)}
}

// creator is the number of a creator; nobody has one too.
func (v *versions) creator(id string) uint32 {
	number, known := v.creators[id]
	if !known {
		number = uint32(len(v.creators))
		v.creators[strings.Clone(id)] = number
	}
	return number
}

// known finds the version of an indicator by a creator.
func (s *Set) known(id uuid.UUID, creator uint32) (at uint32, ok bool) {
	if at, ok = s.byID[id]; ok && s.versions.of[at] != creator {
		at, ok = s.versions.others[createdBy{id, creator}]
	}
	return at, ok
}

// keep files an indicator that was just taken in. Its error says, once for each
// creator, that another has the id.
func (s *Set) keep(id uuid.UUID, creator, at uint32) error {
	s.versions.of = append(s.versions.of, creator)
	first, ok := s.byID[id]
	if !ok || s.versions.of[first] == creator {
		s.byID[id] = at
		return nil
	}
	key := createdBy{id, creator}
	_, told := s.versions.others[key]
	s.versions.others[key] = at
	if told {
		return nil
	}
	return &CreatorError{ID: s.id(at)}
}
