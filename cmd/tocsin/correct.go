// SPDX-License-Identifier: Apache-2.0

package main

// This file corrects what was sent: what FILE and flags do not say is as it was.

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) correctCommand() *cobra.Command {
	var change string
	c := t.writing("correct CASE|DRAFT [FILE] --change TEXT", "write a new version of what was sent: in a case, or to everybody who was sent a draft", func(ctx context.Context, node *api.Client, args []string) (w written, err error) {
		if err := needed("--change", change, "TEXT: what was wrong; the partner reads it"); err != nil {
			return w, err
		}
		before, partner := args[0], ""
		if !strings.HasPrefix(before, "draft--") {
			shown, err := node.Case(ctx, args[0])
			if err != nil {
				return w, err
			}
			before, partner = slices.Concat([]string{shown.Draft}, shown.Corrections)[len(shown.Corrections)], shown.Partner
		}
		kept, err := node.Draft(ctx, before)
		if err != nil {
			return w, err
		}
		if len(args) == 2 {
			w.file = args[1]
		}
		w.kept = corrected(kept, partner)
		w.send = func(ctx context.Context, draft warning.Draft) (warning.Draft, error) {
			return node.Correct(ctx, api.Correct{Of: args[0], Change: change, Draft: draft})
		}
		return w, nil
	})
	c.Flags().StringVar(&change, "change", "", "what was wrong; the partner reads it")
	return c
}

// corrected is what a correction keeps of the draft that was sent: for one
// partner alone, if one is named, and with a time to answer of its own.
func corrected(kept warning.Draft, partner string) *warning.Draft {
	kept.ID, kept.Duty, kept.Warning.AnswerBy = "", "", time.Time{}
	sent := make(map[string]string)
	var to []string
	for _, name := range kept.ReleasableTo {
		if _, was := kept.Sent[name]; was && (partner == "" || name == partner) {
			sent[name] = kept.Releases[name]
			to = append(to, name)
		}
	}
	kept.Releases, kept.ReleasableTo = sent, to
	return &kept
}
