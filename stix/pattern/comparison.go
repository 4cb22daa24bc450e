// SPDX-License-Identifier: Apache-2.0

package pattern

// This file is the grammar within brackets: comparisons, their operators and
// object paths.

import (
	"fmt"
	"strconv"
	"strings"
)

// test reads comparisons joined by OR and AND, and says which types of object
// can pass. STIX 2.1 §9.6
func (p *parser) test() (Test, types, error) {
	var either types
	one, all, err := chain(p, "OR", func() (Test, error) {
		p.space()
		start := p.at
		operand, can, err := p.conjunction()
		if err == nil && can.empty() {
			p.fault(start, "9.5", "all operands of AND must be satisfiable with the same object: they begin with different object types", "join them by OR, or put each in brackets of its own")
		}
		either.add(can)
		return operand, err
	})
	if all != nil {
		return &Junction{Operator: Or, Operands: all}, either, nil
	}
	return one, either, err
}

func (p *parser) conjunction() (Test, types, error) {
	var both types
	first := true
	one, all, err := chain(p, "AND", func() (Test, error) {
		operand, can, err := p.proposition()
		if first {
			both, first = can, false
		} else {
			both.keep(can)
		}
		return operand, err
	})
	if all != nil {
		return &Junction{Operator: And, Operands: all}, both, nil
	}
	return one, both, err
}

// proposition reads one comparison, or a test in parentheses.
func (p *parser) proposition() (Test, types, error) {
	if p.take('(') {
		if err := p.deeper(); err != nil {
			return nil, types{}, err
		}
		inner, can, err := p.test()
		if err != nil {
			return nil, types{}, err
		}
		if !p.take(')') {
			return nil, types{}, p.expected("9.6", "AND, OR or )", p.keywordHint())
		}
		p.shallower()
		if can.empty() { // told where it began
			can = types{any: true}
		}
		return inner, can, nil
	}
	comparison, err := p.comparison()
	if err != nil {
		return nil, types{}, err
	}
	return comparison, types{one: comparison.Path.Type}, nil
}

