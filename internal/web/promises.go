// SPDX-License-Identifier: Apache-2.0

package web

// This file shows, gives and ends pledges, and sets and ends watches.

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) promiseRoutes(mux *http.ServeMux) {
	mux.Handle("GET /pledges", s.page(s.pledges))
	mux.Handle("POST /pledges", s.post("pledge", s.pledge, s.pledges))
	mux.Handle("POST /pledges/{id}/end", s.post("end-pledge", s.endPledge, s.pledges))
	mux.Handle("GET /watches", s.page(s.watches))
	mux.Handle("POST /watches", s.post("watch", s.watch, s.watches))
	mux.Handle("POST /watches/{id}/end", s.post("end-watch", s.endWatch, s.watches))
}

func (s *site) pledges(v *visit) error {
	pledges, err := s.shelf.Pledges(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	slices.SortStableFunc(pledges, func(a, b warning.KeptPledge) int {
		return cmp.Or(cmp.Compare(a.Partner, b.Partner), b.Pledge.At.Compare(a.Pledge.At))
	})
	v.section = "pledges"
	return v.show("Pledges", pledgesPage(v, pledges, partners))
}

func (s *site) pledge(v *visit) (string, error) {
	in := v.input()
	pledge := warning.Pledge{
		Places: in.codes("places"), Nationals: in.codes("nationals"), Organisations: in.lines("organisations"), Words: in.lines("words"),
		Sectors: in.words("sectors"), Events: in.lines("events"),
		Text: in.text("text"), From: warning.Date(in.text("from")), Until: warning.Date(in.text("until")),
	}
	pledge.Cities, pledge.Areas = in.onMap()
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.out.Pledge(v.r.Context(), v.who, in.text("partner"), pledge)
	return "/pledges?done=pledge", err
}

// onMap reads the cities and areas of a form, one a line.
func (in *input) onMap() (cities []warning.City, areas []warning.Area) {
	for _, line := range in.lines("cities") {
		cities = append(cities, warning.ParseCity(line))
	}
	for _, line := range in.lines("areas") {
		area, err := warning.ParseCircle(line)
		if err != nil {
			in.wrong = append(in.wrong, "areas: "+err.Error())
		}
		areas = append(areas, area)
	}
	return cities, areas
}

// given are the pledges of one side.
func given(pledges []warning.KeptPledge, ours bool) (all []warning.KeptPledge) {
	for _, p := range pledges {
		if p.Ours == ours {
			all = append(all, p)
		}
	}
	return all
}

func (s *site) watches(v *visit) error {
	watches, err := s.shelf.Watches(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	slices.SortStableFunc(watches, func(a, b warning.Watch) int { return b.Until().Compare(a.Until()) })
	duties, err := s.shelf.Duties(v.r.Context(), v.who, true)
	if err != nil {
		return err
	}
	v.section = "watches"
	return v.show("Watches", watchesPage(v, watches, duties, monthOf(v.r.URL.Query().Get("month"), watches, v.now)))
}

func (s *site) watch(v *visit) (string, error) {
	in := v.input()
	watch := warning.Watch{
		Event: in.text("event"), Places: in.codes("places"), Words: in.lines("words"), Window: in.window(),
		Raise: handling.Precedence(in.text("raise_to")),
	}
	watch.Cities, watch.Areas = in.onMap()
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.desk.SetWatch(v.r.Context(), v.who, watch)
	return "/watches?done=watch", err
}

func (s *site) endPledge(v *visit) (string, error) {
	_, err := s.out.EndPledge(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("reason"))
	return "/pledges?done=end-pledge", err
}

func (s *site) endWatch(v *visit) (string, error) {
	_, err := s.desk.EndWatch(v.r.Context(), v.who, v.r.PathValue("id"), v.input().text("reason"))
	return "/watches?done=end-watch", err
}
