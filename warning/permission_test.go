// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds what a request for permission and its answer must say.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestPermissions(t *testing.T) {
	q := warning.PermissionRequest{ID: "permission--1", Case: "warning--1", About: envelope.FirstPrev, Used: passOn, Reason: "r", AnswerBy: now, By: officer, At: now}
	says(t, "a request", q.Validate())
	says(t, "empty", (&warning.PermissionRequest{}).Validate(), "case: must be said", "by.name", "by.role", "at: must be said", "id: must be said", "about: must be", "use: ", "purpose: must be said", "reason: must be said", "answer_by: ")
	p := warning.Permission{Case: "warning--1", Request: "permission--1", About: envelope.FirstPrev, Answer: warning.PermissionGranted, Used: passOn,
		Until: now.Add(time.Hour), By: officer, Confirmed: &officer, At: now}
	says(t, "a grant", p.Validate())
	for name, test := range map[string]struct {
		change func(*warning.Permission)
		wrong  []string
	}{
		"at once over":          {func(p *warning.Permission) { p.Until = p.At }, []string{"until: "}},
		"for ever":              {func(p *warning.Permission) { p.Until = time.Time{} }, []string{"until: "}},
		"by one":                {func(p *warning.Permission) { p.Confirmed = nil }, []string{"confirmed_by: two people grant"}},
		"by half a second":      {func(p *warning.Permission) { p.Confirmed = &warning.Officer{Name: "n"} }, []string{"confirmed_by.role"}},
		"to nobody":             {func(p *warning.Permission) { p.To = nil }, []string{"to: name those"}},
		"to one twice":          {func(p *warning.Permission) { p.To = append(p.To[:1:1], p.To[0]) }, []string{"to: each node once"}},
		"to no node":            {func(p *warning.Permission) { p.To = []warning.Recipient{{Name: "charlie", Node: "charlie"}} }, []string{"to.node: must be"}},
		"court to somebody":     {func(p *warning.Permission) { p.Use = warning.UseCourt }, []string{"to: only what is passed on"}},
		"wider than nothing":    {func(p *warning.Permission) { p.Use, p.To = warning.UseWider, nil }, []string{"tlp: "}},
		"of no version":         {func(p *warning.Permission) { p.Earlier = []string{"the first"} }, []string{"earlier: must be"}},
		"of one version twice":  {func(p *warning.Permission) { p.Earlier = []string{p.About} }, []string{"earlier: each other version once"}},
		"of too many versions":  {func(p *warning.Permission) { p.Earlier = slices.Repeat([]string{p.About}, warning.MaxList+1) }, []string{"earlier: at most 100"}},
		"a label of no use":     {func(p *warning.Permission) { p.TLP = "TLP:GREEN" }, []string{"tlp: only with"}},
		"a refusal that grants": {func(p *warning.Permission) { p.Answer, p.Reason = warning.PermissionRefused, "r" }, []string{"answer: only a grant"}},
		"a bare refusal": {func(p *warning.Permission) {
			*p = warning.Permission{Case: p.Case, Request: p.Request, About: p.About, Answer: warning.PermissionRefused, By: p.By, At: p.At}
		}, []string{"reason: say why"}},
		"a long condition": {func(p *warning.Permission) { p.Conditions = strings.Repeat("x", warning.MaxConditions+1) }, []string{"conditions: at most"}},
	} {
		changed := p
		test.change(&changed)
		says(t, name, changed.Validate(), test.wrong...)
	}
	refusal := warning.Permission{Case: "warning--1", Request: "permission--1", About: envelope.FirstPrev, Answer: warning.PermissionRefused, Reason: "r", By: officer, At: now}
	says(t, "a refusal", refusal.Validate())
	withdrawal := refusal
	withdrawal.Answer = warning.PermissionWithdrawn
	says(t, "a withdrawal", withdrawal.Validate())
}

// Nothing is granted beyond what was asked; to fewer it may be.
func TestWithinWhatWasAsked(t *testing.T) {
	asked := passOn
	asked.To = append(asked.To[:1:1], warning.Recipient{Name: "delta", Node: strings.Repeat("d", 64)})
	fewer := passOn
	fewer.Purpose = " PROTECTION  of life"
	if !fewer.Within(&asked) || !asked.Within(&asked) {
		t.Error("to fewer, it is refused")
	}
	if asked.Within(&fewer) {
		t.Error("to more, it is granted")
	}
	both := asked
	both.Earlier = []string{strings.Repeat("1", 64), strings.Repeat("2", 64)}
	if !asked.Within(&both) || !both.Within(&both) {
		t.Error("of fewer versions, it is refused")
	}
	if both.Within(&asked) {
		t.Error("of more versions, it is granted")
	}
	if got := both.Words(); !strings.HasSuffix(got, "“protection of life”, with 2 versions before it") {
		t.Error(got)
	}
	for name, change := range map[string]func(*warning.Used){
		"use":     func(u *warning.Used) { u.Use = warning.UseCourt },
		"purpose": func(u *warning.Used) { u.Purpose = "trade" },
		"label":   func(u *warning.Used) { u.TLP = "TLP:CLEAR" },
		"node":    func(u *warning.Used) { u.To = []warning.Recipient{{Name: "charlie", Node: strings.Repeat("e", 64)}} },
	} {
		other := passOn
		change(&other)
		if other.Within(&asked) {
			t.Errorf("another %s is granted", name)
		}
	}
	if got := asked.Words(); got != "to pass it on to charlie, delta, for “protection of life”" {
		t.Error(got)
	}
}
