// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays who may come in: links that work once, sessions that end,
// tokens that are no person.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

func TestInstalledOnce(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		link, personal, err := alpha.Install(t.Context(), "admin")
		check(t, err)
		_, _, err = alpha.Install(t.Context(), "eve")
		refuses(t, "a second installation", err, problem.Conflict, "installed already")
		persons, err := alpha.Persons(t.Context(), admin)
		if err != nil || len(persons) != 1 || persons[0].Name != "admin" || persons[0].Roles[0] != "administrator" {
			t.Errorf("here work %+v, %v", persons, err)
		}
		who, err := alpha.Authenticate(t.Context(), personal)
		if err != nil || who.Name != "admin" || !who.Has(caller.Administrator) {
			t.Errorf("the administrator's command line is %+v, %v", who, err)
		}
		if _, person, err := alpha.SignIn(t.Context(), link); err != nil || person.Name != "admin" {
			t.Errorf("the link signs in %+v, %v", person, err)
		}
	})
}

// A sign-in link works once, for a browser or for a command line, within a day.
func TestLinks(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		link, err := alpha.AddPerson(ctx, admin, "dan", "Duty officer 1", []string{"duty-officer"})
		check(t, err)
		_, err = alpha.Authenticate(ctx, link)
		refuses(t, "a link as a session", err, problem.Denied, "not signed in")
		session, person, err := alpha.SignIn(ctx, link)
		if err != nil || person.Title != "Duty officer 1" {
			t.Fatalf("%+v, %v", person, err)
		}
		_, _, err = alpha.SignIn(ctx, link)
		refuses(t, "a link used twice", err, problem.Denied, "spent or was never good")
		_, _, err = alpha.Enrol(ctx, link)
		refuses(t, "a link used twice, for a command line", err, problem.Denied, "spent")

		other, err := alpha.Link(ctx, admin, "dan")
		check(t, err)
		time.Sleep(desk.LinkFor + time.Second)
		_, _, err = alpha.Enrol(ctx, other)
		refuses(t, "a link of yesterday", err, problem.Denied, "spent")
		again, err := alpha.Link(ctx, admin, "dan")
		check(t, err)
		time.Sleep(desk.LinkFor - time.Second)
		personal, _, err := alpha.Enrol(ctx, again)
		check(t, err)
		if personal == session || personal == again {
			t.Error("two secrets are the same")
		}
		_, err = alpha.Link(ctx, admin, "nobody")
		refuses(t, "a link for nobody", err, problem.Missing, "person")
	})
}

// Who guesses at links or secrets learns nothing and writes nothing.
func TestGuessing(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		_, _, err := alpha.Install(t.Context(), "admin")
		check(t, err)
		alpha.unchanged("guessing", func() {
			for _, guess := range []string{"", "admin", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"} {
				_, _, err := alpha.SignIn(t.Context(), guess)
				refuses(t, "a guessed link", err, problem.Denied, "spent or was never good")
				_, _, err = alpha.Enrol(t.Context(), guess)
				refuses(t, "a guessed link", err, problem.Denied, "spent or was never good")
				who, err := alpha.Authenticate(t.Context(), guess)
				refuses(t, "a guessed secret", err, problem.Denied, "not signed in")
				if who.Kind != caller.Public {
					t.Errorf("%q is %+v", guess, who)
				}
			}
		})
	})
}

