// SPDX-License-Identifier: Apache-2.0

package policy

// This file tells what may be a person: people send persons, no schedule does.

import "github.com/tocsin-exchange/tocsin/stix"

// maybePerson reports whether an object is a person or may be one: so are
// identities that do not say that they are none, accounts that people use, and
// addresses with a name or an owner.
// Directive (EU) 2016/680 art. 11
func maybePerson(object stix.Object) bool {
	switch object.Type() {
	case "user-account":
		return true
	case "email-addr":
		for _, name := range []string{"display_name", "belongs_to_ref"} {
			if _, named := object.Get(name); named {
				return true
			}
		}
	case "identity":
		class, _ := object.Get("identity_class")
		switch class {
		case "group", "system", "organization", "class":
			return false
		}
		return true
	}
	return false
}
