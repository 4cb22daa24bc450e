// SPDX-License-Identifier: Apache-2.0

package web_test

// This file asks an originator for its permission by pages, and answers.

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// warned lets bravo warn alpha, and returns the case.
func warned(t *testing.T, alpha, bravo *node) string {
	t.Helper()
	composed := bravo.people["ines"].submit("/warnings/new", "/warnings/new", theirWarning())
	draft, _, _ := strings.Cut(composed.path, "?")
	bravo.people["ruth"].submit(draft, draft+"/release", nil)
	theirs := bravo.people["omar"].submit(draft, draft+"/release", nil).link("/cases/")
	alpha.heard("bravo", 2)
	return theirs
}

func TestAnOriginatorIsAskedByPages(t *testing.T) {
	alpha, bravo := pair(t)
	theirs := warned(t, alpha, bravo)
	dana, form := alpha.people["dana"], theirs+"/permission"
	dana.get(theirs).want("main a", "before it is used beyond its handling")
	p := dana.submit(form, form, url.Values{"purpose": {"a trial"}}).refused(422, "not complete")
	p.want422("#permission-use-wrong")
	p.want422("#permission-reason-wrong")
	if offered(p.form(form)).Get("purpose") != "a trial" {
		t.Error("the purpose was lost")
	}
	dana.submit(form, form, url.Values{"use": {"court"}, "reason": {"A judge asks."}, "answer_by": {"soon"}}).refused(422, "cannot be read")
	asked := dana.submit(form, form, url.Values{"use": {"court"}, "reason": {"A judge asks."}}).
		want("main .notice", "on its way").want("dd", "To use it in court").want(".prose", "A judge asks.").want(".handling .tlp", "TLP:")
	ours, _, _ := strings.Cut(asked.path, "?")
	if len(dana.get(ours).all("main form")) > 0 {
		t.Error("who asks is offered to answer")
	}

	bravo.heard("alpha", 2)
	their, second := bravo.people["dana"], bravo.people["ruth"]
	their.get("/").want("#permissions", "1 waits").want("td", "alpha asks us")
	dana.get("/").want("td", "we ask bravo")
	path := their.get("/permissions").want("td", "alpha asks us").link("/permissions/")
	for who, forms := range map[string]int{"dana": 2, "ines": 0, "vera": 0} {
		if n := len(bravo.people[who].get(path).all("main form")); n != forms {
			t.Errorf("%s is offered %d answers", who, n)
		}
	}
	p = their.submit(path, path+"/grant", url.Values{"until": {"soon"}, "conditions": {"Not in open court."}}).refused(422, "cannot be read")
	if p.want422("#grant-until-wrong"); offered(p.form(path+"/grant")).Get("conditions") != "Not in open court." {
		t.Error("the conditions were lost")
	}
	their.submit(path, path+"/grant", url.Values{"until": {"2199-01-01"}}).refused(422, "review").want422("#grant-until-wrong")
	day := string(warning.DateOf(time.Now().AddDate(0, 0, 7)))
	their.submit(path, path+"/grant", url.Values{"until": {day}, "conditions": {"Not in open court."}}).
		want("main .notice", "A second person must confirm").want("#proposed", "second person").want(".card .prose", "Not in open court.")
	if their.get(path).form(path+"/confirm") != nil {
		t.Error("who proposed it may confirm it")
	}
	seen := offered(second.get(path).form(path + "/confirm"))
	their.submit(path, path+"/grant", url.Values{"until": {day}, "conditions": {"In no court of another country."}})
	second.post(path+"/confirm", seen).refused(409, "not what you read")
	second.submit(path, path+"/confirm", nil).want("main .notice", "Granted").want("#answered", "We answered")

	alpha.heard("bravo", 3)
	dana.get("/permissions").want("td .state", "granted").want("td", "we ask bravo")
	dana.get(ours).want(".card .prose", "In no court of another country.").want(".card .signature", "Releaser 1")
	thread := dana.get(theirs).want(".message h3", "Request for permission").want(".message h3", "Permission").want(".message .prose", "In no court of another country.")
	thread.wellMade("dana")

	second.submit(path, path+"/withdraw", url.Values{"reason": {""}}).refused(422, "not complete")
	second.submit(path, path+"/withdraw", url.Values{"reason": {"It was read in open court."}}).want("#withdrawn", "withdrawn").want(".prose", "It was read in open court.")
	their.get("/permissions").want(".nothing", "Nothing waits")
	their.get("/permissions?all=yes").want("td .state", "withdrawn").wellMade("dana")

	again := dana.submit(form, form, url.Values{"use": {"act"}, "reason": {"Tonight."}})
	bravo.heard("alpha", 3)
	refused, _, _ := strings.Cut(again.path, "?")
	their.submit(refused, refused+"/refuse", url.Values{"reason": {""}}).refused(422, "not complete")
	their.submit(refused, refused+"/refuse", url.Values{"reason": {"It would show the source."}}).want(".title .state", "refused").want(".card .prose", "It would show the source.")
	if p := alpha.people["ada"].get("/permissions"); p.status != 403 {
		t.Errorf("an administrator sees what is asked: %d", p.status)
	}
}
