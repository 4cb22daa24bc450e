// SPDX-License-Identifier: Apache-2.0

package web_test

// This file tests who sees what, what a page must have, and that bad input
// loses nothing.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// paths are every page that can be opened, with and without what it asks for.
func (s *story) paths() []string {
	some := s.alpha.people["ruth"].get(s.alphaCase)
	receiptPath, messagePath := some.link("/receipts/"), some.link("/messages/")
	public := s.alpha.people["ruth"].get("/public").link("/public/statement--")
	return []string{
		"/", "/board", "/cases", "/cases?partner=bravo", s.alphaCase, "/cases/none", "/warnings", "/warnings/new", "/warnings/new?duty=none",
		"/warnings/new?source=" + strings.TrimPrefix(s.source, "/sources/"), s.draft, s.draft + "/edit", "/warnings/none", "/warnings/none/edit",
		"/sources", "/sources/new", s.source, "/sources/none", "/duties", s.duty, "/duties/none", "/figures", "/figures?year=2026&public=yes", "/figures?year=x", "/pledges", "/reciprocity", "/reciprocity?partner=bravo&from=2026-01-01", "/reciprocity?until=x", "/reciprocity.csv", "/reciprocity.json", "/watches", "/watches?month=2031-05", "/statements", "/read",
		"/recalls", "/recalls?all=yes", s.alphaCase + "/correct", s.alphaCase + "/dossier", "/cases/none/correct", "/cases/none/dossier", "/heard", "/keys",
		"/keys/history", "/people/ines", "/people/none", "/policy", "/policy/" + s.policyHash(), "/policy/none", "/retention", "/retention?all=yes",
		"/retention/" + strings.TrimPrefix(s.alphaCase, "/cases/"), "/retention/" + strings.TrimPrefix(s.draft, "/warnings/"), "/retention/none", "/retention/rules",
		"/assurances", "/assurances?partner=bravo&country=RU", "/assurances/history", "/assurances/history?partner=bravo&country=RU", "/doubted", "/doubted?all=yes", "/inquiries", "/inquiries/none", "/statements/none", "/heard/none", "/trace", "/feeds", "/feeds/none", "/ledger/cosigned", "/ledger/heads/bravo", "/ledger/heads/none", "/ledger/forks/none", receiptPath + "/step",
		"/recovery", "/carry", "/carry/bravo", "/carry/none", "/backup", "/permissions", "/permissions?all=yes", "/permissions/none", s.alphaCase + "/permission", "/cases/none/permission",
		"/reads", "/reads?by=dana", "/reads?since=x", "/reads?kind=x", "/reads.csv", "/redress", "/redress/none", "/overseers", "/accounts",
		"/partners", "/partners/bravo", "/partners/none", "/people", "/log", "/log?before=5", "/log?before=x", "/ledger", "/signin", "/signin/none",
		"/public", public, public + ".cap", "/public/none", "/public/feed.atom", receiptPath, messagePath, messagePath + "?header=only",
		"/receipts/none", "/messages/none", "/no/such/page", "/static/none",
	}
}

// policyHash is that of the policy in force.
func (s *story) policyHash() string {
	p, err := s.alpha.shelf.Policy(s.alpha.Context(), overseer, "")
	must(s.alpha.T, err)
	return p.Hash
}

func TestEveryPageForEveryRole(t *testing.T) {
	s := play(t)
	visitors := map[string]*browser{"stranger": s.alpha.browse()}
	for name, b := range s.alpha.people {
		visitors[name] = b
	}
	for name, b := range visitors {
		for _, path := range s.paths() {
			p := b.get(path)
			if p.status >= 500 {
				t.Errorf("%s, %s: %d", name, path, p.status)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
			} {
				if got := p.header.Get(header); got != want {
					t.Errorf("%s, %s: %s is %q", name, path, header, got)
				}
			}
			if kept := p.header.Get("Cache-Control"); kept != "no-store" && !strings.HasPrefix(path, "/public") {
				t.Errorf("%s, %s: Cache-Control is %q", name, path, kept)
			}
			if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && path != "/board" {
				p.wellMade(name)
			}
		}
	}
}

