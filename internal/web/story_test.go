// SPDX-License-Identifier: Apache-2.0

package web_test

// This file plays the story through the pages of two nodes, as the people there
// would: what the other tests look at has been typed into forms.

import (
	"net/url"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

const (
	reportText = "Walk-in agent LANTERN told the station on 13 December at 21:47 that a cell of seven is building charges in a rented garage behind the bus depot and means to use them in the cathedral on Saturday."
	bravoText  = "We hold credible information that a group of about seven people plans an attack with explosives on a cathedral in the centre of Saint Petersburg, most probably on 16 December. They may be storing explosives in the city."
	leakedText = "A cell of seven is building charges in a rented garage behind the bus depot."
)

// story is two nodes with everything on them that a desk can see.
type story struct {
	alpha, bravo *node
	source       string // paths on alpha
	draft        string
	duty         string
	alphaCase    string
	bravoCase    string

	proposed, persons, noted string // see decisions
	permission, redress      string // see oversight
}

// pair pairs two nodes by their pages.
func pair(t *testing.T) (alpha, bravo *node) {
	t.Helper()
	alpha, bravo = newNode(t, "alpha", "US"), newNode(t, "bravo", "RU")
	alpha.staff()
	bravo.staff()
	invitation := alpha.people["ada"].submit("/partners", "/partners/invite", nil)
	bravo.people["ada"].submit("/partners", "/partners/accept", url.Values{"invitation": {text(invitation.one("pre.secret"))}}).
		want("main .notice", "compare the digits")
	alpha.await("the partner's card", func() bool { return alpha.people["ada"].get("/partners/bravo").status == 200 })
	for n, other := range map[*node]string{alpha: "bravo", bravo: "alpha"} {
		path := "/partners/" + other
		digits := n.people["ada"].get(path).one("ol.digits")
		n.people["ada"].submit(path, path+"/confirm", url.Values{"digits": {text(digits)}}).want("main .notice", "confirmed")
		n.people["ruth"].submit(path, path+"/sign", nil).want("main .notice", "signed")
	}
	alpha.active("bravo")
	bravo.active("alpha")
	return alpha, bravo
}

func (n *node) active(name string) {
	n.Helper()
	n.await(name+" active", func() bool {
		p, err := n.shelf.Partner(n.Context(), overseer, name)
		return err == nil && p.State == "active" && p.Queued == 0
	})
}

// heard waits until a partner's messages have come. The first is always the
// terms it signed.
func (n *node) heard(name string, messages uint64) {
	n.Helper()
	n.await("hearing from "+name, func() bool {
		p, err := n.shelf.Partner(n.Context(), overseer, name)
		return err == nil && p.Received >= messages && p.Queued == 0
	})
}

var overseer = caller.Caller{Kind: caller.Person, Name: "test", Roles: []caller.Role{caller.Overseer}}

// typedWarning is what an analyst types.
func typedWarning(release string) url.Values {
	return url.Values{
		"target.kind": {"structure"}, "target.name": {"Cathedral in the city centre"}, "target.place.country": {"ru"},
		"target.place.region": {"RU-SPE"}, "target.place.city": {"Saint Petersburg"}, "threat_type": {"mass_casualty_attack"},
		"window.start": {"2017-12-16"}, "window.end": {"2017-12-16"}, "window.fidelity": {"day"},
		"method": {"improvised explosives"}, "threat_actor": {"a cell of seven"}, "probability": {"very likely"}, "confidence": {"moderate"},
		"grade": {"B2"}, "precedence": {"FLASH"}, "handling.tlp": {"TLP:AMBER+STRICT"}, "handling.codes": {"H1", "H2"},
		"handling.caveats": {"originator_control", "life_saving_exception"}, "purpose": {"prevention of threats to life"},
		"to": {"bravo"}, "text.bravo": {release},
	}
}

// keepReport keeps the source report at alpha.
func (n *node) keepReport(as string) *page {
	n.Helper()
	return n.people[as].submit("/sources/new", "/sources/new", url.Values{
		"title": {"Garage behind the depot"}, "field.text.0": {reportText}, "field.text.1": {"LANTERN, second contact"}, "field.text.2": {"REF-2017-1198/LN"},
		"target.kind": {"structure"}, "target.name": {"Cathedral in the city centre"}, "target.place.country": {"RU"}, "target.place.region": {"RU-SPE"},
		"target.place.city": {"Saint Petersburg"}, "threat_type": {"mass_casualty_attack"}, "window.start": {"2017-12-16"}, "window.end": {"2017-12-16"},
		"precedence": {"IMMEDIATE"}, "handling.tlp": {"TLP:RED"},
	})
}

// link is the address of the first link whose address begins so.
func (p *page) link(prefix string) string {
	p.Helper()
	for _, a := range p.all("a[href]") {
		if path, _, _ := strings.Cut(attr(a, "href"), "?"); strings.HasPrefix(path, prefix) && path != prefix && path != prefix+"new" {
			return path
		}
	}
	p.Fatalf("%s has no link to %s", p.path, prefix)
	return ""
}

// play walks the warning of December 2017 from hand to hand.
func play(t *testing.T) *story {
	t.Helper()
	alpha, bravo := pair(t)
	s := &story{alpha: alpha, bravo: bravo}
	alpha.people["ruth"].submit("/pledges", "/pledges", url.Values{
		"partner": {"bravo"}, "places": {"RU-SPE ru-mow"}, "text": {"We pass on at once what we learn of attacks on people in your two largest cities."},
	}).want("main .notice", "pledge is given")
	alpha.people["dana"].submit("/watches", "/watches", url.Values{
		"event": {"Final tournament"}, "places": {"RU-SPE"}, "window.start": {"2017-12-01"}, "window.end": {"2037-07-15"}, "raise_to": {"FLASH"},
	}).want("main .notice", "watch is set")
	s.duty = alpha.keepReport("ines").want("main .notice", "opened a duty").link("/duties/")
	s.source = alpha.people["ines"].get("/sources").link("/sources/")
	composing := alpha.people["dana"].submit(s.duty, s.duty+"/decide", url.Values{"choice": {"warn"}})
	composed := alpha.people["ines"].submit(composing.path, "/warnings/new", typedWarning(bravoText)).want("main .notice", "exactly what would leave")
	s.draft, _, _ = strings.Cut(composed.path, "?")
	alpha.people["ruth"].submit(s.draft, s.draft+"/release", nil).want("main .notice", "second, different person")
	released := alpha.people["omar"].submit(s.draft, s.draft+"/release", nil).want("main .notice", "Released")
	s.alphaCase = released.link("/cases/")
	s.bravoCase = s.alphaCase
	bravo.heard("alpha", 2+1)
	s.answer()
	return s
}

// answer acknowledges, asks, replies, reports, thanks, disputes and states.
func (s *story) answer() {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	dana, ruth := bravo.people["dana"], bravo.people["ruth"]
	say := func(b *browser, form string, values url.Values, words string) {
		b.Helper()
		b.submit(s.bravoCase, s.bravoCase+"/"+form, values).want("main .notice", words)
	}
	say(dana, "acknowledge", url.Values{"answer": {"understood"}, "note": {"Search under way."}}, "Acknowledged")
	say(dana, "ask", url.Values{"question": {"Can you say whether the group is armed?"}}, "Asked")
	alpha.heard("bravo", 1+2)
	say(alpha.people["dana"], "reply", url.Values{"text": {"We hold nothing on firearms."}}, "Replied")
	say(dana, "outcome", url.Values{
		"result": {"attack_prevented"}, "contribution": {"decisive"}, "counters.persons_detained": {"7"}, "counters.explosives_kg": {"12"},
		"may_be_made_public": {"ask"}, "text": {"Seven people were detained on the 14th and 15th."},
	}, "Reported")
	say(ruth, "thank", url.Values{"text": {"Lives were saved. We thank you."}}, "Thanked")
	alpha.heard("bravo", 1+4)
	alpha.people["ruth"].submit(s.alphaCase, s.alphaCase+"/dispute", url.Values{
		"about": {"Who found the garage"}, "view": {"The place was in our reply of the same evening."},
	}).want("main .notice", "on record")
	alpha.people["ines"].submit("/statements", "/statements", url.Values{
		"event": {"Plot against a cathedral"}, "case": {strings.TrimPrefix(s.alphaCase, "/cases/")}, "headline": {"A warning was passed in time"},
		"text": {"Information was passed to a partner and helped to prevent an attack."}, "areas": {"Saint Petersburg"}, "links": {"https://alpha.example.org/news"},
	}).want("main .notice", "Another person")
	statements := alpha.people["ruth"].get("/statements")
	alpha.people["ruth"].post(clearAddress(statements), nil).refused(409, "not what you read")
	alpha.people["ruth"].submit("/statements", clearAddress(statements), nil).want("main .notice", "public")
	alpha.people["ines"].submit("/statements", "/statements", url.Values{
		"event": {"Plot against a cathedral"}, "theirs": {"bravo"}, "case": {strings.TrimPrefix(s.alphaCase, "/cases/")},
		"headline": {"Our services stopped an attack"}, "text": {"Our services found and stopped the group; a partner helped."},
	}).want("main .notice", "kept")
}

// clearAddress is where the first statement that waits is cleared.
func clearAddress(p *page) string {
	p.Helper()
	for _, form := range p.all("form[action]") {
		if action := attr(form, "action"); strings.HasSuffix(action, "/clear") {
			return action
		}
	}
	p.Fatal("no statement waits for clearance")
	return ""
}

func TestAWarningWalksThroughThePages(t *testing.T) {
	s := play(t)
	kinds := func(p *page) (all []string) {
		for _, h := range p.all("ol.thread li.message h3") {
			all = append(all, text(h))
		}
		return all
	}
	want := []string{"alpha → us Warning", "We → alpha Acknowledgement", "We → alpha Question", "alpha → us Reply", "We → alpha Outcome", "We → alpha Thanks", "alpha → us Dispute"}
	s.bravo.heard("alpha", 2+3)
	theirs := s.bravo.people["dana"].get(s.bravoCase)
	if got := kinds(theirs); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("bravo's thread: %q", got)
	}
	theirs.want(".message.theirs .prose", bravoText).want(".message dd", "very likely (80–95 %)").want(".message dd", "moderate")
	ours := s.alpha.people["ruth"].get(s.alphaCase)
	ours.want(".message.ours footer", "delivered").want(".message.ours footer", "bravo signed that it had it").want(".message.theirs dd", "7")
	ours.want(`section article h4`, "A warning was passed in time").want("section article h4", "Our services stopped an attack")
	for _, leak := range []string{"LANTERN", "REF-2017-1198"} {
		if theirs.says("body", leak) {
			t.Errorf("bravo reads %s", leak)
		}
	}
}
