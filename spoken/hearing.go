// SPDX-License-Identifier: Apache-2.0

package spoken

// This file takes lines of digits as somebody hears them, and finds those that
// were misheard.

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxLines is how many lines the longest thing that can be said has.
const maxLines = (1 + maxBytes/2 + perLine - 1) / perLine

// Hearing takes lines one after the other as somebody types them. A line knows
// its number by its check, so one that is said once more, or too early, finds its
// place, and one that was misheard stands in no other's way. The zero value has
// heard nothing.
type Hearing struct {
	lines  [maxLines + 1]heardLine // from 1
	last   int                     // the number of the line that fitted last
	misfit int                     // lines since then that fit nowhere
}

type heardLine struct {
	groups []string // without the check
	inTurn bool     // it was the one that was waited for, and so is hardly another that was misheard
}

// Take takes a line, spaced in any way, and returns its number. A line that fits
// nowhere, or says something else than one that was heard in its turn, is
// refused with ErrFormat and changes nothing that was heard: line Next is to be
// said again.
func (h *Hearing) Take(line string) (number int, err error) {
	digits := digitsOf(line)
	var groups []string
	for chunk := range slices.Chunk([]byte(digits), 5) {
		groups = append(groups, string(chunk))
	}
	last := len(groups) - 1
	if len(digits)%5 != 0 || last < 1 || last > perLine {
		h.misfit++
		return 0, fmt.Errorf("%w: a line of %d digits", ErrFormat, len(digits))
	}
	data, sum := groups[:last], groups[last]
	awaited := h.Next()
	for _, n := range h.order(awaited) {
		if check(n, data) != sum || !h.fits(n, data) {
			continue
		}
		line := heardLine{data, n == awaited || n == h.last+1}
		if before := h.lines[n]; h.heard(n) {
			switch same := slices.Equal(before.groups, data); {
			case same:
				line.inTurn = line.inTurn || before.inTurn
			case before.inTurn:
				continue
			}
		}
		h.lines[n] = line
		h.last, h.misfit = n, 0
		return n, nil
	}
	h.misfit++
	return 0, fmt.Errorf("%w: a line", ErrFormat)
}

// order is in which order the numbers are tried: first those whose turn it is.
func (h *Hearing) order(awaited int) []int {
	order := []int{awaited, h.last + 1}
	for n := 1; n <= maxLines; n++ {
		order = append(order, n)
	}
	return slices.DeleteFunc(order, func(n int) bool { return n < 1 || n > maxLines })
}

// fits reports whether line n can hold these groups, as far as is known.
func (h *Hearing) fits(n int, data []string) bool {
	for _, group := range data {
		if _, err := strconv.ParseUint(group, 10, 16); err != nil {
			return false
		}
	}
	first := h.lines[1].groups
	if n == 1 {
		first = data
	}
	if first == nil {
		return true
	}
	count := countOf(first)
	return 1 <= count && 2*count <= maxBytes && len(data) == min(perLine, max(0, count+1-(n-1)*perLine))
}

// countOf is how many groups follow the first of line 1.
func countOf(first []string) int {
	n, _ := strconv.Atoi(first[0]) // of five digits
	return n - 10000
}

// Total is how many lines there are; zero if the first was not heard.
func (h *Hearing) Total() int {
	first := h.lines[1].groups
	if first == nil {
		return 0
	}
	return (countOf(first) + perLine) / perLine
}

// heard reports whether line n is here and fits what the first line says.
func (h *Hearing) heard(n int) bool { return h.lines[n].groups != nil && h.fits(n, h.lines[n].groups) }

// Next is the number of the first line that is still to be heard; zero if all
// were.
func (h *Hearing) Next() int {
	for n := 1; n <= maxLines; n++ {
		if total := h.Total(); total > 0 && n > total {
			return 0
		}
		if !h.heard(n) {
			return n
		}
	}
	return 0
}

// Wanting are the lines that are still to be heard: wrong are the numbers of
// those that were misheard or passed over, missing is how many are missing behind
// the last.
func (h *Hearing) Wanting() (wrong []int, missing int) {
	reached := h.misfit
	for n := range h.lines {
		if h.lines[n].groups != nil {
			reached = n + h.misfit
		}
	}
	total := h.Total()
	if total == 0 {
		total = min(reached, maxLines)
	}
	for n := 1; n <= total; n++ {
		switch {
		case h.heard(n):
		case n <= reached:
			wrong = append(wrong, n)
		default:
			missing++
		}
	}
	return wrong, missing
}

// Lines are the lines that were heard, in their order, as they are to be typed.
func (h *Hearing) Lines() (lines []string) {
	for n, line := range h.lines {
		if line.groups != nil {
			lines = append(lines, strings.Join(append(slices.Clip(line.groups), check(n, line.groups)), " "))
		}
	}
	return lines
}

// sealed is what was said, once every line was heard.
func (h *Hearing) sealed() (sealed []byte) {
	var data []string
	for n := 1; n <= h.Total(); n++ {
		data = append(data, h.lines[n].groups...)
	}
	for _, group := range data[1:] {
		n, _ := strconv.ParseUint(group, 10, 16) // a line with another group fits nowhere
		sealed = binary.BigEndian.AppendUint16(sealed, uint16(n))
	}
	return sealed
}

// Parse reads lines as somebody typed them, a line each, spaced in any way. A
// line may stand there several times, misheard and once more; behind the last
// nothing else may follow. wrong are the numbers of the lines to ask for again,
// from 1; missing is how many are missing behind the last.
func Parse(text string) (sealed []byte, wrong []int, missing int, err error) {
	var h Hearing
	number := 0
	for line := range strings.Lines(text) {
		if digitsOf(line) == "" {
			continue
		}
		if number++; number > maxBytes {
			return nil, nil, 0, fmt.Errorf("%w: too many lines", ErrFormat)
		}
		whole := number > 1 && h.Next() == 0
		if _, err := h.Take(line); err != nil && whole {
			return nil, nil, 0, fmt.Errorf("%w: something else follows", ErrFormat)
		}
	}
	if wrong, missing = h.Wanting(); len(wrong) > 0 || missing > 0 || number == 0 {
		return nil, wrong, missing, fmt.Errorf("%w: %d lines are to be heard again, %d are missing", ErrFormat, len(wrong), missing)
	}
	return h.sealed(), nil, 0, nil
}

func digitsOf(line string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, line)
}
