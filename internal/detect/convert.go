// SPDX-License-Identifier: Apache-2.0

package detect

// This file reads values as the properties of STIX want them: a name in small
// letters, an address in its usual form, a time.

import (
	"bytes"
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// converter reads values; what it returns is good until it is reset.
type converter struct{ texts []byte }

func (c *converter) reset() { c.texts = c.texts[:0] }

// convert reads a value as a conversion says. ok is false if it cannot be read so.
func (c *converter) convert(value scalar, as string) (_ scalar, ok bool) {
	switch as {
	case "":
		return value, true
	case "integer":
		value.kind = kindNumber
		_, err := strconv.ParseInt(string(value.text), 10, 64)
		return value, err == nil
	case "text":
		value.kind = kindText
		return value, true
	case "time":
		at, ok := timeOf(value)
		start := len(c.texts)
		c.texts = append(c.texts, stix.FormatTimeFull(at)...)
		return scalar{kindText, c.texts[start:]}, ok
	}
	if value.kind != kindText {
		return value, false
	}
	switch as {
	case "lower":
		value.text = c.lower(value.text)
	case "domain":
		value.text = c.domain(value.text)
	case "mac":
		value.text = bytes.ReplaceAll(c.lower(value.text), []byte("-"), []byte(":"))
	case "uri":
		return value, bytes.Contains(value.text, []byte("://"))
	case "mailbox":
		if open := bytes.LastIndexByte(value.text, '<'); open >= 0 {
			if end := bytes.IndexByte(value.text[open:], '>'); end > 0 {
				value.text = value.text[open+1 : open+end]
			}
		}
	}
	return value, len(value.text) > 0
}

// domain writes a name as domain-name has it: small letters, no dot at the end.
func (c *converter) domain(text []byte) []byte {
	text = c.lower(text)
	if len(text) > 1 && text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}

// lower writes ASCII letters small; only where there are others is it a copy.
func (c *converter) lower(text []byte) []byte {
	for i, b := range text {
		if 'A' <= b && b <= 'Z' {
			start := len(c.texts)
			c.texts = append(c.texts, text...)
			text = c.texts[start:len(c.texts):len(c.texts)]
			for j := i; j < len(text); j++ {
				if 'A' <= text[j] && text[j] <= 'Z' {
					text[j] += 'a' - 'A'
				}
			}
			return text
		}
	}
	return text
}

// The types an address can be of, in the order of variants.
const (
	isIPv4 = iota
	isIPv6
	isMAC
	isName
	variants
)

var variantTypes = [variants]string{"ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"}

// address says what type of address a text is, and writes it in its usual form.
// ok is false for a text that is neither an address nor a name.
func (c *converter) address(text []byte) (_ []byte, variant int, ok bool) {
	if dotted(text) {
		return text, isIPv4, true
	}
	if bytes.IndexByte(text, ':') >= 0 {
		if prefix, err := netip.ParsePrefix(string(text)); err == nil {
			return c.written(prefix.Addr(), prefix.String()), variantOf(prefix.Addr()), true
		}
		if ip, err := netip.ParseAddr(string(text)); err == nil {
			return c.written(ip, ip.String()), variantOf(ip), true
		}
		return c.lower(text), isMAC, len(text) == 17 && macText(text)
	}
	if _, err := netip.ParsePrefix(string(text)); err == nil {
		return text, isIPv4, true
	}
	return c.domain(text), isName, nameText(text)
}

func (c *converter) written(_ netip.Addr, text string) []byte {
	start := len(c.texts)
	c.texts = append(c.texts, text...)
	return c.texts[start:len(c.texts):len(c.texts)]
}

func variantOf(ip netip.Addr) int {
	if ip.Is4() {
		return isIPv4
	}
	return isIPv6
}

// dotted reports whether a text is an IPv4 address as it is usually written.
func dotted(text []byte) bool {
	if len(text) < 7 || len(text) > 15 {
		return false
	}
	dots, digits, number := 0, 0, 0
	for _, b := range text {
		switch {
		case b == '.':
			if digits == 0 {
				return false
			}
			dots, digits, number = dots+1, 0, 0
		case '0' <= b && b <= '9':
			if digits > 0 && number == 0 {
				return false
			}
			digits, number = digits+1, number*10+int(b-'0')
			if number > 255 {
				return false
			}
		default:
			return false
		}
	}
	return dots == 3 && digits > 0
}

func macText(text []byte) bool {
	for i, b := range text {
		hex := '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
		if i%3 == 2 && b != ':' || i%3 != 2 && !hex {
			return false
		}
	}
	return true
}

// nameText reports whether a text can be a name of the domain name system.
func nameText(text []byte) bool {
	for _, b := range text {
		if b <= ' ' || b < 0x80 && bytes.IndexByte([]byte(`"'()<>[]{}/\|=,;!?@#$%^&+~`+"`"), b) >= 0 {
			return false
		}
	}
	return len(text) > 0 && len(text) <= 255
}

// timeOf reads a time: RFC 3339 with any offset, or a number of seconds since
// 1970; one too large for that is of milliseconds, microseconds or nanoseconds.
func timeOf(value scalar) (time.Time, bool) {
	text := string(value.text)
	if value.kind == kindText {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
			if at, err := time.Parse(layout, text); err == nil {
				return at.UTC(), inCalendar(at)
			}
		}
	}
	return unixTime(text)
}

