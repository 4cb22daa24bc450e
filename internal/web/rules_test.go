// SPDX-License-Identifier: Apache-2.0

package web_test

// This file decides by pages what may leave, until when things are kept, and to
// whom persons may be named.

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// closed forbids what the shipped policy lets out.
const closed = "\n@id(\"no-cathedrals\")\n@says(\"nothing about Russia leaves\")\nforbid (principal is Partner, action == Action::\"send\", resource is Warning)\nwhen { resource.country == \"RU\" };\n"

// typedPolicy is the text that the page offers, with one more rule.
func typedPolicy(b *browser, more string) url.Values {
	b.Helper()
	form := b.get("/policy").form("/policy/compare")
	if form == nil {
		form = b.get("/policy").form("/policy/propose")
	}
	return url.Values{"text": {offered(form).Get("text") + more}, "why": {"Talks were broken off."}}
}

// A policy is proposed by one person and approved by another, and both have seen
// before what would leave differently.
func TestAPolicyIsChangedByTwoPeopleWhoSawTheDifference(t *testing.T) {
	alpha, _ := pair(t)
	ines, ruth, omar := alpha.people["ines"], alpha.people["ruth"], alpha.people["omar"]
	ines.submit("/warnings/new", "/warnings/new", typedWarning(bravoText))
	ines.get("/policy").want("summary", "A warning leaves for a partner").want("td", "the channel is frozen: nothing leaves").want(".title .state", "shipped")
	for _, form := range ines.get("/policy").all("form") {
		if action := attr(form, "action"); action != "/signout" {
			t.Errorf("an analyst is offered %s", action)
		}
	}

	typed := typedPolicy(ruth, closed)
	ruth.post("/policy/propose", typed).refused(409, "was not shown for this text")
	seen := ruth.submit("/policy", "/policy/compare", typed).want("h3", "Would not leave any more").want("td", "nothing about Russia leaves").want("td", "1 open draft")
	form := seen.form("/policy/propose")
	if form == nil {
		t.Fatalf("it cannot be proposed: %s", text(seen.one("main")))
	}
	values := offered(form)
	if values.Get("text") != typed.Get("text") || values.Get("why") != typed.Get("why") {
		t.Error("what was typed is lost")
	}
	other := url.Values{"text": {values.Get("text") + "\n"}, "why": values["why"], "seen": values["seen"]}
	ruth.post("/policy/propose", other).refused(409, "was not shown for this text")
	values.Set("why", " ")
	again := ruth.post("/policy/propose", values).refused(422, "needs a reason")
	if attr(again.one("#policy-why"), "aria-invalid") != "true" || again.form("/policy/propose") == nil {
		t.Error("the missing reason is not marked, or the difference must be looked at anew")
	}
	values.Set("why", "Talks were broken off.")
	proposed := ruth.post("/policy/propose", values).want("main .notice", "Another releaser must approve it").want(".title .state", "proposed")
	path, _, _ := strings.Cut(proposed.path, "?")
	omar.get("/").want("#proposals", "waits for a second person").want("td", "Talks were broken off.")
	if ruth.get(path).form(path+"/approve") != nil || omar.get(path).form(path+"/approve") != nil {
		t.Error("it can be approved by who proposed it, or before anybody saw the difference")
	}
	ruth.post(path+"/approve", nil).refused(403, "second person")
	compared := omar.submit(path, path+"/compare", nil).want("td", "nothing about Russia leaves")
	if compared.form(path+"/approve") == nil || ruth.submit(path, path+"/compare", nil).form(path+"/approve") != nil {
		t.Error("who saw the difference may not approve it, or who proposed it may")
	}
	omar.post(path+"/approve", offered(compared.form(path+"/approve"))).want("section h2", "in force").want("li", "1 open draft was cut anew")
	ines.get("/policy").want("td", "nothing about Russia leaves").want(".title .state", "in force").want("ol.history li", "omar").want("ol.history li", "ruth")
	draft := ines.get("/warnings").link("/warnings/draft--")
	ines.get(draft).want(".leaks li", "nothing about Russia leaves").want(".notice.bad", "cannot be released")
}

