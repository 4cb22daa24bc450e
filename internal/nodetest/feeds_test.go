// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets alpha pull from bravo, each a real process, while bravo is
// being filled and one or the other is ended with SIGKILL and started again. In
// the end alpha has each object exactly once, and both logs verify.

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// shared makes a collection of that alias and an account that reads and fills
// it, and returns the collection as that account reaches it.
func (p *process) shared(alias string) (*taxiiclient.Collection, api.AccountSecrets) {
	p.t.Helper()
	ctx := context.Background()
	_, err := p.admin.AddCollection(ctx, api.NewCollection{Title: alias, Alias: alias})
	Check(p.t, err)
	secrets, err := p.admin.AddAccount(ctx, api.NewAccount{Name: "tool", Read: []string{alias}, Write: []string{alias}})
	Check(p.t, err)
	client, err := taxiiclient.New(p.address, taxiiclient.Options{Credentials: taxiiclient.Credentials{User: secrets.Name, Password: secrets.Password}, Timeout: 10 * time.Second, Tries: 1})
	Check(p.t, err)
	root, err := client.Root(api.RootPath)
	Check(p.t, err)
	collection, err := root.Collection(alias)
	Check(p.t, err)
	return collection, secrets
}

func TestAFeedSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("runs and kills two processes")
	}
	const objects, portion, kills = 2000, 100, 6
	ctx := t.Context()
	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	source, secrets := bravo.shared("out")
	sink, _ := alpha.shared("pulled")
	_, err := alpha.admin.AddFeed(ctx, api.NewFeed{
		Name: "bravo", URL: bravo.address + api.RootPath, Remote: "out", Collection: "pulled", Seconds: 10, User: secrets.Name, Password: secrets.Password,
	})
	Check(t, err)

	want := make(map[string][]byte)
	var written atomic.Bool
	go func() {
		defer written.Store(true)
		var waiting []stix.Object
		for raw := range stixtest.Objects(1, objects) {
			object, err := stix.Parse(raw)
			if err != nil {
				t.Error(err)
				return
			}
			want[object.ID()] = raw
			waiting = append(waiting, object)
			if len(waiting) == portion || len(want) == objects {
				if err := insist(ctx, source, waiting); err != nil {
					t.Error(err)
					return
				}
				waiting = nil
			}
		}
	}()
	killed := 0
	for killed < kills || !written.Load() {
		pause(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		// It may be down, or have run already: then its schedule does it.
		_, _ = alpha.admin.RunFeed(ctx, "bravo")
		if killed < kills {
			victim := []*process{alpha, bravo}[rand.IntN(2)]
			pause(time.Duration(rand.IntN(100)) * time.Millisecond)
			victim.end(syscall.SIGKILL)
			victim.start()
			killed++
		}
	}
	Until(t, "alpha to have everything", func() bool {
		pause(100 * time.Millisecond)
		_, _ = alpha.admin.RunFeed(ctx, "bravo")
		feed, err := alpha.admin.Feed(ctx, "bravo")
		return err == nil && feed.Taken >= int64(len(want)) || t.Failed()
	})
	feed, err := alpha.admin.Feed(ctx, "bravo")
	Check(t, err)
	if feed.Taken != int64(len(want)) || feed.Skipped != 0 {
		t.Errorf("%d objects: the feed says %+v", len(want), feed)
	}
	got := make(map[string]int)
	for object, err := range sink.Objects(ctx, taxii.Filter{Versions: taxii.VersionFilter{All: true}}) {
		Check(t, err)
		got[object.ID()]++
		if !bytes.Equal(want[object.ID()], object.Raw()) {
			t.Errorf("%s: got %s\nwant %s", object.ID(), object.Raw(), want[object.ID()])
		}
	}
	for id := range want {
		if got[id] != 1 {
			t.Errorf("%s is there %d times", id, got[id])
		}
	}
	for _, p := range []*process{alpha, bravo} {
		audit, err := p.admin.VerifyLedger(ctx, nil)
		Check(t, err)
		if len(audit.Wrong) > 0 {
			t.Errorf("%s: %v", p.name, audit.Wrong)
		}
	}
	t.Logf("%d objects, %d kills, %d known again", len(want), killed, feed.Known)
}

// insist adds objects until the server has them all, whatever happens to it.
func insist(ctx context.Context, to *taxiiclient.Collection, objects []stix.Object) error {
	for range 100 {
		added, err := to.Add(ctx, func(yield func(stix.Object, error) bool) {
			for _, object := range objects {
				if !yield(object, nil) {
					return
				}
			}
		})
		if err == nil {
			if added.Succeeded != len(objects) {
				return fmt.Errorf("added %+v", added)
			}
			return nil
		}
		pause(20 * time.Millisecond)
	}
	return fmt.Errorf("the server does not take %d objects", len(objects))
}
