// SPDX-License-Identifier: Apache-2.0

package stix

// This file makes and takes apart the identifiers of objects.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
)

// NewID returns a new random identifier for an object of a type, such as
// "report--" and a UUID of version 4. STIX 2.1 §2.9
func NewID(objectType string) string {
	return objectType + "--" + uuid.NewString()
}

// SplitID takes an identifier apart into its type and its UUID; ok is false if
// it is not of the form of §2.9. STIX 2.1 §2.9
func SplitID(id string) (objectType string, unique uuid.UUID, ok bool) {
	objectType, text, found := strings.Cut(id, "--")
	// uuid.Parse reads other forms too; 36 characters leave only the plain one.
	if !found || len(text) != 36 || !typeName(objectType) {
		return "", uuid.UUID{}, false
	}
	unique, err := uuid.Parse(text)
	if err != nil {
		return "", uuid.UUID{}, false
	}
	return objectType, unique, true
}

// ErrNoDeterministicID says that an object has no property of which its id could
// be made: its id is random. STIX 2.1 §2.9
var ErrNoDeterministicID = errors.New("stix: no contributing property; use a random id")

// DeterministicID returns the id that an observable has by its contributing
// properties, whoever writes it down. Its own id, if it has one, plays no part.
// Text goes in as written: neither times nor Unicode are normalised. It fails
// with [ErrNoDeterministicID] for other types and where no contributing
// property is there. STIX 2.1 §2.9, §3.4
func DeterministicID(object Object) (string, error) {
	return deterministicID(object.Type(), object.tree)
}

// ContributingProperties are the properties of which the id of an observable is
// made; none for another type, or where ids are random. STIX 2.1 §2.9, §6
func ContributingProperties(objectType string) []string {
	if shape := observables[objectType]; shape != nil {
		return slices.Clone(shape.contributing)
	}
	return nil
}

// DeterministicName returns what the id of an observable is computed of: the
// canonical JSON of its contributing properties, with one of its hashes. It fails
// as [DeterministicID] does. STIX 2.1 §2.9, §3.4, RFC 8785
func DeterministicName(object Object) ([]byte, error) {
	return deterministicName(object.Type(), object.tree)
}

func deterministicID(objectType string, tree map[string]any) (string, error) {
	name, err := deterministicName(objectType, tree)
	if err != nil {
		return "", err
	}
	return objectType + "--" + uuid.NewSHA1(observableNamespace(), name).String(), nil
}

// deterministicName takes a tree whose values were parsed.
func deterministicName(objectType string, tree map[string]any) ([]byte, error) {
	shape := observables[objectType]
	if shape == nil {
		return nil, ErrNoDeterministicID
	}
	name := map[string]any{}
	for _, property := range shape.contributing {
		value, ok := tree[property]
		if !ok {
			continue
		}
		if hashes, ok := value.(map[string]any); ok && property == "hashes" {
			value = firstHash(hashes)
		}
		name[property] = value
	}
	if len(name) == 0 {
		return nil, ErrNoDeterministicID
	}
	written, err := json.Marshal(name)
	if err != nil {
		return nil, fmt.Errorf("stix: cannot write what the id is made of: %w", err)
	}
	return canonicalize(written)
}

// observableNamespace is 00abedb4-aa42-466c-9c01-fed23315a9b7. STIX 2.1 §2.9
func observableNamespace() uuid.UUID {
	return uuid.UUID{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}
}

// firstHash keeps the one hash that counts: the first of four, or else the
// first by name. STIX 2.1 §3.4
func firstHash(hashes map[string]any) map[string]any {
	for _, name := range append([]string{"MD5", "SHA-1", "SHA-256", "SHA-512"}, sortedNames(hashes)...) {
		if value, ok := hashes[name]; ok {
			return map[string]any{name: value}
		}
	}
	return hashes
}

// typeName reports whether a name can be that of an object type: 3 to 250 of
// a-z, 0-9 and the hyphen, no hyphen doubled. STIX 2.1 §3.1, §11.2
func typeName(name string) bool {
	if len(name) < 3 || len(name) > 250 || strings.Contains(name, "--") {
		return false
	}
	for _, b := range []byte(name) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return true
}

// Observable reports whether a type is one of the standard's observables.
// STIX 2.1 §6
func Observable(objectType string) bool { return observables[objectType] != nil }
