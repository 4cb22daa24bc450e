// SPDX-License-Identifier: Apache-2.0

package press

// From bytes to characters: UTF-8, broken UTF-8, UTF-16, Windows-1252, GB18030.

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func decode(input []byte) ([]rune, Damage, error) {
	damage := Damage{Kind: "none"}
	if len(input) == 0 {
		return nil, damage, ErrEmpty
	}
	if runes, ok := decodeUTF16(input); ok {
		damage.Kind = "utf-16"
		return runes, damage, nil
	}
	if bytes.IndexByte(input, 0) >= 0 {
		return nil, damage, ErrNotText
	}
	input = bytes.TrimPrefix(input, []byte("\xEF\xBB\xBF"))
	if utf8.Valid(input) {
		return collapse([]rune(string(input))), damage, nil
	}
	if runes, ok := decodeGB18030(input); ok {
		damage.Kind = "gb18030"
		return runes, damage, nil
	}
	return decodeBroken(input)
}

// decodeUTF16 wants a byte order mark: without one, UTF-16 is not guessed at.
func decodeUTF16(input []byte) ([]rune, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(input, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(input, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return nil, false
	}
	units := make([]uint16, 0, len(input)/2)
	for i := 2; i+1 < len(input); i += 2 {
		units = append(units, order.Uint16(input[i:]))
	}
	return utf16.Decode(units), true
}

// decodeGB18030 takes an input as GB18030 only if every byte of it fits and the
// text that comes out is mostly Chinese.
func decodeGB18030(input []byte) ([]rune, bool) {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(input)
	if err != nil {
		return nil, false
	}
	runes := []rune(string(text))
	common, other := 0, 0
	for _, r := range runes {
		switch {
		case r == unicode.ReplacementChar || r >= 0xE000 && r < 0xF900:
			return nil, false
		case r < 0x80:
		default:
			// Ordinary Chinese is written with the characters of GB 2312, whose
			// two bytes are both above A0.
			if pair := encodeGB(r); len(pair) == 2 && pair[0] > 0xA0 && pair[1] > 0xA0 {
				common++
				continue
			}
			other++
		}
	}
	return runes, common >= 8 && other*10 < common
}

// decodeBroken reads UTF-8 in which bytes are missing, and single bytes of
// Windows-1252.
func decodeBroken(input []byte) ([]rune, Damage, error) {
	damage := Damage{Kind: "utf-8 with bytes lost"}
	runes := make([]rune, 0, len(input))
	single, cut := 0, 0
	for i := 0; i < len(input); {
		r, size := utf8.DecodeRune(input[i:])
		if r != utf8.RuneError || size > 1 {
			runes = append(runes, r)
			i += size
			continue
		}
		if lost, size := cutSequence(input[i:]); size > 1 {
			runes = append(runes, lost)
			cut++
			i += size
			continue
		}
		runes = append(runes, charmap.Windows1252.DecodeByte(input[i]))
		single++
		i++
	}
	if single > cut {
		damage.Kind = "windows-1252"
		damage.Repaired = single
	}
	return collapse(runes), damage, nil
}

// cutSequence recognises the beginning of a UTF-8 sequence that goes no further.
func cutSequence(input []byte) (rune, int) {
	size := 0
	switch {
	case input[0] >= 0xE1 && input[0] <= 0xEF:
		size = 1
	case input[0] >= 0xF1 && input[0] <= 0xF3:
		size = 1
	default:
		return 0, 0
	}
	for size < len(input) && size < 3 && input[size]&0xC0 == 0x80 {
		size++
	}
	if size > 1 && input[0] == 0xE2 && input[1] == 0x80 {
		return lostPunctuation, size
	}
	return lostAny, size
}

// collapse makes one lost character of each row of U+FFFD: a decoder writes one
// to three of them for one character.
func collapse(runes []rune) []rune {
	kept := runes[:0]
	row := 0
	for _, r := range runes {
		if r != unicode.ReplacementChar {
			row = 0
			kept = append(kept, r)
			continue
		}
		if row%3 == 0 {
			kept = append(kept, lostAny)
		}
		row++
	}
	return kept
}

// encodeGB gives the GBK bytes of a character, or its four GB18030 bytes where
// GBK has none. The euro sign is 80, as in code page 936.
func encodeGB(r rune) []byte {
	if r < 0x80 {
		return []byte{byte(r)}
	}
	text := string(r)
	if pair, err := simplifiedchinese.GBK.NewEncoder().String(text); err == nil {
		return []byte(pair)
	}
	four, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		return nil
	}
	return []byte(four)
}
