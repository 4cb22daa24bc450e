// SPDX-License-Identifier: Apache-2.0

package store

// This file judges anew the objects that nobody may see until a marking
// definition comes, and those of an older store.

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

const markingDefinition = "marking-definition"

// Definition is what one origin brought into one collection as the definition of
// one marking. It counts for the objects of that origin there, also if another
// brought the same object before.
type Definition struct {
	// Bodies are its definitions, cut to what says whether it is a statement.
	Bodies [][]byte `json:"bodies"`
	// Many says that there were more; then it is none.
	Many bool `json:"many,omitzero"`
}

// maxDefinitions is how many different definitions of one marking are kept.
const maxDefinitions = 4

func definitionID(collection, origin, id string) string { return collection + "/" + origin + "/" + id }

// define notes a marking definition, whether or not the object is new.
func (tx *Tx) define(o *Object) error {
	if o.Type != markingDefinition {
		return nil
	}
	name := definitionID(o.Collection, o.Origin, o.ID)
	kept, _, err := definitions.Find(tx, name)
	if err != nil {
		return err
	}
	cut := cutDefinition(o.Body)
	same := func(body []byte) bool { return bytes.Equal(body, cut) }
	if kept.Many || slices.ContainsFunc(kept.Bodies, same) {
		return nil
	}
	if kept.Many = len(kept.Bodies) == maxDefinitions; !kept.Many {
		kept.Bodies = append(kept.Bodies, cut)
	}
	delete(tx.definitions, name)
	return definitions.Put(tx, name, kept)
}

// cutDefinition is a marking definition without what does not say whether it is
// a statement and nothing else: its size does not follow from that of the body,
// and each object that refers to it has it read. It makes no tree of the body.
// What cannot be read is an object that says nothing. STIX 2.1 §7.2.1
func cutDefinition(body []byte) []byte {
	cut := map[string]any{"type": markingDefinition}
	err := members(body, func(name string, value jsontext.Value) error {
		switch name {
		case "definition_type":
			cut[name] = "other"
			if text, err := jsontext.AppendUnquote(nil, value); err == nil && string(text) == "statement" {
				cut[name] = "statement"
			}
		case "definition":
			inner := map[string]any{}
			cut[name] = inner
			return members(value, func(name string, _ jsontext.Value) error {
				if name == "statement" {
					inner[name] = ""
				}
				return nil
			})
		case "extensions":
			cut[name] = map[string]any{}
		}
		return nil
	})
	raw, marshalErr := json.Marshal(cut, json.Deterministic(true))
	if err != nil || marshalErr != nil {
		return []byte("{}")
	}
	return raw
}

// members calls each for the members of an object; there is none in what is no object.
func members(raw []byte, each func(name string, value jsontext.Value) error) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return err
	}
	for decoder.PeekKind() == '"' {
		token, err := decoder.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		value, err := decoder.ReadValue()
		if err == nil {
			err = each(name, value)
		}
		if err != nil {
			return err
		}
	}
	_, err := decoder.ReadToken()
	return err
}

// defined returns what an origin brought into a collection as definitions of a
// marking, as a function that remembers. One that cannot be read is an object
// that says nothing.
func (tx *Tx) defined(collection, origin string) func(id string) []stix.Object {
	return func(id string) (all []stix.Object) {
		if strings.HasPrefix(id, handling.NotePrefix) {
			return tx.noted(origin, id) // whatever a partner calls its definitions
		}
		name := definitionID(collection, origin, id)
		if known, ok := tx.definitions[name]; ok {
			return known
		}
		kept, _, err := definitions.Find(tx, name)
		if err != nil || kept.Many {
			return []stix.Object{{}}
		}
		for _, body := range kept.Bodies {
			object, err := stix.Parse(body)
			if err != nil {
				object = stix.Object{}
			}
			all = append(all, object)
		}
		if tx.definitions == nil {
			tx.definitions = make(map[string][]stix.Object)
		}
		tx.definitions[name] = all
		return all
	}
}

// waitKey is what an object that waits for a definition is found by; 0 if it
// waits for none.
func (tx *Tx) waitKey(o *Object, waits string) int64 {
	if waits == "" {
		return 0
	}
	if key := keyed(tx.session.key, o.Collection, o.Origin, waits); key != 0 {
		return key
	}
	return 1
}

const addRelease = `INSERT INTO releases(waits) VALUES(?) ON CONFLICT DO NOTHING`

// Released judges anew objects that waited for the definition that o is, at
// most limit of them, and reports whether there may be others. An object that
// somebody may see from here on is added from here on: it has a new date, so
// that whoever follows the collection meets it.
func (tx *Tx) Released(o Object, judge Judge, limit int) (more bool, err error) {
	if o.Type != markingDefinition {
		return false, nil
	}
	key := tx.waitKey(&o, o.ID)
	if more, err = tx.release(key, judge, limit); err != nil {
		return false, err
	}
	if more {
		return true, tx.run(addRelease, key)
	}
	return false, tx.run(`DELETE FROM releases WHERE waits = ?`, key)
}

// release judges anew what waits under a key.
func (tx *Tx) release(key int64, judge Judge, limit int) (more bool, err error) {
	// Only a query that says that it is not 0 finds the index.
	waiting, more, err := tx.full(limit, `WHERE waits = ? AND waits != 0`, key)
	if err != nil {
		return false, err
	}
	moved := 0
	for i := range waiting {
		o := &waiting[i]
		f, err := tx.feed(o.Collection)
		if err != nil {
			return false, err
		}
		audience, waits := judged(o, judge, tx.defined(o.Collection, o.Origin))
		if audience == o.Audience && tx.waitKey(o, waits) == key {
			continue // it stays as it is, for as long as the definition does not help
		}
		moved++
		if audience == o.Audience {
			err = tx.run(`UPDATE objects SET waits = ? WHERE place = ?`, tx.waitKey(o, waits), o.place)
		} else {
			err = tx.reveal(f, o, audience, waits)
		}
		if err != nil {
			return false, err
		}
	}
	return more && moved > 0, nil
}

