// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the command that writes the dossier of a case.

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/handling"
)

func (t *tool) dossierCommand() *cobra.Command {
	var output, seal, purpose string
	var withoutText, print bool
	c := t.ask("dossier CASE", "write one file by which anyone can judge what was sent, received and answered in a case; the reading is logged", func(ctx context.Context, c *api.Client, args []string) error {
		raw, err := c.DossierFor(ctx, args[0], !withoutText, handling.FilePurpose(purpose))
		if err != nil {
			return err
		}
		if !print {
			if raw, err = t.sealedFor(seal, raw); err != nil {
				return err
			}
			return t.deliver(output, raw)
		}
		if seal != "" {
			return usage("leave one of them out", "what is printed is not sealed")
		}
		signed, err := dossier.Parse(raw)
		if err != nil {
			return err
		}
		// What is printed is checked with the keys this node knows itself.
		keys := make(cards)
		for _, node := range signed.Dossier.Nodes {
			if keys[node.Card.ID()], err = historyOf(ctx, c, node.Card); err != nil {
				return err
			}
		}
		report := dossier.Check(signed, cardKeys{keys})
		if output != "" {
			if err := writeFile(output, raw); err != nil {
				return err
			}
		}
		if err := t.show(report, func(p *page) { printReport(p, report, !withoutText) }); err != nil || report.OK() {
			return err
		}
		return exitWith(exitNo)
	})
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	c.Flags().StringVar(&seal, "seal", "", "seal it for the overseer whose public key is in this file: tocsin overseer open")
	c.Flags().StringVar(&purpose, "purpose", "", "what it is for: "+strings.Join(handling.FilePurposes(), ", ")+"; stands in the log and in it")
	c.Flags().BoolVar(&withoutText, "without-text", false, "leave the texts out: what was said is shown by commitments alone")
	c.Flags().BoolVar(&print, "print", false, "print it in words, to be read and handed on")
	return c
}
