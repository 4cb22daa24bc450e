// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows STIX objects by collection, a page at a time, to readers who
// are cleared for them.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Limits of one page.
const (
	// MaxPage is how many objects a page holds at most.
	MaxPage = 1000
	// MaxPageBytes ends a page early: the object that passes it is its last.
	MaxPageBytes = 8 << 20
)

// Form is what a page says of its objects.
type Form int

const (
	Envelope Form = iota // the objects themselves. TAXII 2.1 §3.7
	Manifest             // what they are. TAXII 2.1 §5.3
	Versions             // their versions. TAXII 2.1 §5.8
)

// Page is some of a collection, in the order in which it was added. It is shared
// by those who asked for the same: it must not be changed. Who needs it no more
// may give it back with [Shelf.Done].
type Page struct {
	Body        []byte    // the resource, as JSON
	Count       int       // of objects
	First, Last time.Time // when the first and the last of them were added; without any, after when it looked
	More        bool      // there are others behind, and Next leads to them
	Next        string    // set if and only if More

	why    string // an object of it asks a person for a reason; empty if none does
	shared bool   // others may have it
	zip    sync.Once
	zipped []byte
}

// Page shows the objects of a collection that the filter asks for and that a
// reader with that clearance may see, at most limit of them, [MaxPage] and
// about [MaxPageBytes]. Those it may not see leave no trace: no gap, no empty
// page, no count. No page that shows something leaves before a line in the log
// says who reads: see [store.Store.HandOut].
//
// A person who is shown an object that is TLP:RED or names somebody is asked why, once
// for the collection; the manifest and the versions say nothing that asks.
//
// Next is where the page ended, and nothing else: it is good for ever, on any
// restart, as often as it is asked, and whoever follows it to the end has
// missed nothing. Objects have strictly increasing times of their own, so the
// same holds for added_after. Beside Next, added_after is passed over. An object
// that could be shown to nobody when it came, and can be now, has the time at
// which that changed.
//
// The first and the last version of an object are those of the collection: if
// the reader may not see it, an older one does not stand in for it.
// TAXII 2.1 §3.4, §3.5, §5.4
func (s *Shelf) Page(ctx context.Context, who caller.Caller, clearance handling.TLP, name string, form Form, filter taxii.Filter, limit int) (*Page, error) {
	after := filter.AddedAfter
	if filter.Next != "" {
		var err error
		if after, err = parseNext(filter.Next); err != nil {
			return nil, err
		}
	}
	limit = min(max(limit, 1), MaxPage)
	if filter.Limit > 0 {
		limit = min(limit, filter.Limit)
	}
	c, err := s.Collection(ctx, who, clearance, name)
	if err != nil {
		return nil, err
	}
	what := store.What{Act: caller.ReadObjects, Subject: c.ID}
	if !c.CanRead {
		return nil, problem.New(problem.Denied, "", "you may not read this collection")
	}
	if c.ID == s.receivedID {
		c.ID = store.Received
	}
	rules, err := s.inForce(ctx, who, caller.ReadObjects)
	if err != nil {
		return nil, err
	}
	key := pageKey{filterKey(filter), clearance, form, after.UnixMicro(), limit, rules.Hash(), c.ID, ""}
	if who.Kind == caller.Person && form == Envelope {
		key.person = who.Name
	}
	query := store.ObjectQuery{
		Collection: c.ID, After: after, IDs: filter.IDs, Types: filter.Types, Specs: filter.SpecVersions,
		AllVersions: filter.Versions.All, First: filter.Versions.First, Last: filter.Versions.Last, At: filter.Versions.At,
		BodiesOnly: form == Envelope && key.person == "",
	}.For(rules.Cleared(clearance))
	page, err := s.read(ctx, who, query, key)
	if err != nil || page.Count == 0 {
		return page, err
	}
	return page, s.store.HandOut(ctx, who, what, store.Page{Objects: page.Count, First: page.First, Last: page.Last, Why: page.why, Collection: c.ID})
}

// maxFilterKey is the longest filter whose pages are kept in memory.
const maxFilterKey = 512

// read returns a page from memory if it is there and holds, else from the store.
func (s *Shelf) read(ctx context.Context, who caller.Caller, query store.ObjectQuery, key pageKey) (page *Page, err error) {
	moved, grown := s.store.ObjectState(query.Collection)
	if page, ok := s.pages.get(key, moved, grown); ok {
		return page, nil
	}
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) (err error) {
		page, err = s.fill(tx, who, query, key)
		return err
	})
	if err == nil && len(key.query) <= maxFilterKey && s.pages.again(key) {
		s.pages.put(key, page, moved, grown)
	}
	return page, err
}

// Done takes back the memory of a page that nobody looks at any more.
func (s *Shelf) Done(page *Page) {
	if page == nil || page.shared || page.Body == nil || cap(page.Body) > cacheLargest {
		return
	}
	buffer := page.Body
	page.Body = nil
	s.buffers.Put(&buffer)
}

