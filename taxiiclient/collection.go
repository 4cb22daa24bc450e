// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file reads a collection: its objects, one of them, its manifest and
// versions; and deletes.

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Collection is one collection of a server, by its id or alias.
type Collection struct {
	root *Root
	at   *url.URL
}

// URL is the collection's address.
func (c *Collection) URL() string { return c.at.String() }

// Information says what the collection is, and whether the client may read and
// write it. TAXII 2.1 §5.2
func (c *Collection) Information(ctx context.Context) (taxii.Collection, error) {
	return get[taxii.Collection](ctx, c.root.client, c.at)
}

// Pages walks over the objects that the filter asks for, page by page. The
// filter's Limit is the size of a page, [DefaultPage] if it is 0, and less where
// a page would be too large; its Next goes on in another walk's place. An error
// is the last thing yielded; the pages before it are good. TAXII 2.1 §5.4
func (c *Collection) Pages(ctx context.Context, filter taxii.Filter) iter.Seq2[Page, error] {
	return c.root.client.walk(c.at.JoinPath("objects/"), "objects", filter).run(ctx)
}

// ObjectPages is Pages for the versions of one object; of a filter, the types
// and ids are passed over. TAXII 2.1 §5.6
func (c *Collection) ObjectPages(ctx context.Context, id string, filter taxii.Filter) iter.Seq2[Page, error] {
	filter.IDs, filter.Types = nil, nil
	at, err := c.object(id)
	if err != nil {
		return func(yield func(Page, error) bool) { yield(Page{}, err) }
	}
	return c.root.client.walk(at, "objects", filter).run(ctx)
}

// Objects walks over the objects that the filter asks for, one by one, never
// holding more than a page. An object that cannot be read is yielded as a
// [*stix.ObjectError] in its place, and the next one follows; any other error is
// the last thing yielded. TAXII 2.1 §5.4
func (c *Collection) Objects(ctx context.Context, filter taxii.Filter) iter.Seq2[stix.Object, error] {
	return objects(c.Pages(ctx, filter))
}

// Object is Objects for the versions of one object. TAXII 2.1 §5.6
func (c *Collection) Object(ctx context.Context, id string, filter taxii.Filter) iter.Seq2[stix.Object, error] {
	return objects(c.ObjectPages(ctx, id, filter))
}

func objects(pages iter.Seq2[Page, error]) iter.Seq2[stix.Object, error] {
	return func(yield func(stix.Object, error) bool) {
		index := 0
		for page, err := range pages {
			if err != nil {
				yield(stix.Object{}, err)
				return
			}
			for _, raw := range page.Objects {
				object, err := stix.Parse(raw)
				if err != nil {
					err = &stix.ObjectError{Index: index, Err: err}
				}
				index++
				if !yield(object, err) {
					return
				}
			}
		}
	}
}

// Manifest walks over what the collection holds, without the objects. An error
// is the last thing yielded. TAXII 2.1 §5.3
func (c *Collection) Manifest(ctx context.Context, filter taxii.Filter) iter.Seq2[taxii.ManifestRecord, error] {
	return items[taxii.ManifestRecord](c.root.client.walk(c.at.JoinPath("manifest/"), "objects", filter).run(ctx))
}

// Versions walks over the versions of one object, as the server writes them. An
// error is the last thing yielded. TAXII 2.1 §5.8
func (c *Collection) Versions(ctx context.Context, id string, filter taxii.Filter) iter.Seq2[string, error] {
	filter.IDs, filter.Types, filter.Versions = nil, nil, taxii.VersionFilter{}
	at, err := c.object(id)
	if err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return items[string](c.root.client.walk(at.JoinPath("versions/"), "versions", filter).run(ctx))
}

func items[T any](pages iter.Seq2[Page, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var item T
		for page, err := range pages {
			if err != nil {
				yield(item, err)
				return
			}
			for _, raw := range page.Objects {
				var item T
				if err := json.Unmarshal(raw, &item); err != nil {
					yield(item, fmt.Errorf("%w: %w", ErrAnswer, err))
					return
				}
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Delete deletes an object: the versions that the filter names, or all of them
// if it names none. Only its Versions and SpecVersions count. An object that is
// gone after an answer was lost was deleted. TAXII 2.1 §5.7
func (c *Collection) Delete(ctx context.Context, id string, filter taxii.Filter) error {
	at, err := c.object(id)
	if err != nil {
		return err
	}
	at.RawQuery = taxii.Filter{Versions: filter.Versions, SpecVersions: filter.SpecVersions}.Query().Encode()
	got, err := c.root.client.do(ctx, request{method: http.MethodDelete, url: at, limit: maxAnswer})
	var answered *Error
	if errors.As(err, &answered) && answered.Status == http.StatusNotFound && got.tries > 1 {
		return nil
	}
	return err
}

func (c *Collection) object(id string) (*url.URL, error) {
	name, err := segment(id)
	if err != nil {
		return nil, err
	}
	return c.at.JoinPath("objects", name, "/"), nil
}
