// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file reads one page of an answer: its frame with some patience, its
// items as their bytes.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// A Page is some of what was asked for, in the order in which it was added.
type Page struct {
	// Objects are the bytes of each as they came: STIX objects, or records of a
	// manifest. They are well-formed JSON and not looked at further.
	Objects []jsontext.Value
	// More says that the server has others.
	More bool
	// First and Last are the date_added of the first and of the last object, in
	// microseconds; zero where the server does not say. TAXII 2.1 §3.2
	First, Last time.Time
	// Resume is the added_after with which another walk goes on behind this page
	// and misses nothing; it may bring the last objects again. Zero where the
	// server gives no dates.
	Resume time.Time
}

// sheet is a page as the server gave it.
type sheet struct {
	more        bool
	next        string
	items       []jsontext.Value
	first, last time.Time
	remarks     []string
	bundle      bool // told
}

// parseSheet reads the body of an answer whose items stand under that name, and
// refuses more than most of them. What is wrong inside an item is left to
// whoever reads the item.
// TAXII 2.1 §3.7, §5.3.1, §5.8.1
func parseSheet(body []byte, name string, most int) (s sheet, err error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return s, errors.Join(errFrame, err)
	}
	seen := make(map[string]bool)
	for decoder.PeekKind() == '"' {
		token, err := decoder.ReadToken()
		if err != nil {
			return s, errors.Join(errFrame, err)
		}
		member := token.String()
		// No other name is remembered: there may be millions.
		if member == "more" || member == "next" || member == name {
			if seen[member] {
				return s, fmt.Errorf("%s stands twice", member)
			}
			seen[member] = true
		}
		if member == name && decoder.PeekKind() == '[' {
			if s.items, err = readItems(decoder, body, most); err != nil {
				return s, err
			}
			continue
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return s, errors.Join(errFrame, err)
		}
		if err := s.member(member, name, value); err != nil {
			return s, err
		}
	}
	if _, err := decoder.ReadToken(); err != nil {
		return s, errors.Join(errFrame, err)
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return s, errors.New("something stands behind it")
	}
	return s, nil
}

var errFrame = errors.New("it is not one whole JSON object")

// readItems reads a list of at most so many values. Each is a part of body.
func readItems(decoder *jsontext.Decoder, body []byte, most int) (items []jsontext.Value, err error) {
	if _, err := decoder.ReadToken(); err != nil {
		return nil, errors.Join(errFrame, err)
	}
	for decoder.PeekKind() != ']' {
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, errors.Join(errFrame, err)
		}
		if len(items) == most {
			return nil, fmt.Errorf("it gives more than %d objects", most)
		}
		end := int(decoder.InputOffset())
		items = append(items, body[end-len(value):end:end])
	}
	_, err = decoder.ReadToken()
	return items, err
}

// member reads what the frame says beside its items. A value of another type
// than the standard's is understood where it can mean only one thing.
func (s *sheet) member(member, name string, value jsontext.Value) error {
	kind := value.Kind()
	switch {
	case kind == 'n' && (member == name || member == "more" || member == "next"):
		s.remarks = append(s.remarks, member+" is null, and should not be there")
	case member == name:
		return fmt.Errorf("%s is no list", name)
	case member == "more":
		text := plainText(value)
		more, err := strconv.ParseBool(text)
		if err != nil || kind != 't' && kind != 'f' && kind != '"' {
			return fmt.Errorf("more is %.20s", value)
		}
		s.more = more
		if kind == '"' {
			s.remarks = append(s.remarks, "more is a text, not true or false")
		}
	case member == "next":
		if kind != '"' && kind != '0' {
			return errors.New("next is no text")
		}
		s.next = plainText(value)
		if kind == '0' {
			s.remarks = append(s.remarks, "next is a number, not a text")
		}
	case member == "type" && plainText(value) == "bundle" && !s.bundle:
		s.bundle = true
		s.remarks = append(s.remarks, "it answers with a bundle, not with an envelope")
	}
	return nil
}

// plainText is what a JSON string says, or the text of another value.
func plainText(value jsontext.Value) string {
	var text string
	if err := json.Unmarshal(value, &text, jsontext.AllowInvalidUTF8(true)); err == nil {
		return text
	}
	return string(value)
}

// dates reads between which dates the page stands. TAXII 2.1 §3.2
func (s *sheet) dates(header http.Header) {
	if len(s.items) == 0 {
		return // some servers write "undefined"
	}
	for name, into := range map[string]*time.Time{taxii.HeaderDateAddedFirst: &s.first, taxii.HeaderDateAddedLast: &s.last} {
		text := header.Get(name)
		if text == "" {
			s.remarks = append(s.remarks, "the header "+name+" is missing")
			continue
		}
		at, err := taxii.ParseTime(text)
		if err != nil {
			s.remarks = append(s.remarks, fmt.Sprintf("the header %s is %.40q, which is no timestamp", name, text))
			continue
		}
		*into = at.Truncate(time.Microsecond)
	}
	if !s.first.IsZero() && !s.last.IsZero() && s.last.Before(s.first) {
		s.remarks = append(s.remarks, "the date of the last object is before that of the first")
		s.first, s.last = time.Time{}, time.Time{}
	}
}
