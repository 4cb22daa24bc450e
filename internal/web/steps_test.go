// SPDX-License-Identifier: Apache-2.0

package web_test

// This file plays by pages what happens to a channel and to what was sent over
// it: recalls, corrections, disputes, partings, people who go.

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
)

func TestWhatWasSentIsCorrectedRecalledAndDisputedByPages(t *testing.T) {
	s := play(t)
	alpha, bravo := s.alpha, s.bravo
	ruth, dana := alpha.people["ruth"], bravo.people["dana"]
	bravo.heard("alpha", 2+3)

	settle := url.Values{"about": {"Who found the garage"}, "view": {"We were there at noon."}}
	p := bravo.people["ruth"].get(s.bravoCase)
	for _, option := range all(p.form(s.bravoCase+"/dispute"), "select[name=to] option") {
		if strings.HasPrefix(attr(option, "value"), "dispute--") {
			settle.Set("to", attr(option, "value"))
		}
	}
	bravo.people["ruth"].submit(s.bravoCase, s.bravoCase+"/dispute", settle)
	alpha.heard("bravo", 1+5)
	p = ruth.get(s.alphaCase)
	if views := p.all(".views section"); len(views) != 2 || len(all(views[0], "article")) != 1 || len(all(views[1], "article")) != 1 {
		t.Errorf("the views do not stand beside each other: %d", len(views))
	}

	correction := alpha.people["ines"].submit(s.alphaCase+"/correct", s.alphaCase+"/correct", url.Values{
		"change": {"The day was wrong."}, "window.start": {"2017-12-17"}, "window.end": {"2017-12-17"},
		"text.bravo": {strings.Replace(bravoText, "16 December", "17 December", 1)},
	}).want("main .notice", "exactly what would leave")
	draft, _, _ := strings.Cut(correction.path, "?")
	ruth.submit(draft, draft+"/release", nil)
	alpha.people["omar"].submit(draft, draft+"/release", nil).want("main .notice", "Released")
	bravo.heard("alpha", 2+4)
	p = dana.get(s.bravoCase)
	p.want("h2", "version 2").want(".message", "The day was wrong.").want("details.earlier summary", "1 earlier version")
	if first := text(p.all("ol.thread li.message")[0]); !strings.Contains(first, "17 December") {
		t.Errorf("the newest version is not on top: %s", first)
	}

	ruth.submit(s.alphaCase, s.alphaCase+"/recall", url.Values{"reason": {" "}}).refused(422, "not complete")
	ruth.submit(s.alphaCase, s.alphaCase+"/recall", url.Values{"reason": {"It named a source."}}).want("main .notice", "recall is on its way")
	bravo.heard("alpha", 2+6) // one for each version
	dana.get("/").want("h2", "Recalls")
	p = dana.get("/recalls").want("section h3", "alpha asks us to destroy")
	answer := func(p *page) string {
		for _, form := range p.all("form[action]") {
			if action := attr(form, "action"); strings.HasPrefix(action, "/recalls/") {
				return action
			}
		}
		t.Fatal("no recall can be answered")
		return ""
	}
	form := answer(p)
	dana.submit("/recalls", form, url.Values{"answer": {"refused"}}).refused(422, "not complete")
	dana.submit("/recalls", form, url.Values{"answer": {"destroyed"}}).refused(422, "for good")
	dana.submit("/recalls", form, url.Values{"answer": {"destroyed"}, "sure": {"yes"}}).want(".message .nothing", "The text was erased")
	p = dana.submit("/recalls", answer(dana.get("/recalls")), url.Values{"answer": {"refused"}, "reason": {"The court has it."}}).want(".card", "The court has it.")
	p.want(".card", "destroyed")
	dana.get("/recalls").want("main", "No partner waits for an answer of ours")
	alpha.heard("bravo", 1+7)
	ruth.get(s.alphaCase).want(".card", "destroyed").want(".card", "refused")
}

func TestADossierAndStepsAreFiles(t *testing.T) {
	s := play(t)
	p := s.alpha.people["vera"].get(s.alphaCase)
	step := ""
	for _, a := range p.all("a[download]") {
		if strings.HasSuffix(attr(a, "href"), "/step") {
			step = attr(a, "href")
		}
	}
	if file := s.alpha.people["vera"].get(step); file.status != 200 || !strings.HasPrefix(string(file.body), "c2sp.org/tlog-proof") {
		t.Errorf("%q is no receipt of a step: %d %.60s", step, file.status, file.body)
	}
	if p := s.alpha.people["ines"].get(s.alphaCase + "/dossier"); p.status != 403 {
		t.Errorf("an analyst takes a dossier: %d", p.status)
	}
	for query, holds := range map[string]bool{"": false, "?text=yes": true} {
		file := s.alpha.people["vera"].get(s.alphaCase + "/dossier" + query)
		if file.status != 200 || strings.Contains(string(file.body), "payload\":") != holds {
			t.Errorf("dossier%s: %d %.300s", query, file.status, file.body)
		}
	}
}

