// SPDX-License-Identifier: Apache-2.0

package pattern

// This file turns the regular expressions of MATCHES into Go's.

import "regexp/syntax"

// regexSyntax reads a regular expression of MATCHES. STIX 2.1 §9.6.1
func regexSyntax(text string) (*syntax.Regexp, error) {
	return syntax.Parse(text, syntax.Perl|syntax.DotNL)
}