// reveal shows an object that waited to an audience. If another is shown under
// its id and version meanwhile, it stays for nobody.
func (tx *Tx) reveal(f *feed, o *Object, audience handling.TLP, waits string) error {
	k, err := tx.kin(f, o.ID, o.Version)
	if err != nil {
		return err
	}
	for _, other := range k.same {
		if other.audience != Nobody {
			return tx.run(`UPDATE objects SET waits = 0 WHERE place = ?`, o.place)
		}
	}
	at, err := tx.nextDate(o.Collection, f)
	if err != nil {
		return err
	}
	o.Audience, o.Added = audience, time.UnixMicro(at).UTC()
	if o.edge, err = tx.pushAside(k, o); err != nil {
		return err
	}
	return tx.move(o, waits)
}

// move puts an object where its audience and its date want it.
func (tx *Tx) move(o *Object, waits string) error {
	s, err := tx.span(o.Collection, o.Audience)
	if err != nil {
		return err
	}
	f, err := tx.feed(o.Collection)
	if err != nil {
		return err
	}
	from, before := o.place, *o
	before.Audience = f.audience(from)
	if before.row() != o.row() {
		tx.touched(rowObject, before.row(), "")
	}
	o.place = s.place(o.Added.UnixMicro())
	tx.batch.grown[o.Collection], tx.batch.moved[o.Collection] = true, true
	tx.touched(rowObject, o.row(), o.hash())
	return tx.run(`UPDATE objects SET place = ?, edge = ?, waits = ? WHERE place = ?`, o.place, o.edge, tx.waitKey(o, waits), from)
}

// Rejudge judges objects that an older store kept, and those whose definition
// came when it was not possible to look at all that waited for it; at most limit
// of them. It reports whether there is more to do: a node asks before its doors
// open. Those of an older store keep their dates.
func (tx *Tx) Rejudge(judge Judge, limit int) (more bool, err error) {
	old, _, err := tx.full(limit, `WHERE place IN (SELECT o.place FROM ranges r JOIN objects o
		ON o.place BETWEEN r.number << 51 AND ((r.number + 1) << 51) - 1 WHERE r.audience = ?)`, string(unjudged))
	if err != nil {
		return false, err
	}
	for i := range old {
		o := &old[i]
		// Nobody saw what had such a marking, so it is not shown under its old date.
		undefined := func(string) []stix.Object { return nil }
		var waits string
		o.Audience, waits = judged(o, judge, undefined)
		err := errors.Join(tx.rejudged(o, waits), tx.define(o))
		if err == nil && o.Type == markingDefinition {
			err = tx.run(addRelease, tx.waitKey(o, o.ID))
		}
		if err != nil {
			return false, err
		}
	}
	if len(old) > 0 {
		return true, nil
	}
	var key int64
	found, err := tx.get(`SELECT waits FROM releases LIMIT 1`, nil, &key)
	if err != nil || !found {
		return false, err
	}
	if more, err = tx.release(key, judge, limit); err == nil && !more {
		err = tx.run(`DELETE FROM releases WHERE waits = ?`, key)
	}
	return true, err
}

// rejudged moves an object of an older store, which stands at no edge if nobody
// may see it.
func (tx *Tx) rejudged(o *Object, waits string) error {
	if o.Audience != Nobody || o.edge == 0 {
		return tx.move(o, waits)
	}
	f, err := tx.feed(o.Collection)
	if err != nil {
		return err
	}
	gone := version{edge: o.edge, version: o.Version, origin: o.Origin, creator: creatorOf(o.Body)}
	o.edge = 0
	if err := tx.move(o, waits); err != nil {
		return err
	}
	_, err = tx.bequeath(f, o.ID, gone)
	return err
}

// Unjudged reports whether there is anything for Rejudge to do.
func (tx *Tx) Unjudged() (bool, error) {
	var is bool
	_, err := tx.get(`SELECT EXISTS(SELECT 1 FROM releases) OR EXISTS(SELECT 1 FROM ranges r JOIN objects o
		ON o.place BETWEEN r.number << 51 AND ((r.number + 1) << 51) - 1 WHERE r.audience = $1)`, []any{string(unjudged)}, &is)
	return is, err
}

// judged asks judge. What cannot be read is for nobody.
func judged(o *Object, judge Judge, defined func(string) []stix.Object) (audience handling.TLP, waits string) {
	object := o.object
	if object.IsZero() {
		var err error
		if object, err = stix.Parse(o.Body); err != nil {
			return Nobody, ""
		}
	}
	return judge(object, o.given(), defined)
}

// judgedBytes bounds what is read at once to be judged.
const judgedBytes = 1 << 20

// full reads whole objects, to be judged: at most limit of them, and about
// judgedBytes. It reports whether there may be more.
func (tx *Tx) full(limit int, where string, args ...any) (all []Object, more bool, err error) {
	size := 0
	query := `SELECT ` + objectColumns + ` FROM objects ` + where + ` LIMIT ` + strconv.Itoa(limit)
	err = tx.each(query, args, func(stmt *sqlite3.Stmt) (bool, error) {
		o, err := tx.scan(stmt)
		if err != nil {
			return false, err
		}
		if o.object, err = stix.Parse(o.Body); err != nil {
			o.object = stix.Object{}
		}
		all, size = append(all, o), size+len(o.Body)
		return size < judgedBytes, nil
	})
	return all, len(all) == limit || size >= judgedBytes, err
}
