// SPDX-License-Identifier: Apache-2.0

// Package pattern is STIX patterning, the language of the pattern property of
// indicators: read, written, compared and matched. It conforms to level 3 of the
// specification: every comparison operator, observation operator and qualifier.
// STIX 2.1 §9, §12.7
//
// [Parse] reads a text into a [Pattern], a tree that other packages may walk;
// [Check] lists everything that is wrong with one. [Pattern.String] writes the
// canonical text: it parses to an equal tree. [Equivalent] says whether two
// patterns match the same observations. A [Matcher] takes in observations one by
// one and says what matched.
//
// A pattern that breaks a rule of the text is invalid, whether it can be parsed
// or not, and never becomes a Pattern: so it matches nothing. STIX 2.1 §9.4
//
// The package does no I/O and reads no clock. It does not panic on any input,
// and its limits are stated in constants.
package pattern

import "time"

// Limits of one pattern. What goes past them is refused.
const (
	// MaxLength is the longest text read, in bytes.
	MaxLength = 8 << 20
	// MaxTerms is the largest number of constants and EXISTS in a pattern.
	MaxTerms = 200_000
	// MaxDepth is the deepest nesting of parentheses, those around observation
	// expressions and those within brackets counted alike.
	MaxDepth = 100
	// MaxSteps is the largest number of steps in an object path.
	MaxSteps = 100
	// MaxInteger is the largest magnitude of an integer. STIX 2.1 §2.10
	MaxInteger = 1<<53 - 1
)

// A Pattern is a valid pattern expression. STIX 2.1 §9.4
type Pattern struct {
	Root Expression
}

// An Expression is an observation expression: an [*Observation], a [*Compound]
// or a [*Qualified]. STIX 2.1 §9.5
type Expression interface{ expression() }

// An Observation is what stands in brackets: a test that one SCO of one
// observation must pass. STIX 2.1 §9.5
type Observation struct {
	Test Test
}

// A Compound joins two or more expressions by one operator: And, Or or
// FollowedBy. A chain without parentheses is one Compound. STIX 2.1 §9.5.2
type Compound struct {
	Operator Operator
	Operands []Expression
}

// A Qualified is an expression with its qualifiers, in the order written, of
// each kind at most one. Each applies to what stands before it.
// STIX 2.1 §9.5.1
type Qualified struct {
	Of         Expression
	Qualifiers []Qualifier
}

func (*Observation) expression() {}
func (*Compound) expression()    {}
func (*Qualified) expression()   {}

// An Operator joins expressions or tests. FollowedBy joins only expressions.
type Operator int

// The operators, from the one that binds most. STIX 2.1 §9.5.3
const (
	And Operator = iota + 1
	Or
	FollowedBy
)

// A Qualifier restricts what an expression matches. STIX 2.1 §9.5.1
type Qualifier struct {
	Kind    QualifierKind
	Seconds float64   // of Within, above 0
	Start   time.Time // of StartStop: the first moment in it
	Stop    time.Time // of StartStop: the first moment after it
	Times   int64     // of Repeats, above 0
}

// A QualifierKind is what a qualifier does.
type QualifierKind int

// The qualifiers of STIX 2.1 §9.5.1.
const (
	Within QualifierKind = iota + 1
	StartStop
	Repeats
)

// A Test is what an SCO must pass: a [*Comparison] or a [*Junction].
// STIX 2.1 §9.6
type Test interface{ test() }

// A Junction joins two or more tests by And or Or. A chain without parentheses
// is one Junction. STIX 2.1 §9.6
type Junction struct {
	Operator Operator
	Operands []Test
}

// A Comparison holds what a path leads to against constants. Where the path leads
// nowhere it is false, whatever the operator, NOT included: so NOT EXISTS is never
// true. STIX 2.1 §9.6, §9.6.1
type Comparison struct {
	Path     Path
	Negated  bool // NOT stands before the operator
	Operator Comparator
	// Constants are the set of In, none for Exists, and otherwise one: for Like,
	// Matches, IsSubset and IsSuperset of kind String.
	Constants []Constant
}

func (*Junction) test()   {}
func (*Comparison) test() {}

// A Comparator is a comparison operator. STIX 2.1 §9.6.1
type Comparator int

// The comparison operators of STIX 2.1 §9.6.1.
const (
	Equal Comparator = iota + 1
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	In
	Like
	Matches
	IsSubset
	IsSuperset
	Exists
)

// A Path leads from an SCO of a type to a value. The first step is a property.
// STIX 2.1 §9.7
type Path struct {
	Type  string // of the SCO
	Steps []Step
}

// A Step leads from a value into it. STIX 2.1 §9.7
type Step struct {
	Kind  StepKind
	Name  string // of Property
	Index int    // of Index, from 0
}

// A StepKind is where a step leads.
type StepKind int

const (
	// Property is a property, a key of a dictionary, or a property of what a
	// reference refers to. STIX 2.1 §9.7.1, §9.7.3, §9.7.4
	Property StepKind = iota + 1
	// Index is one item of a list. STIX 2.1 §9.7.2
	Index
	// Every is any item of a list, written [*]. STIX 2.1 §9.7.2
	Every
)

// A Constant is a value in a pattern. STIX 2.1 §9.2
type Constant struct {
	Kind    ConstantKind
	Text    string    // of String, without apostrophes and escapes
	Integer int64     // of Integer
	Float   float64   // of Float
	Truth   bool      // of Boolean
	Octets  []byte    // of Binary and Hex, decoded
	Time    time.Time // of Timestamp
}

// A ConstantKind is the type of a constant.
type ConstantKind int

// The types of constants of STIX 2.1 §9.2.
const (
	String ConstantKind = iota + 1
	Integer
	Float
	Boolean
	Binary
	Hex
	Timestamp
)

// Observations walks an expression and yields each of its observation
// expressions, from left to right.
func Observations(root Expression) func(yield func(*Observation) bool) {
	return func(yield func(*Observation) bool) { observations(root, yield) }
}

func observations(root Expression, yield func(*Observation) bool) bool {
	switch e := root.(type) {
	case *Observation:
		return yield(e)
	case *Qualified:
		return observations(e.Of, yield)
	case *Compound:
		for _, operand := range e.Operands {
			if !observations(operand, yield) {
				return false
			}
		}
	}
	return true
}

// Comparisons walks a test and yields each comparison in it, from left to right.
func Comparisons(root Test) func(yield func(*Comparison) bool) {
	return func(yield func(*Comparison) bool) { comparisons(root, yield) }
}

func comparisons(root Test, yield func(*Comparison) bool) bool {
	switch e := root.(type) {
	case *Comparison:
		return yield(e)
	case *Junction:
		for _, operand := range e.Operands {
			if !comparisons(operand, yield) {
				return false
			}
		}
	}
	return true
}
