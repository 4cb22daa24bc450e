// SPDX-License-Identifier: Apache-2.0

package feeds

// This file is one run of one feed, from its row to the time of its next.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	maxSkips   = 50  // that are kept with their reasons
	maxRemarks = 20  // that are kept of a run
	maxWords   = 500 // bytes of a text that came from outside
	// maxRun is how long a run may keep others waiting.
	maxRun = 30 * time.Minute
	// maxPage is how many bytes a page may have: room for the largest object.
	maxPage = stix.MaxObjectSize + 64<<10
)

// errGone says that the feed was removed, or is another one now: the run ends
// and leaves nothing behind.
var errGone = errors.New("feeds: the feed was removed")

// errSilent says that nothing is given out now, by any feed or by this one: the run
// ends, and the next one comes when it may.
var errSilent = errors.New("feeds: nothing is given out now")

// turn is one run of a feed.
type turn struct {
	feeds   *Feeds
	feed    store.Feed
	remote  *taxiiclient.Collection
	remarks []string
}

// turn runs a feed once. An error means that it could not be kept how it ended.
func (f *Feeds) turn(ctx context.Context, name string) error {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil
	}
	t := &turn{feeds: f}
	run, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	began := time.Now()
	err := t.begin(ctx, name)
	if err == nil && t.feed.Push {
		err = t.push(run)
	} else if err == nil {
		err = t.pull(run)
	}
	if err != nil && run.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("feeds: it took longer than %s, and goes on from where it came to", maxRun)
	}
	if errors.Is(err, errGone) || errors.Is(err, errSilent) || ctx.Err() != nil {
		return nil // it goes on from its cursor
	}
	if err != nil {
		f.log.Warn("a feed failed", "feed", name, "err", err)
	}
	if t.feed.Name == "" {
		return err
	}
	if err := t.end(ctx, began, err); err != nil && !errors.Is(err, errGone) && ctx.Err() == nil {
		f.log.Error("keeping how a feed ended failed", "feed", name, "err", err)
		return err
	}
	return nil
}

