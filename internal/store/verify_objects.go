// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies the objects: what the log says of each, and what helps to
// find them and to tell their versions apart.

import (
	"github.com/ncruces/go-sqlite3"
)

// edges are what the versions of one object say of themselves.
type edges struct {
	firsts, lasts []string
}

func (e *edges) add(o *Object) {
	if o.edge&firstVersion != 0 {
		e.firsts = append(e.firsts, o.Version)
	}
	if o.edge&lastVersion != 0 {
		e.lasts = append(e.lasts, o.Version)
	}
}

// right reports whether one says that it is the first, and one the last. Another
// origin's version may stand outside them.
func (e *edges) right() bool {
	return len(e.firsts) == 1 && len(e.lasts) == 1 && e.firsts[0] <= e.lasts[0]
}

func (v *verification) objects() error {
	tx, a := v.tx, v.Audit
	shared, err := tx.sharedHashes()
	if err != nil {
		return err
	}
	several := make(map[string]*edges)
	latest := make(map[string]int64)
	err = tx.each(`SELECT `+objectColumns+`, hash FROM objects`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
		o, err := tx.scan(stmt)
		if err != nil {
			return false, err
		}
		if err := v.found(rowObject, o.row(), o.hash()); err != nil {
			return false, err
		}
		hash := stmt.ColumnInt64(columnBody + 1)
		if hash != keyed(tx.session.key, o.ID) {
			a.add("object %s cannot be found by its id", o.row())
		}
		latest[o.Collection] = max(latest[o.Collection], o.Added.UnixMicro())
		if o.Audience == Nobody {
			if o.edge != 0 {
				a.add("object %s is for nobody and is shown as the first or the last version", o.row())
			}
			return true, nil
		}
		if !shared[hash] {
			if o.edge != firstVersion|lastVersion {
				a.add("object %s is the only version and is not shown as that", o.row())
			}
			return true, nil
		}
		name := o.Collection + "/" + o.ID
		if several[name] == nil {
			several[name] = &edges{}
		}
		several[name].add(&o)
		return true, nil
	})
	if err != nil {
		return err
	}
	for name, e := range several {
		if !e.right() {
			a.add("object %s: its first or its last version is not shown as that", name)
		}
	}
	for collection, added := range latest {
		f, err := tx.feed(collection)
		if err != nil {
			return err
		}
		last, err := tx.latest(collection, f)
		if err != nil {
			return err
		}
		if last < added {
			a.add("collection %s: an object was added later than its last", collection)
		}
	}
	return nil
}

// sharedHashes are the hashes of ids under which several rows stand.
func (tx *Tx) sharedHashes() (map[int64]bool, error) {
	shared := make(map[int64]bool)
	err := tx.each(`SELECT hash FROM objects GROUP BY hash HAVING count(*) > 1`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
		shared[stmt.ColumnInt64(0)] = true
		return true, nil
	})
	return shared, err
}
