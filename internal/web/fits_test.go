// SPDX-License-Identifier: Apache-2.0

package web_test

// This file measures every page in a browser: that nothing is wider than a narrow
// window, that no word is broken letter by letter, and that every text stands out from
// what is behind it. It needs a Chromium and is skipped otherwise.

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// measured is what a page has of it, in words.
const measured = `(() => {
	const found = new Set();
	const name = e => e.tagName.toLowerCase() + (e.className ? "." + e.className : "") + " " + JSON.stringify(e.textContent.trim().slice(0, 40));
	const width = document.documentElement.clientWidth; // innerWidth grows with what is too wide
	if (document.documentElement.scrollWidth > width) {
		let widest = null, right = width;
		for (const e of document.body.querySelectorAll("*")) {
			const box = e.getBoundingClientRect();
			if (box.right > right && e.checkVisibility()) { widest = e; right = box.right; }
		}
		found.add("it is " + document.documentElement.scrollWidth + " px wide, by " + (widest ? name(widest) : "nothing that is seen"));
	}
	const parts = colour => (colour.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const colour = parts(getComputedStyle(e).backgroundColor);
			if (colour.length === 3 || colour[3] > 0) return colour;
		}
		return [255, 255, 255];
	};
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (words.nextNode()) {
		const node = words.currentNode, e = node.parentElement;
		if (!node.data.trim() || !e.checkVisibility() || e.closest("script, option, .hidden, .skip, :disabled")) continue;
		const style = getComputedStyle(e), front = parts(style.color), size = parseFloat(style.fontSize);
		const [a, b] = [light(front), light(behind(e))], contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		const least = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
		if (contrast < least) found.add("a contrast of " + contrast.toFixed(2) + " at " + name(e));
		for (const word of node.data.matchAll(/\S{6,}/g)) {
			const range = document.createRange();
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			const lines = new Set([...range.getClientRects()].map(r => Math.round(r.top)));
			if (lines.size > 2 && word[0].length / lines.size < 6) found.add("broken into " + lines.size + " lines: " + word[0].slice(0, 40) + " at " + name(e));
		}
	}
	return [...found];
})()`

// ill is a page with one of each fault.
const ill = `data:text/html,<meta name="viewport" content="width=device-width"><p style="width:500px">wide</p>
<p style="color:rgb(150,150,150)">faint</p><p style="width:2em;overflow-wrap:anywhere">extraordinary</p><p style="color:rgb(100,100,100)">well</p>`

// Every page that a person can come to, in whatever state, with everything unfolded.
// WCAG 2.2 §1.4.3, §1.4.10
func TestEveryPageFitsAndCanBeRead(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: how wide pages are, and how they stand out: there is no chromium here")
	}
	ctx := browse(t, chromium)
	must(t, chromedp.Do(ctx, look(360, "light"), chromedp.Navigate(ill)))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](measured))
	must(t, err)
	if said := strings.Join(found, "\n"); len(found) != 3 || !strings.Contains(said, "px wide") || !strings.Contains(said, "faint") || !strings.Contains(said, "extraordinary") {
		t.Fatalf("of a page with three faults it finds %q", found)
	}
	s := play(t)
	s.stages(func(shots []shot) {
		for _, shot := range shots {
			must(t, chromedp.Do(ctx, s.alpha.cookies(shot.who), look(360, "light"), chromedp.Navigate(s.alpha.server.URL+shot.path)))
			must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('details').forEach(d => { d.open = true })")))
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range []int64{360, 1280} {
					must(t, chromedp.Do(ctx, look(width, scheme)))
					found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](measured))
					must(t, err)
					if len(found) > 0 {
						t.Errorf("%s as %s sees it, %d px, %s:\n\t%s", shot.path, shot.who, width, scheme, strings.Join(found, "\n\t"))
					}
				}
			}
		}
	})
}