// filterKey tells filters apart that select differently from one place on. Each
// value stands behind its length: none can pass for several.
func filterKey(filter taxii.Filter) string {
	var key []byte
	for _, values := range [][]string{filter.IDs, filter.Types, filter.SpecVersions} {
		key = append(strconv.AppendInt(key, int64(len(values)), 10), ':')
		for _, value := range values {
			key = append(strconv.AppendInt(key, int64(len(value)), 10), ':')
			key = append(key, value...)
		}
	}
	for _, version := range []bool{filter.Versions.All, filter.Versions.First, filter.Versions.Last} {
		key = strconv.AppendBool(key, version)
	}
	for _, at := range filter.Versions.At {
		key = append(strconv.AppendInt(key, at.Unix(), 10), '.')
		key = append(strconv.AppendInt(key, int64(at.Nanosecond()), 10), ':')
	}
	return string(key)
}

// fill walks until the page is full and there is one more that the reader may
// see: More is never said in vain.
func (s *Shelf) fill(tx *store.Tx, who caller.Caller, query store.ObjectQuery, key pageKey) (*Page, error) {
	p := filling{Page: &Page{}, form: key.form}
	if key.form == Envelope {
		buffer, ok := s.buffers.Get().(*[]byte)
		if !ok {
			buffer = new(make([]byte, 0, min(key.limit, 128)*1536))
		}
		p.envelope = taxii.NewEnvelopeWriter((*buffer)[:0])
	}
	if len(query.Audiences) > 0 {
		err := tx.EachObject(query, func(o *store.Found) (bool, error) {
			if p.Count == key.limit || p.size >= MaxPageBytes {
				p.More, p.Next = true, formatNext(p.Last)
				return false, nil
			}
			if key.person != "" && p.why == "" {
				p.why = o.Asks(who)
			}
			p.add(o)
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if p.Count == 0 {
		p.First = later(query.After, time.Unix(0, 0))
		p.Last = p.First
	}
	var err error
	p.Body, err = p.end()
	return p.Page, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Gzip is the page's body compressed, once for all who ask.
func (s *Shelf) Gzip(page *Page) []byte {
	page.zip.Do(func() {
		writer, ok := s.zips.Get().(*gzip.Writer)
		if !ok {
			// The level is one of those there are.
			writer, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)
		}
		defer s.zips.Put(writer)
		buffer := bytes.NewBuffer(make([]byte, 0, len(page.Body)/3))
		writer.Reset(buffer)
		_, err := writer.Write(page.Body)
		if err == nil && writer.Close() == nil {
			page.zipped = buffer.Bytes()
		}
	})
	return page.zipped
}

// filling is a page that is being filled.
type filling struct {
	*Page
	form     Form
	size     int
	envelope taxii.EnvelopeWriter
	manifest []taxii.ManifestRecord
	versions []string
}

func (p *filling) add(o *store.Found) {
	if p.Count == 0 {
		p.First = o.Added
	}
	p.Count, p.Last = p.Count+1, o.Added
	switch p.form {
	case Envelope:
		body := o.Body()
		p.envelope.Add(body)
		p.size += len(body)
	case Manifest:
		p.manifest = append(p.manifest, taxii.ManifestRecord{
			ID: o.ID(), DateAdded: taxii.FormatTime(o.Added), Version: version(o), MediaType: taxii.ObjectMediaType,
		})
	case Versions:
		p.versions = append(p.versions, version(o))
	}
}

// version is how the object writes it; when it was added, if it writes none.
// TAXII 2.1 §5.3.1
func version(o *store.Found) string {
	if written := o.Written(); written != "" {
		return written
	}
	return taxii.FormatTime(o.Added)
}

func (p *filling) end() ([]byte, error) {
	switch p.form {
	case Manifest:
		return json.Marshal(taxii.Manifest{More: p.More, Next: p.Next, Objects: p.manifest})
	case Versions:
		return json.Marshal(taxii.Versions{More: p.More, Next: p.Next, Versions: p.versions})
	}
	return p.envelope.End(p.More, p.Next)
}

// ObjectPage is Page for the versions of one object; with none at all that the
// reader may see it is a Missing problem, and so it is if versions of certain
// times are asked for and there are none. TAXII 2.1 §5.6, §5.7, §5.8
func (s *Shelf) ObjectPage(ctx context.Context, who caller.Caller, clearance handling.TLP, name, id string, form Form, filter taxii.Filter, limit int) (*Page, error) {
	filter.IDs, filter.Types = []string{id}, nil
	page, err := s.Page(ctx, who, clearance, name, form, filter, limit)
	if err != nil || page.Count > 0 {
		return page, err
	}
	there := taxii.Filter{IDs: filter.IDs, Versions: taxii.VersionFilter{All: true}}
	if v := filter.Versions; len(v.At) > 0 && !v.First && !v.Last {
		there.Versions = v
	}
	whole, err := s.Page(ctx, who, clearance, name, Versions, there, 1)
	if err == nil && whole.Count == 0 {
		err = problem.New(problem.Missing, "", "there is no such object")
	}
	return page, err
}

// formatNext writes where a page ended.
func formatNext(added time.Time) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, uint64(added.UnixMicro())))
}

// parseNext reads what formatNext wrote and refuses everything else.
func parseNext(text string) (time.Time, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err == nil && len(raw) == 8 {
		if micros := int64(binary.BigEndian.Uint64(raw)); micros > 0 && formatNext(time.UnixMicro(micros)) == text {
			return time.UnixMicro(micros).UTC(), nil
		}
	}
	return time.Time{}, problem.New(problem.Invalid, "go on with the next of an earlier answer, or begin anew without one", "next is not one of this node's")
}
