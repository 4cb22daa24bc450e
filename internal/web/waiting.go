// SPDX-License-Identifier: Apache-2.0

package web

// This file lets a page say how far its work came while it is written, so that
// nobody waits without knowing for what. It needs no script: each line is written
// behind the one before, and the style shows the newest alone.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"
)

const (
	// patience is how long a page waits for work before it begins without it.
	patience = time.Second
	// progressPause is how often a page that waits says how far its work came.
	progressPause = 500 * time.Millisecond
)

// A task is work that a page waits for.
type task struct {
	doing string // such as Verifying
	of    string // what is counted, such as leaves; nothing is counted if it is empty
	stop  string // where a link leads that stops it; empty if it is not offered
	do    func(ctx context.Context, progress func(done, total int64)) error
	// found is what the page says when the work has ended well.
	found func() templ.Component
}

// underway is a task that was begun.
type underway struct {
	task
	began       time.Time
	done, total atomic.Int64
	ended       chan struct{}
	err         error // once it has ended
}

func (t task) begin(ctx context.Context) *underway {
	u := &underway{task: t, began: time.Now(), ended: make(chan struct{})}
	go func() {
		defer close(u.ended)
		u.err = t.do(ctx, func(done, total int64) { u.total.Store(total); u.done.Store(done) })
	}()
	return u
}

// words say how far it came.
func (u *underway) words(now time.Time) string {
	if total := u.total.Load(); u.of != "" && total > 0 {
		done := u.done.Load()
		return fmt.Sprintf("%s: %d of %d %s, %d %%.", u.doing, done, total, u.of, 100*done/total)
	}
	return fmt.Sprintf("%s … %d s", u.doing, int(now.Sub(u.began)/time.Second))
}

// watched shows a page with what a task finds in it. Work that ends at once is
// shown at once, and its failure is the page's own. For other work the page is sent
// as far as it can be, says how far the work came, and ends when it does. Whoever
// goes away stops it.
func (v *visit) watched(title string, t task, page func(part templ.Component) templ.Component) error {
	ctx, stop := context.WithCancel(v.r.Context())
	u := t.begin(ctx)
	defer func() { stop(); <-u.ended }()
	select {
	case <-u.ended:
		if u.err != nil {
			return u.err
		}
		return v.show(title, page(t.found()))
	case <-time.After(patience):
	}
	v.title = title
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("X-Accel-Buffering", "no")
	if err := page(v.watching(u)).Render(ctx, v.w); err != nil {
		v.site.log.Debug("the reader went away", "err", err)
	}
	return nil
}

// watching is the part of a page that is written while the work goes on.
func (v *visit) watching(u *underway) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		tell := time.NewTicker(progressPause)
		defer tell.Stop()
		said := ""
		for {
			if words := u.words(time.Now()); words != said {
				said = words
				if err := letSee(ctx, w, progressLine(words, u.stop)); err != nil {
					return err
				}
			}
			select {
			case <-u.ended:
				return v.ending(ctx, w, u)
			case <-tell.C:
			}
		}
	})
}

// ending is what was found, or why nothing was.
func (v *visit) ending(ctx context.Context, w io.Writer, u *underway) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var part templ.Component
	if u.err != nil {
		v.explain(u.err)
		part = trouble(v)
	} else {
		part = u.found()
	}
	var text bytes.Buffer
	if err := part.Render(ctx, &text); err != nil {
		return err
	}
	_, err := w.Write(plainly(text.Bytes()))
	return err
}

// letSee writes to a page that is not finished, and lets it be seen. templ has a
// buffer of its own in front of the connection.
func letSee(ctx context.Context, w io.Writer, part templ.Component) error {
	if err := part.Render(ctx, w); err != nil {
		return err
	}
	switch f := w.(type) {
	case interface{ Flush() error }:
		return f.Flush()
	case http.Flusher:
		f.Flush()
	}
	return nil
}
