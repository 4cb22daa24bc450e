// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file sets up desks, each over a real store, in fake time.

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var (
	admin   = person("admin", caller.Administrator)
	analyst = person("ann", caller.Analyst)
	first   = person("rob", caller.Releaser)
	second  = person("sue", caller.Releaser)
	duty    = person("dan", caller.DutyOfficer)
)

func person(name string, role caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: name, Title: strings.ToUpper(name), Roles: []caller.Role{role}}
}

// house is one node's desk, and beside it what hears the answer to an invitation.
type house struct {
	*desk.Desk
	t     *testing.T
	store *store.Store
	ring  *keys.Ring
	card  envelope.Card
	inbox *inbox.Inbox
}

func newHouse(t *testing.T, name string) *house {
	t.Helper()
	ring, err := keys.Generate(name, "NO")
	check(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	kept, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	check(t, err)
	t.Cleanup(func() { check(t, kept.Close()) })
	card := ring.Card("https://" + name + ".example.org")
	return &house{Desk: desk.New(log, kept, card), t: t, store: kept, ring: ring, card: card, inbox: inbox.New(log, kept, ring, card)}
}

// bubble plays in fake time with one house, alpha.
func bubble(t *testing.T, play func(t *testing.T, alpha *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { play(t, newHouse(t, "alpha")) })
}

// show reads the store.
func (h *house) show(read func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Glance(h.t.Context(), caller.Self(), store.What{Act: caller.SeeNode}, read))
}

// put changes the store as other trips would.
func (h *house) put(change func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Change(h.t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
}

// staff says who works here.
func (h *house) staff(people ...caller.Caller) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		for _, who := range people {
			kept := store.Person{Name: who.Name, Title: who.Title, Added: tx.Now}
			for _, role := range who.Roles {
				kept.Roles = append(kept.Roles, string(role))
			}
			if err := store.Persons.Put(tx, who.Name, kept); err != nil {
				return err
			}
		}
		return nil
	})
}

// befriend knows a partner of that name, in that state, paired to the end
// unless it is pending.
func (h *house) befriend(name string, state partner.State) envelope.Card {
	h.t.Helper()
	ring, err := keys.Generate(name, "SE")
	check(h.t, err)
	card := ring.Card("https://" + name + ".example.org")
	h.put(func(tx *store.Tx) error {
		terms, err := warning.Encode(desk.DefaultTerms(tx.Now))
		if err != nil {
			return err
		}
		channel := partner.NewChannel(h.card, card, terms, tx.Now)
		if channel.State = state; state != partner.Pending {
			channel.ConfirmedBy, channel.OurTerms, channel.TheirTerms = "admin", terms, terms
		}
		return tx.AddChannel(channel)
	})
	return card
}

func (h *house) channel(name string) (channel partner.Channel) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		channel, err = store.Channels.Get(tx, name)
		return err
	})
	return channel
}

func (h *house) alarms() (alarms []warning.Alarm) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		alarms, err = store.Alarms.List(tx, 0, store.Raised)
		return err
	})
	return alarms
}

// unchanged checks that do leaves no trace in the log.
func (h *house) unchanged(what string, do func()) {
	h.t.Helper()
	before := h.store.Checkpoint()
	do()
	synctest.Wait()
	if h.store.Checkpoint() != before {
		h.t.Errorf("%s wrote to the log", what)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refuses checks that err is a problem of that code which says the word.
func refuses(t *testing.T, what string, err error, code problem.Code, word string) {
	t.Helper()
	p := problem.Of(err)
	if p == nil || p.Code != code || !strings.Contains(p.Text+"\n"+strings.Join(p.Details, "\n"), word) {
		t.Errorf("%s: got %v, want %s: …%s…", what, err, code, word)
	}
}
