// SPDX-License-Identifier: Apache-2.0

package web

// This file shows how far a restored node is with asking its partners, takes what
// people decide meanwhile, and says what stands open afterwards.

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
)

func (s *site) recoveryRoutes(mux *http.ServeMux) {
	mux.Handle("GET /recovery", s.page(s.recovery))
	mux.Handle("POST /recovery/by-hand", s.post("by-hand", s.recoverByHand, s.recovery))
	mux.Handle("POST /recovery/new-log", s.post("new-log", s.newLog, s.recovery))
	mux.HandleFunc("POST /recovery/{name}/without", func(w http.ResponseWriter, r *http.Request) {
		s.post(withoutForm(r.PathValue("name")), s.goWithout, s.recovery)(w, r)
	})
}

// withoutForm is the form by which one partner is not waited for: there may be
// several on a page.
func withoutForm(name string) string { return "without-" + name }

// recoveryView is everything that the page of a recovery shows.
type recoveryView struct {
	api.Recovery
	halted   bool
	partners []api.PartnerLine
}

func (s *site) recovery(v *visit) error {
	var r recoveryView
	var err error
	if r.Recovery, err = s.shelf.Recovery(v.r.Context(), v.who); err != nil {
		return err
	}
	heads, err := s.shelf.Heads(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	r.halted = heads.Halted
	if r.partners, err = s.shelf.Partners(v.r.Context(), v.who); err != nil {
		return err
	}
	v.section = "recovery"
	return v.show("Recovery", recoveryPage(v, r))
}

func (s *site) recoverByHand(v *visit) (string, error) {
	err := s.desk.RecoverByHand(v.r.Context(), v.who, v.input().text("why"))
	return "/recovery?done=recover", besideField("why", err)
}

func (s *site) newLog(v *visit) (string, error) {
	err := s.desk.NewLog(v.r.Context(), v.who, v.input().text("why"))
	return "/recovery?done=new-log", besideField("why", err)
}

func (s *site) goWithout(v *visit) (string, error) {
	err := s.desk.GoWithout(v.r.Context(), v.who, v.r.PathValue("name"), v.input().text("why"))
	return "/recovery?done=without", besideField("why", err)
}

// waitsFor reports whether the node waits for a partner's word.
func (r recoveryView) waitsFor(name string) bool { return slices.Contains(r.Waits, name) }

// ask are the partners that were restored themselves, and ask what we hold of them.
func (r recoveryView) ask() (all []api.PartnerLine) {
	for _, p := range r.partners {
		if !p.Asks.IsZero() {
			all = append(all, p)
		}
	}
	return all
}

// open is what still waits for people after a recovery, each with where it is done.
func (r recoveryView) open() (all []choice) {
	for _, p := range r.Partners {
		if p.Heard.IsZero() && p.Without != "" && p.Without != expelled {
			all = append(all, choice{"/carry/" + p.Partner, "Nothing passes between " + p.Partner + " and us before it has said what it holds of this node. If files alone reach it, one asks it."})
		}
		if p.Lost > 0 {
			all = append(all, choice{"/cases?partner=" + p.Partner, fmt.Sprintf("%s of ours to %s, that neither side holds any more: look what was said in these cases, and say again what is needed.", capital(plural(p.Lost, "message", "messages")), p.Partner)})
		}
		if p.Wrong {
			all = append(all, choice{"/partners/" + p.Partner, p.Partner + " showed what this node did not sign: an alarm says what. Call them."})
		}
	}
	for _, p := range r.partners {
		if r.ID != "" && p.Compare {
			all = append(all, choice{"/partners/" + p.Name, "The digits with " + p.Name + " became others: compare them at the next call."})
		}
	}
	return all
}

// expelled is why a partner is not asked.
const expelled = "expelled"

// regainedWords says what came of asking a partner.
func regainedWords(r api.Regained) string {
	switch {
	case !r.Heard.IsZero() && r.Ahead:
		return "It has seen more than was restored."
	case !r.Heard.IsZero():
		return "It has seen no more than was restored."
	case r.Without == expelled:
		return "It is expelled, and not asked."
	case r.Without != "":
		return "Left out by " + r.Without + ": " + r.Why
	case r.Failure != "":
		return "Not heard: " + r.Failure
	}
	return "It is being asked."
}

// regainedState is how far asking a partner came, in a word.
func regainedState(r api.Regained) string {
	switch {
	case !r.Heard.IsZero():
		return "answered"
	case r.Without == expelled:
		return expelled
	case r.Without != "":
		return "left out"
	}
	return "waits"
}