func TestAPolicyWithAFaultLosesNothing(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	typed := typedPolicy(alpha.people["ruth"], "\npermit (principal, action, resource);\n")
	p := alpha.people["ruth"].submit("/policy", "/policy/compare", typed).refused(422, "cannot be used")
	if wrong := text(p.one("p#policy-text-wrong")); !strings.Contains(wrong, "line ") || !strings.Contains(wrong, "@id") {
		t.Errorf("the fault is not said beside the text: %q", wrong)
	}
	if offered(p.form("/policy/compare")).Get("text") != typed.Get("text") {
		t.Error("the text was lost")
	}
	// Who runs the node proposes, and is shown nothing of what is held.
	ada := alpha.people["ada"]
	proposed := ada.submit("/policy", "/policy/propose", typedPolicy(ada, closed)).want(".title .state", "proposed")
	path, _, _ := strings.Cut(proposed.path, "?")
	if ada.get(path).form(path+"/compare") != nil {
		t.Error("an administrator is offered the differences")
	}
	ada.post(path+"/compare", nil).refused(403, "compare policies")
	ada.submit(path, path+"/withdraw", nil).want(".title .state", "withdrawn").want("main .notice", "withdrawn")
}

func TestReviewDatesAreDecidedByPages(t *testing.T) {
	s := play(t)
	dana, ruth := s.alpha.people["dana"], s.alpha.people["ruth"]
	dana.get("/retention").want(".nothing", "Nothing is due within 14 days").want("td", "everything")
	all := dana.get("/retention?all=yes").want("td", "Case, our warning to bravo").want("td", "Source report").want("td", "Draft")
	if all.link("/retention/") == "" {
		t.Error("nothing can be decided")
	}
	path := strings.Replace(s.alphaCase, "/cases/", "/retention/", 1)
	dana.get(s.alphaCase).want("dd a", "until its review date")
	day := string(warning.DateOf(time.Now().AddDate(0, 0, 365).Add(-time.Minute))) // the last that the terms allow
	p := dana.submit(path, path+"/keep", url.Values{"until": {day}}).refused(422, "needs a reason")
	if offered(p.form(path+"/keep")).Get("until") != day || len(p.all("p#keep-on-reason-wrong")) != 1 {
		t.Error("the day was lost, or what is missing is not marked")
	}
	p = dana.submit(path, path+"/keep", url.Values{"until": {"next year"}, "reason": {"The trial goes on."}}).refused(422, "no date")
	if len(p.all("p#keep-on-until-wrong")) != 1 {
		t.Error("the wrong day is not marked")
	}
	dana.submit(path, path+"/keep", url.Values{"until": {"2199-01-01"}, "reason": {"The trial goes on."}}).refused(409, "no longer")
	dana.submit(path, path+"/keep", url.Values{"until": {day}, "reason": {"The trial goes on."}}).want("ol.history li", "kept until "+day).want("main .notice", "kept until that day")
	if dana.get(path).form(path+"/hold") != nil {
		t.Error("a duty officer is offered a hold")
	}
	ruth.submit(path, path+"/hold", url.Values{"reason": {"A court asked."}}).want(".title .state", "held")
	ruth.get("/retention?all=yes").want("td .state", "held")
	ruth.submit(path, path+"/release", url.Values{"reason": {"The court is done."}}).want("ol.history li", "ended the hold")
	p = ruth.submit("/retention", "/retention/rules", url.Values{"purpose": {"prevention of threats to life"}, "days": {"0"}}).refused(422, "no retention")
	if len(p.all("p#rule-days-wrong")) != 1 {
		t.Error("the wrong number is not marked")
	}
	ruth.submit("/retention", "/retention/rules", url.Values{"purpose": {"prevention of threats to life"}, "days": {"400"}}).want("td", "400 days")
	if p := s.alpha.people["ada"].get(path); p.status != 403 {
		t.Errorf("an administrator sees a review date: %d", p.status)
	}
}

