// SPDX-License-Identifier: Apache-2.0

package policy

// This file reads the text of a policy: a file of rules in Cedar that an officer
// can read and a lawyer can sign.

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cedar-policy/cedar-go"
	public "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// MaxText is how long the text of a policy may be, in bytes.
const MaxText = 256 << 10

// maxRules is how many rules a policy may have: every decision asks each.
const maxRules = 500

//go:embed shipped.cedar
var shippedText []byte

// Rules are a policy that was read: the text, and the rules by what they are
// about. The zero value, and nil, have no rule, and so let nothing out.
type Rules struct {
	hash  string
	text  []byte
	all   []*Clause
	about map[Action]asked
	// broken says why there are none; empty if they were read.
	broken string
	// partners are those that were asked about, as Cedar sees them.
	partners sync.Map // of Partner, to *cedar.Entity
	known    atomic.Int64
}

// maxPartners is how many partners are remembered at once.
const maxPartners = 20_000

// partner is a partner as Cedar sees it, made once.
func (r *Rules) partner(p Partner) *cedar.Entity {
	if r == nil {
		made := p.entity()
		return &made
	}
	if known, ok := r.partners.Load(p); ok {
		return known.(*cedar.Entity)
	}
	made := p.entity()
	if r.known.Add(1) > maxPartners {
		r.partners.Clear()
		r.known.Store(1)
	}
	r.partners.Store(p, &made)
	return &made
}

// Clause is one rule of a policy as it is written.
type Clause struct {
	ID      Rule     `json:"id"`               // @id: by this name a decision refers to it
	Says    string   `json:"says"`             // @says: what it says, in one sentence for people
	Source  string   `json:"source,omitempty"` // @source: what it follows, such as TLP 2.0
	Field   string   `json:"field,omitempty"`  // @field: of what part of a warning it speaks
	Permits bool     `json:"permits"`          // it permits; else it forbids
	Actions []Action `json:"actions"`          // what it is about
	Line    int      `json:"line"`             // where it begins

	tree *ast.Policy
}

// posed is a rule as it is asked about one action.
type posed struct {
	*Clause
	compiled *cedar.Policy
}

// asked are the rules about one action, in their order.
type asked []posed

// on is the rule for one action: what the action itself says of who and what
// need not be asked each time.
func (c *Clause) on(action Action) posed {
	tree := *c.tree
	tree.Action = ast.ScopeTypeAll{}
	if is, ok := tree.Principal.(ast.ScopeTypeIs); ok && is.Type == between[action].who {
		tree.Principal = ast.ScopeTypeAll{}
	}
	if is, ok := tree.Resource.(ast.ScopeTypeIs); ok && is.Type == between[action].what {
		tree.Resource = ast.ScopeTypeAll{}
	}
	return posed{c, cedar.NewPolicyFromAST((*public.Policy)(&tree))}
}

// Read reads the text of a policy and checks it; name stands for it in errors.
// The error is [Faults], each with its line and column; then there is no policy.
//
// Refused are: what cannot be parsed, an attribute or entity that is not known,
// a comparison of two types, a rule without @id or @says or with another
// annotation than @source and @field, two rules with one @id, a word that is not
// of its vocabulary, a rule that can never apply, and a text without a rule that
// permits something.
func Read(name string, text []byte) (*Rules, error) {
	checked, err := check(name, text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	rules := &Rules{hash: hex.EncodeToString(sum[:]), text: bytes.Clone(text), about: make(map[Action]asked)}
	for _, clause := range checked {
		rules.all = append(rules.all, clause)
		for _, action := range clause.Actions {
			rules.about[action] = append(rules.about[action], clause.on(action))
		}
	}
	return rules, nil
}

// Shipped is the policy that comes with the program.
func Shipped() *Rules { return shipped() }

var shipped = sync.OnceValue(func() *Rules {
	rules, err := Read("shipped.cedar", shippedText)
	if err != nil {
		return Nobody(err.Error())
	}
	return rules
})

// Nobody is a policy that cannot be read, and so lets nothing out. The text says
// why, in every decision.
func Nobody(why string) *Rules { return &Rules{broken: why} }

// Hash names the policy: the SHA-256 of its text, in hexadecimal digits. It is
// empty for a policy that was not read.
func (r *Rules) Hash() string {
	if r == nil {
		return ""
	}
	return r.hash
}

// Text is the policy as it was written.
func (r *Rules) Text() []byte {
	if r == nil {
		return nil
	}
	return bytes.Clone(r.text)
}

// Clauses are the rules in the order in which they are written.
func (r *Rules) Clauses() []Clause {
	if r == nil {
		return nil
	}
	all := make([]Clause, len(r.all))
	for i, clause := range r.all {
		all[i] = *clause
	}
	return all
}

// Fault is what is wrong with the text of a policy.
type Fault struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line"`   // from 1
	Column int    `json:"column"` // from 1
	Rule   Rule   `json:"rule,omitempty"`
	Text   string `json:"text"`
}

func (f Fault) String() string {
	rule := ""
	if f.Rule != "" {
		rule = fmt.Sprintf("rule %q: ", f.Rule)
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", f.File, f.Line, f.Column, rule, f.Text)
}

// Faults are everything that is wrong, in the order of the text.
type Faults []Fault

func (f Faults) Error() string { return strings.Join(f.Lines(), "\n") }

// Lines are the faults, a line each.
func (f Faults) Lines() []string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return lines
}

// actionsOf are the actions that a rule's scope names.
func actionsOf(scope ast.IsActionScopeNode) []Action {
	switch scope := scope.(type) {
	case ast.ScopeTypeEq:
		return []Action{Action(scope.Entity.ID)}
	case ast.ScopeTypeIn:
		return []Action{Action(scope.Entity.ID)}
	case ast.ScopeTypeInSet:
		var all []Action
		for _, entity := range scope.Entities {
			all = append(all, Action(entity.ID))
		}
		return all
	}
	return slices.Clone(actions)
}
