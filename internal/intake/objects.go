// SPDX-License-Identifier: Apache-2.0

package intake

// This file takes in objects that tools bring, and the collections they are kept in.

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Kept says what became of one object of Accept.
type Kept struct {
	ID      string
	Version string // as the object writes it; when it was added, if it writes none
	Problem error  // nil if it was kept, or was there already
}

// How many objects, and how many bytes of them, share a transaction.
const (
	batch      = 500
	batchBytes = 4 << 20
)

// Accept keeps a stream of objects in a collection. An object that is not right
// fails alone; each is reported. An error means that the rest was not taken:
// what was reported before it stays, and the whole stream may be sent again,
// since an object that is there already is kept once. The error of a broken
// stream is the stream's own.
func (in *Intake) Accept(ctx context.Context, who caller.Caller, collection string, objects iter.Seq2[stix.Object, error], report func(Kept)) error {
	var waiting []stix.Object
	size := 0
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := in.keep(ctx, who, collection, waiting, report)
		waiting, size = waiting[:0], 0
		return err
	}
	var broken error
	for object, err := range objects {
		var one *stix.ObjectError
		if err != nil && !errors.As(err, &one) {
			broken = err
			break
		}
		if err == nil {
			err = valid(object)
		}
		if err != nil {
			report(Kept{ID: object.ID(), Version: writtenVersion(object), Problem: err})
			continue
		}
		waiting, size = append(waiting, object), size+object.Size()
		if len(waiting) == batch || size >= batchBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(flush(), broken)
}

// valid refuses an object that breaks a MUST of the standard.
func valid(object stix.Object) error {
	for _, violation := range stix.Check(object) {
		if violation.Level == stix.Must {
			return fmt.Errorf("%s (STIX 2.1 §%s, %s)", violation.Rule, violation.Section, violation.Path)
		}
	}
	return nil
}

func writtenVersion(object stix.Object) string {
	if modified := object.ModifiedText(); modified != "" {
		return modified
	}
	return object.CreatedText()
}

func (in *Intake) keep(ctx context.Context, who caller.Caller, collection string, objects []stix.Object, report func(Kept)) error {
	what := store.What{Act: caller.KeepObjects, Subject: collection}
	kept := make([]Kept, len(objects))
	err := in.store.Change(ctx, who, what, func(tx *store.Tx) error {
		if _, err := store.Collections.Get(tx, collection); err != nil {
			return err
		}
		if right, _ := who.On(collection); !right.Write {
			return problem.New(problem.Denied, "", "you may not add to this collection")
		}
		for i, object := range objects {
			added, _, err := tx.KeepObject(collection, who.Name, nil, object)
			if err != nil {
				return err
			}
			kept[i] = Kept{ID: object.ID(), Version: writtenVersion(object)}
			if kept[i].Version == "" {
				kept[i].Version = taxii.FormatTime(added)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range kept {
		report(k)
	}
	return nil
}

// reservedAlias is that of the collection of what partners sent.
const reservedAlias = "received"

// AddCollection makes an empty collection with a random UUID as its id. The
// alias may be empty; it stands for the id in addresses, so it is a name of 2
// to 40 lower-case letters, digits and hyphens, and no other collection has it.
func (in *Intake) AddCollection(ctx context.Context, who caller.Caller, title, description, alias string) (taxii.Collection, error) {
	title = strings.TrimSpace(title)
	if title == "" || len(title) > 200 || len(description) > 2000 {
		return taxii.Collection{}, problem.New(problem.Invalid, "give a title of up to 200 bytes, a description of up to 2000", "a collection needs a title")
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
		taken := alias == reservedAlias
		for _, other := range others {
			taken = taken || alias != "" && other.Alias == alias
		}
		if taken {
			return problem.New(problem.Conflict, "choose another", "there is a collection of this alias already")
		}
		return store.Collections.Put(tx, id, store.Collection{ID: id, Alias: alias, Title: title, Description: description, Made: tx.Now})
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

// KeepStatus keeps what became of the objects of a request under a new id, for
// the caller alone, and lets go of some that are older than [StatusFor].
func (in *Intake) KeepStatus(ctx context.Context, who caller.Caller, status taxii.Status) (taxii.Status, error) {
	status.ID = uuid.NewString()
	err := in.store.Change(ctx, who, store.What{Act: caller.KeepObjects, Subject: status.ID, Note: "status"}, func(tx *store.Tx) error {
		old, err := store.Statuses.Before(tx, 10, "", tx.Now.Add(-StatusFor))
		if err != nil {
			return err
		}
		for _, id := range old {
			if err := store.Statuses.Delete(tx, id); err != nil {
				return err
			}
		}
		return store.Statuses.Put(tx, status.ID, store.Status{Owner: who.String(), Kept: tx.Now, Status: status})
	})
	return status, err
}
