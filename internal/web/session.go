// SPDX-License-Identifier: Apache-2.0

package web

// This file signs people in and out.

import (
	"net/http"
	"net/netip"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
)

func (s *site) signInRoutes(mux *http.ServeMux) {
	mux.Handle("GET /signin", s.open(func(v *visit) error { return v.show("Sign in", signInPage(v)) }))
	mux.Handle("GET /signin/{secret}", s.open(s.signInOffer))
	mux.Handle("POST /signin/{secret}", s.open(s.signIn))
	mux.Handle("POST /signout", s.page(s.signOut))
}

// cookieName names the session's cookie after the node: browsers do not tell
// the ports of a host apart, and several nodes may run on one.
func cookieName(keyID string) string { return "tocsin-" + keyID[:min(12, len(keyID))] }

// signInOffer shows a link's one button. Whoever only looks at the link, such
// as a program that makes previews, does not spend it.
func (s *site) signInOffer(v *visit) error {
	return v.show("Sign in", signInOfferPage(v, v.r.PathValue("secret")))
}

func (s *site) signIn(v *visit) error {
	secret, person, err := s.desk.SignIn(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	v.setCookie(secret, int(desk.SessionFor.Seconds()))
	done := "signed-in"
	if len(person.Links) > 1 {
		done = "links" // somebody may have spent another one
	}
	http.Redirect(v.w, v.r, "/?done="+done, http.StatusSeeOther)
	return nil
}

func (s *site) signOut(v *visit) error {
	if err := s.desk.SignOut(v.r.Context(), v.who, v.secret()); err != nil {
		return err
	}
	v.setCookie("", -1)
	v.who = caller.Anyone()
	return v.show("Signed out", signedOutPage(v))
}

func (v *visit) setCookie(secret string, age int) {
	http.SetCookie(v.w, &http.Cookie{
		Name: v.site.cookie, Value: secret, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: v.secure(),
	})
}

// secret is the session's secret, empty without one.
func (v *visit) secret() string {
	cookie, err := v.r.Cookie(v.site.cookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// secure reports whether the request came by TLS, to us or to a proxy we know.
func (v *visit) secure() bool {
	if v.r.TLS != nil {
		return true
	}
	from, err := netip.ParseAddrPort(v.r.RemoteAddr)
	if err != nil || v.r.Header.Get("X-Forwarded-Proto") != "https" {
		return false
	}
	for _, proxy := range v.site.proxies {
		if proxy.Contains(from.Addr().Unmap()) {
			return true
		}
	}
	return false
}
