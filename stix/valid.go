// SPDX-License-Identifier: Apache-2.0

package stix

// This file says in one error whether an object can be taken in.

import (
	"cmp"
	"fmt"
)

// Valid is the first MUST of the standard that an object breaks, as an error
// that names its section and path; nil if it breaks none. [Check] says all. Of an
// object that breaks more than [MaxViolations] it is one of them.
func Valid(object Object) error {
	found := musts(object)
	if len(found) == 0 {
		return nil
	}
	return fmt.Errorf("%s (STIX 2.1 §%s, %s)", found[0].Rule, found[0].Section, cmp.Or(found[0].Path, "the object"))
}
