// SPDX-License-Identifier: Apache-2.0

package web_test

// This file leaves on two nodes what is seldom there: a permission that was withdrawn,
// questions about persons, a warning heard by voice, a case that was destroyed, a full
// record, files that are split, a feed for which nobody answers any more.

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// late are the paths of it, on alpha.
type late struct{ withdrawn, question, withheld, heard, destroyed, record, statement string }

// release lets two people release what one composed, and returns its draft.
func (n *node) release(typed url.Values) string {
	n.Helper()
	composed := n.people["ines"].submit("/warnings/new", "/warnings/new", typed)
	draft, _, _ := strings.Cut(composed.path, "?")
	n.people["ruth"].submit(draft, draft+"/release", nil)
	n.people["omar"].submit(draft, draft+"/release", nil).want("main .notice", "Released")
	return draft
}

// lately comes behind oversight.
func (s *story) lately() (l late) {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	dana, ruth := alpha.people["dana"], alpha.people["ruth"]

	// A permission that was granted is withdrawn, another one holds.
	for _, path := range bravo.people["dana"].get("/permissions").links("/permissions/") {
		if bravo.people["dana"].get(path).form(path+"/grant") != nil {
			day := string(warning.DateOf(time.Now().AddDate(0, 0, 5)))
			bravo.people["dana"].submit(path, path+"/grant", url.Values{"until": {day}, "conditions": {"Not in open court, and not with our name."}})
			bravo.people["ruth"].submit(path, path+"/confirm", nil)
		} else {
			bravo.people["ruth"].submit(path, path+"/withdraw", url.Values{"reason": {"It was read in open court."}})
			l.withdrawn = path
		}
	}
	alpha.await("the withdrawal", func() bool { return dana.get(l.withdrawn).says("#withdrawn", "It was withdrawn") })
	alpha.await("the second permission", func() bool { return dana.get("/permissions").says("td .state", "granted") })

	// A question about a person, which is opened with a reason.
	bravo.people["dana"].submit("/inquiries", "/inquiries", url.Values{
		"partner": {"alpha"}, "precedence": {"PRIORITY"}, "question": {"Do you hold anything on where he stays?"}, "target.kind": {"person"}, "target.name": {"K. Example"},
	})
	alpha.await("the question", func() bool { return dana.get("/inquiries").says("td a", "this names persons") })
	for _, path := range dana.get("/inquiries").links("/inquiries/") {
		l.withheld, l.question = path, path
	}
	dana.submit(l.question, "/reason", url.Values{"reason": {"To answer bravo."}})

	// A warning is destroyed on recall before anybody answered it.
	typed := theirWarning()
	typed.Set("target.name", "Ferry terminal")
	there := bravo.people["ruth"].get(bravo.release(typed)).link("/cases/")
	alpha.await("the warning", func() bool { return dana.get(there).status == 200 })
	bravo.people["ruth"].submit(there, there+"/recall", url.Values{"reason": {"It named a source."}})
	alpha.await("the recall", func() bool { return dana.get("/recalls").says("h3", "asks us to destroy") })
	for _, form := range dana.get("/recalls").all("form[action]") {
		if action := attr(form, "action"); strings.HasPrefix(action, "/recalls/") {
			dana.submit("/recalls", action, url.Values{"answer": {"destroyed"}, "sure": {"yes"}})
		}
	}
	l.destroyed = there

	// A duty whose record is full.
	opened := dana.submit("/duties", "/duties", url.Values{"partner": {"bravo"}, "title": {"Threat against a bridge"}, "precedence": {"IMMEDIATE"}, "acquired_at": {"2026-01-02 03:04"}})
	l.record, _, _ = strings.Cut(opened.path, "?")
	dana.submit(l.record, l.record+"/assess", url.Values{
		"credible": {"yes"}, "credible.reason": {"Two sources say so."}, "specific": {"yes"}, "specific.reason": {"The bridge is named."}, "impending": {"yes"}, "impending.reason": {"Tonight."},
		"threat_type": {"mass_casualty_attack"}, "target.kind": {"structure"}, "target.name": {"The bridge"},
	})
	dana.submit(l.record, l.record+"/decide", url.Values{"choice": {"warn"}})
	dana.submit(l.record, l.record+"/record", url.Values{
		"given.method": {"phone"}, "given.recipient_authority": {"bravo's duty room"}, "given.recipient_named_role": {"the officer on duty"},
		"given.means": {"the number on their card"}, "given.substance": {"A rumour about the bridge, not confirmed."}, "given.delivered_at": {"2026-01-03 12:00"},
		"consulted.body": {"The border police"}, "consulted.view": {"They know of nothing."}, "consulted.when": {"2026-01-03 10:00"},
		"notified.who": {"The minister"}, "notified.when": {"2026-01-03 11:00"}, "dispute.level": {"heads of service"}, "dispute.party": {"bravo"},
	})

	// One of ours was released by one person alone, and waits for its review.
	typed = withSource(s.source, typedWarning(bravoText))
	composed := alpha.people["ines"].submit("/warnings/new", "/warnings/new", typed)
	draft, _, _ := strings.Cut(composed.path, "?")
	ruth.submit(draft, draft+"/exigent", url.Values{"reason": {"The train leaves at noon."}})

	alpha.people["ines"].submit("/statements", "/statements", url.Values{
		"event": {"A threat against a bridge"}, "headline": {"The bridge is open again"}, "text": {"There was a warning. It was looked into, and the bridge is open again."},
	})
	for _, form := range ruth.get("/statements").all("form[action]") {
		if id, is := strings.CutSuffix(attr(form, "action"), "/clear"); is {
			l.statement = id
		}
	}
	s.spoken(&l)
	return l
}

