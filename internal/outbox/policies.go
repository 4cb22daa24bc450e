// SPDX-License-Identifier: Apache-2.0

package outbox

// This file changes the policy: one person proposes a text, another takes it into
// force, and what is still here is decided anew at once.

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Enforced is what became of what was here when a policy came into force.
type Enforced struct {
	Policy  store.Policy
	Drafts  int      // open drafts that were cut anew
	Dropped []string // hashes of queued messages that it forbids
}

// ProposePolicy keeps a text as a proposal, with a reason. A text with a fault is
// Invalid, with a line for each, and nothing changes.
func (o *Outbox) ProposePolicy(ctx context.Context, who caller.Caller, text, why string) (proposed store.Policy, err error) {
	// Whoever may not propose has nothing parsed.
	if err := o.store.May(ctx, who, store.What{Act: caller.ProposePolicy}); err != nil {
		return proposed, err
	}
	rules, err := readPolicy([]byte(text))
	if err != nil {
		return proposed, err
	}
	if strings.TrimSpace(why) == "" || len(why) > warning.MaxWord {
		return proposed, problem.New(problem.Invalid, "say in a sentence what changes, and why", "a proposal needs a reason")
	}
	what := store.What{Act: caller.ProposePolicy, Subject: rules.Hash()}
	err = o.store.Change(ctx, who, what, func(tx *store.Tx) error {
		known, there, err := store.Policies.Find(tx, rules.Hash())
		if err != nil {
			return err
		}
		now, err := o.rules.Rules(tx)
		if err != nil {
			return err
		}
		switch {
		case now.Hash() == rules.Hash():
			return problem.New(problem.Conflict, "", "this policy is in force")
		case there && known.State == store.PolicyProposed:
			return problem.New(problem.Conflict, "another releaser approves it: tocsin policy approve "+known.Hash, "%s has proposed this policy already", known.ProposedBy())
		}
		proposed = known
		proposed.Hash, proposed.Text = rules.Hash(), text
		return tx.Turn(&proposed, store.PolicyProposed, why)
	})
	return proposed, err
}

// readPolicy reads a text, and tells what is wrong with it a line each.
func readPolicy(text []byte) (*policy.Rules, error) {
	rules, err := policy.Read("policy", text)
	var faults policy.Faults
	if errors.As(err, &faults) {
		return nil, problem.New(problem.Invalid, "mend it, and see tocsin policy check FILE", "the policy cannot be used").With(faults.Lines()...)
	}
	return rules, err
}

// WithdrawPolicy takes a proposal back.
func (o *Outbox) WithdrawPolicy(ctx context.Context, who caller.Caller, hash string) (p store.Policy, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.WithdrawPolicy, Subject: hash}, func(tx *store.Tx) error {
		if p, err = proposal(tx, hash); err != nil {
			return err
		}
		return tx.Turn(&p, store.PolicyWithdrawn, "")
	})
	return p, err
}

func proposal(tx *store.Tx, hash string) (store.Policy, error) {
	p, err := store.Policies.Get(tx, hash)
	if err == nil && p.State != store.PolicyProposed {
		err = problem.New(problem.Conflict, "see tocsin policy list", "this policy is %s, and not proposed", p.State)
	}
	return p, err
}

// ApprovePolicy takes a proposal into force. It must be another person than the
// one who proposed it. In the same moment every open draft is cut anew, and who
// had approved one must look again; and what waits in the queue is decided anew:
// what the policy forbids is taken out, visibly, with an alarm. What the policy
// before forbade is not sent because of it.
func (o *Outbox) ApprovePolicy(ctx context.Context, who caller.Caller, hash string) (done Enforced, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.ApprovePolicy, Subject: hash}, func(tx *store.Tx) error {
		done = Enforced{}
		p, err := proposal(tx, hash)
		if err != nil {
			return err
		}
		if p.ProposedBy() == who.Name {
			return problem.New(problem.Denied, "ask another releaser", "you have proposed it: a second person must approve it")
		}
		if may, err := tx.StillMay(p.ProposedBy(), caller.ProposePolicy); err != nil {
			return err
		} else if !may {
			return problem.New(problem.Conflict, "withdraw it, and propose it anew: tocsin policy withdraw "+hash, "%s, who proposed it, no longer proposes policies here", p.ProposedBy())
		}
		rules, err := readPolicy([]byte(p.Text))
		if err != nil {
			return err
		}
		if rules.Hash() != hash {
			return problem.New(problem.Conflict, "", "the text that is kept is not the one that was proposed")
		}
		before, err := o.rules.Rules(tx)
		if err != nil {
			return err
		}
		if before.Hash() != "" {
			if err := tx.KeepPolicy(before.Hash(), before.Text()); err != nil {
				return err
			}
		}
		if err := tx.EnforcePolicy(&p, ""); err != nil {
			return err
		}
		done.Policy = p
		if done.Drafts, err = recut(tx, rules); err != nil {
			return err
		}
		done.Dropped, err = rejudgeAll(tx, rules)
		return err
	})
	return done, err
}

// recut cuts every open draft anew. Its approvals were of what it was; what waits
// for its time to be undone does not leave without new ones, and an alarm says so to
// those who believe that it leaves.
func recut(tx *store.Tx, rules *policy.Rules) (int, error) {
	open, err := store.Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved), string(warning.Waiting))
	if err != nil {
		return 0, err
	}
	for i := range open {
		draft := &open[i]
		facts, source, err := factsOf(tx, draft)
		if err != nil {
			return 0, err
		}
		if err := deleteCuts(tx, *draft); err != nil {
			return 0, err
		}
		waited := draft.Stage == warning.Waiting
		draft.Approvals, draft.Stage, draft.LeavesAt = nil, warning.Composed, time.Time{}
		cutter := rules.NewCutter(draft, facts, source, tx.Now)
		cutter.Spread = spread
		for name := range draft.Releases {
			if err := cut(tx, draft, cutter, name); err != nil {
				return 0, err
			}
		}
		if waited {
			err = notLeft(tx, draft, "another policy came into force")
		} else {
			err = store.Drafts.Put(tx, draft.ID, *draft)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(open), nil
}