// A partner's words that are not for a court leave for a purpose that the page offers.
func TestADossierNotForCourtIsOfferedByPurpose(t *testing.T) {
	s := play(t)
	ruth := s.bravo.people["ruth"]
	if p := ruth.get(s.bravoCase + "/dossier?text=yes"); p.status != 403 {
		t.Errorf("for no purpose: %d", p.status)
	}
	offers := map[string]int{}
	for _, a := range ruth.get(s.bravoCase).all("a[download]") {
		if href := attr(a, "href"); strings.Contains(href, "/dossier?text=yes") {
			offers[href] = ruth.get(href).status
		}
	}
	for purpose, want := range map[string]int{"court": 403, "oversight": 200, "records": 200, "dispute": 200} {
		if got := offers[s.bravoCase+"/dossier?text=yes&purpose="+purpose]; got != want {
			t.Errorf("for %s: %d, want %d", purpose, got, want)
		}
	}
	if len(offers) != len(handling.FilePurposes()) {
		t.Errorf("offered: %v", offers)
	}
}

func TestAPartnerIsFrozenUnfrozenAndItsKeysDistrusted(t *testing.T) {
	alpha, _ := pair(t)
	dana, path := alpha.people["dana"], "/partners/bravo"
	dana.submit(path, path+"/state", url.Values{"state": {"frozen"}, "why": {"The evidence is read."}}).
		want(".state", "frozen").want("dd", "active").want("label", "as it was before it was frozen")
	dana.submit(path, path+"/state", url.Values{"state": {"unfreeze"}, "why": {"It is read."}}).want(".title .state", "active")
	dana.submit("/partners", "/freeze", url.Values{"why": {""}}).refused(422, "reason")
	dana.submit("/partners", "/freeze", url.Values{"why": {"A raid on the office."}}).want("td .state", "frozen")
	dana.submit("/partners", "/unfreeze", url.Values{"why": {"It was a drill."}}).want("td .state", "active")
	dana.submit(path, path+"/key-stolen", url.Values{"since": {""}, "why": {"They called."}}).refused(422, "date")
	dana.submit(path, path+"/key-stolen", url.Values{"since": {"2026-01-02"}, "why": {"Their officer called."}}).
		want("td", "Their officer called.").want(".notice.care", "Ask for new keys")
	if alpha.people["ada"].get(path).form(path+"/confirm") != nil {
		t.Error("the digits of stolen keys can be confirmed")
	}
	if dana.get(path).form(path+"/key-safe") != nil {
		t.Error("a duty officer withdraws the report")
	}
	alpha.people["ada"].submit(path, path+"/key-safe", url.Values{"why": {""}}).refused(422, "reason")
	alpha.people["ada"].submit(path, path+"/key-safe", url.Values{"why": {"It was another node."}}).
		want("p.quiet", "It was another node.").want(".notice.care", "Compare the digits at the next call")
	if alpha.people["ada"].get(path).form(path+"/confirm") == nil {
		t.Error("the digits cannot be confirmed")
	}
	alpha.people["vera"].get("/keys").want("dd", alpha.card.KeyID())
	if p := dana.get("/keys"); p.status != 403 {
		t.Errorf("a duty officer sees the keys' page: %d", p.status)
	}
	alpha.people["ada"].submit("/keys", "/keys/compromised", url.Values{"reason": {"A laptop is gone."}}).refused(422, "date")
	dana.submit("/heard", "/heard", url.Values{"lines": {"12345 12345 12345 12345 12345\n99999"}}).refused(422, "line 1 does not fit")
}

func TestPeopleAndToolsGo(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	ada := alpha.people["ada"]
	ada.submit("/people/ines", "/people/ines/roles", url.Values{"roles": {"analyst", "overseer"}}).want("td", "analyst, overseer")
	if p := ada.submit("/people/ada", "/people/ada/remove", nil); p.status != 409 {
		t.Errorf("the last administrator goes: %d", p.status)
	}
	ada.submit("/people/ines", "/people/ines/remove", nil).want(".notice", "every sign-in has ended")
	if p := alpha.people["ines"].get("/"); p.status != 403 {
		t.Errorf("who left still looks at the board: %d", p.status)
	}
	who, err := alpha.desk.Authenticate(t.Context(), secretOf(ada))
	must(t, err)
	_, err = alpha.desk.AddToken(t.Context(), who, "siem")
	must(t, err)
	ada.submit("/people", "/tokens/siem/revoke", nil).want("main", "No tool has a token")
	for _, path := range []string{"/people/dana", "/people"} {
		for _, form := range alpha.people["vera"].get(path).all("form") {
			if action := attr(form, "action"); action != "/signout" {
				t.Errorf("the overseer is offered %s", action)
			}
		}
	}
}

// secretOf is the session's secret of a browser.
func secretOf(b *browser) string {
	b.Helper()
	address, err := url.Parse(b.base)
	must(b.T, err)
	return b.client.Jar.Cookies(address)[0].Value
}

func TestWhatTurnsTheDirectionOfWritingIsShown(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.add("dana", "Duty \u202eofficer\u2066 2\u200b\ufe0f\U000e0145\u3164", "duty-officer")
	p := n.people["ada"].get("/people")
	for _, sign := range []string{"U+202E", "U+2066", "U+200B", "U+FE0F", "U+E0145", "U+3164"} {
		p.want("td .sign", sign)
	}
	if strings.ContainsAny(string(p.body), "\u202e\u2066\u200b\ufe0f\U000e0145\u3164") {
		t.Error("what turns the direction of writing stands in the page")
	}
}

// How far it came is said where it takes longer: see [TestAPageSaysHowFarItsWorkCame].
func TestVerifyingShowsWhatItFound(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.people["ada"].submit("/ledger", "/ledger/verify", nil).want(".progressing section h2", "Everything verifies").wellMade("ada")
}