// A person is named only to whom the author says so, where a sheet lets it, and by
// three people if a minor is among them; the page of the draft loses none of it.
func TestPersonsAreNamedByPages(t *testing.T) {
	alpha, bravo := pair(t)
	ines, ruth, omar := alpha.people["ines"], alpha.people["ruth"], alpha.people["omar"]
	alpha.add("rolf", "Releaser 3", "releaser")
	typed := typedWarning(bravoText)
	typed.Set("recommended_action", "Guard the cathedral on Saturday.")
	typed.Set("handling.pap", "PAP:AMBER")
	typed.Set("persons.1.name", "A. Example") // the first row is left empty
	typed.Set("persons.1.role", "suspect")
	typed.Set("persons.1.minor", "yes")
	typed.Set("persons_to", "bravo")
	p := ines.submit("/warnings/new", "/warnings/new", typed).refused(422, "not complete")
	kept := offered(p.form("/warnings/new"))
	if kept.Get("persons.0.name") != "A. Example" || kept.Get("persons.0.minor") != "yes" || kept.Get("recommended_action") == "" || kept.Get("handling.pap") != "PAP:AMBER" {
		t.Errorf("something was lost: %v", kept)
	}
	for _, field := range []string{"compose-persons-0-reason", "compose-persons-0-statement_kind"} {
		if attr(p.one("#"+field), "aria-invalid") != "true" || len(p.all("p#"+field+"-wrong")) != 1 {
			t.Errorf("%s is not marked", field)
		}
	}
	typed.Set("persons.1.statement_kind", "claim_of_source")
	typed.Set("persons.1.reason", "To find him in time.")
	composed := ines.submit("/warnings/new", "/warnings/new", typed).want(".notice.care", "there is no sheet of assurances").want("dd", "Guard the cathedral on Saturday.")
	draft, _, _ := strings.Cut(composed.path, "?")

	ines.get("/assurances").want(".nothing", "No person can be named")
	sheet := url.Values{
		"partner": {"bravo"}, "country": {"ru"}, "ill_treatment": {"assured"}, "death_penalty": {"none"}, "persecution": {"none"},
		"basis": {"Visits of this year."}, "expires": {string(warning.DateOf(time.Now().AddDate(0, 6, 0)))},
	}
	p = ruth.submit("/assurances", "/assurances", sheet).refused(422, "not complete")
	if len(p.all("p#assurance-given-wrong")) != 1 || offered(p.form("/assurances")).Get("basis") != "Visits of this year." {
		t.Error("what is missing is not marked, or something was lost")
	}
	sheet.Set("given", "Nobody is held without a lawyer.")
	waits := ruth.submit("/assurances", "/assurances", sheet).want("main .notice", "The sheet waits").want(".state", "waits for a second person").want("dd", "Nobody is held without a lawyer.")
	if waits.says(".state", "can be named") {
		t.Error("a sheet that one person loosened is shown as if it held")
	}
	ines.get(draft).want(".notice.care", "there is no sheet of assurances")
	second := "/assurances?partner=bravo&country=RU"
	omar.get("/assurances").want("a", "Judge it as the second person")
	if offered(omar.get(second).form("/assurances")).Get("expires") != sheet.Get("expires") {
		t.Error("the second person is not offered the day that waits")
	}
	omar.submit(second, "/assurances", url.Values{"ill_treatment": {"assured"}, "death_penalty": {"none"}, "persecution": {"none"}}).
		want("main .notice", "on record").want(".state", "persons can be named").want("dd", "Nobody is held without a lawyer.")
	again := offered(ruth.get("/assurances?partner=bravo&country=RU").form("/assurances"))
	if again.Get("partner") != "bravo" || again.Get("basis") != "Visits of this year." || again.Get("expires") != "" {
		t.Errorf("judging anew begins with %v", again)
	}
	if ines.get("/assurances").form("/assurances") != nil {
		t.Error("an analyst is offered to judge")
	}
	anew := "/assurances?partner=bravo&country=RU"
	ruth.submit(anew, "/assurances", url.Values{"ill_treatment": {"real"}, "death_penalty": {"none"}, "persecution": {"none"}, "expires": {sheet.Get("expires")}, "basis": {"The visits ended."}}).want(".state", "nobody can be named")
	ines.get("/assurances").want("a", "Those before")
	before := ines.get("/assurances/history?partner=bravo&country=RU").want("h1", "bravo").want("h2 .state", "in force").want("h2 .state", "judged anew").
		want("dd", "The visits ended.").want("dd", "Visits of this year.").want(".signature", "omar")
	before.wellMade("ines")
	if n := len(before.all(".card")); n != 2 {
		t.Errorf("%d sheets there were", n)
	}
	ines.get("/assurances/history?partner=carol").want(".nothing", "never was")
	if p := alpha.people["ada"].get("/assurances/history"); p.status != 403 {
		t.Errorf("an administrator reads the sheets there were: %d", p.status)
	}
	for _, who := range []*browser{ruth, omar} { // as it was before, for what follows
		who.submit(anew, "/assurances", url.Values{"ill_treatment": {"assured"}, "death_penalty": {"none"}, "persecution": {"none"}, "expires": {sheet.Get("expires")}, "basis": {"Visits again."}})
	}

	edited := ines.submit(draft+"/edit", draft+"/edit", nil)
	edited.want(".leaves .persons li", "A. Example").want(".leaves .persons li", "claim of source").want(".leaves .persons .tag", "a minor")
	if edited.says(".notice.care", "there is no sheet") {
		t.Error("the sheet does not count")
	}
	edited.want(".notice.care", "A third person must approve").want(".leaves .line", "PAP:AMBER")
	if ruth.get(draft).form(draft+"/exigent") != nil {
		t.Error("it is offered to release a person alone")
	}
	ruth.submit(draft, draft+"/release", nil).want(".notice", "A second, different person")
	omar.submit(draft, draft+"/release", nil).want(".notice", "A third, different person").want(".notice", "ruth and omar approved")
	alpha.people["rolf"].get(draft).want("button", "I am the third person")
	alpha.people["rolf"].submit(draft, draft+"/release", nil).want("main .notice", "Released")
	bravo.heard("alpha", 2)
	theirs := bravo.people["dana"].get("/cases").link("/cases/")
	bravo.people["dana"].get(theirs).want(".persons li", "To find him in time.").want("dd", "Guard the cathedral on Saturday.").want(".handling", "PAP:AMBER")
}

