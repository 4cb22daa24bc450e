// SPDX-License-Identifier: Apache-2.0

package stix

// This file makes and takes apart the identifiers of objects.

import (
	"strings"

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
