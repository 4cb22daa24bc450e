// SPDX-License-Identifier: Apache-2.0

package taxii

// This file tests media types, resources, envelopes and filters.

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestAcceptable(t *testing.T) {
	tests := []struct {
		accept string
		want   bool
	}{
		{"", true},
		{"application/taxii+json;version=2.1", true},
		{"application/taxii+json; version=2.1", true},
		{"application/taxii+json ; version = 2.1", true},
		{`Application/TAXII+json;Version="2.1"`, true},
		{"application/taxii+json", true},
		{"application/taxii+json;version=2.1;q=0.5, text/html", true},
		{"*/*", true},
		{"application/*", true},
		{"application/json, text/plain, */*", true},
		{"text/html;q=0.9, application/taxii+json;version=2.0, application/taxii+json;version=2.1", true},
		{"application/taxii+json;version=2.0", false},
		{"application/taxii+json;version=3.0", false},
		{"application/taxii+json;version=2.1;q=0", false},
		{"application/taxii+json;version=2.1;q=0, */*", false},
		{"*/*;q=0", false},
		{"application/vnd.oasis.taxii+json; version=2.0", false},
		{"application/json", false},
		{"text/html", false},
		{`text/html;x="application/taxii+json,*/*"`, false},
	}
	for _, test := range tests {
		if got := Acceptable(test.accept); got != test.want {
			t.Errorf("Acceptable(%q) = %v", test.accept, got)
		}
	}
}

