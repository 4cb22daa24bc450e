// SPDX-License-Identifier: Apache-2.0

package store

// This file knows an object again that a partner recalled, from a copy that somebody
// saved: of the object it keeps nothing but hashes under the store's own key.

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// RecalledObjects are kept twice, by a hash of the id and by one of everything but
// the id. They say who recalled and by which recall, and nothing of the object.
var RecalledObjects = Table[RecalledObject]{kind: "recalled object", name: "recalled object", at: func(r *RecalledObject) time.Time { return r.At }}

// RecalledObject is an object that went with a recall.
type RecalledObject struct {
	Partner string    `json:"partner"`
	Recall  string    `json:"recall,omitempty"` // its id, if it is known
	At      time.Time `json:"at"`               // when the object was destroyed here
}

// recalledIDs are the hashes by which an object is known again: whoever has the
// store's key can tell an object that they have, and nobody can read one out of them.
func (tx *Tx) recalledIDs(object stix.Object) ([]string, error) {
	hashed := func(what, text string) string {
		mac := hmac.New(sha256.New, tx.session.key)
		mac.Write([]byte("recalled object\n" + what + "\n" + text))
		return what + "/" + hex.EncodeToString(mac.Sum(nil))
	}
	tree := object.Map()
	delete(tree, "id")
	rest, err := stix.FromMap(tree)
	if err != nil {
		return nil, err
	}
	return []string{hashed("id", object.ID()), hashed("body", string(rest.Raw()))}, nil
}

// markRecalled keeps how to know the objects of a message that was recalled, but for
// those that are here from elsewhere: from another message, or of our own.
func (tx *Tx) markRecalled(m *Message, objects []jsontext.Value) error {
	if len(objects) == 0 {
		return nil
	}
	mark := RecalledObject{Partner: m.Partner, At: tx.Now}
	recalls, err := Recalls.List(tx, 0)
	if err != nil {
		return err
	}
	for _, r := range recalls {
		if !r.Ours && r.Partner == m.Partner && r.Recall.About == m.Hash {
			mark.Recall = r.Recall.ID
		}
	}
	read, ids := readable(objects)
	givers, err := tx.Givers(ids)
	if err != nil {
		return err
	}
	for _, object := range read {
		_, standard := stix.MarkingTLP(object.ID())
		here, err := tx.has(object.ID())
		if err != nil {
			return err
		}
		if standard || here || len(givers[object.ID()]) > 0 {
			continue
		}
		marks, err := tx.recalledIDs(object)
		if err != nil {
			return err
		}
		for _, id := range marks {
			if err := RecalledObjects.Put(tx, id, mark); err != nil {
				return err
			}
		}
	}
	return nil
}

// readable are the objects that can be read, and their ids.
func readable(objects []jsontext.Value) (read []stix.Object, ids []string) {
	for _, raw := range objects {
		if object, err := stix.Parse(raw); err == nil && object.ID() != "" {
			read, ids = append(read, object), append(ids, object.ID())
		}
	}
	return read, ids
}

// has reports whether an object of that id is here, whoever brought it.
func (tx *Tx) has(id string) (bool, error) {
	var n int
	return tx.get(`SELECT 1 FROM objects WHERE hash = $1 AND id = $2 LIMIT 1`, []any{keyed(tx.session.key, id), id}, &n)
}

// Recalled says, by their ids, which of these objects are copies of what a partner
// recalled: the same but for their id, or of the same id. One that a partner has
// given since is none, nor an observable that we have of our own: its id follows from
// what it says, so that it is anybody's who saw it.
func (tx *Tx) Recalled(objects []jsontext.Value) (map[string]RecalledObject, error) {
	if some, err := RecalledObjects.List(tx, 1); err != nil || len(some) == 0 {
		return nil, err
	}
	recalled := make(map[string]RecalledObject)
	read, _ := readable(objects)
	for _, object := range read {
		marks, err := tx.recalledIDs(object)
		if err != nil {
			return nil, err
		}
		for _, id := range marks {
			if mark, is, err := RecalledObjects.Find(tx, id); err != nil {
				return nil, err
			} else if is {
				recalled[object.ID()] = mark
			}
		}
		if _, is := recalled[object.ID()]; is && stix.Observable(object.Type()) {
			here, err := tx.has(object.ID())
			if err != nil {
				return nil, err
			}
			if here {
				delete(recalled, object.ID())
			}
		}
	}
	givers, err := tx.Givers(slices.Sorted(maps.Keys(recalled)))
	if err != nil {
		return nil, err
	}
	for id := range givers {
		delete(recalled, id)
	}
	return recalled, nil
}
