// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file walks from page to page to the end, and notices when a server leads
// it in a circle.

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/taxii"
)

const (
	// maxEmpty is how many pages in a row may hold nothing while there is more.
	maxEmpty = 20
	// maxRemarks is how many different remarks a walk makes.
	maxRemarks = 100
	// maxLimit is how far a page grows to pass objects that share a date.
	maxLimit = 1 << 15
)

// walk is one walk over the pages of an address.
type walk struct {
	client *Client
	at     *url.URL
	name   string // what the items stand under
	filter taxii.Filter
	seed   maphash.Seed

	// What is asked for next: what was added after a date, and of that, where
	// next leads. They belong together: next is of an answer to that very date.
	next  string
	after time.Time
	// back says that the page asked for begins before the end of the one before
	// it, on purpose: what is the same is left out.
	back   bool
	byDate bool // the server's next leads nowhere: only dates are followed

	limit, ceiling int
	last           time.Time       // the greatest date_added so far
	pages          map[uint64]bool // of every page that was met
	before         map[uint64]bool // the items of the page before
	used           map[uint64]bool // every next that was followed
	stateful       bool            // the server uses one next for several pages
	empty          int
	told           map[string]bool
}

// walk makes a walk over at. The filter's limit is the size of a page.
func (c *Client) walk(at *url.URL, name string, filter taxii.Filter) *walk {
	limit := filter.Limit
	if limit <= 0 {
		limit = DefaultPage
	}
	return &walk{
		client: c, at: at, name: name, filter: filter, seed: maphash.MakeSeed(), next: filter.Next, after: filter.AddedAfter,
		limit: limit, ceiling: max(limit, maxLimit), pages: make(map[uint64]bool), used: make(map[uint64]bool), told: make(map[string]bool),
	}
}

// run yields every page. An error is the last thing it yields.
func (w *walk) run(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for {
			got, err := w.ask(ctx)
			if err != nil {
				yield(Page{}, err)
				return
			}
			page, stuck := w.take(got)
			if !stuck && !yield(page, nil) {
				return
			}
			if !got.more {
				return
			}
			if err := w.onward(got, stuck); err != nil {
				yield(Page{}, err)
				return
			}
		}
	}
}

// ask gets the next page: smaller if it is too large, and by its date if it was
// lost on a server that gives each page once.
func (w *walk) ask(ctx context.Context) (sheet, error) {
	for {
		filter := w.filter
		filter.Limit, filter.Next, filter.AddedAfter = w.limit, w.next, w.after
		at := *w.at
		at.RawQuery = filter.Query().Encode()
		once := w.stateful && w.next != "" && !w.last.IsZero()
		got, err := w.client.do(ctx, request{method: "GET", url: &at, limit: w.client.options.MaxPage, once: once})
		switch {
		case err == nil:
			return w.read(got)
		case errors.Is(err, ErrTooLarge) && w.limit > 1:
			w.limit /= 2
			w.ceiling = w.limit
		case once && ctx.Err() == nil && StatusOf(err)/100 != 4:
			w.remark("its next is good once, and an answer was lost: going on by dates")
			w.byDates()
		default:
			return sheet{}, err
		}
	}
}

func (w *walk) read(got answer) (sheet, error) {
	s, err := parseSheet(got.body, w.name, max(MostPerPage, timesLimit*w.limit))
	if err != nil {
		return sheet{}, fmt.Errorf("%w: %s: %w", ErrAnswer, got.url, err)
	}
	s.dates(got.header)
	if s.last.IsZero() && w.name == "objects" {
		s.datesOfRecords()
	}
	for _, text := range s.remarks {
		w.remark(text)
	}
	if len(s.items) > w.limit {
		w.remark("it gives more objects than the limit asks for")
	}
	if asked := w.asked(); !asked.IsZero() && !s.first.IsZero() && !s.first.After(asked) {
		w.remark("it gives objects that were not added after added_after")
	}
	return s, nil
}

// asked is the date behind which the page was asked for; zero if next was sent.
func (w *walk) asked() time.Time {
	if w.next != "" {
		return time.Time{}
	}
	return w.after
}

