// SPDX-License-Identifier: Apache-2.0

package match

// This file finds the pledges a subject meets.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

// A Hit is a pledge of ours that a subject meets.
type Hit struct {
	Pledge  *warning.Pledge
	Partner string   // to whom we promised
	Reasons []string // on what it matches, a few words each; never empty
}

// Pledges returns the pledges of ours in force at now that the subject meets, in
// the order given to [NewBook]: anything it covers is enough. Pledges of partners
// are what they owe us, and are passed over.
func (b *Book) Pledges(subject Subject, now time.Time) []Hit {
	hits := b.pledgesBut(nil, subject, now)
	if b.before != nil {
		hits = append(hits, b.before.pledgesBut(b.gone.pledges, subject, now)...)
	}
	return hits
}

// pledgesBut are the hits among the pledges of this book itself that are not gone.
func (b *Book) pledgesBut(gone map[int32]bool, subject Subject, now time.Time) []Hit {
	var f findings
	p := &b.promised
	live := func(of int32) bool {
		kept := &b.pledges[of]
		return !gone[of] && kept.InForce(now) && (subject.From == "" || kept.Partner != subject.From)
	}
	p.places(subject.Places, func(of []int32, wide, place string) {
		if wide == place {
			f.addAll(of, "place "+wide)
		} else {
			f.addAll(of, "place "+place+" is in "+wide)
		}
	})
	for _, at := range subject.watched {
		p.places([]string{at.place}, func(of []int32, wide, place string) {
			f.addAll(of, "place "+at.place+", watched for "+at.event+", is covered by "+wide)
		})
	}
	for _, nationality := range subject.Nationalities {
		f.addAll(p.byNational[code(nationality)], "nationality "+code(nationality))
	}
	for _, sector := range subject.Sectors {
		sector = sectorOf(sector)
		f.addAll(p.bySector[sector], "sector "+sector)
		if wide := widerSector(sector); wide != "" {
			f.addAll(p.bySector[wide], "sector "+sector+" is in "+wide)
		}
	}
	for _, point := range subject.Points {
		p.areas.find(point, func(of int32, area *warning.Area) {
			if live(of) {
				f.add(of, point.reason(area))
			}
		})
	}
	p.phrases.find(subject.sentences(), func(ph *phrase, in sentence, at int) {
		if live(ph.of) {
			f.add(ph.of, ph.reason(in, at)+subject.doubt(ph))
		}
	})
	for _, at := range subject.areas {
		p.areas.find(middle(at.area), func(of int32, area *warning.Area) {
			f.add(of, at.area.String()+", watched for "+at.event+", touches "+area.String())
		})
	}
	for _, at := range subject.cities {
		p.phrases.find(namedAs(at.city.Name), func(ph *phrase, _ sentence, _ int) {
			if ph.kind == city && at.agrees(ph.place) {
				f.add(ph.of, fmt.Sprintf("city %q is watched for %s", ph.text, at.event))
			}
		})
	}
	for _, name := range subject.events {
		p.phrases.find(namedAs(name), func(ph *phrase, _ sentence, _ int) {
			if ph.kind == event {
				f.add(ph.of, fmt.Sprintf("event %q is watched", ph.text))
			}
		})
	}
	var hits []Hit
	for of, reasons := range f.each() {
		if kept := &b.pledges[of]; live(of) {
			hits = append(hits, Hit{Pledge: &kept.Pledge, Partner: kept.Partner, Reasons: reasons})
		}
	}
	return hits
}

// reason says that the phrase stands in a text.
func (p *phrase) reason(in sentence, at int) string {
	switch p.kind {
	case organisation:
		return fmt.Sprintf("organisation %q is named", p.text)
	case city:
		return fmt.Sprintf("city %q is named", p.text)
	case event:
		return fmt.Sprintf("event %q is named", p.text)
	}
	return p.says(in, at, "stand in it")
}

// says says what the words of the phrase do, and how they stand in the text where
// an open word could be any.
func (p *phrase) says(in sentence, at int, what string) string {
	reason := fmt.Sprintf("the words %q %s", p.text, what)
	if slices.ContainsFunc(p.words, func(s stem) bool { return s.open }) {
		reason += fmt.Sprintf(", as %q", shown(p, in, at))
	}
	return reason
}

// doubt is what speaks against a city that is named, in a few words: it is met all
// the same, since a text may name one country and threaten another.
func (s *Subject) doubt(p *phrase) string {
	if p.kind == city && !s.mayLieIn(p.place) {
		return ", though another country is named"
	}
	return ""
}

// mayLieIn reports whether nothing that is known of the subject's places speaks
// against a city's code: a city of the same name in another country is another.
func (s *Subject) mayLieIn(place string) bool {
	if place == "" || len(s.Places) == 0 {
		return true
	}
	for _, known := range s.Places {
		if known = code(known); known != "" && (covers(place, known) || covers(known, place)) {
			return true
		}
	}
	return false
}

// agrees reports whether nothing speaks against a watched city's being that of a
// pledge: one of the same name in another country is another.
func (at watchedCity) agrees(place string) bool {
	own := code(at.city.Place)
	return own == "" || place == "" || covers(place, own) || covers(own, place)
}

// namedAs is a name as what is read of it.
func namedAs(name string) []sentence { return (&Subject{Text: name}).sentences() }

// sectorOf is a sector as it is listed.
func sectorOf(sector string) string { return strings.ToLower(strings.TrimSpace(sector)) }

// widerSector is the sector that holds this one; empty if none does. The words are
// those of STIX 2.1 §10.11; that one holds the other is our reading of their order.
func widerSector(sector string) string {
	switch sector {
	case "emergency-services", "government-local", "government-national", "government-public-services", "government-regional":
		return "government"
	case "dams", "nuclear", "water":
		return "infrastructure"
	}
	return ""
}
