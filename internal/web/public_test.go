// SPDX-License-Identifier: Apache-2.0

package web_test

// This file tests what a stranger sees: what was cleared, and nothing else.

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/capalert"
)

// feed is what RFC 4287 asks of a feed, read by its names.
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      []string `xml:"http://www.w3.org/2005/Atom id"`
	Title   []string `xml:"http://www.w3.org/2005/Atom title"`
	Updated []string `xml:"http://www.w3.org/2005/Atom updated"`
	Author  []struct {
		Name string `xml:"http://www.w3.org/2005/Atom name"`
	} `xml:"http://www.w3.org/2005/Atom author"`
	Links   []link  `xml:"http://www.w3.org/2005/Atom link"`
	Entries []entry `xml:"http://www.w3.org/2005/Atom entry"`
}

type entry struct {
	ID      []string `xml:"http://www.w3.org/2005/Atom id"`
	Title   []string `xml:"http://www.w3.org/2005/Atom title"`
	Updated []string `xml:"http://www.w3.org/2005/Atom updated"`
	Links   []link   `xml:"http://www.w3.org/2005/Atom link"`
	Content string   `xml:"http://www.w3.org/2005/Atom content"`
}

type link struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

func (n *node) feed() feed {
	n.Helper()
	p := n.browse().get("/public/feed.atom")
	if got := p.header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		n.Errorf("the feed is %s", got)
	}
	var f feed
	must(n.T, xml.Unmarshal(p.body, &f))
	return f
}

// valid fails on what RFC 4287 §4.1.1 and §4.1.2 do not allow.
func (f feed) valid(t *testing.T, self string) {
	t.Helper()
	if len(f.ID) != 1 || len(f.Title) != 1 || len(f.Updated) != 1 || len(f.Author) != 1 || f.Author[0].Name == "" {
		t.Errorf("id, title, updated or author: %+v", f)
	}
	if len(f.Links) == 0 || f.Links[0].Rel != "self" || f.Links[0].Href != self {
		t.Errorf("links: %+v", f.Links)
	}
	seen := map[string]bool{f.ID[0]: true}
	newest := time.Unix(0, 0)
	for _, e := range f.Entries {
		if len(e.ID) != 1 || len(e.Title) != 1 || len(e.Updated) != 1 || seen[e.ID[0]] || !strings.HasPrefix(e.ID[0], "tag:127.0.0.1,") {
			t.Errorf("entry: %+v", e)
		}
		seen[e.ID[0]] = true
		updated, err := time.Parse(time.RFC3339, e.Updated[0])
		must(t, err)
		if updated.After(newest) {
			newest = updated
		}
	}
	updated, err := time.Parse(time.RFC3339, f.Updated[0])
	must(t, err)
	if !updated.Equal(newest) {
		t.Errorf("the feed was updated %s, its newest entry %s", updated, newest)
	}
}

func TestTheFeed(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.staff()
	self := n.server.URL + "/public/feed.atom"
	empty := n.feed()
	empty.valid(t, self)
	if len(empty.Entries) != 0 {
		t.Errorf("%d entries before anything was said", len(empty.Entries))
	}
	write := func(headline string) {
		n.people["ines"].submit("/statements", "/statements", url.Values{
			"event": {"Plot & counterplot"}, "headline": {headline}, "text": {"Text <b>with</b> marks & “quotes”."},
		}).want(".notice", "kept")
	}
	write("First <headline>")
	if got := n.feed(); len(got.Entries) != 0 {
		t.Errorf("what was not cleared is public: %+v", got.Entries)
	}
	clearFirst := func() {
		n.people["ruth"].submit("/statements", clearAddress(n.people["ruth"].get("/statements")), nil).want(".notice", "public")
	}
	clearFirst()
	first := n.feed()
	first.valid(t, self)
	if len(first.Entries) != 1 || first.Entries[0].Title[0] != "First <headline>" || first.Entries[0].Content != "Text <b>with</b> marks & “quotes”." {
		t.Fatalf("entries: %+v", first.Entries)
	}
	write("Second")
	clearFirst()
	second := n.feed()
	second.valid(t, self)
	if len(second.Entries) != 2 || second.ID[0] != first.ID[0] || second.Entries[1].ID[0] != first.Entries[0].ID[0] || second.Entries[1].Updated[0] != first.Entries[0].Updated[0] {
		t.Errorf("ids or times changed: %+v, then %+v", first, second)
	}
}

func TestAStrangerSeesWhatWasClearedAndNothingElse(t *testing.T) {
	s := play(t)
	stranger := s.alpha.browse()
	list := stranger.get("/public").want("h2", "A warning was passed in time")
	one := stranger.get(list.link("/public/statement--")).want("h1", "A warning was passed in time").want("dd", "Saint Petersburg")
	if attr(one.one("a[rel]"), "href") != "https://alpha.example.org/news" {
		t.Error("the link is not there")
	}
	for _, p := range []*page{list, one} {
		for _, secret := range []string{"ines", "ruth", "warning--", "Our services stopped"} {
			if strings.Contains(string(p.body), secret) {
				t.Errorf("%s says %s", p.path, secret)
			}
		}
	}
	alert := stranger.get(one.path + ".cap")
	parsed, err := capalert.Parse(alert.body)
	must(t, err)
	must(t, parsed.Validate())
	if got := alert.header.Get("Content-Type"); got != "application/cap+xml" {
		t.Errorf("the alert is %s", got)
	}
	// A signed-in person gets the same page: it says nothing of who looks.
	if got := s.alpha.people["ruth"].get("/public"); string(got.body) != string(list.body) {
		t.Error("the public page differs by who looks")
	}
}
