// SPDX-License-Identifier: Apache-2.0

// Package taxiiclient speaks TAXII 2.1 to a server: it reads what is there, in
// pages of any number, and adds and deletes objects.
//
// A [Client] belongs to one server, its origin. Its credentials go there and
// nowhere else: a redirect to another origin is an error, and an API root that
// stands elsewhere needs a client of its own.
//
// A walk over a collection comes to its end, whatever the server does: one that
// repeats a page, passes over next, gives the same next again or says that there
// is more without a way on is noticed. Where its dates allow it the walk goes on
// by added_after, otherwise it stops with a [*StuckError] that says what the
// server did. What is sloppy and harmless is understood, and told to
// [Options.Remark].
//
// What failed for a while is tried again: a lost answer, and the statuses 429,
// 502, 503 and 504, with growing pauses or after as long as Retry-After says.
package taxiiclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits that hold where [Options] says nothing.
const (
	DefaultPage     = 1000     // objects of a page that are asked for
	DefaultMaxPage  = 64 << 20 // bytes of one page
	DefaultTries    = 5        // attempts at one request
	DefaultMaxWait  = time.Minute
	DefaultTimeout  = 2 * time.Minute
	DefaultPatience = 5 * time.Minute

	// MostPerPage is how many objects a page may hold whatever limit was asked
	// for, since some servers pass over it; one that holds more, and more than
	// four times what was asked for, is refused with [ErrAnswer].
	MostPerPage = 10_000
	timesLimit  = 4

	maxAnswer    = 32 << 20 // bytes of any answer that is no page
	maxFailure   = 64 << 10 // bytes of an error message
	maxRedirects = 5
)

// Reasons for which a server is not spoken to, or its answer not understood.
var (
	// ErrInsecure: plain HTTP beyond this machine. TAXII 2.1 §8.5.1
	ErrInsecure = errors.New("taxiiclient: a TAXII server is spoken to by HTTPS")
	// ErrOrigin: an address or a redirect that leads to another server.
	ErrOrigin = errors.New("taxiiclient: that is another server")
	// ErrAnswer: what came is not TAXII 2.1.
	ErrAnswer = errors.New("taxiiclient: not an answer of TAXII 2.1")
	// ErrTooLarge: an answer is larger than the limit.
	ErrTooLarge = errors.New("taxiiclient: the answer is larger than the limit")
	// ErrPending: a server still had objects in hand when patience ended.
	ErrPending = errors.New("taxiiclient: the server has not come to the end of it")
)

// Credentials say who asks. The zero value is nobody; a name and password, or a
// token, can stand beside a certificate. TAXII 2.1 §1.6.9
type Credentials struct {
	User, Password string           // HTTP Basic, RFC 7617
	Token          string           // a bearer's, RFC 6750
	Certificate    *tls.Certificate // the client's own, RFC 8446
}

// Options say how to speak to a server. The zero value speaks as nobody, with
// the limits of this package.
type Options struct {
	Credentials Credentials
	// Transport replaces the network. It must not follow redirects by itself;
	// it cannot be given beside a certificate or TLS.
	Transport http.RoundTripper
	// TLS is how the server is verified where the system's authorities are not
	// the ones to trust; nil for those. TAXII 2.1 §8.5.2
	TLS       *tls.Config
	UserAgent string
	MaxPage   int64         // bytes of a page, after decompression
	Tries     int           // attempts at one request
	MaxWait   time.Duration // the longest pause between two; a longer Retry-After ends the request
	Timeout   time.Duration // of one attempt
	Patience  time.Duration // for a status that is pending
	// ExactDates asks for the page behind a date with that very date, as the
	// standard describes, and not with the microsecond before it. A server that
	// gives several objects one date can then lose some. TAXII 2.1 §3.5
	ExactDates bool
	// Remark is told what a server does that is not as the standard says, and
	// harmless. It may be nil, and may be called from several goroutines at once.
	Remark func(Remark)
}

// A Remark is something that a server does and should not.
type Remark struct {
	URL  string // without its query
	Text string
}

// Client speaks to one server. Its methods may be called at once from many
// goroutines.
type Client struct {
	origin  *url.URL
	options Options
	http    *http.Client
}

