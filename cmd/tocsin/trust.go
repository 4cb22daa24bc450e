// SPDX-License-Identifier: Apache-2.0

package main

// This file says by what a node is known that speaks TLS: by the certificate in
// its directory, by an authority of one's own, or by the system's authorities.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
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
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second,
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSClientConfig: config,
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	listen, plain := t.here(address)
	if listen == "" {
		return client, nil
	}
	transport.Proxy = nil
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, listen)
	}
	if plain {
		client.Transport = behindProxy{transport}
	}
	return client, nil
}

// here is where the node in --dir listens on this machine, if address is that
// node's: its public name need not lead here. It is plain where the node leaves
// TLS to a proxy in front, and listens where this machine alone can reach it by
// the address that is dialled. Empty if the public name must be asked.
func (t *tool) here(address string) (listen string, plain bool) {
	if t.dir == "" || t.address != "" {
		return "", false
	}
	config, err := node.ReadConfig(t.dir)
	if err != nil || config.Address != address {
		return "", false
	}
	host, port, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return "", false
	}
	ip := net.ParseIP(host)
	switch {
	case host == "":
		host = "localhost"
	case ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	listen = net.JoinHostPort(host, port)
	if !strings.HasPrefix(address, "https://") {
		return listen, false
	}
	if shown, err := node.ReadShown(t.dir); err != nil || shown != nil {
		return listen, false
	}
	if ip := net.ParseIP(host); node.Certified(t.dir) || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", false
	}
	return listen, true
}

// behindProxy speaks plain HTTP to a node of this machine, as the proxy in front does.
type behindProxy struct{ to http.RoundTripper }

func (i behindProxy) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme = "http"
	return i.to.RoundTrip(r)
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
