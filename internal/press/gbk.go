// SPDX-License-Identifier: Apache-2.0

package press

// UTF-8 that was read as GBK or GB18030, taken back.

import "unicode/utf8"

// run is a stretch of characters beyond ASCII, with what it restores to.
type run struct {
	start, end int // in the damaged characters
	restored   []rune
	sequences  int  // restored beyond ASCII, whole
	lost       int  // restored beyond ASCII, in part
	whole      bool // every byte found a place
	strong     bool // holds punctuation such as “ that no Chinese text gives by chance
	four       bool // needs the four-byte codes of GB18030
}

func undoGBK(runes []rune) ([]rune, string, int, bool) {
	encoded := map[rune][]byte{}
	var runs []run
	for i := 0; i < len(runes); {
		if runes[i] >= 0 && runes[i] < 0x80 {
			i++
			continue
		}
		start := i
		for i < len(runes) && (runes[i] < 0 || runes[i] >= 0x80) {
			i++
		}
		runs = append(runs, restoreRun(runes, start, i, encoded))
	}
	accepted, four := acceptRuns(runes, runs)
	if len(accepted) == 0 {
		return nil, "", 0, false
	}
	kind := "utf-8 read as gbk"
	if four {
		kind = "utf-8 read as gb18030"
	}
	swallowing := marksLoss(runes, accepted)
	restored := make([]rune, 0, len(runes))
	repaired, at := 0, 0
	for _, each := range accepted {
		restored = append(restored, runes[at:each.start]...)
		restored = append(restored, each.restored...)
		repaired += each.sequences
		at = each.end
		if swallowing && endsLost(each) && at < len(runes) && runes[at] == '?' {
			at++
			if at < len(runes) && isWordRune(runes[at]) {
				restored = append(restored, ' ')
			}
		}
	}
	return append(restored, runes[at:]...), kind, repaired, true
}

func restoreRun(runes []rune, start, end int, encoded map[rune][]byte) run {
	this := run{start: start, end: end, whole: true}
	var raw []byte
	// hole marks a place where U+FFFD says that a byte was lost. FF never
	// occurs in UTF-8 or GBK.
	const hole = 0xFF
	for _, r := range runes[start:end] {
		if r < 0 {
			raw = append(raw, hole)
			continue
		}
		pair, known := encoded[r]
		if !known {
			pair = encodeGB(r)
			encoded[r] = pair
		}
		if len(pair) == 0 {
			return run{start: start, end: end}
		}
		this.four = this.four || len(pair) == 4
		raw = append(raw, pair...)
	}
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r != utf8.RuneError || size > 1 {
			this.whole = this.whole && plausible(r)
			this.strong = this.strong || r >= 0x2010 && r <= 0x2044 || r == 0xFEFF || r == 0x20AC || r == 0x2122 || r == utf8.RuneError
			if r == utf8.RuneError {
				r = lostAny
				this.lost++
			} else if r >= 0x80 {
				this.sequences++
			}
			this.restored = append(this.restored, r)
			i += size
			continue
		}
		lost, size := lostInRun(raw[i:], hole, i == 0)
		if size == 0 {
			this.whole = false
			i++
			continue
		}
		this.strong = this.strong || lost == lostPunctuation || lost > 0
		this.restored = append(this.restored, lost)
		this.lost++
		i += size
	}
	this.restored = joinLost(this.restored)
	return this
}

// lostInRun recognises what is left of a UTF-8 sequence at the start of raw: cut
// off by the end of the run, by a hole, or with its 80 dropped (80 begins no pair
// in GBK, so some decoders skip it). The first sequence of a run always keeps its
// first two bytes, for they make a pair.
func lostInRun(raw []byte, hole byte, first bool) (rune, int) {
	cut := func(i int) bool { return i >= len(raw) || raw[i] == hole || raw[i] < 0x80 }
	size := func(i int) int {
		if i < len(raw) && raw[i] == hole {
			return i + 1
		}
		return i
	}
	switch {
	case raw[0] == hole:
		return lostAny, 1
	case raw[0] == 0xE2 && len(raw) > 1 && raw[1] == 0x80 && cut(2):
		return lostPunctuation, size(2)
	case first:
		return 0, 0
	case raw[0] == 0xE2 && len(raw) > 1 && raw[1] >= 0x90 && raw[1] < 0xC0 && cut(2):
		return 0x2000 | rune(raw[1]&0x3F), size(2)
	case raw[0] == 0xE2 && cut(1):
		return lostPunctuation, size(1)
	case raw[0] == 0xC3 && cut(1):
		return lostLatin, size(1)
	case raw[0] == 0xC2 && cut(1):
		return lostSign, size(1)
	}
	return 0, 0
}

