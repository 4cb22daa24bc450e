// SPDX-License-Identifier: Apache-2.0

package web

// This file asks partners what they hold, and answers what they ask.

import (
	"net/http"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) inquiryRoutes(mux *http.ServeMux) {
	mux.Handle("GET /inquiries", s.page(s.inquiries))
	mux.Handle("GET /inquiries/{id}", s.page(s.oneInquiry))
	mux.Handle("POST /inquiries", s.post("inquiry", s.inquire, s.inquiries))
	mux.Handle("POST /duties/{id}/answer", s.post("answer", s.answerInquiry, s.duty))
}

func (s *site) inquiries(v *visit) error {
	all, err := s.shelf.Inquiries(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	v.section = "inquiries"
	v.handled(handling.Handling{TLP: handling.AmberStrict})
	return v.show("Questions", inquiriesPage(v, all, partners))
}

// oneInquiry shows what the list does not say of a question.
func (s *site) oneInquiry(v *visit) error {
	q, err := s.shelf.Inquiry(v.r.Context(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.section = "inquiries"
	v.handled(handling.Handling{TLP: handling.AmberStrict})
	return v.show("Question", oneInquiryPage(v, q))
}

func (s *site) inquire(v *visit) (string, error) {
	in := v.input()
	q := warning.Inquiry{
		Question: in.text("question"), Precedence: handling.Precedence(in.text("precedence")), AnswerBy: in.time("answer_by"),
	}
	if about := in.target(); about.Kind != "" || about.Name != "" || about.Place != (warning.Place{}) || len(about.Nationalities) > 0 {
		q.About = &about
	}
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.out.Inquire(v.r.Context(), v.who, in.text("partner"), q)
	return "/inquiries?done=inquiry", err
}

func (s *site) answerInquiry(v *visit) (string, error) {
	id := v.r.PathValue("id")
	_, err := s.out.AnswerInquiry(v.r.Context(), v.who, id)
	return "/duties/" + id + "?done=inquiry-answer", err
}

// asked are the questions of one side.
func asked(all []warning.KeptInquiry, ours bool) (some []warning.KeptInquiry) {
	for _, q := range all {
		if q.Ours == ours {
			some = append(some, q)
		}
	}
	return some
}

// opening is the question that opened a duty; nil if none did.
func (s *site) opening(v *visit, duty warning.Duty) (*warning.KeptInquiry, error) {
	if !duty.Asked() {
		return nil, nil
	}
	all, err := s.shelf.Inquiries(v.r.Context(), v.who)
	for i := range all {
		q := &all[i]
		if q.Ours || q.Partner != duty.Partner || q.Inquiry.ID != duty.Subject {
			continue
		}
		if q.Withheld != "" && duty.Withheld == "" { // its duty was opened, and so is it
			*q, err = s.shelf.Inquiry(v.r.Context(), v.who, q.Name())
		}
		return q, err
	}
	return nil, err
}
