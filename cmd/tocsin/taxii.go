// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about the STIX door: its collections, and the
// accounts that read and fill them.

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/taxii"
)

func (t *tool) taxiiCommand() *cobra.Command {
	return t.group("taxii", "TAXII 2.1: collections, who may use them, and other servers",
		t.collectionCommand(), t.accountCommand(), t.feedCommand(), t.taxiiGetCommand(), t.taxiiPutCommand())
}

func (t *tool) collectionCommand() *cobra.Command {
	var collection api.NewCollection
	add := t.ask("add --title TITLE", "make a collection, and print its id", func(ctx context.Context, c *api.Client, _ []string) error {
		if err := needed("--title", collection.Title, "TITLE: what people call it"); err != nil {
			return err
		}
		made, err := c.AddCollection(ctx, collection)
		if err != nil {
			return err
		}
		if err := t.show(made, func(p *page) { p.line("%s", made.ID) }); err != nil || t.json {
			return err
		}
		name := made.ID
		if made.Alias != "" {
			name = made.Alias
		}
		// Beside the answer, so that a script reads the id alone.
		return t.aside(func(p *page) { p.next("let a tool in: tocsin taxii account add NAME --read %s --write %s", name, name) })
	})
	flags := add.Flags()
	flags.StringVar(&collection.Title, "title", "", "what people call it")
	flags.StringVar(&collection.Alias, "alias", "", "a short name that stands for the id in addresses")
	flags.StringVar(&collection.Description, "description", "", "what it holds")
	flags.StringVar(&collection.Purpose, "purpose", "", "what its objects are kept for: tocsin retention rules says for how long")
	list := t.ask("list", "list the collections, and what you may do with them", func(ctx context.Context, c *api.Client, _ []string) error {
		collections, err := c.Collections(ctx)
		if err != nil {
			return err
		}
		head := []any{"id", "alias", "title", "you read", "you write"}
		accounts, refused := c.Accounts(ctx)
		if refused == nil { // who may see the accounts asks what they may do
			head = append(head, "accounts that read", "that write")
		}
		return table(t, collections, "no collection", head, func(c taxii.Collection) []any {
			row := []any{c.ID, c.Alias, c.Title, yesNo(c.CanRead), yesNo(c.CanWrite)}
			if refused != nil {
				return row
			}
			reads, writes := []string{}, []string{}
			for _, account := range accounts {
				if among(account.Read, c) {
					reads = append(reads, account.Name)
				}
				if among(account.Write, c) {
					writes = append(writes, account.Name)
				}
			}
			return append(row, orNone(reads), orNone(writes))
		})
	})
	return t.group("collection", "collections: make, list", add, list)
}

