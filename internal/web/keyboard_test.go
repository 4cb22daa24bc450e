// SPDX-License-Identifier: Apache-2.0

package web_test

// This file says something in a case by the keyboard alone, in a browser. It
// needs a Chromium and is skipped otherwise.

import (
	"context"
	"os/exec"
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, closeBrowser := chromedp.NewContext(ctx)
	defer closeBrowser()
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

// tabTo presses Tab until what is looked for has the focus. Every stop on the way
// must be seen.
func tabTo(t *testing.T, ctx context.Context, there func(focused) bool) focused {
	t.Helper()
	for range 200 {
		must(t, chromedp.Do(ctx, chromedp.KeyEvent(kb.Tab)))
		now, err := chromedp.Run(ctx, chromedp.Evaluate[focused](whatHasFocus))
		must(t, err)
		if now.Is != "body" && !now.Visible {
			t.Errorf("nobody sees that %s %q has the focus", now.Is, now.Text)
		}
		if there(now) {
			return now
		}
	}
	t.Fatal("it cannot be reached by the keyboard")
	return focused{}
}

// until waits for a condition of the page.
func until(t *testing.T, ctx context.Context, condition string) {
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition))
	must(t, err)
}
