// SPDX-License-Identifier: Apache-2.0

package web_test

// This file takes pictures of the pages, for a person to look at: set
// TOCSIN_SHOTS to a directory. It needs a Chromium and is skipped otherwise.

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func TestShots(t *testing.T) {
	directory := os.Getenv("TOCSIN_SHOTS")
	if directory == "" {
		t.Skip("set TOCSIN_SHOTS to a directory to take pictures of the pages")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium here")
	}
	ctx := browse(t, chromium)
	s := play(t)
	printed(t, ctx, s, directory)
	s.stages(func(shots []shot) { shoot(t, ctx, s, directory, shots) })
}

// browse opens a Chromium that is gone when the test is.
func browse(t *testing.T, chromium string) context.Context {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	return ctx
}

// stages lets everything happen that a page can show, and has it looked at on the
// way: what comes later takes away what was there.
func (s *story) stages(look func([]shot)) {
	waiting := s.waiting()
	leaking := s.unfinished()
	s.decisions()
	s.oversight()
	openDuty := s.alpha.people["dana"].get("/").link("/duties/")
	l := s.lately()
	s.offline()
	look([]shot{
		{"board", "ruth", "/"}, {"board-admin", "ada", "/"}, {"cases", "ruth", "/cases"}, {"case", "dana", s.alphaCase},
		{"warnings", "ines", "/warnings"}, {"compose", "ines", "/warnings/new?duty=" + strings.TrimPrefix(s.duty, "/duties/")},
		{"preview-leak", "ines", leaking}, {"preview-approved", "omar", waiting}, {"preview-released", "vera", s.draft},
		{"sources", "ines", "/sources"}, {"source-new", "ines", "/sources/new"}, {"source", "ines", s.source},
		{"duties", "dana", "/duties"}, {"duty", "ruth", s.duty}, {"pledges", "ruth", "/pledges"}, {"reciprocity", "ruth", "/reciprocity"}, {"watches", "dana", "/watches"},
		{"statements", "omar", "/statements"}, {"partners", "ada", "/partners"}, {"partner", "ruth", "/partners/bravo"}, {"people", "ada", "/people"},
		{"case+open", "ruth", s.bravoCase}, {"partner+open", "ruth", "/partners/bravo"}, {"partners+open", "ada", "/partners"}, {"duty+open", "dana", openDuty},
		{"preview-released+open", "vera", s.draft}, {"statements+open", "ines", "/statements"}, {"article", "ines", "/read"}, {"log", "vera", "/log"}, {"ledger", "vera", "/ledger"}, {"recalls+open", "dana", "/recalls"}, {"correct", "ines", s.alphaCase + "/correct"}, {"keys+open", "ada", "/keys"}, {"heard", "dana", "/heard"}, {"person", "ada", "/people/ines"}, {"read", "ines", "/read"}, {"public", "", "/public"}, {"signin", "", "/"}, {"missing", "ruth", "/cases/none"},
		{"policy", "ines", "/policy"}, {"policy-proposed+open", "ruth", s.proposed}, {"policy+open", "ruth", "/policy"}, {"retention", "ruth", "/retention?all=yes"},
		{"retention-one", "ruth", strings.Replace(s.alphaCase, "/cases/", "/retention/", 1)}, {"assurances", "ruth", "/assurances"}, {"assurances-before", "vera", "/assurances/history"}, {"doubted+open", "ruth", "/doubted"},
		{"inquiries+open", "ruth", "/inquiries"}, {"duties+open", "ruth", "/duties"}, {"trace", "ruth", "/trace"}, {"feeds", "ruth", "/feeds"}, {"feed", "ruth", "/feeds/partners-out"},
		{"persons", "omar", s.persons}, {"persons-edit+open", "ines", s.persons + "/edit"}, {"case-note", "dana", s.noted}, {"difference", "omar", s.proposed}, {"traced", "ruth", "/trace"},
		{"permissions", "dana", "/permissions?all=yes"}, {"permission-granted", "dana", s.permission}, {"permission-ask", "dana", s.noted + "/permission"}, {"case-asked+open", "dana", s.noted},
		{"redresses+open", "dana", "/redress"}, {"redress+open", "ruth", s.redress}, {"redress-opener", "dana", s.redress}, {"readings", "vera", "/reads"}, {"readings-own", "dana", "/reads?since=soon"},
		{"overseers+open", "ruth", "/overseers"}, {"overseers-admin+open", "ada", "/overseers"}, {"accounts+open", "ada", "/accounts"},
		{"backup", "ada", "/backup"}, {"carry", "dana", "/carry"}, {"carry-to+open", "dana", "/carry/bravo"}, {"recovery-never", "dana", "/recovery"},
		{"permission-withdrawn", "dana", l.withdrawn}, {"case-permitted", "dana", s.noted}, {"question-asks", "ruth", l.withheld}, {"question", "dana", l.question},
		{"heard-one", "dana", l.heard}, {"heard-asks", "omar", "/heard"}, {"statement", "ruth", l.statement}, {"case-destroyed", "dana", l.destroyed}, {"duty-record+open", "dana", l.record},
		{"assurances-of", "vera", "/assurances/history?partner=bravo&country=RU"},
		{"progress", "omar", s.proposed}, {"figures", "dana", "/figures"}, {"people+open", "ada", "/people"}, {"warnings-edit+open", "ines", waiting + "/edit"},
	})
	s.split()
	for range 205 {
		s.alpha.people["vera"].get("/reads?since=2999-01-01")
	}
	look([]shot{
		{"carry-split", "dana", "/carry/bravo"}, {"carry-full", "dana", "/carry"}, {"readings-paged", "vera", "/reads?by=vera"}, {"assurances-used", "vera", "/assurances/history"}, {"board-full", "dana", "/"},
	})
	s.putBack()
	look([]shot{
		{"recovery+open", "ada", "/recovery"}, {"board-recovers", "dana", "/"}, {"carry-asks", "dana", "/carry/bravo"},
	})
	s.abandoned()
	look([]shot{
		{"feed-abandoned", "alan", "/feeds/partners-out"}, {"feeds-abandoned", "alan", "/feeds"}, {"board-abandoned", "ruth", "/"},
	})
}

