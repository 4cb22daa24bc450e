// SPDX-License-Identifier: Apache-2.0

package match

// This file holds the definition of what meets what: one pledge after another,
// one watch after another, with nothing looked up. The book must say the same.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/warning"
)

// linearPledges is what [Book.Pledges] must find.
func linearPledges(s Subject, pledges []warning.KeptPledge, now time.Time) (hits []Hit) {
	for _, kept := range pledges {
		if !kept.Ours || kept.End != nil || !kept.Pledge.InForce(now) {
			continue
		}
		if reasons := linearPledge(s, &kept.Pledge); len(reasons) > 0 {
			hits = append(hits, Hit{Pledge: &kept.Pledge, Partner: kept.Partner, Reasons: reasons})
		}
	}
	return hits
}

func linearPledge(s Subject, p *warning.Pledge) []string {
	var reasons []string
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	for _, wide := range p.Places {
		for _, place := range s.Places {
			switch wide, place = code(wide), code(place); {
			case wide == "" || !covers(wide, place):
			case wide == place:
				add("place %s", place)
			default:
				add("place %s is in %s", place, wide)
			}
		}
		for _, at := range s.watched {
			if code(wide) != "" && covers(code(wide), at.place) {
				add("place %s, watched for %s, is covered by %s", at.place, at.event, code(wide))
			}
		}
	}
	for _, national := range p.Nationals {
		if national = code(national); national != "" && slices.ContainsFunc(s.Nationalities, func(n string) bool { return code(n) == national }) {
			add("nationality %s", national)
		}
	}
	for _, wide := range p.Sectors {
		wide = sectorOf(wide)
		for _, sector := range s.Sectors {
			sector = sectorOf(sector)
			switch {
			case wide == sector:
				add("sector %s", sector)
			case wide == widerSector(sector):
				add("sector %s is in %s", sector, wide)
			}
		}
	}
	for i := range p.Areas {
		for _, point := range s.Points {
			if point.touches(&p.Areas[i]) {
				add("%s", point.reason(&p.Areas[i]))
			}
		}
	}
	for i := range p.Areas {
		for _, at := range s.areas {
			if middle(at.area).touches(&p.Areas[i]) {
				add("%s, watched for %s, touches %s", at.area, at.event, &p.Areas[i])
			}
		}
	}
	for _, one := range p.Cities {
		for _, at := range s.cities {
			_, stands := linearStands(Subject{Text: at.city.Name}, one.Name, false)
			own := code(at.city.Place)
			if stands && (own == "" || one.Place == "" || covers(one.Place, own) || covers(own, one.Place)) {
				add("city %q is watched for %s", one.String(), at.event)
			}
		}
		agrees := one.Place == "" || len(s.Places) == 0
		for _, place := range s.Places {
			agrees = agrees || code(place) != "" && (covers(one.Place, code(place)) || covers(code(place), one.Place))
		}
		if _, stands := linearStands(s, one.Name, false); stands {
			add("city %q is named%s", one.String(), map[bool]string{false: ", though another country is named"}[agrees])
		}
	}
	for _, text := range p.Organisations {
		if _, stands := linearStands(s, text, false); stands {
			add("organisation %q is named", text)
		}
	}
	for _, text := range p.Events {
		if _, stands := linearStands(s, text, false); stands {
			add("event %q is named", text)
		}
		for _, name := range s.events {
			if _, stands := linearStands(Subject{Text: name}, text, false); stands {
				add("event %q is watched", text)
			}
		}
	}
	for _, text := range p.Words {
		if as, stands := linearStands(s, text, true); stands {
			add("the words %q stand in it%s", text, as)
		}
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// linearStands reports whether the words of a text stand side by side in one of
// the subject's, and how, where one of them has a star.
func linearStands(s Subject, text string, stars bool) (as string, stands bool) {
	var fits []func(string) bool
	starred := false
	for _, part := range strings.Fields(text) {
		words := redact.Words(part)
		for i, word := range words {
			if stars && strings.HasSuffix(part, "*") && i == len(words)-1 && len([]rune(word)) >= 3 {
				starred = true
				fits = append(fits, func(other string) bool { return strings.HasPrefix(other, word) })
			} else {
				fits = append(fits, func(other string) bool { return word == other })
			}
		}
	}
	if len(fits) == 0 {
		return "", false
	}
	var all []sentence
	for _, text := range append([]string{s.Text}, s.Organisations...) {
		all = append(all, newSentence(text))
	}
	for _, in := range all { // and again, with nothing that an apostrophe joins
		for _, otherwise := range []func(string) []string{parts, owner} {
			again := sentence{spell: in.spell}
			for i, word := range in.words {
				read := otherwise(word)
				if read == nil {
					read = []string{word}
				}
				for _, part := range read {
					again.words, again.of = append(again.words, part), append(again.of, int32(i))
				}
			}
			all = append(all, again)
		}
	}
	for _, in := range all {
		words := in.words
		for first := 0; first+len(fits) <= len(words); first++ {
			all := true
			for i, fit := range fits {
				all = all && fit(words[first+i])
			}
			if !all {
				continue
			}
			if starred {
				as = fmt.Sprintf(", as %q", in.spelled(first, len(fits)))
			}
			return as, true
		}
	}
	return "", false
}

// linearWatches is what [Book.Watches] must find.
func linearWatches(s Subject, watches []warning.Watch, now time.Time) (hits []WatchHit) {
	when := s.Window
	if when.Start.IsZero() && when.End.IsZero() {
		when = warning.Window{Start: now, End: now}
	}
	for _, watch := range watches {
		if !watch.Ended.IsZero() || !watch.Window.Touches(when) {
			continue
		}
		var reasons []string
		for _, wide := range watch.Places {
			for _, place := range s.Places {
				if wide, place = code(wide), code(place); wide != "" && place != "" && covers(wide, place) {
					reasons = append(reasons, fmt.Sprintf("place %s is watched for %s", place, watch.Event))
				}
			}
		}
		for i := range watch.Areas {
			for _, point := range s.Points {
				if point.touches(&watch.Areas[i]) {
					reasons = append(reasons, point.reason(&watch.Areas[i])+", watched for "+watch.Event)
				}
			}
		}
		for _, one := range watch.Cities {
			agrees := one.Place == "" || len(s.Places) == 0
			for _, place := range s.Places {
				agrees = agrees || code(place) != "" && (covers(one.Place, code(place)) || covers(code(place), one.Place))
			}
			if _, stands := linearStands(s, one.Name, false); stands && agrees {
				reasons = append(reasons, fmt.Sprintf("city %q is watched for %s", one.String(), watch.Event))
			}
		}
		for _, text := range watch.Words {
			if as, stands := linearStands(s, text, true); stands {
				reasons = append(reasons, fmt.Sprintf("the words %q are watched for %s%s", text, watch.Event, as))
			}
		}
		slices.Sort(reasons)
		if reasons = slices.Compact(reasons); len(reasons) > 0 {
			hits = append(hits, WatchHit{Watch: &watch, Reasons: reasons})
		}
	}
	return hits
}
