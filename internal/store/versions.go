// SPDX-License-Identifier: Apache-2.0

package store

// This file says which of an object's versions are the first and the last. What
// it costs does not grow with the number of versions.

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
)

// version is one version of an object that is kept.
type version struct {
	place    int64
	edge     int64
	version  string
	origin   string
	audience handling.TLP
	creator  string // known only where it was asked for
}

const versionColumns = `SELECT place, edge, version, id, origin FROM objects WHERE hash = ?`

// versionOf reads a version; ours is false for one of another collection or object.
func (f *feed) versionOf(stmt *sqlite3.Stmt, id string) (one version, ours bool) {
	place := stmt.ColumnInt64(0)
	s, ours := f.holds(place)
	if !ours || string(stmt.ColumnRawText(3)) != id {
		return version{}, false
	}
	return version{place: place, edge: stmt.ColumnInt64(1), version: stmt.ColumnText(2), origin: stmt.ColumnText(4), audience: s.audience}, true
}

// kin are those of the versions of an object that matter to one of them.
type kin struct {
	same  []version // of that very version; one of them at most is shown to anybody
	edged []version // that stand at an edge
}

// fewVersions are looked through; of more, those that matter are looked up.
const fewVersions = 16

// kin are those kept of an object in a collection that matter to a version of it.
func (tx *Tx) kin(f *feed, id, of string) (k kin, err error) {
	hash, count := keyed(tx.session.key, id), 0
	add := func(stmt *sqlite3.Stmt) (bool, error) {
		count++
		one, ours := f.versionOf(stmt, id)
		if ours && one.version == of {
			k.same = append(k.same, one)
		}
		if ours && one.edge != 0 {
			k.edged = append(k.edged, one)
		}
		return true, nil
	}
	err = tx.each(versionColumns+` LIMIT ?`, []any{hash, int64(fewVersions + 1)}, add)
	if err != nil || count <= fewVersions {
		return k, err
	}
	k = kin{}
	if err := tx.each(versionColumns+` AND edge > 0`, []any{hash}, add); err != nil {
		return kin{}, err
	}
	return k, tx.each(versionColumns+` AND edge = 0 AND version = ?`, []any{hash, of}, add)
}

// there says what stands in the way of an object: nothing, what it takes the
// place of, or what is there and stays.
func (tx *Tx) there(k kin, o *Object) (instead *version, there *Keeping, err error) {
	for _, other := range k.same {
		if other.audience == Nobody && other.origin != o.Origin {
			continue
		}
		same := false
		err := tx.each(`SELECT body FROM objects WHERE place = ?`, []any{other.place}, func(stmt *sqlite3.Stmt) (bool, error) {
			same = bytes.Equal(stmt.ColumnRawBlob(0), o.Body)
			return false, nil
		})
		if err != nil {
			return nil, nil, err
		}
		if same || other.audience != Nobody {
			return nil, &Keeping{Added: time.UnixMicro(addedAt(other.place)).UTC(), Audience: other.audience, Other: !same}, nil
		}
		instead = &other
	}
	return instead, nil, nil
}

// pushAside says at which edges a new version stands among the others, and
// takes those away from the ones that stood there. What nobody may see stands at
// none. Another origin's version takes an edge only where it follows.
func (tx *Tx) pushAside(k kin, o *Object) (edge int64, err error) {
	if o.Audience == Nobody {
		return 0, nil
	}
	edge = firstVersion | lastVersion
	for i := range k.edged {
		other := &k.edged[i]
		wants := int64(firstVersion)
		if other.version < o.Version {
			wants = lastVersion
		}
		keeps := other.edge &^ wants
		if keeps != other.edge {
			may, err := tx.follows(o, other)
			if err != nil {
				return 0, err
			}
			if !may {
				keeps = other.edge
			}
		}
		edge &^= keeps
		if keeps == other.edge {
			continue
		}
		if err := tx.setEdge(other.place, keeps); err != nil {
			return 0, err
		}
	}
	return edge, nil
}

// follows reports whether an object may take the edge of another version of it.
// One of the same origin may. Another's may if it names the same creator, or
// the one that it replaces names none, and if whoever may see that one may see
// it: nobody hides what others brought. STIX 2.1 §3.6
func (tx *Tx) follows(o *Object, other *version) (bool, error) {
	if o.Origin == other.origin {
		return true, nil
	}
	if !handling.AsWide(o.Audience, other.audience) {
		return false, nil
	}
	creator, err := tx.creatorAt(other.place)
	return creator == "" || creator == creatorOf(o.Body), err
}

// creatorAt is whom the object at a place names as its creator. A transaction
// reads each once.
func (tx *Tx) creatorAt(place int64) (creator string, err error) {
	if creator, known := tx.creators[place]; known {
		return creator, nil
	}
	err = tx.each(`SELECT body FROM objects WHERE place = ?`, []any{place}, func(stmt *sqlite3.Stmt) (bool, error) {
		creator = creatorOf(stmt.ColumnRawBlob(0))
		return false, nil
	})
	if tx.creators == nil {
		tx.creators = make(map[int64]string)
	}
	tx.creators[place] = creator
	return creator, err
}