// spoken lets alpha hear by voice what no message has brought yet. Alpha hears nothing
// by network from then on.
func (s *story) spoken(l *late) {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	alpha.people["ruth"].submit("/partners/bravo", "/partners/bravo/voice", nil)
	bravo.people["ruth"].submit("/partners/alpha", "/partners/alpha/voice", nil)
	for n, path := range map[*node]string{alpha: "/partners/bravo", bravo: "/partners/alpha"} {
		n.await("the voice", func() bool { return n.people["ruth"].get(path).says("section p", "agreed: a warning can be said") })
	}
	alpha.deaf.Store(true)
	typed := theirWarning()
	typed.Set("target.name", "Night train")
	typed.Set("handling.tlp", "TLP:RED")
	typed.Set("recipients", "dana")
	for _, end := range []string{"window.start", "window.end"} {
		typed.Set(end, string(warning.DateOf(time.Now().AddDate(0, 0, 1))))
	}
	typed.Set("text.alpha", "An attack with a knife is planned.")
	said := bravo.people["ruth"].get(bravo.release(typed)).link("/cases/")
	aloud := bravo.people["ruth"].submit(said, said+"/say", nil).want("h1", "To be read aloud")
	var lines []string
	for _, line := range aloud.all("ol.spoken li") {
		var groups []string
		for _, group := range all(line, "span") {
			groups = append(groups, text(group))
		}
		lines = append(lines, strings.Join(groups, " "))
	}
	alpha.people["dana"].submit("/heard", "/heard", url.Values{"lines": {strings.Join(lines, "\n")}}).want("main .notice", "Heard right")
	for _, card := range alpha.people["dana"].get("/heard").all("section[id]") {
		if id, is := strings.CutPrefix(attr(card, "id"), "h-"); is {
			l.heard = "/heard/" + id
		}
	}
}

// split leaves files for bravo of which one follows the other, and in which something
// that was released may not leave any more.
func (s *story) split() {
	alpha := s.alpha
	alpha.Helper()
	typed := withSource(s.source, typedWarning(bravoText))
	for name, value := range map[string]string{
		"persons.0.name": "A. Example", "persons.0.role": "suspect", "persons.0.statement_kind": "claim_of_source", "persons.0.text": "Is said to hold the keys of the garage.",
		"persons.0.reason": "To find the garage in time.", "persons_to": "bravo",
	} {
		typed.Set(name, value)
	}
	alpha.release(typed)
	alpha.people["ruth"].submit("/assurances?partner=bravo&country=RU", "/assurances", url.Values{
		"ill_treatment": {"none"}, "death_penalty": {"real"}, "persecution": {"none"}, "expires": {string(warning.DateOf(time.Now().AddDate(0, 6, 0)))}, "basis": {"The law was changed."},
	})
	for range 20 {
		alpha.release(typedWarning(strings.Repeat("An attack is planned. ", 1400)))
	}
	who := caller.Caller{Kind: caller.Person, Name: "ines", Roles: []caller.Role{caller.Analyst}}
	var file bytes.Buffer
	_, err := alpha.carry.CarryOut(alpha.Context(), who, "bravo", api.CarryOut{MaxSize: 600 << 10}, func() {}, &file)
	must(alpha.T, err)
}

// abandoned leaves a feed for which its administrator answers no more: another one,
// alan, is there.
func (s *story) abandoned() {
	s.alpha.Helper()
	s.alpha.people["ruth"].submit("/feeds/partners-out", "/feeds/partners-out/release", nil)
	s.alpha.add("alan", "Administrator 2", "administrator")
	s.alpha.people["alan"].submit("/people/ada", "/people/ada/roles", url.Values{"roles": {"analyst"}})
}

// links are the addresses of all links that begin so, each once.
func (p *page) links(prefix string) (all []string) {
	seen := map[string]bool{prefix: true}
	for _, a := range p.all("main a[href]") {
		if path, _, _ := strings.Cut(attr(a, "href"), "?"); strings.HasPrefix(path, prefix) && !seen[path] {
			seen[path] = true
			all = append(all, path)
		}
	}
	return all
}
