// SPDX-License-Identifier: Apache-2.0

package detect

// This file finds the texts without which a regular expression cannot match.

import (
	"regexp/syntax"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// maxWords is how many texts stand for one expression; past that it is evaluated
// wherever there is a value.
const maxWords = 64

// matchTriggers are the triggers of MATCHES, or nil if nothing can be said. They
// need only be necessary: what they find is verified. STIX 2.1 §9.6.1
func matchTriggers(path pattern.Path, text string) (all []trigger) {
	// Of the expressions that Go reads too, only those with \v mean something else.
	parsed, err := syntax.Parse(norm.NFC.String(text), syntax.Perl|syntax.DotNL)
	if err != nil || strings.Contains(text, `\v`) {
		return nil
	}
	parsed = parsed.Simplify()
	if whole, atStart := literalToEnd(parsed); whole != "" {
		kind := onEnd
		if atStart {
			kind = onNormal
		}
		// The dollar sign lets one line feed follow.
		return []trigger{{path: path, kind: kind, text: whole}, {path: path, kind: kind, text: whole + "\n"}}
	}
	for _, word := range required(parsed) {
		all = append(all, trigger{path: path, kind: onWord, text: word})
	}
	return all
}

// literalToEnd is the literal that an expression ends with, before the end of
// the text, if that says enough; atStart says that nothing may stand before it.
func literalToEnd(re *syntax.Regexp) (text string, atStart bool) {
	if re.Op != syntax.OpConcat || len(re.Sub) < 2 || re.Sub[len(re.Sub)-1].Op != syntax.OpEndText {
		return "", false
	}
	literal := re.Sub[len(re.Sub)-2]
	if literal.Op != syntax.OpLiteral || literal.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	atStart = len(re.Sub) == 3 && re.Sub[0].Op == syntax.OpBeginText
	if len(literal.Rune) < 6 && !atStart {
		return "", false
	}
	return string(literal.Rune), atStart
}

// required are texts of which at least one, in letters of some case, is in
// whatever the expression matches; nil if there are none.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if these := required(sub); these != nil && (best == nil || shortest(these) > shortest(best)) {
				best = these
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			these := required(sub)
			if these == nil || len(all)+len(these) > maxWords {
				return nil
			}
			all = append(all, these...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	return nil
}

func shortest(texts []string) int {
	least := len(texts[0])
	for _, text := range texts[1:] {
		least = min(least, len(text))
	}
	return least
}
