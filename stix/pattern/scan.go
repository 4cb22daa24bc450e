// SPDX-License-Identifier: Apache-2.0

package pattern

// This file reads the smallest parts of a pattern: spaces, words, literals.

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A scanner walks over the text of a pattern.
type scanner struct {
	text   string
	at     int // offset of what is read next
	faults []Fault
}

// fault notes that a rule is broken; parsing goes on.
func (s *scanner) fault(at int, section, rule, hint string) {
	if len(s.faults) < maxFaults {
		s.faults = append(s.faults, Fault{Section: section, Offset: at, Rule: rule, Hint: hint})
	}
}

// A stop is a fault behind which nothing can be parsed.
type stop struct{ fault Fault }

func (s *stop) Error() string { return s.fault.Error() }

func (s *scanner) stop(at int, section, rule, hint string) error {
	return &stop{Fault{Section: section, Offset: at, Rule: rule, Hint: hint}}
}

// expected is the stop at what comes next.
func (s *scanner) expected(section, what, hint string) error {
	s.space()
	return s.stop(s.at, section, "expected "+what+", found "+s.next(), hint)
}

// next names what comes next, for a person.
func (s *scanner) next() string {
	rest := s.text[s.at:]
	if rest == "" {
		return "the end"
	}
	if word := wordOf(rest); word != "" {
		if len(word) > 40 {
			word = word[:40] + "…"
		}
		return word
	}
	first, _ := utf8.DecodeRuneInString(rest)
	return fmt.Sprintf("%q", first)
}

// space skips white space and comments. The text knows no comments; the grammar
// of the tools does. STIX 2.1 §9.4
func (s *scanner) space() {
	for s.at < len(s.text) {
		b := s.text[s.at]
		switch {
		case b == ' ' || b >= '\t' && b <= '\r':
			s.at++
		case b == '/' && strings.HasPrefix(s.text[s.at:], "//"):
			end := strings.IndexAny(s.text[s.at:], "\r\n")
			if end < 0 {
				end = len(s.text) - s.at
			}
			s.at += end
		case b == '/' && strings.HasPrefix(s.text[s.at:], "/*"):
			end := strings.Index(s.text[s.at+2:], "*/")
			if end < 0 {
				return
			}
			s.at += end + 4
		case b < utf8.RuneSelf:
			return
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.at:])
			if !unicode.IsSpace(r) {
				return
			}
			s.at += size
		}
	}
}

// peek is the next byte that is not space, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// take reads one byte if it comes next.
func (s *scanner) take(b byte) bool {
	if s.peek() != b {
		return false
	}
	s.at++
	return true
}

// keyword reads one of the words if it comes next, and says which.
func (s *scanner) keyword(words ...string) (string, bool) {
	if b := s.peek(); b < 'A' || b > 'Z' {
		return "", false
	}
	word := wordOf(s.text[s.at:])
	if !slices.Contains(words, word) {
		return "", false
	}
	s.at += len(word)
	return word, true
}

// word reads what comes next as long as it is letters, digits, underscores and
// hyphens; it may be empty.
func (s *scanner) word() string {
	s.space()
	word := wordOf(s.text[s.at:])
	s.at += len(word)
	return word
}

func wordOf(text string) string {
	for i := range len(text) {
		if !isWord(text[i]) {
			return text[:i]
		}
	}
	return text
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || isDigit(b) || b == '_' || b == '-'
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// quoted reads a text in apostrophes, which must come next. A backslash stands
// before an apostrophe or a backslash, and nothing else. STIX 2.1 §9.2
func (s *scanner) quoted() (string, error) {
	start := s.at
	s.at++
	from := s.at
	var escaped strings.Builder
	for s.at < len(s.text) {
		end := strings.IndexAny(s.text[s.at:], `'\`)
		if end < 0 {
			break
		}
		s.at += end
		if s.text[s.at] == '\'' {
			s.at++
			if escaped.Len() == 0 {
				return s.text[from : s.at-1], nil
			}
			escaped.WriteString(s.text[from : s.at-1])
			return escaped.String(), nil
		}
		escaped.WriteString(s.text[from:s.at])
		if s.at+1 == len(s.text) {
			break
		}
		if next := s.text[s.at+1]; next != '\'' && next != '\\' {
			s.fault(s.at, "9.2", "after a backslash in a string only an apostrophe or a backslash may follow", `write \\ for a backslash`)
			escaped.WriteByte('\\')
			s.at++
			from = s.at
			continue
		}
		escaped.WriteByte(s.text[s.at+1])
		s.at += 2
		from = s.at
	}
	s.at = len(s.text)
	return "", s.stop(start, "9.2", "a string begins here and does not end", "end it with an apostrophe")
}
