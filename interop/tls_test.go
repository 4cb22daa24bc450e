// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file has the clients speak TLS to a node with a certificate of an
// authority of its own, and sign in with certificates of theirs.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates. Its own is in the file ca.pem.
type authority struct {
	testing.TB
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, dir string) *authority {
	t.Helper()
	a := &authority{TB: t, dir: dir}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.certificate, a.key = template, a.newKey()
	a.certificate = a.sign("ca", template, a.key)
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(a, err)
	return key
}

// sign writes a certificate and its key to NAME.pem and NAME.key.
func (a *authority) sign(name string, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	must(a, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(a, err)
	must(a, os.WriteFile(a.file(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(a, os.WriteFile(a.file(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	certificate, err := x509.ParseCertificate(der)
	must(a, err)
	return certificate
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue makes a certificate for the holder, who is at the addresses given.
func (a *authority) issue(name string, usage x509.ExtKeyUsage, addresses ...net.IP) {
	a.Helper()
	a.sign(name, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage}, IPAddresses: addresses,
	}, a.newKey())
}

// startTLS is start for a node that speaks TLS. Whoever trusts the file ca.pem
// of its directory trusts it.
func startTLS(t testing.TB) (*node, *authority) {
	t.Helper()
	program, err := built()
	must(t, err)
	n := &node{TB: t, dir: t.TempDir(), program: program}
	a := newAuthority(t, n.dir)
	a.issue("server", x509.ExtKeyUsageServerAuth, net.IPv4(127, 0, 0, 1))
	trusted := x509.NewCertPool()
	trusted.AddCert(a.certificate)
	n.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	n.env = []string{"SSL_CERT_FILE=" + a.file("ca.pem")}
	port := freePort(t)
	n.address = "https://" + port
	n.tocsin("init", "--name", "alpha", "--country", "NO", "--listen", port, "--address", n.address)
	n.serve("--tls-cert", a.file("server.pem"), "--tls-key", a.file("server.key"))
	return n, a
}

func TestClientsOverTLS(t *testing.T) {
	interpreter := python(t)
	n, a := startTLS(t)
	w := n.world()
	a.issue("client", x509.ExtKeyUsageClientAuth)
	a.issue("stranger", x509.ExtKeyUsageClientAuth)
	n.account("sensor", "--read", "shared", "--write", "shared", "--certificate", a.file("client.pem"))
	w.CA, w.Certificate, w.Key = a.file("ca.pem"), a.file("client.pem"), a.file("client.key")
	w.StrangerCertificate, w.StrangerKey = a.file("stranger.pem"), a.file("stranger.key")
	n.play(t, interpreter, "over_tls.py", w)
}
