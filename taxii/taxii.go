// SPDX-License-Identifier: Apache-2.0

// Package taxii holds the words of TAXII 2.1: media types and how they are
// agreed on, resources, filters, timestamps, errors.
//
// A door or a client translates between these words and HTTP; nothing here
// speaks to a network or reads a clock. What the standard says is obeyed; where
// clients in use are sloppy in a harmless way (a space in a media type, no
// version, a timestamp without a fraction), they are understood.
package taxii

import (
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// Media types. TAXII 2.1 §1.6.8.1
const (
	// MediaType is that of every request and answer.
	MediaType = "application/taxii+json;version=2.1"
	// ObjectMediaType is that of a STIX object, in manifests and collections.
	ObjectMediaType = "application/stix+json;version=2.1"
)

// Headers that TAXII adds to HTTP: the date_added of the first and of the last
// object of an answer. TAXII 2.1 §3.2
const (
	HeaderDateAddedFirst = "X-TAXII-Date-Added-First"
	HeaderDateAddedLast  = "X-TAXII-Date-Added-Last"
)

// FormatTime writes a timestamp in UTC with six digits of the second, as all
// timestamps of TAXII are written; what is finer than a microsecond is cut.
// TAXII 2.1 §2
func FormatTime(at time.Time) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// ParseTime reads a timestamp with any number of digits in its fraction, or
// none. It refuses what [stix.ParseTime] refuses. TAXII 2.1 §2
func ParseTime(text string) (time.Time, error) { return stix.ParseTime(text) }

// Acceptable reports whether the value of an Accept header allows an answer of
// [MediaType]. No header, a wildcard and the media type without a version do;
// another version, another type, and a weight of zero do not. It is lenient
// about white space, letter case and quotation marks. TAXII 2.1 §1.6.8, §3.1
func Acceptable(accept string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	// RFC 9110 §12.5.1: of the ranges that match, the most specific decides.
	best, accepted := 0, false
	for _, element := range splitQuoted(accept, ',') {
		name, parameters := mediaRange(element)
		specific := specificity(name, parameters)
		if specific > best || specific == best && specific > 0 && weight(parameters) > 0 {
			best, accepted = specific, weight(parameters) > 0
		}
	}
	return accepted
}

// specificity is 0 for a range that does not match, and higher the more of the
// media type it names.
func specificity(name string, parameters map[string]string) int {
	version, versioned := parameters["version"]
	switch {
	case name == "*/*" || name == "*":
		return 1
	case name == "application/*":
		return 2
	case name != "application/taxii+json":
		return 0
	case !versioned:
		return 3
	case version == "2.1":
		return 4
	}
	return 0
}

// AcceptableContent reports whether the value of a Content-Type header allows
// the body of a request to be read as an envelope: the media type of TAXII, or
// of STIX, which some clients send, with version 2.1 or none. TAXII 2.1 §3.1
func AcceptableContent(contentType string) bool {
	name, parameters := mediaRange(contentType)
	version, versioned := parameters["version"]
	return (name == "application/taxii+json" || name == "application/stix+json") && (!versioned || version == "2.1")
}

// mediaRange takes one media type apart, in small letters.
func mediaRange(text string) (name string, parameters map[string]string) {
	parts := splitQuoted(text, ';')
	parameters = map[string]string{}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		parameters[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
	return strings.ToLower(strings.TrimSpace(parts[0])), parameters
}

// weight is the q of a media range; one that cannot be read counts as absent.
func weight(parameters map[string]string) float64 {
	if q, err := strconv.ParseFloat(parameters["q"], 64); err == nil {
		return q
	}
	return 1
}

// splitQuoted splits at a separator that stands outside quotation marks.
func splitQuoted(text string, separator byte) []string {
	var parts []string
	quoted, start := false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == separator && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
