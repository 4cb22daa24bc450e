// SPDX-License-Identifier: Apache-2.0

package press

// Paragraphs, headings, the dateline, quotations and sentences.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// document is a text cut into tokens, each in one paragraph; the tokens of a
// paragraph's sentences are ranges of tokens.
type document struct {
	text       string
	nothing    token // what is before the first token and behind the last
	tables     *gazetteer
	tokens     []token
	paragraphs []paragraph
}

type paragraph struct {
	heading   bool
	first     int // token
	last      int // token, exclusive
	sentences []span
}

// span is a range of tokens, the end exclusive.
type span struct{ first, last int }

func layOut(text string) *document {
	this := &document{text: text, nothing: token{kind: mark}, tables: knowledge(), tokens: make([]token, 0, len(text)/5)}
	blocks := splitParagraphs(text)
	for i, block := range blocks {
		first := len(this.tokens)
		this.tokens = tokenize(this.tokens, text, block[0], block[1])
		if first == len(this.tokens) {
			continue
		}
		each := paragraph{first: first, last: len(this.tokens)}
		this.markQuotes(each.first, each.last)
		each.heading = isHeading(text[block[0]:block[1]], this.tokens[first:], i+1 < len(blocks))
		if each.heading {
			this.markLoud(each)
			each.sentences = []span{{each.first, each.last}}
		} else {
			each.sentences = this.splitSentences(each.first, each.last)
		}
		this.paragraphs = append(this.paragraphs, each)
		this.markOpenings(each)
	}
	return this
}

// markLoud notes a heading set in capitals, where capitals say nothing.
func (d *document) markLoud(each paragraph) {
	words, caps := 0, 0
	for i := each.first; i < each.last; i++ {
		if token := d.token(i); token.kind == word {
			words++
			if token.caps || len(token.text) == 1 {
				caps++
			}
		}
	}
	for i := each.first; i < each.last && caps*3 >= words*2 && caps > 1; i++ {
		d.tokens[i].loud = true
	}
}

func (d *document) markOpenings(each paragraph) {
	d.tokens[each.first].opens = true
	for i := each.first + 1; i < each.last; i++ {
		if d.tokens[i-1].is(".", "!", "?", ":", "“", "‘", "\"", "—", "–", "•") {
			d.tokens[i].opens = true
		}
	}
	for _, sentence := range each.sentences {
		d.tokens[sentence.first].opens = true
	}
}

// splitParagraphs gives the byte ranges of the paragraphs. A line is one, unless
// it is long, ends in the middle of a sentence and the next line goes on with it.
func splitParagraphs(text string) [][2]int {
	var blocks [][2]int
	wrapped := isWrapped(text)
	open := false
	for start := 0; start < len(text); {
		end := start + strings.IndexByte(text[start:], '\n')
		if end < start {
			end = len(text)
		}
		line := strings.TrimSpace(text[start:end])
		switch {
		case line == "":
			open = false
		case open:
			blocks[len(blocks)-1][1] = end
		default:
			blocks = append(blocks, [2]int{start, end})
		}
		if line != "" {
			open = goesOn(line, text[min(end+1, len(text)):], wrapped)
		}
		start = end + 1
	}
	return blocks
}

// isWrapped tells whether the lines of a text are broken at a width: none is long,
// and two of five that are not short end in the middle of a sentence.
func isWrapped(text string) bool {
	lines, broken := 0, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > 130 {
			return false
		}
		if len(line) < 50 {
			continue
		}
		lines++
		if last, _ := utf8.DecodeLastRuneInString(line); !strings.ContainsRune(".!?:”\"", last) {
			broken++
		}
	}
	return broken*5 >= lines*2
}