// joinLost makes one of a lost character and the U+FFFD written beside it.
func joinLost(runes []rune) []rune {
	kept := runes[:0]
	for _, r := range runes {
		if r == lostAny && len(kept) > 0 && kept[len(kept)-1] < 0 {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

// acceptRuns decides which runs are damage. One that restores to a quotation mark
// or a dash is; a text without any such run is taken for damaged only if all of
// its runs restore, and to enough; everything else is somebody's language.
func acceptRuns(runes []rune, runs []run) ([]run, bool) {
	strong, broken, decoded, weak := 0, 0, 0, 0
	for _, each := range runs {
		switch {
		case each.whole && each.strong, startsStrong(each):
			strong++
		case each.whole && each.sequences > 0:
			weak++
			decoded += each.sequences
		case hasHan(runes[each.start:each.end]):
			broken++
		}
	}
	unanimous := strong == 0 && broken == 0 && decoded >= 8 && decoded >= 3*weak
	var accepted []run
	four := false
	for _, each := range runs {
		take := false
		switch {
		case each.whole && each.strong:
			take = true
		case startsStrong(each):
			take = strong > broken
		case !each.whole || each.sequences == 0 || !hasHan(runes[each.start:each.end]):
		case strong > 0:
			take = inLatinWord(runes, each) || each.sequences >= 2
		case unanimous:
			take = true
		case broken == 0:
			take = inLatinWord(runes, each)
		}
		if take {
			accepted = append(accepted, each)
			four = four || each.four
		}
	}
	return accepted, four
}

// startsStrong tells whether a run that did not restore whole begins with one
// that did: its rest was hurt in some other way.
func startsStrong(each run) bool {
	return !each.whole && len(each.restored) > 0 &&
		(each.restored[0] == lostPunctuation || each.restored[0] >= 0x2010 && each.restored[0] <= 0x2044)
}

// inLatinWord tells whether a run stands inside a word or at a number and
// restores to what would stand there: é in café, £ before 5.
func inLatinWord(runes []rune, each run) bool {
	before, after := around(runes, each)
	for _, r := range each.restored {
		switch {
		case r >= 0xC0 && r < 0x180 && r != 0xD7 && r != 0xF7:
			if !isLetter(before) && !isLetter(after) {
				return false
			}
		case r >= 0xA0 && r < 0xC0, r == 0xD7, r == 0xF7:
			if !isDigit(after) && !isDigit(before) && !isLetter(before) {
				return false
			}
		case r >= 0 && r < 0x80:
		default:
			return false
		}
	}
	return len(each.restored) > 0
}

// marksLoss tells whether this decoder wrote ? for what it lost. A ? after a
// lost character may also be the article's own; it is, if the loss is left
// unmarked elsewhere.
func marksLoss(runes []rune, accepted []run) bool {
	marked, bare := 0, 0
	for _, each := range accepted {
		if !endsLost(each) {
			continue
		}
		if each.end < len(runes) && runes[each.end] == '?' {
			marked++
		} else {
			bare++
		}
	}
	return marked > bare
}

func endsLost(each run) bool {
	return len(each.restored) > 0 && each.restored[len(each.restored)-1] < 0
}

func around(runes []rune, each run) (before, after rune) {
	if each.start > 0 {
		before = runes[each.start-1]
	}
	if each.end < len(runes) {
		after = runes[each.end]
	}
	return before, after
}

func hasHan(runes []rune) bool {
	for _, r := range runes {
		if r >= 0x2E80 {
			return true
		}
	}
	return false
}
