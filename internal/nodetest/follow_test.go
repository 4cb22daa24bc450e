// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills a node while many write to it and many follow: what was
// accepted is there, and every follower sees it once. It also weighs a node
// that takes in and hands out much.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// tool is a tool's account on a process, with a collection of its own.
type tool struct {
	*process
	secrets api.AccountSecrets
	client  *http.Client
}

func newTool(t *testing.T, p *process) *tool {
	t.Helper()
	_, err := p.admin.AddCollection(t.Context(), api.NewCollection{Title: "The feed", Alias: "feed"})
	Check(t, err)
	secrets, err := p.admin.AddAccount(t.Context(), api.NewAccount{Name: "tool", TLP: handling.Red, Read: []string{"feed"}, Write: []string{"feed"}})
	Check(t, err)
	return &tool{p, secrets, &http.Client{Timeout: time.Minute}}
}

// ask makes one request to the feed; ok is false if it was not answered, or not
// as it should be.
func (tool *tool) ask(ctx context.Context, method, path string, body []byte, want int) (answer []byte, header http.Header, ok bool) {
	request, err := http.NewRequestWithContext(ctx, method, tool.address+"/taxii2/root/collections/feed/"+path, bytes.NewReader(body))
	Check(tool.t, err)
	request.SetBasicAuth(tool.secrets.Name, tool.secrets.Password)
	request.Header.Set("Content-Type", taxii.MediaType)
	request.Header.Set("Accept", taxii.MediaType)
	response, err := tool.client.Do(request)
	if err != nil {
		return nil, nil, false
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return answer, response.Header, err == nil && response.StatusCode == want
}

// follow reads objects or the manifest until a page that was asked for after done
// is empty. A request that fails is made again.
func (tool *tool) follow(ctx context.Context, what string, limit int, done *atomic.Bool) map[string]int {
	seen := make(map[string]int)
	query := url.Values{"limit": {fmt.Sprint(limit)}}
	for ctx.Err() == nil {
		last := done.Load()
		answer, header, ok := tool.ask(ctx, http.MethodGet, what+"/?"+query.Encode(), nil, http.StatusOK)
		if !ok {
			pause(10 * time.Millisecond)
			continue
		}
		page, err := taxii.ParseEnvelope(answer) // a manifest has the same frame
		Check(tool.t, err)
		for _, raw := range page.Objects {
			object, err := stix.Parse(raw)
			Check(tool.t, err)
			seen[object.ID()]++
		}
		switch {
		case page.More:
			query.Set("next", page.Next)
		case len(page.Objects) > 0:
			query.Del("next")
			query.Set("added_after", header.Get(taxii.HeaderDateAddedLast))
		case last:
			return seen
		default:
			pause(time.Millisecond)
		}
	}
	return seen
}

// Whoever follows a node that is killed again and again sees what was accepted,
// each object once.
func TestFollowersOfAKilledNode(t *testing.T) {
	posts, least := 40, 4
	if testing.Short() {
		posts, least = 15, 1
	}
	const writers, each = 4, 40
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p := newProcess(t, build(t), "alpha")
	tool := newTool(t, p)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()

	writing, quiet := context.WithCancel(ctx)
	var killer, hands, followers sync.WaitGroup
	killer.Go(func() {
		for writing.Err() == nil {
			pause(time.Duration(20+random.IntN(500)) * time.Millisecond)
			p.end(syscall.SIGKILL)
			p.kills++
			p.start()
		}
	})
	want := make(map[string]int)
	for writer := range writers {
		raws := slices.Collect(stixtest.Objects(uint64(writer), posts*each))
		for _, raw := range raws {
			object, err := stix.Parse(raw)
			Check(t, err)
			want[object.ID()] = 1
		}
		hands.Go(func() {
			for batch := range slices.Chunk(raws, each) {
				body, err := taxii.AppendEnvelope(nil, false, "", batch)
				Check(t, err)
				// It may have happened: what is there already is kept once.
				for accepted := false; !accepted && ctx.Err() == nil; pause(5 * time.Millisecond) {
					_, _, accepted = tool.ask(ctx, http.MethodPost, "objects/", body, http.StatusAccepted)
				}
			}
		})
	}
	var done atomic.Bool
	for _, limit := range []int{7, 1000} {
		for _, what := range []string{"objects", "manifest"} {
			followers.Go(func() {
				got := tool.follow(ctx, what, limit, &done)
				for id := range want {
					if got[id] != 1 {
						t.Errorf("%s by %d: %s was seen %d times", what, limit, id, got[id])
					}
				}
				if len(got) != len(want) {
					t.Errorf("%s by %d: %d objects of %d", what, limit, len(got), len(want))
				}
			})
		}
	}
	hands.Wait()
	quiet()
	killer.Wait()
	done.Store(true)
	followers.Wait()
	t.Logf("killed %d times", p.kills)
	if p.kills < least {
		t.Error("too few kills to prove anything")
	}
	audit, err := p.admin.VerifyLedger(ctx, nil)
	if err != nil || len(audit.Wrong) > 0 {
		t.Errorf("%+v, %v", audit, err)
	}
}

// rss is the most memory that the process has held, in MiB.
func (p *process) rss() int {
	p.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		p.t.Skip("no /proc on this system")
	}
	kib := 0
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, err := fmt.Sscan(rest, &kib)
			Check(p.t, err)
		}
	}
	return kib >> 10
}

// TestMemoryOfObjects posts 50 MB at once, and many objects, and reads all of
// them. The aim is under 150 MiB. With TOCSIN_LARGE set it is 1,000,000 objects.
func TestMemoryOfObjects(t *testing.T) {
	count := 45_000
	if os.Getenv("TOCSIN_LARGE") != "" {
		count = 1_000_000
	}
	const largest = 37_000 // about 50 MB
	p := newProcess(t, build(t), "alpha")
	tool := newTool(t, p)
	var bodies [][]byte
	var posted int
	post := func(raws [][]byte) {
		body, err := taxii.AppendEnvelope(nil, false, "", raws)
		Check(t, err)
		if answer, _, ok := tool.ask(t.Context(), http.MethodPost, "objects/", body, http.StatusAccepted); !ok {
			t.Fatalf("%.300s", answer)
		}
		posted += len(raws)
	}
	for raw := range stixtest.Objects(1, count) {
		if bodies = append(bodies, raw); len(bodies) == largest || posted > 0 && len(bodies) == 5000 {
			post(bodies)
			if posted == largest {
				t.Logf("after a POST of 50 MB: %d MiB", p.rss())
			}
			bodies = bodies[:0]
		}
	}
	post(bodies)
	t.Logf("after %d objects: %d MiB", posted, p.rss())
	var done atomic.Bool
	done.Store(true)
	for limit, what := range map[int]string{1000: "objects", 999: "manifest"} {
		if seen := tool.follow(t.Context(), what, limit, &done); len(seen) != count || slices.Max(slices.Collect(maps.Values(seen))) != 1 {
			t.Errorf("%d objects were read", len(seen))
		}
	}
	if held := p.rss(); held > 150 {
		t.Errorf("the node held %d MiB", held)
	} else {
		t.Logf("after reading all of them: %d MiB", held)
	}
}
