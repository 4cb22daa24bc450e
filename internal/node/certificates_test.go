// SPDX-License-Identifier: Apache-2.0

package node

// This file tests the STIX door over TLS, with certificates of clients, on a
// socket of this machine.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// secured runs a node that ends TLS itself, until the test ends.
func secured(t *testing.T) (*Node, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	address := listener.Addr().String()
	check(t, listener.Close())
	dir := filepath.Join(t.TempDir(), "alpha")
	_, err = Init(t.Context(), quiet(), Setup{Dir: dir, Name: "alpha", Country: "NO", Listen: address, Address: "https://alpha.example.org"})
	check(t, err)
	certificate, key := certificate(t)
	n, err := Open(quiet(), dir, Options{TLSCert: certificate, TLSKey: key})
	check(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() { cancel(); check(t, <-done) })
	return n, address
}

// identity is a tool's certificate with its key, and the certificate as PEM.
func identity(t *testing.T, notAfter time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// asker is a client that shows those certificates, keeps its sessions as
// browsers do, and does not check whom it speaks to.
func asker(certificates ...tls.Certificate) *http.Client {
	config := &tls.Config{InsecureSkipVerify: true, Certificates: certificates, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
}

// asks repeats a request until the node is there.
func asks(t *testing.T, client *http.Client, address, path string, change func(*http.Request)) (int, string) {
	t.Helper()
	for range 100 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+path, nil)
		check(t, err)
		if change != nil {
			change(request)
		}
		response, err := client.Do(request)
		if err != nil && strings.Contains(err.Error(), "refused") {
			<-time.After(20 * time.Millisecond)
			continue
		}
		check(t, err)
		raw, err := io.ReadAll(response.Body)
		check(t, err)
		check(t, response.Body.Close())
		return response.StatusCode, string(raw)
	}
	t.Fatal("the node does not answer")
	return 0, ""
}

// A tool is known by the key of its certificate; a certificate nobody knows is
// as good as none, and one that has ended is no better. TAXII 2.1 §8.3.1
func TestClientCertificates(t *testing.T) {
	n, address := secured(t)
	administrator := caller.Caller{Kind: caller.Person, Name: "admin", Roles: []caller.Role{caller.Administrator}}
	known, asPEM := identity(t, time.Now().Add(time.Hour))
	ended, endedPEM := identity(t, time.Now().Add(-time.Hour))
	stranger, _ := identity(t, time.Now().Add(time.Hour))
	tool := asker(known)
	if status, _ := asks(t, tool, address, api.DiscoveryPath, nil); status != http.StatusUnauthorized {
		t.Errorf("before it has an account: %d", status)
	}
	_, err := n.Desk.AddAccount(t.Context(), administrator, api.NewAccount{Name: "siem", Read: []string{"received"}, Certificate: asPEM})
	check(t, err)
	_, err = n.Desk.AddAccount(t.Context(), administrator, api.NewAccount{Name: "old", Read: []string{"received"}, Certificate: endedPEM})
	check(t, err)
	for _, path := range []string{api.DiscoveryPath, api.RootPath, api.RootPath + "collections/", api.RootPath + "collections/received/objects/"} {
		if status, body := asks(t, tool, address, path, nil); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for what, client := range map[string]*http.Client{"none": asker(), "of a stranger": asker(stranger), "that has ended": asker(ended)} {
		if status, _ := asks(t, client, address, api.DiscoveryPath, nil); status != http.StatusUnauthorized {
			t.Errorf("a certificate %s: %d", what, status)
		}
	}
	// A wrong password is wrong, whoever's certificate is shown; a header proves no key.
	if status, _ := asks(t, tool, address, api.DiscoveryPath, func(r *http.Request) { r.SetBasicAuth("siem", "guess") }); status != http.StatusUnauthorized {
		t.Errorf("with a wrong password: %d", status)
	}
	forged := func(r *http.Request) {
		for _, name := range []string{"X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "SSL-Client-Cert", "X-Client-Verify", "X-Remote-User"} {
			r.Header.Set(name, strings.ReplaceAll(asPEM, "\n", " "))
		}
	}
	if status, _ := asks(t, asker(), address, api.DiscoveryPath, forged); status != http.StatusUnauthorized {
		t.Errorf("with a certificate in a header: %d", status)
	}
	// People's doors take no notice of it.
	if status, _ := asks(t, tool, address, api.Base+"/board", nil); status != http.StatusUnauthorized {
		t.Errorf("at the other door: %d", status)
	}
	_, err = n.Desk.RemoveAccount(t.Context(), administrator, "siem")
	check(t, err)
	if status, _ := asks(t, tool, address, api.DiscoveryPath, nil); status != http.StatusUnauthorized {
		t.Errorf("after the account: %d", status)
	}
}

// A certificate is asked for only while an account is known by one.
func TestCertificatesAreNotAskedForInVain(t *testing.T) {
	asked := false
	config := askCertificates(&tls.Config{}, func(context.Context) bool { return asked })
	for _, asked = range []bool{false, true} {
		chosen, err := config.GetConfigForClient(&tls.ClientHelloInfo{})
		if err != nil || (chosen != nil) != asked || asked && chosen.ClientAuth != tls.RequestClientCert {
			t.Errorf("%t: %+v, %v", asked, chosen, err)
		}
	}
}

// TLS 1.2 is spoken with suites that HTTP/2 allows, and none older is.
// TAXII 2.1 §8.2.2
func TestVersionsOfTLS(t *testing.T) {
	_, address := secured(t)
	asks(t, asker(), address, api.DiscoveryPath, nil)
	for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if (err == nil) != good {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		if err == nil {
			check(t, connection.Close())
		}
	}
	for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(cipherSuites, suite.ID) || !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
			continue
		}
		config := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}
		if connection, err := tls.Dial("tcp", address, config); err == nil {
			t.Errorf("%s is spoken", suite.Name)
			check(t, connection.Close())
		}
	}
}