// New makes a client for the server at address, any URL of it. It refuses plain
// HTTP but on this machine ([ErrInsecure]), and credentials that cannot be sent.
func New(address string, options Options) (*Client, error) {
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("taxiiclient: %q is not the address of a server", address)
	}
	if base.User != nil {
		return nil, errors.New("taxiiclient: give credentials apart from the address")
	}
	if base.Scheme == "http" && !loopback(base.Hostname()) {
		return nil, fmt.Errorf("%w: %s", ErrInsecure, base.Redacted())
	}
	if err := options.Credentials.check(); err != nil {
		return nil, err
	}
	if options.Transport != nil && (options.TLS != nil || options.Credentials.Certificate != nil) {
		return nil, errors.New("taxiiclient: with a transport of your own, give it the certificates")
	}
	options.fill()
	c := &Client{origin: &url.URL{Scheme: base.Scheme, Host: strings.ToLower(base.Host)}, options: options}
	transport := options.Transport
	if transport == nil {
		transport = options.transport()
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// check refuses what a header cannot carry, and a name and a token at once.
func (c Credentials) check() error {
	switch {
	case c.Token != "" && (c.User != "" || c.Password != ""):
		return errors.New("taxiiclient: give a token, or a name and a password")
	case strings.Contains(c.User, ":"): // RFC 7617 §2
		return errors.New("taxiiclient: the name holds a colon")
	case strings.ContainsFunc(c.User+c.Password, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("taxiiclient: the name or password holds a control character")
	case strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("taxiiclient: the token holds what no header can carry")
	}
	return nil
}

func (o *Options) fill() {
	o.MaxPage = orDefault(o.MaxPage, DefaultMaxPage)
	o.Tries = orDefault(o.Tries, DefaultTries)
	o.MaxWait = orDefault(o.MaxWait, DefaultMaxWait)
	o.Timeout = orDefault(o.Timeout, DefaultTimeout)
	o.Patience = orDefault(o.Patience, DefaultPatience)
	if o.UserAgent == "" {
		o.UserAgent = "tocsin-taxiiclient/2.1" // the version of the standard
	}
	if o.Remark == nil {
		o.Remark = func(Remark) {}
	}
}

func orDefault[T int | int64 | time.Duration](value, standard T) T {
	if value <= 0 {
		return standard
	}
	return value
}

// transport verifies servers and takes compressed answers; of TLS 1.2 only the
// suites that RFC 9113 appendix A leaves. TAXII 2.1 §8.5.1, §8.5.2
func (o *Options) transport() *http.Transport {
	config := o.TLS.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.CipherSuites == nil {
		config.CipherSuites = []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		}
	}
	if certificate := o.Credentials.Certificate; certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	return &http.Transport{
		DialContext:     (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig: config, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: o.Timeout,
		IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true, Proxy: http.ProxyFromEnvironment,
		// Without it every request would be put on a connection to a server that moved, until the system gives it up.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 10 * time.Second},
	}
}

// LookUp finds the servers that a domain advertises in its DNS: the address of
// the discovery of each, best first. TAXII 2.1 §3.9
func LookUp(ctx context.Context, resolver *net.Resolver, domain string) ([]string, error) {
	_, records, err := resolver.LookupSRV(ctx, "taxii2", "tcp", domain)
	if err != nil {
		return nil, fmt.Errorf("taxiiclient: %w", err)
	}
	addresses := make([]string, len(records))
	for i, record := range records {
		addresses[i] = "https://" + net.JoinHostPort(strings.TrimSuffix(record.Target, "."), fmt.Sprint(record.Port)) + "/taxii2/"
	}
	return addresses, nil
}

// own resolves an address against the server's, with its last slash, and
// refuses another origin. TAXII 2.1 §3.1
func (c *Client) own(address string) (*url.URL, error) {
	at, err := c.origin.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("taxiiclient: %q is not an address", address)
	}
	if !c.sameOrigin(at) {
		return nil, fmt.Errorf("%w: %s is not on %s", ErrOrigin, at.Redacted(), c.origin)
	}
	at.RawQuery, at.Fragment, at.User = "", "", nil
	if !strings.HasSuffix(at.Path, "/") {
		at = at.JoinPath("/")
	}
	return at, nil
}

// sameOrigin compares as RFC 6454 §5 does.
func (c *Client) sameOrigin(other *url.URL) bool {
	return other.Scheme == c.origin.Scheme && strings.EqualFold(other.Hostname(), c.origin.Hostname()) && port(other) == port(c.origin)
}

func port(address *url.URL) string {
	if text := address.Port(); text != "" {
		return text
	}
	if address.Scheme == "http" {
		return "80"
	}
	return "443"
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
