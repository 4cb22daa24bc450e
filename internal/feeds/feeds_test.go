// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file lets feeds run in fake time, over a real store and another server
// that misbehaves.

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
	"github.com/tocsin-exchange/tocsin/warning"
)

var (
	admin    = caller.Caller{Kind: caller.Person, Name: "admin", Roles: []caller.Role{caller.Administrator}}
	releaser = caller.Caller{Kind: caller.Person, Name: "ruth", Roles: []caller.Role{caller.Releaser}}
	both     = caller.Caller{Kind: caller.Person, Name: "bo", Roles: []caller.Role{caller.Administrator, caller.Releaser}}
	analyst  = caller.Caller{Kind: caller.Person, Name: "anna", Roles: []caller.Role{caller.Analyst}}
)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// house is one node's feeds over a real store, and the other server.
type house struct {
	*feeds.Feeds
	t      *testing.T
	dir    string
	ring   *keys.Ring
	store  *store.Store
	intake *intake.Intake
	ours   string // the id of our collection, "shared"
	remote *remote
	stop   func()
}

// bubble plays in fake time.
func bubble(t *testing.T, play func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ring, err := keys.Generate("alpha", "NO")
		check(t, err)
		h := &house{t: t, dir: t.TempDir(), ring: ring, remote: newRemote()}
		h.open()
		h.staff(admin, releaser, both, analyst)
		made, err := h.intake.AddCollection(t.Context(), admin, "Shared", "", "shared", "")
		check(t, err)
		h.ours = made.ID
		t.Cleanup(func() { h.stop(); check(t, h.store.Close()) })
		play(t, h)
	})
}

// open opens the store; nothing runs yet.
func (h *house) open() {
	log := slog.New(slog.NewTextHandler(h.t.Output(), nil))
	kept, err := store.Open(log, h.dir, h.ring.SignCheckpoint)
	check(h.t, err)
	h.store, h.intake, h.stop = kept, intake.New(log, kept), func() {}
	h.Feeds = feeds.New(log, kept, h.ring, func(address string, options taxiiclient.Options) (*taxiiclient.Client, error) {
		options.Transport = h.remote
		return taxiiclient.New(address, options)
	}, "test")
}

// run runs the feeds until stop.
func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.stop = func() {
		cancel()
		check(h.t, <-done)
		h.stop = func() {}
	}
	synctest.Wait()
}

// after lets time pass. "At once" is a second: SQLite waits for its locks in fake
// time, and synctest.Wait alone may take that for the end of the work.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// kept are the objects that came by a feed, by their digits, in order.
func (h *house) kept() string {
	h.t.Helper()
	return h.walk(func(o store.Object) bool { return o.Origin == feeds.Origin("peer") })
}

func (h *house) bring(raws ...[]byte) {
	h.t.Helper()
	objects := func(yield func(stix.Object, error) bool) {
		for _, raw := range raws {
			object, err := stix.Parse(raw)
			if !yield(object, err) {
				return
			}
		}
	}
	check(h.t, h.intake.Accept(h.t.Context(), analyst, h.ours, objects, func(k intake.Kept) { check(h.t, k.Problem) }))
}

func (h *house) feed() api.Feed {
	h.t.Helper()
	feed, err := h.Feed(h.t.Context(), admin, "peer")
	check(h.t, err)
	return feed
}

// pulling is a feed of the other server's collection, every minute.
func pulling() api.NewFeed {
	return api.NewFeed{Name: "peer", URL: "https://taxii.example.org/root/", Remote: "c", Collection: "shared", Seconds: 60}
}

func pushing() api.NewFeed {
	f := pulling()
	f.Push = true
	return f
}

