// SPDX-License-Identifier: Apache-2.0

package outbox

// This file compares two policies over everything the node holds, before one of
// them takes the other's place.

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Compared is what two policies do differently.
type Compared struct {
	Old, New string // hashes
	Things   int    // that were looked at
	Changes  []policy.Change
}

// Shown is what was found, as people see it.
func (c *Compared) Shown() api.PolicyDiff {
	diff := api.PolicyDiff{Old: c.Old, New: c.New, Things: c.Things, Changes: []api.PolicyChange{}}
	for _, change := range c.Changes {
		diff.Changes = append(diff.Changes, api.PolicyChange{
			Action: string(change.Action), What: change.What, To: change.To, Leaves: change.Leaves, Rule: string(change.Rule), Says: change.Says,
			Count: change.Count, Examples: change.Examples,
		})
	}
	return diff
}

// portion is how many objects a worker takes at once.
const portion = 256

// ComparePolicies says what would leave differently if the new policy were in
// force in place of the old one: over every draft, every copy that was sent, every
// object, statement and case that is held here. Each of the two is a hash of a
// policy that is kept, "in-force", "shipped", or the text itself. It is read in
// one moment, changes nothing, and its line in the log is written before it
// begins; a second one at the same time is Busy. progress may be nil.
func (o *Outbox) ComparePolicies(ctx context.Context, who caller.Caller, old, renewed string, progress func(done, total int64)) (c Compared, err error) {
	err = o.store.Inspect(ctx, who, store.What{Act: caller.ComparePolicy}, func(tx *store.Tx) error {
		before, err := o.named(tx, old)
		if err != nil {
			return err
		}
		after, err := o.named(tx, renewed)
		if err != nil {
			return err
		}
		channels, err := store.Channels.List(tx, 0)
		if err != nil {
			return err
		}
		var partners []policy.Partner
		for _, channel := range channels {
			if channel.State != partner.Pending && channel.State != partner.Expelled {
				partners = append(partners, policy.Partner{Name: channel.Name, Country: channel.Card.Country})
			}
		}
		all := policy.Compare(before, after, partners)
		for _, part := range []func(*store.Tx, *policy.Comparison) error{compareDrafts, compareStatements, compareCases} {
			if err := part(tx, all); err != nil {
				return err
			}
		}
		if err := compareObjects(ctx, tx, all, progress); err != nil {
			return err
		}
		c = Compared{Old: before.Hash(), New: after.Hash(), Things: all.Things, Changes: all.Changes()}
		return nil
	})
	return c, err
}

// named is a policy by its hash or word, or by its text.
func (o *Outbox) named(tx *store.Tx, name string) (*policy.Rules, error) {
	switch name {
	case "in-force":
		return o.rules.Rules(tx)
	case "shipped", policy.Shipped().Hash():
		return policy.Shipped(), nil
	}
	if !hashed.MatchString(name) {
		return readPolicy([]byte(name))
	}
	text, err := tx.PolicyText(name)
	if err != nil {
		return nil, err
	}
	return readPolicy(text)
}

func compareDrafts(tx *store.Tx, c *policy.Comparison) error {
	drafts, err := store.Drafts.List(tx, 0, string(warning.Composed), string(warning.Approved), string(warning.Waiting), string(warning.Released))
	if err != nil {
		return err
	}
	for i := range drafts {
		facts, source, err := factsOf(tx, &drafts[i])
		if err != nil {
			return err
		}
		if source != nil {
			facts.Source = policy.Provenance{Partner: source.Origin, Handling: source.Handling}
		}
		c.Draft(&drafts[i], facts, tx.Now)
	}
	return nil
}

func compareStatements(tx *store.Tx, c *policy.Comparison) error {
	statements, err := store.Statements.List(tx, 0)
	for _, s := range statements {
		c.Statement(policy.Public{ID: s.ID, Label: s.TLP, Cleared: s.ClearedBy != "", Theirs: s.Theirs != ""})
	}
	return err
}

func compareCases(tx *store.Tx, c *policy.Comparison) error {
	cases, err := store.Cases.List(tx, 0)
	var roles []string
	for _, role := range caller.Roles() {
		roles = append(roles, string(role))
	}
	c.Records(roles)
	for _, kept := range cases {
		c.Case(policy.File{Case: kept.ID, Partner: kept.Partner, Label: handling.TLP(kept.TLP), Ours: kept.Ours, ToLife: kept.ToLife}, roles)
	}
	return err
}

// compareObjects reads every object once, and lets as many workers as there are
// processors judge them.
func compareObjects(ctx context.Context, tx *store.Tx, all *policy.Comparison, progress func(done, total int64)) error {
	total, err := tx.CountObjects()
	if err != nil {
		return err
	}
	collections, err := store.Collections.List(tx, 0)
	if err != nil {
		return err
	}
	collections = append(collections, store.Collection{ID: store.Received})
	work := make(chan []store.Object, runtime.GOMAXPROCS(0))
	group, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex
	var done atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		own := all.Again()
		group.Go(func() error {
			for objects := range work {
				for i := range objects {
					compareObject(own, &objects[i])
				}
				done.Add(int64(len(objects)))
			}
			mu.Lock()
			defer mu.Unlock()
			all.Join(own)
			return nil
		})
	}
	batch := make([]store.Object, 0, portion)
	hand := func() error {
		select {
		case work <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		batch = make([]store.Object, 0, portion)
		if progress != nil {
			progress(done.Load(), total)
		}
		return nil
	}
	for i := 0; i < len(collections) && err == nil; i++ {
		err = tx.EachObject(store.ObjectQuery{Collection: collections[i].ID, AllVersions: true}, func(found *store.Found) (bool, error) {
			object, err := found.Object()
			if err != nil {
				return false, err
			}
			if batch = append(batch, object); len(batch) == portion {
				err = hand()
			}
			return err == nil, err
		})
	}
	if err == nil && len(batch) > 0 {
		err = hand()
	}
	close(work)
	if failed := group.Wait(); err == nil {
		err = failed
	}
	return err
}

func compareObject(c *policy.Comparison, object *store.Object) {
	var from policy.Provenance
	if given, by := object.GivenBy(); by {
		from = policy.Provenance{Partner: given.Partner, Handling: given.Handling}
	}
	c.Object(object.Body, object.Audience, from)
}
