// SPDX-License-Identifier: Apache-2.0

package spoken

// This file writes bytes as groups of digits.

import (
	"encoding/binary"
	"fmt"
	"slices"
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