// wellMade fails on a page that a person with a keyboard or a reader could not use.
func (p *page) wellMade(who string) {
	p.Helper()
	for _, one := range []string{"html[lang]", "head title", "main#main", "body h1", "a.skip[href=#main]"} {
		if n := len(p.all(one)); n != 1 {
			p.Errorf("%s, %s: %d of %s", who, p.path, n, one)
		}
	}
	labelled := make(map[string]bool)
	for _, label := range p.all("label[for]") {
		labelled[attr(label, "for")] = true
	}
	ids := make(map[string]bool)
	for n := range p.document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") && a.Key != "open" {
				p.Errorf("%s, %s: <%s %s>, which the policy forbids", who, p.path, n.Data, a.Key)
			}
		}
		if n.Data == "script" && n.FirstChild != nil || n.Data == "style" {
			p.Errorf("%s, %s: an inline %s", who, p.path, n.Data)
		}
		if value, has := attribute(n, "id"); has {
			if ids[value] {
				p.Errorf("%s, %s: two elements called %s", who, p.path, value)
			}
			ids[value] = true
		}
		switch kind := attr(n, "type"); {
		case n.Data != "input" && n.Data != "textarea" && n.Data != "select", kind == "hidden":
		case kind == "checkbox" || kind == "radio":
			if n.Parent.Data != "label" {
				p.Errorf("%s, %s: %s has no label", who, p.path, attr(n, "name"))
			}
		case !labelled[attr(n, "id")]:
			p.Errorf("%s, %s: %s has no label", who, p.path, attr(n, "name"))
		}
	}
	for _, n := range p.all("[aria-describedby]") {
		for each := range strings.FieldsSeq(attr(n, "aria-describedby")) {
			if !ids[each] {
				p.Errorf("%s, %s: described by %s, which is not there", who, p.path, each)
			}
		}
	}
}

func TestWhoSeesWhat(t *testing.T) {
	s := play(t)
	for _, row := range []struct {
		who, path string
		status    int
	}{
		{"ada", "/", 200}, {"ada", "/cases", 403}, {"ada", s.alphaCase, 403}, {"ada", s.draft, 403}, {"ada", s.source, 403}, {"ada", "/duties", 403},
		{"ada", "/statements", 403}, {"ada", "/people", 200}, {"ada", "/log", 200}, {"ada", "/partners/bravo", 200}, {"ada", "/read", 403},
		{"vera", s.alphaCase, 200}, {"vera", s.draft, 200}, {"vera", s.source, 200}, {"vera", "/log", 200}, {"vera", "/people", 200}, {"vera", "/read", 403},
		{"ines", "/people", 403}, {"ines", "/log", 403}, {"ines", s.draft, 200}, {"dana", "/log", 403}, {"ruth", "/ledger", 200},
	} {
		if p := s.alpha.people[row.who].get(row.path); p.status != row.status {
			t.Errorf("%s, %s: %d, want %d", row.who, row.path, p.status, row.status)
		}
	}
	for _, path := range []string{"/", "/cases", s.alphaCase, s.draft, s.source, "/people", "/events", "/board"} {
		p := s.alpha.browse().get(path)
		if p.status != 403 || !p.says("h1", "Sign in") || p.says("body", "Cathedral") {
			t.Errorf("a stranger, %s: %d", path, p.status)
		}
	}
	board := s.alpha.people["ada"].get("/")
	for _, word := range []string{"Cathedral", "Garage", "Final tournament"} {
		if board.says("body", word) {
			t.Errorf("the administrator's board says %s", word)
		}
	}
	for _, path := range []string{"/", "/cases", s.alphaCase, s.draft, s.source, s.duty, "/pledges", "/watches", "/statements", "/partners/bravo", "/people"} {
		for _, form := range s.alpha.people["vera"].get(path).all("form") {
			if action := attr(form, "action"); action != "/signout" {
				t.Errorf("the overseer is offered %s at %s", action, path)
			}
		}
	}
	for action, values := range map[string]url.Values{
		s.alphaCase + "/thank": {"text": {"x"}}, "/watches": {"event": {"x"}}, "/people": {"name": {"eve"}, "roles": {"releaser"}},
		"/partners/bravo/state": {"state": {"expelled"}, "why": {"x"}}, s.draft + "/withdraw": {}, "/partners/invite": {}, "/sources/new": {"title": {"x"}},
	} {
		if p := s.alpha.people["vera"].post(action, values); p.status != 403 {
			t.Errorf("the overseer posts to %s: %d", action, p.status)
		}
	}
}

