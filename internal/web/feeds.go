// SPDX-License-Identifier: Apache-2.0

package web

// This file shows feeds, and lets people release, run and remove them. They are set
// up on the command line, where their secrets are read from files.

import (
	"net/http"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *site) feedRoutes(mux *http.ServeMux) {
	mux.Handle("GET /feeds", s.page(s.feedList))
	mux.Handle("GET /feeds/{name}", s.page(s.oneFeed))
	mux.Handle("POST /feeds/{name}/release", s.post("release", s.releaseFeed, s.oneFeed))
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
	case f.Push && f.Released.IsZero():
		return "waits for release"
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

// pace is how often, as people say it.
func pace(seconds int64) string {
	if seconds < 60 {
		return plural(int(seconds), "second", "seconds")
	}
	return span(time.Duration(seconds) * time.Second)
}
