// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file tests how pages and Retry-After are read, and fuzzes both: what a
// server answers comes from anybody.

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		text, date string
		want       time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{" 5 ", "", 5 * time.Second},
		{"-5", "", 0},
		{"99999999999999999999", "", 0},
		{"soon", "", 0},
		{"Thu, 01 Jan 2026 10:00:30 GMT", "", 30 * time.Second},
		{"Thu, 01 Jan 2026 09:00:30 GMT", "", 0},
		{"Thu, 01 Jan 2026 12:00:30 GMT", "Thu, 01 Jan 2026 12:00:00 GMT", 30 * time.Second},
	}
	for _, test := range tests {
		if got := retryAfter(test.text, test.date, now); got != test.want {
			t.Errorf("%q at %q: got %s, want %s", test.text, test.date, got, test.want)
		}
	}
}

// Of a page with more than was asked for nothing is kept, and of its frame only
// what the standard names.
func TestPageOfMillions(t *testing.T) {
	tests := []struct {
		body string
		most int
		want string // of the error; "" if it is read
	}{
		{`{"objects":[1,1,1]}`, 3, ""},
		{`{"objects":[1,1,1,1]}`, 3, "more than 3 objects"},
		{`{"x":0,"x":0,"objects":[]}`, 3, ""},
		{`{"objects":[],"objects":[]}`, 3, "stands twice"},
		{`{"more":true,"more":true}`, 3, "stands twice"},
	}
	for _, test := range tests {
		_, err := parseSheet([]byte(test.body), "objects", test.most)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.body, err, test.want)
		}
	}
	repeated := "{" + strings.Repeat(`"type":"bundle",`, 1000) + `"objects":[]}`
	if s, err := parseSheet([]byte(repeated), "objects", 3); err != nil || len(s.remarks) != 1 {
		t.Errorf("a repeated type: %d remarks, %v", len(s.remarks), err)
	}
}

// FuzzPage holds that items are parts of the body, in its order, and that
// whatever is read once is read again the same from an envelope made of it.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"more":true,"next":"n","objects":[{"id":"a"},7,"x"]}`), "2026-01-01T00:00:00.000001Z")
	f.Add([]byte(`{"more":"true","next":7,"objects":null}`), "undefined")
	f.Add([]byte("{\"objects\":[{\"a\":\"\xff\",\"a\":1}],\"type\":\"bundle\"}"), "")
	f.Fuzz(func(t *testing.T, body []byte, date string) {
		before := bytes.Clone(body)
		s, err := parseSheet(body, "objects", 1000)
		if !bytes.Equal(before, body) {
			t.Fatal("reading a page changed it")
		}
		if err != nil {
			return
		}
		rest := body
		for _, item := range s.items {
			i := bytes.Index(rest, item)
			if i < 0 {
				t.Fatalf("%s is not in %s, behind the one before it", item, body)
			}
			rest = rest[i+len(item):]
		}
		s.dates(http.Header{"X-Taxii-Date-Added-First": {date}, "X-Taxii-Date-Added-Last": {date}})
		if s.last.Before(s.first) {
			t.Fatalf("between %s and %s", s.first, s.last)
		}
	})
}

func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"title":"t","http_status":400}`), "120")
	f.Add([]byte(`<html>`), "Thu, 01 Jan 2026 10:00:30 GMT")
	f.Fuzz(func(t *testing.T, body []byte, retry string) {
		got := answer{method: "GET", url: "https://taxii.example.org/", status: 400, body: body, header: http.Header{"Retry-After": {retry}}}
		failure := got.failure(time.Unix(0, 0))
		if failure.RetryAfter < 0 || len(failure.Error()) > 1000 {
			t.Fatalf("%v after %s", failure, failure.RetryAfter)
		}
	})
}
