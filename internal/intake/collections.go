// SPDX-License-Identifier: Apache-2.0

package intake

// This file makes the collections that tools fill, and keeps what became of
// their requests.

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// AddCollection makes an empty collection with a random UUID as its id. The
// alias may be empty; it stands for the id in addresses, so it is a name of 2
// to 40 lower-case letters, digits and hyphens, and no other collection has it. By
// the rule of the purpose, which may be empty, its objects are kept.
func (in *Intake) AddCollection(ctx context.Context, who caller.Caller, title, description, alias, purpose string) (taxii.Collection, error) {
	title = strings.TrimSpace(title)
	if title == "" || len(title) > 200 || len(description) > 2000 {
		return taxii.Collection{}, problem.New(problem.Invalid, "give a title of up to 200 bytes, a description of up to 2000", "a collection needs a title")
	}
	if purpose = strings.ToLower(strings.TrimSpace(purpose)); len(purpose) > warning.MaxWord {
		return taxii.Collection{}, problem.New(problem.Invalid, "say it in a few words", "a purpose has at most %d bytes", warning.MaxWord)
	}
	// A name that reads as a UUID could be taken for another collection's id.
	if alias != "" && (!envelope.ValidName(alias) || uuid.Validate(alias) == nil) {
		return taxii.Collection{}, problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be a collection's alias", alias)
	}
	id := uuid.NewString()
	err := in.store.Change(ctx, who, store.What{Act: caller.AddCollection, Subject: id}, func(tx *store.Tx) error {
		others, err := store.Collections.List(tx, 0)
		if err != nil {
			return err
		}
		taken := alias == store.Received
		for _, other := range others {
			taken = taken || alias != "" && other.Alias == alias
		}
		if taken {
			return problem.New(problem.Conflict, "choose another", "there is a collection of this alias already")
		}
		return store.Collections.Put(tx, id, store.Collection{ID: id, Alias: alias, Title: title, Description: description, Purpose: purpose, Made: tx.Now})
	})
	if err != nil {
		return taxii.Collection{}, err
	}
	return taxii.Collection{
		ID: id, Title: title, Description: description, Alias: alias, CanRead: true, CanWrite: true, MediaTypes: []string{taxii.ObjectMediaType},
	}, nil
}

// StatusFor is how long the status of a request is kept. TAXII 2.1 §4.3
const StatusFor = 24 * time.Hour

// keepStatus keeps what became of the objects of a request under a new id, for
// the caller alone, and lets go of some that are older than [StatusFor].
func keepStatus(tx *store.Tx, who caller.Caller, status taxii.Status) (taxii.Status, error) {
	status.ID = uuid.NewString()
	old, err := store.Statuses.Before(tx, 10, "", tx.Now.Add(-StatusFor))
	if err != nil {
		return status, err
	}
	for _, id := range old {
		if err := store.Statuses.Delete(tx, id); err != nil {
			return status, err
		}
	}
	return status, store.Statuses.Put(tx, status.ID, store.Status{Owner: who.String(), Kept: tx.Now, Status: status})
}
