// SPDX-License-Identifier: Apache-2.0

package main

// This file prints both views of a dispute side by side.

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsin-exchange/tocsin/api"
)

// viewWidth is how wide a view is beside the other, in characters.
const viewWidth = 46

func printDisputed(p *page, partner string, d api.Disputed) {
	p.line("")
	state := ""
	if d.Settled {
		state = " (both call it settled)"
	}
	p.line("disputed%s: %s", state, d.About)
	ours, theirs := views("we say", d.Ours), views(partner+" says", d.Theirs)
	for i := range max(len(ours), len(theirs)) {
		p.line("  %s | %s", padded(at(ours, i)), at(theirs, i))
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func padded(line string) string {
	return line + strings.Repeat(" ", max(0, viewWidth-utf8.RuneCountInString(line)))
}

// views are the lines of one side.
func views(head string, all []api.View) []string {
	if len(all) == 0 {
		return []string{head + " nothing to it"}
	}
	lines := []string{head}
	for i, v := range all {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, folded(v.View)...)
		word := ""
		if v.Settled {
			word = ", and calls it settled"
		}
		lines = append(lines, folded("— "+v.By.Name+", "+v.By.Role+", "+when(v.At)+word)...)
		lines = append(lines, v.ID)
	}
	return lines
}

// folded breaks a text into lines of viewWidth characters.
func folded(text string) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		for utf8.RuneCountInString(word) > viewWidth {
			cut := string([]rune(word)[:viewWidth])
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, cut), word[len(cut):]
		}
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > viewWidth {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