// begin reads the feed as it is now and makes a client of it.
func (t *turn) begin(ctx context.Context, name string) error {
	var locked store.FeedSecret
	err := t.feeds.store.Glance(ctx, caller.Self(), store.What{Act: caller.Pull}, func(tx *store.Tx) (err error) {
		var known bool
		if t.feed, known, err = store.Feeds.Find(tx, name); err == nil && !known {
			return errGone
		}
		if err == nil && t.feed.Shows != "" {
			locked, err = store.FeedSecrets.Get(tx, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	var secret secret
	if t.feed.Shows != "" {
		raw, err := t.feeds.ring.Unlock(locked.Locked)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &secret); err != nil {
			return errors.New("feeds: the feed's secret cannot be read")
		}
	}
	client, err := t.feeds.client(t.feed, secret, t.remark)
	if err != nil {
		return err
	}
	root, err := client.RootAt(ctx, t.feed.URL)
	if err != nil {
		return err
	}
	t.remote, err = root.Collection(t.feed.Remote)
	return err
}

// secret is what a feed shows, as it is locked.
type secret struct {
	Password    string `json:"password,omitempty"`
	Token       string `json:"token,omitempty"`
	Certificate string `json:"certificate,omitempty"` // PEM
	Key         string `json:"key,omitempty"`         // PEM
}

// client makes a client for the other server; nothing is asked yet.
func (f *Feeds) client(feed store.Feed, s secret, remark func(taxiiclient.Remark)) (*taxiiclient.Client, error) {
	options := taxiiclient.Options{
		Credentials: taxiiclient.Credentials{User: feed.User, Password: s.Password, Token: s.Token},
		UserAgent:   f.agent, Remark: remark, Tries: 3, Patience: time.Minute, MaxPage: maxPage,
	}
	if s.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
		if err != nil {
			return nil, errors.New("feeds: the certificate and its key do not belong together") // the cause could quote the key
		}
		options.Credentials.Certificate = &pair
	}
	if feed.Authority != "" {
		options.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		if !options.TLS.RootCAs.AppendCertsFromPEM([]byte(feed.Authority)) {
			return nil, errors.New("feeds: the authority's certificate cannot be read")
		}
	}
	return f.connect(feed.URL, options)
}

func (t *turn) remark(r taxiiclient.Remark) {
	text := clip(r.Text)
	if len(t.remarks) < maxRemarks && !slices.Contains(t.remarks, text) {
		t.remarks = append(t.remarks, text)
	}
}

// change changes the feed's state, and whatever it speaks of, in one
// transaction. It ends with errGone if the feed is not the one that began.
func (t *turn) change(ctx context.Context, what store.What, fn func(*store.Tx, *store.FeedState) error) error {
	what.Note = strings.TrimSpace("feed " + t.feed.Name + " " + what.Note)
	return t.feeds.store.Change(ctx, caller.Self(), what, func(tx *store.Tx) error {
		if _, err := t.still(tx); err != nil {
			return err
		}
		state, err := tx.StateOf(t.feed)
		if err != nil {
			return err
		}
		if err := fn(tx, &state); err != nil {
			return err
		}
		return store.FeedStates.Put(tx, t.feed.Name, state)
	})
}

// still makes sure that the feed is the one that began, and shows it as it is now.
func (t *turn) still(tx *store.Tx) (store.Feed, error) {
	now, known, err := store.Feeds.Find(tx, t.feed.Name)
	if err == nil && (!known || !now.Added.Equal(t.feed.Added)) {
		err = errGone
	}
	return now, err
}

// leaves makes sure, when objects are about to leave, that the feed is still the
// one that began, that who set it up and who released it still may, and that anything
// is given out.
func (t *turn) leaves(tx *store.Tx) error {
	now, err := t.still(tx)
	if err != nil {
		return err
	}
	hold, err := tx.FeedHold(&now)
	if err != nil {
		return err
	}
	if hold != nil {
		return errSilent
	}
	err = tx.GivesOut()
	if problem.Is(err, problem.Busy) {
		err = errSilent
	}
	return err
}

// act is what the turn does, in the words of the log.
func (t *turn) act() caller.Act {
	if t.feed.Push {
		return caller.Push
	}
	return caller.Pull
}

// end keeps how the run ended and when the next one is.
func (t *turn) end(ctx context.Context, began time.Time, failure error) error {
	return t.change(ctx, store.What{Act: t.act(), Subject: t.feed.Collection, Note: "at rest"}, func(tx *store.Tx, state *store.FeedState) error {
		state.LastTry, state.Remarks = began.UTC().Truncate(time.Millisecond), t.remarks
		if failure == nil {
			state.LastGood, state.Fails, state.Failure, state.Failing = tx.Now, 0, "", time.Time{}
			state.Next = tx.Now.Add(time.Duration(t.feed.Seconds) * time.Second)
			return tx.Settle(failing(t.feed), caller.Self().Name, "the feed runs again")
		}
		if state.Fails++; state.Fails == 1 {
			state.Failing = state.LastTry
		}
		state.Failure = clip(failure.Error())
		state.Next = tx.Now.Add(max(backoff(state.Fails), asked(failure)))
		if state.Fails != Tolerated { // one that was dismissed is not raised again for the same outage
			return nil
		}
		return tx.Raise(failing(t.feed))
	})
}

// Tolerated is after how many failures in a row there is an alarm: some quarter
// of an hour, by the pauses between them.
const Tolerated = 5

// failing is the alarm about a feed. It says nothing that came from outside.
func failing(feed store.Feed) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmFeed, Subject: feed.Name, Level: handling.Routine,
		Text: fmt.Sprintf("the feed %s has failed %d times in a row; why: tocsin taxii feed show %s", feed.Name, Tolerated, feed.Name)}
}

// backoff is how long a feed that failed so often in a row rests: a minute
// first, then doubling, to an hour, and up to a quarter more or less by chance.
func backoff(fails int) time.Duration {
	pause := min(time.Minute<<min(fails-1, 16), time.Hour)
	return pause*3/4 + rand.N(pause/2)
}

// asked is how long the server asks to be left alone, a day at the most.
func asked(failure error) time.Duration {
	var answered *taxiiclient.Error
	if errors.As(failure, &answered) {
		return min(answered.RetryAfter, 24*time.Hour)
	}
	return 0
}

// skip notes an object that is not taken.
func skip(state *store.FeedState, at time.Time, id, reason string) {
	state.Skipped++
	state.Skips = append(state.Skips, store.FeedSkip{At: at, ID: clip(id), Reason: clip(reason)})
	if over := len(state.Skips) - maxSkips; over > 0 {
		state.Skips = slices.Delete(state.Skips, 0, over)
	}
}

// clip cuts a text that came from outside.
func clip(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxWords {
		return text
	}
	cut := maxWords
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// note says of how many objects an audit line is.
func note(count int) string { return fmt.Sprintf("%d objects", count) }
