// SPDX-License-Identifier: Apache-2.0

package feeds

// This file is what people do with feeds: set up, release, look, run, remove.

import (
	"cmp"
	"context"
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// How often a feed runs.
const (
	Often   = 5 * time.Minute // if nobody says otherwise
	Oftest  = 10 * time.Second
	Seldom  = 7 * 24 * time.Hour
	maxText = 2000 // bytes of an address or a name
)

// Add sets up a feed. A pull runs at once; a push waits for another person to
// release it. What it shows to the other server is kept locked, and never shown
// again. A push is cleared for TLP:GREEN, or for TLP:CLEAR if asked so.
func (f *Feeds) Add(ctx context.Context, who caller.Caller, asked api.NewFeed) (shown api.Feed, err error) {
	feed, s, err := f.read(asked)
	if err != nil {
		return shown, err
	}
	feed.AddedBy = who.Name
	var locked []byte
	if feed.Shows != "" {
		raw, err := json.Marshal(s)
		if err != nil {
			return shown, err
		}
		if locked, err = f.ring.Lock(raw); err != nil {
			return shown, err
		}
	}
	err = f.store.Change(ctx, who, store.What{Act: caller.AddFeed, Subject: feed.Name}, func(tx *store.Tx) error {
		feed.Added = tx.Now
		if feed.Collection, err = collection(tx, asked); err != nil {
			return err
		}
		if _, exists, err := store.Feeds.Find(tx, feed.Name); err != nil {
			return err
		} else if exists {
			return problem.New(problem.Conflict, "remove it first (tocsin taxii feed remove "+feed.Name+"), or use another name", "there is a feed of this name already")
		}
		if locked != nil {
			if err := store.FeedSecrets.Put(tx, feed.Name, store.FeedSecret{Locked: locked}); err != nil {
				return err
			}
		}
		if shown, err = show(tx, feed); err != nil {
			return err
		}
		return store.Feeds.Put(tx, feed.Name, feed)
	})
	return shown, err
}

// read makes a feed of what was asked for, and refuses what cannot work.
func (f *Feeds) read(asked api.NewFeed) (feed store.Feed, s secret, err error) {
	every := time.Duration(cmp.Or(asked.Seconds, int64(Often/time.Second))) * time.Second
	feed = store.Feed{
		Name: asked.Name, Push: asked.Push, URL: strings.TrimSpace(asked.URL), Remote: strings.TrimSpace(asked.Remote),
		Seconds: int64(every / time.Second), User: asked.User, Authority: asked.Authority,
	}
	s = secret{Password: asked.Password, Token: asked.Token, Certificate: asked.Certificate, Key: asked.Key}
	switch {
	case !envelope.ValidName(feed.Name):
		return feed, s, problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be a feed's name", feed.Name)
	case feed.URL == "" || len(feed.URL) > maxText || feed.Remote == "" || len(feed.Remote) > maxText:
		return feed, s, problem.New(problem.Invalid, "give the address of the other server's API root, and the id of its collection", "it is not said where the feed leads")
	case every < Oftest || every > Seldom:
		return feed, s, problem.New(problem.Invalid, "use 10s to 168h", "a feed cannot run every %s", every)
	case (s.Certificate == "") != (s.Key == ""):
		return feed, s, problem.New(problem.Invalid, "give both", "a client certificate needs its key, and the key its certificate")
	case (feed.User == "") != (s.Password == ""):
		return feed, s, problem.New(problem.Invalid, "give both", "a name needs its password, and the password its name")
	}
	for _, sort := range []struct{ name, value string }{{"password", s.Password}, {"token", s.Token}, {"certificate", s.Certificate}} {
		if sort.value != "" {
			feed.Shows = strings.TrimPrefix(feed.Shows+", "+sort.name, ", ")
		}
	}
	if feed.Push {
		label, err := handling.ParseTLP(string(cmp.Or(asked.TLP, handling.Green)))
		if err != nil || label.Rank() > handling.Green.Rank() {
			return feed, s, problem.New(problem.Invalid, "use TLP:CLEAR or TLP:GREEN; what is narrower is released to a partner by people", "%q is no label for a schedule", asked.TLP)
		}
		feed.TLP = string(label)
	} else if asked.TLP != "" {
		return feed, s, problem.New(problem.Invalid, "leave it out: what is pulled keeps its own markings", "a label is for a push")
	}
	if s.Certificate != "" {
		if _, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key)); err != nil {
			return feed, s, problem.New(problem.Invalid, "give the certificate and its private key as PEM, the key without a passphrase", "the certificate and its key cannot be used")
		}
	}
	client, err := f.client(feed, s, func(taxiiclient.Remark) {})
	if err == nil {
		_, err = client.Root(feed.URL)
	}
	if err != nil {
		return feed, s, problem.New(problem.Invalid, "give the API root as https://taxii.example.org/root/, and credentials apart from it", "the other server cannot be asked like that").
			With(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "taxiiclient: "), "feeds: ")).Because(err)
	}
	return feed, s, nil
}