func TestPullKeepsToItsSchedule(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1", "2", "3")
		h.run()
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		after(time.Second)
		if got := h.kept(); got != "123" {
			t.Errorf("at once: got %q", got)
		}
		h.remote.add(indicator("4", ""))
		after(58 * time.Second)
		if got := h.kept(); got != "123" {
			t.Errorf("before its time: got %q", got)
		}
		after(time.Second)
		if got := h.kept(); got != "1234" {
			t.Errorf("after a minute: got %q", got)
		}
		h.stop()
		if diff := cmp.Diff([]string{"0s GET objects/", "0s GET objects/", "1m0s GET objects/"}, h.remote.asked); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		feed := h.feed()
		if feed.Taken != 4 || feed.Known != 0 || feed.Skipped != 0 || feed.Failure != "" || !feed.Cursor.Equal(h.remote.dates[3]) {
			t.Errorf("shown as %+v", feed)
		}
		if !feed.Next.Equal(feed.LastGood.Add(time.Minute)) {
			t.Errorf("next %s, last good %s", feed.Next, feed.LastGood)
		}
	})
}

func TestWhatIsNotRightIsSkippedAlone(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1")
		h.remote.add([]byte(`{"type":"indicator","id":"indicator--20000000-0000-4000-8000-000000000000"}`))
		h.remote.add([]byte(`{"type":"tool","type":"tool"}`))
		h.remote.add(indicator("4", ""))
		h.run()
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		after(time.Second)
		h.stop()
		feed := h.feed()
		if got := h.kept(); got != "14" || feed.Taken != 2 || feed.Skipped != 2 || feed.Failure != "" {
			t.Errorf("kept %q, shown as %+v", got, feed)
		}
		want := []api.FeedSkip{
			{ID: "indicator--20000000-0000-4000-8000-000000000000", Reason: "STIX 2.1 §"},
			{Reason: "not well-formed JSON"},
		}
		same := cmpopts.IgnoreFields(api.FeedSkip{}, "At")
		words := cmp.Comparer(func(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) })
		if diff := cmp.Diff(want, feed.Skips, same, words); diff != "" {
			t.Errorf("skips (-want +got):\n%s", diff)
		}
	})
}

// A crash is a run that ends anywhere, and a store that is opened again.
func TestACrashLosesAndDoublesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1", "2", "3", "4", "5")
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		pages := 0
		h.remote.before = func(q *http.Request) {
			if pages++; pages == 2 {
				<-q.Context().Done() // the run is broken off before this answer comes
			}
		}
		h.run()
		after(time.Second)
		if got := h.kept(); got != "12" {
			t.Errorf("before the crash: got %q", got)
		}
		h.stop()
		check(t, h.store.Close())
		h.remote.before = nil
		h.open()
		h.remote.asked, h.remote.began = nil, time.Now()
		h.run()
		after(2 * time.Minute)
		h.stop()
		feed := h.feed()
		if got := h.kept(); got != "12345" || feed.Taken != 5 || feed.Fails != 0 {
			t.Errorf("kept %q, shown as %+v", got, feed)
		}
	})
}

// The whole of a feed's way of failing: more and more seldom, by the server's
// word where it gives one, and back to its schedule at the first success.
func TestAFailingFeedBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1")
		for range 9 {
			h.remote.fail = append(h.remote.fail, "down")
		}
		h.run()
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		var rests []time.Duration
		for fails := 1; fails <= 3; fails++ {
			after(10 * time.Second) // three attempts, with their pauses
			feed := h.feed()
			if feed.Fails != fails || !strings.Contains(feed.Failure, "remote: down") || !feed.LastGood.IsZero() {
				t.Fatalf("after %d failures: %+v", fails, feed)
			}
			rests = append(rests, time.Until(feed.Next).Round(time.Second))
			after(time.Until(feed.Next))
		}
		for i, rest := range rests {
			if least, most := 30*time.Second<<i, 80*time.Second<<i; rest < least || rest > most {
				t.Errorf("rested %s after %d failures", rest, i+1)
			}
		}
		if feed := h.feed(); feed.Fails != 0 || feed.Failure != "" || feed.Taken != 1 {
			t.Errorf("in the end: %+v", feed)
		}
		h.remote.failing("503") // Retry-After: 7200
		after(time.Minute)
		if feed := h.feed(); time.Until(feed.Next).Round(time.Minute) != 2*time.Hour {
			t.Errorf("asked to rest for two hours: %+v", feed)
		}
		h.stop()
	})
}

