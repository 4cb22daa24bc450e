// SPDX-License-Identifier: Apache-2.0

package press

// What a lost character was, from where it stands.

import "unicode"

// guesser walks a text once and remembers, within a paragraph, which quotation
// marks are open.
type guesser struct {
	runes  []rune
	double bool
	single bool
	spaced rune // the dash that this text sets between spaces
	listed bool // several lines begin with a lost character and a space
}

func guess(runes []rune) ([]rune, int) {
	lost := 0
	for _, r := range runes {
		if r < 0 {
			lost++
		}
	}
	if lost == 0 {
		return runes, 0
	}
	this := guesser{runes: runes, spaced: dashOf(runes), listed: isListed(runes)}
	for i, r := range runes {
		if r < 0 {
			runes[i] = this.decide(i)
		}
		this.remember(i)
	}
	return runes, lost
}

func (g *guesser) remember(i int) {
	switch g.runes[i] {
	case '\n':
		g.double, g.single = false, false
	case '“':
		g.double = true
	case '”':
		g.double = false
	case '‘':
		g.single = true
	case '’':
		if g.single && !isLetter(g.at(i+1)) {
			g.single = false
		}
	}
}

func (g *guesser) at(i int) rune {
	if i < 0 || i >= len(g.runes) {
		return 0
	}
	return g.runes[i]
}

func (g *guesser) decide(i int) rune {
	switch g.runes[i] {
	case lostLatin:
		return 'é'
	case lostSign:
		if isDigit(g.at(i + 1)) {
			return '£'
		}
		return ' '
	}
	before, after := g.at(i-1), g.at(i+1)
	switch {
	case isGap(before) && isGap(after):
		if g.listed && (before == 0 || before == '\n') {
			return '•'
		}
		return g.spaced
	case isGap(before) || before == '(' || before == '[' || before == '—':
		return g.opening(i)
	case isGap(after) || isClosing(after):
		return g.closing(i)
	case isDigit(before) && isDigit(after):
		return '–'
	case isLetter(before) && isLetter(after) && g.runes[i] == lostAny:
		return '’'
	case isLetter(before) && isDigit(after):
		return '-'
	case g.double && isPunctuation(before):
		return '”'
	}
	return '…'
}

func (g *guesser) opening(i int) rune {
	after := g.at(i + 1)
	if isDigit(after) && isDigit(g.at(i+2)) && !isDigit(g.at(i+3)) && g.at(i+3) != ',' && g.at(i+3) != '.' {
		return '’' // ’90s
	}
	switch {
	case after == '.' || after == ',':
		return '…'
	case g.double:
		return '‘'
	}
	return '“'
}

func (g *guesser) closing(i int) rune {
	before := g.at(i - 1)
	plural := before == 's' || before == 'S'
	if dash := g.lineDash(i); dash != 0 {
		return dash
	}
	switch {
	case g.single && g.double && !plural:
		return '’'
	case g.double:
		if plural && unicode.IsLower(g.word(i)) && g.closesLater(i) {
			return '’'
		}
		return '”'
	case g.single:
		return '’'
	case isPunctuation(before):
		return '”'
	case plural:
		return '’'
	}
	return '…'
}

// lineDash gives the dash that a line between two dashes, such as —ENDS—, begins
// with, if the line ends at i.
func (g *guesser) lineDash(i int) rune {
	if next := g.at(i + 1); next != 0 && next != '\n' && next != '\r' {
		return 0
	}
	for j := i - 1; j > i-24; j-- {
		if previous := g.at(j - 1); previous == 0 || previous == '\n' {
			if first := g.at(j); (first == '—' || first == '–') && !isGap(g.at(j+1)) {
				return first
			}
			return 0
		}
	}
	return 0
}

// word gives the first character of the word after i, or 0 where none follows a
// single space.
func (g *guesser) word(i int) rune {
	if g.at(i+1) != ' ' {
		return 0
	}
	return g.at(i + 2)
}

// closesLater tells whether the quotation open at i is closed, after a stop, at a
// later place of the paragraph and before another one opens.
func (g *guesser) closesLater(i int) bool {
	for j := i + 1; j < min(i+2000, len(g.runes)); j++ {
		switch r := g.runes[j]; {
		case r == '\n' || r == '“':
			return false
		case r == '”':
			return true
		case r < 0 && isPunctuation(g.at(j-1)) && (isGap(g.at(j+1)) || isClosing(g.at(j+1))):
			return true
		}
	}
	return false
}

// dashOf gives the dash that a text is known to set between spaces: — unless
// only – is seen there.
func dashOf(runes []rune) rune {
	em, en := 0, 0
	for i := 1; i+1 < len(runes); i++ {
		if isGap(runes[i-1]) && isGap(runes[i+1]) {
			switch runes[i] {
			case '—':
				em++
			case '–':
				en++
			}
		}
	}
	if en > em {
		return '–'
	}
	return '—'
}

func isListed(runes []rune) bool {
	lines := 0
	for i := 0; i+1 < len(runes); i++ {
		if runes[i] < 0 && (i == 0 || runes[i-1] == '\n') && runes[i+1] == ' ' {
			lines++
		}
	}
	return lines >= 2
}

func isGap(r rune) bool         { return r == 0 || unicode.IsSpace(r) }
func isLetter(r rune) bool      { return r > 0 && unicode.IsLetter(r) }
func isDigit(r rune) bool       { return r >= '0' && r <= '9' }
func isWordRune(r rune) bool    { return isLetter(r) || isDigit(r) || r == '“' || r == '‘' }
func isPunctuation(r rune) bool { return r == '.' || r == ',' || r == '!' || r == '?' || r == '…' }
func isClosing(r rune) bool {
	switch r {
	case '.', ',', ';', ':', '!', '?', ')', ']', '”', '’', '"', '—':
		return true
	}
	return false
}