// shot is one picture: its name, whose browser, and the page. A name that ends in
// +open has everything unfolded.
type shot struct{ name, who, path string }

// shoot takes each picture wide and narrow, light and dark. TOCSIN_SHOTS_OF bounds
// them to those whose name it matches.
func shoot(t *testing.T, ctx context.Context, s *story, directory string, shots []shot) {
	t.Helper()
	only, err := regexp.Compile(os.Getenv("TOCSIN_SHOTS_OF"))
	must(t, err)
	for _, shot := range shots {
		if !only.MatchString(shot.name) {
			continue
		}
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				must(t, chromedp.Do(ctx, s.alpha.cookies(shot.who), look(width, scheme), chromedp.Navigate(s.alpha.server.URL+shot.path)))
				if strings.HasSuffix(shot.name, "+open") {
					must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('details').forEach(d => { d.open = true })")))
				}
				if shot.name == "article" {
					must(t, chromedp.Do(ctx, chromedp.SetValue("#read-text", articleText), chromedp.SetValue("#read-published", "2017-12-17"),
						chromedp.Click("main button.main"), chromedp.WaitVisible("ol.claims")))
				}
				switch shot.name {
				case "difference":
					must(t, chromedp.Do(ctx, chromedp.Click("main .card form button.main"), chromedp.WaitVisible("#differences")))
				case "progress":
					must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](underWay)))
				case "traced":
					must(t, chromedp.Do(ctx, chromedp.SetValue("#trace-text", bravoText), chromedp.Click("main button.main"), chromedp.WaitVisible("#traced")))
				}
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				must(t, err)
				name := shot.name + "-" + scheme + map[bool]string{true: "-narrow", false: ""}[width < 500] + ".png"
				must(t, os.WriteFile(filepath.Join(directory, name), picture, 0o600))
			}
		}
	}
}