// One outage is one alarm, whoever dismisses it; it ends when the feed runs
// again, and the next outage is another.
func TestAnOutageIsAlarmedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1")
		h.run()
		alarms := func(state string) (all []warning.Alarm) {
			t.Helper()
			check(t, h.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Pull}, func(tx *store.Tx) (err error) {
				all, err = store.Alarms.List(tx, 0, state)
				return err
			}))
			return all
		}
		outage := func(failures int) {
			t.Helper()
			h.remote.failing(slices.Repeat([]string{"401"}, failures)...)
			for h.feed().Fails < failures {
				after(time.Until(h.feed().Next) + 10*time.Second)
			}
		}
		recovered := func() {
			t.Helper()
			h.remote.failing()
			for h.feed().Fails != 0 {
				after(time.Until(h.feed().Next) + time.Second)
			}
		}
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		after(time.Second)
		outage(feeds.Tolerated - 1)
		if raised := alarms(store.Raised); len(raised) != 0 {
			t.Errorf("before it is time: %+v", raised)
		}
		since := h.feed().Failing
		if since.IsZero() || since.After(h.feed().LastTry) {
			t.Errorf("failing since %s", since)
		}
		recovered()
		outage(feeds.Tolerated)
		raised := alarms(store.Raised)
		if len(raised) != 1 || raised[0].Kind != warning.AlarmFeed || raised[0].Subject != "peer" || strings.Contains(raised[0].Text, "401") {
			t.Fatalf("after an outage: %+v", raised)
		}
		check(t, h.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Pull}, func(tx *store.Tx) error {
			dismissed := raised[0]
			dismissed.DismissedBy = "rolf"
			return store.Alarms.Put(tx, dismissed.ID, dismissed)
		}))
		outage(feeds.Tolerated + 2)
		if raised := alarms(store.Raised); len(raised) != 0 {
			t.Errorf("the outage that rolf has seen: %+v", raised)
		}
		recovered()
		outage(feeds.Tolerated)
		if raised := alarms(store.Raised); len(raised) != 1 {
			t.Errorf("after the next outage: %+v", raised)
		}
		recovered()
		settled := alarms(store.Dismissed)
		if raised := alarms(store.Raised); len(raised) != 0 || len(settled) != 2 || !slices.ContainsFunc(settled, func(a warning.Alarm) bool { return a.DismissedBy == "node" }) {
			t.Errorf("after it ran again: %+v, %+v", raised, settled)
		}
		outage(feeds.Tolerated)
		_, err = h.Remove(t.Context(), admin, "peer")
		check(t, err)
		if raised := alarms(store.Raised); len(raised) != 0 {
			t.Errorf("after the feed was removed: %+v", raised)
		}
		h.stop()
	})
}

// The address of a server does where it names a default API root.
func TestTheAddressOfAServerLeadsToItsRoot(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1")
		h.run()
		asked := pulling()
		asked.URL = "https://taxii.example.org/taxii2/"
		_, err := h.Add(t.Context(), admin, asked)
		check(t, err)
		after(time.Second)
		if feed := h.feed(); feed.Taken != 1 || feed.Fails != 0 {
			t.Errorf("%+v", feed)
		}
		h.stop()
	})
}

func TestRunNow(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.run()
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		after(10 * time.Second)
		h.remote.add(indicator("1", ""))
		_, err = h.RunNow(t.Context(), admin, "peer")
		check(t, err)
		after(time.Second)
		h.stop()
		if got := h.kept(); got != "1" {
			t.Errorf("kept %q", got)
		}
	})
}

