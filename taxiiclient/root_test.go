// SPDX-License-Identifier: Apache-2.0

package taxiiclient_test

// This file tests to which API root an address leads. TAXII 2.1 §4.1

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

func TestRootAt(t *testing.T) {
	for _, test := range []struct {
		what, path, discovery string
		want                  string // the path of the root
		err                   error
	}{
		{"a root, and nothing is asked", "/two/", "", "/two/", nil},
		{"the default", "/taxii2/", `{"title":"t","default":"/two/","api_roots":["/one/","/two/"]}`, "/two/", nil},
		{"the default, by the server's name", "", `{"title":"t","default":"/two/","api_roots":["/one/","/two/"]}`, "/two/", nil},
		{"the only one", "/taxii2", `{"title":"t","api_roots":["/one/"]}`, "/one/", nil},
		{"none is preferred", "/taxii2/", `{"title":"t","api_roots":["/one/","/two/"]}`, "", taxiiclient.ErrNoDefault},
		{"one of another server", "/taxii2/", `{"title":"t","default":"https://other.example.org/one/"}`, "", taxiiclient.ErrOrigin},
	} {
		t.Run(test.what, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.discovery == "" || r.URL.Path != "/taxii2/" {
					t.Errorf("asked for %s", r.URL.Path)
				}
				w.Header().Set("Content-Type", "application/taxii+json;version=2.1")
				fmt.Fprint(w, test.discovery)
			}))
			defer server.Close()
			client, err := taxiiclient.New(server.URL+test.path, taxiiclient.Options{})
			if err != nil {
				t.Fatal(err)
			}
			root, err := client.RootAt(t.Context(), server.URL+test.path)
			if !errors.Is(err, test.err) {
				t.Fatalf("%v", err)
			}
			if err == nil && strings.TrimPrefix(root.URL(), server.URL) != test.want {
				t.Errorf("%s", root.URL())
			}
			if errors.Is(err, taxiiclient.ErrNoDefault) && !strings.Contains(err.Error(), "/one/, ") {
				t.Errorf("it does not say which there are: %v", err)
			}
		})
	}
}
