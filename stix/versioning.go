// SPDX-License-Identifier: Apache-2.0

package stix

// This file makes new versions of objects, and revokes them.

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// NewVersion returns the next version of an object, with some of its properties
// changed; a value of nil takes the property out. The values are those that
// [FromMap] takes. modified becomes edit.At; members that are not changed keep
// their order and their bytes, so that the result need not be canonical.
//
// Refused are: objects without versions ([ErrNotVersioned]), an object whose
// created_by_ref is not edit.By ([ErrNotCreator]; without created_by_ref the
// creator is anonymous, and only the caller can know), a revoked object
// ([ErrRevoked]), a time that is not later than the version before
// ([ErrNotLater]), a change of id, type, spec_version, created, created_by_ref,
// modified or revoked, or of a property that a deterministic id is made of
// ([ErrFixed]), and a change that breaks a MUST rule which the object kept
// ([ErrBreaks]). STIX 2.1 §3.6
func (object Object) NewVersion(edit Edit, changes map[string]any) (Object, error) {
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if slices.Contains(fixedProperties, name) {
			return Object{}, fmt.Errorf("%w: %s", ErrFixed, name)
		}
		if name == "modified" || name == "revoked" {
			return Object{}, fmt.Errorf("%w: %s follows from the edit, or from Revoke", ErrFixed, name)
		}
	}
	return object.version(edit, changes)
}

// Revoke returns the last version of an object: revoked is true and modified is
// edit.At. It refuses what [Object.NewVersion] refuses. STIX 2.1 §3.6
func (object Object) Revoke(edit Edit) (Object, error) {
	return object.version(edit, map[string]any{"revoked": true})
}

// Versioned reports whether there can be versions of the object: it has the time
// it was created at, and is neither a marking definition nor a bundle, nor an
// observable with the id that everybody gives it. STIX 2.1 §3.6, §7.2.1
func (object Object) Versioned() bool {
	switch object.Type() {
	case "marking-definition", "bundle":
		return false
	}
	if object.Created().IsZero() {
		return false
	}
	deterministic, err := DeterministicID(object)
	return err != nil || deterministic != object.ID()
}

// fixedProperties are those no version changes. STIX 2.1 §3.2, §3.5, §3.6
var fixedProperties = []string{"id", "type", "spec_version", "created", "created_by_ref"}

// version makes the version; what it may change, its callers have asked.
func (object Object) version(edit Edit, changes map[string]any) (Object, error) {
	switch {
	case !object.Versioned():
		return Object{}, fmt.Errorf("%w: %.60s", ErrNotVersioned, object.Type())
	case object.CreatedBy() != "" && object.CreatedBy() != edit.By:
		return Object{}, fmt.Errorf("%w: it is of %.60s", ErrNotCreator, object.CreatedBy())
	case object.Revoked():
		return Object{}, ErrRevoked
	}
	modified, err := laterThan(object, edit.At)
	if err != nil {
		return Object{}, err
	}
	if _, unique, ok := SplitID(object.ID()); ok && unique.Version() == 5 {
		for _, name := range ContributingProperties(object.Type()) {
			if _, changed := changes[name]; changed {
				return Object{}, fmt.Errorf("%w: the id is made of %s", ErrFixed, name)
			}
		}
	}
	changes = maps.Clone(changes)
	if changes == nil {
		changes = map[string]any{}
	}
	changes["modified"] = modified
	next, err := object.rewrite(changes)
	if err != nil {
		return Object{}, err
	}
	if err := holdsRules(object, next); err != nil {
		return Object{}, err
	}
	return next, nil
}

// laterThan writes a time as the modified time of the version after an object.
func laterThan(object Object, at time.Time) (string, error) {
	before := object.Modified()
	if before.IsZero() {
		before = object.Created()
	}
	at = at.UTC().Truncate(time.Microsecond)
	if !at.After(before) {
		return "", fmt.Errorf("%w: %s is not after %s", ErrNotLater, FormatTimeFull(at), FormatTimeFull(before))
	}
	if at.Truncate(time.Millisecond).After(before) {
		return FormatTime(at), nil
	}
	return FormatTimeFull(at), nil
}
