// SPDX-License-Identifier: Apache-2.0

package pattern

// This file writes patterns.

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/timestamp"
)

// String is the canonical text: one space between parts, no parentheses that
// change nothing, names in apostrophes only where the text asks for it or
// another reader could stumble. It parses to an equal pattern.
func (p *Pattern) String() string { return string(appendExpression(nil, p.Root, FollowedBy+1)) }

// String is the canonical text of the path.
func (p Path) String() string { return string(appendPath(nil, p)) }

// String is the canonical text of the comparison.
func (c *Comparison) String() string { return string(appendComparison(nil, c)) }

// String is the canonical text of the constant.
func (c Constant) String() string { return string(appendConstant(nil, c)) }

// String is the keyword.
func (o Operator) String() string { return [...]string{"", "AND", "OR", "FOLLOWEDBY"}[o] }

// String is the operator as written in a pattern, without NOT.
func (c Comparator) String() string {
	return [...]string{"", "=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS"}[c]
}

// appendExpression writes an expression that stands within an operator; one
// that binds no more than that stands in parentheses.
func appendExpression(b []byte, e Expression, within Operator) []byte {
	switch e := e.(type) {
	case *Observation:
		b = append(b, '[')
		b = appendTest(b, e.Test, Or+1)
		return append(b, ']')
	case *Qualified:
		b = appendOperand(b, e.Of)
		for _, qualifier := range e.Qualifiers {
			b = append(b, ' ')
			b = appendQualifier(b, qualifier)
		}
	case *Compound:
		if e.Operator >= within {
			b = append(b, '(')
		}
		for i, operand := range e.Operands {
			if i > 0 {
				b = append(b, ' ')
				b = append(b, e.Operator.String()...)
				b = append(b, ' ')
			}
			b = appendExpression(b, operand, e.Operator)
		}
		if e.Operator >= within {
			b = append(b, ')')
		}
	}
	return b
}

// appendOperand writes what qualifiers apply to.
func appendOperand(b []byte, e Expression) []byte {
	if _, simple := e.(*Observation); simple {
		return appendExpression(b, e, And)
	}
	b = append(b, '(')
	b = appendExpression(b, e, FollowedBy+1)
	return append(b, ')')
}

func appendQualifier(b []byte, q Qualifier) []byte {
	switch q.Kind {
	case Within:
		b = append(b, "WITHIN "...)
		b = strconv.AppendFloat(b, q.Seconds, 'f', -1, 64)
		return append(b, " SECONDS"...)
	case StartStop:
		b = append(b, "START t'"...)
		b = append(b, timestamp.FormatShort(q.Start)...)
		b = append(b, "' STOP t'"...)
		b = append(b, timestamp.FormatShort(q.Stop)...)
		return append(b, '\'')
	default:
		b = append(b, "REPEATS "...)
		b = strconv.AppendInt(b, q.Times, 10)
		return append(b, " TIMES"...)
	}
}

func appendTest(b []byte, t Test, within Operator) []byte {
	switch t := t.(type) {
	case *Comparison:
		return appendComparison(b, t)
	case *Junction:
		if t.Operator >= within {
			b = append(b, '(')
		}
		for i, operand := range t.Operands {
			if i > 0 {
				b = append(b, ' ')
				b = append(b, t.Operator.String()...)
				b = append(b, ' ')
			}
			b = appendTest(b, operand, t.Operator)
		}
		if t.Operator >= within {
			b = append(b, ')')
		}
	}
	return b
}

func appendComparison(b []byte, c *Comparison) []byte {
	if c.Operator == Exists {
		if c.Negated {
			b = append(b, "NOT "...)
		}
		b = append(b, "EXISTS "...)
		return appendPath(b, c.Path)
	}
	b = appendPath(b, c.Path)
	if c.Negated {
		b = append(b, " NOT"...)
	}
	b = append(b, ' ')
	b = append(b, c.Operator.String()...)
	b = append(b, ' ')
	if c.Operator != In {
		return appendConstant(b, c.Constants[0])
	}
	b = append(b, '(')
	for i, constant := range c.Constants {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendConstant(b, constant)
	}
	return append(b, ')')
}

func appendPath(b []byte, path Path) []byte {
	b = append(b, path.Type...)
	for i, step := range path.Steps {
		switch step.Kind {
		case Index:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(step.Index), 10)
			b = append(b, ']')
		case Every:
			b = append(b, "[*]"...)
		default:
			if i == 0 {
				b = append(b, ':')
			} else {
				b = append(b, '.')
			}
			b = appendName(b, step.Name)
		}
	}
	return b
}

// appendName writes a name in apostrophes if it is more than letters, digits
// and underscores, or if a reader could take it for a number or a keyword.
func appendName(b []byte, name string) []byte {
	plain := name != "" && !isDigit(name[0]) && wordOf(name) == name && strings.IndexByte(name, '-') < 0
	if plain && !reserved[name] {
		return append(b, name...)
	}
	return appendQuoted(b, name)
}

// reserved are the words that other readers take for keywords wherever they stand.
var reserved = map[string]bool{
	"AND": true, "OR": true, "NOT": true, "FOLLOWEDBY": true, "LIKE": true, "MATCHES": true, "ISSUPERSET": true, "ISSUBSET": true, "EXISTS": true,
	"LAST": true, "IN": true, "START": true, "STOP": true, "SECONDS": true, "TIMES": true, "WITHIN": true, "REPEATS": true, "true": true, "false": true,
}

func appendQuoted(b []byte, text string) []byte {
	b = append(b, '\'')
	for i := range len(text) {
		if text[i] == '\'' || text[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return append(b, '\'')
}

func appendConstant(b []byte, c Constant) []byte {
	switch c.Kind {
	case Integer:
		return strconv.AppendInt(b, c.Integer, 10)
	case Float:
		start := len(b)
		b = strconv.AppendFloat(b, c.Float, 'f', -1, 64)
		if !strings.Contains(string(b[start:]), ".") {
			b = append(b, ".0"...)
		}
		return b
	case Boolean:
		return strconv.AppendBool(b, c.Truth)
	case Binary:
		b = append(b, "b'"...)
		b = base64.StdEncoding.AppendEncode(b, c.Octets)
		return append(b, '\'')
	case Hex:
		b = append(b, "h'"...)
		b = hex.AppendEncode(b, c.Octets)
		return append(b, '\'')
	case Timestamp:
		b = append(b, "t'"...)
		b = append(b, timestamp.FormatShort(c.Time)...)
		return append(b, '\'')
	default:
		return appendQuoted(b, c.Text)
	}
}
