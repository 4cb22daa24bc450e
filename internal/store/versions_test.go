// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that a version costs the same however many there are, and
// which one is the last when versions of several origins come and go.

import (
	"fmt"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/handling"
)

// steps are those that SQLite took on the writer's connection since it was
// asked last.
func (k *kit) steps() (steps int) {
	for _, stmt := range k.writer.native {
		steps += stmt.Status(sqlite3.STMTSTATUS_VM_STEP, true)
	}
	return steps
}

// Eve adds many versions of one id: hers, and anybody's of that id after them,
// cost what the first did. So does taking one out.
func TestManyVersions(t *testing.T) {
	k := newKit(t)
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	cost := func(origin string, from, count int) int {
		k.Helper()
		k.steps()
		k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
			for i := range count {
				o, err := NewObject("feed", origin, nil, k.object(1, first.Add(time.Duration(from+i)*time.Millisecond).Format(time.RFC3339Nano), ""))
				if err == nil {
					_, err = tx.KeepObject(o, strict)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		return k.steps() / count
	}
	few := cost("eve", 0, 10)
	cost("eve", 10, 5000)
	for _, origin := range []string{"eve", "bravo"} {
		if many := cost(origin, 6000, 10); many > 3*few+100 {
			t.Errorf("%s adds one in %d steps where 5,000 are there, the first took %d", origin, many, few)
		}
	}
	drop := func(version int) int {
		k.Helper()
		k.steps()
		k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
			return tx.DropObject(Object{Collection: "feed", ID: k.object(1, "", "").ID(), Version: versionAt(first.Add(time.Duration(version) * time.Millisecond))})
		}))
		return k.steps()
	}
	for _, version := range []int{6009, 2000, 0} {
		if steps := drop(version); steps > 3*few+500 {
			t.Errorf("version %d is taken out in %d steps, the first was added in %d", version, steps, few)
		}
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}

// Each row plays what comes (+) and goes (-), as origin, day and what more the
// object has, and says which days are the first and the last then.
func TestEdges(t *testing.T) {
	const creator, other = `,"created_by_ref":"identity--1"`, `,"created_by_ref":"identity--2"`
	for _, test := range []struct {
		name        string
		play        []string
		first, last int
	}{
		{"one", []string{"+alpha 3"}, 3, 3},
		{"of one origin", []string{"+alpha 3", "+alpha 5", "+alpha 4", "+alpha 1"}, 1, 5},
		{"nobody's", []string{"+alpha 3" + creator, "+eve 9" + other, "+eve 1" + other}, 3, 3},
		{"below another's", []string{"+alpha 3" + creator, "+eve 9" + other, "+alpha 4" + creator}, 3, 4},
		{"the same creator", []string{"+alpha 3" + creator, "+eve 9" + creator}, 3, 9},
		{"no creator", []string{"+alpha 3", "+eve 9" + other}, 3, 9},
		{"the last goes", []string{"+alpha 3", "+alpha 5", "+alpha 4", "-alpha 5"}, 3, 4},
		{"the first goes", []string{"+alpha 3", "+alpha 5", "+alpha 4", "-alpha 3"}, 4, 5},
		{"all but one go", []string{"+alpha 3", "+alpha 5", "+alpha 4", "-alpha 3", "-alpha 5"}, 4, 4},
		{"past another's", []string{"+alpha 3" + creator, "+alpha 4" + creator, "+alpha 7" + creator, "+eve 5" + other, "-alpha 7"}, 3, 4},
		{"back to the first", []string{"+alpha 3" + creator, "+alpha 7" + creator, "+eve 5" + other, "-alpha 7"}, 3, 3},
		{"only another's are left", []string{"+alpha 3" + creator, "+eve 1" + other, "+eve 5" + other, "+eve 9" + other, "-alpha 3"}, 1, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKit(t)
			for _, move := range test.play {
				origin, day, more := "", 0, ""
				if _, err := fmt.Sscanf(move[1:], "%s %d", &origin, &day); err != nil {
					t.Fatal(err)
				}
				for i := range move {
					if move[i] == ',' {
						more = move[i:]
						break
					}
				}
				o, err := NewObject("feed", origin, nil, k.object(1, fmt.Sprintf("2026-03-%02dT00:00:00.000Z", day), more))
				k.must(err)
				k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
					if move[0] == '-' {
						return tx.DropObject(o)
					}
					kept, err := tx.KeepObject(o, strict)
					if !kept.New {
						t.Errorf("%s: %+v", move, kept)
					}
					return err
				}))
			}
			for _, q := range []struct {
				query ObjectQuery
				want  int
			}{{ObjectQuery{First: true}, test.first}, {ObjectQuery{Last: true}, test.last}} {
				q.query.Collection, q.query.Audiences = "feed", handling.TLPs()
				q.query.IDs = []string{k.object(1, "", "").ID()}
				got := k.shown(q.query)
				if want := fmt.Sprintf("1 2026-03-%02d", q.want); len(got) != 1 || got[0][:len(want)] != want {
					t.Errorf("first %v: shown %q, want %s", q.query.First, got, want)
				}
			}
			if audit := k.audit(); len(audit.Wrong) > 0 {
				t.Errorf("%q", audit.Wrong)
			}
		})
	}
}
