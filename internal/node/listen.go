// SPDX-License-Identifier: Apache-2.0

package node

// This file opens the listening socket: plain on loopback, TLS elsewhere.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"golang.org/x/crypto/acme/autocert"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// check refuses a start that would speak plain HTTP beyond this machine.
func (o Options) check(c Config) error {
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return problem.New(problem.Invalid, "give both --tls-cert and --tls-key", "a certificate needs its key")
	}
	if loopback(c.Listen) || o.Listener != nil || o.BehindProxy || o.TLSCert != "" || len(o.ACME) > 0 {
		return nil
	}
	return problem.New(problem.Invalid, "give --tls-cert and --tls-key, or --acme DOMAIN, or --behind-proxy if a proxy in front ends TLS",
		"plain HTTP is for loopback only, and this node listens on %s", c.Listen)
}

func (n *Node) listen() (net.Listener, error) {
	if n.options.Listener != nil {
		return n.options.Listener, nil
	}
	config, err := n.options.tls(filepath.Join(n.dir, acmeDir))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", n.config.Listen)
	if err != nil {
		return nil, problem.New(problem.Busy, "stop what listens there, or change \"listen\" in node.json", "cannot listen on %s", n.config.Listen).Because(err)
	}
	if err := keepShown(n.dir, config); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	listener = newCrowd(listener, n.options.BehindProxy)
	if config != nil {
		listener = tls.NewListener(listener, askCertificates(config, n.Desk.KnowsCertificates))
	}
	return listener, nil
}

// tls is nil where the node speaks plain HTTP.
func (o Options) tls(kept string) (*tls.Config, error) {
	if len(o.ACME) > 0 {
		manager := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.ACME...), Cache: autocert.DirCache(kept)}
		config := manager.TLSConfig()
		config.MinVersion, config.CipherSuites = tls.VersionTLS12, cipherSuites
		return config, nil
	}
	if o.TLSCert == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, problem.New(problem.Invalid, "check the two files", "the certificate cannot be used").Because(fmt.Errorf("node: %w", err))
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12, CipherSuites: cipherSuites,
	}, nil
}

// cipherSuites are those of TLS 1.2 that HTTP/2 does not forbid; in TLS 1.3 all
// are good. TAXII 2.1 §8.2.2, RFC 9113 Appendix A
var cipherSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// askCertificates lets whoever connects show a certificate, while there is an
// account that is known by one: at other times a browser that has some need not
// ask its user which. Nobody must show one, and no authority is asked about it:
// the desk knows whose key it is. TAXII 2.1 §8.3.1
func askCertificates(config *tls.Config, known func(context.Context) bool) *tls.Config {
	asking := config.Clone()
	asking.ClientAuth = tls.RequestClientCert
	// A session that was begun before would be taken up without its certificate.
	asking.SessionTicketsDisabled = true
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if known(hello.Context()) {
			return asking, nil
		}
		return nil, nil
	}
	return config
}
