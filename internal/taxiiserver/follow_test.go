// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file tests what scenes cannot: many at once, and much at once.

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/internal/taxiiserver"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

func (d *door) do(method, address, token string, body io.Reader) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(d.Context(), method, address, body)
	request.Header.Set("Authorization", "Bearer "+d.tokens[token])
	request.Header.Set("Content-Type", taxii.MediaType)
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, request)
	return recorder
}

func (d *door) envelope(address, token string) (taxii.Envelope, http.Header) {
	recorder := d.do(http.MethodGet, address, token, nil)
	if recorder.Code != http.StatusOK {
		d.Errorf("%s: %d %s", address, recorder.Code, recorder.Body)
		return taxii.Envelope{}, nil
	}
	envelope, err := taxii.ParseEnvelope(recorder.Body.Bytes())
	if err != nil {
		d.Error(err)
	}
	if envelope.More != (envelope.Next != "") {
		d.Errorf("%s: more is %v, next is %q", address, envelope.More, envelope.Next)
	}
	return envelope, recorder.Result().Header
}

// follow reads objects or the manifest of a collection while it grows, until a
// page that was asked for after the last writer had gone comes back empty. It
// returns how often it saw each id.
func (d *door) follow(token, what string, limit int, done *atomic.Bool) map[string]int {
	address := "/taxii2/root/collections/feed/" + what + "/" // both have the same frame
	seen := map[string]int{}
	query := url.Values{"limit": {fmt.Sprint(limit)}}
	for !d.Failed() {
		last := done.Load()
		envelope, header := d.envelope(address+"?"+query.Encode(), token)
		for _, raw := range envelope.Objects {
			object, err := stix.Parse(raw)
			if err != nil {
				d.Error(err)
			}
			seen[object.ID()]++
		}
		switch {
		case envelope.More:
			query.Set("next", envelope.Next)
		case len(envelope.Objects) > 0:
			query.Del("next")
			query.Set("added_after", header.Get(taxii.HeaderDateAddedLast))
		case last:
			return seen
		}
	}
	return seen
}

// words is the definition of the marking that object calls odd.
const words = `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--0f1f2f3f-0000-4000-8000-000000000001",` +
	`"created":"2026-03-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"Copyright"}}`

