// SPDX-License-Identifier: Apache-2.0

package press

// What the desk left at the end of an article, taken off.

import (
	"strings"
	"unicode/utf8"
)

// takeSignoff cuts the desk's marks off the end of a text: initials after a slash
// (/abc), initials in brackets or slashes ((abc/def)), end marks (—ENDS—, ###,
// -30-) and credit lines (Reporting by …; Editing by …). It gives back the text
// without them and without space at either end, and the marks in their order.
func takeSignoff(text string) (string, string) {
	text = strings.TrimRight(text, " \t\n")
	text = strings.TrimLeft(text, " \t\n")
	var marks []string
	for len(marks) < 4 {
		at := signoffStart(text)
		if at <= 0 {
			break
		}
		marks = append([]string{strings.TrimRight(strings.TrimSpace(text[at:]), ".")}, marks...)
		text = strings.TrimRight(text[:at], " \t\n")
	}
	return text, strings.Join(marks, " ")
}

// signoffStart gives where the last mark of a text begins, or 0 where there is none.
func signoffStart(text string) int {
	line := strings.LastIndexByte(text, '\n') + 1
	last := text[line:]
	if line > 0 && (isEndMark(last) || isCredit(last) || isInitialsLine(last)) {
		return line
	}
	gap := strings.LastIndexAny(last, " \t") + 1
	word := strings.TrimRight(last[gap:], ".")
	if isInitials(word) && (gap > 0 || line > 0) {
		return line + gap
	}
	if gap > 0 && isEndMark(last[gap:]) && strings.Trim(last[gap:], "-—–#*/ ") != last[gap:] {
		return line + gap
	}
	// A sentence may end and its mark follow without a space: "need."/abc.
	if slash := strings.LastIndexByte(last, '/'); slash > 0 && isInitials(strings.TrimRight(last[slash:], ".")) {
		if before, _ := utf8.DecodeLastRuneInString(last[:slash]); isPunctuation(before) || before == '”' || before == '"' {
			return line + slash
		}
	}
	return 0
}

// isEndMark recognises a line such as —ENDS—, -30-, ### or (END).
func isEndMark(line string) bool {
	line = strings.TrimSpace(line)
	core := strings.ToLower(strings.Trim(line, " -—–#*/.()[]<>"))
	switch core {
	case "ends", "end", "30", "more", "fin", "end of story", "end of text":
		return core != line || line == "ends"
	case "":
		return len(line) >= 3 && strings.Trim(line, "#* ") == ""
	}
	return line == "ENDS" || line == "END"
}

func isCredit(line string) bool {
	lower := strings.ToLower(strings.TrimLeft(line, "( "))
	for _, start := range []string{"reporting by ", "editing by ", "writing by ", "additional reporting by ", "compiled by ", "edited by "} {
		if strings.HasPrefix(lower, start) {
			return true
		}
	}
	return false
}

// isInitials recognises /abc, (abc), (abc/def), and (AB/CD).
func isInitials(word string) bool {
	slashed := strings.HasPrefix(word, "/")
	bracketed := strings.HasPrefix(word, "(") && strings.HasSuffix(word, ")") || strings.HasPrefix(word, "[") && strings.HasSuffix(word, "]")
	if !slashed && !bracketed {
		return false
	}
	core := strings.Trim(word, "/()[]")
	return initials(core, slashed || strings.ContainsAny(core, "/;,"))
}

// isInitialsLine recognises a last line of nothing but initials: abc/def, or abc.
func isInitialsLine(line string) bool {
	line = strings.TrimSuffix(strings.TrimSpace(line), ".")
	return initials(line, true) && (strings.Contains(line, "/") || strings.ToLower(line) == line) || isInitials(line)
}

// initials wants one to four groups of two to five letters; capitals only where
// there is more than brackets to tell them from an abbreviation.
func initials(core string, capitals bool) bool {
	groups := strings.FieldsFunc(core, func(r rune) bool { return r == '/' || r == ';' || r == ',' || r == '-' })
	if len(groups) == 0 || len(groups) > 4 {
		return false
	}
	for _, group := range groups {
		if len(group) < 2 || len(group) > 5 {
			return false
		}
		for _, r := range group {
			if (r < 'a' || r > 'z') && (!capitals || r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
