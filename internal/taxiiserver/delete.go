// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file answers DELETE.

import (
	"net/http"
	"net/url"

	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// remove takes an object, or some of its versions, out of a collection that the
// caller may both read and add to. Where it may do neither, nothing is there.
// TAXII 2.1 §5.7
func (s *server) remove(w http.ResponseWriter, c call) error {
	collection, err := s.shelf.Collection(c.Context(), c.who, c.clearance, c.collection)
	switch {
	case err != nil:
		return err
	case !collection.CanRead && !collection.CanWrite:
		return problem.New(problem.Missing, "", "there is no such collection")
	case !collection.CanRead || !collection.CanWrite:
		return problem.New(problem.Denied, "", "you may not delete from this collection")
	}
	query, err := url.ParseQuery(c.URL.RawQuery)
	var filter taxii.Filter
	if err == nil {
		filter, err = taxii.ParseDeletion(query)
	}
	if err != nil {
		return unreadable(err)
	}
	if _, err := s.intake.Delete(c.Context(), c.who, c.clearance, collection.ID, c.object, filter); err != nil {
		return err
	}
	// The standard asks for no body; an empty object is what clients read that
	// look for one.
	return s.give(w, http.StatusOK, struct{}{})
}

// unreadable is the problem of a query.
func unreadable(err error) error {
	return problem.New(problem.Invalid, "", "the query cannot be read").With(err.Error()).Because(err)
}
