// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows STIX objects by collection, a page at a time, to readers who
// are cleared for them.

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Limits of one page.
const (
	// MaxPage is how many objects a page holds at most.
	MaxPage = 1000
	// MaxPageBytes ends a page early: the object that passes it is its last.
	MaxPageBytes = 8 << 20
)

// Object is one version of an object, for a reader who may see it.
type Object struct {
	ID      string
	Version string // as the object writes it; when it was added, if it writes none
	Added   time.Time
	Body    []byte // as it came
}

// Page is some of a collection, in the order in which it was added.
type Page struct {
	Objects []Object
	More    bool   // there are others behind, and Next leads to them
	Next    string // set if and only if More
}

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

// Page shows the objects of a collection that the filter asks for and that a
// reader with that clearance may see, at most limit of them, [MaxPage] and
// about [MaxPageBytes]. Those it may not see leave no trace: no gap, no empty
// page, no count. A page that shows something is logged as a reading.
//
// Next is where the page ended, and nothing else: it is good for ever, on any
// restart, as often as it is asked, and whoever follows it to the end has
// missed nothing. Objects have strictly increasing times of their own, so the
// same holds for added_after. Beside Next, added_after is passed over.
//
// The first and the last version of an object are those of the collection: if
// the reader may not see it, an older one does not stand in for it.
// TAXII 2.1 §3.4, §3.5, §5.4
func (s *Shelf) Page(ctx context.Context, who caller.Caller, clearance handling.TLP, name string, filter taxii.Filter, limit int) (page Page, err error) {
	after := filter.AddedAfter
	if filter.Next != "" {
		if after, err = parseNext(filter.Next); err != nil {
			return Page{}, err
		}
	}
	limit = min(max(limit, 1), MaxPage)
	if filter.Limit > 0 {
		limit = min(limit, filter.Limit)
	}
	subject := ""
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		c, err := s.collection(tx, who, clearance, name)
		if err != nil {
			return err
		}
		subject = c.ID
		query := store.ObjectQuery{
			Collection: c.ID, After: after, IDs: filter.IDs, Types: filter.Types,
			AllVersions: filter.Versions.All, First: filter.Versions.First, Last: filter.Versions.Last, At: filter.Versions.At,
		}
		if !c.CanRead {
			return problem.New(problem.Denied, "", "you may not read this collection")
		}
		if c.ID == s.receivedID() {
			query.Collection = store.Received
		}
		page, err = fill(tx, query, clearance, filter.SpecVersions, limit)
		return err
	})
	if err != nil || len(page.Objects) == 0 {
		return page, err
	}
	return page, s.shown(ctx, who, subject, len(page.Objects))
}

// shown writes that objects were read. It comes after the reading, when it is
// known that there was something, and before anything is handed out.
func (s *Shelf) shown(ctx context.Context, who caller.Caller, subject string, count int) error {
	what := store.What{Act: caller.ReadObjects, Subject: subject, Note: fmt.Sprintf("%d objects", count)}
	return s.store.Show(ctx, who, what, func(*store.Tx) error { return nil })
}

// fill walks until the page is full and there is one more that the reader may
// see: More is never said in vain.
func fill(tx *store.Tx, query store.ObjectQuery, clearance handling.TLP, specVersions []string, limit int) (page Page, err error) {
	size := 0
	err = tx.EachObject(query, func(o store.Object) (bool, error) {
		object, ok := visible(o, clearance)
		if !ok || len(specVersions) > 0 && !slices.Contains(specVersions, specVersion(object)) {
			return true, nil
		}
		if len(page.Objects) == limit || size >= MaxPageBytes {
			page.More, page.Next = true, formatNext(page.Objects[len(page.Objects)-1].Added)
			return false, nil
		}
		page.Objects = append(page.Objects, Object{ID: o.ID, Version: versionText(object, o.Added), Added: o.Added, Body: o.Body})
		size += len(o.Body)
		return true, nil
	})
	return page, err
}

// visible says whether a reader may see an object: its markings allow it, and
// so does the handling of the warning it came in. What came from a partner
// without a handling that can be read is for nobody; what may be shown but not
// handed over is for no tool. TLP 2.0
func visible(o store.Object, clearance handling.TLP) (stix.Object, bool) {
	if o.Collection == store.Received || o.Label != "" || o.Handling != "" {
		var given handling.Handling
		if err := json.Unmarshal([]byte(o.Handling), &given); err != nil || string(given.TLP) != o.Label {
			return stix.Object{}, false
		}
		if given.TLP.Rank() < 0 || given.TLP.Rank() > clearance.Rank() || given.HasCaveat(handling.DisplayOnly) {
			return stix.Object{}, false
		}
	}
	object, err := stix.Parse(o.Body)
	if err != nil {
		return stix.Object{}, false
	}
	ok, _ := policy.Shows(policy.Markings(object), clearance)
	return object, ok
}

// specVersion is what the object says, or what one that says nothing is of:
// only observables need not say it in 2.1, and they have no created time.
// STIX 2.1 §3.2
func specVersion(object stix.Object) string {
	if text := object.SpecVersion(); text != "" {
		return text
	}
	if object.CreatedText() != "" {
		return "2.0"
	}
	return "2.1"
}

// TAXII 2.1 §5.3.1
func versionText(object stix.Object, added time.Time) string {
	if modified := object.ModifiedText(); modified != "" {
		return modified
	}
	if created := object.CreatedText(); created != "" {
		return created
	}
	return taxii.FormatTime(added)
}

// ObjectPage is Page for the versions of one object; with none at all that the
// reader may see it is a Missing problem. TAXII 2.1 §5.6, §5.8
func (s *Shelf) ObjectPage(ctx context.Context, who caller.Caller, clearance handling.TLP, name, id string, filter taxii.Filter, limit int) (Page, error) {
	filter.IDs, filter.Types = []string{id}, nil
	page, err := s.Page(ctx, who, clearance, name, filter, limit)
	if err != nil || len(page.Objects) > 0 {
		return page, err
	}
	whole, err := s.Page(ctx, who, clearance, name, taxii.Filter{IDs: filter.IDs, Versions: taxii.VersionFilter{All: true}}, 1)
	if err == nil && len(whole.Objects) == 0 {
		err = problem.New(problem.Missing, "", "there is no such object")
	}
	return page, err
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

// formatNext writes where a page ended.
func formatNext(added time.Time) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(added.UnixMicro())))
}

// parseNext reads what formatNext wrote and refuses everything else.
func parseNext(text string) (time.Time, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil && len(raw) == 8 {
		if micros := int64(binary.BigEndian.Uint64(raw)); micros > 0 && formatNext(time.UnixMicro(micros)) == text {
			return time.UnixMicro(micros).UTC(), nil
		}
	}
	return time.Time{}, problem.New(problem.Invalid, "go on with the next of an earlier answer, or begin anew without one", "next is not one of this node's")
}