// underWay shows what a page says while it compares policies over much: the nodes of a
// test hold too little to wait for.
const underWay = `document.querySelector("main > .quiet").insertAdjacentHTML("afterend",
	'<div class="progressing"><p class="progress" role="status">Comparing: 4200 of 60000 things, 7 %. <a href="#">Stop</a></p></div>')`

// printed prints a page as a person would, to see what stands on each sheet.
func printed(t *testing.T, ctx context.Context, s *story, directory string) {
	t.Helper()
	must(t, chromedp.Do(ctx, s.alpha.cookies("ruth"), look(1280, "light"), chromedp.Navigate(s.alpha.server.URL+s.alphaCase)))
	sheets, err := chromedp.Run(ctx, chromedp.PrintToPDF())
	must(t, err)
	must(t, os.WriteFile(filepath.Join(directory, "case.pdf"), sheets, 0o600))
}

// look sets the width of the window and the colours the person prefers.
func look(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500}
		if _, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, size); err != nil {
			return err
		}
		colours := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, colours)
		return err
	})
}

// cookies gives the browser the session of a person.
func (n *node) cookies(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, network.ClearBrowserCookies, cdp.Empty{}); err != nil || name == "" {
			return err
		}
		address, err := url.Parse(n.server.URL)
		if err != nil {
			return err
		}
		for _, cookie := range n.people[name].client.Jar.Cookies(address) {
			set := network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: n.server.URL}
			if _, err := cdp.Call(ctx, target, network.SetCookie, set); err != nil {
				return err
			}
		}
		return nil
	})
}

// unfinished leaves a board with things to do: a draft that leaks, a draft that
// waits for a second person, open duties, a question, an unanswered warning,
// and a partner in trouble. It returns the draft that leaks.
func (s *story) unfinished() string {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	alpha.keepReport("ines")
	leaking := alpha.people["ines"].submit("/warnings/new", "/warnings/new", withSource(s.source, typedWarning(leakedText)))
	alpha.people["dana"].submit("/duties", "/duties", url.Values{
		"partner": {"bravo"}, "title": {"Threat against a consulate"}, "precedence": {"PRIORITY"},
	})
	duty := alpha.people["dana"].submit("/duties", "/duties", url.Values{
		"partner": {"bravo"}, "title": {"Rumour about a stadium"}, "precedence": {"ROUTINE"},
	}).path
	duty, _, _ = strings.Cut(duty, "?")
	alpha.people["dana"].submit(duty, duty+"/assess", url.Values{
		"credible": {"yes"}, "credible.reason": {"Two sources say so."}, "specific": {"yes"}, "specific.reason": {"The stadium is named."},
		"impending": {"no"}, "impending.reason": {"No day is known."}, "threat_type": {"mass_casualty_attack"}, "target.kind": {"structure"}, "target.name": {"The stadium"},
	})
	alpha.people["dana"].submit(duty, duty+"/decide", url.Values{
		"choice": {"waive"}, "ground": {"victim_already_aware"}, "justification": {"The organiser published it before us."},
	})
	composed := bravo.people["ines"].submit("/warnings/new", "/warnings/new", theirWarning())
	draft, _, _ := strings.Cut(composed.path, "?")
	bravo.people["ruth"].submit(draft, draft+"/release", nil)
	bravo.people["omar"].submit(draft, draft+"/release", nil)
	alpha.heard("bravo", 6)
	alpha.people["ruth"].submit("/partners/bravo", "/partners/bravo/state", url.Values{"state": {"suspended"}, "why": {"Talks on the terms were broken off."}})
	composed = bravo.people["ines"].submit("/warnings/new", "/warnings/new", theirWarning())
	draft, _, _ = strings.Cut(composed.path, "?")
	bravo.people["ruth"].submit(draft, draft+"/exigent", url.Values{"reason": {"It is for tomorrow."}})
	alpha.heard("bravo", 7)
	path, _, _ := strings.Cut(leaking.path, "?")
	return path
}

