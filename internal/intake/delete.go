// SPDX-License-Identifier: Apache-2.0

package intake

// This file takes objects out of collections again.

import (
	"context"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// dropped is how many versions are taken out in one transaction.
const dropped = 100

// Delete takes versions of an object out of a collection: of those that a
// reader with that clearance may see, the ones that the filter asks for. It
// needs the right to read and to add there. A version that the caller may not
// see stays, and if there is none that it may, the problem is Missing, as if the
// object were not there. The log keeps that each was there; what was said of it
// before stays proved. Whoever follows the collection misses nothing: no other
// object is given its date. TAXII 2.1 §5.7
func (in *Intake) Delete(ctx context.Context, who caller.Caller, clearance handling.TLP, collection, id string, filter taxii.Filter) (count int, err error) {
	if right, _ := who.On(collection); !right.Read || !right.Write {
		return 0, problem.New(problem.Denied, "", "you may not delete from this collection")
	}
	what := store.What{Act: caller.DeleteObjects, Subject: collection, Note: id}
	versions, err := in.versions(ctx, who, what, clearance, id, filter)
	if err == nil && len(versions) == 0 {
		err = problem.New(problem.Missing, "", "there is no such object")
	}
	// The newest goes last: until then no other is the last, which has it added anew.
	slices.SortFunc(versions, func(a, b store.Object) int { return strings.Compare(a.Version, b.Version) })
	for err == nil && len(versions) > 0 {
		some := versions[:min(dropped, len(versions))]
		versions = versions[len(some):]
		err = in.store.Change(ctx, who, what, func(tx *store.Tx) error {
			for _, version := range some {
				if err := tx.DropObject(version); err != nil {
					return err
				}
			}
			return nil
		})
		count += len(some)
	}
	return count, err
}

// versions are those that Delete takes out.
func (in *Intake) versions(ctx context.Context, who caller.Caller, what store.What, clearance handling.TLP, id string, filter taxii.Filter) (all []store.Object, err error) {
	query := store.ObjectQuery{
		Collection: what.Subject, IDs: []string{id}, Specs: filter.SpecVersions,
		AllVersions: filter.Versions.All, First: filter.Versions.First, Last: filter.Versions.Last, At: filter.Versions.At,
	}
	err = in.store.Glance(ctx, who, what, func(tx *store.Tx) error {
		if _, err := store.Collections.Get(tx, what.Subject); err != nil {
			return err
		}
		rules, err := in.rules.Rules(tx)
		if err != nil {
			return err
		}
		return tx.EachObject(query.For(rules.Cleared(clearance)), func(found *store.Found) (bool, error) {
			version, err := found.Object()
			version.Body = nil
			all = append(all, version)
			return true, err
		})
	})
	return all, err
}
