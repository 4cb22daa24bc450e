// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the rule about what no schedule may send.

import "github.com/tocsin-exchange/tocsin/stix"

// MayPush says whether an object that its audience allows may leave without a
// person who looks at it, and why not. Persons do not leave by a schedule, nor
// identities that do not say that they are none, accounts that people use, and
// addresses with a name or an owner: people release them.
// Directive (EU) 2016/680 art. 11
func MayPush(object stix.Object) (bool, string) {
	const person = "it is a person, or may be one: a person is sent by people"
	switch object.Type() {
	case "user-account":
		return false, person
	case "email-addr":
		for _, name := range []string{"display_name", "belongs_to_ref"} {
			if _, named := object.Get(name); named {
				return false, person
			}
		}
	case "identity":
		class, _ := object.Get("identity_class")
		switch class {
		case "group", "system", "organization", "class":
			return true, ""
		}
		return false, person
	}
	return true, ""
}