func TestBadInputLosesNothing(t *testing.T) {
	alpha, _ := pair(t)
	typed := typedWarning("A warning in our own words, typed at three in the morning.")
	typed.Set("probability", "")
	typed.Set("purpose", "  ")
	typed.Set("target.place.region", "Leningrad")
	p := alpha.people["ines"].submit("/warnings/new", "/warnings/new", typed).refused(422, "not complete")
	kept := offered(p.form("/warnings/new"))
	for name, want := range typed {
		if diff := cmp.Diff(want, kept[name]); diff != "" {
			t.Errorf("%s was lost: %s", name, diff)
		}
	}
	for field, words := range map[string]string{"compose-purpose": "must be said", "compose-target-place-region": "ISO 3166-2", "compose-probability": "probable"} {
		if !strings.Contains(text(p.one("p#"+field+"-wrong")), words) || attr(p.one("#"+field), "aria-invalid") != "true" {
			t.Errorf("%s is not marked", field)
		}
	}
	typed.Set("window.start", "soon")
	typed.Set("objects", `{"type": "indicator",`)
	p = alpha.people["ines"].submit("/warnings/new", "/warnings/new", typed).refused(422, "cannot be read")
	if !p.says("p#compose-window-start-wrong", "UTC") || len(p.all("p#compose-objects-wrong")) != 1 {
		t.Error("what cannot be read is not marked")
	}
	p = alpha.people["ada"].submit("/people", "/people", url.Values{"name": {"Eve Adams"}, "title": {"Analyst 9"}, "roles": {"analyst", "overseer"}}).refused(422, "sign-in name")
	if got := offered(p.form("/people")); got.Get("name") != "Eve Adams" || len(got["roles"]) != 2 {
		t.Errorf("the person's form kept %v", got)
	}
}

func TestTwoPeopleReleaseWhatBothSaw(t *testing.T) {
	alpha, bravo := pair(t)
	ines, ruth, omar := alpha.people["ines"], alpha.people["ruth"], alpha.people["omar"]
	composed := ines.submit("/warnings/new", "/warnings/new", typedWarning(bravoText)).want("main", "Two different people")
	draft, _, _ := strings.Cut(composed.path, "?")
	if composed.form(draft+"/release") != nil {
		t.Error("an analyst is offered a release")
	}
	seen := offered(ruth.get(draft).form(draft + "/release"))
	ruth.submit(draft, draft+"/release", nil).want(".notice", "second, different person must release it")
	if again := ruth.get(draft); again.form(draft+"/release") != nil || !again.says("main", "Ask another releaser") {
		t.Error("the first person is offered the second release")
	}
	ruth.post(draft+"/release", seen).refused(403, "second person")
	edited := typedWarning("Other words than those that were approved.")
	ines.submit(draft+"/edit", draft+"/edit", edited).want("main", "Two different people")
	omar.post(draft+"/release", seen).refused(409, "not what you saw")
	if p, err := alpha.shelf.Partner(t.Context(), overseer, "bravo"); err != nil || p.Sent != 1 {
		t.Errorf("after no release alpha had sent %d messages: %v", p.Sent, err)
	}
	ruth.submit(draft, draft+"/exigent", url.Values{"reason": {""}}).refused(422, "needs a reason")
	ruth.submit(draft, draft+"/exigent", url.Values{"reason": {"The train leaves at noon."}}).want(".notice", "Another releaser must review it")
	if ruth.get(draft).form(draft+"/review") != nil {
		t.Error("who released it alone is offered its review")
	}
	omar.submit(draft, draft+"/review", url.Values{"finding": {"It was right."}}).want("main", "Reviewed by omar")
	bravo.heard("alpha", 2)
}

func TestALeakIsShownWhereItStands(t *testing.T) {
	alpha, _ := pair(t)
	source := alpha.keepReport("ines").path
	source, _, _ = strings.Cut(source, "?")
	p := alpha.people["ines"].submit("/warnings/new", "/warnings/new", withSource(source, typedWarning(leakedText)))
	p.want(".leaks li", "repeats report").want(".leaves mark", "rented garage behind the bus depot").want(".notice.bad", "cannot be released")
	p.want(".home dd", "LANTERN")
	if p.form(strings.Split(p.path, "?")[0]+"/release") != nil || alpha.people["ruth"].get(p.path).form(strings.Split(p.path, "?")[0]+"/release") != nil {
		t.Error("a release is offered of what leaks")
	}
}

func TestWhatIsShownIsLabelledAboveAndBelow(t *testing.T) {
	s := play(t)
	for path, label := range map[string]string{s.alphaCase: "TLP:AMBER+STRICT", s.draft: "TLP:RED", s.source: "TLP:RED"} {
		p := s.alpha.people["vera"].get(path)
		column := p.one("div.column")
		var order []string
		for c := range column.ChildNodes() {
			if c.Type == html.ElementNode {
				order = append(order, c.Data+" "+attr(c, "class"))
			}
		}
		if diff := cmp.Diff([]string{"div handling", "main ", "div handling"}, order); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		for _, bar := range p.all("div.handling .tlp") {
			if text(bar) != label {
				t.Errorf("%s: labelled %q", path, text(bar))
			}
		}
	}
	for _, message := range s.alpha.people["vera"].get(s.alphaCase).all("li.message") {
		if len(all(message, "p.line .tlp")) != 1 {
			t.Errorf("a message without its label: %s", text(message))
		}
	}
}

