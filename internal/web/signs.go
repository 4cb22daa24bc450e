// SPDX-License-Identifier: Apache-2.0

package web

// This file keeps what others wrote from showing as something else: characters
// that turn the direction of writing, hide, or control are written as their
// numbers.

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// unseen reports whether a character is not seen itself, and hides something or
// changes how its neighbours are read or drawn. Joiners are left: some scripts
// cannot be written without. Variation selectors are not: a row of them carries a
// text that nobody sees. Unicode 16.0 §23.4
func unseen(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t' && r != '\r'
	case r >= 0x7f && r <= 0x9f, r == 0xad, r == 0x61c, r == 0x180e, r == 0x200b, r == 0x200e, r == 0x200f,
		r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef, r >= 0x180b && r <= 0x180f: // variation selectors
		return true
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r >= 0x206a && r <= 0x206f, r >= 0xfff9 && r <= 0xfffb: // fillers, and what Unicode deprecates
		return true
	}
	return false
}

// plainly writes such characters of a page's texts as their numbers. What stands
// inside a tag is left, since attributes are not read, and so is what stands in a
// text area, which is sent back as it was typed.
func plainly(page []byte) []byte {
	if bytes.IndexFunc(page, unseen) < 0 {
		return page
	}
	var out bytes.Buffer
	inTag, kept := false, false
	for i := 0; i < len(page); {
		r, size := utf8.DecodeRune(page[i:])
		switch {
		case r == '<':
			inTag = true
			switch rest := page[i:]; {
			case bytes.HasPrefix(rest, []byte("<textarea")), bytes.HasPrefix(rest, []byte("<title")), bytes.HasPrefix(rest, []byte("<option")):
				kept = true
			case bytes.HasPrefix(rest, []byte("</textarea")), bytes.HasPrefix(rest, []byte("</title")), bytes.HasPrefix(rest, []byte("</option")):
				kept = false
			}
		case r == '>':
			inTag = false
		case !inTag && !kept && unseen(r):
			fmt.Fprintf(&out, `<span class="sign">U+%04X</span>`, r)
			i += size
			continue
		}
		out.Write(page[i : i+size])
		i += size
	}
	return out.Bytes()
}
