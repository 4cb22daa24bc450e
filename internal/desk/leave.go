// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds how people and tools are taken away, and given other roles.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RemovePerson takes somebody away: sessions, command lines and links end at
// once. What the person did stays on record, and the name is not given again.
// The last administrator is refused.
func (d *Desk) RemovePerson(ctx context.Context, who caller.Caller, name string) (left api.Person, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.RemovePerson, Subject: name}, func(tx *store.Tx) error {
		person, err := here(tx, name)
		if err != nil {
			return err
		}
		if err := anotherAdministrator(tx, name); err != nil {
			return err
		}
		person.Left = tx.Now
		left = shown(person)
		if err := store.Persons.Put(tx, name, person); err != nil {
			return err
		}
		return endCredentials(tx, name, store.CredLink, store.CredSession, store.CredPerson)
	})
	return left, err
}

// SetRoles replaces a person's roles, from the next request on. The last
// administrator stays one. The log says which roles they were and are, and an
// administrator who is given a role that reads content rings.
func (d *Desk) SetRoles(ctx context.Context, who caller.Caller, name string, roles []string) (changed api.Person, err error) {
	if err := checkRoles(roles); err != nil {
		return changed, err
	}
	what := store.What{Act: caller.ChangeRoles, Subject: name}
	var before []string
	err = d.store.Glance(ctx, who, what, func(tx *store.Tx) error {
		person, err := here(tx, name)
		before = person.Roles
		return err
	})
	if err != nil {
		return changed, err
	}
	what.Note = strings.Join(before, " ") + " -> " + strings.Join(roles, " ")
	err = d.store.Change(ctx, who, what, func(tx *store.Tx) error {
		person, err := here(tx, name)
		if err != nil {
			return err
		}
		if !slices.Equal(person.Roles, before) {
			return problem.New(problem.Conflict, "look at them and try again", "somebody else has just changed these roles")
		}
		if !slices.Contains(roles, string(caller.Administrator)) {
			if err := anotherAdministrator(tx, name); err != nil {
				return err
			}
		}
		person.Roles = roles
		changed = shown(person)
		if gained := contentRoles(before, roles); len(gained) > 0 && slices.Contains(slices.Concat(before, roles), string(caller.Administrator)) {
			err := tx.Raise(warning.Alarm{Kind: warning.AlarmRoles, Subject: name, Level: handling.Priority,
				Text: who.Name + " gave " + name + ", who is or was an administrator, a role that reads content: " + strings.Join(gained, ", ")})
			if err != nil {
				return err
			}
		}
		return store.Persons.Put(tx, name, person)
	})
	return changed, err
}

// contentRoles are the roles that read content, among those that are new.
func contentRoles(before, after []string) (gained []string) {
	for _, role := range after {
		reads := caller.Caller{Kind: caller.Person, Roles: []caller.Role{caller.Role(role)}}.May(caller.ReadCase) == nil
		if reads && !slices.Contains(before, role) {
			gained = append(gained, role)
		}
	}
	return gained
}

// Tokens lists the tools' tokens by name, never their secrets.
func (d *Desk) Tokens(ctx context.Context, who caller.Caller) (tokens []api.TokenLine, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.ListTokens}, func(tx *store.Tx) error {
		kept, err := store.Credential.List(tx, 0, string(store.CredMachine))
		for _, cred := range kept {
			tokens = append(tokens, tokenLine(cred))
		}
		return err
	})
	return tokens, err
}

// RevokeToken ends every token of that name at once.
func (d *Desk) RevokeToken(ctx context.Context, who caller.Caller, name string) (revoked api.TokenLine, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.RevokeToken, Subject: name}, func(tx *store.Tx) error {
		live, err := credentials(tx, name, store.CredMachine)
		if err != nil {
			return err
		}
		for _, cred := range live {
			revoked = tokenLine(cred)
		}
		if len(live) == 0 {
			return problem.New(problem.Missing, "see tocsin token list", "there is no token of this name")
		}
		return endCredentials(tx, name, store.CredMachine)
	})
	return revoked, err
}

func tokenLine(cred store.Cred) api.TokenLine {
	return api.TokenLine{Name: cred.Name, Made: cred.Made}
}

// here is the person of that name, unless there is none or the person has left.
func here(tx *store.Tx, name string) (store.Person, error) {
	person, err := store.Persons.Get(tx, name)
	if err == nil && !person.Left.IsZero() {
		err = problem.New(problem.Conflict, "add a person of another name: tocsin person add", "this person has left")
	}
	return person, err
}

func checkRoles(roles []string) error {
	if len(roles) == 0 {
		return problem.New(problem.Invalid, "give at least one of analyst, releaser, duty-officer, administrator, overseer", "a person needs a role")
	}
	for _, role := range roles {
		if _, err := caller.ParseRole(role); err != nil {
			return err
		}
	}
	return nil
}

// anotherAdministrator refuses to go on where only the person of that name runs
// the node.
func anotherAdministrator(tx *store.Tx, name string) error {
	persons, err := store.Persons.List(tx, 0)
	if err != nil {
		return err
	}
	role := string(caller.Administrator)
	isOne := false
	for _, p := range persons {
		if !p.Left.IsZero() || !slices.Contains(p.Roles, role) {
			continue
		}
		if p.Name != name {
			return nil
		}
		isOne = true
	}
	if !isOne {
		return nil
	}
	return problem.New(problem.Conflict, "make somebody else an administrator first: tocsin person roles NAME --role administrator",
		"this is the last administrator")
}

// credentials are those of one kind that a name holds, by what they are kept under.
func credentials(tx *store.Tx, name string, kind store.CredKind) (map[string]store.Cred, error) {
	all, err := store.Credential.Before(tx, 1<<30, string(kind), tx.Now.Add(time.Second))
	if err != nil {
		return nil, err
	}
	held := make(map[string]store.Cred)
	for _, key := range all {
		cred, err := store.Credential.Get(tx, key)
		if err != nil {
			return nil, err
		}
		if cred.Name == name {
			held[key] = cred
		}
	}
	return held, nil
}

func endCredentials(tx *store.Tx, name string, kinds ...store.CredKind) error {
	for _, kind := range kinds {
		held, err := credentials(tx, name, kind)
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(held)) {
			if err := store.Credential.Delete(tx, key); err != nil {
				return err
			}
		}
	}
	return nil
}
