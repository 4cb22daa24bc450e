// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows the collections, and what became of requests.

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

// Collections lists the collections as the caller, cleared up to a TLP label,
// may use them. TAXII 2.1 §5.1
func (s *Shelf) Collections(ctx context.Context, who caller.Caller, clearance handling.TLP) (collections []taxii.Collection, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		collections, err = s.collections(tx, who, clearance)
		return err
	})
	return collections, err
}

// Collection is one collection by its id or alias, or a Missing problem.
// TAXII 2.1 §5.2
func (s *Shelf) Collection(ctx context.Context, who caller.Caller, clearance handling.TLP, name string) (c taxii.Collection, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		c, err = s.collection(tx, who, clearance, name)
		return err
	})
	return c, err
}

// ListCollections is Collections for whoever manages them, too: an administrator
// sees that they are there, and reads none.
func (s *Shelf) ListCollections(ctx context.Context, who caller.Caller) (collections []taxii.Collection, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ListCollections}, func(tx *store.Tx) error {
		collections, err = s.collections(tx, who, handling.Red)
		return err
	})
	return collections, err
}

// collections are those that the caller may know of, by their ids.
func (s *Shelf) collections(tx *store.Tx, who caller.Caller, clearance handling.TLP) (all []taxii.Collection, err error) {
	kept, err := store.Collections.List(tx, 0)
	kept = append(kept, store.Collection{
		ID: store.Received, Alias: store.Received, Title: "Received from partners", Description: "Objects attached to the warnings of partners",
	})
	for _, c := range kept {
		right, known := who.On(c.ID)
		if !known {
			continue
		}
		shown := taxii.Collection{
			ID: c.ID, Alias: c.Alias, Title: c.Title, Description: c.Description,
			CanRead: right.Read && clearance.Rank() >= 0, CanWrite: right.Write, MediaTypes: []string{taxii.ObjectMediaType},
		}
		if c.ID == store.Received {
			shown.ID, shown.CanWrite = s.receivedID(), false
		}
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b taxii.Collection) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

func (s *Shelf) collection(tx *store.Tx, who caller.Caller, clearance handling.TLP, name string) (taxii.Collection, error) {
	all, err := s.collections(tx, who, clearance)
	if err != nil {
		return taxii.Collection{}, err
	}
	for _, c := range all {
		if name != "" && (c.Alias == name || c.ID == strings.ToLower(name)) {
			return c, nil
		}
	}
	return taxii.Collection{}, problem.New(problem.Missing, "", "there is no such collection")
}

func (s *Shelf) receivedID() string { return store.ReceivedID(s.card.Log) }

// Status is what became of the objects of a request, for whoever made it; a
// Missing problem for anyone else. TAXII 2.1 §4.3
func (s *Shelf) Status(ctx context.Context, who caller.Caller, id string) (status taxii.Status, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.KeepObjects, Subject: id}, func(tx *store.Tx) error {
		kept, ok, err := store.Statuses.Find(tx, strings.ToLower(id))
		if err == nil && (!ok || kept.Owner != who.String()) {
			err = problem.New(problem.Missing, "", "there is no such status")
		}
		if err == nil {
			status = kept.Status
		}
		return err
	})
	return status, err
}
