// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file sets up an outbox over a real store, in fake time, with partners
// whose keys the test holds: it opens what was queued as they would.

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var (
	analyst = person("ann", caller.Analyst)
	first   = person("rob", caller.Releaser)
	second  = person("sue", caller.Releaser)
	third   = person("tom", caller.Releaser)
	duty    = person("dan", caller.DutyOfficer)
	machine = caller.Caller{Kind: caller.Machine, Name: "siem", Roles: caller.Roles()}
)

func person(name string, role caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: name, Title: "Officer of " + name, Roles: []caller.Role{role}}
}

// house is alpha's outbox.
type house struct {
	*outbox.Outbox
	t        *testing.T
	store    *store.Store
	ring     *keys.Ring
	partners map[string]*keys.Ring
	dir      string
}

// bubble plays in fake time with alpha, to whom bravo and carol are partners.
func bubble(t *testing.T, play func(t *testing.T, alpha *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ring, err := keys.Generate("alpha", "NO")
		check(t, err)
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		dir := t.TempDir()
		kept, err := store.Open(log, dir, ring.SignCheckpoint)
		check(t, err)
		alpha := &house{Outbox: outbox.New(log, kept, ring), t: t, store: kept, ring: ring, partners: make(map[string]*keys.Ring), dir: dir}
		t.Cleanup(func() { check(t, alpha.store.Close()) })
		alpha.staff(analyst, first, second, third, duty)
		alpha.befriend("bravo", partner.Active)
		alpha.befriend("carol", partner.Active)
		play(t, alpha)
	})
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

func (h *house) befriend(name string, state partner.State) {
	h.t.Helper()
	ring, err := keys.Generate(name, "SE")
	check(h.t, err)
	h.partners[name] = ring
	h.put(func(tx *store.Tx) error {
		channel := partner.NewChannel(h.ring.Card("https://alpha.example.org"), ring.Card("http://"+name+".example.org"), nil, tx.Now)
		channel.State = state
		return tx.AddChannel(channel)
	})
}

// put changes the store as other trips would.
func (h *house) put(change func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Change(h.t.Context(), caller.Self(), store.What{Act: caller.Tick}, change))
}

// set sets the state of a channel.
func (h *house) set(name string, state partner.State) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, name)
		if err != nil {
			return err
		}
		channel.State = state
		return store.Channels.Put(tx, name, channel)
	})
}

func (h *house) show(read func(*store.Tx) error) {
	h.t.Helper()
	check(h.t, h.store.Glance(h.t.Context(), caller.Self(), store.What{Act: caller.Send}, read))
}

// queued reads everything queued for a partner, and checks that it is rightly
// signed, addressed and chained.
func (h *house) queued(name string) (messages []*envelope.Message) {
	h.t.Helper()
	ring := h.partners[name]
	h.show(func(tx *store.Tx) error {
		parcels, err := tx.Parcels(name, 0, 1000)
		prev := envelope.FirstPrev
		for i, parcel := range parcels {
			kept, err := tx.Message(parcel.Hash)
			check(h.t, err)
			m, err := kept.Opened()
			check(h.t, err)
			check(h.t, m.Verify(h.ring.Card("https://alpha.example.org").Public(), h.ring.ID(), ring.ID()))
			if m.Header.Seq != uint64(i)+1 || m.Header.Prev != prev || parcel.Hash != m.Hash() {
				h.t.Errorf("%s: message %d stands at %d after %.8s, want after %.8s", name, i+1, m.Header.Seq, m.Header.Prev, prev)
			}
			prev = m.Hash()
			messages = append(messages, m)
		}
		return err
	})
	return messages
}

// kinds are the kinds of what is queued for a partner, in order.
func (h *house) kinds(name string) string {
	h.t.Helper()
	var kinds []string
	for _, m := range h.queued(name) {
		kinds = append(kinds, string(m.Header.Kind))
	}
	return strings.Join(kinds, " ")
}

// draft is a complete warning with a text for each partner.
func draft(text string, partners ...string) warning.Draft {
	d := warning.Draft{
		Warning: warning.Warning{
			Target:     warning.Target{Kind: "location", Name: "Market square", Place: warning.Place{Country: "NO", City: "Bergen"}},
			ThreatType: warning.MassCasualtyAttack, Precedence: handling.Flash, Probability: "likely", Confidence: handling.Moderate,
			Handling: handling.Handling{TLP: handling.AmberStrict}, Purpose: "prevention of a threat to life",
		},
		Releases: make(map[string]string), ReleasableTo: partners,
	}
	for _, partner := range partners {
		d.Releases[partner] = text
	}
	return d
}

// compose keeps the draft and returns it with the hash of its preview.
func (h *house) compose(d warning.Draft) (warning.Draft, string) {
	h.t.Helper()
	d, err := h.Compose(h.t.Context(), analyst, d)
	check(h.t, err)
	p, err := h.Preview(h.t.Context(), first, d.ID)
	check(h.t, err)
	return d, p.Hash
}

// warn composes a draft and has two people release it.
func (h *house) warn(d warning.Draft) warning.Draft {
	h.t.Helper()
	d, hash := h.compose(d)
	_, err := h.Release(h.t.Context(), first, d.ID, hash, "")
	check(h.t, err)
	d, err = h.Release(h.t.Context(), second, d.ID, hash, "")
	check(h.t, err)
	return d
}

// run lets the outbox say what is wished, until it rests.
func (h *house) run() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	time.Sleep(time.Second) // fake; SQLite may wait for a lock, which synctest.Wait alone takes for rest
	synctest.Wait()
	cancel()
	check(h.t, <-done)
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
