// SPDX-License-Identifier: Apache-2.0

package policy

// This file knows which words an attribute may hold, so that a rule with a word
// that never occurs is refused instead of doing nothing.

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// vocabulary returns the words that an attribute of this name may hold; nil if
// they are not a list.
func vocabulary(attribute string) []string {
	switch attribute {
	case "label", "given_label", "warning_label":
		return append(words(handling.TLPs()), "")
	case "codes", "given_codes":
		return words([]handling.Code{handling.H0, handling.H1, handling.H2, handling.H3})
	case "caveats", "given_caveats":
		return words(handling.Caveats())
	case "state":
		return words([]partner.State{partner.Pending, partner.Active, partner.Limited, partner.Suspended, partner.Frozen, partner.Expelled})
	case "stage":
		return append(words([]warning.Stage{warning.Composed, warning.Approved, warning.Waiting, warning.Released, warning.Withdrawn}), "")
	case "precedence":
		return append(words(handling.Precedences()), "")
	case "threat_type":
		return append(words(warning.ThreatTypes()), "")
	case "target_kind":
		return append(words(warning.TargetKinds()), "")
	case "confidence":
		return append(words([]handling.Confidence{handling.Low, handling.Moderate, handling.High}), "")
	case "probability":
		all := []string{""}
		for _, row := range handling.Estimates() {
			all = append(all, string(row.Words[0]), string(row.Words[1]))
		}
		return all
	case "review":
		return []string{reviewDue, reviewPast, reviewNone}
	case "purpose":
		return append(handling.FilePurposes(), "")
	case "file":
		return []string{FileDossier, FileMessage, FileRecord}
	case "roles":
		return []string{"analyst", "releaser", "duty-officer", "administrator", "overseer"}
	}
	return nil
}

func words[Word ~string](list []Word) []string {
	all := make([]string, len(list))
	for i, word := range list {
		all[i] = string(word)
	}
	return all
}

// said is a word that a rule compares an attribute with.
// The forms of words that are no list: in letters that only look the same a word
// is another.
var (
	formOfName    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^$`)
	formOfCountry = regexp.MustCompile(`^[A-Z]{2}$|^$`)
	formOfGrade   = regexp.MustCompile(`^[A-F][1-6]$|^$`)
	formOfType    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$|^$`)
	formOfAny     = regexp.MustCompile(`^[ -~]*$`)
)

// form is the form of the words that an attribute may hold, where they are no list.
func form(attribute string) *regexp.Regexp {
	switch attribute {
	case "name", "partner":
		return formOfName
	case "country":
		return formOfCountry
	case "grade":
		return formOfGrade
	case "type", "kind":
		return formOfType
	}
	return formOfAny
}

// matches reports whether some word of the attribute may be like the pattern.
func matches(like ast.NodeTypeLike) bool {
	name, ok := attributeOf(like.Arg)
	if list := vocabulary(name); ok && list != nil {
		return slices.ContainsFunc(list, func(word string) bool { return like.Value.Match(types.String(word)) })
	}
	return formOfAny.Match(like.Value.MarshalCedar())
}

type said struct{ attribute, word string }

// foreignWords are the words in a condition that their attribute never holds.
func foreignWords(body ast.IsNode) (all []said) {
	ast.Inspect(ast.NewNode(body), func(node ast.IsNode) bool {
		for _, one := range comparisons(node) {
			if list := vocabulary(one.attribute); list != nil && !slices.Contains(list, one.word) || list == nil && !form(one.attribute).MatchString(one.word) {
				all = append(all, one)
			}
		}
		if like, ok := node.(ast.NodeTypeLike); ok && !matches(like) {
			name, _ := attributeOf(like.Arg)
			all = append(all, said{name, strings.Trim(string(like.Value.MarshalCedar()), `"`)})
		}
		return true
	})
	return all
}

// comparisons are the words that one node compares an attribute with.
func comparisons(node ast.IsNode) (all []said) {
	add := func(attribute, literal ast.IsNode) {
		name, ok := attributeOf(attribute)
		if !ok {
			return
		}
		for _, word := range literals(literal) {
			all = append(all, said{name, word})
		}
	}
	switch node := node.(type) {
	case ast.NodeTypeEquals:
		add(node.Left, node.Right)
		add(node.Right, node.Left)
	case ast.NodeTypeNotEquals:
		add(node.Left, node.Right)
		add(node.Right, node.Left)
	case ast.NodeTypeContains:
		add(node.Left, node.Right)
		add(node.Right, node.Left)
	case ast.NodeTypeContainsAny:
		add(node.Left, node.Right)
		add(node.Right, node.Left)
	case ast.NodeTypeContainsAll:
		add(node.Left, node.Right)
		add(node.Right, node.Left)
	}
	return all
}

func attributeOf(node ast.IsNode) (string, bool) {
	access, ok := node.(ast.NodeTypeAccess)
	return string(access.Value), ok
}

// literals are the words of a literal or a set of them.
func literals(node ast.IsNode) (all []string) {
	switch node := node.(type) {
	case ast.NodeValue:
		if word, ok := node.Value.(types.String); ok {
			return []string{string(word)}
		}
		if set, ok := node.Value.(types.Set); ok {
			for value := range set.All() {
				if word, ok := value.(types.String); ok {
					all = append(all, string(word))
				}
			}
		}
	case ast.NodeTypeSet:
		for _, element := range node.Elements {
			all = append(all, literals(element)...)
		}
	}
	return all
}

// contradiction finds an attribute that must be two words at once: a == "x" and
// a == "y" in one conjunction.
func contradiction(body ast.IsNode) (said, bool) {
	must := make(map[string]said)
	return walkAnd(body, must)
}

func walkAnd(node ast.IsNode, must map[string]said) (said, bool) {
	switch node := node.(type) {
	case ast.NodeTypeAnd:
		if found, twice := walkAnd(node.Left, must); twice {
			return found, true
		}
		return walkAnd(node.Right, must)
	case ast.NodeTypeEquals:
		access, ok := node.Left.(ast.NodeTypeAccess)
		of, named := access.Arg.(ast.NodeTypeVariable)
		list := literals(node.Right)
		if !ok || !named || len(list) != 1 {
			return said{}, false
		}
		path := string(of.Name) + "." + string(access.Value)
		now := said{path, list[0]}
		if before, there := must[path]; there && before.word != now.word {
			return now, true
		}
		must[path] = now
	}
	return said{}, false
}