// A session ends after twelve hours, a command line after thirty days, both when
// the person signs out or has left.
func TestSessions(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		in := func(enter func(link string) string) string {
			link, err := alpha.Link(ctx, admin, "dan")
			check(t, err)
			return enter(link)
		}
		browser := func(link string) string {
			secret, _, err := alpha.SignIn(ctx, link)
			check(t, err)
			return secret
		}
		line := func(link string) string {
			secret, _, err := alpha.Enrol(ctx, link)
			check(t, err)
			return secret
		}
		ended := func(what, secret string) {
			t.Helper()
			_, err := alpha.Authenticate(ctx, secret)
			refuses(t, what, err, problem.Denied, "you are not signed in")
		}
		lasts := func(secret string) {
			t.Helper()
			who, err := alpha.Authenticate(ctx, secret)
			if err != nil || who.Kind != caller.Person || who.Name != "dan" || who.Title != "dan" || !who.Has(caller.DutyOfficer) || who.Has(caller.Releaser) {
				t.Errorf("signed in as %+v, %v", who, err)
			}
		}
		_, err := alpha.AddPerson(ctx, admin, "dan", "", []string{"duty-officer", "analyst"})
		check(t, err)
		session, personal := in(browser), in(line)
		time.Sleep(desk.SessionFor)
		lasts(session)
		time.Sleep(time.Millisecond)
		ended("a session of yesterday", session)
		time.Sleep(desk.PersonFor - desk.SessionFor - time.Millisecond)
		lasts(personal)
		time.Sleep(time.Second)
		ended("a command line of last month", personal)

		session, other := in(browser), in(browser)
		check(t, alpha.SignOut(ctx, duty, session))
		ended("a session that was ended", session)
		lasts(other)
		link, err := alpha.Link(ctx, admin, "dan")
		check(t, err)
		alpha.put(func(tx *store.Tx) error {
			dan, err := store.Persons.Get(tx, "dan")
			if err != nil {
				return err
			}
			dan.Left = tx.Now
			return store.Persons.Put(tx, "dan", dan)
		})
		ended("the session of somebody who has left", other)
		_, _, err = alpha.SignIn(ctx, link)
		refuses(t, "the link of somebody who has left", err, problem.Denied, "spent")
	})
}

// A token is a machine, never a person, and opens no collection.
func TestTokens(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		secret, err := alpha.AddToken(ctx, admin, "siem")
		check(t, err)
		who, err := alpha.Authenticate(ctx, secret)
		if err != nil || who.Kind != caller.Machine || who.Name != "siem" || len(who.Roles) != 0 {
			t.Errorf("the token is %+v, %v", who, err)
		}
		if who.May(caller.Release) == nil || who.May(caller.DecideDuty) == nil || who.May(caller.ReadCase) == nil || who.May(caller.ReadObjects) == nil {
			t.Error("a token decides, or reads cases or objects")
		}
		_, _, err = alpha.SignIn(ctx, secret)
		refuses(t, "a token as a link", err, problem.Denied, "spent")
		_, err = alpha.AddToken(ctx, admin, "Sie M")
		refuses(t, "no name", err, problem.Invalid, "")
		_, err = alpha.AddToken(ctx, first, "siem")
		refuses(t, "a releaser's token", err, problem.Denied, "add a machine token")
	})
}

func TestPersonsThatAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.AddPerson(ctx, admin, "dan", "", []string{"analyst"})
		check(t, err)
		for _, test := range []struct {
			what  string
			who   caller.Caller
			name  string
			roles []string
			code  problem.Code
			word  string
		}{
			{"the same name again", admin, "dan", []string{"releaser"}, problem.Conflict, "of this name already"},
			{"a name with a space", admin, "dan o", []string{"releaser"}, problem.Invalid, "sign-in name"},
			{"no role", admin, "eve", nil, problem.Invalid, "needs a role"},
			{"a role nobody knows", admin, "eve", []string{"analyst", "root"}, problem.Invalid, `"root" is not a role`},
			{"by an analyst", analyst, "eve", []string{"releaser"}, problem.Denied, "add a person"},
			{"by a machine", caller.Caller{Kind: caller.Machine, Name: "m"}, "eve", []string{"releaser"}, problem.Denied, "machine token"},
		} {
			_, err := alpha.AddPerson(ctx, test.who, test.name, "", test.roles)
			refuses(t, test.what, err, test.code, test.word)
		}
		persons, err := alpha.Persons(ctx, admin)
		if err != nil || len(persons) != 1 || persons[0].Roles[0] != "analyst" {
			t.Errorf("here work %+v, %v", persons, err)
		}
	})
}

// No secret is kept: what is stored of one opens nothing.
func TestNoSecretIsKept(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		link, personal, err := alpha.Install(t.Context(), "admin")
		check(t, err)
		alpha.show(func(tx *store.Tx) error {
			for _, secret := range []string{link, personal} {
				if _, ok, err := store.Credential.Find(tx, secret); ok || err != nil {
					t.Errorf("a secret is kept as it is: %t, %v", ok, err)
				}
			}
			return nil
		})
	})
}
