// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the sheets of assurances and those there were, and takes new
// judgements.

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) assuranceRoutes(mux *http.ServeMux) {
	mux.Handle("GET /assurances", s.page(s.assurances))
	mux.Handle("GET /assurances/history", s.page(s.assuranceHistory))
	mux.Handle("POST /assurances", s.post("assurance", s.setAssurance, s.assurances))
}

// assurances lists the sheets, and offers the one that the address names to be
// judged anew.
func (s *site) assurances(v *visit) error {
	sheets, err := s.desk.Assurances(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	query := v.r.URL.Query()
	anew := api.Assurance{Assurance: warning.Assurance{Partner: query.Get("partner"), Country: query.Get("country")}}
	for _, sheet := range sheets {
		if sheet.Partner == anew.Partner && sheet.Country == anew.Country {
			anew = sheet
		}
	}
	v.section = "assurances"
	return v.show("Assurances", assurancesPage(v, sheets, anew, partners))
}

// assuranceHistory shows every sheet there was, on the partner and the country that
// the address names, or on all.
func (s *site) assuranceHistory(v *visit) error {
	query := v.r.URL.Query()
	partner, country := query.Get("partner"), query.Get("country")
	all, err := s.desk.AssuranceHistory(v.r.Context(), v.who, partner, country)
	if err != nil {
		return err
	}
	v.section = "assurances"
	return v.show("Sheets there were", sheetHistoryPage(v, partner, country, all))
}

// ofSheets is the address of something of the sheets on a partner and a country.
func ofSheets(path, partner, country string) string {
	return path + "?" + url.Values{"partner": {partner}, "country": {country}}.Encode()
}

// sheetState is whether a sheet still counts.
func sheetState(h warning.AssuranceHistory, now time.Time) string {
	switch {
	case !h.Replaced.IsZero():
		return "judged anew"
	case !now.Before(h.Expires.Time().AddDate(0, 0, 1)):
		return "expired"
	}
	return "in force"
}

func (s *site) setAssurance(v *visit) (string, error) {
	in := v.input()
	sheet, err := s.desk.SetAssurance(v.r.Context(), v.who, warning.Assurance{
		Partner: in.text("partner"), Country: strings.ToUpper(in.text("country")),
		IllTreatment: warning.Risk(in.text("ill_treatment")), DeathPenalty: warning.Risk(in.text("death_penalty")), Persecution: warning.Risk(in.text("persecution")),
		Given: in.text("given"), Basis: in.text("basis"), Expires: warning.Date(in.text("expires")),
	})
	if sheet.Waits != "" {
		return "/assurances?done=assurance-waits", err
	}
	return "/assurances?done=assurance", err
}

// sheetLabel is what a sheet is called before its partner is named.
func sheetLabel(a api.Assurance) string {
	if a.Waits != "" {
		return "The sheet that waits, on "
	}
	return "The sheet on "
}

// dayAgain is the day with which judging begins: that of the sheet that waits, as
// the second person must judge the same; of one that holds it is to be thought over.
func dayAgain(a api.Assurance) string {
	if a.Waits == "" {
		return ""
	}
	return string(a.Expires)
}

// risks are the words for how somebody may fare, with what each means.
var risks = []choice{
	{string(warning.RiskNone), "none: no real risk is known"},
	{string(warning.RiskAssured), "assured: there was one, and the partner's words meet it"},
	{string(warning.RiskReal), "real: persons are not named"},
}