// collection finds our collection by its id or alias. What partners sent is
// neither filled nor pushed by a schedule.
func collection(tx *store.Tx, asked api.NewFeed) (string, error) {
	all, err := store.Collections.List(tx, 0)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if name := asked.Collection; name != "" && (c.Alias == name || c.ID == strings.ToLower(name)) {
			return c.ID, nil
		}
	}
	return "", problem.New(problem.Missing, "see tocsin taxii collection list; what partners sent is no collection for a feed", "there is no collection %q for a feed", asked.Collection)
}

// Release lets a push feed send, from the beginning of the collection on, or from
// where it came to, by the hash under which it was read ([api.Feed].Seen). Who set it
// up, or took it over, does not release it; and what somebody set up who no longer
// may is taken over first, as what was released by such a one is released anew. What
// was set up under the same name meanwhile is not what was read: a Conflict.
func (f *Feeds) Release(ctx context.Context, who caller.Caller, name, seen string) (api.Feed, error) {
	return f.alter(ctx, who, caller.ReleaseFeed, name, func(tx *store.Tx, feed *store.Feed) error {
		standing, err := tx.FeedStanding(feed)
		switch {
		case err != nil:
			return err
		case !feed.Push:
			return problem.New(problem.Conflict, "", "a feed that pulls sends nothing: there is nothing to release")
		case standing.Released:
			return problem.New(problem.Conflict, "", "%s has released this feed already", feed.ReleasedBy)
		case feed.AddedBy == who.Name || feed.TakenOverBy == who.Name:
			return problem.New(problem.Denied, "let another releaser look at it", "who set up a feed, or took it over, does not release it")
		case !standing.SetUp:
			return feed.Hold(standing)
		}
		now, err := feed.Hash()
		if err != nil {
			return err
		}
		if now != seen {
			return problem.New(problem.Conflict, "look at tocsin taxii feed show "+name+" again, and say the hash it shows with --seen", "this feed is not what you read")
		}
		feed.Released, feed.ReleasedBy = tx.Now, who.Name
		return nil
	})
}

// TakeOver lets another administrator answer for what was set up, as when who did it
// has left. A push is then released anew: by whom it was set up is part of what is
// read. How far it came stays.
func (f *Feeds) TakeOver(ctx context.Context, who caller.Caller, name string) (api.Feed, error) {
	return f.alter(ctx, who, caller.TakeFeed, name, func(tx *store.Tx, feed *store.Feed) error {
		if feed.Answers() == who.Name {
			return problem.New(problem.Conflict, "", "you answer for this feed already")
		}
		feed.TakenOver, feed.TakenOverBy = tx.Now, who.Name
		feed.Released, feed.ReleasedBy = time.Time{}, ""
		return nil
	})
}

// RunNow lets a feed run at once, whatever its schedule says.
func (f *Feeds) RunNow(ctx context.Context, who caller.Caller, name string) (api.Feed, error) {
	return f.alter(ctx, who, caller.RunFeed, name, func(tx *store.Tx, feed *store.Feed) error {
		hold, err := tx.FeedHold(feed)
		if err != nil {
			return err
		}
		if hold != nil {
			return hold
		}
		if feed.Push {
			if err := tx.GivesOut(); err != nil {
				return err
			}
		}
		feed.Asked = tx.Now
		return nil
	})
}

func (f *Feeds) alter(ctx context.Context, who caller.Caller, act caller.Act, name string, change func(*store.Tx, *store.Feed) error) (shown api.Feed, err error) {
	err = f.store.Change(ctx, who, store.What{Act: act, Subject: name}, func(tx *store.Tx) error {
		feed, err := store.Feeds.Get(tx, name)
		if err != nil {
			return err
		}
		if err := change(tx, &feed); err != nil {
			return err
		}
		if shown, err = show(tx, feed); err != nil {
			return err
		}
		return store.Feeds.Put(tx, name, feed)
	})
	return shown, err
}