// creatorOf is whom an object names as its creator; empty if it names nobody or
// cannot be read. It makes no tree of the object. STIX 2.1 §3.2
func creatorOf(body []byte) (creator string) {
	_ = members(body, func(name string, value jsontext.Value) error {
		if name == "created_by_ref" && value.Kind() == '"' {
			text, err := jsontext.AppendUnquote(nil, value)
			creator = string(text)
			return err
		}
		return nil
	}) // what cannot be read names nobody
	return creator
}

// setEdge writes at which edges a version stands.
func (tx *Tx) setEdge(place, edge int64) error {
	return tx.run(`UPDATE objects SET edge = ? WHERE place = ?`, edge, place)
}

// remove takes away a version of an object.
func (tx *Tx) remove(o *Object, gone version) error {
	if err := tx.run(`DELETE FROM objects WHERE place = ?`, gone.place); err != nil {
		return err
	}
	row := *o
	row.Audience = gone.audience
	tx.batch.moved[o.Collection] = true
	tx.touched(rowObject, row.row(), "")
	return nil
}

// DropObject takes one version of an object away, of what somebody may see; the
// log keeps that it was there. No other object is ever given its date. A version
// that is the last from then on is added anew, so that whoever follows the
// collection, and was past it, meets it.
func (tx *Tx) DropObject(o Object) error {
	f, err := tx.feed(o.Collection)
	if err != nil {
		return err
	}
	k, err := tx.kin(f, o.ID, o.Version)
	if err != nil {
		return err
	}
	for _, gone := range k.same {
		if gone.audience != Nobody {
			return tx.dropVersion(f, o, gone)
		}
	}
	return nil
}

// dropVersion removes a version, and lets another take its edge.
func (tx *Tx) dropVersion(f *feed, o Object, gone version) (err error) {
	if gone.creator, err = tx.creatorAt(gone.place); err != nil {
		return err
	}
	if err := tx.remove(&o, gone); err != nil {
		return err
	}
	tx.wentFrom(o.Collection, gone.place)
	last, err := tx.bequeath(f, o.ID, gone)
	if err != nil || last == 0 {
		return err
	}
	return tx.renew(f, last)
}

// renew gives an object the date of one that is added now.
func (tx *Tx) renew(f *feed, place int64) error {
	all, _, err := tx.full(1, `WHERE place = ?`, place)
	if err != nil || len(all) == 0 {
		return err
	}
	o := &all[0]
	tx.wentFrom(o.Collection, place) // it was here before its new date
	at, err := tx.nextDate(o.Collection, f)
	if err != nil {
		return err
	}
	o.Added = time.UnixMicro(at).UTC()
	return tx.move(o, "")
}

// bequeath gives the edges of a version that is gone to others, and returns
// where the one is that is the last then; 0 if that did not change.
func (tx *Tx) bequeath(f *feed, id string, gone version) (last int64, err error) {
	if gone.edge == 0 {
		return 0, nil
	}
	var heirs [2]version
	for i, edge := range [...]int64{firstVersion, lastVersion} {
		if gone.edge&edge == 0 {
			continue
		}
		heir, err := tx.heir(f, id, gone, edge)
		if err != nil || heir.place == 0 {
			return 0, err
		}
		heirs[i] = heir
	}
	for i, edge := range [...]int64{firstVersion, lastVersion} {
		heir := heirs[i]
		if heir.place == 0 {
			continue
		}
		edge |= heir.edge
		if i == 1 && heirs[0].place == heir.place {
			edge |= firstVersion
		}
		if err := tx.setEdge(heir.place, edge); err != nil {
			return 0, err
		}
	}
	return heirs[1].place, nil
}

// maxCreators bounds the objects that are read for whom they name.
const maxCreators = 100

// beyond is behind every version.
const beyond = "\U0010ffff"

// heir is who stands at an edge after a version that is gone: the nearest that
// has its origin or its creator, or else the one at the other edge. If it stood
// at both, it is the outermost there is.
func (tx *Tx) heir(f *feed, id string, gone version, edge int64) (heir version, err error) {
	hash, from := keyed(tx.session.key, id), gone.version
	query := ` AND edge = 0 AND version >= ? ORDER BY version`
	if edge == lastVersion {
		query = ` AND edge = 0 AND version <= ? ORDER BY version DESC`
	}
	alone := gone.edge == firstVersion|lastVersion
	if alone && edge == lastVersion {
		from = beyond
	} else if alone {
		from = ""
	} else {
		err := tx.each(versionColumns+` AND edge > 0`, []any{hash}, func(stmt *sqlite3.Stmt) (bool, error) {
			if one, ours := f.versionOf(stmt, id); ours {
				heir = one
			}
			return true, nil
		})
		if err != nil {
			return version{}, err
		}
	}
	read := 0
	err = tx.each(versionColumns+query, []any{hash, from}, func(stmt *sqlite3.Stmt) (bool, error) {
		one, ours := f.versionOf(stmt, id)
		if !ours || one.audience == Nobody {
			return true, nil
		}
		kindred := alone || one.origin == gone.origin
		if !kindred && read < maxCreators {
			read++
			creator, err := tx.creatorAt(one.place)
			if err != nil {
				return false, err
			}
			kindred = creator == gone.creator
		}
		if kindred {
			heir = one
		}
		return !kindred, nil
	})
	return heir, err
}
