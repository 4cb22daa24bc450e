// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file measures how fast a collection of 100,000 objects is pulled from a
// node: by a client that only reads the bytes, which is the floor, by ours page by
// page and object by object, and by another node's feed.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

func BenchmarkPull(b *testing.B) {
	const objects = 100_000
	ctx := context.Background()
	bravo := New(b, "bravo")
	_, err := bravo.Intake.AddCollection(ctx, Admin(), "Out", "", "out", "")
	Check(b, err)
	secrets, err := bravo.Desk.AddAccount(ctx, Admin(), api.NewAccount{Name: "tool", Read: []string{"out"}})
	Check(b, err)
	collections, err := bravo.Shelf.ListCollections(ctx, Admin())
	Check(b, err)
	var id string
	for _, c := range collections {
		if c.Alias == "out" {
			id = c.ID
		}
	}
	size := int64(0)
	count := 0
	Check(b, bravo.Intake.Accept(ctx, Analyst(), id, func(yield func(stix.Object, error) bool) {
		for raw := range stixtest.Objects(1, objects) {
			object, err := stix.Parse(raw)
			if !yield(object, err) {
				return
			}
		}
	}, func(k intake.Kept) { Check(b, k.Problem); count++ }))

	client, err := taxiiclient.New(bravo.Address(), taxiiclient.Options{Credentials: taxiiclient.Credentials{Token: secrets.Token}})
	Check(b, err)
	root, err := client.Root(api.RootPath)
	Check(b, err)
	collection, err := root.Collection("out")
	Check(b, err)
	all := taxii.Filter{Versions: taxii.VersionFilter{All: true}}
	for page, err := range collection.Pages(ctx, all) {
		Check(b, err)
		for _, object := range page.Objects {
			size += int64(len(object))
		}
	}

	b.Run("floor", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			readBytes(b, bravo.Address()+api.RootPath+"collections/out/objects/", secrets.Token)
		}
	})
	b.Run("pages", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			got := 0
			for page, err := range collection.Pages(ctx, all) {
				Check(b, err)
				got += len(page.Objects)
			}
			whole(b, got, count)
		}
	})
	b.Run("objects", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			got := 0
			for _, err := range collection.Objects(ctx, all) {
				Check(b, err)
				got++
			}
			whole(b, got, count)
		}
	})
	b.Run("feed", func(b *testing.B) {
		b.SetBytes(size)
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			alpha := New(b, "alpha")
			_, err := alpha.Intake.AddCollection(ctx, Admin(), "In", "", "in", "")
			Check(b, err)
			b.StartTimer()
			_, err = alpha.Feeds.Add(ctx, Admin(), api.NewFeed{Name: "bravo", URL: bravo.Address() + api.RootPath, Remote: "out", Collection: "in", Token: secrets.Token})
			Check(b, err)
			Until(b, "everything to be here", func() bool {
				feed, err := alpha.Feeds.Feed(ctx, Admin(), "bravo")
				Check(b, err)
				return !feed.LastGood.IsZero()
			})
			b.StopTimer()
			feed, err := alpha.Feeds.Feed(ctx, Admin(), "bravo")
			Check(b, err)
			whole(b, int(feed.Taken), count)
			alpha.Stop()
			b.StartTimer()
		}
	})
}

func whole(b *testing.B, got, want int) {
	b.Helper()
	if got != want {
		b.Fatalf("got %d objects of %d", got, want)
	}
}

// readBytes follows next from page to page, and looks for nothing else in them.
func readBytes(b *testing.B, address, token string) {
	b.Helper()
	next := ""
	for {
		request, err := http.NewRequest(http.MethodGet, address+"?limit=1000&match[version]=all"+next, nil)
		Check(b, err)
		request.Header.Set("Accept", taxii.MediaType)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		Check(b, err)
		body, err := io.ReadAll(response.Body)
		Check(b, err)
		Check(b, response.Body.Close())
		if response.StatusCode != http.StatusOK {
			b.Fatal(fmt.Errorf("%s: %s", response.Status, body))
		}
		// Our server writes it behind the objects.
		_, tail, found := bytes.Cut(body[max(0, len(body)-300):], []byte(`"next":"`))
		if !found {
			return
		}
		place, _, _ := bytes.Cut(tail, []byte(`"`))
		next = "&next=" + string(place)
	}
}
