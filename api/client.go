// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the client: how a request is made and an answer is read.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Client speaks to one node for one caller. Every failure that the node
// answered is a *Problem; any other error means that the node could not be
// asked.
type Client struct {
	address string
	token   string
	http    *http.Client
	why     func(asked *Problem) (reason string, err error) // see WhenAsked
}

// maxAnswer is the largest answer a client reads, in bytes.
const maxAnswer = 64 << 20

// ErrAnswer says that whatever answered at the address is not a tocsin node.
var ErrAnswer = errors.New("api: the answer is not that of a tocsin node")

// NewClient makes a client for the node at address, a base URL. The token may
// be empty: then only what is public can be asked. A nil httpClient is
// http.DefaultClient.
func NewClient(address, token string, httpClient *http.Client) *Client {
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	return &Client{address: strings.TrimSuffix(address, "/"), token: token, http: httpClient}
}

// Address is the node's base URL.
func (c *Client) Address() string { return c.address }

// Error is the problem in a line for people.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// path joins the parts of a path, each escaped. The first is taken as it is.
func path(first string, rest ...string) string {
	for _, part := range rest {
		first += "/" + url.PathEscape(part)
	}
	return first
}

// send asks the node and returns its answer if it is not a failure. The caller
// closes the body. What asks for a reason is asked once more when it was given.
func (c *Client) send(ctx context.Context, method, path, accept string, body any) (*http.Response, error) {
	response, err := c.once(ctx, method, path, accept, body)
	if err == nil {
		return response, nil
	}
	given, failed := c.explained(ctx, err)
	if failed != nil {
		return nil, failed
	}
	if given {
		return c.once(ctx, method, path, accept, body)
	}
	return nil, err
}

func (c *Client) once(ctx context.Context, method, path, accept string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("api: writing the request: %w", err)
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.address+Base+path, content)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	request.Header.Set("Accept", accept)
	if body != nil {
		request.Header.Set("Content-Type", JSONType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, failure(response)
}

// failure reads the problem an answer holds.
func failure(response *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	var problem Problem
	if err := json.Unmarshal(raw, &problem); err != nil || problem.Code == "" {
		return fmt.Errorf("%w (HTTP status %d)", ErrAnswer, response.StatusCode)
	}
	return &problem
}

// raw asks for a file.
func (c *Client) raw(ctx context.Context, path, accept string) ([]byte, error) {
	response, err := c.send(ctx, http.MethodGet, path, accept, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readAll(response.Body)
}

func readAll(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		err = fmt.Errorf("%w: over %d bytes", ErrAnswer, maxAnswer)
	}
	return raw, err
}

// call asks with a body, or without one if it is nil, and reads the answer.
// Members this client does not know are passed over: the node may be newer.
func call[T any](ctx context.Context, c *Client, method, path string, body any) (answer T, err error) {
	response, err := c.send(ctx, method, path, JSONType, body)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	raw, err := readAll(response.Body)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return answer, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return answer, nil
}

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, nil)
}

func list[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	answer, err := call[List[T]](ctx, c, http.MethodGet, path, nil)
	return answer.Items, err
}

func post[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T](ctx, c, http.MethodPost, path, body)
}

// VerifyLedger lets the node recompute its whole log. progress is called from
// time to time and may be nil.
func (c *Client) VerifyLedger(ctx context.Context, progress func(done, total int64)) (Audit, error) {
	response, err := c.send(ctx, http.MethodPost, "/ledger/verify", LinesType, struct{}{})
	if err != nil {
		return Audit{}, err
	}
	defer response.Body.Close()
	lines := jsontext.NewDecoder(io.LimitReader(response.Body, maxAnswer))
	for {
		var step VerifyStep
		if err := json.UnmarshalDecode(lines, &step); err != nil {
			return Audit{}, fmt.Errorf("%w: the verification broke off: %w", ErrAnswer, err)
		}
		switch {
		case step.Problem != nil:
			return Audit{}, step.Problem
		case step.Audit != nil:
			return *step.Audit, nil
		case progress != nil:
			progress(step.Done, step.Total)
		}
	}
}
