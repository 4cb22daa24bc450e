// SPDX-License-Identifier: Apache-2.0

package web

// This file shows feeds, and lets people release, take over, run and remove them. They are set
// up on the command line, where their secrets are read from files.

import (
	"cmp"
	"net/http"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *site) feedRoutes(mux *http.ServeMux) {
	mux.Handle("GET /feeds", s.page(s.feedList))
	mux.Handle("GET /feeds/{name}", s.page(s.oneFeed))
	mux.Handle("POST /feeds/{name}/release", s.post("release", s.releaseFeed, s.oneFeed))
	mux.Handle("POST /feeds/{name}/take-over", s.post("take-over", s.takeOverFeed, s.oneFeed))
	mux.Handle("POST /feeds/{name}/run", s.post("run", s.runFeed, s.oneFeed))
	mux.Handle("POST /feeds/{name}/remove", s.post("remove", s.removeFeed, s.oneFeed))
}

func (s *site) feedList(v *visit) error {
	list, err := s.feeds.List(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "feeds"
	return v.show("Feeds", feedsPage(v, list))
}

func (s *site) oneFeed(v *visit) error {
	feed, err := s.feeds.Feed(v.r.Context(), v.who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	v.section = "feeds"
	return v.show(feed.Name, oneFeedPage(v, feed))
}

func (s *site) releaseFeed(v *visit) (string, error) {
	feed, err := s.feeds.Release(v.r.Context(), v.who, v.r.PathValue("name"), v.input().text("seen"))
	return "/feeds/" + feed.Name + "?done=feed-release", err
}

func (s *site) takeOverFeed(v *visit) (string, error) {
	feed, err := s.feeds.TakeOver(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/feeds/" + feed.Name + "?done=feed-taken-over", err
}

func (s *site) runFeed(v *visit) (string, error) {
	feed, err := s.feeds.RunNow(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/feeds/" + feed.Name + "?done=feed-run", err
}

func (s *site) removeFeed(v *visit) (string, error) {
	_, err := s.feeds.Remove(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/feeds?done=feed-removed", err
}

// feedState is how a feed stands, in a word or two.
func feedState(f api.Feed) string {
	switch {
	case f.Seen != "":
		return "waits for release"
	case f.Held != "":
		return "waits to be taken over"
	case f.Silent != "":
		return "waits"
	case f.Fails > 0:
		return "failing"
	case f.Running:
		return "running"
	case f.LastGood.IsZero():
		return "not run yet"
	}
	return "good"
}

// feedWords is what a feed does, in a few words.
func feedWords(f api.Feed) string {
	if f.Push {
		return "pushes " + f.Collection + ", up to " + string(f.TLP)
	}
	return "pulls into " + f.Collection
}

// heldWords is why a push sends nothing before people have decided, and what they do.
func heldWords(f api.Feed) string {
	switch {
	case f.Seen == "":
		return f.Held + ". Another administrator takes it over, and a releaser looks at it then."
	case f.Released.IsZero():
		return f.Held + ". A releaser who did not set it up, and did not take it over, looks at what stands here, and releases it."
	}
	return f.Held + ". Another releaser looks at what stands here, and releases it; it goes on from where it came to."
}

// answersFor reports whether a person answers for what was set up.
func answersFor(f api.Feed, name string) bool { return cmp.Or(f.TakenOverBy, f.AddedBy) == name }

// mayRelease reports whether a feed waits for a releaser who is not of that name.
func mayRelease(f api.Feed, name string) bool {
	return f.Seen != "" && f.AddedBy != name && f.TakenOverBy != name
}

// pace is how often, as people say it.
func pace(seconds int64) string {
	if seconds < 60 {
		return plural(int(seconds), "second", "seconds")
	}
	return span(time.Duration(seconds) * time.Second)
}
