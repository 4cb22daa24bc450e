// SPDX-License-Identifier: Apache-2.0

package node

// This file opens the listening socket: plain on loopback, TLS elsewhere.

import (
	"crypto/tls"
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
	config, err := n.options.tls(filepath.Join(n.dir, "acme"))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", n.config.Listen)
	if err != nil {
		return nil, problem.New(problem.Busy, "stop what listens there, or change \"listen\" in node.json", "cannot listen on %s", n.config.Listen).Because(err)
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	return listener, nil
}

// tls is nil where the node speaks plain HTTP.
func (o Options) tls(acmeDir string) (*tls.Config, error) {
	if len(o.ACME) > 0 {
		manager := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.ACME...), Cache: autocert.DirCache(acmeDir)}
		config := manager.TLSConfig()
		config.MinVersion = tls.VersionTLS12
		return config, nil
	}
	if o.TLSCert == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, problem.New(problem.Invalid, "check the two files", "the certificate cannot be used").Because(fmt.Errorf("node: %w", err))
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}
