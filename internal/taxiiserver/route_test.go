// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file tests how addresses and credentials are read, whatever they hold.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whatever an address holds, what it names is one part of it, and it leads to an
// endpoint that answers GET.
func FuzzRoute(f *testing.F) {
	for _, path := range []string{
		"/taxii2", "/taxii2/root/status/x/", "/taxii2/root/collections/a/objects/b/versions/", "/taxii2/root/collections//objects/", "/taxii2/ID/", "/taxii2/root/collections/ID/objects/ID/",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		c := call{Request: &http.Request{URL: &url.URL{Path: path}}}
		found, known := c.route()
		if !known {
			return
		}
		if found.answer(http.MethodGet) == nil || !strings.HasPrefix(path+"/", "/taxii2/") {
			t.Errorf("%q leads to %+v", path, found)
		}
		for _, name := range []string{c.collection, c.object, c.status} {
			if strings.Contains(name, "/") || !strings.Contains(path, name) {
				t.Errorf("%q names %q", path, name)
			}
		}
	})
}

// Whatever a header holds, there is at most one secret, and a certificate beside
// it does not count.
func FuzzCredentials(f *testing.F) {
	for _, header := range []string{"", "Basic YTpi", "Basic Og==", "Bearer x", "bearer  x ", "Bearer", "Digest a", "Basic YTpi, Bearer x"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		shown := credentials(r)
		if shown.Certificate != nil || shown.User != "" && !strings.EqualFold(header[:min(6, len(header))], "basic ") {
			t.Errorf("%q is %+v", header, shown)
		}
		r.Header.Add("Authorization", header)
		if twice := credentials(r); twice.User != "" || twice.Secret != "" {
			t.Errorf("%q twice is %+v", header, twice)
		}
	})
}
