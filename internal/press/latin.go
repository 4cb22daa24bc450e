// SPDX-License-Identifier: Apache-2.0

package press

// UTF-8 that was read as Windows-1252 or Latin-1, taken back.

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

func undoLatin(runes []rune) ([]rune, int, bool) {
	restored := make([]rune, 0, len(runes))
	repaired, lost, clean, strong := 0, 0, 0, 0
	for i := 0; i < len(runes); {
		if runes[i] >= 0 && runes[i] < 0x80 {
			restored = append(restored, runes[i])
			i++
			continue
		}
		if r, size := latinSequence(runes[i:]); size > 0 {
			restored = append(restored, r)
			if r < 0 {
				lost++
			} else {
				repaired++
			}
			if r < 0 || r >= 0x2010 && r <= 0x2044 {
				strong++
			}
			i += size
			continue
		}
		restored = append(restored, runes[i])
		clean++
		i++
	}
	return restored, repaired, repaired+lost > 0 && (strong > clean/2 || repaired > clean)
}

// latinSequence reads the bytes of one UTF-8 sequence from characters that are
// its Windows-1252 or Latin-1 reading.
func latinSequence(runes []rune) (rune, int) {
	var raw [4]byte
	size := 0
	for size < len(raw) && size < len(runes) {
		b, ok := latinByte(runes[size])
		if !ok || b < 0x80 {
			break
		}
		raw[size] = b
		size++
	}
	r, width := utf8.DecodeRune(raw[:size])
	// C2 and a control character is what Windows-1252 has no character for, spoilt twice.
	if size > 1 && width > 1 && (plausible(r) || raw[0] == 0xC2) {
		return r, width
	}
	// â€ and nothing: Windows-1252 has no character for 9D, the last byte of ”.
	if size >= 2 && raw[0] == 0xE2 && raw[1] == 0x80 {
		if size < len(runes) && size == 2 && runes[2] == lostAny {
			return lostPunctuation, 3
		}
		return lostPunctuation, 2
	}
	return 0, 0
}

func latinByte(r rune) (byte, bool) {
	if r < 0 {
		return 0, false
	}
	if r >= 0x80 && r < 0x100 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}