// The overseer looks at all of it and is offered nothing.
func TestTheOverseerIsOfferedNoDecision(t *testing.T) {
	s := play(t)
	vera := s.alpha.people["vera"]
	for _, path := range []string{"/policy", "/retention?all=yes", strings.Replace(s.alphaCase, "/cases/", "/retention/", 1), "/assurances", "/doubted", "/inquiries", "/duties", s.duty, "/feeds", "/recovery", "/permissions", "/redress", "/overseers"} {
		p := vera.get(path)
		if p.status != 200 {
			t.Errorf("%s: %d", path, p.status)
		}
		for _, form := range p.all("form") {
			if action := attr(form, "action"); action != "/signout" {
				t.Errorf("the overseer is offered %s at %s", action, path)
			}
		}
	}
	vera.submit("/trace", "/trace", url.Values{"text": {"Nothing of ours."}}).want("h2", "Nobody's")
}

// A copy that turned up is traced to its partner by its ids, and by its words.
func TestACopyIsTracedByAPage(t *testing.T) {
	s := play(t)
	ruth := s.alpha.people["ruth"]
	ruth.submit("/trace", "/trace", url.Values{"text": {" "}}).refused(422, "nothing to trace")
	id := strings.TrimPrefix(s.alphaCase, "/cases/")
	ruth.submit("/trace", "/trace", url.Values{"text": {"Seen on a wall: " + id}}).want("td", "bravo").want("td strong", "Certain").want("td code", id)
	p := ruth.submit("/trace", "/trace", url.Values{"text": {bravoText}}).want("td", "Perhaps")
	if offered(p.form("/trace")).Get("text") != bravoText {
		t.Error("the text was lost")
	}
	for _, who := range []string{"ines", "dana", "ada"} {
		if p := s.alpha.people[who].get("/trace"); p.status != 403 {
			t.Errorf("%s traces: %d", who, p.status)
		}
	}
}

var admin = caller.Caller{Kind: caller.Person, Name: "ada", Roles: []caller.Role{caller.Administrator}}