// datesOfRecords takes from the records of a manifest what no header says.
// TAXII 2.1 §5.3.1
func (s *sheet) datesOfRecords() {
	if len(s.items) == 0 {
		return
	}
	date := func(item jsontext.Value) (at time.Time) {
		var record struct {
			DateAdded string `json:"date_added"`
		}
		if json.Unmarshal(item, &record) == nil {
			at, _ = taxii.ParseTime(record.DateAdded)
		}
		return at.Truncate(time.Microsecond)
	}
	s.first, s.last = date(s.items[0]), date(s.items[len(s.items)-1])
}

// take makes a page of what came, without what the page before had already.
// It is stuck if there is nothing new in it.
func (w *walk) take(got sheet) (page Page, stuck bool) {
	here := make(map[uint64]bool, len(got.items))
	fresh := got.items
	if w.back {
		fresh = nil
	}
	var whole maphash.Hash
	whole.SetSeed(w.seed)
	for _, item := range got.items {
		sum := maphash.Bytes(w.seed, item)
		maphash.WriteComparable(&whole, sum)
		if w.back && !w.before[sum] {
			fresh = append(fresh, item)
		}
		here[sum] = true
	}
	if len(got.items) > 0 {
		w.empty = 0
		sum := whole.Sum64()
		stuck = len(fresh) == 0 || w.pages[sum] && !got.last.After(w.last)
		w.pages[sum], w.before = true, here
	}
	if w.last.Before(got.last) {
		w.last = got.last
	} else if got.last.Before(w.last) && !got.last.IsZero() && !stuck {
		w.remark("its pages are not in the order of date_added")
	}
	page = Page{Objects: fresh, More: got.more, First: got.first, Last: got.last, Resume: w.last}
	if got.more {
		page.Resume = w.behind()
	}
	return page, stuck
}

// behind is the date with which the walk goes on behind its last object. Others
// may share the date of the last, so it is a microsecond before that.
func (w *walk) behind() time.Time {
	if w.last.IsZero() || w.client.options.ExactDates {
		return w.last
	}
	return w.last.Add(-time.Microsecond)
}

// onward decides how to ask for what comes behind a page. TAXII 2.1 §3.5
func (w *walk) onward(got sheet, stuck bool) error {
	if len(got.items) == 0 {
		if w.empty++; w.empty > maxEmpty || got.next == "" {
			return w.stop("it says that there is more, and gives nothing")
		}
	}
	switch {
	case stuck:
		return w.around(got)
	case got.next != "" && !w.byDate:
		sum := maphash.String(w.seed, got.next)
		if w.used[sum] {
			w.stateful = true
			w.remark("it gives the same next for several pages")
		}
		w.used[sum] = true
		w.next, w.back = got.next, false
		return nil
	case got.last.IsZero():
		return w.stop("it says that there is more, with neither next nor the date of the last object")
	}
	w.byDates()
	return nil
}

// around leaves a circle: by dates if the server's next led into it, with a
// larger page if more objects share a date than one page holds.
func (w *walk) around(got sheet) error {
	switch {
	case w.next != "" && w.last.IsZero():
		return w.stop("it gives a page again where next should lead on, and no dates to go on by")
	case w.next != "":
		w.remark("its next leads back to a page that it gave before: going on by dates")
		w.byDates()
		w.byDate = true
		return nil
	case !got.first.IsZero() && !got.first.After(w.after):
		return w.stop("it gives a page again, whatever next and added_after ask for")
	case len(got.items) >= w.limit && w.limit < w.ceiling:
		w.limit = min(2*w.limit, w.ceiling)
		return nil
	}
	return w.stop(fmt.Sprintf("more than %d objects were added at the same date, and it gives no other way behind them", len(got.items)))
}

// byDates goes on behind the last object by its date.
func (w *walk) byDates() {
	w.next, w.after, w.back = "", w.behind(), !w.client.options.ExactDates
}

func (w *walk) stop(text string) error {
	return &StuckError{URL: bare(w.at), Text: text, After: w.last}
}

// remark tells each thing once in a walk.
func (w *walk) remark(text string) {
	if !w.told[text] && len(w.told) < maxRemarks {
		w.told[text] = true
		w.client.remark(w.at, text)
	}
}