func TestAcceptableContent(t *testing.T) {
	tests := []struct {
		contentType string
		want        bool
	}{
		{"application/taxii+json;version=2.1", true},
		{"application/taxii+json; version=2.1; charset=utf-8", true},
		{"application/taxii+json", true},
		{"application/stix+json;version=2.1", true},
		{"application/taxii+json;version=2.0", false},
		{"application/json", false},
		{"*/*", false},
		{"", false},
	}
	for _, test := range tests {
		if got := AcceptableContent(test.contentType); got != test.want {
			t.Errorf("AcceptableContent(%q) = %v", test.contentType, got)
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.FixedZone("", 3600))
	if got := FormatTime(at); got != "2026-03-01T08:30:00.123456Z" {
		t.Errorf("FormatTime = %s", got)
	}
	for _, text := range []string{"2026-03-01T08:30:00Z", "2026-03-01T08:30:00.0Z", "2026-03-01T08:30:00.000000Z"} {
		got, err := ParseTime(text)
		if err != nil || FormatTime(got) != "2026-03-01T08:30:00.000000Z" {
			t.Errorf("ParseTime(%s) = %v, %v", text, got, err)
		}
	}
}

// What the standard requires is there even when it is zero; what is optional is
// gone when it is.
func TestResourcesAsJSON(t *testing.T) {
	tests := []struct {
		resource any
		want     string
	}{
		{Discovery{Title: "t"}, `{"title":"t"}`},
		{Discovery{Title: "t", Default: "https://example.org/r/", APIRoots: []string{"https://example.org/r/"}}, `{"title":"t","default":"https://example.org/r/","api_roots":["https://example.org/r/"]}`},
		{APIRoot{Title: "t", Versions: []string{MediaType}, MaxContentLength: 1}, `{"title":"t","versions":["application/taxii+json;version=2.1"],"max_content_length":1}`},
		{Collections{}, `{}`},
		{Collection{ID: "i", Title: "t", CanRead: true}, `{"id":"i","title":"t","can_read":true,"can_write":false}`},
		{Manifest{}, `{}`},
		{Manifest{More: true, Next: "n", Objects: []ManifestRecord{{ID: "i", DateAdded: "d", Version: "v"}}}, `{"more":true,"next":"n","objects":[{"id":"i","date_added":"d","version":"v"}]}`},
		{Versions{Versions: []string{"v"}}, `{"versions":["v"]}`},
		{Status{ID: "i", Status: StatusComplete, TotalCount: 1, FailureCount: 1, Failures: []StatusDetail{{ID: "i", Version: "v", Message: "m"}}},
			`{"id":"i","status":"complete","total_count":1,"success_count":0,"failure_count":1,"failures":[{"id":"i","version":"v","message":"m"}],"pending_count":0}`},
		{Error{Title: "t", HTTPStatus: "404"}, `{"title":"t","http_status":"404"}`},
	}
	for _, test := range tests {
		raw, err := json.Marshal(test.resource)
		if err != nil || string(raw) != test.want {
			t.Errorf("%T: got %s (%v)\nwant %s", test.resource, raw, err, test.want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	objects := [][]byte{[]byte(`{"a": 1.50}`), []byte("{\"b\":\n\"\\u0041\"}")}
	raw, err := AppendEnvelope(nil, true, `n"1`, objects)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"objects":[{"a": 1.50},` + string(objects[1]) + `],"more":true,"next":"n\"1"}`; string(raw) != want {
		t.Errorf("got %s\nwant %s", raw, want)
	}
	envelope, err := ParseEnvelope(raw)
	if err != nil || !envelope.More || envelope.Next != `n"1` || len(envelope.Objects) != 2 || string(envelope.Objects[1]) != string(objects[1]) {
		t.Errorf("read back as %+v, %v", envelope, err)
	}
	if empty, err := AppendEnvelope(nil, false, "", nil); err != nil || string(empty) != "{}" {
		t.Errorf("an empty envelope is %s, %v", empty, err)
	}
	for _, text := range []string{``, `[]`, `{"objects":{}}`, `{"objects":[1]}`, `{"more":"yes"}`, `{"objects":[{"a":1,"a":2}]}`, `{"next":"a","next":"b"}`} {
		if _, err := ParseEnvelope([]byte(text)); !errors.Is(err, ErrEnvelope) {
			t.Errorf("ParseEnvelope(%s): %v", text, err)
		}
	}
}

func TestParseFilter(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		query string
		want  Filter
	}{
		{"", Filter{}},
		{"added_after=2026-03-01T08:00:00.000000Z", Filter{AddedAfter: at}},
		{"added_after=2026-03-01T08:00:00Z", Filter{AddedAfter: at}},
		{"limit=10&next=abc", Filter{Limit: 10, Next: "abc"}},
		{"limit=10&next=0", Filter{Limit: 10}},
		{"limit=10&next=", Filter{Limit: 10}},
		{"limit=99999999999999999999", Filter{Limit: 1<<31 - 1}},
		{"match[type]=incident,malware&match[id]=tool--1", Filter{Types: []string{"incident", "malware"}, IDs: []string{"tool--1"}}},
		{"match%5Bspec_version%5D=2.0,2.1", Filter{SpecVersions: []string{"2.0", "2.1"}}},
		{"match[version]=all", Filter{Versions: VersionFilter{All: true}}},
		{"match[version]=first,2026-03-01T08:00:00.000Z,last", Filter{Versions: VersionFilter{First: true, Last: true, At: []time.Time{at}}}},
		{"match[colour]=red&other=1&other=2", Filter{}},
	}
	for _, test := range tests {
		query, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseFilter(query)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.query, diff)
		}
		again, err := ParseFilter(got.Query())
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%s: written as %s and read back as %+v (%v)", test.query, got.Query().Encode(), again, err)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	tests := []string{
		"added_after=",
		"added_after=yesterday",
		"added_after=2026-02-30T08:00:00Z",
		"added_after=2026-03-01T08:00:00Z&added_after=2026-03-01T09:00:00Z",
		"limit=0", "limit=-1", "limit=", "limit=ten", "limit=1.5", "limit=%2B1", "limit=1&limit=1",
		"next=a&next=b", "next=" + strings.Repeat("x", maxNextLength+1),
		"match[id]=", "match[id]=a,,b", "match[id]=a,%20b", "match[id]=a&match[id]=b", "match[id]=a%00",
		"match[id]=" + strings.Repeat("x", maxValueLength+1),
		"match[type]=" + strings.Repeat("a,", MaxMatchValues) + "a",
		"match[version]=all,last", "match[version]=last,last", "match[version]=newest",
		"match[version]=2026-03-01T08:00:00Z,2026-03-01T08:00:00.000Z",
		"match[spec_version]=2.0&match[spec_version]=2.1",
		"match[colour]=red&match[colour]=blue",
	}
	for _, test := range tests {
		query, err := url.ParseQuery(test)
		if err != nil {
			t.Fatal(err)
		}
		if filter, err := ParseFilter(query); !errors.Is(err, ErrFilter) {
			t.Errorf("%.60s: got %+v, %v", test, filter, err)
		}
	}
}

