// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds the identifiers in a source-sensitive text.

import (
	"net/netip"
	"regexp"
	"strings"
)

var (
	// defanged addresses are written so that nobody clicks them.
	refang = strings.NewReplacer("[.]", ".", "(.)", ".", "[:]", ":", "[at]", "@", "(at)", "@", "hxxp", "http")

	emailForm = regexp.MustCompile(`[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
	// hostForm is also the form of a file's name.
	hostForm  = regexp.MustCompile(`^(?:[a-z0-9][a-z0-9_-]+\.)+[a-z][a-z0-9-]+$`)
	hexForm   = regexp.MustCompile(`^[a-f0-9]{16,}$`)
	phoneForm = regexp.MustCompile(`\+?\(?\d[\d ().\-/]{5,}\d`)
	// referenceForm is a word for a paper or a source with its number.
	referenceForm = regexp.MustCompile(`\b(case|file|report|record|ref|reference|docket|dossier|cable|telegram|source|agent|asset|informant|intercept|contact|operation|exhibit|annex|document|doc|folder|volume)\b[ .:#-]*(?:(?:no|nr|number|id)\b[ .:#]*)?([a-z]{0,4}[-/ ]?\d[\w/.-]*)`)

	dayForm = regexp.MustCompile(`^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{2}|\d{4})|\d{1,2}-?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*-?(?:\d{2}|\d{4})?)$`)
	// everydayForm mixes letters and digits and yet names nothing.
	everydayForm = regexp.MustCompile(`^(?:\d+(?:st|nd|rd|th)|\d{2,4}'?s|\d{1,2}(?:am|pm)|\d+-(?:year|month|week|day|hour|minute|storey|story|man|strong|metre|meter|kilometre|kilometer)s?(?:-[a-z]+)*|(?:mid|early|late|pre|post|under|over|non)-?\d+s?|\d{1,2}[:.h]\d{2}(?:am|pm|h|hrs)?|\d{4}(?:z|hrs|h)|\d{1,2}h)$`)
	yearsForm    = regexp.MustCompile(`^(?:19|20)\d\d(?: ?[-/] ?(?:(?:19|20)?\d\d))?$`)
	stampForm    = regexp.MustCompile(`^\d{4}-?\d\d-?\d\dt\d\d:?\d\d(?::?\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?$`)
	spacedDay    = regexp.MustCompile(`^(?:\d{4}[-./ ]+\d{1,2}[-./ ]+\d{1,2}|\d{1,2}[-./ ]+\d{1,2}[-./ ]+\d{4})\b`)
)

// identifiers finds them in a folded text.
func identifiers(text string) []pattern {
	text = refang.Replace(text)
	var all []pattern
	add := func(word string) { all = append(all, newIdentifier(bare(word), false)) }
	tokens := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || strings.ContainsRune(",;()[]{}<>\"“”„«»|*", r) })
	for _, token := range tokens {
		token = strings.Trim(token, ".:!?-/'_#…")
		token = strings.TrimSuffix(token, "'s")
		for _, word := range tokenIdentifiers(token) {
			add(word)
		}
	}
	if strings.Contains(text, "@") {
		for _, word := range emailForm.FindAllString(text, -1) {
			add(word)
		}
	}
	if !hasDigit(text) {
		return all // neither a number nor a reference with one
	}
	for _, word := range phoneForm.FindAllString(text, -1) {
		for _, number := range phone(word) {
			add(number)
		}
	}
	for _, parts := range referenceForm.FindAllStringSubmatch(text, -1) {
		word, value := parts[1], strings.TrimRight(parts[2], "./-")
		if yearsForm.MatchString(strings.TrimSpace(value)) {
			continue
		}
		for _, between := range []string{"", "no", "nr", "number", "id"} {
			add(word + between + value)
		}
	}
	return all
}

// tokenIdentifiers is the token if it is an identifier, and the host of a URL.
func tokenIdentifiers(token string) []string {
	if len(token) < 16 && !strings.ContainsAny(token, "0123456789./:") {
		return nil // a plain word
	}
	if token == "" || dayForm.MatchString(token) || yearsForm.MatchString(token) || everydayForm.MatchString(token) || stampForm.MatchString(token) {
		return nil
	}
	if _, rest, ok := strings.Cut(token, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host, "?")
		return []string{token, rest, host}
	}
	address, _, _ := strings.Cut(token, "/")
	if _, err := netip.ParseAddr(address); err == nil {
		return []string{token, address}
	}
	if host, _, cut := strings.Cut(token, "/"); hostForm.MatchString(host) {
		if cut {
			return []string{token, host}
		}
		return []string{token}
	}
	letters, digits := count(token)
	if digits > 0 && letters > 0 || digits >= 5 || hexForm.MatchString(token) {
		return []string{token}
	}
	return nil
}

// phone is a telephone number as its digits, with and without the country code.
func phone(word string) []string {
	word = strings.TrimSpace(word)
	if spacedDay.MatchString(word) || yearsForm.MatchString(word) {
		return nil
	}
	digits := bare(word)
	if len(digits) < 7 || len(digits) > 15 {
		return nil
	}
	if len(digits) > 10 {
		return []string{digits, digits[len(digits)-10:]}
	}
	return []string{digits}
}

// newIdentifier lets a long identifier with digits in it stand anywhere, also
// glued to other words; one of letters alone only where words begin and end.
func newIdentifier(letters string, loose bool) pattern {
	_, digits := count(letters)
	return pattern{letters: letters, loose: loose, anywhere: digits >= 2}
}

// bare is a word without its separators.
func bare(word string) string {
	return strings.Map(func(r rune) rune {
		if wordRune(r) {
			return r
		}
		return -1
	}, word)
}

func hasDigit(text string) bool { return strings.ContainsAny(text, "0123456789") }

func count(token string) (letters, digits int) {
	for _, r := range token {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case wordRune(r):
			letters++
		}
	}
	return letters, digits
}
