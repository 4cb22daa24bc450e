// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file asks a server what it is, and an API root what stands in it.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// Discovery asks the server what it is. The addresses of its API roots are
// given whole; one of another server needs a client of its own. TAXII 2.1 §4.1
func (c *Client) Discovery(ctx context.Context) (taxii.Discovery, error) {
	at := c.origin.JoinPath("/taxii2/")
	discovery, err := get[taxii.Discovery](ctx, c, at)
	if err != nil {
		return discovery, err
	}
	whole := func(text string) string {
		if address, err := at.Parse(text); err == nil && text != "" {
			return address.String()
		}
		return text
	}
	discovery.Default = whole(discovery.Default)
	for i, text := range discovery.APIRoots {
		discovery.APIRoots[i] = whole(text)
	}
	return discovery, nil
}

// Root is an API root of a server.
type Root struct {
	client *Client
	at     *url.URL
}

// Root is the API root at an address of the client's server, whole or from the
// server's top. It refuses another origin ([ErrOrigin]); nothing is asked yet.
func (c *Client) Root(address string) (*Root, error) {
	at, err := c.own(address)
	if err != nil {
		return nil, err
	}
	return &Root{client: c, at: at}, nil
}

// IsDiscovery reports whether an address is that of a server and not of an API
// root. TAXII 2.1 §4.1
func IsDiscovery(address string) bool {
	at, err := url.Parse(address)
	if err != nil {
		return false
	}
	path := strings.Trim(at.Path, "/")
	return path == "" || path == "taxii2"
}

// RootAt is the API root at an address or, at the address of a server, the
// default root that it names, or its only one. It refuses a server that leaves
// it open ([ErrNoDefault]). TAXII 2.1 §4.1
func (c *Client) RootAt(ctx context.Context, address string) (*Root, error) {
	if !IsDiscovery(address) {
		return c.Root(address)
	}
	discovery, err := c.Discovery(ctx)
	if err != nil {
		return nil, err
	}
	address = discovery.Default
	if address == "" && len(discovery.APIRoots) == 1 {
		address = discovery.APIRoots[0]
	}
	if address == "" {
		return nil, fmt.Errorf("%w; give the address of one: %s", ErrNoDefault, strings.Join(discovery.APIRoots, ", "))
	}
	return c.Root(address)
}

// ErrNoDefault says that a server has several API roots and prefers none.
var ErrNoDefault = errors.New("taxiiclient: the server has no default API root")

// URL is the root's address.
func (r *Root) URL() string { return r.at.String() }

// Information says what the root is, which versions it speaks, and how much it
// takes at once. TAXII 2.1 §4.2
func (r *Root) Information(ctx context.Context) (taxii.APIRoot, error) {
	return get[taxii.APIRoot](ctx, r.client, r.at)
}

// Collections lists the collections that the client may use. TAXII 2.1 §5.1
func (r *Root) Collections(ctx context.Context) ([]taxii.Collection, error) {
	all, err := get[taxii.Collections](ctx, r.client, r.at.JoinPath("collections/"))
	return all.Collections, err
}

// Collection is the collection of that id or alias; nothing is asked yet.
func (r *Root) Collection(id string) (*Collection, error) {
	name, err := segment(id)
	if err != nil {
		return nil, err
	}
	return &Collection{root: r, at: r.at.JoinPath("collections", name, "/")}, nil
}

// Status asks what became of the objects of a POST. TAXII 2.1 §4.3
func (r *Root) Status(ctx context.Context, id string) (taxii.Status, error) {
	name, err := segment(id)
	if err != nil {
		return taxii.Status{}, err
	}
	return get[taxii.Status](ctx, r.client, r.at.JoinPath("status", name, "/"))
}

// segment writes an id as one part of an address, whatever it holds.
func segment(id string) (string, error) {
	switch id {
	case "":
		return "", errors.New("taxiiclient: the id is empty")
	case ".", "..":
		return strings.ReplaceAll(id, ".", "%2E"), nil
	}
	return url.PathEscape(id), nil
}

// get asks for a resource. Properties it does not know are passed over, and so
// are bytes that are not UTF-8. TAXII 2.1 §7.1
func get[T any](ctx context.Context, c *Client, at *url.URL) (resource T, err error) {
	got, err := c.do(ctx, request{method: "GET", url: at, limit: maxAnswer})
	if err != nil {
		return resource, err
	}
	return resource, c.read(got, at, &resource)
}

// read reads a resource, strictly if it can be, and otherwise with a remark.
func (c *Client) read(got answer, at *url.URL, into any) error {
	strict := json.Unmarshal(got.body, into)
	if strict == nil {
		return nil
	}
	if len(got.body) == 0 {
		return fmt.Errorf("%w: %s answers with nothing", ErrAnswer, got.url)
	}
	if err := json.Unmarshal(got.body, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrAnswer, got.url, strict)
	}
	c.remark(at, "its JSON has a name twice, or is not UTF-8")
	return nil
}
