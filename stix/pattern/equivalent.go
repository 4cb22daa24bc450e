// SPDX-License-Identifier: Apache-2.0

package pattern

// This file compares patterns: each is brought into a normal form, and the
// forms are compared as texts.

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// ErrTooComplex is what [Equivalent] returns for patterns whose normal form
// would have too many alternatives.
var ErrTooComplex = errors.New("pattern: too many alternatives to compare")

// maxAlternatives bounds what multiplying out makes of one expression.
const maxAlternatives = 20_000

// Equivalent reports whether two patterns mean the same. It knows that order and
// repetition do not matter to OR, nor order to AND; that both reach over OR;
// that an alternative is idle that asks for more than another; which constants
// are equal, among them addresses and networks as the SCOs of type ipv4-addr and
// ipv6-addr write them, and keys and names of values of the Windows registry in
// capitals or not. REPEATS is AND written shorter; other qualifiers are taken as
// they stand. So true is sure; false may be said of patterns whose sameness is
// harder to see.
//
// The error is [ErrTooComplex].
func Equivalent(a, b *Pattern) (bool, error) {
	first, err := normalForm(a.Root)
	if err != nil {
		return false, err
	}
	second, err := normalForm(b.Root)
	return first == second, err
}

// normalForm is the text that equivalent expressions share.
func normalForm(e Expression) (string, error) {
	all, err := alternatives(e)
	if err != nil {
		return "", err
	}
	return formOf(all)
}

// formOf is the normal form of alternatives.
func formOf(all []*demand) (string, error) {
	all, err := absorbed(all)
	if err != nil {
		return "", err
	}
	keys := make([]string, len(all))
	for i, one := range all {
		keys[i] = one.key
	}
	return strings.Join(keys, " OR "), nil
}

// A demand is what one alternative asks for: an expression without OR. Parts of
// And are in the order of their keys, parts of FollowedBy in that of time.
type demand struct {
	operator Operator // 0: one observation expression, maybe with qualifiers
	parts    []*demand
	key      string
}

// join makes one demand of several; those of the same operator are taken in.
func join(operator Operator, parts []*demand) *demand {
	if len(parts) == 1 {
		return parts[0]
	}
	joined := &demand{operator: operator}
	for _, part := range parts {
		if part.operator == operator {
			joined.parts = append(joined.parts, part.parts...)
		} else {
			joined.parts = append(joined.parts, part)
		}
	}
	if operator == And {
		slices.SortFunc(joined.parts, func(a, b *demand) int { return cmp.Compare(a.key, b.key) })
	}
	var key strings.Builder
	for i, part := range joined.parts {
		if i > 0 {
			key.WriteString(" " + operator.String() + " ")
		}
		if part.operator == 0 {
			key.WriteString(part.key)
		} else {
			key.WriteString("(" + part.key + ")")
		}
	}
	joined.key = key.String()
	return joined
}

// alternatives multiplies an expression out until OR stands outermost.
func alternatives(e Expression) ([]*demand, error) {
	switch e := e.(type) {
	case *Observation:
		key, err := testForm(e.Test)
		return []*demand{{key: "[" + key + "]"}}, err
	case *Qualified:
		return qualifiedForm(e)
	case *Compound:
		return compoundForm(e)
	}
	return nil, nil
}

func compoundForm(e *Compound) (all []*demand, err error) {
	product := [][]*demand{nil}
	for _, operand := range e.Operands {
		some, err := alternatives(operand)
		if err != nil {
			return nil, err
		}
		if e.Operator == Or {
			if all = append(all, some...); len(all) > maxAlternatives {
				return nil, ErrTooComplex
			}
			continue
		}
		parts := make([][]*demand, len(some))
		for i := range some {
			parts[i] = some[i : i+1]
		}
		if product, err = multiply(product, parts); err != nil {
			return nil, err
		}
	}
	if e.Operator == Or {
		return all, nil
	}
	for _, parts := range product {
		all = append(all, join(e.Operator, parts))
	}
	return all, nil
}

// multiply puts each of some behind each of product.
func multiply[T any](product, some [][]T) ([][]T, error) {
	if len(some) == 1 {
		for i := range product {
			product[i] = append(product[i], some[0]...)
		}
		return product, nil
	}
	if len(product)*len(some) > maxAlternatives {
		return nil, ErrTooComplex
	}
	var larger [][]T
	for _, left := range product {
		for _, right := range some {
			larger = append(larger, slices.Concat(left, right))
		}
	}
	return larger, nil
}

