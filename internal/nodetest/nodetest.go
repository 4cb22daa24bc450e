// SPDX-License-Identifier: Apache-2.0

// Package nodetest makes whole nodes for tests: alpha, bravo and as many others
// as a test wants, each with a real store and real HTTP on loopback, and eve,
// who wishes them ill.
package nodetest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The people of every house.
func person(name, title string, role caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: name, Title: title, Roles: []caller.Role{role}}
}

// Admin is a house's administrator.
func Admin() caller.Caller { return person("admin", "Administrator", caller.Administrator) }

// Analyst writes.
func Analyst() caller.Caller { return person("analyst", "Analyst", caller.Analyst) }

// First and Second release.
func First() caller.Caller { return person("first", "Releaser 1", caller.Releaser) }

// Second releases after First.
func Second() caller.Caller { return person("second", "Releaser 2", caller.Releaser) }

// Officer is on duty.
func Officer() caller.Caller { return person("officer", "Duty officer", caller.DutyOfficer) }

// Overseer checks.
func Overseer() caller.Caller { return person("overseer", "Overseer", caller.Overseer) }

// House is one running node.
type House struct {
	*node.Node
	Name string
	Dir  string
	tb   testing.TB
	stop func()
	cut  atomic.Bool

	// through are the addresses to which questions about our standing go in the place
	// of a partner's; see Through.
	through map[string]string

	unbounded bool // partners may send whatever they like
}

// New makes a node of that name and runs it until the test ends.
func New(tb testing.TB, name string) *House {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Check(tb, err)
	h := &House{Name: name, Dir: filepath.Join(tb.TempDir(), name), tb: tb}
	_, err = node.Init(context.Background(), Quiet(), node.Setup{Dir: h.Dir, Name: name, Country: "NO", Listen: listener.Addr().String()})
	Check(tb, err)
	h.start(listener)
	tb.Cleanup(h.Stop)
	h.people()
	return h
}