func TestParseDeletion(t *testing.T) {
	tests := []struct {
		query string
		want  Filter
		good  bool
	}{
		{"", Filter{Versions: VersionFilter{All: true}}, true},
		{"match[version]=last", Filter{Versions: VersionFilter{Last: true}}, true},
		{"match[version]=first&match[spec_version]=2.1", Filter{Versions: VersionFilter{First: true}, SpecVersions: []string{"2.1"}}, true},
		{"match[spec_version]=2.0,2.1", Filter{Versions: VersionFilter{All: true}, SpecVersions: []string{"2.0", "2.1"}}, true},
		{"match[version]=2026-03-01T00:00:00Z", Filter{Versions: VersionFilter{At: []time.Time{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}}, true},
		{"match[version]=", Filter{}, false},
		{"match[version]=first&match[version]=last", Filter{}, false},
		{"match[versions]=first", Filter{}, false},
		{"match[type]=campaign", Filter{}, false},
		{"match[id]=campaign--1", Filter{}, false},
		{"added_after=2026-03-01T00:00:00Z", Filter{}, false},
		{"limit=1", Filter{}, false},
		{"next=AAAA", Filter{}, false},
		{"version=first", Filter{}, false},
	}
	for _, test := range tests {
		query, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseDeletion(query)
		if test.good != (err == nil) || err != nil && !errors.Is(err, ErrFilter) || !cmp.Equal(test.want, got) {
			t.Errorf("%s: %+v, %v", test.query, got, err)
		}
	}
}

func TestWantsLast(t *testing.T) {
	tests := []struct {
		versions VersionFilter
		want     bool
	}{
		{VersionFilter{}, true},
		{VersionFilter{Last: true, First: true}, true},
		{VersionFilter{All: true}, true},
		{VersionFilter{First: true}, false},
		{VersionFilter{At: []time.Time{{}}}, false},
	}
	for _, test := range tests {
		if got := test.versions.WantsLast(); got != test.want {
			t.Errorf("%+v: %v", test.versions, got)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("added_after=2026-03-01T08:00:00.000001Z&limit=10&next=abc&match[id]=a,b&match[version]=first,last")
	f.Add("match[version]=all&match[type]=a&match[spec_version]=2.1")
	f.Fuzz(func(t *testing.T, text string) {
		query, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		filter, err := ParseFilter(query)
		if err != nil {
			return
		}
		filter.AddedAfter = filter.AddedAfter.Truncate(time.Microsecond)
		again, err := ParseFilter(filter.Query())
		if err != nil || !cmp.Equal(filter, again) {
			t.Fatalf("%+v was written as %s and read back as %+v (%v)", filter, filter.Query().Encode(), again, err)
		}
	})
}

func FuzzAcceptable(f *testing.F) {
	f.Add("application/taxii+json; version=2.1, */*;q=0.1")
	f.Fuzz(func(t *testing.T, accept string) {
		// Whatever came before, a client that adds the media type can be answered.
		if strings.Count(accept, `"`)%2 == 0 && !Acceptable(accept+","+MediaType) {
			t.Fatalf("%q with the media type added is refused", accept)
		}
		AcceptableContent(accept)
	})
}
