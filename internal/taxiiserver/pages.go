// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file answers what is asked for with GET.

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// TAXII 2.1 §4.1
func (s *server) discovery(w http.ResponseWriter, _ call) error {
	node := s.shelf.Node()
	root := node.Address + api.RootPath
	return s.give(w, http.StatusOK, taxii.Discovery{
		Title: "Tocsin node " + node.Name, Description: "Objects that this node keeps and was given, for those who are cleared for them",
		Default: root, APIRoots: []string{root},
	})
}

// TAXII 2.1 §4.2
func (s *server) root(w http.ResponseWriter, _ call) error {
	return s.give(w, http.StatusOK, taxii.APIRoot{
		Title:       "Tocsin node " + s.shelf.Node().Name,
		Description: fmt.Sprintf("A page holds %d objects if no limit is asked for, at most %d, and ends after %d bytes.", DefaultPage, shelf.MaxPage, shelf.MaxPageBytes),
		Versions:    []string{taxii.MediaType}, MaxContentLength: MaxContentLength,
	})
}

// TAXII 2.1 §4.3
func (s *server) statusOf(w http.ResponseWriter, c call) error {
	status, err := s.shelf.Status(c.Context(), c.who, c.status)
	if err != nil {
		return err
	}
	return s.give(w, http.StatusOK, status)
}

// TAXII 2.1 §5.1
func (s *server) collections(w http.ResponseWriter, c call) error {
	all, err := s.shelf.Collections(c.Context(), c.who, c.clearance)
	if err != nil {
		return err
	}
	return s.give(w, http.StatusOK, taxii.Collections{Collections: all})
}

// TAXII 2.1 §5.2
func (s *server) collectionOf(w http.ResponseWriter, c call) error {
	collection, err := s.shelf.Collection(c.Context(), c.who, c.clearance, c.collection)
	if err != nil {
		return err
	}
	return s.give(w, http.StatusOK, collection)
}

// TAXII 2.1 §5.3
func (s *server) manifest(w http.ResponseWriter, c call) error { return s.page(w, c, shelf.Manifest) }

// objects answers for a collection, and for all that is one object.
// TAXII 2.1 §5.4, §5.6
func (s *server) objects(w http.ResponseWriter, c call) error { return s.page(w, c, shelf.Envelope) }

// TAXII 2.1 §5.8
func (s *server) versions(w http.ResponseWriter, c call) error { return s.page(w, c, shelf.Versions) }

// page reads the query and asks the shelf: for the collection, or for the one
// object that the address names. TAXII 2.1 §3.4
func (s *server) page(w http.ResponseWriter, c call, form shelf.Form) error {
	query, err := url.ParseQuery(c.URL.RawQuery)
	var filter taxii.Filter
	if err == nil {
		filter, err = taxii.ParseFilter(query)
	}
	if err != nil {
		return unreadable(err)
	}
	if form == shelf.Versions {
		filter.Versions = taxii.VersionFilter{All: true}
	}
	limit := DefaultPage
	if filter.Limit > 0 {
		limit = filter.Limit
	}
	name := c.who.String()
	room, err := s.answering(c.Context(), name, shelf.MaxPageBytes)
	if err != nil {
		return err
	}
	defer room.done()
	page, err := s.read(c, name, form, filter, limit)
	if err != nil {
		return err
	}
	defer s.shelf.Done(page)
	// Between which times of their own the objects stand; without any, after
	// which time they were looked for, so that who goes on from there misses
	// nothing. The headers are never left out. TAXII 2.1 §3.2
	w.Header().Set(taxii.HeaderDateAddedFirst, taxii.FormatTime(page.First))
	w.Header().Set(taxii.HeaderDateAddedLast, taxii.FormatTime(page.Last))
	body := page.Body
	w.Header().Set("Vary", "Accept-Encoding")
	if len(body) >= worthPacking && acceptsGzip(c.Header.Values("Accept-Encoding")) {
		if packed := s.shelf.Gzip(page); packed != nil {
			body = packed
			w.Header().Set("Content-Encoding", "gzip")
		}
	}
	room.shrink(int64(len(page.Body)))
	write(w, http.StatusOK, body)
	return nil
}

// read asks the shelf, in its turn.
func (s *server) read(c call, name string, form shelf.Form, filter taxii.Filter, limit int) (*shelf.Page, error) {
	give, leave, err := s.reads.take(c.Context(), name, 1)
	if err != nil {
		return nil, err
	}
	defer leave()
	defer give(1)
	if c.object != "" {
		return s.shelf.ObjectPage(c.Context(), c.who, c.clearance, c.collection, c.object, form, filter, limit)
	}
	return s.shelf.Page(c.Context(), c.who, c.clearance, c.collection, form, filter, limit)
}

// worthPacking is the least body that is compressed: less fits into a packet.
const worthPacking = 1400

// acceptsGzip reports whether a client takes gzip. RFC 9110 §12.5.3
func acceptsGzip(headers []string) bool {
	named, any := "", ""
	for _, header := range headers {
		for item := range strings.SplitSeq(header, ",") {
			coding, weight, _ := strings.Cut(item, ";")
			weight, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			if !found {
				weight = "1"
			}
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				named = weight
			case "*":
				any = weight
			}
		}
	}
	if named == "" {
		named = any
	}
	quality, err := strconv.ParseFloat(named, 64)
	return err == nil && quality > 0
}
