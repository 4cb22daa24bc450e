// SPDX-License-Identifier: Apache-2.0

package shelf

// This file lists what one person proposed, and another must say, too.

import (
	"cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// proposals are the policies, the sheets of assurances and how exactly partners are
// told, each as far as it waits for a second person and the caller may see it.
func proposals(tx *store.Tx, who caller.Caller) (all []api.Proposal, err error) {
	if who.May(caller.SeePolicies) == nil {
		policies, err := store.Policies.List(tx, 0, string(store.PolicyProposed))
		if err != nil {
			return nil, err
		}
		for _, p := range policies {
			proposal := api.Proposal{Kind: "policy", Policy: p.Hash, By: p.ProposedBy(), At: p.At()}
			if n := len(p.Turns); n > 0 {
				proposal.Words = p.Turns[n-1].Why
			}
			all = append(all, proposal)
		}
	}
	if who.May(caller.SeeAssurances) == nil {
		sheets, err := store.AskedAssurances.List(tx, 0)
		if err != nil {
			return nil, err
		}
		for _, a := range sheets {
			all = append(all, api.Proposal{Kind: "assurance", Partner: a.Partner, Country: a.Country, Words: a.Basis, By: a.By, At: a.At})
		}
	}
	if who.May(caller.SeePartners) == nil {
		channels, err := store.Channels.List(tx, 0)
		if err != nil {
			return nil, err
		}
		for _, c := range channels {
			if asked := c.LimitsAsked; asked.SetBy != "" {
				words := "place " + cmp.Or(asked.Place, "exact") + ", time " + cmp.Or(asked.Time, "second")
				all = append(all, api.Proposal{Kind: "detail", Partner: c.Name, Words: words, By: asked.SetBy})
			}
		}
	}
	return all, nil
}
