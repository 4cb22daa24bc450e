// SPDX-License-Identifier: Apache-2.0

// Package caller says who asks, and holds the one table of who may do what.
//
// A caller is an argument of every trip, never a value in a context. The store
// asks May before it opens a transaction, so no door can forget it.
package caller

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Kind says what sort of caller it is. A machine never decides.
type Kind string

const (
	Person  Kind = "person"  // a named human, signed in
	Machine Kind = "machine" // a token for the JSON API: may bring reports in and look, never release
	Account Kind = "account" // of a tool at the STIX door: reads and fills its collections, and nothing else
	Partner Kind = "partner" // another node, known by its key
	Node    Kind = "node"    // this node itself: its clocks and its queue
	Public  Kind = "public"  // anyone, unauthenticated
)

// Role is what a person is appointed to do.
type Role string

const (
	Analyst       Role = "analyst"
	Releaser      Role = "releaser"
	DutyOfficer   Role = "duty-officer"
	Administrator Role = "administrator" // runs the node; cannot read content
	Overseer      Role = "overseer"      // reads, changes nothing
)

// Roles lists every role a person can have.
func Roles() []Role { return []Role{Analyst, Releaser, DutyOfficer, Administrator, Overseer} }

// ParseRole refuses what is not a role.
func ParseRole(s string) (Role, error) {
	if !slices.Contains(Roles(), Role(s)) {
		return "", problem.New(problem.Invalid, "use analyst, releaser, duty-officer, administrator or overseer", "%q is not a role", s)
	}
	return Role(s), nil
}

// Caller is who asks.
type Caller struct {
	Kind Kind
	// Name is a person's sign-in name, or that of a token, an account or a partner.
	Name string
	// Title is how a person is shown to a partner, such as "Duty officer 2".
	Title string
	Roles []Role
	// Way is by which door a person came, such as page; empty for the node itself.
	Way string
	// Partner is whose tool an account is; empty for one of our own.
	Partner string
	// Reason is the id of why an account reads: nobody asks a tool.
	Reason string
	// Collections are those that an account knows of, by their id; nobody else
	// is bound to some of them.
	Collections map[string]Right
}

// Right is what an account may do with a collection. With neither it may know
// that the collection is there.
type Right struct {
	Read  bool `json:"read,omitzero"`
	Write bool `json:"write,omitzero"`
}

// On is what the caller may do with the objects of a collection; known is false
// if it may not even know of it.
func (c Caller) On(collection string) (right Right, known bool) {
	may := Right{Read: c.May(ReadObjects) == nil, Write: c.May(KeepObjects) == nil}
	if c.Kind != Account {
		return may, true
	}
	right, known = c.Collections[collection]
	return Right{Read: right.Read && may.Read, Write: right.Write && may.Write}, known
}

// Self is the node acting for itself.
func Self() Caller { return Caller{Kind: Node, Name: "node"} }

// Anyone is a caller nobody has authenticated.
func Anyone() Caller { return Caller{Kind: Public, Name: "public"} }

// FromPartner is the partner of that name.
func FromPartner(name string) Caller { return Caller{Kind: Partner, Name: name} }

// Has reports whether the caller is a person with one of the roles.
func (c Caller) Has(roles ...Role) bool {
	return c.Kind == Person && slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(c.Roles, r) })
}

// String is the caller for the log: kind and name.
func (c Caller) String() string { return string(c.Kind) + ":" + c.Name }

// May returns nil if the caller may do the act, or a Denied problem that says
// who could.
func (c Caller) May(act Act) error {
	rule, known := table[act]
	if known && (slices.Contains(rule.kinds, c.Kind) || c.Has(rule.roles...)) {
		return nil
	}
	if c.Kind == Machine && len(rule.roles) > 0 {
		return problem.New(problem.Denied, "sign in as a person", "a machine token may not %s", act)
	}
	if c.Kind == Account {
		return problem.New(problem.Denied, "", "an account may not %s", act)
	}
	return problem.New(problem.Denied, hint(rule), "you may not %s", act)
}

// RolesFor lists the roles in which a person may do an act.
func RolesFor(act Act) []Role { return slices.Clone(table[act].roles) }

func hint(r rule) string {
	if len(r.roles) == 0 {
		return ""
	}
	text := "this needs the role "
	for i, role := range r.roles {
		if i > 0 {
			text += " or "
		}
		text += string(role)
	}
	return text
}
