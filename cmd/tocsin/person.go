// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about who works here: person, signin, signout, token.

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) personCommand() *cobra.Command {
	var person api.NewPerson
	add := t.ask("add NAME", "add somebody, and print the one-time sign-in link", func(ctx context.Context, c *api.Client, args []string) error {
		person.Name = args[0]
		if len(person.Roles) == 0 {
			return usage("say --role analyst, releaser, duty-officer, administrator or overseer; it may be repeated", "a person needs a role")
		}
		link, err := c.AddPerson(ctx, person)
		if err != nil {
			return err
		}
		return t.show(link, func(p *page) { printLink(p, link) })
	})
	add.Flags().StringVar(&person.Title, "title", "", "how partners see the person, such as \"Duty officer 2\" (default: the name)")
	add.Flags().StringSliceVar(&person.Roles, "role", nil, "analyst, releaser, duty-officer, administrator or overseer; may be repeated")
	list := t.ask("list", "list who works here", func(ctx context.Context, c *api.Client, _ []string) error {
		persons, err := c.Persons(ctx)
		if err != nil {
			return err
		}
		return table(t, persons, "nobody", []any{"name", "title", "roles", "added", "left"}, func(p api.Person) []any {
			return []any{p.Name, p.Title, p.Roles, p.Added, p.Left}
		})
	})
	link := t.ask("link NAME", "print a new one-time sign-in link", func(ctx context.Context, c *api.Client, args []string) error {
		link, err := c.LinkPerson(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(link, func(p *page) { printLink(p, link) })
	})
	return t.group("person", "add people, let them sign in, take them away", add, list, link, t.rolesCommand(), t.removePersonCommand())
}

func (t *tool) rolesCommand() *cobra.Command {
	var roles []string
	c := t.ask("roles NAME --role ROLE", "give somebody other roles, in place of those before", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--role", strings.Join(roles, ""), roleWords); err != nil {
			return err
		}
		changed, err := c.SetRoles(ctx, args[0], api.NewRoles{Roles: roles})
		if err != nil {
			return err
		}
		return t.show(changed, func(p *page) { p.line("%s is from now on: %s", changed.Name, changed.Roles) })
	})
	c.Flags().StringSliceVar(&roles, "role", nil, roleWords)
	return c
}

const roleWords = "analyst, releaser, duty-officer, administrator or overseer; may be repeated"

func (t *tool) removePersonCommand() *cobra.Command {
	return t.ask("remove NAME", "take somebody away: every sign-in of that person ends at once, the history stays", func(ctx context.Context, c *api.Client, args []string) error {
		left, err := c.RemovePerson(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(left, func(p *page) {
			p.line("%s has left: sessions, command lines and links of that name are void; what was done stays on record", left.Name)
		})
	})
}

func printLink(p *page, link api.Link) {
	p.line("%s", link.Link)
	p.line("good once, for 24 hours, for %s alone: to open in a browser, or", link.Name)
	p.line("  tocsin signin %s", link.Link)
}

// signedIn is what tocsin signin prints.
type signedIn struct {
	Node   string     `json:"node"`
	Person api.Person `json:"person"`
}

func (t *tool) signInCommand() *cobra.Command {
	return t.command("signin LINK", "spend a one-time link: this command line is yours from now on", func(ctx context.Context, args []string) error {
		address, secret, found := strings.Cut(strings.TrimSpace(args[0]), api.SignInPath)
		if !found || secret == "" {
			return usage("copy the whole line that tocsin person add or tocsin person link printed", "this is not a sign-in link")
		}
		if err := safe(address); err != nil {
			return err
		}
		client, err := t.clientAs(address, "")
		if err != nil {
			return err
		}
		t.address = address
		answer, err := client.Node(ctx)
		if err != nil {
			return t.reached(err)
		}
		enrolled, err := client.Enrol(ctx, secret)
		if err != nil {
			return t.reached(err)
		}
		kept := identity{Address: client.Address(), Node: answer.Name, KeyID: answer.Card.ID(), Person: enrolled.Person.Name, Token: enrolled.Token}
		if err := kept.keep(); err != nil {
			return err
		}
		return t.show(signedIn{answer.Name, enrolled.Person}, func(p *page) {
			p.line("signed in to %s as %s (%s)", answer.Name, enrolled.Person.Name, enrolled.Person.Roles)
			printLinks(p, enrolled.Person, 1)
			p.line("next: say --as %s, or set TOCSIN_AS=%s", enrolled.Person.Name, enrolled.Person.Name)
		})
	})
}

func (t *tool) signOutCommand() *cobra.Command {
	return t.command("signout", "end what --as NAME may do from here", func(ctx context.Context, _ []string) error {
		if err := needed("--as", t.as, "NAME: who signs out"); err != nil {
			return err
		}
		address, err := t.where()
		if err != nil {
			return err
		}
		kept, err := t.keptFor(ctx, address)
		if err != nil {
			return t.reached(err)
		}
		for _, i := range kept {
			if i.Person == t.as {
				return t.forget(ctx, i)
			}
		}
		return trouble("identity", "nothing is to be ended here; see who it was: tocsin person list", "nobody called %q has signed in to %s from here", t.as, address)
	})
}

// forget ends an identity at the node and here. One that the node no longer
// knows is taken away here all the same.
func (t *tool) forget(ctx context.Context, i identity) error {
	client, err := t.clientAs(i.Address, i.Token)
	if err != nil {
		return err
	}
	err = client.SignOut(ctx)
	var refused *api.Problem
	if err != nil && (!errors.As(err, &refused) || refused.Status != 401) {
		return t.reached(err)
	}
	path, err := i.file()
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return t.show(map[string]string{"node": i.Node, "signed_out": i.Person}, func(p *page) { p.line("%s has signed out of %s", i.Person, i.Node) })
}

func (t *tool) tokenCommand() *cobra.Command {
	add := t.ask("add NAME", "make a token for a tool: it brings source reports in and looks, and decides nothing", func(ctx context.Context, c *api.Client, args []string) error {
		token, err := c.AddToken(ctx, api.NewToken{Name: args[0]})
		if err != nil {
			return err
		}
		return t.show(token, func(p *page) {
			p.line("%s", token.Token)
			p.line("this is shown once; the tool %s sends it as: Authorization: Bearer TOKEN", token.Name)
		})
	})
	list := t.ask("list", "list the tokens; a secret is shown once, when it is made", func(ctx context.Context, c *api.Client, _ []string) error {
		tokens, err := c.Tokens(ctx)
		if err != nil {
			return err
		}
		return table(t, tokens, "no token", []any{"name", "made"}, func(k api.TokenLine) []any { return []any{k.Name, k.Made} })
	})
	revoke := t.ask("revoke NAME", "end a tool's token at once", func(ctx context.Context, c *api.Client, args []string) error {
		revoked, err := c.RevokeToken(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(revoked, func(p *page) { p.line("the token %s is void", revoked.Name) })
	})
	return t.group("token", "tokens for tools that speak the JSON API: make, list, revoke (for TAXII: tocsin taxii account)", add, list, revoke)
}
