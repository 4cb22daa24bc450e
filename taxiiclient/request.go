// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file sends a request until it is answered: again after what passes, no
// further than to its own server, and with no more of an answer than is allowed.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// request is one request to the server.
type request struct {
	method string
	url    *url.URL
	body   []byte
	limit  int64 // bytes of the answer
	once   bool  // do not try again
}

// answer is what came back, whole.
type answer struct {
	method, url string // the URL without its query
	status      int
	header      http.Header
	body        []byte
	tries       int // how many attempts it took
}

// do sends a request until it is answered with a success. Any other answer is
// an [*Error].
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	for try := 1; ; try++ {
		got, err := c.attempt(ctx, r)
		got.tries = try
		if err == nil && got.status/100 == 2 {
			return got, nil
		}
		pause, again := backoff(try), err != nil && !final(err)
		if err == nil {
			failure := got.failure(time.Now())
			again, err = failure.Temporary(), failure
			if failure.RetryAfter > 0 {
				pause = failure.RetryAfter
			}
		}
		if ctx.Err() != nil {
			return got, fmt.Errorf("taxiiclient: %w", ctx.Err())
		}
		if !again || r.once || try >= c.options.Tries || pause > c.options.MaxWait {
			return got, err
		}
		if err := sleep(ctx, pause); err != nil {
			return got, err
		}
	}
}

// final reports whether another attempt would end the same.
func final(err error) bool {
	return errors.Is(err, ErrOrigin) || errors.Is(err, ErrAnswer) || errors.Is(err, ErrTooLarge)
}

// attempt sends a request once, and again where a redirect says, as long as
// that is the same server. What is not a GET is not redirected.
func (c *Client) attempt(ctx context.Context, r request) (got answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	to := r.url
	for range maxRedirects {
		response, err := c.send(ctx, r, to)
		if err != nil {
			return answer{}, fmt.Errorf("taxiiclient: %s %s: %w", r.method, bare(to), unwrapURL(err))
		}
		got, err = c.receive(response, r, to)
		if err != nil {
			return got, err
		}
		location := got.header.Get("Location")
		if got.status/100 != 3 || location == "" {
			return got, nil
		}
		next, err := to.Parse(location)
		if err != nil || !c.sameOrigin(next) {
			return got, fmt.Errorf("%w: %s redirects to %s; use that address if you trust it", ErrOrigin, bare(to), plainLocation(next, location))
		}
		if r.method != http.MethodGet {
			return got, fmt.Errorf("%w: %s redirects a %s", ErrAnswer, bare(to), r.method)
		}
		c.remark(to, "it redirects to "+bare(next))
		next.User = nil // net/http would send it
		to = next
	}
	return got, fmt.Errorf("%w: %s redirects more than %d times", ErrAnswer, bare(r.url), maxRedirects)
}

func plainLocation(next *url.URL, location string) string {
	if next != nil {
		return next.Redacted()
	}
	return strconv.Quote(location)
}

// unwrapURL takes away the address with its query that net/http puts before an
// error: ours says it better.
func unwrapURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// send sends one HTTP request. TAXII 2.1 §3.1, §3.2
func (c *Client) send(ctx context.Context, r request, to *url.URL) (*http.Response, error) {
	var content io.Reader
	if r.body != nil {
		content = bytes.NewReader(r.body)
	}
	out, err := http.NewRequestWithContext(ctx, r.method, to.String(), content)
	if err != nil {
		return nil, err
	}
	out.Header.Set("Accept", taxii.MediaType)
	out.Header.Set("User-Agent", c.options.UserAgent)
	if r.body != nil {
		out.Header.Set("Content-Type", taxii.MediaType)
	}
	switch who := c.options.Credentials; {
	case who.Token != "":
		out.Header.Set("Authorization", "Bearer "+who.Token)
	case who.User != "" || who.Password != "":
		out.SetBasicAuth(who.User, who.Password)
	}
	return c.http.Do(out)
}

// receive reads an answer to its end, within the limit.
func (c *Client) receive(response *http.Response, r request, to *url.URL) (answer, error) {
	defer response.Body.Close()
	got := answer{method: r.method, url: bare(to), status: response.StatusCode, header: response.Header}
	limit := r.limit
	if got.status/100 != 2 {
		limit = maxFailure
	}
	var err error
	if got.body, err = readAll(response, limit); err != nil {
		return got, fmt.Errorf("taxiiclient: %s %s: the answer broke off: %w", r.method, got.url, err)
	}
	if int64(len(got.body)) > limit {
		if got.status/100 != 2 {
			got.body = nil // whatever it is, it is no error message
			return got, nil
		}
		return got, fmt.Errorf("%w: %s gives more than %d bytes", ErrTooLarge, got.url, limit)
	}
	if got.status/100 == 2 {
		return got, c.understand(got, to)
	}
	return got, nil
}

// readAll reads one byte more than the limit at the most, into a buffer of the
// size that the server says where it says one.
func readAll(response *http.Response, limit int64) ([]byte, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, min(max(response.ContentLength, 512), limit)+512))
	_, err := buffer.ReadFrom(io.LimitReader(response.Body, limit+1))
	return buffer.Bytes(), err
}

// understand looks at the media type of a success. One that is missing, has no
// version, or is plain JSON is understood; a page for people is not.
// TAXII 2.1 §1.6.8, §3.1
func (c *Client) understand(got answer, at *url.URL) error {
	said := got.header.Get("Content-Type")
	name, parameters, _ := strings.Cut(strings.ToLower(said), ";")
	name = strings.TrimSpace(name)
	version := ""
	for parameter := range strings.SplitSeq(parameters, ";") {
		if key, value, _ := strings.Cut(parameter, "="); strings.TrimSpace(key) == "version" {
			version = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	switch {
	case len(got.body) == 0:
		return nil // what needs a body will miss it
	case name == "application/taxii+json" && version == "2.1":
		return nil
	case name == "application/taxii+json" && version == "":
		c.remark(at, "its media type has no version")
		return nil
	case name == "application/taxii+json" || name == "application/vnd.oasis.taxii+json":
		return fmt.Errorf("%w: %s answers as %q", ErrAnswer, got.url, said)
	case name == "" || name == "application/json" || name == "application/stix+json" || name == "text/json" || name == "text/plain" || name == "application/octet-stream":
		c.remark(at, fmt.Sprintf("it answers as %q, not as %s", said, taxii.MediaType))
		return nil
	}
	return fmt.Errorf("%w: %s answers as %q: the address may be wrong, or a page for people stands before it", ErrAnswer, got.url, said)
}

func (c *Client) remark(at *url.URL, text string) {
	c.options.Remark(Remark{URL: bare(at), Text: text})
}

// bare is an address without its query, which may say what somebody looks for.
func bare(at *url.URL) string {
	return (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path, RawPath: at.RawPath}).String()
}

// backoff is how long to wait after that many attempts: a second first, then
// doubling, to half a minute, and up to a quarter more or less by chance.
func backoff(tries int) time.Duration {
	pause := min(time.Second<<min(tries-1, 16), 30*time.Second)
	return pause*3/4 + rand.N(pause/2)
}

// retryAfter reads how long a server asks to be left alone: seconds, or a date,
// which is held against the server's own clock where it shows it. RFC 9110 §10.2.3
func retryAfter(text, date string, now time.Time) time.Duration {
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(date); err == nil {
		now = theirs
	}
	return max(until.Sub(now), 0)
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("taxiiclient: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
