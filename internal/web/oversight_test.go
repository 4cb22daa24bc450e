// SPDX-License-Identifier: Apache-2.0

package web_test

// This file plays by pages what an overseer sees: who opened what, by which key the
// overseer came in, and what became of a request for redress.

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/html"

	"github.com/tocsin-exchange/tocsin/api"
)

func TestWhoOpenedWhatIsShown(t *testing.T) {
	s := play(t)
	vera, dana := s.alpha.people["vera"], s.alpha.people["dana"]
	dana.get(s.alphaCase)
	list := vera.get("/reads").want("td", "read a case").want("td", "dana").want(".handling .tlp", "TLP:AMBER+STRICT")
	list.wellMade("vera")
	if list.link("/cases/") != s.alphaCase {
		t.Error("a reading does not lead to what was read")
	}
	for _, row := range vera.get("/reads?by=dana&about="+strings.TrimPrefix(s.alphaCase, "/cases/")).want("td", "dana").all("tbody tr") {
		if said := cells(row); !strings.HasPrefix(said[1], "dana") || !strings.Contains(said[3], strings.TrimPrefix(s.alphaCase, "/cases/warning--")[:8]) {
			t.Errorf("asked for dana and the case: %q", said)
		}
	}
	vera.get("/reads?kind=disclosure").want("td .state", "disclosure").want("td", "bravo")
	p := vera.get("/reads?since=soon&by=dana").refused(422, "cannot be read")
	if p.want422("#reads-since-wrong"); attr(p.one("#reads-by"), "value") != "dana" {
		t.Error("what was typed is lost")
	}
	vera.get("/reads?kind=flight").refused(422, "no kind of processing")
	for _, row := range dana.get("/reads").want("td", "dana").all("tbody tr") {
		if said := cells(row); !strings.HasPrefix(said[1], "dana") {
			t.Errorf("a duty officer sees another's reading: %q", said)
		}
	}
	if len(dana.get("/reads").all("#reads-by")) > 0 {
		t.Error("a duty officer is offered others' readings")
	}
	if p := dana.get("/reads?by=vera"); p.status != 403 {
		t.Errorf("a duty officer asks for another's readings: %d", p.status)
	}
	file := vera.get("/reads.csv?by=dana")
	if !strings.Contains(file.header.Get("Content-Disposition"), "reads.csv") || !bytes.HasPrefix(file.body, []byte("handling,time,")) || !bytes.Contains(file.body, []byte("person:dana")) {
		t.Errorf("%v %.80s", file.header, file.body)
	}
}

// cells are those of a row, as they are read.
func cells(row *html.Node) (texts []string) {
	for _, cell := range all(row, "td") {
		texts = append(texts, text(cell))
	}
	return texts
}

// The readings are gone through page by page, the newest first, there and back: none
// is missed and none comes twice, though looking at them adds one each time.
func TestReadingsFromPageToPage(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	vera := alpha.people["vera"]
	for range 405 {
		vera.get("/reads?since=2999-01-01")
	}
	way := func(p *page, words string) *page {
		t.Helper()
		for _, a := range p.all("nav.actions a") {
			if text(a) == words {
				return vera.get(attr(a, "href"))
			}
		}
		t.Fatalf("%s has no way to %q", p.path, words)
		return nil
	}
	when := func(p *page) (all []string) {
		for _, row := range p.all("tbody tr") {
			all = append(all, text(row))
		}
		return all
	}
	first := vera.get("/reads?by=vera")
	second := way(first, "Older")
	third := way(second, "Older")
	if a, b, c := len(when(first)), len(when(second)), len(when(third)); a != 200 || b != 200 || c != 5 {
		t.Errorf("%d, %d and %d lines", a, b, c)
	}
	third.want("h2", "Earlier ones").wellMade("vera")
	back := way(third, "Newer")
	if !slices.Equal(when(back), when(second)) {
		t.Error("the page before is another on the way back")
	}
	if again := way(back, "Newer"); len(when(again)) != 200 || len(again.all("nav.actions a")) != 3 {
		t.Errorf("on the way back %d lines, and %s", len(when(again)), text(again.one("nav.actions")))
	}
	if p := way(second, "The newest"); len(when(p)) != 200 || len(p.all("nav.actions a")) != 1 {
		t.Errorf("the newest: %d lines, %s", len(when(p)), text(p.one("nav.actions")))
	}
	file := vera.get("/reads.csv?by=vera&before=3")
	if n := bytes.Count(file.body, []byte("\r\n")); n < 410 {
		t.Errorf("as a file there are %d lines", n)
	}
	vera.get("/reads?by=vera&before=1").want(".nothing", "Nobody has done").want("main a", "The newest")
	vera.get("/reads?before=soon").refused(422, "cannot be read")
	vera.get("/reads?before=9&after=3").refused(422, "lines before one and behind another")
}

