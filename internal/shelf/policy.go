// SPDX-License-Identifier: Apache-2.0

package shelf

// This file asks the policy in force what may be shown.

import (
	"context"

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
	return policy.File{
		Case: kept.ID, Kind: policy.FileDossier, Partner: kept.Partner, Label: handling.TLP(kept.TLP), Ours: kept.Ours, ToLife: kept.ToLife, Text: text,
	}, err
}

// messageOf is the file that a message with its text is.
func messageOf(tx *store.Tx, m *store.Message, header *envelope.Header) (policy.File, error) {
	kept, _, err := store.Cases.Find(tx, m.Thread)
	return policy.File{
		Case: kept.ID, Kind: policy.FileMessage, Partner: m.Partner, Label: header.Handling.TLP, Ours: m.Direction == store.Out, ToLife: kept.ToLife, Text: true,
	}, err
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
	return problem.New(problem.Denied, "see tocsin policy show", "the policy does not let this file out: %s", said.Reason.Text).With("rule " + string(said.Reason.Rule))
}
