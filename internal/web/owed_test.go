// SPDX-License-Identifier: Apache-2.0

package web_test

// This file plays by pages what a duty's record says, whom duties call, what
// partners ask each other, and what a partner may be told.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
)

func TestADutysRecordGrowsByItsPage(t *testing.T) {
	alpha, _ := pair(t)
	dana, ruth := alpha.people["dana"], alpha.people["ruth"]
	p := ruth.submit("/duties", "/rota", url.Values{"people": {"dana\nines"}}).refused(422, "cannot decide a duty")
	if !strings.Contains(offered(p.form("/rota")).Get("people"), "ines") || len(p.all("p#rota-people-wrong")) != 1 {
		t.Error("who was typed is lost, or what is wrong is not marked")
	}
	ruth.submit("/duties", "/rota", url.Values{"people": {"dana\nruth"}}).want("#rota", "Whom duties call").want("li", "dana")
	if dana.get("/duties").form("/rota") != nil {
		t.Error("a duty officer is offered the rota")
	}
	opened := dana.submit("/duties", "/duties", url.Values{
		"partner": {"bravo"}, "title": {"Rumour about a stadium"}, "precedence": {"ROUTINE"}, "acquired_at": {"2026-01-02 03:04"},
	}).want("dd", "2026-01-02 03:04 UTC")
	duty, _, _ := strings.Cut(opened.path, "?")
	dana.submit(duty, duty+"/record", nil).refused(422, "say what is added")
	dana.submit(duty, duty+"/record", url.Values{"consulted.body": {"The border police"}, "consulted.when": {"soon"}}).refused(422, "cannot be read")
	p = dana.submit(duty, duty+"/record", url.Values{"consulted.body": {"The border police"}}).refused(422, "cannot be put on the record")
	if len(p.all("p#record-consulted-view-wrong")) != 1 || len(p.all("p#record-consulted-when-wrong")) != 1 {
		t.Error("what is missing is not marked")
	}
	dana.submit(duty, duty+"/record", url.Values{
		"consulted.body": {"The border police"}, "consulted.view": {"They know of nothing."}, "consulted.when": {"2026-01-03 10:00"},
		"notified.who": {"The minister"}, "notified.when": {"2026-01-03 11:00"}, "dispute.level": {"heads of service"}, "dispute.party": {"bravo"},
		"originator_consent_ref": {"REF-7"}, "retention_review_due": {"2027-01-01"},
	}).want("dd", "They know of nothing.").want("dd", "The minister").want("dd", "heads of service").want("dd", "REF-7").want("dd", "2027-01-01")
	if all := dana.get(duty).form(duty + "/record"); len(offered(all)["given.method"]) > 0 {
		t.Error("how it was given is asked before anybody decided to warn")
	}
	dana.submit(duty, duty+"/decide", url.Values{"choice": {"warn"}})
	dana.submit(duty, duty+"/record", url.Values{
		"given.method": {"phone"}, "given.recipient_authority": {"bravo's duty room"}, "given.recipient_named_role": {"the officer on duty"},
		"given.means": {"the number on their card"}, "given.substance": {"A rumour about the stadium, not confirmed."}, "given.delivered_at": {"2026-01-03 12:00"},
	}).want(".title .state", "warned").want("dd", "bravo's duty room").want("dd", "A rumour about the stadium, not confirmed.").want("dt", "SHA-256")
}

func TestAnAssessmentIsBegunFromTheLast(t *testing.T) {
	alpha, _ := pair(t)
	dana := alpha.people["dana"]
	opened := dana.submit("/duties", "/duties", url.Values{"partner": {"bravo"}, "title": {"Rumour about a stadium"}, "precedence": {"ROUTINE"}})
	duty, _, _ := strings.Cut(opened.path, "?")
	dana.submit(duty, duty+"/assess", url.Values{
		"credible": {"yes"}, "credible.reason": {"Two sources."}, "specific": {"yes"}, "specific.reason": {"It is named."}, "impending": {"no"}, "impending.reason": {"No day."},
		"threat_type": {"mass_casualty_attack"}, "target.kind": {"structure"}, "target.name": {"The stadium"}, "target.place.country": {"RU"}, "target.place.region": {"RU-SPE"},
		"target.nationalities": {"RU US"}, "window.start": {"2026-12-16"}, "window.end": {"2026-12-16"}, "measures": {"Close it."},
	}).want("dd", "RU, US").want("dd", "16 December 2026")
	again := offered(dana.get(duty).form(duty + "/assess"))
	for name, want := range map[string]string{
		"credible": "yes", "credible.reason": "Two sources.", "impending": "no", "target.name": "The stadium", "target.place.region": "RU-SPE",
		"target.nationalities": "RU US", "window.start": "2026-12-16", "measures": "Close it.",
	} {
		if again.Get(name) != want {
			t.Errorf("%s begins with %q, want %q", name, again.Get(name), want)
		}
	}
}

