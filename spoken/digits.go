// SPDX-License-Identifier: Apache-2.0

package spoken

// This file writes bytes as groups of digits, and finds the line that was
// misheard.

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// perLine is how many groups of a line are followed by its check.
const perLine = 4

// prime is what a line is checked by: any one digit, and any two that changed
// places, show.
const prime = 99991

// Lines writes sealed bytes as lines to be read aloud. The first group says the
// version and how many groups there are, the last of each line checks it.
func Lines(sealed []byte) (lines []string) {
	groups := []string{fmt.Sprintf("%05d", 10000+len(sealed)/2)}
	for i := 0; i+1 < len(sealed); i += 2 {
		groups = append(groups, fmt.Sprintf("%05d", binary.BigEndian.Uint16(sealed[i:])))
	}
	for chunk := range slices.Chunk(groups, perLine) {
		lines = append(lines, strings.Join(append(slices.Clip(chunk), check(len(lines)+1, chunk)), " "))
	}
	return lines
}

// Groups counts the groups of lines.
func Groups(lines []string) (n int) {
	for _, line := range lines {
		n += len(strings.Fields(line))
	}
	return n
}

func check(line int, groups []string) string {
	n := line
	for _, digit := range strings.Join(groups, "") {
		n = (n*10 + int(digit-'0')) % prime
	}
	return fmt.Sprintf("%05d", n)
}

// Parse reads lines as somebody typed them, a line each, spaced in any way.
// wrong are the numbers of the lines to ask for again, from 1; missing is how
// many are missing behind the last.
func Parse(text string) (sealed []byte, wrong []int, missing int, err error) {
	var data []string
	number := 0
	for line := range strings.Lines(text) {
		digits := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, line)
		if digits == "" {
			continue
		}
		number++
		if number > maxBytes {
			return nil, nil, 0, fmt.Errorf("%w: too many lines", ErrFormat)
		}
		var groups []string
		for chunk := range slices.Chunk([]byte(digits), 5) {
			groups = append(groups, string(chunk))
		}
		last := len(groups) - 1
		if len(digits)%5 != 0 || last < 1 || last > perLine || check(number, groups[:last]) != groups[last] {
			wrong = append(wrong, number)
			continue
		}
		data = append(data, groups[:last]...)
	}
	if len(wrong) > 0 || len(data) == 0 {
		return nil, wrong, 0, fmt.Errorf("%w: a line", ErrFormat)
	}
	count, _ := strconv.Atoi(data[0])
	if count -= 10000; count < 1 || 2*count > maxBytes {
		return nil, []int{1}, 0, fmt.Errorf("%w: the first group", ErrFormat)
	}
	if short := count + 1 - len(data); short != 0 {
		return nil, nil, max(1, (short+perLine-1)/perLine), fmt.Errorf("%w: %d groups are missing", ErrFormat, short)
	}
	for _, group := range data[1:] {
		n, err := strconv.ParseUint(group, 10, 16)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("%w: a group", ErrFormat)
		}
		sealed = binary.BigEndian.AppendUint16(sealed, uint16(n))
	}
	return sealed, nil, 0, nil
}
