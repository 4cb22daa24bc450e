// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file tests and measures what two policies do differently over what a node
// holds.

import (
	"flag"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
)

var overseer = person("olga", caller.Overseer)

// keepObject keeps an object as one that a partner gave us with its warning.
func keepObject(tx *store.Tx, collection, origin string, h *handling.Handling, text string) error {
	object, err := stix.Parse([]byte(text))
	if err != nil {
		return err
	}
	row, err := store.NewObject(collection, origin, h, object)
	if err != nil {
		return err
	}
	_, err = tx.KeepObject(row, policy.Audience)
	return err
}

func thing(n int, kind, more string) string {
	return fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":"%s--%08d-0000-4000-8000-000000000000","created":"2026-04-06T20:03:00.000Z","modified":"2026-04-06T20:03:00.000Z","name":"x"%s}`, kind, kind, n, more)
}

// marked are the markings of TLP labels in an object.
func marked(label handling.TLP) string {
	id, _ := stix.TLPMarking(string(label))
	return fmt.Sprintf(`,"object_marking_refs":[%q]`, id)
}

func TestComparePolicies(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			green := &handling.Handling{TLP: handling.Green}
			for i := range 7 {
				check(t, keepObject(tx, store.Received, "bravo", green, thing(i, "campaign", marked(handling.Green))))
			}
			check(t, keepObject(tx, store.Received, "bravo", &handling.Handling{TLP: handling.Amber}, thing(10, "campaign", marked(handling.Amber))))
			return keepObject(tx, store.Received, "bravo", &handling.Handling{}, thing(11, "campaign", "")) // for nobody
		})
		open, _ := alpha.compose(draft("Danger.", "bravo", "carol"))
		sent := alpha.warn(draft("Other danger.", "carol"))
		compare := func(old, renewed string) outbox.Compared {
			c, err := alpha.ComparePolicies(t.Context(), overseer, old, renewed, nil)
			check(t, err)
			return c
		}
		if c := compare("in-force", "shipped"); len(c.Changes) != 0 || c.Old != c.New || c.Things != 9+2+1 {
			t.Errorf("%+v", c)
		}
		c := compare("in-force", narrower(notCarol))
		want := []policy.Change{
			{Action: policy.Send, What: "draft", To: "carol", Rule: "not-carol", Says: "carol gets nothing", Count: 1, Examples: []string{open.ID}},
			{Action: policy.Send, What: "sent", To: "carol", Rule: "not-carol", Says: "carol gets nothing", Count: 1, Examples: []string{sent.ID}},
		}
		if diff := cmp.Diff(want, c.Changes); diff != "" {
			t.Error(diff)
		}
		c = compare(narrower(notCarol), "shipped")
		if len(c.Changes) != 2 || !c.Changes[0].Leaves || c.Changes[0].Rule != "not-carol" {
			t.Errorf("the other way round: %+v", c.Changes)
		}
		c = compare("in-force", narrower(`@id("no-green") @says("nothing GREEN is shown")
forbid (principal is Reader, action == Action::"read", resource is Kept) when { resource.label == "TLP:GREEN" };
@id("no-third") @says("nothing of others goes on")
forbid (principal is Partner, action == Action::"attach", resource is Object) when { context.third };`))
		var got []string
		for _, change := range c.Changes {
			got = append(got, fmt.Sprintf("%s %s to %s: %d, %t, %d examples", change.Action, change.Rule, change.To, change.Count, change.Leaves, len(change.Examples)))
		}
		if diff := cmp.Diff([]string{
			"attach no-third to carol: 7, false, 5 examples", // to bravo its own goes back; AMBER did not go on before
			"read no-green to cleared for TLP:AMBER: 7, false, 5 examples",
			"read no-green to cleared for TLP:AMBER passively: 7, false, 5 examples",
			"read no-green to cleared for TLP:AMBER+STRICT: 7, false, 5 examples",
			"read no-green to cleared for TLP:AMBER+STRICT passively: 7, false, 5 examples",
			"read no-green to cleared for TLP:GREEN: 7, false, 5 examples",
			"read no-green to cleared for TLP:GREEN passively: 7, false, 5 examples",
			"read no-green to cleared for TLP:RED: 7, false, 5 examples",
			"read no-green to cleared for TLP:RED passively: 7, false, 5 examples",
		}, got); diff != "" {
			t.Error(diff)
		}
		for _, who := range []caller.Caller{analyst, duty, machine, person("adam", caller.Administrator)} {
			_, err := alpha.ComparePolicies(t.Context(), who, "in-force", "shipped", nil)
			refuses(t, who.Name, err, problem.Denied, "")
		}
		_, err := alpha.ComparePolicies(t.Context(), overseer, "in-force", strings.Repeat("0", 64), nil)
		refuses(t, "a hash of none", err, problem.Missing, "")
		_, err = alpha.ComparePolicies(t.Context(), overseer, "in-force", "permit", nil)
		refuses(t, "a text with a fault", err, problem.Invalid, "policy:")
	})
}