func TestAPartnerIsAskedAndAnswersByPages(t *testing.T) {
	alpha, bravo := pair(t)
	ours, dana := alpha.people["dana"], bravo.people["dana"]
	question := url.Values{"partner": {"bravo"}, "precedence": {"IMMEDIATE"}, "question": {""}}
	p := ours.submit("/inquiries", "/inquiries", question).refused(422, "not complete")
	if len(p.all("p#inquiry-question-wrong")) != 1 || offered(p.form("/inquiries")).Get("precedence") != "IMMEDIATE" {
		t.Error("what is missing is not marked, or something was lost")
	}
	question.Set("question", "Do you hold anything on the winter market?")
	question.Set("target.kind", "event")
	question.Set("target.name", "Winter market")
	ours.submit("/inquiries", "/inquiries", question).want("td .prose", "winter market").want("td", "Winter market (event)")
	bravo.heard("alpha", 2)
	duty := dana.get("/inquiries").want("td .prose", "winter market").link("/duties/")
	dana.get(duty).want("#asked", "alpha").want(".hint", "Decide the duty first")
	dana.submit(duty, duty+"/assess", url.Values{
		"credible": {"no"}, "credible.reason": {"We hold nothing."}, "specific": {"no"}, "specific.reason": {"Nothing."}, "impending": {"no"}, "impending.reason": {"Nothing."},
		"threat_type": {"mass_casualty_attack"}, "target.kind": {"event"}, "target.name": {"Winter market"},
	})
	dana.submit(duty, duty+"/decide", url.Values{"choice": {"threshold_not_met"}, "justification": {"We hold nothing."}})
	dana.get(duty).want("button", "Answer: nothing to share")
	dana.submit(duty, duty+"/answer", nil).want("strong", "nothing to share")
	if dana.get(duty).form(duty+"/answer") != nil {
		t.Error("it can be answered twice")
	}
	alpha.heard("bravo", 2)
	ours.get("/inquiries").want("td strong", "nothing to share")
}

// A question about a person stands in the list without its words; it is opened with a
// reason, and so is the duty that it opened.
func TestAQuestionAboutAPersonIsOpenedWithAReason(t *testing.T) {
	alpha, bravo := pair(t)
	dana := bravo.people["dana"]
	alpha.people["dana"].submit("/inquiries", "/inquiries", url.Values{
		"partner": {"bravo"}, "precedence": {"PRIORITY"}, "question": {"Do you hold anything on him?"}, "target.kind": {"person"}, "target.name": {"K. Example"},
	}).want("td .prose", "on him")
	bravo.heard("alpha", 2)
	list := dana.get("/inquiries").want("td a", "this names persons: open it")
	one, duty := list.link("/inquiries/in:alpha:"), list.link("/duties/")
	for _, path := range []string{one, duty} {
		if p := dana.get(path); p.status != http.StatusPreconditionRequired || p.says("main", "on him") || p.says("main", "K. Example") {
			t.Errorf("%s answers %d: %s", path, p.status, text(p.one("main")))
		}
	}
	if list.says("main", "on him") || list.says("main", "K. Example") {
		t.Error("the list has words of the question")
	}
	dana.submit(one, "/reason", url.Values{"reason": {"To answer alpha."}}).want("td .prose", "on him")
	dana.get(duty).want("#asked", "alpha").want(".prose", "on him")
}

func TestWhatAPartnerMayBeToldIsLimitedByItsPage(t *testing.T) {
	alpha, _ := pair(t)
	path := "/partners/bravo"
	if alpha.people["dana"].get(path).form(path+"/limits") != nil {
		t.Error("a duty officer is offered the limits")
	}
	alpha.people["ruth"].submit(path, path+"/limits", url.Values{"place": {"city"}, "time": {"day"}}).want("main .notice", "limits hold").want("dd", "city").want("dd", "ruth")
}

