// SPDX-License-Identifier: Apache-2.0

package policy

// This file refuses a text that would keep whoever reads it busy, before it is
// parsed.

import "strconv"

const (
	// maxDepth is how deep brackets may lie in one another: each is a call of the
	// parser to itself.
	maxDepth = 100
	// maxRule is how long one rule may be, in bytes: a chain of signs is as deep as
	// it is long.
	maxRule = 16 << 10
	// maxFaults is how many faults of a text are listed.
	maxFaults = 100
)

// bounded reports whether the text may be parsed, and says what is wrong if not.
func (c *checking) bounded() bool {
	depth, begins, length, quoted := 0, 0, 0, false
	for i := 0; i < len(c.text); i++ {
		b := c.text[i]
		length++
		switch {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '/' && i+1 < len(c.text) && c.text[i+1] == '/':
			for i+1 < len(c.text) && c.text[i+1] != '\n' {
				i++ // a comment is none of the rule
			}
		case b == '(' || b == '[' || b == '{':
			if depth++; depth > maxDepth {
				c.fault(span{i, len(c.text)}, "", "", "brackets lie more than "+strconv.Itoa(maxDepth)+" deep in one another")
				return false
			}
		case b == ')' || b == ']' || b == '}':
			depth--
		case b == ';':
			depth, begins, length = 0, i+1, 0
		}
		if length > maxRule {
			c.fault(span{begins, len(c.text)}, "", "", "a rule is longer than "+strconv.Itoa(maxRule)+" bytes")
			return false
		}
	}
	return true
}
