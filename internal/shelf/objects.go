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
func (s *Shelf) Collections(ctx context.Context, who caller.Caller, clearance handling.TLP) ([]taxii.Collection, error) {
	return s.collections(ctx, who, caller.ReadObjects, clearance)
}

// ListCollections is Collections for whoever manages them, too: an administrator
// sees that they are there, and reads none.
func (s *Shelf) ListCollections(ctx context.Context, who caller.Caller) ([]taxii.Collection, error) {
	return s.collections(ctx, who, caller.ListCollections, handling.Red)
}

// collections are those that the caller may know of, by their ids.
func (s *Shelf) collections(ctx context.Context, who caller.Caller, act caller.Act, clearance handling.TLP) (all []taxii.Collection, err error) {
	kept, err := s.kept(ctx, who, act)
	for i := range kept {
		if shown, known := s.shown(&kept[i], who, clearance); known {
			all = append(all, shown)
		}
	}
	slices.SortFunc(all, func(a, b taxii.Collection) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// Collection is one collection by its id or alias, or a Missing problem.
// TAXII 2.1 §5.2
func (s *Shelf) Collection(ctx context.Context, who caller.Caller, clearance handling.TLP, name string) (taxii.Collection, error) {
	kept, err := s.kept(ctx, who, caller.ReadObjects)
	if err != nil {
		return taxii.Collection{}, err
	}
	id := strings.ToLower(name)
	for i := range kept {
		c := &kept[i]
		if name == "" || c.Alias != name && c.ID != id && (c.ID != store.Received || id != s.receivedID) {
			continue
		}
		if shown, known := s.shown(c, who, clearance); known && (shown.Alias == name || shown.ID == id) {
			return shown, nil
		}
	}
	return taxii.Collection{}, problem.New(problem.Missing, "", "there is no such collection")
}

// shown is a collection as the caller may use it.
func (s *Shelf) shown(c *store.Collection, who caller.Caller, clearance handling.TLP) (shown taxii.Collection, known bool) {
	right, known := who.On(c.ID)
	label, _ := handling.Label(clearance)
	shown = taxii.Collection{
		ID: c.ID, Alias: c.Alias, Title: c.Title, Description: c.Description,
		CanRead: right.Read && label.Rank() >= 0, CanWrite: right.Write, MediaTypes: []string{taxii.ObjectMediaType},
	}
	if c.ID == store.Received {
		shown.ID, shown.CanWrite = s.receivedID, false
		shown.CanRead = shown.CanRead && who.Partner == "" // another partner's tool is a third party
	}
	return shown, known
}

// kept are all collections there are. They must not be changed.
func (s *Shelf) kept(ctx context.Context, who caller.Caller, act caller.Act) ([]store.Collection, error) {
	if err := s.store.May(ctx, who, store.What{Act: act}); err != nil {
		return nil, err
	}
	state := s.store.State(store.RowCollection)
	if known, ok := s.known.get(state); ok {
		return known, nil
	}
	var all []store.Collection
	err := s.store.Glance(ctx, who, store.What{Act: act}, func(tx *store.Tx) (err error) {
		all, err = store.Collections.List(tx, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	all = append(all, store.Collection{
		ID: store.Received, Alias: store.Received, Title: "Received from partners", Description: "Objects attached to the warnings of partners",
	})
	s.known.put(state, all)
	return all, nil
}

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