// Remove takes a feed away with its secret: a run that is under way ends, and
// keeps nothing more. The objects it brought stay.
func (f *Feeds) Remove(ctx context.Context, who caller.Caller, name string) (shown api.Feed, err error) {
	err = f.store.Change(ctx, who, store.What{Act: caller.DropFeed, Subject: name}, func(tx *store.Tx) error {
		feed, err := store.Feeds.Get(tx, name)
		if err != nil {
			return err
		}
		if shown, err = show(tx, feed); err != nil {
			return err
		}
		for _, remove := range []func(*store.Tx, string) error{store.Feeds.Delete, store.FeedSecrets.Delete, store.FeedStates.Delete} {
			if err := remove(tx, name); err != nil {
				return err
			}
		}
		return tx.Settle(failing(feed), who.Name, "the feed was removed")
	})
	return shown, err
}

// List shows all feeds by name, never their secrets.
func (f *Feeds) List(ctx context.Context, who caller.Caller) (all []api.Feed, err error) {
	err = f.store.Glance(ctx, who, store.What{Act: caller.ListFeeds}, func(tx *store.Tx) error {
		feeds, err := store.Feeds.List(tx, 0)
		if err != nil {
			return err
		}
		for _, feed := range feeds {
			shown, err := show(tx, feed)
			if err != nil {
				return err
			}
			all = append(all, shown)
		}
		return nil
	})
	for i := range all {
		all[i].Running = f.rounds.running(all[i].Name)
	}
	slices.SortFunc(all, func(a, b api.Feed) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

// Feed shows one feed, never its secret.
func (f *Feeds) Feed(ctx context.Context, who caller.Caller, name string) (shown api.Feed, err error) {
	err = f.store.Glance(ctx, who, store.What{Act: caller.ListFeeds, Subject: name}, func(tx *store.Tx) error {
		feed, err := store.Feeds.Get(tx, name)
		if err == nil {
			shown, err = show(tx, feed)
		}
		return err
	})
	shown.Running = f.rounds.running(shown.Name)
	return shown, err
}

// show makes of a feed what people see of it.
func show(tx *store.Tx, feed store.Feed) (api.Feed, error) {
	state, err := tx.StateOf(feed)
	if err != nil {
		return api.Feed{}, err
	}
	ours := feed.Collection
	if c, known, err := store.Collections.Find(tx, feed.Collection); err != nil {
		return api.Feed{}, err
	} else if known && c.Alias != "" {
		ours = c.Alias
	}
	shown := api.Feed{
		Name: feed.Name, Push: feed.Push, URL: feed.URL, Remote: feed.Remote, Collection: ours, Seconds: feed.Seconds, TLP: handling.TLP(feed.TLP),
		User: feed.User, Shows: feed.Shows, Added: feed.Added, AddedBy: feed.AddedBy, TakenOver: feed.TakenOver, TakenOverBy: feed.TakenOverBy,
		Released: feed.Released, ReleasedBy: feed.ReleasedBy,
		LastTry: state.LastTry, LastGood: state.LastGood, Next: state.Next, Failure: state.Failure, Fails: state.Fails,
		Failing: state.Failing,
		Cursor:  state.Cursor, Taken: state.Taken, Known: state.Known, Skipped: state.Skipped, Remarks: state.Remarks,
	}
	if err := answer(tx, &feed, &shown); err != nil {
		return api.Feed{}, err
	}
	if feed.Push {
		silent := tx.GivesOut()
		if silent != nil && !problem.Is(silent, problem.Busy) {
			return api.Feed{}, silent
		}
		if silent != nil {
			shown.Silent = problem.Of(silent).Text
		}
	}
	for _, one := range state.Skips {
		shown.Skips = append(shown.Skips, api.FeedSkip{At: one.At, ID: one.ID, Reason: one.Reason})
	}
	return shown, nil
}

// answer shows who answers for a feed, whether they still may, and why a push waits
// for people if it does.
func answer(tx *store.Tx, feed *store.Feed, shown *api.Feed) error {
	for _, one := range []struct {
		did, by string
		at      time.Time
		act     caller.Act
	}{
		{"set up", feed.AddedBy, feed.Added, caller.AddFeed},
		{"taken over", feed.TakenOverBy, feed.TakenOver, caller.TakeFeed},
		{"released", feed.ReleasedBy, feed.Released, caller.ReleaseFeed},
	} {
		if one.by == "" {
			continue
		}
		stands, err := tx.StillMay(one.by, one.act)
		if err != nil {
			return err
		}
		said := api.FeedAnswer{Did: one.did, By: one.by, At: one.at, Stands: stands}
		for _, role := range caller.RolesFor(one.act) {
			said.As = append(said.As, string(role))
		}
		shown.Answers = append(shown.Answers, said)
	}
	standing, err := tx.FeedStanding(feed)
	if err != nil {
		return err
	}
	if hold := feed.Hold(standing); hold != nil {
		shown.Held, shown.WayOut = hold.Text, hold.Hint
		if standing.SetUp {
			shown.Seen, err = feed.Hash()
		}
	}
	return err
}
