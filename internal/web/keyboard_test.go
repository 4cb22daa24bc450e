// SPDX-License-Identifier: Apache-2.0

package web_test

// This file says something in a case by the keyboard alone, in a browser. It
// needs a Chromium and is skipped otherwise.

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused is what has the focus, as a person sees it.
type focused struct {
	Is      string `json:"is"`   // tag, and name or class
	Text    string `json:"text"` // its words
	Visible bool   `json:"visible"`
}

const whatHasFocus = `(() => {
	const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
	return {is: e.tagName.toLowerCase() + (e.name ? "#" + e.name : e.className ? "." + e.className : ""), text: e.textContent.trim(),
		visible: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || e.classList.contains("skip")) && box.width > 0 && box.left >= 0};
})()`

func TestByKeyboardAlone(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: the main job by keyboard alone: there is no chromium here")
	}
	s := play(t)
	ctx := browse(t, chromium)
	must(t, chromedp.Do(ctx, s.alpha.cookies("dana"), look(1280, "light"), chromedp.Navigate(s.alpha.server.URL+s.alphaCase)))

	if first := tabTo(t, ctx, func(focused) bool { return true }); first.Is != "a.skip" {
		t.Errorf("the first stop is %+v: it should lead past the menu", first)
	}
	must(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
	tabTo(t, ctx, func(f focused) bool { return f.Is == "summary" && f.Text == "Thank" })
	must(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
	tabTo(t, ctx, func(f focused) bool { return f.Is == "textarea#text" })
	must(t, chromedp.Do(ctx, chromedp.KeyEvent("Said by the keyboard alone.")))
	tabTo(t, ctx, func(f focused) bool { return f.Is == "button.main" && f.Text == "Thank" })
	must(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("main article")))
	until(t, ctx, `document.body.innerText.includes("Said by the keyboard alone.") && !document.querySelector("details[open] textarea")`)
}

// whatCanBeUsed counts what a person can reach with Tab: of a group of radio buttons
// one, and nothing that is not shown.
const whatCanBeUsed = `(() => {
	const groups = new Set(), all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
	return [...all].filter(e => {
		if (e.type === "radio") {
			if (groups.has(e.name)) return false;
			groups.add(e.name);
		}
		return e.checkVisibility() && !e.disabled;
	}).length;
})()`

// Every page of decisions is gone through by the keyboard: nothing on it that can be
// used is passed over, and what has the focus is seen.
func TestTheNewPagesByKeyboardAlone(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: the pages of decisions by keyboard alone: there is no chromium here")
	}
	s := play(t)
	s.decisions()
	ctx := browse(t, chromium)
	for _, path := range []string{
		"/policy", s.proposed, "/retention?all=yes", strings.Replace(s.alphaCase, "/cases/", "/retention/", 1), "/assurances?partner=bravo&country=RU",
		"/inquiries", "/duties", s.duty, "/trace", "/feeds/partners-out", "/doubted?all=yes", s.persons,
		"/recovery", "/carry", "/carry/bravo", "/permissions", "/reads", "/redress", "/overseers",
	} {
		must(t, chromedp.Do(ctx, s.alpha.cookies("omar"), look(1280, "light"), chromedp.Navigate(s.alpha.server.URL+path)))
		must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('details').forEach(d => { d.open = true })")))
		want, err := chromedp.Run(ctx, chromedp.Evaluate[int](whatCanBeUsed))
		must(t, err)
		stops := 0
		tabTo(t, ctx, func(f focused) bool {
			if f.Is == "body" {
				return true // it is gone through
			}
			stops++
			return stops > 2*want
		})
		// A box that scrolls is a stop of its own, and so there may be more.
		if stops < want {
			t.Errorf("%s: %d stops for %d things that can be used", path, stops, want)
		}
	}
}

// tabTo presses Tab until what is looked for has the focus. Every stop on the way
// must be seen.
func tabTo(t *testing.T, ctx context.Context, there func(focused) bool) focused {
	t.Helper()
	var last focused
	for range 500 {
		must(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)))
		now, err := chromedp.Run(ctx, chromedp.Evaluate[focused](whatHasFocus))
		must(t, err)
		if now.Is != "body" && !now.Visible {
			t.Errorf("nobody sees that %s %q has the focus", now.Is, now.Text)
		}
		if there(now) {
			return now
		}
		last = now
	}
	t.Fatalf("it cannot be reached by the keyboard; the last stop is %+v", last)
	return focused{}
}

// until waits for a condition of the page.
func until(t *testing.T, ctx context.Context, condition string) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition))
	must(t, err)
}

// job is what a person does on one page by the keyboard alone: through the stops in
// their order, each by its words or its name, with what is typed there.
type job struct {
	who, path string
	stops     [][2]string
	done      string // what the page says then
}

// The main action of a page that came later is reached and done by Tab and Enter.
func TestWhatIsDecidedLaterByKeyboardAlone(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: later decisions by keyboard alone: there is no chromium here")
	}
	ctx := browse(t, chromium)
	s := play(t)
	waiting := s.waiting()
	s.decisions()
	s.oversight()
	l := s.lately()
	s.abandoned()
	for _, job := range []job{
		{"dana", "/", [][2]string{{"Dismiss it", kb.Enter}, {"#reason", "Called them."}, {"Dismiss", kb.Enter}}, "The alarm is dismissed."},
		{"omar", waiting, [][2]string{{"Release it: I am the second person", kb.Enter}}, "Released by two people"},
		{"dana", l.withdrawn, [][2]string{{"#what", "Nothing had left."}, {"It is done", kb.Enter}}, "Nothing had left."},
		{"ruth", l.statement, [][2]string{{"Clear it: anyone may read it then", kb.Enter}}, "cleared"},
		{"dana", "/inquiries", [][2]string{{"Ask a partner", kb.Enter}, {"#partner", "b"}, {"#precedence", "R"}, {"#question", "Do you hold anything on the bridge?"}, {"Ask", kb.Enter}}, "Do you hold anything on the bridge?"},
		{"dana", l.record, [][2]string{{"Add to the record", kb.Enter}, {"#outcome_ref", "REF-8"}, {"Add it to the record", kb.Enter}}, "REF-8"},
		{"alan", "/feeds/partners-out", [][2]string{{"Take over partners-out", kb.Enter}}, "You answer for it"},
	} {
		must(t, chromedp.Do(ctx, s.alpha.cookies(job.who), look(1280, "light"), chromedp.Navigate(s.alpha.server.URL+job.path)))
		for _, stop := range job.stops {
			t.Logf("%s at %s: %s", job.who, job.path, stop[0])
			tabTo(t, ctx, func(f focused) bool { return f.Text == stop[0] || strings.HasSuffix(f.Is, stop[0]) })
			must(t, chromedp.Do(ctx, chromedp.KeyEvent(stop[1])))
		}
		must(t, chromedp.Do(ctx, chromedp.WaitVisible("main > p.notice[role=status]")))
		until(t, ctx, `document.querySelector("main").innerText.includes(`+strconv.Quote(job.done)+`)`)
	}
}
