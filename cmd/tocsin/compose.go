// SPDX-License-Identifier: Apache-2.0

package main

// This file composes a warning from a file and from flags; flags come first.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// wordFlags are the flags of compose that set one text each, in the order of a form.
var wordFlags = []struct {
	name, help string
	set        func(*warning.Draft, string)
}{
	{"target-kind", "person, group, institution, place_of_business, structure, location or event", func(d *warning.Draft, s string) { d.Warning.Target.Kind = warning.TargetKind(s) }},
	{"target-name", "who or what is threatened", func(d *warning.Draft, s string) { d.Warning.Target.Name = s }},
	{"country", "where: ISO 3166-1 code, such as NO", func(d *warning.Draft, s string) { d.Warning.Target.Place.Country = s }},
	{"region", "where: ISO 3166-2 code, such as NO-46", func(d *warning.Draft, s string) { d.Warning.Target.Place.Region = s }},
	{"city", "where: city", func(d *warning.Draft, s string) { d.Warning.Target.Place.City = s }},
	{"place-detail", "where: more exactly, in words", func(d *warning.Draft, s string) { d.Warning.Target.Place.Detail = s }},
	{"threat-type", "one of " + strings.Join(warning.ThreatTypes(), ", "), func(d *warning.Draft, s string) { d.Warning.ThreatType = warning.ThreatType(s) }},
	{"method", "how", func(d *warning.Draft, s string) { d.Warning.Method = s }},
	{"actor", "by whom", func(d *warning.Draft, s string) { d.Warning.Actor = s }},
	{"action", "what the recipient is advised to do", func(d *warning.Draft, s string) { d.Warning.Action = s }},
	{"precedence", "FLASH, IMMEDIATE, PRIORITY or ROUTINE", func(d *warning.Draft, s string) {
		d.Warning.Precedence = handling.Precedence(strings.ToUpper(s))
	}},
	{"probability", "how probable it is, in a word of ICD 203: almost-no-chance, very-unlikely, unlikely, roughly-even-chance, likely, very-likely or almost-certain", func(d *warning.Draft, s string) { d.Warning.Probability = handling.Probability(s) }},
	{"confidence", "how good the basis is: low, moderate or high", func(d *warning.Draft, s string) { d.Warning.Confidence = handling.Confidence(s) }},
	{"grade", "Admiralty grade, such as B2", func(d *warning.Draft, s string) { d.Warning.Grade = handling.Grade(strings.ToUpper(s)) }},
	{"tlp", "TLP 2.0 label, such as TLP:AMBER+STRICT", func(d *warning.Draft, s string) { d.Warning.Handling.TLP = label(s) }},
	{"pap", "PAP label, such as PAP:AMBER", func(d *warning.Draft, s string) { d.Warning.Handling.PAP = handling.PAP(s) }},
	{"note", "the restriction that H3 demands", func(d *warning.Draft, s string) { d.Warning.Handling.Note = s }},
	{"purpose", "what it may be used for", func(d *warning.Draft, s string) { d.Warning.Purpose = s }},
	{"review", "the date by which both sides decide anew whether to keep it", func(d *warning.Draft, s string) { d.Warning.Review = warning.Date(s) }},
	{"source", "the id of the source report, which stays at home", func(d *warning.Draft, s string) { d.Source = s }},
	{"duty", "the id of the duty it answers", func(d *warning.Draft, s string) { d.Duty = s }},
}

// listFlags are the flags of compose that may be repeated.
var listFlags = []struct {
	name, help string
	set        func(*warning.Draft, []string)
}{
	{"national", "nationals of this country are threatened, ISO 3166-1 code", func(d *warning.Draft, all []string) { d.Warning.Target.Nationalities = all }},
	{"code", "handling code: H1, H2 or H3", func(d *warning.Draft, all []string) { d.Warning.Handling.Codes = cast[handling.Code](all) }},
	{"caveat", "a caveat, such as originator_control", func(d *warning.Draft, all []string) { d.Warning.Handling.Caveats = cast[handling.Caveat](all) }},
	{"recipient", "a named person a TLP:RED warning is for", func(d *warning.Draft, all []string) { d.Warning.Recipients = all }},
}

func cast[T ~string](all []string) []T {
	var typed []T
	for _, one := range all {
		typed = append(typed, T(one))
	}
	return typed
}

// label is a TLP label as people write it; what is none is left for the node to refuse.
func label(text string) handling.TLP {
	if parsed, err := handling.ParseTLP(text); err == nil {
		return parsed
	}
	return handling.TLP(text)
}

func (t *tool) composeCommand() *cobra.Command {
	var replace string
	c := t.writing("compose [FILE]", "write a warning, from a file, from flags, or both", func(ctx context.Context, node *api.Client, args []string) (w written, err error) {
		w = written{file: slices.Concat(args, []string{""})[0], send: node.Compose}
		if replace != "" {
			var kept warning.Draft
			kept, err = node.Draft(ctx, replace)
			w.kept = &kept
		}
		return w, err
	})
	c.Flags().StringVar(&replace, "draft", "", "replace this draft")
	return c
}

