// SPDX-License-Identifier: Apache-2.0

package main

// This file says by what a node is known that speaks TLS: by the certificate in
// its directory, by an authority of one's own, or by the system's authorities.

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/node"
)

// httpClient is how the node at address is asked. It does not follow redirects,
// which could carry a token elsewhere.
func (t *tool) httpClient(address string) (*http.Client, error) {
	config, err := t.trust(address)
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second,
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: config,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// trust says who is believed to be the node at address. Who can read the node's
// directory knows it by the very certificate that it shows; what shows another,
// such as a proxy in front, needs an authority.
func (t *tool) trust(address string) (*tls.Config, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "https" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.ca != "" {
		raw, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(raw) {
			return nil, usage("give the authority's certificate as PEM", "%s holds no certificate", t.ca)
		}
	}
	own, err := t.shown(address)
	if err != nil || own == nil {
		return config, err
	}
	roots := config.RootCAs
	config.InsecureSkipVerify = true // VerifyConnection verifies
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if state.PeerCertificates[0].Equal(own) {
			return nil
		}
		between := x509.NewCertPool()
		for _, one := range state.PeerCertificates[1:] {
			between.AddCert(one)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: base.Hostname()})
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
		}
		return nil
	}
	return config, nil
}

// shown is the certificate of the node in --dir, if address is that node's.
func (t *tool) shown(address string) (*x509.Certificate, error) {
	if t.dir == "" || t.address != "" {
		return nil, nil
	}
	if config, err := node.ReadConfig(t.dir); err != nil || config.Address != address {
		return nil, nil // what is wrong with the directory is said where it is needed
	}
	return node.ReadShown(t.dir)
}

// distrusted says what to do about a connection by TLS that did not come about.
func (t *tool) distrusted(err error) error {
	var unverified *tls.CertificateVerificationError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return trouble("unreachable", "it speaks plain HTTP: say http:// in place of https://, for a node of this machine", "the node does not speak TLS")
	case !errors.As(err, &unverified):
		return err
	case t.address == "" && t.dir != "":
		return trouble("untrusted", "start the node anew, so that it keeps in its directory which certificate it shows; or say --ca FILE (or TOCSIN_CA): the authority that vouches for it, PEM",
			"it is not the node that answers, or nobody known vouches for it: %v", unverified.Err)
	}
	return trouble("untrusted", "if an authority of your own vouches for it, say --ca FILE (or TOCSIN_CA): its certificate, PEM",
		"nobody known vouches for the node: %v", unverified.Err)
}
