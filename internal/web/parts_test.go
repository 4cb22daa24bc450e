// SPDX-License-Identifier: Apache-2.0

package web

// This file tests parts of pages for states that a story reaches only over many
// steps: messages in doubt, feeds that wait, flags, policies of long ago.

import (
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

var noon = time.Date(2017, 12, 13, 12, 0, 0, 0, time.UTC)

// as is a visit of somebody in a role.
func as(role caller.Role) *visit {
	return &visit{now: noon, who: caller.Caller{Kind: caller.Person, Name: "x", Roles: []caller.Role{role}}}
}

// drawn is a part as it stands in a page.
func drawn(t *testing.T, part templ.Component) string {
	t.Helper()
	var page strings.Builder
	if err := part.Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// says fails unless a text has all the words, and none of the others.
func says(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, word := range words {
		word, not := strings.CutPrefix(word, "!")
		if strings.Contains(page, word) == not {
			t.Errorf("%q, unwanted %t:\n%s", word, not, page)
		}
	}
}

// A message in doubt that waits is affirmed by who may; what was decided is said,
// and not offered again.
func TestAMessageInDoubt(t *testing.T) {
	d := api.Doubted{Hash: strings.Repeat("ab", 32), Partner: "bravo", Kind: "pledge", Sent: noon.Add(-time.Hour), Found: noon, State: "waits", InDoubt: "what key 1234 signs is in doubt"}
	form := "/doubted/" + d.Hash + "/affirm"
	says(t, drawn(t, doubtCard(as(caller.DutyOfficer), d)), form, "what key 1234 signs is in doubt", "Pledge")
	says(t, drawn(t, doubtCard(as(caller.Analyst), d)), "!"+form)
	d.By, d.At, d.Why, d.State = "dana", noon, "Their officer said so.", "affirmed"
	says(t, drawn(t, doubtCard(as(caller.DutyOfficer), d)), "!"+form, "dana", "Their officer said so.")
	d.By, d.State = "", "cleared"
	says(t, drawn(t, doubtCard(as(caller.DutyOfficer), d)), "!"+form, "cleared")
}

// A feed that waits says why, on the board, in the list and on its page.
func TestAFeedThatIsSilent(t *testing.T) {
	const why = "nothing is given out now"
	says(t, drawn(t, feedLines(as(caller.Administrator), []api.FeedLine{{Name: "out", Push: true, Silent: why}})), why, `href="/feeds/out"`, "!failing")
	says(t, drawn(t, feedLines(as(caller.Administrator), []api.FeedLine{{Name: "out", Fails: 3, Failure: "no route"}})), "3 times in a row: no route")
	f := api.Feed{Name: "out", Push: true, Released: noon, Silent: why}
	if feedState(f) != "waits" {
		t.Errorf("it is said to be %s", feedState(f))
	}
}

// What waited for a partner and is not in a file is said, with the reason.
func TestWhatIsNotInACarryFile(t *testing.T) {
	files := []api.CarryFile{
		{File: "b", Number: 2, Made: noon, By: "ines", Messages: 1, First: 4, Last: 4, Held: 2, Withheld: []string{"message 3: a real risk"}, More: true, Follows: 1},
		{File: "a", Number: 1, Made: noon.Add(-time.Hour), By: "ines", Messages: 2, First: 1, Last: 2, Rest: 2, Written: noon, Held: 5, Withheld: []string{"message 9: another reason"}},
	}
	says(t, drawn(t, carryFiles(as(caller.Analyst), api.Partner{Name: "bravo"}, files)),
		"Not in file no. 2, and it will not leave:", "Message 3: a real risk", "2 messages stayed here", `action="/carry/bravo/b/rest"`,
		"!Not in file no. 1", "not in it: message 9: another reason", "!5 messages", `!action="/carry/bravo/a/rest"`, "no. 2 follows", "follows no. 1")
	says(t, drawn(t, carryFiles(as(caller.Overseer), api.Partner{Name: "bravo"}, files)), "!/rest")
}

// What the people who release must look at stands on the preview: flags, what is
// not said, and why a third person must approve.
func TestWhatThePeopleWhoReleaseLookAt(t *testing.T) {
	copied := warning.Copy{
		Partner: "bravo", Allowed: true, Further: []string{"a minor is named"},
		Flags:   []warning.Leak{{Rule: "small-set", Field: "text", Text: "one of three", Source: "report"}},
		Minimum: []warning.Point{{What: "who", Said: "a cathedral"}, {What: "where"}, {What: "when", Said: "2017-12-13 12:00 +0000"}, {What: "what to do"}},
	}
	page := drawn(t, copyPart(as(caller.Releaser), warning.Draft{}, copied, nil))
	says(t, drawn(t, minimumPart(copied, warning.Warning{Window: warning.Window{Start: noon, End: noon, Fidelity: "day"}})), "<dd>13 December 2017</dd>", "<dd>a cathedral</dd>")
	says(t, page, "a minor is named", "one of three", "small-set", "of report", "It does not say: where, what to do", "a cathedral")
	if n := needed(warning.Preview{Copies: []warning.Copy{copied}}); n != 3 {
		t.Errorf("%d people must release it", n)
	}
	copied.Minimum, copied.Flags, copied.Further = copied.Minimum[:1], nil, nil
	says(t, drawn(t, copyPart(as(caller.Releaser), warning.Draft{}, copied, nil)), "It says all seven points", "!stops nothing", "!third person")
}

// The rules of a policy stand under each way out that they are about, those that
// are about several under each.
func TestRulesByWayOut(t *testing.T) {
	p := api.Policy{Rules: []api.PolicyRule{
		{ID: "channel-frozen", Says: "the channel is frozen", Actions: []string{"send", "say"}}, {ID: "public", Says: "it is public", Permits: true, Actions: []string{"publish"}},
	}}
	for _, way := range ways {
		page := drawn(t, wayPart(p, way))
		switch way.value {
		case "send", "say":
			says(t, page, "the channel is frozen", "forbids", "!permits", "1 rule")
		case "publish":
			says(t, page, "it is public", "permits", "!forbids")
		default:
			says(t, page, "nothing leaves this way")
		}
	}
	if wayWords("flee") != "flee" || thingWords(2, "case") != "2 cases" || thingWords(1, "sent") != "1 sent warning" {
		t.Error("words are missing")
	}
}

// Above a copy stands by whose permission it leaves, and whom to ask where it may not.
func TestByWhosePermissionItLeaves(t *testing.T) {
	const id = "warning--1b671a64-40d5-491e-99b0-da01ff1f3341"
	hint := "ask bravo: tocsin permission ask " + id + " --use pass_on --to charlie --reason TEXT"
	copied := warning.Copy{Partner: "charlie", Reasons: []warning.Reason{
		{Field: "source", Effect: "block", Rule: "third-party", Hint: hint}, {Field: "text", Effect: "block", Rule: "third-party", Hint: hint}, {Effect: "block", Hint: "ask by voice"},
	}}
	link := "/cases/" + id + "/permission?to=charlie&amp;use=pass_on"
	page := drawn(t, copyPart(as(caller.Analyst), warning.Draft{}, copied, nil))
	says(t, page, link, "ask by voice", "!By permission of")
	if strings.Count(page, link) != 1 {
		t.Errorf("it is offered several times:\n%s", page)
	}
	says(t, drawn(t, askPart(as(caller.Overseer), copied)), "!"+link, "tocsin permission ask")
	copied.Permissions = []warning.Permitted{{ID: "permission--1", From: "bravo", Until: noon.Add(time.Hour), Conditions: "Not in open court."}}
	says(t, drawn(t, copyPart(as(caller.Analyst), warning.Draft{}, copied, nil)), "By permission of <bdi>bravo</bdi>", "in 1 h", `href="/permissions/permission--1"`, "Not in open court.")
}

// A warning that was given by other means than the node is confirmed by another person:
// it is offered to that one, and said to both.
func TestWhoConfirmsThatAWarningWasGiven(t *testing.T) {
	says(t, drawn(t, unconfirmedPart(as(caller.DutyOfficer), false)), "until another person confirms it", `!href="#add"`)
	says(t, drawn(t, unconfirmedPart(as(caller.DutyOfficer), true)), "until another person confirms it", `href="#add"`)
	d := warning.Duty{ID: "duty--1", State: warning.DutyWarn, Given: []warning.Given{{Method: "phone", By: "dana"}}}
	says(t, drawn(t, recordForm(as(caller.DutyOfficer), d)), `id="add" open`, "given_confirmed")
	d.Given[0].By = "x" // who looks
	says(t, drawn(t, recordForm(as(caller.DutyOfficer), d)), `id="add">`, "!given_confirmed")
}

// A permission that was withdrawn stands above the text until somebody says what was
// done.
func TestAWithdrawnPermissionStandsAboveTheText(t *testing.T) {
	p := api.Permission{Hash: "ab", Waits: true}
	says(t, drawn(t, inForcePart(as(caller.DutyOfficer), []api.Permission{p})), "A permission was withdrawn", `href="/permissions/ab"`)
	p.Waits = false
	says(t, drawn(t, inForcePart(as(caller.DutyOfficer), []api.Permission{p})), "!withdrawn")
}
