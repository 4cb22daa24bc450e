// SPDX-License-Identifier: Apache-2.0

package web

// This file shows what was cleared for the public, to anyone, as pages, as an
// Atom feed and as CAP alerts.

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) publicRoutes(mux *http.ServeMux) {
	mux.Handle("GET /public", s.open(s.public))
	mux.Handle("GET /public/feed.atom", s.open(s.feed))
	mux.Handle("GET /public/{id}", s.open(s.publicOne))
}

// forAnyone lets what is public be kept for a minute.
func (v *visit) forAnyone() { v.w.Header().Set("Cache-Control", "public, max-age=60") }

func (s *site) public(v *visit) error {
	statements, err := s.shelf.Public(v.r.Context())
	if err != nil {
		return err
	}
	v.forAnyone()
	return v.show("Public statements", publicPage(v, statements))
}

// publicOne shows one statement, or with the ending .cap its alert.
func (s *site) publicOne(v *visit) error {
	id, alert := strings.CutSuffix(v.r.PathValue("id"), ".cap")
	statements, err := s.shelf.Public(v.r.Context())
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if statement.ID != id {
			continue
		}
		if alert {
			return s.alert(v, id)
		}
		v.forAnyone()
		return v.show(statement.Headline, publicOnePage(v, statement))
	}
	return problem.New(problem.Missing, "see the list of all statements at /public", "there is no such statement")
}

func (s *site) alert(v *visit, id string) error {
	raw, err := s.shelf.CAP(v.r.Context(), caller.Anyone(), id)
	if err != nil {
		return err
	}
	v.forAnyone()
	v.w.Header().Set("Content-Type", "application/cap+xml")
	_, err = v.w.Write(raw)
	return ignoreGone(v, err)
}

// ignoreGone notes that a reader went away: nobody is left to be told.
func ignoreGone(v *visit, err error) error {
	if err != nil {
		v.site.log.Debug("the reader went away", "err", err)
	}
	return nil
}

// An atomFeed is RFC 4287 §4.1.1.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  atomPerson  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

// An atomEntry is RFC 4287 §4.1.2.
type atomEntry struct {
	Language  string         `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
	ID        string         `xml:"id"`
	Title     string         `xml:"title"`
	Updated   string         `xml:"updated"`
	Published string         `xml:"published"`
	Category  []atomCategory `xml:"category"`
	Links     []atomLink     `xml:"link"`
	Content   atomText       `xml:"content"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (s *site) feed(v *visit) error {
	statements, err := s.shelf.Public(v.r.Context())
	if err != nil {
		return err
	}
	body, err := xml.MarshalIndent(feedOf(v.node, statements), "", "  ")
	if err != nil {
		return err
	}
	v.forAnyone()
	v.w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, err = v.w.Write(append([]byte(xml.Header), body...))
	return ignoreGone(v, err)
}

// feedOf writes the feed. A cleared statement is never edited, so an entry's
// time is that of its clearance, and its id never changes. RFC 4287 §4.2.6
func feedOf(node api.Node, statements []warning.Statement) atomFeed {
	base := strings.TrimSuffix(node.Address, "/")
	feed := atomFeed{
		// RFC 4151: the name of the node's host, and a year in which it had it.
		ID: tagURI(node, "2026", "public:"+node.Card.ID()), Title: "Public statements of " + node.Name,
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339), Author: atomPerson{node.Name},
		Links: []atomLink{
			{"self", "application/atom+xml", base + "/public/feed.atom"},
			{"alternate", "text/html", base + "/public"},
		},
	}
	newest := time.Time{}
	for _, statement := range statements {
		cleared := statement.ClearedAt.UTC().Format(time.RFC3339)
		if statement.ClearedAt.After(newest) {
			newest, feed.Updated = statement.ClearedAt, cleared
		}
		entry := atomEntry{
			Language: statement.Language, ID: tagURI(node, string(warning.DateOf(statement.ClearedAt)), statement.ID),
			Title: statement.Headline, Updated: cleared, Published: cleared, Category: []atomCategory{{statement.Event}},
			Links: []atomLink{
				{"alternate", "text/html", base + "/public/" + statement.ID},
				{"alternate", "application/cap+xml", base + "/public/" + statement.ID + ".cap"},
			},
			Content: atomText{"text", statement.Text},
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return feed
}

// tagURI names something for good. RFC 4151 §2.1
func tagURI(node api.Node, date, specific string) string {
	host := node.Name
	if address, err := url.Parse(node.Address); err == nil && address.Hostname() != "" {
		host = address.Hostname()
	}
	return "tag:" + host + "," + date + ":" + specific
}
