// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file plays what objects open that somebody is owed.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// campaign is a campaign of that number that says so much.
func campaign(i int, text string) string {
	return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":%q}`, i, text)
}

// What objects meet opens one duty for each partner and collection, which grows
// while it is open; nothing is told to whoever brought it, and nothing twice.
func TestObjectsOpenDuties(t *testing.T) {
	s, in := open(t)
	collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
	must(t, err)
	word := func(words ...string) func(*warning.Pledge) { return func(p *warning.Pledge) { p.Words = words } }
	promised(t, s, "bravo", true, pledge("bridges", word("bridge*")))
	promised(t, s, "carol", true, pledge("harbours", word("harbour")))
	tool := bound(collection.ID)
	theirs := bound(collection.ID)
	theirs.Partner = "bravo"
	bring := func(who caller.Caller, objects ...string) {
		t.Helper()
		body := `{"objects":[` + strings.Join(objects, ",") + `]}`
		must(t, in.Accept(t.Context(), who, collection.ID, stix.ReadBundle(strings.NewReader(body)), func(k intake.Kept) { must(t, k.Problem) }))
	}
	owed := func() (lines []string, duties []warning.Duty) {
		t.Helper()
		must(t, s.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
			duties, err = store.Duties.List(tx, 0)
			return err
		}))
		for _, d := range duties {
			lines = append(lines, fmt.Sprintf("%s %s %d of %d: %s", d.Partner, d.State, len(d.Objects), d.ObjectCount, strings.Join(d.Reasons, "; ")))
		}
		slices.Sort(lines)
		return lines, duties
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if got, _ := owed(); !slices.Equal(got, want) {
			t.Errorf("%s: owed\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	bring(tool, campaign(1, "nothing"))
	expect("nothing")
	bring(theirs, campaign(2, "the old bridge"))
	expect("brought by whom we owe it")
	bring(tool, campaign(3, "two bridges"), campaign(4, "the bridgehead"), campaign(1, "nothing"))
	first := `bravo open 2 of 2: pledge “bridges”: the words "bridge*" stand in it, as "bridges"; pledge “bridges”: the words "bridge*" stand in it, as "bridgehead"`
	expect("two objects", first)
	bring(tool, campaign(3, "two bridges"))
	expect("the same again", first)
	promised(t, s, "bravo", true, pledge("harbours, too", word("harbour")))
	bring(theirs, campaign(5, "the harbour"))
	carol := `carol open 1 of 1: pledge “harbours”: the words "harbour" stand in it`
	expect("a pledge that came later, and what bravo brought for carol", first, carol)
	var many []string
	for i := range 30 {
		many = append(many, campaign(100+i, "the harbour"))
	}
	bring(tool, many...)
	grown := `bravo open 20 of 32: pledge “bridges”: the words "bridge*" stand in it, as "bridges"; pledge “bridges”: the words "bridge*" stand in it, as "bridgehead"; pledge “harbours, too”: the words "harbour" stand in it`
	carol = `carol open 20 of 31: pledge “harbours”: the words "harbour" stand in it`
	expect("many", grown, carol)
	bring(tool, campaign(7, "the bridgework"), campaign(8, "the harbour"))
	grown = strings.Replace(grown, "20 of 32", "21 of 34", 1) + `; pledge “bridges”: the words "bridge*" stand in it, as "bridgework"`
	carol = strings.Replace(carol, "31", "32", 1)
	expect("behind many, one that says something new", grown, carol)

	_, duties := owed()
	must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, d := range duties {
			d.Assessment = &warning.Assessment{By: "ann"}
			if err := store.Duties.Put(tx, d.ID, d); err != nil {
				return err
			}
		}
		return nil
	}))
	bring(tool, campaign(9, "the harbour"))
	expect("once they are assessed", `bravo open 1 of 1: pledge “harbours, too”: the words "harbour" stand in it`, grown,
		`carol open 1 of 1: pledge “harbours”: the words "harbour" stand in it`, carol)
	_, duties = owed()
	must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, d := range duties {
			d.State = warning.DutyNotMet
			if err := store.Duties.Put(tx, d.ID, d); err != nil {
				return err
			}
		}
		return nil
	}))
	bring(tool, campaign(6, "another bridge"))
	closed := func(line string) string { return strings.Replace(line, "open", "threshold_not_met", 1) }
	expect("once it is closed", `bravo open 1 of 1: pledge “bridges”: the words "bridge*" stand in it, as "bridge"`,
		closed(`bravo open 1 of 1: pledge “harbours, too”: the words "harbour" stand in it`), closed(grown),
		closed(`carol open 1 of 1: pledge “harbours”: the words "harbour" stand in it`), closed(carol))
}