// A feed that is removed while it runs keeps nothing more.
func TestRemovedWhileItRuns(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.remote = newRemote("1", "2", "3")
		pages := 0
		h.remote.before = func(*http.Request) {
			if pages++; pages == 2 {
				_, err := h.Remove(context.Background(), admin, "peer")
				check(t, err)
			}
		}
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		h.run()
		after(5 * time.Minute)
		h.stop()
		if got := h.kept(); got != "12" || pages != 2 {
			t.Errorf("kept %q after %d requests", got, pages)
		}
		if _, err := h.Feed(t.Context(), admin, "peer"); !problem.Is(err, problem.Missing) {
			t.Errorf("the feed: %v", err)
		}
	})
}

// What a feed shows to the other server is used, and cannot be read: not by its
// people, not from a copy of the store.
func TestTheSecretIsLocked(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		const password = "correct-horse-battery-staple"
		h.remote = newRemote("1")
		h.remote.password = password
		asked := pulling()
		asked.User, asked.Password = "alpha", password
		h.run()
		shown, err := h.Add(t.Context(), admin, asked)
		check(t, err)
		after(time.Second)
		h.stop()
		if got := h.kept(); got != "1" {
			t.Errorf("kept %q: %+v", got, h.feed())
		}
		if text := fmt.Sprintf("%+v %+v", shown, h.feed()); strings.Contains(text, password) || shown.Shows != "password" {
			t.Errorf("shown: %s", text)
		}
		check(t, h.store.Close())
		files, err := filepath.Glob(filepath.Join(h.dir, "*"))
		check(t, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			check(t, err)
			if bytes.Contains(raw, []byte(password)) {
				t.Errorf("%s holds the password", filepath.Base(file))
			}
		}
		h.open()
	})
}

func TestAddRefuses(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		change := func(fn func(*api.NewFeed)) api.NewFeed {
			f := pulling()
			fn(&f)
			return f
		}
		tests := map[string]struct {
			who  caller.Caller
			feed api.NewFeed
			want problem.Code
		}{
			"a name that is none":       {admin, change(func(f *api.NewFeed) { f.Name = "A B" }), problem.Invalid},
			"plain HTTP":                {admin, change(func(f *api.NewFeed) { f.URL = "http://taxii.example.org/root/" }), problem.Invalid},
			"credentials in the URL":    {admin, change(func(f *api.NewFeed) { f.URL = "https://u:p@taxii.example.org/root/" }), problem.Invalid},
			"no collection there":       {admin, change(func(f *api.NewFeed) { f.Remote = " " }), problem.Invalid},
			"no collection here":        {admin, change(func(f *api.NewFeed) { f.Collection = "nowhere" }), problem.Missing},
			"what partners sent":        {admin, change(func(f *api.NewFeed) { f.Collection = "received" }), problem.Missing},
			"too often":                 {admin, change(func(f *api.NewFeed) { f.Seconds = 1 }), problem.Invalid},
			"a name without a password": {admin, change(func(f *api.NewFeed) { f.User = "u" }), problem.Invalid},
			"two ways to show itself":   {admin, change(func(f *api.NewFeed) { f.User, f.Password, f.Token = "u", "p", "t" }), problem.Invalid},
			"a key that is none":        {admin, change(func(f *api.NewFeed) { f.Certificate, f.Key = "x", "y" }), problem.Invalid},
			"a label for a pull":        {admin, change(func(f *api.NewFeed) { f.TLP = "TLP:GREEN" }), problem.Invalid},
			"a push of TLP:AMBER":       {admin, change(func(f *api.NewFeed) { f.Push, f.TLP = true, "TLP:AMBER" }), problem.Invalid},
			"an analyst":                {analyst, pulling(), problem.Denied},
			"a releaser":                {releaser, pulling(), problem.Denied},
		}
		for name, test := range tests {
			if _, err := h.Add(t.Context(), test.who, test.feed); !problem.Is(err, test.want) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		if _, err := h.Add(t.Context(), admin, pulling()); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second one of the name: %v", err)
		}
		all, err := h.List(t.Context(), releaser)
		if err != nil || !slices.EqualFunc(all, []string{"peer"}, func(f api.Feed, name string) bool { return f.Name == name }) {
			t.Errorf("the list: %+v, %v", all, err)
		}
	})
}
