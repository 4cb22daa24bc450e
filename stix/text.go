// SPDX-License-Identifier: Apache-2.0

package stix

// This file reads the strings and the numbers of JSON text.

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string, from its opening quotation mark. Without an escape in
// it, it is a part of the text that is read.
func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	end := p.plainTo(start)
	if end < len(p.raw) && p.raw[end] == '"' {
		p.at = end + 1
		return p.text[start:end], nil
	}
	p.scratch = p.scratch[:0]
	for end < len(p.raw) {
		p.scratch = append(p.scratch, p.raw[start:end]...)
		p.at = end
		switch b := p.raw[end]; {
		case b == '"':
			p.at++
			return string(p.scratch), nil
		case b == '\\':
			if err := p.escape(); err != nil {
				return "", err
			}
		default:
			return "", fmt.Errorf("%w: a control character in a string, at byte %d", ErrSyntax, end)
		}
		start = p.at
		end = p.plainTo(start)
	}
	p.at = end
	return "", p.wanted("a quotation mark")
}

// plainTo finds the next quotation mark, backslash or control character, eight
// bytes at a time.
func (p *parser) plainTo(at int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	raw := p.raw
	for ; at+8 <= len(raw); at += 8 {
		word := binary.LittleEndian.Uint64(raw[at:])
		quotes, slashes := word^(ones*'"'), word^(ones*'\\')
		// The top bit of a byte is set where the byte is below 0x20, or equal;
		// bytes after the first such one may be wrong.
		if found := ((word-ones*0x20)&^word | (quotes-ones)&^quotes | (slashes-ones)&^slashes) & tops; found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for ; at < len(raw); at++ {
		if b := raw[at]; b == '"' || b == '\\' || b < 0x20 {
			return at
		}
	}
	return at
}

// escape reads what follows a backslash.
func (p *parser) escape() error {
	p.at++
	b := p.peek()
	p.at++
	switch b {
	case '"', '\\', '/':
	case 'n':
		b = '\n'
	case 't':
		b = '\t'
	case 'r':
		b = '\r'
	case 'b':
		b = '\b'
	case 'f':
		b = '\f'
	case 'u':
		return p.unicode()
	default:
		p.at--
		return p.wanted("an escape that JSON knows")
	}
	p.scratch = append(p.scratch, b)
	return nil
}

// unicode reads the four digits after \u, and of a surrogate its other half.
func (p *parser) unicode() error {
	start := p.at
	char, ok := p.hex4()
	if ok && utf16.IsSurrogate(char) {
		var low rune
		if ok = p.at+2 <= len(p.text) && p.text[p.at:p.at+2] == `\u`; ok {
			p.at += 2
			low, ok = p.hex4()
		}
		if char = utf16.DecodeRune(char, low); !ok || char == utf8.RuneError {
			return fmt.Errorf("%w: a lone surrogate, at byte %d", ErrSyntax, start)
		}
	}
	if !ok {
		return fmt.Errorf("%w: \\u without four hexadecimal digits, at byte %d", ErrSyntax, start)
	}
	p.scratch = utf8.AppendRune(p.scratch, char)
	return nil
}

func (p *parser) hex4() (rune, bool) {
	if p.at+4 > len(p.raw) {
		return 0, false
	}
	char := rune(0)
	for _, b := range p.raw[p.at : p.at+4] {
		switch {
		case b >= '0' && b <= '9':
			b -= '0'
		case b|0x20 >= 'a' && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		char = char<<4 | rune(b)
	}
	p.at += 4
	return char, true
}

// number reads a number. It refuses every one past 2^53-1, however it is
// written: there a double no longer tells neighbours apart, and canonical JSON
// writes 1e20 out as an integer. STIX 2.1 §2.10, RFC 7493 §2.2
func (p *parser) number() (any, error) {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	first := p.at
	p.digits()
	switch {
	case p.at == first:
		return nil, p.wanted("a digit")
	case p.raw[first] == '0' && p.at > first+1:
		p.at = first
		return nil, fmt.Errorf("%w: a number with a leading zero, at byte %d", ErrSyntax, first)
	}
	whole := true
	if p.peek() == '.' {
		whole = false
		if err := p.moreDigits(); err != nil {
			return nil, err
		}
	}
	if b := p.peek(); b == 'e' || b == 'E' {
		whole = false
		if p.at+1 < len(p.raw) && (p.raw[p.at+1] == '+' || p.raw[p.at+1] == '-') {
			p.at++
		}
		if err := p.moreDigits(); err != nil {
			return nil, err
		}
	}
	text := p.text[start:p.at]
	if whole {
		if integer, err := strconv.ParseInt(text, 10, 64); err == nil && -MaxInteger <= integer && integer <= MaxInteger {
			return integer, nil
		}
		return nil, p.numberError(start)
	}
	float, err := strconv.ParseFloat(text, 64)
	if err != nil || math.Abs(float) > MaxInteger {
		return nil, p.numberError(start)
	}
	return float, nil
}

func (p *parser) digits() {
	for p.at < len(p.raw) && p.raw[p.at] >= '0' && p.raw[p.at] <= '9' {
		p.at++
	}
}

// moreDigits steps over one byte and reads at least one digit.
func (p *parser) moreDigits() error {
	p.at++
	first := p.at
	if p.digits(); p.at == first {
		return p.wanted("a digit")
	}
	return nil
}

func (p *parser) numberError(start int) error {
	return fmt.Errorf("%w: past 2^53-1, at byte %d", ErrNumber, start)
}
