// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file takes in the objects of a POST.

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

const (
	// maxListed is how many objects a status names of each sort; it counts all.
	maxListed = 1000
	// maxWords bounds what a status repeats of an object, in bytes.
	maxWords = 500
)

// add keeps the objects of an envelope of any size, as they come, and answers
// when all are on the disk: its status is always complete. An object that is
// not right fails alone. Where the envelope breaks off, the answer is an error
// that says how many were kept; it may be sent again whole. TAXII 2.1 §5.5
func (s *server) add(w http.ResponseWriter, c call) error {
	at := time.Now()
	collection, err := s.shelf.Collection(c.Context(), c.who, c.clearance, c.collection)
	if err != nil {
		return err
	}
	if !collection.CanWrite {
		return problem.New(problem.Denied, "", "you may not add to this collection")
	}
	if !taxii.AcceptableContent(c.Header.Get("Content-Type")) || c.Header.Get("Content-Encoding") != "" {
		s.refuse(w, c, http.StatusUnsupportedMediaType, "send an envelope as "+taxii.MediaType+", not compressed")
		return nil
	}
	if c.ContentLength > MaxContentLength {
		s.tooLarge(w, c, 0)
		return nil
	}
	status := taxii.Status{Status: taxii.StatusComplete, RequestTimestamp: taxii.FormatTime(at)}
	body := http.MaxBytesReader(w, c.Body, MaxContentLength)
	err = s.intake.Accept(c.Context(), c.who, collection.ID, stix.ReadBundle(body), func(k intake.Kept) { count(&status, k) })
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.tooLarge(w, c, status.SuccessCount)
		return nil
	case errors.Is(err, stix.ErrBundle):
		return problem.New(problem.Invalid, "mend it and send it again whole: what is here already is kept once",
			"the envelope cannot be read to its end; %d objects before that were kept", status.SuccessCount).With(err.Error()).Because(err)
	case err != nil:
		return err
	}
	if status, err = s.intake.KeepStatus(c.Context(), c.who, status); err != nil {
		return err
	}
	return s.give(w, http.StatusAccepted, status)
}

func (s *server) tooLarge(w http.ResponseWriter, c call, kept int) {
	s.refuse(w, c, http.StatusRequestEntityTooLarge,
		fmt.Sprintf("send at most %d bytes at once; %d objects of this request were kept", MaxContentLength, kept))
}

// count adds what became of one object. TAXII 2.1 §4.3.1
func count(status *taxii.Status, kept intake.Kept) {
	status.TotalCount++
	detail := taxii.StatusDetail{ID: clip(kept.ID), Version: clip(kept.Version)}
	if kept.Problem == nil {
		status.SuccessCount++
		if len(status.Successes) < maxListed {
			status.Successes = append(status.Successes, detail)
		}
		return
	}
	status.FailureCount++
	if detail.Version == "" {
		detail.Version = status.RequestTimestamp // the field is required to be a time
	}
	detail.Message = clip(kept.Problem.Error())
	if len(status.Failures) < maxListed {
		status.Failures = append(status.Failures, detail)
	}
}

// clip cuts a text that came from outside.
func clip(text string) string {
	if len(text) <= maxWords {
		return text
	}
	cut := maxWords
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.TrimSpace(text[:cut]) + "…"
}