// people adds whoever acts here: the approval of somebody who is not of the node,
// or may not release any more, does not count.
func (h *House) people() {
	h.tb.Helper()
	Check(h.tb, h.Store.Change(context.Background(), caller.Self(), store.What{Act: caller.AddPerson}, func(tx *store.Tx) error {
		for _, who := range []caller.Caller{Analyst(), First(), Second(), Officer(), Overseer()} {
			kept := store.Person{Name: who.Name, Title: who.Title, Roles: []string{string(who.Roles[0])}, Added: tx.Now}
			if err := store.Persons.Put(tx, who.Name, kept); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Start runs a node that was stopped, at the same address.
func (h *House) Start() {
	h.tb.Helper()
	config, err := node.ReadConfig(h.Dir)
	Check(h.tb, err)
	listener, err := net.Listen("tcp", config.Listen)
	Check(h.tb, err)
	h.start(listener)
}

func (h *House) start(listener net.Listener) {
	h.tb.Helper()
	n, err := node.Open(Quiet(), h.Dir, node.Options{Version: "test", Listener: listener, Transport: line{h}})
	Check(h.tb, err)
	if h.unbounded {
		n.Inbox.Bound(inbox.Quota{Messages: -1, Megabytes: -1, MessagesBurst: -1, MegabytesOnce: -1})
	}
	n.Outbox.WithUndo(0) // what is released leaves at once here
	h.Node = n
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.tb.Error(err)
		}
	}
}

// Cut ends the line: from now on nothing that the node posts arrives.
func (h *House) Cut() { h.cut.Store(true) }

// Through sends what the node asks other about its own standing to somebody who
// stands between the two. Call it before the node starts.
func (h *House) Through(other *House, address string) {
	h.through = map[string]string{other.Address(): address}
}

// line is a house's way out.
type line struct{ h *House }

func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.h.cut.Load() {
		return nil, errors.New("nodetest: the line is cut")
	}
	if by, ok := l.h.through[r.URL.Scheme+"://"+r.URL.Host]; ok && r.URL.Path == "/peer/v1/standing" {
		r = r.Clone(r.Context())
		r.URL.Host, r.Host = strings.TrimPrefix(by, "http://"), ""
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Stop ends the node. A second call does nothing.
func (h *House) Stop() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// Ring is the node's keys, read from its directory as a thief would.
func (h *House) Ring() *keys.Ring {
	raw, err := os.ReadFile(filepath.Join(h.Dir, "keys"))
	Check(h.tb, err)
	ring, err := keys.Parse(raw)
	Check(h.tb, err)
	return ring
}

// Quiet logs nothing.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Check ends the test if err is not nil.
func Check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Until waits for something that happens by itself, a minute at the most.
func Until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			tb.Fatalf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

// Pair brings two nodes from strangers to an active channel.
func Pair(tb testing.TB, one, other *House) {
	tb.Helper()
	ctx := context.Background()
	text, err := one.Desk.Invite(ctx, Admin(), nil)
	Check(tb, err)
	_, err = other.Desk.Accept(ctx, Admin(), text)
	Check(tb, err)
	Until(tb, "the answer to the invitation", func() bool {
		_, err := one.Shelf.Partner(ctx, Admin(), other.Name)
		return err == nil
	})
	for _, p := range [][2]*House{{one, other}, {other, one}} {
		seen, err := p[0].Shelf.Partner(ctx, Admin(), p[1].Name)
		Check(tb, err)
		_, err = p[0].Desk.Confirm(ctx, Admin(), p[1].Name, seen.Digits)
		Check(tb, err)
		_, err = p[0].Outbox.SignTerms(ctx, Admin(), p[1].Name)
		Check(tb, err)
	}
	Until(tb, "the channel to be active", func() bool { return one.State(other) == "active" && other.State(one) == "active" })
}

// State is the state of the channel with other as this node sees it.
func (h *House) State(other *House) string {
	seen, err := h.Shelf.Partner(context.Background(), Admin(), other.Name)
	Check(h.tb, err)
	return seen.State
}

// Draft is a complete warning for the partners, in a text of its own for each.
func Draft(text string, partners ...string) warning.Draft {
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

// Warn composes a draft and has two people release it.
func (h *House) Warn(d warning.Draft) warning.Draft {
	h.tb.Helper()
	ctx := context.Background()
	d, err := h.Outbox.Compose(ctx, Analyst(), d)
	Check(h.tb, err)
	p, err := h.Outbox.Preview(ctx, First(), d.ID)
	Check(h.tb, err)
	_, err = h.Outbox.Release(ctx, First(), d.ID, p.Hash, "")
	Check(h.tb, err)
	d, err = h.Outbox.Release(ctx, Second(), d.ID, p.Hash, "")
	Check(h.tb, err)
	if d.Stage != warning.Released {
		h.tb.Fatalf("two released it, and it is %s", d.Stage)
	}
	return d
}

// Delivered waits until every message of ours to other is receipted.
func (h *House) Delivered(other *House) {
	h.tb.Helper()
	Until(h.tb, "the queue of "+h.Name+" to be empty", func() bool { return h.queued(other) == 0 })
}

func (h *House) queued(other *House) int {
	partners, err := h.Shelf.Partners(context.Background(), Admin())
	Check(h.tb, err)
	for _, partner := range partners {
		if partner.Name == other.Name {
			return partner.Queued
		}
	}
	return 0
}

// Sealed is what waits for other, in order, each message in an envelope of its own.
func (h *House) Sealed(other *House) (parcels []store.Parcel, sealed [][]byte) {
	h.tb.Helper()
	recipient, err := other.Card().Recipient()
	Check(h.tb, err)
	err = h.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		if parcels, err = tx.Parcels(other.Name, 0, envelope.MaxBatch); err != nil {
			return err
		}
		for _, parcel := range parcels {
			message, err := tx.Message(parcel.Hash)
			if err != nil {
				return err
			}
			one, err := envelope.Seal(recipient, message.Sealable())
			if err != nil {
				return err
			}
			sealed = append(sealed, one)
		}
		return nil
	})
	Check(h.tb, err)
	return parcels, sealed
}

// Sound checks that the whole log, every row and every receipt verify.
func (h *House) Sound() {
	h.tb.Helper()
	audit, err := h.Shelf.Verify(context.Background(), Overseer(), nil)
	Check(h.tb, err)
	for _, wrong := range audit.Wrong {
		h.tb.Errorf("%s: %s", h.Name, wrong)
	}
}

// Eve has keys of her own, and whatever she could get hold of.
type Eve struct{ Ring *keys.Ring }

// NewEve makes eve, who calls herself name.
func NewEve(tb testing.TB, name string) *Eve {
	tb.Helper()
	ring, err := keys.Generate(name, "NO")
	Check(tb, err)
	return &Eve{Ring: ring}
}
