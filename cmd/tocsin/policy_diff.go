// SPDX-License-Identifier: Apache-2.0

package main

// This file shows what would leave differently by another policy.

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) policyDiffCommand() *cobra.Command {
	return t.ask("diff OLD NEW", "see what would leave differently over everything the node holds; each is a file, a hash, in-force or shipped", func(ctx context.Context, node *api.Client, args []string) error {
		var order api.ComparePolicies
		for i, into := range []*string{&order.Old, &order.New} {
			text, err := t.namedPolicy(args[i])
			if err != nil {
				return err
			}
			*into = text
		}
		var progress func(done, total int64)
		if show := t.progressLine(); show != nil {
			progress = func(done, total int64) { show(fmt.Sprintf("%d of %d objects", done, total)) }
		}
		diff, err := node.ComparePolicies(ctx, order, progress)
		if err != nil {
			return err
		}
		return t.show(diff, func(p *page) { printPolicyDiff(p, diff) })
	})
}

// namedPolicy is the text of a file, or a word or hash that the node knows.
func (t *tool) namedPolicy(name string) (string, error) {
	isHash := len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
	if _, err := os.Stat(name); err != nil && (isHash || name == "in-force" || name == "shipped") {
		return name, nil
	}
	rules, err := t.readRules(name)
	if err != nil {
		return "", err
	}
	return string(rules.Text()), nil
}

func printPolicyDiff(p *page, diff api.PolicyDiff) {
	p.line("from policy %s", diff.Old)
	p.line("to policy   %s", diff.New)
	p.line("%s looked at", many(diff.Things, "thing"))
	if len(diff.Changes) == 0 {
		p.line("nothing would leave differently")
		return
	}
	for _, part := range []struct {
		leaves bool
		title  string
	}{{true, "Would leave, and does not now:"}, {false, "Would not leave any more:"}} {
		begun := false
		for _, change := range diff.Changes {
			if change.Leaves != part.leaves {
				continue
			}
			if !begun {
				p.line("")
				p.line("%s", part.title)
				begun = true
			}
			p.line("  %s, to %s, by %s: %s (%s)", many(change.Count, thingOf[change.What]), change.To, change.Action, change.Says, change.Rule)
			for _, example := range change.Examples {
				p.line("    %s", example)
			}
			if change.Count > len(change.Examples) {
				p.line("    and %d more", change.Count-len(change.Examples))
			}
		}
	}
}

// thingOf says what was looked at, in words.
var thingOf = map[string]string{"draft": "open draft", "sent": "sent warning", "object": "object", "statement": "statement", "case": "case"}