// qualifiedForm takes what is qualified as one whole. START and STOP hold for
// each observation, wherever among the qualifiers they stand; REPEATS is a
// shorthand for AND. STIX 2.1 §9.5.1
func qualifiedForm(e *Qualified) ([]*demand, error) {
	qualifiers := slices.SortedStableFunc(slices.Values(e.Qualifiers), func(a, b Qualifier) int {
		return cmp.Compare(outermost(a), outermost(b))
	})
	all, err := alternatives(e.Of)
	if err != nil {
		return nil, err
	}
	if qualifiers[0].Kind == Repeats {
		written := false
		if all, written, err = copies(all, qualifiers[0].Times); err != nil {
			return nil, err
		}
		if written {
			qualifiers = qualifiers[1:]
		}
	}
	if len(qualifiers) == 0 {
		return all, nil
	}
	form, err := formOf(all)
	if err != nil {
		return nil, err
	}
	key := []byte("(" + form + ")")
	for _, qualifier := range qualifiers {
		key = appendQualifier(append(key, ' '), qualifier)
	}
	return []*demand{{key: string(key)}}, nil
}

// maxWritten bounds how many parts a repetition is written out into.
const maxWritten = 1_000

// copies writes a repetition out, unless it is long.
func copies(all []*demand, times int64) (_ []*demand, written bool, err error) {
	size := 0
	single := make([][]*demand, len(all))
	for i, one := range all {
		single[i] = all[i : i+1]
		size += 1 + len(one.parts)
	}
	if times > maxWritten || int64(size)*times > maxWritten {
		return all, false, nil
	}
	product := [][]*demand{nil}
	for range times {
		if product, err = multiply(product, single); err != nil {
			return nil, false, err
		}
	}
	var repeated []*demand
	for _, parts := range product {
		repeated = append(repeated, join(And, parts))
	}
	return repeated, true, nil
}

func outermost(q Qualifier) int {
	if q.Kind == StartStop {
		return 1
	}
	return 0
}

// absorbed leaves out alternatives that ask for all that another asks for, and
// sorts the rest.
func absorbed(all []*demand) ([]*demand, error) {
	slices.SortFunc(all, func(a, b *demand) int { return cmp.Compare(a.key, b.key) })
	all = slices.CompactFunc(all, func(a, b *demand) bool { return a.key == b.key })
	single := make(map[string]bool)
	var joined []*demand
	for _, one := range all {
		if one.operator == 0 {
			single[one.key] = true
		} else {
			joined = append(joined, one)
		}
	}
	work := 0
	idle := func(one *demand) bool {
		if one.operator == 0 {
			return false
		}
		if one.asksForOne(single) {
			return true
		}
		for _, other := range joined {
			if work++; other != one && one.asksFor(other, &work) {
				return true
			}
		}
		return false
	}
	var kept []*demand
	for _, one := range all {
		if !idle(one) {
			kept = append(kept, one)
		}
		if work > maxWork {
			return nil, ErrTooComplex
		}
	}
	return kept, nil
}

// maxWork bounds how many pairs of demands are compared.
const maxWork = 5_000_000

// asksForOne reports whether one of the single demands is part of d.
func (d *demand) asksForOne(single map[string]bool) bool {
	if d.operator == 0 {
		return single[d.key]
	}
	return slices.ContainsFunc(d.parts, func(part *demand) bool { return part.asksForOne(single) })
}

// asksFor reports whether what meets d meets other too. It may say no though it
// does, but of two demands that ask for each other it says so only if they are
// the same: no two alternatives absorb each other.
func (d *demand) asksFor(other *demand, work *int) bool {
	if *work++; d.key == other.key {
		return true
	}
	if d.operator == 0 {
		return false
	}
	if slices.ContainsFunc(d.parts, func(part *demand) bool { return part.asksFor(other, work) }) {
		return true
	}
	if other.operator == 0 || len(other.parts) > len(d.parts) || other.operator == FollowedBy && d.operator == And {
		return false
	}
	// Each part of other is met by a part of d of its own: in their order if time
	// matters, and by the first that does.
	used, from := make([]bool, len(d.parts)), 0
	for _, want := range other.parts {
		found := false
		for i := from; i < len(d.parts) && !found; i++ {
			if !used[i] && d.parts[i].asksFor(want, work) {
				used[i], found = true, true
				if other.operator == FollowedBy {
					from = i + 1
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}
