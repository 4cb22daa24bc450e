// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds who a TLP:RED warning is for, on the side that received it.

import (
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/redact"
)

// Named reports whether one of a person's names, as the people of the node know
// it, is among the recipients: in any case, spacing and accents. An empty name is
// nobody's. TLP 2.0
func Named(recipients []string, names ...string) bool {
	for _, recipient := range recipients {
		said := strings.Join(redact.Words(recipient), " ")
		for _, name := range names {
			if said != "" && said == strings.Join(redact.Words(name), " ") {
				return true
			}
		}
	}
	return false
}
