// SPDX-License-Identifier: Apache-2.0

package api_test

// This file shows what Decode says, and how the client takes answers that are
// not a node's.

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestDecodeSaysWhereAndWhat(t *testing.T) {
	for _, test := range []struct{ in, says string }{
		{`{"warning":{"target":{"kindd":"event"}}}`, `"kindd" is not a field at warning.target`},
		{`{"warning":{"answer_by":"tomorrow"}}`, `at warning.answer_by`},
		{`{"releases":["x"]}`, `a list is not expected at releases`},
		{"{\n\n\"source\":\n]", `not well-formed JSON, near line 4`},
		{`{"source":"x","source":"x"}`, `a name stands twice in an object`},
	} {
		var draft warning.Draft
		err := api.Decode([]byte(test.in), &draft)
		if !errors.Is(err, api.ErrDecode) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: got %v, want %s", test.in, err, test.says)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"warning":{"target":{"kind":"event"}},"releases":{"bravo":"x"}}`))
	f.Add([]byte("{\"source\":\n[}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var draft warning.Draft
		if err := api.Decode(raw, &draft); err != nil && (!errors.Is(err, api.ErrDecode) || api.DecodeWords(err) == "") {
			t.Errorf("%q: %v says nothing", raw, err)
		}
	})
}

func TestWhatIsNotANodeIsSaidToBeNone(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a page":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) },
		"other JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `{"error":1}`)
		},
		"broken JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"name":`) },
	} {
		t.Run(name, func(t *testing.T) {
			other := httptest.NewServer(answer)
			defer other.Close()
			client := api.NewClient(other.URL+"/", "secret", other.Client())
			if _, err := client.Node(t.Context()); !errors.Is(err, api.ErrAnswer) {
				t.Errorf("node: got %v", err)
			}
			if _, err := client.VerifyLedger(t.Context(), nil); !errors.Is(err, api.ErrAnswer) {
				t.Errorf("verify: got %v", err)
			}
		})
	}
}