func unixTime(text string) (time.Time, bool) {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) {
		return time.Time{}, false
	}
	var at time.Time
	switch size := math.Abs(number); {
	case size < 1e11:
		at = seconds(text, number)
	case size < 1e14:
		at = time.UnixMilli(int64(number))
	case size < 1e17:
		at = time.UnixMicro(int64(number))
	case size < math.MaxInt64:
		at = time.Unix(0, int64(number))
	default:
		return time.Time{}, false
	}
	return at.UTC(), inCalendar(at)
}

// seconds reads the digits behind the point as they are written: a double would
// turn 1700000000.123456 into …456001.
func seconds(text string, number float64) time.Time {
	for i := range len(text) {
		if text[i] != '.' {
			continue
		}
		whole, err := strconv.ParseInt(text[:i], 10, 64)
		digits := (text[i+1:] + "000000000")[:9]
		nanos, wrong := strconv.ParseInt(digits, 10, 64)
		if err == nil && wrong == nil && whole >= 0 {
			return time.Unix(whole, nanos)
		}
	}
	whole, part := math.Modf(number)
	return time.Unix(int64(whole), int64(part*1e9))
}

// inCalendar reports whether a STIX timestamp can say a time.
func inCalendar(at time.Time) bool { return at.Year() >= 1 && at.Year() <= 9999 }

// constantOf is a value of a map file as a scalar.
func constantOf(value any) (scalar, bool) {
	switch v := value.(type) {
	case string:
		return scalar{kindText, []byte(v)}, true
	case bool:
		return scalar{kindTruth, strconv.AppendBool(nil, v)}, true
	case uint64:
		return scalar{kindNumber, strconv.AppendUint(nil, v, 10)}, true
	case int64:
		return scalar{kindNumber, strconv.AppendInt(nil, v, 10)}, true
	case float64:
		return scalar{kindNumber, strconv.AppendFloat(nil, v, 'g', -1, 64)}, true
	}
	return scalar{}, false
}

// plain is a scalar as the trees of package stix have it.
func (s scalar) plain() any {
	switch s.kind {
	case kindTruth:
		return string(s.text) == "true"
	case kindNumber:
		if integer, err := strconv.ParseInt(string(s.text), 10, 64); err == nil {
			return integer
		}
		float, err := strconv.ParseFloat(string(s.text), 64)
		if err != nil {
			return string(s.text)
		}
		return float
	}
	return string(s.text)
}
