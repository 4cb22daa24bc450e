// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets real nodes on hosts of their own exchange over TLS while the
// network between them fails in every way it can. Whatever happened, in the end
// every text is there once on both sides, with its receipt, and both logs verify.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// authority signs certificates that the nodes believe.
type authority struct {
	file        string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Check(t, err)
	a := &authority{key: key, file: filepath.Join(t.TempDir(), "authority.pem"), pool: x509.NewCertPool(), certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	raw, err := x509.CreateCertificate(rand.Reader, a.certificate, a.certificate, key.Public(), key)
	Check(t, err)
	a.certificate, err = x509.ParseCertificate(raw)
	Check(t, err)
	a.pool.AddCert(a.certificate)
	writePEM(t, a.file, "CERTIFICATE", raw)
	return a
}

// issue writes a certificate for the name and its key beside it.
func (a *authority) issue(t *testing.T, dir, name string) (certificate, private string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Check(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: a.certificate.NotBefore, NotAfter: a.certificate.NotAfter}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	Check(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	Check(t, err)
	certificate, private = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	writePEM(t, certificate, "CERTIFICATE", raw)
	writePEM(t, private, "PRIVATE KEY", encoded)
	return certificate, private
}

func writePEM(t *testing.T, path, kind string, raw []byte) {
	Check(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600))
}

// on is a node's place on a host of its own, which it serves to all in TLS.
func on(t *testing.T, h *host, a *authority) place {
	dir, domain := t.TempDir(), h.name+".example.org"
	certificate, private := a.issue(t, dir, domain)
	return place{
		dir: filepath.Join(dir, h.name), address: "https://" + domain, dial: h.dial, start: h.start,
		trust: &tls.Config{RootCAs: a.pool},
		init:  []string{"--listen", "0.0.0.0:443", "--address", "https://" + domain},
		serve: []string{"--tls-cert", certificate, "--tls-key", private},
		env:   []string{"SSL_CERT_FILE=" + a.file, "NO_PROXY=*", "no_proxy=*"},
	}
}

func TestBetweenHosts(t *testing.T) {
	if !inside(t) {
		return
	}
	ctx, seed := t.Context(), uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := newWire(t, seed)
	names := newBook(t)
	a, b, c := newHost(t, w, "alpha", "192.0.2.10"), newHost(t, w, "bravo", "198.51.100.10"), newHost(t, w, "carol", "203.0.113.10")
	names.write(t, a, b, c)
	vouch, binary := newAuthority(t), build(t)
	alpha, bravo, carol := newProcessAt(t, binary, "alpha", on(t, a, vouch)), newProcessAt(t, binary, "bravo", on(t, b, vouch)), newProcessAt(t, binary, "carol", on(t, c, vouch))
	for _, p := range []*process{alpha, bravo, carol} {
		p.staff()
	}
	w.both(a, b, way{delay: 20 * time.Millisecond})
	pairProcesses(t, alpha, bravo)
	pairProcesses(t, alpha, carol)
	k := &talk{t: t, alpha: alpha, bravo: bravo, id: warnProcesses(t, alpha, bravo)}
	k.settled("after the warning")
	w.both(a, b, way{})

	step := func(name string, play func()) {
		began := time.Now()
		play()
		w.both(a, b, way{})
		k.settled(name)
		t.Logf("%s: %v", name, time.Since(began).Round(time.Millisecond))
	}
	several := func(n int) {
		for range n {
			k.says(ctx, alpha)
			k.says(ctx, bravo)
		}
	}

	step("a long line that loses, doubles and mixes up packets", func() {
		w.both(a, b, way{delay: 40 * time.Millisecond, jitter: 30 * time.Millisecond, loss: 0.05, twice: 0.05})
		several(10)
		k.settled("on a bad line")
	})
	step("a line for smaller packets", func() {
		w.both(a, b, way{mtu: 600})
		several(3)
		k.settled("on a narrow line")
	})
	step("reset in the middle of posts", func() { resets(ctx, t, w, k, a, b) })
	step("nothing arrives, in one direction and in the other", func() {
		for _, dark := range [][2]*host{{a, b}, {b, a}} {
			w.set(dark[0], dark[1], way{cut: true})
			several(2)
			seen := w.cuts(dark[0], dark[1])
			Until(t, "packets to be swallowed", func() bool { return w.cuts(dark[0], dark[1]) > seen })
			pause(500 * time.Millisecond)
			w.both(a, b, way{})
			k.settled("after one direction was dark")
		}
	})
	step("the partner is gone for a while, and another is not", func() {
		w.both(a, b, way{cut: true})
		several(5)
		began := time.Now()
		id := warnProcesses(t, alpha, carol)
		t.Logf("meanwhile carol was warned within %v", time.Since(began).Round(time.Millisecond))
		if _, err := carol.officer.Case(ctx, id); err != nil {
			t.Error(err)
		}
		pause(3 * time.Second)
	})
	step("half open: bravo's machine dies without a word, and is there again", func() {
		w.both(a, b, way{cut: true})
		bravo.end(syscall.SIGKILL)
		text := k.says(ctx, alpha)
		pause(time.Second)
		w.both(a, b, way{})
		bravo.start()
		Until(t, "what was said meanwhile", func() bool { return k.has(bravo, text) })
		k.says(ctx, bravo)
	})
	step("bravo moves to another address while connections to the old one are open", func() {
		several(1)
		k.settled("before bravo moves")
		b.move("198.51.100.99")
		names.write(t, a, b, c)
		began := time.Now()
		text := k.says(ctx, alpha)
		k.says(ctx, bravo)
		Until(t, "what was said to the new address", func() bool { return k.has(bravo, text) })
		took := time.Since(began)
		t.Logf("bravo was found at its new address within %v", took.Round(time.Millisecond))
		if took > 30*time.Second {
			t.Errorf("a dead connection held a message up for %v", took)
		}
	})
	step("the line breaks again and again", func() {
		many := 10
		if *longRuns {
			many = 200
		}
		for i := range many {
			several(1)
			w.both(a, b, way{cut: i%2 == 0, reject: i%2 == 1, left: i * 997 % 5000})
			pause(time.Duration(50+i*37%200) * time.Millisecond)
			w.both(a, b, way{})
		}
	})
	k.whole(ctx)
	audit, err := carol.over.VerifyLedger(ctx, nil)
	Check(t, err)
	if len(audit.Wrong) > 0 {
		t.Errorf("carol: %s", strings.Join(audit.Wrong, "\n"))
	}
}

// resets breaks the connection after so many bytes in one direction, once for
// each message: on the way there it failed, on the way back it happened.
func resets(ctx context.Context, t *testing.T, w *wire, k *talk, a, b *host) {
	points := [][2]int{{0, 1}, {1000, 300}, {3000, 900}} // there, and back
	if *longRuns {
		for n := 1; n < 9000; n += 200 {
			points = append(points, [2]int{n, n / 4})
		}
	}
	happened := make(map[bool]int)
	for _, point := range points {
		for i, broken := range [][2]*host{{a, b}, {b, a}} {
			before := w.cuts(broken[0], broken[1])
			w.set(broken[0], broken[1], way{reject: true, left: point[i]})
			text := k.says(ctx, k.alpha)
			for range 50 {
				if w.cuts(broken[0], broken[1]) > before {
					break
				}
				pause(10 * time.Millisecond)
			}
			pause(50 * time.Millisecond)
			seen, err := k.alpha.admin.Partner(ctx, k.bravo.name)
			Check(t, err)
			if seen.Queued > 0 { // it was this one that the cut met
				happened[k.has(k.bravo, text)]++
			}
			w.both(a, b, way{})
			k.settled(fmt.Sprintf("after a reset at %d", point[i]))
		}
	}
	t.Logf("of %d posts that broke off, %d failed, and %d failed but happened", happened[false]+happened[true], happened[false], happened[true])
	if happened[false] == 0 || happened[true] == 0 {
		t.Errorf("not both kinds were tried: %v", happened)
	}
}