// decisions leaves what the pages of rules show: a policy that is proposed, sheets,
// a draft that names persons, a rota, questions, a note under H3, a feed.
func (s *story) decisions() {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	ruth, dana := alpha.people["ruth"], alpha.people["dana"]
	ruth.submit("/partners/bravo", "/partners/bravo/state", url.Values{"state": {"active"}, "why": {"Talks go on."}})
	compared := ruth.submit("/policy", "/policy/compare", typedPolicy(ruth, closed))
	s.proposed, _, _ = strings.Cut(ruth.post("/policy/propose", offered(compared.form("/policy/propose"))).path, "?")
	for _, sheet := range []struct{ who, country, risk string }{{"ruth", "RU", "assured"}, {"omar", "RU", "assured"}, {"ruth", "US", "real"}} {
		alpha.people[sheet.who].submit("/assurances", "/assurances", url.Values{
			"partner": {"bravo"}, "country": {sheet.country}, "ill_treatment": {"none"}, "death_penalty": {sheet.risk}, "persecution": {"none"},
			"given": {"Nobody who is named by you stands before a court that can pass the sentence of death."}, "basis": {"Visits, and the report of the embassy."},
			"expires": {string(warning.DateOf(time.Now().AddDate(0, 6, 0)))},
		})
	}
	typed := withSource(s.source, typedWarning(bravoText))
	for name, value := range map[string]string{
		"persons.0.name": "A. Example", "persons.0.role": "suspect", "persons.0.statement_kind": "claim_of_source", "persons.0.text": "Is said to hold the keys of the garage.",
		"persons.0.reason": "To find the garage in time.", "persons.0.minor": "yes", "persons.0.special_categories": "health", "persons_to": "bravo",
	} {
		typed.Set(name, value)
	}
	s.persons, _, _ = strings.Cut(alpha.people["ines"].submit("/warnings/new", "/warnings/new", typed).path, "?")
	ruth.submit("/duties", "/rota", url.Values{"people": {"dana\nruth\nomar"}})
	dana.submit("/inquiries", "/inquiries", url.Values{"partner": {"bravo"}, "precedence": {"PRIORITY"}, "question": {"Do you hold anything on the group that calls itself after the harbour?"}})
	asked := bravo.people["dana"].submit("/inquiries", "/inquiries", url.Values{"partner": {"alpha"}, "precedence": {"IMMEDIATE"}, "question": {"Do you hold anything on the winter market?"}, "target.kind": {"event"}, "target.name": {"Winter market"}})
	asked.want("td", "Winter market")
	noted := theirWarning()
	noted["handling.codes"] = []string{"H1", "H3"}
	noted.Set("handling.note", "Not for automated processing; ask before any arrest.")
	composed := bravo.people["ines"].submit("/warnings/new", "/warnings/new", noted)
	draft, _, _ := strings.Cut(composed.path, "?")
	bravo.people["ruth"].submit(draft, draft+"/release", nil)
	s.noted = bravo.people["omar"].submit(draft, draft+"/release", nil).link("/cases/")
	alpha.await("the note", func() bool { return dana.get(s.noted).status == 200 })
	collection, err := alpha.intake.AddCollection(alpha.Context(), admin, "Shared", "", "shared", "")
	must(alpha.T, err)
	for _, feed := range []api.NewFeed{
		{Name: "partners-out", Push: true, URL: "https://taxii.example.org/root/", Remote: "91a7b528-80eb-42ed-a74d-c6fbd5a26116", Collection: collection.ID},
		{Name: "cert-in", URL: "https://taxii.example.com/root/", Remote: "public", Collection: collection.ID},
	} {
		_, err = alpha.feeds.Add(alpha.Context(), admin, feed)
		must(alpha.T, err)
	}
}

