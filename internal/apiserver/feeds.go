// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers what people do with feeds.

import "github.com/tocsin-exchange/tocsin/api"

func (s *server) listFeeds(c call) ([]api.Feed, error) { return s.feeds.List(c.ctx(), c.who) }

func (s *server) feed(c call) (api.Feed, error) { return s.feeds.Feed(c.ctx(), c.who, c.id()) }

func (s *server) addFeed(c call, in api.NewFeed) (api.Feed, error) {
	return s.feeds.Add(c.ctx(), c.who, in)
}

func (s *server) releaseFeed(c call, in api.FeedRelease) (api.Feed, error) {
	return s.feeds.Release(c.ctx(), c.who, c.id(), in.Seen)
}

func (s *server) takeOverFeed(c call, _ nothing) (api.Feed, error) {
	return s.feeds.TakeOver(c.ctx(), c.who, c.id())
}

func (s *server) runFeed(c call, _ nothing) (api.Feed, error) {
	return s.feeds.RunNow(c.ctx(), c.who, c.id())
}

func (s *server) removeFeed(c call, _ nothing) (api.Feed, error) {
	return s.feeds.Remove(c.ctx(), c.who, c.id())
}
