// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file holds the other server of the tests: one collection in memory, that
// fails on request.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// remote is another server's collection. It gives pages of two.
type remote struct {
	mu       sync.Mutex
	objects  [][]byte
	dates    []time.Time
	asked    []string // every request, with the second at which it came
	began    time.Time
	password string

	// fail answers the next requests with these statuses; "lost" does what was
	// asked and loses the answer, "down" does nothing.
	fail []string
	// before is called before each request is answered.
	before func(*http.Request)
	refuse string // an id that a POST is refused for
	// instead is the page that every GET of objects is answered with.
	instead []byte
}

const pageOfTwo = 2

func newRemote(ids ...string) *remote {
	r := &remote{began: time.Now()}
	for _, id := range ids {
		r.add(indicator(id, "TLP:GREEN"))
	}
	return r
}

func (r *remote) add(raw []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(raw)
}

// failing says how the next requests are answered.
func (r *remote) failing(faults ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = faults
}

func (r *remote) keep(raw []byte) {
	at := time.Now().UTC().Truncate(time.Microsecond)
	if n := len(r.dates); n > 0 && !at.After(r.dates[n-1]) {
		at = r.dates[n-1].Add(time.Microsecond)
	}
	r.objects, r.dates = append(r.objects, raw), append(r.dates, at)
}

// RoundTrip implements http.RoundTripper.
func (r *remote) RoundTrip(q *http.Request) (*http.Response, error) {
	if r.before != nil {
		r.before(q)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, fmt.Sprintf("%s %s %s", time.Since(r.began).Round(time.Second), q.Method, strings.TrimPrefix(q.URL.Path, "/root/collections/c/")))
	fault := ""
	if len(r.fail) > 0 {
		fault, r.fail = r.fail[0], r.fail[1:]
	}
	if fault == "down" {
		return nil, errors.New("remote: down")
	}
	if status, err := strconv.Atoi(fault); err == nil {
		answered := reply(q, status, []byte(`{"title":"not now"}`))
		answered.Header.Set("Retry-After", "7200")
		return answered, nil
	}
	if _, password, _ := q.BasicAuth(); r.password != password {
		return reply(q, http.StatusUnauthorized, []byte(`{"title":"who are you"}`)), nil
	}
	answered, err := r.answer(q)
	if fault == "lost" {
		return nil, errors.New("remote: the answer was lost")
	}
	return answered, err
}

func (r *remote) answer(q *http.Request) (*http.Response, error) {
	if q.URL.Path == "/taxii2/" {
		return reply(q, http.StatusOK, []byte(`{"title":"t","default":"/root/","api_roots":["/root/","/other/"]}`)), nil
	}
	if q.URL.Path == "/root/" {
		return reply(q, http.StatusOK, []byte(`{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":100000}`)), nil
	}
	if q.Method == http.MethodPost {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return nil, err
		}
		return r.take(q, body)
	}
	if r.instead != nil {
		answered := reply(q, http.StatusOK, r.instead)
		answered.Header.Set(taxii.HeaderDateAddedFirst, taxii.FormatTime(r.began))
		answered.Header.Set(taxii.HeaderDateAddedLast, taxii.FormatTime(r.began))
		return answered, nil
	}
	filter, err := taxii.ParseFilter(q.URL.Query())
	if err != nil {
		return nil, err
	}
	after := filter.AddedAfter
	if filter.Next != "" {
		micros, err := strconv.ParseInt(filter.Next, 10, 64)
		if err != nil {
			return nil, err
		}
		after = time.UnixMicro(micros)
	}
	var page [][]byte
	var first, last time.Time
	more, next := false, ""
	for i, at := range r.dates {
		if !at.After(after) {
			continue
		}
		if len(page) == pageOfTwo {
			more, next = true, strconv.FormatInt(last.UnixMicro(), 10)
			break
		}
		if len(page) == 0 {
			first = at
		}
		page, last = append(page, r.objects[i]), at
	}
	body, err := taxii.AppendEnvelope(nil, more, next, page)
	if err != nil {
		return nil, err
	}
	answered := reply(q, http.StatusOK, body)
	if len(page) > 0 {
		answered.Header.Set(taxii.HeaderDateAddedFirst, taxii.FormatTime(first))
		answered.Header.Set(taxii.HeaderDateAddedLast, taxii.FormatTime(last))
	}
	return answered, nil
}

// take takes what is posted, each id once.
func (r *remote) take(q *http.Request, body []byte) (*http.Response, error) {
	envelope, err := taxii.ParseEnvelope(body)
	if err != nil {
		return nil, err
	}
	if r.refuse != "" && strings.Contains(string(body), r.refuse) {
		return reply(q, http.StatusUnprocessableEntity, []byte(`{"title":"not that"}`)), nil
	}
	for _, raw := range envelope.Objects {
		if !strings.Contains(strings.Join(r.ids(), " "), idOf(raw)) {
			r.keep(raw)
		}
	}
	n := len(envelope.Objects)
	status, err := json.Marshal(taxii.Status{ID: "s", Status: taxii.StatusComplete, TotalCount: n, SuccessCount: n})
	return reply(q, http.StatusAccepted, status), err
}

func (r *remote) ids() (ids []string) {
	for _, raw := range r.objects {
		ids = append(ids, idOf(raw))
	}
	return ids
}

func idOf(raw []byte) string {
	object, err := stix.Parse(raw)
	if err != nil {
		return "?"
	}
	_, unique, _ := stix.SplitID(object.ID())
	return unique.String()[:1]
}

func reply(q *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {taxii.MediaType}}, Body: io.NopCloser(strings.NewReader(string(body))),
		ContentLength: int64(len(body)), Request: q,
	}
}

// indicator is a valid object whose id is made of one digit, marked with a
// label, or not at all.
func indicator(digit, label string) []byte {
	marked := ""
	if id, known := stix.TLPMarking(label); known {
		marked = fmt.Sprintf(`,"object_marking_refs":[%q]`, id)
	}
	return fmt.Appendf(nil, `{"type":"indicator","spec_version":"2.1","id":"indicator--%s0000000-0000-4000-8000-000000000000","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[ipv4-addr:value = '192.0.2.1']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"%s}`, digit, marked)
}

// identity is one of a class.
func identity(digit, class string) []byte {
	green, _ := stix.TLPMarking("TLP:GREEN")
	return fmt.Appendf(nil, `{"type":"identity","spec_version":"2.1","id":"identity--%s0000000-0000-4000-8000-000000000000","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"n","identity_class":%q,"object_marking_refs":[%q]}`, digit, class, green)
}
