// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file makes a door with a real store behind it.

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/internal/taxiiserver"
	"github.com/tocsin-exchange/tocsin/stix"
)

// door is a STIX door with what stands behind it.
type door struct {
	testing.TB
	dir     string
	card    envelope.Card
	store   *store.Store
	people  *desk.Desk
	intake  *intake.Intake
	handler http.Handler
	// tokens are secrets by name: an account for each TLP label, and people by their role.
	tokens map[string]string
	// passwords are those of the accounts.
	passwords map[string]api.AccountSecrets
	// ids are collections by name.
	ids map[string]string
}

func newDoor(t testing.TB) *door {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ring, err := keys.Generate("alpha", "NL")
	must(t, err)
	dir := t.TempDir()
	s, err := store.Open(log, dir, ring.SignCheckpoint)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	card := ring.Card("https://alpha.example.org")
	d := &door{TB: t, dir: dir, card: card, store: s, intake: intake.New(log, s), tokens: map[string]string{}, passwords: map[string]api.AccountSecrets{}, ids: map[string]string{}}
	people, shelves := desk.New(log, s, card), shelf.New(log, s, card, "test")
	d.people = people
	d.handler = taxiiserver.New(log, people, shelves, d.intake)

	_, _, err = people.Install(t.Context(), "root")
	must(t, err)
	administrator := caller.Caller{Kind: caller.Person, Name: "root", Roles: []caller.Role{caller.Administrator}}
	for _, role := range caller.Roles() {
		link, err := people.AddPerson(t.Context(), administrator, string(role)+"-1", "", []string{string(role)})
		must(t, err)
		d.tokens[string(role)], _, err = people.Enrol(t.Context(), link)
		must(t, err)
	}
	for _, name := range []string{"feed", "other"} {
		collection, err := d.intake.AddCollection(t.Context(), administrator, "The "+name, "", name, "")
		must(t, err)
		d.ids[name] = collection.ID
	}
	for _, label := range handling.TLPs() {
		name := strings.ToLower(strings.TrimPrefix(string(label), "TLP:"))
		d.account(people, name, api.NewAccount{
			Name: strings.ReplaceAll(name, "+", "-") + "-tool", TLP: label, Read: []string{"feed", "other", "received"}, Write: []string{"feed", "other"},
		})
	}
	received, err := shelves.Collection(t.Context(), person(caller.Overseer), handling.Red, "received")
	must(t, err)
	d.ids["received"] = received.ID
	return d
}

// account makes an account whose secrets scenes know by a name.
func (d *door) account(people *desk.Desk, name string, asked api.NewAccount) {
	d.Helper()
	made, err := people.AddAccount(d.Context(), person(caller.Administrator), asked)
	must(d, err)
	d.tokens[name], d.passwords[name] = made.Token, made
}

func person(roles ...caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: "ines", Title: "Officer", Roles: roles}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receive keeps an object as the inbox does when a partner attaches it.
func (d *door) receive(partner, label string, raw string) {
	d.Helper()
	words := strings.Split(label, "/")
	given := &handling.Handling{TLP: handling.TLP(words[0])}
	for _, caveat := range words[1:] {
		given.Caveats = append(given.Caveats, handling.Caveat(caveat))
	}
	object, err := stix.Parse([]byte(raw))
	must(d, err)
	must(d, d.store.Change(d.Context(), caller.FromPartner(partner), store.What{Act: caller.Receive}, func(tx *store.Tx) error {
		row, err := store.NewObject(store.Received, partner, given, object)
		if err == nil {
			_, err = tx.KeepObject(row, policy.Audience)
		}
		return err
	}))
}

// object is an object by a short name, number-label[-version]: each number is
// one id, and a version is the day of March on which it was modified.
func object(name string) string {
	parts := strings.Split(name, "-")
	day := "01"
	if len(parts) > 2 {
		day = parts[2]
	}
	marking := ""
	if label, err := handling.ParseTLP(parts[1]); err == nil {
		id, _ := stix.TLPMarking(string(label))
		marking = fmt.Sprintf(`,"object_marking_refs":[%q]`, id)
	} else if parts[1] == "odd" {
		marking = `,"object_marking_refs":["marking-definition--0f1f2f3f-0000-4000-8000-000000000001"]`
	}
	number := 0
	_, _ = fmt.Sscan(parts[0], &number)
	return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d",`+
		`"created":"2026-03-01T00:00:00.000Z","modified":"2026-03-%sT00:00:00.000Z","name":"n%s"%s}`, number, day, parts[0], marking)
}