// among reports whether a collection is among those named by id or alias.
func among(collections []string, c taxii.Collection) bool {
	return slices.Contains(collections, c.ID) || c.Alias != "" && slices.Contains(collections, c.Alias)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func (t *tool) accountCommand() *cobra.Command {
	list := t.ask("list", "list the accounts; their secrets are shown once, when they are made", func(ctx context.Context, c *api.Client, _ []string) error {
		accounts, err := c.Accounts(ctx)
		if err != nil {
			return err
		}
		return table(t, accounts, "no account", []any{"name", "reads up to", "reads", "writes", "sees", "certificate", "made", "partner", "ended", "actions", "why"}, func(a api.Account) []any {
			ended := "no"
			if !a.Ended.IsZero() {
				ended = when(a.Ended)
			}
			return []any{a.Name, a.TLP, a.Read, a.Write, a.See, yesNo(a.Key != ""), a.Made, cmp.Or(a.Partner, "none"), ended, a.Actions, cmp.Or(a.Reason, "not said")}
		})
	})
	remove := t.ask("remove NAME", "take an account away: from now on it opens nothing; what it brought stays", func(ctx context.Context, c *api.Client, args []string) error {
		removed, err := c.RemoveAccount(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(removed, func(p *page) { p.line("the account %s is void", removed.Name) })
	})
	return t.group("account", "accounts of tools: make, change, list, take away", t.addAccountCommand(), t.changeAccountCommand(), list, remove)
}

// askedAccount is what the flags of a command ask of an account.
type askedAccount struct {
	api.NewAccount
	label, actions, certificate string // the last a file
}

func (a *askedAccount) flags(c *cobra.Command, label string) *cobra.Command {
	flags := c.Flags()
	flags.StringSliceVar(&a.Read, "read", nil, "a collection it may read, by id or alias; may be repeated")
	flags.StringSliceVar(&a.Write, "write", nil, "a collection it may add to; may be repeated")
	flags.StringSliceVar(&a.See, "see", nil, "a collection it may know of, and neither read nor add to; may be repeated")
	flags.StringVar(&a.label, "tlp", label, "the widest label it may read: one of "+labels())
	flags.StringVar(&a.actions, "actions", "", "what the tool does: passive, which cross-checks and touches nothing outside and may read PAP:AMBER, or active")
	flags.StringVar(&a.Reason, "why", "", "why the tool reads: it stands in the list of readings with each of its own")
	flags.StringVar(&a.certificate, "certificate", "", "a file with the tool's certificate, PEM: then its key will do in place of a secret")
	return c
}

// named is what is asked of the account of that name.
func (a *askedAccount) named(name string) (api.NewAccount, error) {
	a.Name, a.TLP, a.Actions = name, handling.TLP(a.label), api.Actions(a.actions)
	if a.certificate != "" {
		raw, err := os.ReadFile(a.certificate)
		if err != nil {
			return api.NewAccount{}, err
		}
		a.Certificate = string(raw)
	}
	return a.NewAccount, nil
}

func (a *askedAccount) collections() int { return len(a.Read) + len(a.Write) + len(a.See) }

func (t *tool) addAccountCommand() *cobra.Command {
	var asked askedAccount
	c := asked.flags(t.ask("add NAME", "make an account for a tool, and print its password and token, once", func(ctx context.Context, c *api.Client, args []string) error {
		if asked.collections() == 0 {
			return usage("say --read COLLECTION, --write COLLECTION or both; see tocsin taxii collection list", "an account needs a collection")
		}
		account, err := asked.named(args[0])
		if err != nil {
			return err
		}
		made, err := c.AddAccount(ctx, account)
		if err != nil {
			return err
		}
		return t.show(made, func(p *page) { printSecrets(p, made, asked.certificate != "") })
	}), string(handling.AmberStrict))
	c.Flags().StringVar(&asked.Partner, "partner", "", "whose tool it is: the account opens nothing while that channel is not active, and ends when the partner is expelled")
	return c
}

func (t *tool) changeAccountCommand() *cobra.Command {
	var asked askedAccount
	return asked.flags(t.ask("change NAME", "give an account other collections, in place of all it had, or another label or certificate; its secrets stay", func(ctx context.Context, c *api.Client, args []string) error {
		if asked.collections() == 0 && asked.label == "" && asked.actions == "" && asked.Reason == "" && asked.certificate == "" {
			return usage("say --read, --write, --see, --tlp, --actions, --why or --certificate", "nothing is to be changed")
		}
		account, err := asked.named(args[0])
		if err != nil {
			return err
		}
		changed, err := c.ChangeAccount(ctx, account)
		if err != nil {
			return err
		}
		return t.show(changed, func(p *page) {
			p.line("the account %s, from now on:", changed.Name)
			p.field("reads", changed.Read)
			p.field("writes", changed.Write)
			p.field("sees", changed.See)
			p.field("reads up to", changed.TLP)
			p.field("actions", changed.Actions)
			p.field("certificate", yesNo(changed.Key != ""))
		})
	}), "")
}

func labels() string {
	all := fmt.Sprint(handling.TLPs())
	return strings.ReplaceAll(strings.Trim(all, "[]"), " ", ", ")
}

func printSecrets(p *page, made api.AccountSecrets, certificate bool) {
	p.row("name", made.Name)
	p.row("password", made.Password)
	p.row("token", made.Token)
	p.row("discovery", made.Discovery)
	p.row("API root", made.APIRoot)
	p.line("The secrets are shown once. The tool sends name and password by HTTP Basic, or: Authorization: Bearer TOKEN")
	if certificate {
		p.line("Over TLS that this node ends itself, the key of its certificate will do alone.")
	}
}
