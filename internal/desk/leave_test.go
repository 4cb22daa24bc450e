// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays how people and tools are taken away.

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Who is removed is out at once, everywhere, and the history stays.
func TestWhoIsRemovedIsOut(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		in := func(name string, enter func(link string) (string, error)) string {
			link, err := alpha.Link(ctx, admin, name)
			check(t, err)
			secret, err := enter(link)
			check(t, err)
			return secret
		}
		browser := func(link string) (string, error) { s, _, err := alpha.SignIn(ctx, link); return s, err }
		line := func(link string) (string, error) { s, _, err := alpha.Enrol(ctx, link); return s, err }
		for _, name := range []string{"dan", "eva"} {
			_, err := alpha.AddPerson(ctx, admin, name, "", []string{"duty-officer"})
			check(t, err)
		}
		session, personal, other := in("dan", browser), in("dan", line), in("eva", browser)
		link, err := alpha.Link(ctx, admin, "dan")
		check(t, err)
		tool, err := alpha.AddToken(ctx, admin, "dan") // a tool may bear a person's name
		check(t, err)

		_, err = alpha.RemovePerson(ctx, first, "dan")
		refuses(t, "a releaser removes somebody", err, problem.Denied, "remove a person")
		left, err := alpha.RemovePerson(ctx, admin, "dan")
		if err != nil || left.Left.IsZero() || left.Name != "dan" {
			t.Errorf("removed: %+v, %v", left, err)
		}
		for what, secret := range map[string]string{"session": session, "command line": personal} {
			_, err := alpha.Authenticate(ctx, secret)
			refuses(t, "the "+what+" of who was removed", err, problem.Denied, "not signed in")
		}
		_, _, err = alpha.Enrol(ctx, link)
		refuses(t, "the link of who was removed", err, problem.Denied, "spent")
		for what, secret := range map[string]string{"eva": other, "the tool": tool} {
			if _, err := alpha.Authenticate(ctx, secret); err != nil {
				t.Errorf("%s is out too: %v", what, err)
			}
		}
		_, err = alpha.Link(ctx, admin, "dan")
		refuses(t, "a link for who was removed", err, problem.Conflict, "has left")
		_, err = alpha.SetRoles(ctx, admin, "dan", []string{"analyst"})
		refuses(t, "roles for who was removed", err, problem.Conflict, "has left")
		_, err = alpha.RemovePerson(ctx, admin, "dan")
		refuses(t, "removed twice", err, problem.Conflict, "has left")
		_, err = alpha.AddPerson(ctx, admin, "dan", "", []string{"analyst"})
		refuses(t, "the name given again", err, problem.Conflict, "has left")
		_, err = alpha.RemovePerson(ctx, admin, "nobody")
		refuses(t, "nobody removed", err, problem.Missing, "person")
		persons, err := alpha.Persons(ctx, admin)
		check(t, err)
		for _, p := range persons {
			if (p.Name == "dan") == p.Left.IsZero() {
				t.Errorf("%s left at %v", p.Name, p.Left)
			}
		}
	})
}

// Roles count from the next request on.
func TestRolesAreReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		link, err := alpha.AddPerson(ctx, admin, "dan", "", []string{"duty-officer", "releaser"})
		check(t, err)
		session, _, err := alpha.SignIn(ctx, link)
		check(t, err)
		changed, err := alpha.SetRoles(ctx, admin, "dan", []string{"analyst"})
		if diff := cmp.Diff([]string{"analyst"}, changed.Roles); err != nil || diff != "" {
			t.Error(err, diff)
		}
		who, err := alpha.Authenticate(ctx, session)
		if err != nil || !who.Has(caller.Analyst) || who.Has(caller.Releaser, caller.DutyOfficer) {
			t.Errorf("%+v, %v", who, err)
		}
		for _, test := range []struct {
			what  string
			who   caller.Caller
			roles []string
			code  problem.Code
			word  string
		}{
			{"no role", admin, nil, problem.Invalid, "needs a role"},
			{"a role nobody knows", admin, []string{"root"}, problem.Invalid, "not a role"},
			{"by a releaser", first, []string{"releaser"}, problem.Denied, "change a person's roles"},
		} {
			_, err := alpha.SetRoles(ctx, test.who, "dan", test.roles)
			refuses(t, test.what, err, test.code, test.word)
		}
	})
}

// A node is never without an administrator.
func TestTheLastAdministratorStays(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, personal, err := alpha.Install(ctx, "admin")
		check(t, err)
		_, err = alpha.AddPerson(ctx, admin, "dan", "", []string{"releaser"})
		check(t, err)
		stays := func(name string) {
			t.Helper()
			_, err := alpha.RemovePerson(ctx, admin, name)
			refuses(t, "the last administrator removed", err, problem.Conflict, "last administrator")
			_, err = alpha.SetRoles(ctx, admin, name, []string{"analyst"})
			refuses(t, "the last administrator's roles", err, problem.Conflict, "last administrator")
		}
		stays("admin")
		_, err = alpha.SetRoles(ctx, admin, "admin", []string{"overseer", "administrator"})
		check(t, err)
		_, err = alpha.SetRoles(ctx, admin, "dan", []string{"administrator"})
		check(t, err)
		_, err = alpha.RemovePerson(ctx, admin, "admin")
		check(t, err)
		_, err = alpha.Authenticate(ctx, personal)
		refuses(t, "the token in the node's directory", err, problem.Denied, "not signed in")
		stays("dan")
	})
}

// A token is listed without its secret, ends at once, and its name is free then.
func TestTokensEnd(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		secret, err := alpha.AddToken(ctx, admin, "siem")
		check(t, err)
		_, err = alpha.AddToken(ctx, admin, "siem")
		refuses(t, "the same name again", err, problem.Conflict, "of this name already")
		tokens, err := alpha.Tokens(ctx, admin)
		if err != nil || len(tokens) != 1 || tokens[0].Name != "siem" || tokens[0].Made.IsZero() {
			t.Errorf("%+v, %v", tokens, err)
		}
		_, err = alpha.Tokens(ctx, first)
		refuses(t, "a releaser lists tokens", err, problem.Denied, "list the machine tokens")
		_, err = alpha.RevokeToken(ctx, first, "siem")
		refuses(t, "a releaser revokes a token", err, problem.Denied, "revoke a machine token")
		_, err = alpha.RevokeToken(ctx, admin, "feed")
		refuses(t, "a token nobody made", err, problem.Missing, "no token")
		_, err = alpha.RevokeToken(ctx, admin, "siem")
		check(t, err)
		_, err = alpha.Authenticate(ctx, secret)
		refuses(t, "a revoked token", err, problem.Denied, "not signed in")
		again, err := alpha.AddToken(ctx, admin, "siem")
		if err != nil || again == secret {
			t.Errorf("a new token of the name: %v", err)
		}
		// People who sign in are no tokens.
		_, err = alpha.AddPerson(ctx, admin, "dan", "", []string{string(caller.Analyst)})
		check(t, err)
		if tokens, err := alpha.Tokens(ctx, admin); err != nil || len(tokens) != 1 {
			t.Errorf("%+v, %v", tokens, err)
		}
	})
}
