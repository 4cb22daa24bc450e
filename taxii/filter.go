// SPDX-License-Identifier: Apache-2.0

package taxii

// This file reads and writes the query by which a client asks for some of the
// objects of a collection.

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// ErrFilter is wrapped by the errors of [ParseFilter]; a door answers 400.
var ErrFilter = errors.New("taxii: malformed filter")

// Limits of one query.
const (
	MaxMatchValues = 1000 // in one match field
	maxValueLength = 512  // bytes of one value
	maxNextLength  = 4096 // bytes of next
)

// A Filter says which objects are asked for. The zero Filter asks for the latest
// version of all, from the oldest on. TAXII 2.1 §3.4
type Filter struct {
	AddedAfter   time.Time // only what was added later; zero asks for all
	Limit        int       // at most so many; 0 leaves it to the server
	Next         string    // where to go on, as an answer said; opaque
	IDs          []string  // any of these; none asks for all
	Types        []string  // any of these
	SpecVersions []string  // any of these; none asks for the latest
	Versions     VersionFilter
}

// A VersionFilter says which versions of an object are asked for: all, or any of
// the others. The zero VersionFilter asks for the last. TAXII 2.1 §3.4.1
type VersionFilter struct {
	All   bool
	First bool
	Last  bool
	At    []time.Time // versions with exactly these times
}

// WantsLast reports whether the last version is asked for.
func (versions VersionFilter) WantsLast() bool {
	return versions.Last || versions.All || !versions.First && len(versions.At) == 0
}

// ParseFilter reads the query of a request. It refuses a parameter or match
// field that stands twice, a value that is malformed, "all" beside another
// version, and more than [MaxMatchValues] values. Parameters and match fields it
// does not know are passed over; an endpoint passes over the fields that it does
// not have. TAXII 2.1 §3.4
func ParseFilter(query url.Values) (Filter, error) {
	var filter Filter
	for name, values := range query {
		parse, known := filterParsers[name]
		if !known && !strings.HasPrefix(name, "match[") {
			continue
		}
		if len(values) != 1 {
			return Filter{}, fmt.Errorf("%w: %.60s stands %d times", ErrFilter, name, len(values))
		}
		if !known {
			continue
		}
		if err := parse(&filter, values[0]); err != nil {
			return Filter{}, fmt.Errorf("%w: %s: %w", ErrFilter, name, err)
		}
	}
	return filter, nil
}

// ParseDeletion reads the query of a request that deletes an object: which of
// its versions, and of which specification. Without a version it means all, so
// that the object is gone. Unlike [ParseFilter] it refuses what the endpoint
// does not have: passed over, it would delete more than was meant.
// TAXII 2.1 §5.7
func ParseDeletion(query url.Values) (Filter, error) {
	for name := range query {
		if name != "match[version]" && name != "match[spec_version]" {
			return Filter{}, fmt.Errorf("%w: %.60q does not say what to delete", ErrFilter, name)
		}
	}
	filter, err := ParseFilter(query)
	if err == nil && !query.Has("match[version]") {
		filter.Versions = VersionFilter{All: true}
	}
	return filter, err
}

// Query writes the filter as the query of a request; [ParseFilter] reads it back.
func (filter Filter) Query() url.Values {
	query := url.Values{}
	if !filter.AddedAfter.IsZero() {
		query.Set("added_after", FormatTime(filter.AddedAfter))
	}
	if filter.Limit > 0 {
		query.Set("limit", strconv.Itoa(filter.Limit))
	}
	if filter.Next != "" {
		query.Set("next", filter.Next)
	}
	for name, values := range map[string][]string{
		"match[id]": filter.IDs, "match[type]": filter.Types, "match[spec_version]": filter.SpecVersions,
		"match[version]": filter.Versions.words(),
	} {
		if len(values) > 0 {
			query.Set(name, strings.Join(values, ","))
		}
	}
	return query
}

func (versions VersionFilter) words() []string {
	if versions.All {
		return []string{"all"}
	}
	var words []string
	if versions.First {
		words = append(words, "first")
	}
	if versions.Last {
		words = append(words, "last")
	}
	for _, at := range versions.At {
		words = append(words, stix.FormatTimeFull(at))
	}
	return words
}

// filterParsers know the parameters by name. TAXII 2.1 §3.4, §3.4.1
var filterParsers = map[string]func(filter *Filter, value string) error{
	"added_after": func(filter *Filter, value string) (err error) {
		filter.AddedAfter, err = ParseTime(value)
		return err
	},
	"limit": func(filter *Filter, value string) (err error) {
		filter.Limit, err = parseLimit(value)
		return err
	},
	"next": func(filter *Filter, value string) error {
		if len(value) > maxNextLength {
			return fmt.Errorf("it is %d bytes long", len(value))
		}
		if value != "0" { // as some clients ask for the first page
			filter.Next = value
		}
		return nil
	},
	"match[id]": func(filter *Filter, value string) (err error) {
		filter.IDs, err = parseMatch(value)
		return err
	},
	"match[type]": func(filter *Filter, value string) (err error) {
		filter.Types, err = parseMatch(value)
		return err
	},
	"match[spec_version]": func(filter *Filter, value string) (err error) {
		filter.SpecVersions, err = parseMatch(value)
		return err
	},
	"match[version]": func(filter *Filter, value string) (err error) {
		filter.Versions, err = parseVersions(value)
		return err
	},
}

// parseLimit reads a whole number greater than zero; one past what any server
// gives is as good as the largest.
func parseLimit(text string) (int, error) {
	const largest = 1<<31 - 1
	for _, b := range []byte(text) {
		if b < '0' || b > '9' {
			return 0, fmt.Errorf("%.20q is no whole number", text)
		}
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return largest, nil
	}
	if err != nil || limit < 1 {
		return 0, fmt.Errorf("%.20q is not greater than zero", text)
	}
	return int(min(limit, largest)), nil
}

// parseMatch reads values parted by commas.
func parseMatch(text string) ([]string, error) {
	if strings.Count(text, ",") >= MaxMatchValues {
		return nil, fmt.Errorf("more than %d values", MaxMatchValues)
	}
	values := strings.Split(text, ",")
	for _, value := range values {
		if value == "" || len(value) > maxValueLength || strings.ContainsFunc(value, notPlain) {
			return nil, fmt.Errorf("%.60q is no value", value)
		}
	}
	return values, nil
}

func notPlain(r rune) bool { return r <= ' ' || r > '~' }

// parseVersions reads keywords and timestamps, each of them once.
func parseVersions(text string) (VersionFilter, error) {
	var versions VersionFilter
	words, err := parseMatch(text)
	if err != nil {
		return versions, err
	}
	seen := map[string]bool{}
	for _, word := range words {
		if seen[word] {
			return VersionFilter{}, fmt.Errorf("%.40q stands twice", word)
		}
		seen[word] = true
		switch word {
		case "all":
			versions.All = true
		case "first":
			versions.First = true
		case "last":
			versions.Last = true
		default:
			at, err := ParseTime(word)
			if err != nil {
				return VersionFilter{}, err
			}
			if slices.ContainsFunc(versions.At, at.Equal) {
				return VersionFilter{}, fmt.Errorf("%.40q stands twice", word)
			}
			versions.At = append(versions.At, at)
		}
	}
	if versions.All && len(words) > 1 {
		return VersionFilter{}, errors.New("all stands alone")
	}
	return versions, nil
}
