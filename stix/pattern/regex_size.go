// SPDX-License-Identifier: Apache-2.0

package pattern

// This file bounds the work of an expression of MATCHES.

import "regexp/syntax"

// programSize is how many steps an expression takes at each place of a text, at
// worst.
func programSize(text string) int {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

// MaxProgram is how many steps an expression of MATCHES may have once it is
// compiled: each may be taken at every place of a text. One with more is
// [ErrUnsupported].
const MaxProgram = 5000
