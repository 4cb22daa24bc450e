// SPDX-License-Identifier: Apache-2.0

package pattern

// This file reads constants.

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/internal/timestamp"
)

// constant reads one constant. STIX 2.1 §9.2
func (s *scanner) constant() (Constant, error) {
	next := s.peek()
	start := s.at
	switch {
	case next == '\'':
		text, err := s.quoted()
		return Constant{Kind: String, Text: text}, err
	case isDigit(next) || next == '-' || next == '+' || next == '.':
		return s.number()
	case s.at+1 < len(s.text) && s.text[s.at+1] == '\'' && strings.IndexByte("tbh", next) >= 0:
		s.at++
		text, err := s.quoted()
		if err != nil {
			return Constant{}, err
		}
		return s.special(start, next, text), nil
	}
	switch wordOf(s.text[s.at:]) {
	case "true":
		s.at += len("true")
		return Constant{Kind: Boolean, Truth: true}, nil
	case "false":
		s.at += len("false")
		return Constant{Kind: Boolean}, nil
	case "null":
		return Constant{}, s.expected("9.2", "a constant", "there is no null in a pattern")
	}
	return Constant{}, s.expected("9.2", "a constant", "a string stands in apostrophes; other constants are numbers, true, false, t'…', b'…' and h'…'")
}

// special makes a constant of the text behind t, b or h.
func (s *scanner) special(at int, prefix byte, text string) Constant {
	switch prefix {
	case 't':
		when, ok := timestamp.Parse(text)
		if !ok {
			s.fault(at, "2.16", "a timestamp is a date and time of the calendar in UTC, ended by Z", "write it as t'2016-06-01T00:00:00Z'")
		}
		return Constant{Kind: Timestamp, Time: when}
	case 'b':
		octets, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			s.fault(at, "9.2", "a binary constant is base64, with its padding", "")
		}
		return Constant{Kind: Binary, Octets: octets}
	default:
		octets, err := hex.DecodeString(text)
		if err != nil || text != strings.ToLower(text) {
			s.fault(at, "9.2", "a hex constant has an even number of digits, from 0 to 9 and from a to f", "write the letters small")
		}
		return Constant{Kind: Hex, Octets: octets}
	}
}

// number reads an integer or a float. STIX 2.1 §9.2, §2.6, §2.10
func (s *scanner) number() (Constant, error) {
	start := s.at
	if s.text[s.at] == '+' {
		s.fault(s.at, "9.2", "a positive number is written without a plus sign", "leave the plus sign out")
	}
	if s.text[s.at] == '+' || s.text[s.at] == '-' {
		s.at++
	}
	whole := s.digits()
	fraction, point := "", false
	if s.at < len(s.text) && s.text[s.at] == '.' {
		point = true
		s.at++
		fraction = s.digits()
	}
	text := strings.TrimPrefix(s.text[start:s.at], "+")
	if s.at < len(s.text) && isWord(s.text[s.at]) || point && fraction == "" || !point && whole == "" {
		return Constant{}, s.stop(start, "9.2", "this is not a number", "write an integer as 123 and a float as 123.456, without an exponent")
	}
	if point {
		float, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(float, 0) {
			s.fault(start, "2.6", "a float is in the range of a double", "")
		}
		return Constant{Kind: Float, Float: float}, nil
	}
	if len(whole) > 1 && whole[0] == '0' {
		return Constant{}, s.stop(start, "9.2", "an integer has no zeros before it", "leave them out")
	}
	integer, err := strconv.ParseInt(text, 10, 64)
	if err != nil || integer > MaxInteger || integer < -MaxInteger {
		s.fault(start, "2.10", "an integer is at most 2^53-1 from 0", "")
		integer = 0
	}
	return Constant{Kind: Integer, Integer: integer}, nil
}

func (s *scanner) digits() string {
	start := s.at
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
	return s.text[start:s.at]
}