// written is a draft on its way to the node: from which file, what it keeps of a
// draft before, and where to.
type written struct {
	file string // empty: from flags alone
	kept *warning.Draft
	send func(context.Context, warning.Draft) (warning.Draft, error)
}

// writing is ask for a draft, from a file, from flags, or both.
func (t *tool) writing(use, short string, begin func(ctx context.Context, node *api.Client, args []string) (written, error)) *cobra.Command {
	var from, until, fidelity, answerBy, bundle string
	var releases []string
	var c *cobra.Command
	c = t.ask(use, short, func(ctx context.Context, node *api.Client, args []string) error {
		var draft warning.Draft
		w, err := begin(ctx, node, args)
		if err != nil {
			return err
		}
		if w.file != "" {
			if err := t.readNoun(w.file, &draft); err != nil {
				return err
			}
		}
		var before []string
		if w.kept != nil {
			before = keep(&draft, *w.kept, c.Flags())
		}
		setFields(&draft, c.Flags())
		var wrong mistakes
		wrong.note(t.setTimes(&draft, from, until, fidelity, answerBy))
		wrong.note(t.setReleases(&draft, releases))
		if bundle != "" {
			objects, err := t.readObjects(bundle)
			wrong.note(err)
			draft.Objects = objects
		}
		if err := wrong.with(draft, w.file == ""); err != nil {
			return err
		}
		kept, err := w.send(ctx, draft)
		if err != nil {
			return err
		}
		return t.show(kept, func(p *page) {
			p.line("composed %s for %s", kept.ID, kept.ReleasableTo)
			if len(before) > 0 {
				p.line("kept from the draft: %s", before)
			}
			p.next("tocsin warn preview %s", kept.ID)
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	for _, word := range wordFlags {
		flags.String(word.name, "", word.help)
	}
	flags.Float64("latitude", 0, "where: decimal degrees, with --longitude")
	flags.Float64("longitude", 0, "where: decimal degrees")
	flags.Float64("precision", 0, "how exact that is, in metres")
	for _, list := range listFlags {
		flags.StringArray(list.name, nil, list.help+"; may be repeated")
	}
	flags.StringVar(&from, "from", "", "when it is expected to begin: a date, or a time such as \"2026-12-31 15:04Z\"")
	flags.StringVar(&until, "until", "", "when it is expected to end")
	flags.StringVar(&fidelity, "fidelity", "", "how exact that is: "+strings.Join(warning.Fidelities(), ", ")+" (default: as the times are written)")
	flags.StringVar(&answerBy, "answer-by", "", "by when a human must have acknowledged: a time, or how long from now, such as 6h (default: as the precedence says)")
	flags.StringArrayVar(&releases, "release", nil, "PARTNER=TEXT or PARTNER=@FILE: the text for that partner alone, who may then have it; may be repeated")
	flags.StringVar(&bundle, "stix", "", "attach the STIX 2.1 objects of this bundle")
	return c
}

func setFields(draft *warning.Draft, flags *pflag.FlagSet) {
	for _, word := range wordFlags {
		if flags.Changed(word.name) {
			word.set(draft, flags.Lookup(word.name).Value.String())
		}
	}
	place := &draft.Warning.Target.Place
	for name, number := range map[string]func(*float64){
		"latitude":  func(n *float64) { place.Latitude = n },
		"longitude": func(n *float64) { place.Longitude = n },
		"precision": func(n *float64) { place.Precision = *n },
	} {
		if n, err := flags.GetFloat64(name); err == nil && flags.Changed(name) {
			number(&n)
		}
	}
	for _, list := range listFlags {
		if all, err := flags.GetStringArray(list.name); err == nil && flags.Changed(list.name) {
			list.set(draft, all)
		}
	}
}

func (t *tool) setTimes(draft *warning.Draft, from, until, fidelity, answerBy string) error {
	given, wrong := window(from, until, fidelity)
	w := &draft.Warning.Window
	if from != "" {
		w.Start = given.Start
	}
	if until != "" {
		w.End = given.End
	}
	if given.Fidelity != "" {
		w.Fidelity = given.Fidelity
	}
	by, err := t.timeOrDuration("--answer-by", answerBy)
	if !by.IsZero() && err == nil {
		draft.Warning.AnswerBy = by
	}
	return errors.Join(wrong, err)
}

func (t *tool) setReleases(draft *warning.Draft, releases []string) error {
	var wrong []error
	for _, release := range releases {
		name, text, found := strings.Cut(release, "=")
		if !found {
			wrong = append(wrong, usage("write --release PARTNER=TEXT, or --release PARTNER=@FILE", "--release PARTNER=TEXT: %q does not say for whom it is", release))
			continue
		}
		text, err := t.textOf(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--release PARTNER=TEXT: %w", err))
			continue
		}
		if draft.Releases == nil {
			draft.Releases = make(map[string]string)
		}
		draft.Releases[name] = text
		if !slices.Contains(draft.ReleasableTo, name) {
			draft.ReleasableTo = append(draft.ReleasableTo, name)
		}
	}
	return errors.Join(wrong...)
}
