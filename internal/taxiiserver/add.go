// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file takes in the objects of a POST.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

const (
	// maxListed bounds what a status says of objects of each sort, one by one, in
	// bytes: some tens of thousands of them. It counts all.
	maxListed = 4 << 20
	// maxWords bounds what a status repeats of an object, in bytes.
	maxWords = 500
)

// A body may be slow, but it must come: each piece of it within stallsFor, all
// of it within bodyWithin.
const (
	stallsFor  = 30 * time.Second
	bodyWithin = 15 * time.Minute
)

// add keeps the objects of an envelope of any size, as they come, and answers
// when all are on the disk: its status is always complete. An object that is
// not right fails alone. Where the envelope breaks off, or is none, the answer
// is an error that says how many were kept; it may be sent again whole.
// TAXII 2.1 §5.5
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
	sum := summary{Status: taxii.Status{Status: taxii.StatusComplete, RequestTimestamp: taxii.FormatTime(at)}, clearance: c.clearance}
	if !collection.CanRead {
		sum.clearance = ""
	}
	body := &patient{Reader: http.MaxBytesReader(w, c.Body, MaxContentLength), control: http.NewResponseController(w), until: at.Add(bodyWithin)}
	// Whoever has gone has sent what came before: it is kept all the same.
	conclude := func(last []intake.Kept) (taxii.Status, error) {
		if len(last) == 0 && sum.TotalCount == 1 && sum.nameless && !bytes.Contains(body.begins, []byte(`"objects"`)) {
			return taxii.Status{}, fmt.Errorf("%w: there is no list of objects in it", stix.ErrBundle)
		}
		return sum.told(last), nil
	}
	status, err := s.intake.AcceptRequest(context.WithoutCancel(c.Context()), c.who, collection.ID, body, sum.count, conclude)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.tooLarge(w, c, sum.SuccessCount)
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		s.refuse(w, c, http.StatusBadRequest, fmt.Sprintf("the body broke off; %d objects of it were kept: send it again whole", sum.SuccessCount))
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.refuse(w, c, http.StatusRequestTimeout, fmt.Sprintf("the body stopped coming; %d objects of it were kept: send it again whole", sum.SuccessCount))
		return nil
	case errors.Is(err, stix.ErrBundle):
		s.refuse(w, c, http.StatusUnprocessableEntity, fmt.Sprintf("the envelope cannot be read to its end (%s); %d objects before that were kept. "+
			"Mend it and send it again whole: what is here already is kept once", clip(err.Error()), sum.SuccessCount))
		return nil
	case err != nil:
		return err
	}
	return s.give(w, http.StatusAccepted, status)
}

func (s *server) tooLarge(w http.ResponseWriter, c call, kept int) {
	s.refuse(w, c, http.StatusRequestEntityTooLarge,
		fmt.Sprintf("send at most %d bytes at once; %d objects of this request were kept", MaxContentLength, kept))
}

// summary is a status while it is made.
type summary struct {
	taxii.Status
	listed struct{ successes, failures int } // bytes
	// nameless says that an object failed which has no id.
	nameless  bool
	clearance handling.TLP // whose objects the one that asks may read there
}

// count adds what became of one object. TAXII 2.1 §4.3.1
func (s *summary) count(kept intake.Kept) {
	s.TotalCount++
	detail := taxii.StatusDetail{ID: clip(kept.ID), Version: clip(kept.Version)}
	// When another's object came is for those who may see it.
	if kept.Before != "" && !handling.Sees(s.clearance, kept.Before) {
		detail.Version = s.RequestTimestamp
	}
	if kept.Problem == nil {
		s.SuccessCount++
		s.Successes = list(s.Successes, detail, &s.listed.successes)
		return
	}
	s.FailureCount++
	s.nameless = s.nameless || kept.ID == ""
	if detail.Version == "" {
		detail.Version = s.RequestTimestamp // the field is required to be a time
	}
	detail.Message = clip(kept.Problem.Error())
	s.Failures = list(s.Failures, detail, &s.listed.failures)
}

// told is the status as it is answered, with the last objects. A list of
// successes that has not room for all is left out: clients refuse one that is
// not as long as its count.
func (s summary) told(last []intake.Kept) taxii.Status {
	for _, kept := range last {
		s.count(kept)
	}
	if len(s.Successes) < s.SuccessCount {
		s.Successes = nil
	}
	return s.Status
}

// list adds to a list while there is room in it.
func list(details []taxii.StatusDetail, detail taxii.StatusDetail, size *int) []taxii.StatusDetail {
	if *size += len(detail.ID) + len(detail.Version) + len(detail.Message); *size > maxListed {
		return details
	}
	return append(details, detail)
}

// patient is a body that may be slow, and remembers how it begins.
type patient struct {
	io.Reader
	control *http.ResponseController
	until   time.Time
	begins  []byte
}

// Read implements io.Reader.
func (p *patient) Read(buffer []byte) (int, error) {
	deadline := time.Now().Add(stallsFor)
	if deadline.After(p.until) {
		deadline = p.until
	}
	_ = p.control.SetReadDeadline(deadline) // what cannot wait need not
	n, err := p.Reader.Read(buffer)
	if room := maxWords - len(p.begins); room > 0 {
		p.begins = append(p.begins, buffer[:min(n, room)]...)
	}
	return n, err
}

// clip cuts a text that came from outside. It is a copy: an object's id is part
// of the block it was decoded from, which a status would keep in memory.
func clip(text string) string {
	if len(text) <= maxWords {
		return strings.Clone(text)
	}
	cut := maxWords
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.TrimSpace(text[:cut]) + "…"
}
