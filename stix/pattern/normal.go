// SPDX-License-Identifier: Apache-2.0

package pattern

// This file brings what stands in brackets, and its constants, into the normal
// form by which patterns are compared.

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// testForm is the normal form of what stands in brackets.
func testForm(t Test) (string, error) {
	n := &literals{numbers: make(map[string]int)}
	all, err := n.alternatives(t)
	if err != nil {
		return "", err
	}
	for i := range all {
		slices.Sort(all[i])
		all[i] = slices.Compact(all[i])
	}
	all = slices.DeleteFunc(all, n.impossible)
	all = minimal(all)
	keys := make([]string, len(all))
	for i, conjunction := range all {
		words := make([]string, len(conjunction))
		for j, number := range conjunction {
			words[j] = n.texts[number]
		}
		slices.Sort(words)
		keys[i] = strings.Join(words, " AND ")
	}
	slices.Sort(keys)
	return strings.Join(keys, " OR "), nil
}

// literals number the different comparisons of one observation expression.
type literals struct {
	numbers map[string]int
	texts   []string
	types   []string
}

func (n *literals) number(text, objectType string) int {
	number, known := n.numbers[text]
	if !known {
		number = len(n.texts)
		n.numbers[text] = number
		n.texts, n.types = append(n.texts, text), append(n.types, objectType)
	}
	return number
}

// impossible reports whether a conjunction begins with different types.
func (n *literals) impossible(conjunction []int) bool {
	return slices.ContainsFunc(conjunction, func(i int) bool { return n.types[i] != n.types[conjunction[0]] })
}

func (n *literals) alternatives(t Test) (all [][]int, err error) {
	if c, single := t.(*Comparison); single {
		for _, text := range comparisonForms(c) {
			all = append(all, []int{n.number(text, c.Path.Type)})
		}
		return all, nil
	}
	junction, _ := t.(*Junction)
	product := [][]int{nil}
	for _, operand := range junction.Operands {
		some, err := n.alternatives(operand)
		if err != nil {
			return nil, err
		}
		if junction.Operator == Or {
			if all = append(all, some...); len(all) > MaxTerms {
				return nil, ErrTooComplex
			}
			continue
		}
		if product, err = multiply(product, some); err != nil {
			return nil, err
		}
	}
	if junction.Operator == Or {
		return all, nil
	}
	return product, nil
}

// minimal leaves out conjunctions that hold all of another, and repetitions.
func minimal(all [][]int) [][]int {
	slices.SortFunc(all, func(a, b []int) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b))
	})
	byFirst := make(map[int][][]int) // those kept, by their first literal
	var kept [][]int
	for _, conjunction := range all {
		idle := slices.ContainsFunc(conjunction, func(literal int) bool {
			return slices.ContainsFunc(byFirst[literal], func(smaller []int) bool { return within(smaller, conjunction) })
		})
		if !idle {
			kept = append(kept, conjunction)
			byFirst[conjunction[0]] = append(byFirst[conjunction[0]], conjunction)
		}
	}
	return kept
}

// within reports whether all of a is in b; both are sorted.
func within(a, b []int) bool {
	for _, want := range a {
		i, found := slices.BinarySearch(b, want)
		if !found {
			return false
		}
		b = b[i+1:]
	}
	return true
}

// comparisonForms are the normal forms of a comparison, several if it is a set
// to be met by any: IN is a chain of =. Each is negated or not as the whole is.
func comparisonForms(c *Comparison) []string {
	form := *c
	form.Constants = make([]Constant, len(c.Constants))
	every := slices.ContainsFunc(c.Path.Steps, func(step Step) bool { return step.Kind == Every })
	keys := make([]string, len(c.Constants))
	for i, constant := range c.Constants {
		form.Constants[i] = canonical(c, constant)
		keys[i] = constantKey(form.Constants[i])
	}
	switch {
	case c.Operator == NotEqual && !every: // one value is unequal if it is not equal
		form.Operator, form.Negated = Equal, !c.Negated
	case c.Operator == In && len(keys) == 1:
		form.Operator = Equal
	case c.Operator == In:
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	path := form.Path.String()
	if form.Negated {
		path += " NOT"
	}
	path += " " + form.Operator.String() + " "
	if c.Operator == In && !c.Negated {
		path = form.Path.String() + " = "
		for i := range keys {
			keys[i] = path + keys[i]
		}
		return keys
	}
	return []string{path + strings.Join(keys, ", ")}
}

// constantKey tells equal constants by equal texts, whatever their type.
func constantKey(c Constant) string {
	switch c.Kind {
	case Integer:
		return strconv.FormatFloat(float64(c.Integer), 'g', -1, 64)
	case Float:
		return strconv.FormatFloat(c.Float, 'g', -1, 64)
	case Binary:
		c.Kind = Hex
	}
	return c.String()
}

// canonical is a constant as the property it is held against has it.
func canonical(c *Comparison, constant Constant) Constant {
	if constant.Kind != String || c.Operator == Like || c.Operator == Matches {
		return constant
	}
	steps := c.Path.Steps
	switch c.Path.Type {
	case "ipv4-addr", "ipv6-addr":
		if len(steps) == 1 && steps[0].Name == "value" {
			constant.Text = canonicalNetwork(constant.Text)
		}
	case "windows-registry-key":
		key := len(steps) == 1 && steps[0].Name == "key"
		name := len(steps) == 3 && steps[0].Name == "values" && steps[1].Kind != Property && steps[2].Name == "name"
		if key || name {
			constant.Text = strings.ToLower(constant.Text)
		}
	}
	return constant
}

// canonicalNetwork writes an address or network the shortest way; what is none
// stays. Other writers put zeros before the numbers of an IPv4 address.
func canonicalNetwork(text string) string {
	address, bits, prefixed := strings.Cut(text, "/")
	if numbers := strings.Split(address, "."); len(numbers) == 4 {
		for i, number := range numbers {
			if trimmed := strings.TrimLeft(number, "0"); trimmed != "" {
				numbers[i] = trimmed
			} else if number != "" {
				numbers[i] = "0"
			}
		}
		address = strings.Join(numbers, ".")
	}
	if prefixed {
		address += "/" + bits
	}
	prefix, ok := network(address)
	switch {
	case !ok:
		return text
	case prefix.IsSingleIP():
		return prefix.Addr().String()
	default:
		return prefix.String()
	}
}