// Followers who read while many write see every object they are cleared for,
// once, by next and by added_after: also those that nobody saw until the
// definition of their marking came, long after others had gone by. A definition
// that somebody else brings lets out nothing.
func TestFollowersMissNothing(t *testing.T) {
	const writers, posts, each = 8, 10, 5
	d := newDoor(t)
	labels := []string{"green", "red", "clear", "amber", "odd"}
	var done atomic.Bool
	var writing, following sync.WaitGroup
	want := map[string]map[string]int{"green": {}, "red": {"marking-definition--0f1f2f3f-0000-4000-8000-000000000001": 1}}
	for w := range writers {
		for i := range posts * each {
			number, label := w*posts*each+i+1, labels[i%each]
			id := fmt.Sprintf("campaign--00000000-0000-4000-8000-%012d", number)
			want["red"][id] = 1
			if label == "green" || label == "clear" {
				want["green"][id] = 1
			}
		}
		writing.Go(func() {
			for p := range posts {
				var objects []string
				for i := range each {
					objects = append(objects, object(fmt.Sprintf("%d-%s", w*posts*each+p*each+i+1, labels[i])))
				}
				body := strings.NewReader(`{"objects":[` + strings.Join(objects, ",") + `]}`)
				if answer := d.do(http.MethodPost, "/taxii2/root/collections/feed/objects/", "red", body); answer.Code != http.StatusAccepted {
					t.Errorf("%d %s", answer.Code, answer.Body)
				}
			}
		})
	}
	for _, follower := range []struct {
		token, what string
		limit       int
	}{{"green", "objects", 1}, {"green", "manifest", 7}, {"red", "objects", 3}, {"red", "manifest", 5}, {"red", "objects", 1000}} {
		following.Go(func() {
			got := d.follow(follower.token, follower.what, follower.limit, &done)
			if diff := cmp.Diff(want[follower.token], got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", follower, diff)
			}
		})
	}
	writing.Wait()
	for _, origin := range []string{"amber", "red"} {
		body := strings.NewReader(`{"objects":[` + words + `]}`)
		if answer := d.do(http.MethodPost, "/taxii2/root/collections/feed/objects/", origin, body); answer.Code != http.StatusAccepted {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		if envelope, _ := d.envelope("/taxii2/root/collections/feed/objects/?limit=1&match[id]=campaign--00000000-0000-4000-8000-000000000005", "red"); (len(envelope.Objects) > 0) != (origin == "red") {
			t.Errorf("after the definition by %s, %d objects that it marks are shown", origin, len(envelope.Objects))
		}
	}
	done.Store(true)
	following.Wait()
}

// spaces is an endless envelope of white space.
type spaces struct{ begun bool }

func (s *spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	if !s.begun && len(p) > 0 {
		p[0], s.begun = '{', true
	}
	return len(p), nil
}

// A body past the limit is refused, whether or not it says its size.
func TestTooLarge(t *testing.T) {
	d := newDoor(t)
	const address = "/taxii2/root/collections/feed/objects/"
	if answer := d.do(http.MethodPost, address, "red", &spaces{}); answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body: %d %s", answer.Code, answer.Body)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
	request.Header.Set("Authorization", "Bearer "+d.tokens["red"])
	request.Header.Set("Content-Type", taxii.MediaType)
	request.ContentLength = taxiiserver.MaxContentLength + 1
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusRequestEntityTooLarge || !strings.Contains(recorder.Body.String(), `"http_status":"413"`) {
		t.Errorf("a stated size: %d %s", recorder.Code, recorder.Body)
	}
}

// Who reads objects stands in the log before it has one, and how much it was
// when the reading ends; who found nothing new does not.
func TestReadingIsLogged(t *testing.T) {
	d := newDoor(t)
	const address = "/taxii2/root/collections/feed/objects/"
	d.do(http.MethodPost, address, "red", strings.NewReader(`{"objects":[`+object("1-green")+`]}`))
	readings := func() (notes []string) {
		must(t, d.store.Glance(t.Context(), person(caller.Overseer), store.What{Act: caller.ReadLog}, func(tx *store.Tx) error {
			lines, err := tx.Lines(0, 100)
			for _, line := range lines {
				if line.Kind == store.LeafRead {
					notes = append(notes, line.Line.Who+" "+line.Line.Act+" "+line.Line.Subject+" "+line.Line.Note)
				}
			}
			return err
		}))
		return notes
	}
	_, header := d.envelope(address, "green")
	d.envelope(address+"?added_after="+url.QueryEscape(header.Get(taxii.HeaderDateAddedLast)), "green")
	d.envelope(address, "clear")
	d.envelope(address, "green")
	want := []string{"account:green-tool read objects " + d.ids["feed"] + " begins, for 10s"}
	if diff := cmp.Diff(want, readings()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever has said nothing, or something wrong, leaves nothing in the store,
// whatever it asks for.
func TestStrangersLeaveNoTrace(t *testing.T) {
	d := newDoor(t)
	before := d.store.Checkpoint()
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodPut} {
		for _, path := range []string{"", "root/", "root/collections/", "root/collections/feed/objects/", "root/collections/feed/objects/campaign--1/", "root/status/1/"} {
			for _, token := range []string{"nobody", "guess"} {
				body := &spaces{}
				if answer := d.do(method, "/taxii2/"+path, token, body); answer.Code != http.StatusUnauthorized {
					t.Errorf("%s %s: %d", method, path, answer.Code)
				}
				if body.begun {
					t.Errorf("%s %s: a stranger's body is read", method, path)
				}
			}
		}
	}
	if d.store.Checkpoint() != before {
		t.Error("strangers wrote to the log")
	}
}