// Under H3 nothing works by itself until a person says, by the page, that the note
// was read.
func TestAHandlingNoteIsReadByThePage(t *testing.T) {
	alpha, bravo := pair(t)
	typed := typedWarning(bravoText)
	typed["handling.codes"] = []string{"H3"}
	typed.Set("handling.note", "Not for automated processing.")
	composed := alpha.people["ines"].submit("/warnings/new", "/warnings/new", typed)
	draft, _, _ := strings.Cut(composed.path, "?")
	alpha.people["ruth"].submit(draft, draft+"/release", nil)
	alpha.people["omar"].submit(draft, draft+"/release", nil).want("main .notice", "Released")
	bravo.heard("alpha", 2)
	path := bravo.people["dana"].get("/cases").link("/cases/")
	if p := bravo.people["ruth"].get(path + "/dossier?text=yes"); p.status != 403 {
		t.Errorf("a dossier with the text, before anybody read the note: %d", p.status)
	}
	if bravo.people["vera"].get(path).form(path+"/note") != nil {
		t.Error("the overseer is offered to say so")
	}
	bravo.people["dana"].get(path).want("section .prose", "Not for automated processing.").want("section h2", "a person must read")
	bravo.people["dana"].submit(path, path+"/note", nil).want("main .notice", "you have read the note").want("section .quiet", "Read by dana")
	if p := bravo.people["ruth"].get(path + "/dossier?text=yes"); p.status != 200 {
		t.Errorf("a dossier with the text, after it was read: %d", p.status)
	}
}

// A feed is set up by an administrator and released, on its page, by another.
func TestAFeedIsReleasedByItsPage(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	collection, err := alpha.intake.AddCollection(t.Context(), admin, "Shared", "", "shared", "")
	must(t, err)
	add := func(remote string) {
		_, err := alpha.feeds.Add(t.Context(), admin, api.NewFeed{Name: "out", Push: true, URL: "https://taxii.example.org/root/", Remote: remote, Collection: collection.ID})
		must(t, err)
	}
	add("theirs")
	ruth, ada := alpha.people["ruth"], alpha.people["ada"]
	ruth.get("/").want("#feeds", "want somebody").want("td .state", "waits for release")
	if ada.get("/feeds/out").form("/feeds/out/release") != nil {
		t.Error("who set it up is offered to release it")
	}
	ada.post("/feeds/out/run", nil).refused(409, "nobody has released")
	read := offered(ruth.get("/feeds/out").form("/feeds/out/release"))
	_, err = alpha.feeds.Remove(t.Context(), admin, "out")
	must(t, err)
	add("another")
	ruth.post("/feeds/out/release", read).refused(409, "not what you read")
	ruth.submit("/feeds/out", "/feeds/out/release", nil).want("main .notice", "Released").want("dd", "ruth")
	ruth.submit("/feeds/out", "/feeds/out/run", nil).want("main .notice", "runs now")

	// Who set it up loses the role: it waits until another answers for it, and says so.
	alpha.add("alan", "Administrator 2", "administrator")
	alan := alpha.people["alan"]
	if ada.get("/feeds/out").form("/feeds/out/take-over") != nil || ruth.get("/feeds/out").form("/feeds/out/take-over") != nil {
		t.Error("who answers for it, or does not set up feeds, is offered to take it over")
	}
	alan.submit("/people/ada", "/people/ada/roles", url.Values{"roles": {"analyst"}})
	alan.get("/feeds/out").want("main .notice", "ada, who set it up, no longer sets up feeds here").want("dd .state", "no longer administrator here").wellMade("alan")
	alan.get("/feeds").want("td .state", "waits to be taken over")
	ruth.get("/").want("#feeds", "want somebody").want("td .quiet", "another administrator takes it over")
	alan.post("/feeds/out/run", nil).refused(409, "no longer sets up feeds")
	alan.submit("/feeds/out", "/feeds/out/take-over", nil).want("main .notice", "You answer for it").want("dd", "alan")
	ruth.submit("/feeds/out", "/feeds/out/release", nil).want("main .notice", "Released")
	alan.submit("/people/ruth", "/people/ruth/roles", url.Values{"roles": {"analyst"}})
	omar := alpha.people["omar"]
	omar.get("/feeds/out").want("main .notice", "ruth, who released it, no longer releases feeds here")
	omar.submit("/feeds/out", "/feeds/out/release", nil).want("main .notice", "Released").want("dd", "omar")
	omar.submit("/feeds/out", "/feeds/out/remove", nil).want(".nothing", "There is no feed")
	if p := alpha.people["ines"].get("/feeds"); p.status != 403 {
		t.Errorf("an analyst sees the feeds: %d", p.status)
	}
}

// The figures of a year name nobody; for the public, no number points to one case.
func TestTheFiguresOfAYear(t *testing.T) {
	alpha, _ := pair(t)
	dana := alpha.people["dana"]
	dana.submit("/duties", "/duties", url.Values{"partner": {"bravo"}, "title": {"Rumour about a stadium"}, "precedence": {"ROUTINE"}})
	dana.get("/figures").want("td", "1").want("th", "ROUTINE")
	p := dana.get("/figures?public=yes").want("td", "fewer than 5")
	if p.says("main", "stadium") || p.says("main td", "bravo") {
		t.Error("the figures name something")
	}
	dana.get("/figures?year=soon").refused(422, "no year")
}