// oversight leaves what the pages of permissions, redress, overseers' keys, accounts
// and files show.
func (s *story) oversight() {
	alpha, bravo := s.alpha, s.bravo
	alpha.Helper()
	dana, ruth := alpha.people["dana"], alpha.people["ruth"]
	for _, ask := range []url.Values{
		{"use": {"court"}, "reason": {"The prosecutor wants to show it to a judge who decides on the arrest."}},
		{"use": {"purpose"}, "purpose": {"a study of attacks on markets"}, "reason": {"The ministry asks for it."}},
	} {
		asked := dana.submit(s.noted+"/permission", s.noted+"/permission", ask)
		s.permission, _, _ = strings.Cut(asked.path, "?")
	}
	alpha.await("the requests", func() bool {
		return strings.Count(string(bravo.people["dana"].get("/permissions").body), "alpha asks us") == 2
	})
	path := bravo.people["dana"].get("/permissions").link("/permissions/")
	bravo.people["dana"].submit(path, path+"/grant", url.Values{"until": {string(warning.DateOf(time.Now().AddDate(0, 0, 7)))}, "conditions": {"Not in open court, and not with our name."}})
	bravo.people["ruth"].submit(path, path+"/confirm", nil)
	alpha.await("the permission", func() bool { return dana.get("/permissions").says("td .state", "granted") })
	s.permission = path

	alpha.people["ines"].submit("/sources/new", "/sources/new", url.Values{"title": {"Seen at the harbour"}, "field.text.0": {"Jan Example was seen at the harbour with two others."}, "handling.tlp": {"TLP:AMBER"}})
	alpha.people["ines"].submit("/sources/new", "/sources/new", url.Values{"title": {"Seen again"}, "field.text.0": {"Jan Example came back at night."}, "handling.tlp": {"TLP:AMBER"}})
	opened := dana.submit("/redress", "/redress", url.Values{"names": {"Jan Example"}, "asker": {"L. Lawyer, for the person"}, "proof": {"A power of attorney, seen by dana."}})
	s.redress, _, _ = strings.Cut(opened.path, "?")
	for _, form := range ruth.get(s.redress).all("form[action]") {
		if action := attr(form, "action"); strings.Contains(action, "/decide/") {
			ruth.submit(s.redress, action, url.Values{"do": {"erase"}, "reason": {"There is no purpose any more."}})
			break
		}
	}
	raw, err := json.Marshal(api.OverseerKey{Format: api.OverseerKeyFormat, Name: "vera", Sign: alpha.card.Public(), Open: alpha.card.Seal})
	must(alpha.T, err)
	alpha.people["ada"].upload("/overseers", "file", raw)
	alpha.people["ada"].submit("/accounts", "/accounts", url.Values{"name": {"siem"}, "read": {"shared"}, "tlp": {"TLP:GREEN"}})
}

// offline lets bravo hear nothing by network from now on: something waits for it, and
// is in a file.
func (s *story) offline() {
	s.alpha.Helper()
	dana := s.alpha.people["dana"]
	s.bravo.deaf.Store(true)
	dana.submit(s.noted, s.noted+"/thank", url.Values{"text": {"It helped."}})
	dana.carried("bravo")
}

// putBack begins a recovery that waits.
func (s *story) putBack() {
	s.alpha.Helper()
	s.alpha.people["ada"].submit("/recovery", "/recovery/by-hand", url.Values{"why": {"Last night's copy was put back after a fire in the server room."}})
	s.alpha.people["dana"].carried("bravo")
}

// waiting composes a draft that one person has approved.
func (s *story) waiting() string {
	s.alpha.Helper()
	composed := s.alpha.people["ines"].submit("/warnings/new", "/warnings/new", withSource(s.source, typedWarning(bravoText)))
	path, _, _ := strings.Cut(composed.path, "?")
	s.alpha.people["ruth"].submit(path, path+"/release", nil)
	return path
}

func withSource(source string, values url.Values) url.Values {
	values.Set("source", strings.TrimPrefix(source, "/sources/"))
	return values
}

func theirWarning() url.Values {
	values := typedWarning("")
	values.Del("text.bravo")
	values.Set("to", "alpha")
	values.Set("target.name", "Harbour market")
	values.Set("target.place.country", "US")
	values.Set("target.place.region", "")
	values.Set("target.place.city", "Springfield")
	values.Set("text.alpha", "A man who travelled from our country plans an attack with a vehicle on a market by the harbour.")
	return values
}
