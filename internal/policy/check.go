// SPDX-License-Identifier: Apache-2.0

package policy

// This file checks the text of a policy, and says where something is wrong.

import (
	"bytes"
	_ "embed"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

//go:embed attributes.cedarschema
var attributesText []byte

// Attributes lists what a rule may ask about, as a Cedar schema with a comment
// for each attribute.
func Attributes() []byte { return bytes.Clone(attributesText) }

var validator = sync.OnceValues(func() (*validate.Validator, error) {
	var read schema.Schema
	if err := read.UnmarshalCedar(attributesText); err != nil {
		return nil, err
	}
	resolved, err := read.Resolve()
	if err != nil {
		return nil, err
	}
	return validate.New(resolved), nil
})

// checking is one run over a text.
type checking struct {
	name   string
	text   []byte
	faults Faults
}

// span is where a rule stands: from the offset at which it begins to its end.
type span struct{ from, to int }

func check(name string, text []byte) ([]*Clause, error) {
	c := &checking{name: name, text: text}
	parsed, ok := c.parse()
	if !ok {
		return nil, c.faults
	}
	types, err := validator()
	if err != nil {
		return nil, err
	}
	var all []*Clause
	seen, permits := make(map[Rule]bool), false
	for i, policy := range parsed {
		where := span{policy.Position().Offset, len(text)}
		if i+1 < len(parsed) {
			where.to = parsed[i+1].Position().Offset
		}
		clause := c.clause(policy, where)
		if clause.ID != "" && seen[clause.ID] {
			c.fault(where, clause.ID, string(clause.ID), "another rule has this @id: each decision must name one rule")
		}
		seen[clause.ID] = true
		tree := (*ast.Policy)(policy.AST())
		if err := types.Policy("", tree); err != nil {
			c.typeFaults(where, clause.ID, err)
		} else {
			c.never(where, clause.ID, tree)
		}
		permits = permits || clause.Permits
		all = append(all, clause)
	}
	if len(c.faults) == 0 && !permits {
		c.fault(span{}, "", "", "no rule permits anything: nobody would get anything")
	}
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return (a.Line-b.Line)*10000 + a.Column - b.Column })
		return nil, slices.Compact(c.faults)
	}
	return all, nil
}

// parse reads the text as Cedar.
func (c *checking) parse() (cedar.PolicyList, bool) {
	switch {
	case len(c.text) > MaxText:
		c.fault(span{}, "", "", "the policy is longer than "+strconv.Itoa(MaxText)+" bytes")
		return nil, false
	case !utf8.Valid(c.text):
		c.fault(span{}, "", "", "the policy is not UTF-8")
		return nil, false
	case !c.bounded():
		return nil, false
	}
	parsed, err := cedar.NewPolicyListFromBytes(c.name, c.text)
	if err != nil {
		line, column, text := parseFault(err)
		c.faults = append(c.faults, Fault{File: c.name, Line: line, Column: column, Text: text})
		return nil, false
	}
	if len(parsed) > maxRules {
		c.fault(span{}, "", "", "the policy has more than "+strconv.Itoa(maxRules)+" rules")
		return nil, false
	}
	return parsed, true
}

// parsedAt is how the parser says where it stopped.
var parsedAt = regexp.MustCompile(`(?s)^.*?(\d+):(\d+)>? ("(?:[^"\\]|\\.)*"): (.*)$`)

func parseFault(err error) (line, column int, text string) {
	match := parsedAt.FindStringSubmatch(err.Error())
	if match == nil {
		return 1, 1, "this cannot be read: " + err.Error()
	}
	line, _ = strconv.Atoi(match[1])
	column, _ = strconv.Atoi(match[2])
	if wanted := expectedWord.FindStringSubmatch(match[4]); wanted != nil {
		return line, column, "this cannot be read: " + strconv.Quote(wanted[2]) + " is expected before " + strconv.Quote(wanted[1])
	}
	return line, column, "this cannot be read at " + match[3] + ": " + match[4]
}

// expectedWord is how the parser says that another word should stand there.
var expectedWord = regexp.MustCompile(`^exact got (\S*) want (\S+)$`)

// spelled is how an @id is written.
var spelled = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// maxSentence is how long an annotation may be, in bytes.
const maxSentence = 300