func TestRedressFromRequestToAnswer(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	ines, dana, ruth, omar, vera := alpha.people["ines"], alpha.people["dana"], alpha.people["ruth"], alpha.people["omar"], alpha.people["vera"]
	report := ines.submit("/sources/new", "/sources/new", url.Values{"title": {"Seen at the harbour"}, "field.text.0": {"Jan Example was seen at the harbour."}, "handling.tlp": {"TLP:AMBER"}})
	source, _, _ := strings.Cut(report.path, "?")
	p := dana.submit("/redress", "/redress", url.Values{"names": {"Jan Example"}, "born": {"long ago"}}).refused(422, "not complete")
	for _, field := range []string{"asker", "proof", "born"} {
		p.want422("#redress-" + field + "-wrong")
	}
	if offered(p.form("/redress")).Get("names") != "Jan Example" {
		t.Error("the name was lost")
	}
	opened := dana.submit("/redress", "/redress", url.Values{"names": {"Jan Example\nExample, J."}, "asker": {"L. Lawyer, for the person"}, "proof": {"A power of attorney, seen by dana."}}).
		want("main .notice", "everything was searched").want("dd", "Jan Example; Example, J.").want("main p", "not for who opened the request")
	path, _, _ := strings.Cut(opened.path, "?")
	if opened.says("main", "harbour") || len(opened.all("main form")) > 0 {
		t.Errorf("who opened it is shown what was found: %s", text(opened.one("main")))
	}
	if list := ines.get("/redress").want("td a", "Request"); list.says("main", "Jan Example") {
		t.Error("the list says who is asked about")
	}
	if other := ines.get(path); other.says("main", "Jan Example") || other.says("main", "Lawyer") {
		t.Error("somebody else reads who is asked about")
	}
	vera.get(path).want("h3", "Source report").want("dd", "L. Lawyer")
	if len(vera.get(path).all("main form")) > 0 {
		t.Error("the overseer is offered a decision")
	}
	ruth.get("/").want(".alarms", "redress")

	hit := strings.TrimPrefix(source, "/sources/")
	decide, confirm := path+"/decide/"+hit, path+"/confirm/"+hit
	wrong := ruth.submit(path, decide, url.Values{"do": {"erase"}, "reason": {""}}).refused(422, "needs a reason")
	if values := offered(wrong.form(decide)); values.Get("do") != "erase" {
		t.Errorf("the decision was lost: %v", values)
	}
	ruth.submit(path, decide, url.Values{"do": {""}, "reason": {"No purpose."}}).refused(422, "nothing was chosen")
	ruth.submit(path, decide, url.Values{"do": {"erase"}, "reason": {"There is no purpose any more."}}).
		want("main .notice", "another releaser confirms").want(".card", "You decided it").want("main .quiet", "once everything that was found is decided")
	if ruth.get(path).form(confirm) != nil || ruth.get(path).form(path+"/answer") != nil {
		t.Error("who decided it may confirm it, or it can be answered before")
	}
	seen := offered(omar.get(path).form(confirm))
	ruth.submit(path, decide, url.Values{"do": {"erase"}, "reason": {"It was kept for no purpose."}})
	if p := omar.post(confirm, seen); p.status != 409 {
		t.Errorf("what was decided anew is confirmed unread: %d", p.status)
	}
	omar.submit(path, confirm, nil).want("main .notice", "Confirmed and done").want("h3 .state", "settled").wellMade("omar")
	omar.submit(path, path+"/answer", url.Values{"text": {""}}).want("main .notice", "Answered")
	for _, of := range []string{"jan example", strings.TrimPrefix(path, "/redress/")} {
		about := vera.submit("/reads", "/reads/about", url.Values{"person": {of}}).want("h2", "Of what is held about "+of).want("td", "ines").want("td", "read a source report")
		if about.wellMade("vera"); about.path != "/reads/about" {
			t.Errorf("the address says who is asked about: %s", about.path)
		}
	}
	vera.submit("/reads", "/reads/about", url.Values{"person": {" "}}).refused(422, "nobody was named").want422("#held-person-wrong")
	vera.submit("/reads", "/reads/about", url.Values{"person": {"Nobody Atall"}}).want(".nothing", "Nothing is held about them")
	if file := vera.post("/reads/about", url.Values{"person": {"Jan Example"}, "as": {"file"}}); !bytes.HasPrefix(file.body, []byte("handling,time,")) || !bytes.Contains(file.body, []byte("person:ines")) {
		t.Errorf("%v %.80s", file.header, file.body)
	}
	if p := ruth.post("/reads/about", url.Values{"person": {"Jan Example"}}); p.status != 403 || ruth.get("/reads").form("/reads/about") != nil {
		t.Errorf("a releaser asks who read of a person: %d", p.status)
	}
	dana.get(path).want(".card .prose", "neither confirm nor deny").want(".title .state", "answered").wellMade("dana")
	if p := alpha.people["ada"].get("/redress"); p.status != 403 {
		t.Errorf("an administrator sees requests: %d", p.status)
	}
}

