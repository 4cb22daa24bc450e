// SPDX-License-Identifier: Apache-2.0

package outbox

// This file asks the policy, and keeps what it answered for each partner.

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// cut cuts and keeps one partner's copy, as if its channel were active: what
// the state of the channel lets out is asked again at every preview and at
// every release.
func cut(tx *store.Tx, draft *warning.Draft, cutter *policy.Cutter, name string) error {
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return err
	}
	to := policy.Partner{Name: name, Country: channel.Card.Country, State: partner.Active}
	id, corrects := draft.Corrects[name]
	if !corrects {
		id = newID("warning")
	}
	result := cutter.Cut(to, channel.Limits, id)
	if corrects {
		if err := sameObjects(tx, &result, id, name); err != nil {
			return err
		}
	}
	body, err := json.Marshal(result, json.Deterministic(true))
	if err != nil {
		return err
	}
	return store.Cuts.Put(tx, store.CutID(draft.ID, name), store.Cut{Draft: draft.ID, Partner: name, Body: body, IDs: result.IDs})
}

// reportErased is why a warning stays whose source report is gone.
const reportErased = "the source report was erased, so the release cannot be checked against it"

// copyFor is one partner's copy as it was cut, with what the rules say of it now.
// Unguarded says that the source report it names is not here any more.
func copyFor(tx *store.Tx, rules *policy.Rules, draft *warning.Draft, facts policy.Facts, name string, unguarded bool) (policy.Result, warning.Copy, error) {
	var result policy.Result
	kept, err := store.Cuts.Get(tx, store.CutID(draft.ID, name))
	if err != nil {
		return result, warning.Copy{}, err
	}
	if err := json.Unmarshal(kept.Body, &result); err != nil {
		return result, warning.Copy{}, err
	}
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return result, warning.Copy{}, err
	}
	asked := *draft
	if asked.Stage == warning.Released {
		asked.Stage = warning.Approved // what has left is shown as it left
	}
	now := rules.Decide(&asked, policy.Partner{Name: name, Country: channel.Card.Country, State: channel.State}, facts, tx.Now)
	if unguarded && result.Plan.Allowed && draft.Stage != warning.Released {
		now.Refuse(policy.RuleLeak, "source", reportErased)
	}
	if result.Plan.Policy != rules.Hash() {
		now.Refuse(policy.RulePolicy, "warning", "this copy was cut under another policy: save the draft again")
	}
	if result.Plan.Allowed && now.Allowed && !slices.EqualFunc(result.Plan.Permissions, now.Permissions, warning.Permitted.Equal) {
		now.Refuse(policy.RulePermission, "warning", "what is permitted has changed since this copy was cut: save the draft again")
	}
	if asked.Stage == draft.Stage {
		for _, id := range slices.Sorted(maps.Keys(kept.IDs)) {
			if text := facts.Objects[id].Recalled; text != "" {
				now.Refuse(policy.RuleFloor, id, text+": save the draft again without it")
			}
		}
	}
	// What blocks it now stands first, and once.
	reasons := now.Blocked()
	if result.Limits != channel.Limits {
		now.Allowed = false
		reasons = append(reasons, policy.Reason{Rule: policy.RuleLimit, Field: "limits", Effect: policy.Block, Text: "how exactly the partner may be told was changed since it was cut: compose it again"})
	}
	for _, r := range result.Plan.Reasons {
		same := func(other policy.Reason) bool {
			other.Hint = r.Hint // which may say another time
			return other == r
		}
		if !slices.ContainsFunc(reasons, same) {
			reasons = append(reasons, r)
		}
	}
	result.Plan.Allowed = result.Plan.Allowed && now.Allowed
	copied := warning.Copy{Partner: name, State: string(channel.State), Policy: rules.Hash(), Allowed: result.Plan.Allowed, Leaves: result.Warning, Further: now.Further, Permissions: now.Permissions}
	for _, r := range reasons {
		copied.Reasons = append(copied.Reasons, warning.Reason{Field: r.Field, Effect: string(r.Effect), Rule: string(r.Rule), Text: r.Text, Source: r.Source, Hint: r.Hint})
	}
	for _, c := range result.Cuts {
		copied.Cuts = append(copied.Cuts, warning.Reason{Field: join(c.Object, c.Path), Effect: string(policy.Withhold), Rule: string(c.Rule), Text: c.Reason})
	}
	if result.Warning.ID != "" {
		copied.Minimum = result.Warning.Minimum()
	}
	for _, l := range result.Flags {
		copied.Flags = append(copied.Flags, warning.Leak{Rule: string(l.Rule), Field: l.Field, Text: l.Words, Source: l.Source})
	}
	for _, l := range result.Leaks {
		copied.Leaks = append(copied.Leaks, warning.Leak{Rule: string(l.Rule), Field: l.Field, Text: l.Words, Source: l.Source})
	}
	return result, copied, nil
}

func join(object, path string) string {
	if object == "" || path == "" {
		return object + path
	}
	return object + " " + path
}

func deleteCuts(tx *store.Tx, draft warning.Draft) error {
	for name := range draft.Releases {
		if err := store.Cuts.Delete(tx, store.CutID(draft.ID, name)); err != nil {
			return err
		}
	}
	return nil
}
