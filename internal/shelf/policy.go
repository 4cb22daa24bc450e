// SPDX-License-Identifier: Apache-2.0

package shelf

// This file asks the policy in force what may be shown.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// inForce are the rules in force, read from the store only when it has changed.
func (s *Shelf) inForce(ctx context.Context, who caller.Caller, act caller.Act) (rules *policy.Rules, err error) {
	state := s.store.State(store.RowSetting)
	if rules, ok := s.rules.get(state); ok {
		return rules, nil
	}
	err = s.store.Glance(ctx, who, store.What{Act: act}, func(tx *store.Tx) (err error) {
		rules, err = s.force.Rules(tx)
		return err
	})
	if err == nil {
		s.rules.put(state, rules)
	}
	return rules, err
}

// public reports whether everybody may read a statement.
func public(rules *policy.Rules, statement *warning.Statement) bool {
	return rules.MayPublish(policy.Public{
		ID: statement.ID, Label: statement.TLP, Cleared: statement.ClearedBy != "", Theirs: statement.Theirs != "",
	}).Allowed
}

// dossierOf is the file that a dossier of a case is.
func dossierOf(tx *store.Tx, id string, text bool) (policy.File, error) {
	kept, err := store.Cases.Get(tx, id)
	if err != nil {
		return policy.File{}, err
	}
	file := policy.File{
		Case: kept.ID, Kind: policy.FileDossier, Partner: kept.Partner, Label: handling.TLP(kept.TLP), Ours: kept.Ours, ToLife: kept.ToLife, Text: text,
	}
	every := func(store.Entry) bool { return true }
	err = tx.EachText(kept.ID, kept.Partner, every, func(m *store.Message) (bool, error) {
		opened, err := m.Opened()
		if err != nil {
			return false, err
		}
		file.NoCourt, err = notForCourt(tx, m, store.HandlingOf(m, &opened.Header))
		return !file.NoCourt, err
	})
	return file, err
}

// messageOf is the file that a message with its text is.
func messageOf(tx *store.Tx, m *store.Message, header *envelope.Header) (policy.File, error) {
	kept, _, err := store.Cases.Find(tx, m.Thread)
	if err != nil {
		return policy.File{}, err
	}
	file := policy.File{
		Case: kept.ID, Kind: policy.FileMessage, Partner: m.Partner, Label: header.Handling.TLP, Ours: m.Direction == store.Out, ToLife: kept.ToLife, Text: true,
	}
	file.NoCourt, err = notForCourt(tx, m, store.HandlingOf(m, header))
	return file, err
}

// mayTake refuses a file that the policy does not let out.
func (s *Shelf) mayTake(tx *store.Tx, who caller.Caller, file policy.File) error {
	rules, err := s.force.Rules(tx)
	if err != nil {
		return err
	}
	var roles []string
	for _, role := range who.Roles {
		roles = append(roles, string(role))
	}
	said := rules.MayExport(who.Name, roles, file)
	if said.Allowed {
		return nil
	}
	hint := said.Reason.Hint
	if hint == "" {
		hint = "see tocsin policy show"
	}
	return problem.New(problem.Denied, hint, "the policy does not let this file out: %s", said.Reason.Text).With("rule " + string(said.Reason.Rule))
}

// Policies lists every policy there was, newest first, without its text.
func (s *Shelf) Policies(ctx context.Context, who caller.Caller) (all []api.Policy, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePolicies}, func(tx *store.Tx) error {
		kept, err := store.Policies.List(tx, 0)
		if err != nil {
			return err
		}
		now, err := s.force.Rules(tx)
		if err != nil {
			return err
		}
		all = nil
		there := false
		for i := range kept {
			there = there || kept[i].Hash == now.Hash()
			all = append(all, showPolicy(&kept[i], false))
		}
		if hash, err := tx.PolicyHash(); err != nil || hash != "" || there {
			return err
		}
		all = append([]api.Policy{showPolicy(ofProgram(now), false)}, all...)
		return nil
	})
	return all, err
}

// ofProgram is the policy that came with the program, where none is kept yet.
func ofProgram(rules *policy.Rules) *store.Policy {
	return &store.Policy{Hash: rules.Hash(), Text: string(rules.Text()), State: store.PolicyShipped}
}

// Policy is one policy by its hash, with its text; the one in force if the hash
// is empty.
func (s *Shelf) Policy(ctx context.Context, who caller.Caller, hash string) (shown api.Policy, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeePolicies, Subject: hash}, func(tx *store.Tx) error {
		shipped := ofProgram(policy.Shipped())
		if hash == "" {
			if hash, err = tx.PolicyHash(); err != nil {
				return err
			}
			if hash == "" {
				hash = shipped.Hash
			}
		}
		kept, there, err := store.Policies.Find(tx, hash)
		if err != nil {
			return err
		}
		if !there && hash == shipped.Hash {
			kept, there = *shipped, true
		}
		if !there {
			return problem.New(problem.Missing, "see tocsin policy list, and give the whole hash", "there is no such policy")
		}
		shown = showPolicy(&kept, true)
		return nil
	})
	return shown, err
}

func showPolicy(p *store.Policy, text bool) api.Policy {
	shown := api.Policy{Hash: p.Hash, State: string(p.State)}
	for _, turn := range p.Turns {
		shown.Turns = append(shown.Turns, api.PolicyTurn{State: string(turn.State), By: turn.By, At: turn.At, Why: turn.Why})
	}
	if !text {
		return shown
	}
	shown.Text = p.Text
	rules, err := policy.Read("policy", []byte(p.Text))
	if err != nil {
		shown.Fault = err.Error()
	}
	for _, clause := range rules.Clauses() {
		rule := api.PolicyRule{ID: string(clause.ID), Says: clause.Says, Source: clause.Source, Permits: clause.Permits, Line: clause.Line}
		for _, action := range clause.Actions {
			rule.Actions = append(rule.Actions, string(action))
		}
		shown.Rules = append(shown.Rules, rule)
	}
	return shown
}
