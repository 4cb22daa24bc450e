// SPDX-License-Identifier: Apache-2.0

package web

// This file says whose copy a text is that turned up somewhere.

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

func (s *site) traceRoutes(mux *http.ServeMux) {
	mux.Handle("GET /trace", s.page(s.traceForm))
	mux.Handle("POST /trace", s.post("trace", s.trace, s.traceForm))
}

func (s *site) traceForm(v *visit) error {
	if err := v.who.May(caller.Trace); err != nil {
		return err
	}
	v.section = "trace"
	return v.show("Trace a copy", tracePage(v, v.value("trace", "text", ""), nil))
}

// trace holds a text against every copy that was cut. The text is not kept.
func (s *site) trace(v *visit) (string, error) {
	text, err := v.fileOrText()
	if err != nil {
		return shown, err
	}
	v.section = "trace"
	var found []api.Traced
	err = v.watched("Trace a copy", task{
		doing: "Holding it against every copy", stop: "/trace",
		do: func(ctx context.Context, _ func(done, total int64)) (err error) {
			found, err = s.out.Trace(ctx, v.who, text)
			return err
		},
		found: func() templ.Component { return tracedPart(v, found) },
	}, func(part templ.Component) templ.Component { return tracePage(v, text, part) })
	return shown, besideField("text", err)
}
