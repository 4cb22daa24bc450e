// SPDX-License-Identifier: Apache-2.0

package press

// Repair: from the bytes as found to clean text.

import (
	"strings"
	"unicode"
)

// A lost character is carried between the steps as a negative rune that says
// what is left of it.
const (
	lostAny         rune = -1 - iota // nothing is left
	lostPunctuation                  // E2 80, or E2 alone: a quotation mark, a dash, …
	lostLatin                        // C3 alone: a letter such as é
	lostSign                         // C2 alone: a sign such as £, or a hard space
)

// Repair decodes an input and undoes the damage it finds. The text it returns is
// valid UTF-8 with line feeds as line ends, without byte order mark, control or
// zero-width characters. Text that was never damaged, in whatever language, comes
// out with its own characters.
//
// How the damage works: “ is E2 80 9C in UTF-8. A program that believes the bytes
// to be GBK takes them in pairs, E2 80 = 鈥 and 9C with the letter after it, say
// 74, = 渢; so the letter is swallowed, and encoding 鈥渢 as GBK gives both back.
// Where the next byte cannot be the second of a pair (a space, a line end, a
// digit, a stop) the program drops the third byte, or writes ? or U+FFFD for it,
// and what the character was is guessed from where it stands.
func Repair(input []byte) (string, Damage, error) {
	runes, damage, err := decode(input)
	if err != nil {
		return "", Damage{}, err
	}
	for range 3 {
		undone, kind, repaired, found := undo(runes)
		if !found {
			break
		}
		runes = undone
		damage.Kind = kind
		damage.Repaired += repaired
	}
	runes, guessed := guess(runes)
	damage.Guessed += guessed
	if damage.Kind == "none" && guessed > 0 {
		damage.Kind = "utf-8 with bytes lost"
	}
	text := tidy(runes)
	if strings.TrimSpace(text) == "" {
		return "", Damage{}, ErrEmpty
	}
	return text, damage, nil
}

// undo takes back one layer of damage, the kind that explains more.
func undo(runes []rune) ([]rune, string, int, bool) {
	han, latin := 0, 0
	for _, r := range runes {
		switch {
		case r < 0x80:
		case r == 'Â' || r == 'Ã' || r == 'â' || r == 'Ð' || r == 'Ñ' || r == 'Å' || r == 'Ä' || r == 'ï':
			latin++
		case r >= 0x2E80:
			han++
		}
	}
	if han > 0 {
		if undone, kind, repaired, ok := undoGBK(runes); ok {
			return undone, kind, repaired, true
		}
	}
	if latin > 0 {
		if undone, repaired, ok := undoLatin(runes); ok {
			return undone, "utf-8 read as windows-1252", repaired, true
		}
	}
	return runes, "", 0, false
}

// plausible tells whether a restored character is one that people write.
func plausible(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 0x20 || r == '\n' || r == '\t'
	case r < 0xA0:
		return false
	case r < 0x180, r >= 0x370 && r < 0x530, r >= 0x5D0 && r < 0x660, r >= 0x660 && r < 0x700:
		return r != 0x378 && r != 0x379
	case r >= 0x1E00 && r < 0x1F00, r >= 0x2000 && r < 0x2070, r >= 0x20A0 && r < 0x20C0, r >= 0x2100 && r < 0x2800:
		return true
	case r >= 0x3000 && r < 0x3100, r >= 0x4E00 && r < 0xA000, r >= 0xAC00 && r < 0xD7A4, r >= 0xFF00 && r < 0xFFF0:
		return true
	case r == 0xFEFF, r == unicode.ReplacementChar, r >= 0x1F300 && r < 0x1FB00:
		return true
	case r == 0x219, r == 0x21B, r == 0x1A1, r == 0x1B0:
		return true
	}
	return false
}

// tidy turns line ends into line feeds, hard and odd spaces into spaces, and
// drops what has no shape.
func tidy(runes []rune) string {
	var b strings.Builder
	b.Grow(len(runes) + 64)
	for i, r := range runes {
		switch {
		case r == '\r':
			if i+1 >= len(runes) || runes[i+1] != '\n' {
				b.WriteByte('\n')
			}
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r == 0x2028 || r == 0x2029 || r == 0x85:
			b.WriteByte('\n')
		case r == 0xA0 || r == 0x202F || r >= 0x2000 && r <= 0x200A:
			b.WriteByte(' ')
		case r == 0xFEFF || r == 0xAD || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
		case r < 0x20 || r >= 0x7F && r < 0xA0:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
