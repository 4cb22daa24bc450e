// SPDX-License-Identifier: Apache-2.0

package spoken

// This file packs what is said into few bytes.

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Alphabet is the letters of a text, three to two bytes.
const Alphabet = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-"

// epoch is the first minute that can be said; there are 2^24 of them.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// The flags of what is said beside the rest.
const (
	hasCountry = 1 << iota
	hasStart
	hasEnd
	hasAnswer
	hasHandling
)

func (c Content) pack() ([]byte, error) {
	for _, n := range []struct{ value, most int }{{c.Precedence, 1}, {c.TLP, 7}, {c.Threat, 15}, {c.Target, 7}, {c.PAP, 7}, {c.Codes, 7}, {c.Caveats, 1<<10 - 1}} {
		if n.value < 0 || n.value > n.most {
			return nil, fmt.Errorf("%w: a number of %d", ErrFormat, n.value)
		}
	}
	flags, tail := 0, []byte(nil)
	if restrictions := c.PAP<<13 | c.Codes<<10 | c.Caveats; restrictions != 0 {
		flags, tail = flags|hasHandling, binary.BigEndian.AppendUint16(tail, uint16(restrictions))
	}
	if c.Country != "" {
		if len(c.Country) != 2 || strings.Trim(c.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, fmt.Errorf("%w: a country", ErrFormat)
		}
		flags, tail = flags|hasCountry, append(tail, c.Country...)
	}
	for _, at := range []struct {
		time time.Time
		flag int
	}{{c.Start, hasStart}, {c.End, hasEnd}, {c.AnswerBy, hasAnswer}} {
		if at.time.IsZero() {
			continue
		}
		var err error
		if tail, err = minutes(tail, at.time); err != nil {
			return nil, err
		}
		flags |= at.flag
	}
	raw, err := minutes(append([]byte(nil), c.Prefix[:]...), c.Sent)
	if err != nil {
		return nil, err
	}
	raw = append(raw, byte(c.Precedence<<7|c.TLP<<4|c.Threat), byte(c.Target<<5|flags))
	raw = append(raw, tail...)
	if len(raw)%2 == 1 {
		raw = append(raw, 0)
	}
	return packText(raw, c.Text)
}

func packText(raw []byte, text string) ([]byte, error) {
	if len(text) > MaxText || text != strings.TrimRight(text, " ") {
		return nil, fmt.Errorf("%w: a text", ErrFormat)
	}
	for len(text)%3 != 0 {
		text += " "
	}
	for i := 0; i < len(text); i += 3 {
		n := 0
		for _, letter := range []byte(text[i : i+3]) {
			place := strings.IndexByte(Alphabet, letter)
			if place < 0 {
				return nil, fmt.Errorf("%w: %q cannot be said", ErrFormat, letter)
			}
			n = n*len(Alphabet) + place
		}
		raw = binary.BigEndian.AppendUint16(raw, uint16(n))
	}
	return raw, nil
}

func minutes(raw []byte, at time.Time) ([]byte, error) {
	n := at.Sub(epoch) / time.Minute
	if n < 0 || n >= 1<<24 {
		return nil, fmt.Errorf("%w: a time of %s", ErrFormat, at.Format(time.DateOnly))
	}
	return append(raw, byte(n>>16), byte(n>>8), byte(n)), nil
}

// unpack reads what pack wrote; anything else is refused.
func unpack(raw []byte) (c Content, err error) {
	bad := fmt.Errorf("%w: what is inside", ErrFormat)
	if len(raw) < 16 || len(raw)%2 == 1 {
		return c, bad
	}
	take := func(n int) []byte {
		if len(raw) < n {
			err, raw = bad, make([]byte, n)
		}
		part := raw[:n]
		raw = raw[n:]
		return part
	}
	at := func() time.Time {
		b := take(3)
		return epoch.Add(time.Duration(int(b[0])<<16|int(b[1])<<8|int(b[2])) * time.Minute)
	}
	whole := raw
	copy(c.Prefix[:], take(PrefixSize))
	c.Sent = at()
	words := take(2)
	c.Precedence, c.TLP, c.Threat = int(words[0]>>7), int(words[0]>>4&7), int(words[0]&15)
	c.Target = int(words[1] >> 5)
	if words[1]&hasHandling != 0 {
		restrictions := int(binary.BigEndian.Uint16(take(2)))
		c.PAP, c.Codes, c.Caveats = restrictions>>13, restrictions>>10&7, restrictions&(1<<10-1)
	}
	if words[1]&hasCountry != 0 {
		c.Country = string(take(2))
	}
	for _, part := range []struct {
		flag byte
		into *time.Time
	}{{hasStart, &c.Start}, {hasEnd, &c.End}, {hasAnswer, &c.AnswerBy}} {
		if words[1]&part.flag != 0 {
			*part.into = at()
		}
	}
	if (len(whole)-len(raw))%2 == 1 {
		take(1)
	}
	var text strings.Builder
	for len(raw) > 0 {
		n := int(binary.BigEndian.Uint16(take(2)))
		for _, unit := range []int{len(Alphabet) * len(Alphabet), len(Alphabet), 1} {
			if n/unit >= len(Alphabet) {
				return c, bad
			}
			text.WriteByte(Alphabet[n/unit])
			n %= unit
		}
	}
	c.Text = strings.TrimRight(text.String(), " ")
	if err != nil {
		return Content{}, err
	}
	if again, err := c.pack(); err != nil || string(again) != string(whole) {
		return Content{}, bad
	}
	return c, nil
}

// letters are those that another letter is said for.
var letters = strings.NewReplacer("Ø", "O", "Æ", "AE", "Å", "A", "ß", "SS", "Đ", "D", "Ł", "L", "Þ", "TH", "Ð", "D", "Œ", "OE", "ı", "I",
	"!", ".", "?", ".", ";", ",", ":", ",", "–", "-", "—", "-", "/", "-", "\n", " ", "\t", " ", "'", "", "’", "", "\"", "", "(", ",", ")", ",")

// Fold writes a text in the letters of Alphabet, as far as Latin letters go;
// strange are those that have none.
func Fold(text string) (folded string, strange []rune) {
	text = letters.Replace(strings.ToUpper(text))
	var out strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case strings.ContainsRune(Alphabet, r):
			out.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			strange = append(strange, r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " "), strange
}
