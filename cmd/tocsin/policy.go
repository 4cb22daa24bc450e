// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about the policy: the rules by which it is decided
// what may leave, and how two people change them.

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/policy"
)

func (t *tool) policyCommand() *cobra.Command {
	list := t.ask("list", "list every policy there was, and who proposed and approved it", func(ctx context.Context, c *api.Client, _ []string) error {
		policies, err := c.Policies(ctx)
		if err != nil {
			return err
		}
		return table(t, policies, "no policies", []any{"hash", "state", "since", "proposed by", "approved by", "why"}, func(p api.Policy) []any {
			var last, proposed, approved api.PolicyTurn
			for _, last = range p.Turns {
				switch last.State {
				case "proposed":
					proposed, approved = last, api.PolicyTurn{}
				case "in force":
					approved = last
				}
			}
			return []any{p.Hash, p.State, last.At, proposed.By, approved.By, proposed.Why}
		})
	})
	withdraw := t.ask("withdraw HASH", "take a proposal back", func(ctx context.Context, c *api.Client, args []string) error {
		withdrawn, err := c.WithdrawPolicy(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(withdrawn, func(p *page) { p.line("policy %s is withdrawn", withdrawn.Hash) })
	})
	return t.group("policy", "the rules by which it is decided what may leave: show, check, change",
		t.policyShowCommand(), t.policyCheckCommand(), t.policyProposeCommand(), t.policyApproveCommand(), withdraw, list, t.policyTestCommand(), t.policyDiffCommand())
}

func (t *tool) policyShowCommand() *cobra.Command {
	var shipped, attributes, rules bool
	c := t.command("show [HASH]", "print the policy in force, or another by its hash", func(ctx context.Context, args []string) error {
		switch {
		case attributes:
			_, err := t.out.Write(policy.Attributes())
			return err
		case shipped:
			_, err := t.out.Write(policy.Shipped().Text())
			return err
		}
		node, err := t.client(ctx)
		if err != nil {
			return err
		}
		shown, err := shownPolicy(ctx, node, args)
		if err != nil {
			return t.reached(err)
		}
		return t.show(shown, func(p *page) { printPolicy(p, shown, rules) })
	})
	c.Flags().BoolVar(&shipped, "shipped", false, "the policy that comes with this program; asks no node")
	c.Flags().BoolVar(&attributes, "attributes", false, "what rules may ask about; asks no node")
	c.Flags().BoolVar(&rules, "rules", false, "a line for each rule instead of the text")
	return c
}

func shownPolicy(ctx context.Context, node *api.Client, args []string) (api.Policy, error) {
	if len(args) == 0 {
		return node.PolicyInForce(ctx)
	}
	return node.Policy(ctx, args[0])
}

func printPolicy(p *page, shown api.Policy, rules bool) {
	p.line("// policy %s, %s", shown.Hash, shown.State)
	for _, turn := range shown.Turns {
		by := turn.By
		if by == "" {
			by = "the program"
		}
		p.line("// %s %s by %s %s", when(turn.At), turn.State, by, turn.Why)
	}
	if shown.Fault != "" {
		p.line("// this program cannot use it, so nothing leaves by it: %s", shown.Fault)
	}
	p.line("")
	if !rules {
		for line := range strings.Lines(shown.Text) {
			p.line("%s", strings.TrimRight(line, "\n"))
		}
		return
	}
	for _, rule := range shown.Rules {
		does := "forbid"
		if rule.Permits {
			does = "permit"
		}
		p.row(rule.ID, does, strings.Join(rule.Actions, ","), rule.Says, rule.Source)
	}
}

// readRules reads a file of rules and tells what is wrong with it.
func (t *tool) readRules(path string) (*policy.Rules, error) {
	raw, err := t.readFile(path)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Read(path, raw)
	var faults policy.Faults
	if errors.As(err, &faults) {
		wrong := trouble(codeFile, "mend it; tocsin policy show --attributes lists what rules may ask about", "%s cannot be used as a policy", path)
		wrong.Details = faults.Lines()
		return nil, wrong
	}
	return rules, err
}

// checkedPolicy is what a check found.
type checkedPolicy struct {
	File  string `json:"file"`
	Hash  string `json:"hash"`
	Rules int    `json:"rules"`
}

func (t *tool) policyCheckCommand() *cobra.Command {
	return t.command("check FILE", "check a file of rules; asks no node", func(_ context.Context, args []string) error {
		rules, err := t.readRules(args[0])
		if err != nil {
			return err
		}
		found := checkedPolicy{args[0], rules.Hash(), len(rules.Clauses())}
		return t.show(found, func(p *page) {
			p.line("%s can be used: %d rules, hash %s", found.File, found.Rules, found.Hash)
			p.next("see what would leave differently: tocsin policy diff in-force %s", found.File)
			p.next("and then: tocsin policy propose %s --why TEXT", found.File)
		})
	})
}

func (t *tool) policyProposeCommand() *cobra.Command {
	var why string
	c := t.ask("propose FILE --why TEXT", "propose a policy; another releaser must approve it", func(ctx context.Context, node *api.Client, args []string) error {
		if err := needed("--why", why, "TEXT: what changes, and why"); err != nil {
			return err
		}
		rules, err := t.readRules(args[0])
		if err != nil {
			return err
		}
		proposed, err := node.ProposePolicy(ctx, api.ProposePolicy{Text: string(rules.Text()), Why: why})
		if err != nil {
			return err
		}
		return t.show(proposed, func(p *page) {
			p.line("policy %s is proposed; nothing changes before another releaser approves it", proposed.Hash)
			p.next("tocsin --as NAME policy approve %s", proposed.Hash)
		})
	})
	c.Flags().StringVar(&why, "why", "", "what changes, and why")
	return c
}

func (t *tool) policyApproveCommand() *cobra.Command {
	return t.ask("approve HASH", "take a proposed policy into force; it must be another person than who proposed it", func(ctx context.Context, node *api.Client, args []string) error {
		done, err := node.ApprovePolicy(ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(done, func(p *page) {
			p.line("policy %s is in force", done.Policy.Hash)
			p.line("  %s were cut anew: who had approved one looks again", many(done.Drafts, "open draft"))
			for _, hash := range done.Dropped {
				p.line("  taken out of the queue, because it forbids it: message %s", hash)
			}
			if len(done.Dropped) > 0 {
				p.next("tocsin alarm list")
			}
		})
	})
}