func TestAnOverseersKeyIsLetInByTwo(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	ada, ruth, vera := alpha.people["ada"], alpha.people["ruth"], alpha.people["vera"]
	vera.get("/overseers").want(".notice.care", "No key is in force").wellMade("vera")
	ada.submit("/overseers", "/overseers", url.Values{"text": {"{}"}}).refused(422, "no overseer's public key").want422("#key-text-wrong")
	key := api.OverseerKey{Format: api.OverseerKeyFormat, Name: "vera", Sign: alpha.card.Public(), Open: alpha.card.Seal}
	raw, err := json.Marshal(key)
	must(t, err)
	for _, who := range []string{"ruth", "dana", "vera"} {
		if alpha.people[who].get("/overseers").form("/overseers") != nil {
			t.Errorf("%s is offered to put a key forward", who)
		}
	}
	ada.upload("/overseers", "file", raw).want("main .notice", "opens nothing").want("h2 .state", "waits").want(".numbers", key.Digits())
	ada.get("/overseers").wellMade("ada")
	form := "/overseers/vera/confirm"
	for _, who := range []string{"ada", "dana", "vera"} {
		if alpha.people[who].get("/overseers").form(form) != nil {
			t.Errorf("%s is offered to confirm it", who)
		}
	}
	ruth.get("/").want(".alarms", "a key was put forward for an overseer")
	p := ruth.submit("/overseers", form, url.Values{"digits": {"0000 1111"}}).refused(422, "not the digits")
	if p.want422("#digits-vera-digits-wrong"); offered(p.form(form)).Get("digits") != "0000 1111" {
		t.Error("the digits were lost")
	}
	ruth.submit("/overseers", form, url.Values{"digits": {strings.ToUpper(key.Digits())}}).want("main .notice", "no sign-in link opens").want("h2 .state", "in force")
	if p := vera.get("/"); p.status != 403 {
		t.Errorf("the overseer's session by a link goes on: %d", p.status)
	}
	if p := ada.post("/people/vera/link", nil); p.status != 403 {
		t.Errorf("a link is made for an overseer who has a key: %d", p.status)
	}
}

// Tools' accounts are made, told what they may do, and taken away by an
// administrator's page; their secrets are shown once.
func TestAccountsOfToolsByAPage(t *testing.T) {
	alpha := newNode(t, "alpha", "US")
	alpha.staff()
	ada := alpha.people["ada"]
	_, err := alpha.intake.AddCollection(t.Context(), admin, "Shared", "", "shared", "")
	must(t, err)
	p := ada.submit("/accounts", "/accounts", url.Values{"name": {"SIEM 1"}, "read": {"shared"}}).refused(422, "cannot be an account's name")
	if p.want422("#account-name-wrong"); offered(p.form("/accounts")).Get("read") != "shared" {
		t.Error("what was ticked is lost")
	}
	ada.submit("/accounts", "/accounts", url.Values{"name": {"siem"}}).refused(422, "needs a collection")
	made := ada.submit("/accounts", "/accounts", url.Values{"name": {"siem"}, "read": {"shared"}, "tlp": {"TLP:GREEN"}}).want("main .notice", "shown once").want("dd", "/taxii2/")
	secret := text(made.one("dd .copyable code"))
	listed := ada.get("/accounts").want("h2", "siem").want("dd .tlp", "TLP:GREEN").want("dd", "active")
	if listed.wellMade("ada"); secret == "" || listed.says("main", secret) {
		t.Error("the secret is shown again, or never was")
	}
	ada.submit("/accounts", "/accounts/siem", url.Values{"actions": {"passive"}, "read": {"shared"}, "write": {"shared"}, "why": {"It feeds the firewall."}}).want("main .notice", "from its next request").want("dd", "passive").want("dt", "Adds to").want("dd", "It feeds the firewall.")
	ada.submit("/accounts", "/accounts/siem/remove", nil).want(".nothing", "No tool has an account")
	for _, who := range []string{"ruth", "dana", "vera", "ines"} {
		if p := alpha.people[who].get("/accounts"); p.status != 403 {
			t.Errorf("%s: %d", who, p.status)
		}
	}
}
