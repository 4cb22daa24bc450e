// SPDX-License-Identifier: Apache-2.0

package main

// This file makes the certificates of scenes: of an authority of one's own, and
// of a node that it vouches for.

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
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func certify(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	authority, authorityKey := template(ts, 1, "An authority")
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	signed := sign(ts, authority, authority, authorityKey, authorityKey)
	writePEM(ts, name+"-ca.pem", "CERTIFICATE", signed)
	certificate, key := template(ts, 2, "A node")
	certificate.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	writePEM(ts, name+".pem", "CERTIFICATE", sign(ts, certificate, authority, key, authorityKey))
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	writePEM(ts, name+".key", "PRIVATE KEY", raw)
}

func template(ts *testscript.TestScript, serial int64, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}, key
}

func sign(ts *testscript.TestScript, certificate, by *x509.Certificate, key, byKey *ecdsa.PrivateKey) []byte {
	raw, err := x509.CreateCertificate(rand.Reader, certificate, by, &key.PublicKey, byKey)
	ts.Check(err)
	return raw
}

func writePEM(ts *testscript.TestScript, path, kind string, raw []byte) {
	ts.Check(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600))
}

// anybody believes whoever answers: it only waits until a node is there.
func anybody() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
}
