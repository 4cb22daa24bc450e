// SPDX-License-Identifier: Apache-2.0

package taxiiclient_test

// This file tests what scenes cannot: TLS, client certificates, compression,
// and that docs/interop.md and the scenes name the same rows.

import (
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func TestNewRefuses(t *testing.T) {
	own := http.DefaultTransport
	tests := []struct {
		address string
		options taxiiclient.Options
		want    string // "" if it is taken
	}{
		{"https://taxii.example.org", taxiiclient.Options{}, ""},
		{"http://127.0.0.1:8080/taxii2/", taxiiclient.Options{}, ""},
		{"http://[::1]:8080/", taxiiclient.Options{}, ""},
		{"http://taxii.example.org/", taxiiclient.Options{}, "by HTTPS"},
		{"http://127.0.0.1.example.org/", taxiiclient.Options{}, "by HTTPS"},
		{"ftp://taxii.example.org/", taxiiclient.Options{}, "is not the address of a server"},
		{"taxii.example.org", taxiiclient.Options{}, "is not the address of a server"},
		{"https://u:p@taxii.example.org/", taxiiclient.Options{}, "apart from the address"},
		{"https://taxii.example.org/", taxiiclient.Options{Credentials: taxiiclient.Credentials{User: "a:b"}}, "colon"},
		{"https://taxii.example.org/", taxiiclient.Options{Credentials: taxiiclient.Credentials{User: "a", Token: "b"}}, "a token, or a name"},
		{"https://taxii.example.org/", taxiiclient.Options{Credentials: taxiiclient.Credentials{Token: "a\r\nX: y"}}, "no header can carry"},
		{"https://taxii.example.org/", taxiiclient.Options{Credentials: taxiiclient.Credentials{User: "a", Password: "b\n"}}, "control character"},
		{"https://taxii.example.org/", taxiiclient.Options{Transport: own, TLS: &tls.Config{}}, "transport of your own"},
	}
	for _, test := range tests {
		_, err := taxiiclient.New(test.address, test.options)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.address, err, test.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	client, err := taxiiclient.New("https://taxii.example.org:443/some/where", taxiiclient.Options{})
	must(t, err)
	tests := []struct{ address, want string }{
		{"/root/", "https://taxii.example.org:443/root/"},
		{"/root", "https://taxii.example.org:443/root/"},
		{"https://TAXII.example.org/root?x=1#y", "https://TAXII.example.org/root/"},
		{"https://taxii.example.org:8443/root/", ""},
		{"http://taxii.example.org/root/", ""},
		{"//eve.example.org/root/", ""},
		{"https://taxii.example.org.eve.example.org/root/", ""},
	}
	for _, test := range tests {
		root, err := client.Root(test.address)
		switch {
		case test.want == "" && !errors.Is(err, taxiiclient.ErrOrigin):
			t.Errorf("%s: got %v", test.address, err)
		case test.want != "" && (err != nil || root.URL() != test.want):
			t.Errorf("%s: got %v, %v, want %s", test.address, root, err, test.want)
		}
	}
}

// A server that does not show a certificate of an authority that is trusted is
// not asked. TAXII 2.1 §8.5.2
func TestUnknownServer(t *testing.T) {
	asked := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	server.Config.ErrorLog = nil
	client, err := taxiiclient.New(server.URL, taxiiclient.Options{Tries: 1})
	must(t, err)
	var unknown x509.UnknownAuthorityError
	if _, err := client.Discovery(t.Context()); !errors.As(err, &unknown) || asked {
		t.Errorf("got %v, asked %v", err, asked)
	}
}

// Checklist 3.1.3: a server that knows its clients by certificates.
func TestClientCertificate(t *testing.T) {
	certificate := selfSigned(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", taxii.MediaType)
		if len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != "reader" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"title":"known"}`)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for _, with := range []*tls.Certificate{nil, certificate} {
		client, err := taxiiclient.New(server.URL, taxiiclient.Options{TLS: &tls.Config{RootCAs: roots}, Credentials: taxiiclient.Credentials{Certificate: with}})
		must(t, err)
		discovery, err := client.Discovery(t.Context())
		switch {
		case with == nil && taxiiclient.StatusOf(err) != http.StatusUnauthorized:
			t.Errorf("without a certificate: %v", err)
		case with != nil && (err != nil || discovery.Title != "known"):
			t.Errorf("with a certificate: %+v, %v", discovery, err)
		}
	}
}

func selfSigned(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "reader"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// Answers are taken compressed, and the limit counts what comes out of them.
func TestCompressed(t *testing.T) {
	bomb := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", taxii.MediaType)
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Errorf("Accept-Encoding: %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		defer packed.Close()
		size := 10
		if bomb {
			size = 1 << 20
		}
		fmt.Fprintf(packed, `{"objects":[{"id":"a","x":%q}]}`, strings.Repeat("x", size))
	}))
	defer server.Close()
	client, err := taxiiclient.New(server.URL, taxiiclient.Options{MaxPage: 1000})
	must(t, err)
	root, err := client.Root("/root/")
	must(t, err)
	collection, err := root.Collection("c")
	must(t, err)
	read := func() (count int, err error) {
		for _, err := range collection.Objects(t.Context(), taxii.Filter{Limit: 1}) {
			if err != nil {
				return count, err
			}
			count++
		}
		return count, nil
	}
	if count, err := read(); count != 1 || err != nil {
		t.Errorf("got %d objects, %v", count, err)
	}
	bomb = true
	if count, err := read(); count != 0 || !errors.Is(err, taxiiclient.ErrTooLarge) {
		t.Errorf("a bomb: got %d objects, %v", count, err)
	}
}

// docs/interop.md lists each row of the checklist with its test.
func TestInteropListed(t *testing.T) {
	raw, err := os.ReadFile("../docs/interop.md")
	must(t, err)
	_, section, found := strings.Cut(string(raw), "\n## Client\n")
	if !found {
		t.Fatal("docs/interop.md has no section Client")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var listed, played []string
	for _, row := range regexp.MustCompile(`(?m)^\| (3\.[0-9.]+) \|`).FindAllStringSubmatch(section, -1) {
		listed = append(listed, row[1])
	}
	for _, s := range readScenes(t, "testdata/interop.txt") {
		number, _, _ := strings.Cut(s.name, " ")
		played = append(played, number)
	}
	played = slices.Insert(played, 2, "3.1.3") // TestClientCertificate
	if diff := cmp.Diff(played, listed); diff != "" || len(listed) != 39 {
		t.Errorf("%d rows are listed (-played +listed):\n%s", len(listed), diff)
	}
}

func TestLookUpFails(t *testing.T) {
	nowhere := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }
	resolver := &net.Resolver{PreferGo: true, Dial: nowhere}
	if servers, err := taxiiclient.LookUp(t.Context(), resolver, "example.org"); err == nil {
		t.Errorf("got %v", servers)
	}
}
