// SPDX-License-Identifier: Apache-2.0

package store

// This file opens what stands beside reports, drafts and cases, and is asked why.

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// What was heard by voice asks as a report does, and as its case once its message has
// come. Whoever typed it is not asked; a life does not wait, and its reason is erased
// with it.
func TestWhatWasHeardAsks(t *testing.T) {
	k := newKit(t)
	dan := caller.Caller{Kind: caller.Person, Name: "dan", Roles: []caller.Role{caller.DutyOfficer}}
	ann := caller.Caller{Kind: caller.Person, Name: "ann", Roles: []caller.Role{caller.Analyst}}
	heard := map[string]struct {
		Heard
		why string
	}{
		"00": {Heard{Label: handling.Green}, ""},
		"01": {Heard{Label: handling.Red}, redWords},
		"02": {Heard{Label: handling.Green, OfPerson: true}, personsWords},
		"03": {Heard{}, unknownWords},
		"04": {Heard{Label: handling.Red, ToLife: true}, redWords},
		"05": {Heard{Label: handling.Green, Case: "warning--red"}, redWords},
		"06": {Heard{Label: handling.Red, Case: "warning--of another"}, redWords},
	}
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for prefix, h := range heard {
			h.Partner, h.Prefix, h.By, h.At = "bravo", prefix, "ann", tx.Now
			k.must(Heards.Put(tx, prefix, h.Heard))
		}
		for _, c := range []Case{{ID: "warning--red", Partner: "bravo"}, {ID: "warning--of another", Partner: "carol"}} {
			c.TLP, c.Opened = string(handling.Red), tx.Now
			k.must(Cases.Put(tx, c.ID, c))
		}
		return nil
	}))
	open := func(who caller.Caller, prefix string) error {
		return k.Show(t.Context(), who, What{Act: caller.ReadCase, Subject: HeardSubject(prefix)}, func(*Tx) error { return nil })
	}
	for prefix, h := range heard {
		k.must(k.Glance(t.Context(), dan, What{Act: caller.ReadCase}, func(tx *Tx) error {
			kept, err := Heards.Get(tx, prefix)
			k.must(err)
			why, err := tx.HeardAsks(&kept)
			if err != nil || why != h.why {
				t.Errorf("%s: a list says %q, %v", prefix, why, err)
			}
			return nil
		}))
		asked := problem.Of(open(dan, prefix))
		if wants := h.why != "" && !h.ToLife; wants != problem.Is(open(dan, prefix), problem.Reason) || !wants && asked != nil {
			t.Errorf("%s: dan is asked %+v", prefix, asked)
		}
		if err := open(ann, prefix); (err != nil) != (h.Case == "warning--red") {
			t.Errorf("%s: ann, who typed it, is answered %v", prefix, err)
		}
	}
	if asked := problem.Of(open(dan, "05")); asked == nil || asked.Subject != "warning--red" {
		t.Errorf("what has come is asked for as %+v", asked)
	}
	k.must(k.Change(t.Context(), dan, What{Act: caller.GiveReason}, func(tx *Tx) error {
		_, err := tx.GiveReason(HeardSubject("01"), "to call them back")
		return err
	}))
	k.must(open(dan, "01"))
	why := func() (words []string) {
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			uses, err := tx.Uses(Sought{By: "dan", Kinds: []Processing{Consultation}})
			k.must(err)
			for _, u := range uses {
				if u.Line.Subject == HeardSubject("01") || u.Line.Subject == HeardSubject("04") {
					words = append(words, u.Why)
				}
			}
			return nil
		}))
		return words
	}
	if got := why(); len(got) == 0 || got[0] != "to call them back" || got[len(got)-1] != ToLife {
		t.Errorf("the list of reads says %q", got)
	}
	k.must(k.Change(t.Context(), caller.Self(), What{Act: caller.Erase}, func(tx *Tx) error {
		return tx.erasePromise(&Retention{Kind: OfHeard, ID: "01"})
	}))
	if got := why(); len(got) == 0 || got[0] != "" {
		t.Errorf("once it is erased, the list of reads says %q", got)
	}
}

// Why a collection was opened goes with an object that was in it then, whichever way it
// goes; what was said before it came, and of another collection, stays.
func TestTheReasonForACollectionGoes(t *testing.T) {
	for way, take := range map[string]func(*kit, *Tx, Object) error{
		"deleted": func(_ *kit, tx *Tx, o Object) error { return tx.DropObject(o) },
		"by date": func(_ *kit, tx *Tx, o Object) error {
			f, err := tx.feed(o.Collection)
			if err != nil {
				return err
			}
			there, err := tx.objectsBefore(o.Collection, tx.Now.Add(time.Hour), 2)
			if err != nil || there[1].ID != o.ID {
				t.Fatal(there, err)
			}
			return tx.eraseObject(f, there[1])
		},
		"with its case": func(k *kit, tx *Tx, o Object) error {
			f, err := tx.feed(o.Collection)
			if err != nil {
				return err
			}
			return tx.dropGiven(f, &o, "bravo")
		},
	} {
		t.Run(way, func(t *testing.T) {
			k := newKit(t)
			give := func(collection, text string) (id string) {
				k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
					r, err := tx.GiveReason(CollectionPrefix+collection, text)
					id = r.ID
					return err
				}))
				return id
			}
			keepOne := func(number int) (o Object) {
				k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) (err error) {
					o, err = NewObject("feed", "bravo", nil, k.object(number, "2026-03-02T00:00:00.000Z", ""))
					k.must(err)
					kept, err := tx.KeepObject(o, strict)
					o.Added = kept.Added
					return err
				}))
				return o
			}
			keepOne(1)
			const before = "collection--feed/before"
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
				return Reasons.Put(tx, before, Reason{ID: before, Who: "ines", Subject: CollectionPrefix + "feed", Text: "a look at the first", Given: tx.Now.Add(-time.Hour)})
			}))
			second := keepOne(2)
			since, elsewhere := give("feed", "the second names Jan Example"), give("other", "another collection")
			texts := func(want ...string) {
				t.Helper()
				var got []string
				k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
					for _, id := range []string{before, since, elsewhere} {
						r, err := Reasons.Get(tx, id)
						k.must(err)
						got = append(got, r.Text)
					}
					return nil
				}))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
			texts("a look at the first", "the second names Jan Example", "another collection")
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return take(k, tx, second) }))
			texts("a look at the first", GoneText, "another collection")
			if audit := k.audit(); len(audit.Wrong) > 0 {
				t.Errorf("%q", audit.Wrong)
			}
		})
	}
}