// comparison reads a path, an operator and constants, or EXISTS and a path.
// STIX 2.1 §9.6.1
func (p *parser) comparison() (*Comparison, error) {
	_, negated := p.keyword("NOT")
	_, exists := p.keyword("EXISTS")
	if negated && !exists {
		return nil, p.expected("9.6.1", "EXISTS", "NOT stands before an operator, not before a path")
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	c := &Comparison{Path: path, Negated: negated, Operator: Exists}
	if exists {
		return c, p.count()
	}
	if _, c.Negated = p.keyword("NOT"); !c.Negated {
		p.space()
	}
	if c.Operator, err = p.comparator(); err != nil {
		return nil, err
	}
	p.space()
	start := p.at
	if c.Operator == In {
		c.Constants, err = p.set()
	} else {
		c.Constants = make([]Constant, 1)
		if c.Constants[0], err = p.constant(); err == nil {
			err = p.count()
		}
	}
	if err == nil {
		p.rules(start, c)
	}
	return c, err
}

// count counts a term.
func (p *parser) count() error {
	if p.terms++; p.terms > MaxTerms {
		return p.stop(p.at, "9.4", fmt.Sprintf("a pattern has at most %d terms here", MaxTerms), "split it into several indicators")
	}
	return nil
}

// symbols are the operators that are not words, the longer ones first. The text
// knows neither == nor <>; the grammar of the tools does.
var symbols = []struct {
	text       string
	comparator Comparator
}{
	{"==", Equal}, {"=", Equal}, {"!=", NotEqual}, {"<>", NotEqual},
	{"<=", LessOrEqual}, {"<", Less}, {">=", GreaterOrEqual}, {">", Greater},
}

// words are the operators that are words.
var words = map[string]Comparator{
	"IN": In, "LIKE": Like, "MATCHES": Matches, "ISSUBSET": IsSubset, "ISSUPERSET": IsSuperset,
}

func (p *parser) comparator() (Comparator, error) {
	p.space()
	for _, symbol := range symbols {
		if strings.HasPrefix(p.text[p.at:], symbol.text) {
			p.at += len(symbol.text)
			return symbol.comparator, nil
		}
	}
	word := wordOf(p.text[p.at:])
	if comparator, known := words[word]; known {
		p.at += len(word)
		return comparator, nil
	}
	hint := p.keywordHint()
	if word == "EXISTS" {
		hint = "EXISTS stands before the path"
	}
	return 0, p.expected("9.6.1", "a comparison operator (=, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET)", hint)
}

// set reads the constants of IN. An empty set breaks no rule of the text:
// nothing is in it.
func (p *parser) set() (all []Constant, err error) {
	if !p.take('(') {
		return nil, p.expected("9.6.1", "( and the set of IN", "")
	}
	all = []Constant{}
	if p.take(')') {
		return all, nil
	}
	for {
		p.space()
		one, err := p.constant()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if err := p.count(); err != nil {
			return nil, err
		}
		if p.take(')') {
			return all, nil
		}
		if !p.take(',') {
			return nil, p.expected("9.6.1", "a comma or )", "")
		}
	}
}

// path reads an object path. STIX 2.1 §9.7
func (p *parser) path() (Path, error) {
	p.space()
	start := p.at
	path := Path{Type: p.word()}
	if path.Type == "" || path.Type[0] == '-' {
		p.at = start
		return path, p.expected("9.7", "an object path", "it begins with an object type and a colon, as in file:name")
	}
	if !p.take(':') {
		return path, p.expected("9.7", "a colon and a property", "an object path is an object type, a colon and properties, as in file:name")
	}
	name, err := p.name()
	if err != nil {
		return path, err
	}
	path.Steps = []Step{{Kind: Property, Name: name}}
	for {
		step := Step{Kind: Property}
		switch p.peek() {
		case '.':
			p.at++
			step.Name, err = p.name()
		case '[':
			p.at++
			step, err = p.index()
		default:
			return path, nil
		}
		if err != nil {
			return path, err
		}
		if len(path.Steps) == MaxSteps {
			return path, p.stop(p.at, "9.7", fmt.Sprintf("an object path has at most %d steps here", MaxSteps), "")
		}
		path.Steps = append(path.Steps, step)
	}
}

// name reads the name of a property or the key of a dictionary.
func (p *parser) name() (string, error) {
	if p.peek() == '\'' {
		start := p.at
		name, err := p.quoted()
		if err == nil && name == "" {
			p.fault(start, "9.7", "the name of a property is not empty", "")
		}
		return name, err
	}
	start := p.at
	name := p.word()
	if name == "" {
		return "", p.expected("9.7", "the name of a property", "a name with other signs than letters, digits and _ stands in apostrophes")
	}
	if strings.ContainsRune(name, '-') {
		p.fault(start, "9.7", "a property name with a hyphen stands in apostrophes", "write '"+name+"'")
	}
	return name, nil
}

// index reads what stands in the brackets of a list. STIX 2.1 §9.7.2
func (p *parser) index() (Step, error) {
	step := Step{Kind: Every}
	if !p.take('*') {
		start := p.at
		negative := p.take('-')
		digits := p.digits()
		index, err := strconv.Atoi(digits)
		if digits == "" || len(digits) > 1 && digits[0] == '0' || p.at < len(p.text) && isWord(p.text[p.at]) {
			return step, p.expected("9.7.2", "* or the index of a list", "")
		}
		if err != nil || index > MaxInteger || negative {
			p.fault(start, "9.7.2", "the index of a list is an integer from 0", "")
		}
		step = Step{Kind: Index, Index: index}
	}
	if !p.take(']') {
		return step, p.expected("9.7.2", "]", "")
	}
	return step, nil
}