func TestReceiptsAreFilesThatVerify(t *testing.T) {
	s := play(t)
	p := s.alpha.people["ada"].get("/log")
	if p.status != 200 {
		t.Fatal(p.status)
	}
	path := s.alpha.people["ruth"].get(s.alphaCase).link("/receipts/")
	file := s.alpha.people["ada"].get(path)
	parsed, err := receipt.Parse(file.body)
	must(t, err)
	bravo := s.bravo.card
	must(t, parsed.Verify(receipt.Keys{Sign: bravo.Public(), Log: bravo.Log}))
	if !strings.Contains(file.header.Get("Content-Disposition"), "attachment") {
		t.Error("a receipt is not a file to keep")
	}
	s.alpha.people["vera"].submit("/ledger", "/ledger/verify", nil).want("section h2", "Everything verifies").want("dt", "Receipts")
}

func TestChannelsArePartedByAPage(t *testing.T) {
	alpha, _ := pair(t)
	path := "/partners/bravo"
	dana := alpha.people["dana"]
	for _, words := range []string{"only threats to life leave", "nothing leaves", "dropped, visibly"} {
		if !dana.get(path).says("label", words) {
			t.Errorf("no state is explained by %q", words)
		}
	}
	p := dana.submit(path, path+"/state", url.Values{"state": {"suspended"}}).refused(422, "reason")
	if chosen := offered(p.form(path + "/state")); chosen.Get("state") != "suspended" {
		t.Errorf("the choice was lost: %v", chosen)
	}
	dana.submit(path, path+"/state", url.Values{"state": {"suspended"}, "why": {"Talks were broken off."}}).want("dd", "Talks were broken off.").want(".state", "suspended")
	digits := alpha.people["ada"].get(path).all("ol.digits li")
	if len(digits) != 12 {
		t.Errorf("%d groups of digits", len(digits))
	}
	alpha.people["ada"].submit(path, path+"/state", url.Values{"state": {"expelled"}, "why": {"Keys were lost."}})
	alpha.people["ada"].submit(path, path+"/state", url.Values{"state": {"active"}, "why": {"New keys were shown."}}).want(".notice.care", "compare the 60 digits")
	alpha.people["ada"].submit(path, path+"/confirm", url.Values{"digits": {"12345"}}).refused(422, "not the 60 digits")
}

func TestAWaiverNeedsASecondOfficer(t *testing.T) {
	alpha, _ := pair(t)
	dana, ruth, omar := alpha.people["dana"], alpha.people["ruth"], alpha.people["omar"]
	opened := ruth.submit("/duties", "/duties", url.Values{"partner": {"bravo"}, "title": {"Rumour about a stadium"}, "precedence": {"ROUTINE"}})
	duty, _, _ := strings.Cut(opened.path, "?")
	dana.submit(duty, duty+"/decide", url.Values{"choice": {"waive"}, "justification": {"They know."}}).refused(422, "not complete")
	dana.submit(duty, duty+"/assess", url.Values{"credible": {"yes"}}).refused(422, "not complete")
	dana.submit(duty, duty+"/assess", url.Values{"credible": {"yes"}, "credible.reason": {"Two sources."}, "specific": {"yes"}, "specific.reason": {"The stadium is named."},
		"impending": {"no"}, "impending.reason": {"No time is known."}, "threat_type": {"mass_casualty_attack"}, "target.kind": {"structure"}, "target.name": {"The stadium"}}).
		want("#assessment", "the threshold is not met")
	ruth.submit(duty, duty+"/decide", url.Values{"choice": {"waive"}, "ground": {"victim_already_aware"}, "justification": {"They know."}}).
		want(".notice.care", "second officer")
	if ruth.get(duty).form(duty+"/affirm") != nil {
		t.Error("who proposed the waiver may affirm it")
	}
	values := url.Values{"affirmed": {"yes"}}
	ruth.post(duty+"/affirm", values).refused(403, "second officer")
	omar.submit(duty, duty+"/affirm", values).want(".title .state", "waived")
}

func TestStaticFilesAreKeptAndNamedByTheirHash(t *testing.T) {
	n := newNode(t, "alpha", "US")
	p := n.browse().get("/signin")
	for _, path := range []string{attr(p.one("link[rel=stylesheet]"), "href"), attr(p.one("script[src]"), "src")} {
		file := n.browse().get(path)
		if file.status != http.StatusOK || file.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || len(file.body) == 0 {
			t.Errorf("%s: %d, %q", path, file.status, file.header.Get("Cache-Control"))
		}
	}
}
