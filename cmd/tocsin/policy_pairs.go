// SPDX-License-Identifier: Apache-2.0

package main

// This file plays text pairs against a policy, without a node.

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/internal/policy"
)

// playedPairs is what became of pairs.
type playedPairs struct {
	Policy string        `json:"policy"` // hash
	Pairs  int           `json:"pairs"`
	Misses []policy.Miss `json:"misses"`
}

func (t *tool) policyTestCommand() *cobra.Command {
	return t.command("test FILE [PAIRS…]", "play text pairs against a file of rules, those of the shipped policy if none is named; asks no node", func(_ context.Context, args []string) error {
		rules, err := t.readRules(args[0])
		if err != nil {
			return err
		}
		pairs, err := t.readPairs(args[1:])
		if err != nil {
			return err
		}
		played := playedPairs{Policy: rules.Hash(), Pairs: len(pairs), Misses: []policy.Miss{}}
		words := make(map[string]string)
		for _, pair := range pairs {
			words[pair.Name] = pair.Rule
			misses, err := pair.Play(rules)
			if err != nil {
				return err
			}
			played.Misses = append(played.Misses, misses...)
		}
		if err := t.show(played, func(p *page) { printPlayed(p, played, words) }); err != nil || len(played.Misses) == 0 {
			return err
		}
		return exitWith(exitNo)
	})
}

func (t *tool) readPairs(files []string) (pairs []*policy.Pair, err error) {
	if len(files) == 0 {
		return policy.ShippedPairs()
	}
	for _, file := range files {
		raw, err := t.readFile(file)
		if err != nil {
			return nil, err
		}
		pair, err := policy.ReadPair(strings.TrimSuffix(filepath.Base(file), ".txt"), raw)
		if err != nil {
			return nil, trouble(codeFile, "see docs/policy.md for how pairs are written", "%s cannot be played: %v", file, err)
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

func printPlayed(p *page, played playedPairs, words map[string]string) {
	told := ""
	for _, miss := range played.Misses {
		if miss.Pair != told {
			p.line("%s: %s", miss.Pair, words[miss.Pair])
			told = miss.Pair
		}
		p.line("  %s should be", miss.Part)
		p.quote(miss.Want)
		p.line("  and is")
		p.quote(miss.Got)
	}
	if len(played.Misses) == 0 {
		hold := "hold"
		if played.Pairs == 1 {
			hold = "holds"
		}
		p.line("%s %s for policy %s", many(played.Pairs, "pair"), hold, played.Policy)
		return
	}
	p.line("not as it should be: %s of %s", many(len(played.Misses), "output"), many(played.Pairs, "pair"))
}
