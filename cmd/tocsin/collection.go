// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about the STIX door's collections.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/taxii"
)

func (t *tool) collectionCommand() *cobra.Command {
	var collection api.NewCollection
	add := t.ask("add TITLE", "make a collection that tools can fill and read by TAXII 2.1", func(ctx context.Context, c *api.Client, args []string) error {
		collection.Title = args[0]
		made, err := c.AddCollection(ctx, collection)
		if err != nil {
			return err
		}
		return t.show(made, func(p *page) {
			p.line("made %s: %s", made.ID, made.Title)
			p.next("give a tool a token (tocsin token add NAME --tlp TLP:GREEN) and the address %s/taxii2/", c.Address())
		})
	})
	add.Flags().StringVar(&collection.Alias, "alias", "", "a short name that stands for the id in addresses")
	add.Flags().StringVar(&collection.Description, "description", "", "what it holds")
	list := t.ask("list", "list the collections that you may use", func(ctx context.Context, c *api.Client, _ []string) error {
		collections, err := c.Collections(ctx)
		if err != nil {
			return err
		}
		return table(t, collections, "no collection", []any{"id", "alias", "title", "read", "write"}, func(c taxii.Collection) []any {
			return []any{c.ID, c.Alias, c.Title, yesNo(c.CanRead), yesNo(c.CanWrite)}
		})
	})
	return t.group("collection", "what tools read and fill by TAXII 2.1", add, list)
}
