// SPDX-License-Identifier: Apache-2.0

package stix

// This file says in one error whether an object can be taken in.

import (
	"cmp"
	"fmt"
)

// Valid is the first MUST of the standard that an object breaks, as an error
// that names its section and path; nil if it breaks none. [Check] says all.
func Valid(object Object) error {
	for _, violation := range Check(object) {
		if violation.Level == Must {
			return fmt.Errorf("%s (STIX 2.1 §%s, %s)", violation.Rule, violation.Section, cmp.Or(violation.Path, "the object"))
		}
	}
	return nil
}
