// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what a draft that is replaced keeps, and says in flags' names
// what a warning lacks.

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tocsin-exchange/tocsin/warning"
)

// keep gives the draft what the kept one says and neither the file nor a flag
// does, and names what it kept.
func keep(draft *warning.Draft, kept warning.Draft, flags *pflag.FlagSet) (names []string) {
	draft.ID = kept.ID
	if flags.Changed("precedence") && !flags.Changed("answer-by") {
		kept.Warning.AnswerBy = time.Time{} // the new precedence says by when
	}
	for _, part := range []struct {
		name, flag string
		now, then  any // pointers of one type
	}{
		{"warning", "", &draft.Warning, &kept.Warning},
		{"texts", "release", &draft.Releases, &kept.Releases},
		{"", "", &draft.ReleasableTo, &kept.ReleasableTo},
		{"source", "source", &draft.Source, &kept.Source},
		{"duty", "duty", &draft.Duty, &kept.Duty},
		{"attached objects", "stix", &draft.Objects, &kept.Objects},
	} {
		now, then := reflect.ValueOf(part.now).Elem(), reflect.ValueOf(part.then).Elem()
		if !now.IsZero() || then.IsZero() || flags.Changed(part.flag) && part.flag != "release" {
			continue
		}
		now.Set(then)
		if part.name != "" && !flags.Changed(part.flag) {
			names = append(names, part.name)
		}
	}
	return names
}

// mistakes gathers what is wrong with flags, to be told at once.
type mistakes struct{ details, hints []string }

func (m *mistakes) note(err error) {
	if err == nil {
		return
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			m.note(one)
		}
		return
	}
	m.details = append(m.details, err.Error())
	var local *failure
	if errors.As(err, &local) && local.Hint != "" && !slices.Contains(m.hints, local.Hint) {
		m.hints = append(m.hints, local.Hint)
	}
}

// with is the failure, together with what else the draft lacks; nil if nothing
// is wrong. A draft from flags alone is told in the flags' names.
func (m *mistakes) with(draft warning.Draft, flagged bool) error {
	bad := len(m.details) > 0
	if !bad && !flagged {
		return nil // what a file lacks the node says
	}
	told := strings.Join(m.details, "\n")
	for _, line := range lacks(draft) {
		detail := flagWords(line, flagged)
		if name, _, _ := strings.Cut(detail, ": "); !strings.Contains(told, name) && !slices.Contains(m.details, detail) {
			m.details = append(m.details, detail)
		}
	}
	if len(m.details) == 0 {
		return nil
	}
	if len(m.hints) != 1 || len(m.details) > 1 {
		m.hints = []string{"tocsin warn compose --help lists every flag"}
	}
	code := codeUsage
	if !bad {
		code = "invalid"
	}
	f := trouble(code, m.hints[0], "the warning is not complete")
	f.Details = m.details
	return f
}

// lacks says everything that is wrong with a draft, but for what the node fills in.
func lacks(draft warning.Draft) (lines []string) {
	draft.Warning.Spell()
	if draft.Warning.AnswerBy.IsZero() {
		draft.Warning.AnswerBy = time.Unix(0, 0)
	}
	if draft.Warning.Review == "" {
		draft.Warning.Review = "2000-01-01"
	}
	err := draft.Validate()
	if len(draft.Releases) == 0 || len(draft.ReleasableTo) == 0 {
		// Without a text the noun looks no further: look as if there were one.
		draft.Releases, draft.ReleasableTo = map[string]string{"partner": "text"}, []string{"partner"}
		err = errors.Join(err, draft.Validate())
	}
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// flagOf is the flag for each field whose name is not the flag's own.
var flagOf = map[string]string{
	"target": "--target-name or --country", "target.place": "--country", "target.place.latitude": "--latitude", "target.place.longitude": "--longitude",
	"target.place.precision": "--precision", "target.place.detail": "--place-detail", "target.nationalities": "--national",
	"window": "--from and --until", "window.start": "--from", "window.end": "--until", "threat_actor": "--actor", "recommended_action": "--action",
	"handling": "--tlp, --pap, --code, --caveat and --note", "codes": "--code", "caveats": "--caveat", "recipients": "--recipient",
	"releases": "--release PARTNER=TEXT", "releasable_to": "--release PARTNER=TEXT", "objects": "--stix",
}

// fieldWords is the field at the beginning of what is wrong.
var fieldWords = regexp.MustCompile(`^(?:warning\.)?([a-z_.]+): (.*)$`)

func flagWords(detail string, flagged bool) string {
	found := fieldWords.FindStringSubmatch(detail)
	if !flagged || found == nil {
		return detail
	}
	field, text := found[1], found[2]
	flag, known := flagOf[field]
	if !known {
		last := field[strings.LastIndexByte(field, '.')+1:]
		switch {
		case flagOf[last] != "":
			flag = flagOf[last]
		case field == "target.kind", field == "target.name":
			flag = "--" + strings.ReplaceAll(field, ".", "-")
		default:
			flag = "--" + strings.ReplaceAll(last, "_", "-")
		}
	}
	return flag + ": " + text
}