func (c *checking) clause(policy *cedar.Policy, where span) *Clause {
	notes := policy.Annotations()
	clause := &Clause{
		ID: Rule(notes["id"]), Says: string(notes["says"]), Source: string(notes["source"]), Field: string(notes["field"]),
		Permits: policy.Effect() == cedar.Permit, Line: policy.Position().Line, tree: (*ast.Policy)(policy.AST()),
	}
	clause.Actions = actionsOf(clause.tree.Action)
	for name, value := range notes {
		switch {
		case !slices.Contains([]string{"id", "says", "source", "field"}, string(name)):
			c.fault(where, clause.ID, string(name), "there is no annotation @"+string(name)+": use @id, @says, @source and @field")
		case len(value) > maxSentence || strings.ContainsAny(string(value), "\n\r\t"):
			c.fault(where, clause.ID, string(name), "@"+string(name)+" is one short sentence on one line")
		}
	}
	switch {
	case clause.ID == "":
		c.fault(where, "", "", "the rule has no @id: a decision must name it")
	case !spelled.MatchString(string(clause.ID)):
		c.fault(where, clause.ID, string(clause.ID), "an @id is small letters, digits and single hyphens")
	case slices.Contains(floors(), clause.ID):
		c.fault(where, clause.ID, string(clause.ID), "this @id is that of a rule which no policy changes")
	}
	if strings.TrimSpace(clause.Says) == "" {
		c.fault(where, clause.ID, "", "the rule has no @says: what it says, in one sentence for people")
	}
	if clause.Field != "" && !slices.Contains(fieldNames(), clause.Field) {
		c.fault(where, clause.ID, clause.Field, "a warning has no field of this name: "+clause.Field)
	}
	return clause
}

// quotedName is a name in an error of the type checker.
var quotedName = regexp.MustCompile("`([^`]+)`")

func (c *checking) typeFaults(where span, rule Rule, err error) {
	all := []error{err}
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		all = several.Unwrap()
	}
	for _, one := range all {
		text, name := one.Error(), "when"
		if match := quotedName.FindStringSubmatch(text); match != nil {
			name = match[1]
		}
		c.fault(where, rule, name, strings.ReplaceAll(text, "`", `"`))
	}
}

// never finds a rule that cannot apply, where that can be told.
func (c *checking) never(where span, rule Rule, tree *ast.Policy) {
	unknown := eval.Env{
		Principal: variable("principal"), Action: variable("action"), Resource: variable("resource"), Context: eval.Variable("context"),
	}
	if _, keep := eval.PartialPolicy(unknown, tree); !keep {
		c.fault(where, rule, "", "the rule can never apply: its condition is false")
		return
	}
	for _, condition := range tree.Conditions {
		for _, word := range foreignWords(condition.Body) {
			c.fault(where, rule, word.word, "the rule can never apply: "+word.attribute+" is never "+strconv.Quote(word.word))
		}
		if condition.Condition == ast.ConditionWhen {
			if word, twice := contradiction(condition.Body); twice {
				c.fault(where, rule, word.word, "the rule can never apply: "+word.attribute+" cannot be two things at once")
			}
		}
	}
}

func variable(name cedar.String) cedar.EntityUID {
	value, _ := eval.Variable(name).(cedar.EntityUID)
	return value
}

// fault says that something is wrong: at the name, if it stands in the rule,
// else at the beginning of the rule. Beyond some, no more are listed.
func (c *checking) fault(where span, rule Rule, name, text string) {
	switch {
	case len(c.faults) > maxFaults:
		return
	case len(c.faults) == maxFaults:
		name, text = "", "there are more faults, which are not listed"
	}
	at := where.from
	if name != "" {
		if i := nameAt(string(c.text[where.from:where.to]), name); i >= 0 {
			at += i
		}
	}
	line, column := position(c.text, at)
	c.faults = append(c.faults, Fault{File: c.name, Line: line, Column: column, Rule: rule, Text: text})
}

// nameAt is where a name stands as a word of its own, or as the last member of a
// path; -1 if it stands nowhere.
func nameAt(text, name string) int {
	for _, spelled := range []string{name, name[strings.LastIndex(name, ".")+1:]} {
		found := regexp.MustCompile(`(^|[^A-Za-z0-9_-])` + regexp.QuoteMeta(spelled) + `($|[^A-Za-z0-9_-])`).FindStringSubmatchIndex(text)
		if found != nil {
			return found[3]
		}
	}
	return -1
}

// position is the line and column of an offset, both from 1.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}