// A policy by which everything leaves shows nothing that the floor keeps.
func TestCompareWithTheFloor(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			return keepObject(tx, store.Received, "bravo", &handling.Handling{}, thing(11, "campaign", ""))
		})
		c, err := alpha.ComparePolicies(t.Context(), overseer, "shipped", everything, nil)
		check(t, err)
		if i := slices.IndexFunc(c.Changes, func(c policy.Change) bool { return c.What == "object" }); i >= 0 {
			t.Errorf("%+v", c.Changes[i])
		}
	})
}

var objects = flag.Int("objects", 20_000, "how many objects BenchmarkComparePolicies holds")

// What a comparison over many objects costs, beside reading and hashing them: the
// bytes that stay in memory do not grow with their number.
func BenchmarkComparePolicies(b *testing.B) {
	ring, err := keys.Generate("alpha", "NO")
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	kept, err := store.Open(log, b.TempDir(), ring.SignCheckpoint)
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close()
	change := func(do func(*store.Tx) error) {
		b.Helper()
		if err := kept.Change(b.Context(), caller.Self(), store.What{Act: caller.Tick}, do); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"bravo", "carol", "delta"} {
		other, err := keys.Generate(name, "SE")
		if err != nil {
			b.Fatal(err)
		}
		change(func(tx *store.Tx) error {
			channel := partner.NewChannel(ring.Card("https://alpha.example.org"), other.Card("http://"+name+".example.org"), nil, tx.Now)
			channel.State = partner.Active
			return tx.AddChannel(channel)
		})
	}
	labels := handling.TLPs()
	padding := `,"description":"` + strings.Repeat("A group of this name was seen in the region. ", 24) + `"`
	for from := 0; from < *objects; from += 1000 {
		change(func(tx *store.Tx) error {
			for i := from; i < min(from+1000, *objects); i++ {
				label := labels[i%len(labels)]
				kind := []string{"campaign", "malware", "tool", "identity"}[i%4]
				given := &handling.Handling{TLP: label}
				if err := keepObject(tx, store.Received, []string{"bravo", "carol"}[i%2], given, thing(i, kind, marked(label)+padding)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	alpha := outbox.New(log, kept, ring)
	renewed := narrower(`@id("no-tools") @says("no tools leave") forbid (principal is Partner, action == Action::"attach", resource is Object) when { resource.type == "tool" };`)
	b.Run("compare", func(b *testing.B) {
		for b.Loop() {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			most := uint64(0)
			c, err := alpha.ComparePolicies(b.Context(), overseer, "shipped", renewed, func(done, _ int64) {
				if done%100_000 < 256 {
					runtime.ReadMemStats(&after)
					most = max(most, after.HeapAlloc)
				}
			})
			if err != nil || c.Things != *objects || len(c.Changes) == 0 {
				b.Fatal(c.Things, c.Changes, err)
			}
			b.ReportMetric(float64(max(most, before.HeapAlloc)-before.HeapAlloc)/(1<<20), "MB-more")
		}
		b.ReportMetric(float64(*objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
	})
	b.Run("floor, reading", func(b *testing.B) {
		for b.Loop() {
			n := 0
			err := kept.Inspect(b.Context(), overseer, store.What{Act: caller.ComparePolicy}, func(tx *store.Tx) error {
				return tx.EachObject(store.ObjectQuery{Collection: store.Received, AllVersions: true}, func(found *store.Found) (bool, error) {
					_, err := found.Object()
					n++
					return true, err
				})
			})
			if err != nil || n != *objects {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(*objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
	})
}