func goesOn(line, rest string, wrapped bool) bool {
	if line == "" || rest == "" {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(line)
	next, _ := utf8.DecodeRuneInString(rest)
	if strings.ContainsRune(".!?:”\"", last) {
		return unicode.IsLower(next)
	}
	return unicode.IsLower(next) || wrapped && len(line) >= 50 && !unicode.IsSpace(next)
}

// isHeading tells a heading or a by-line from a sentence: it ends in no stop, it
// is short and something follows.
func isHeading(text string, tokens []token, followed bool) bool {
	text = strings.TrimSpace(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	if tokens[0].is("•", "-", "–", "—", "*") {
		return false // an item of a list
	}
	if strings.ContainsRune(".!;…", last) || strings.HasSuffix(text, ".”") || strings.HasSuffix(text, ",”") {
		return false
	}
	if !followed {
		return len(tokens) <= 4
	}
	if strings.ContainsRune("?”’\"", last) {
		return len(tokens) <= 14 && !tokens[0].is("“", "\"")
	}
	return len(tokens) <= 16
}

// markQuotes notes which tokens stand within quotation marks. A mark that is
// never closed quotes to the end of its paragraph, as desks do when a quotation
// goes on in the next one.
func (d *document) markQuotes(first, last int) {
	double, straight := false, false
	for i := first; i < last; i++ {
		each := d.token(i)
		switch {
		case each.text == "“":
			double = true
			continue
		case each.text == "”":
			double = false
			continue
		case each.text == "\"":
			straight = !straight
			continue
		case each.text == "‘" && !double:
			if closing := d.singleClose(i, last); closing > 0 {
				for j := i + 1; j < closing; j++ {
					d.tokens[j].quoted = true
				}
			}
		}
		each.quoted = each.quoted || double || straight
	}
}

// singleClose gives the ’ that closes the ‘ at i: one after a stop, or else the first.
func (d *document) singleClose(i, last int) int {
	closing := 0
	for j := i + 1; j < last; j++ {
		if d.tokens[j].text != "’" {
			if d.tokens[j].text == "‘" {
				break
			}
			continue
		}
		if previous := d.tokens[j-1].text; previous == "," || previous == "." || previous == "!" || previous == "?" {
			return j
		}
		if closing == 0 {
			closing = j
		}
	}
	return closing
}

func (d *document) splitSentences(first, last int) []span {
	var sentences []span
	start := d.afterDateline(first, last)
	for i := start; i < last; i++ {
		if !d.tokens[i].is(".", "!", "?", "…") && !d.abbreviatedEnd(i) {
			continue
		}
		end := i + 1
		for end < last && d.tokens[end].is("”", "’", "\"", ")", "]", "?", "!", ".") && d.tokens[end].start == d.tokens[end-1].end {
			end++
		}
		if end < last && !d.beginsSentence(i, end, last) {
			continue
		}
		sentences = append(sentences, span{start, end})
		start, i = end, end-1
	}
	if start < last {
		sentences = append(sentences, span{start, last})
	}
	return sentences
}

// abbreviatedEnd tells whether a word with its own stop, such as U.S., ends a
// sentence: the next word is one that begins sentences.
func (d *document) abbreviatedEnd(i int) bool {
	return d.tokens[i].kind == word && strings.HasSuffix(d.tokens[i].text, ".") && strings.Count(d.tokens[i].text, ".") > 1 &&
		i+1 < len(d.tokens) && d.tokens[i+1].capital && d.tokens[i+1].is("the", "he", "she", "it", "they", "in", "on", "a", "an", "but", "this", "we", "there", "that", "these", "his", "her", "its")
}

func (d *document) beginsSentence(stop, next, last int) bool {
	following := d.token(next)
	if following.start == d.tokens[next-1].end {
		return false
	}
	opens := following.is("“", "‘", "\"", "(", "[", "—", "–", "-", "•")
	if !following.capital && following.kind != number && !opens {
		return false
	}
	if d.tokens[stop].text == "." || next == stop+1 || opens {
		return true
	}
	// “Are we safe?” Ms Roe asked.
	for i := next; i < last && i < next+7 && d.tokens[i].kind != mark; i++ {
		if class, found := d.speechVerb(i); found && class != "judge" {
			return false
		}
	}
	return true
}

// afterDateline gives the first token after "CITY, Country (AGENCY) —".
func (d *document) afterDateline(first, last int) int {
	if first >= last || d.tokens[first].kind != word || !d.tokens[first].caps {
		return first
	}
	for i := first + 1; i < last && i < first+16; i++ {
		each := d.token(i)
		dash := each.is("—", "–") || each.is("-") && each.end < len(d.text) && d.text[each.end] == ' ' || each.is(":") && i <= first+4
		if dash {
			return i + 1
		}
		if each.kind == word && !each.capital && !each.is("and", "de", "of", "al") || each.is("“", "\"", "?", "!") {
			return first
		}
	}
	return first
}
