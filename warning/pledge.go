// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds pledges, and the cities and areas they name.

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Pledge is a standing commitment to pass on what concerns somebody.
type Pledge struct {
	ID string `json:"id" yaml:"-"` // "pledge--" and a UUID
	// What it covers: any one of them is enough to match.
	Places        []string `json:"places,omitempty" yaml:"places"` // ISO 3166-1 or -2 codes
	Cities        []City   `json:"cities,omitempty" yaml:"cities"`
	Areas         []Area   `json:"areas,omitempty" yaml:"areas"`
	Nationals     []string `json:"nationals,omitempty" yaml:"nationals"`         // ISO 3166-1 alpha-2
	Organisations []string `json:"organisations,omitempty" yaml:"organisations"` // names
	Sectors       []string `json:"sectors,omitempty" yaml:"sectors"`             // STIX 2.1 §10.11
	Events        []string `json:"events,omitempty" yaml:"events"`               // names
	// Words are free words or phrases, in whatever languages the reports are
	// written in. A word that ends in * stands for every word that begins so.
	Words []string `json:"words,omitempty" yaml:"words"`
	// Text is the promise as it was given.
	Text  string    `json:"text" yaml:"text"`
	From  Date      `json:"from,omitempty" yaml:"from"`
	Until Date      `json:"until,omitempty" yaml:"until"`
	By    Officer   `json:"by,omitzero" yaml:"-"`
	At    time.Time `json:"at,omitzero" yaml:"-"`
}

// A City is a city by its name. Place, an ISO 3166-1 or -2 code, tells it from
// others of that name, and may be empty.
type City struct {
	Name  string `json:"name" yaml:"name"`
	Place string `json:"place,omitempty" yaml:"place"`
}

// String is the city as people write it: Riverton, XB.
func (c City) String() string {
	if c.Place == "" {
		return c.Name
	}
	return c.Name + ", " + c.Place
}

// CityNames are cities, and AreaNames areas, as people write them.
func CityNames(cities []City) (all []string) {
	for _, city := range cities {
		all = append(all, city.String())
	}
	return all
}

func AreaNames(areas []Area) (all []string) {
	for _, area := range areas {
		all = append(all, area.String())
	}
	return all
}

// ParseCity reads a city as people write it: "Bergen", or "Bergen, NO".
func ParseCity(text string) City {
	at := strings.LastIndex(text, ",")
	if at < 0 {
		return City{Name: strings.TrimSpace(text)}
	}
	return City{Name: strings.TrimSpace(text[:at]), Place: strings.ToUpper(strings.TrimSpace(text[at+1:]))}
}

// ParseCircle reads a circle as people write it: latitude, longitude, kilometres,
// and a name, if it has one.
func ParseCircle(text string) (area Area, err error) {
	parts := strings.SplitN(text, ",", 4)
	var numbers [3]float64
	for i := range numbers {
		if i < len(parts) {
			numbers[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		}
		if i >= len(parts) || err != nil {
			return area, errors.New("not latitude, longitude and kilometres, such as 60.39, 5.32, 10, the harbour")
		}
	}
	area.Centre, area.Km = &Position{Latitude: numbers[0], Longitude: numbers[1]}, numbers[2]
	if len(parts) == 4 {
		area.Name = strings.TrimSpace(parts[3])
	}
	return area, nil
}

// An Area is a part of the map: a circle, with Centre and Km, or a polygon, with
// Ring.
type Area struct {
	Name   string    `json:"name,omitempty" yaml:"name"`
	Centre *Position `json:"centre,omitempty" yaml:"centre"`
	Km     float64   `json:"km,omitzero" yaml:"km"`
	// Ring is the outer ring of a polygon: longitude and latitude of each corner,
	// the last the same as the first. Its sides are straight on a map of degrees;
	// one that crosses the 180th meridian is two areas. RFC 7946 §3.1.6, §3.1.9
	Ring [][2]float64 `json:"ring,omitempty" yaml:"ring"`
}

// String is the area in words: its name, and its shape.
func (a Area) String() string {
	text := fmt.Sprintf("an area of %d corners", max(0, len(a.Ring)-1))
	if a.Centre != nil {
		text = fmt.Sprintf("%v km around %v, %v", a.Km, a.Centre.Latitude, a.Centre.Longitude)
	}
	if a.Name == "" {
		return text
	}
	return a.Name + " (" + text + ")"
}

// Position is a point on the map, in decimal degrees. STIX 2.1 §4.9
type Position struct {
	Latitude  float64 `json:"latitude" yaml:"latitude"`
	Longitude float64 `json:"longitude" yaml:"longitude"`
}

// Limits of an area.
const (
	MaxKm      = 5000 // a circle's radius
	MaxCorners = 500  // of a polygon
)

// Sectors lists the sectors of industry that a pledge may name. STIX 2.1 §10.11
func Sectors() []string {
	return []string{"agriculture", "aerospace", "automotive", "chemical", "commercial", "communications", "construction", "defense",
		"education", "energy", "engineering", "entertainment", "financial-services", "government", "emergency-services", "government-local",
		"government-national", "government-public-services", "government-regional", "healthcare", "hospitality-leisure", "infrastructure",
		"dams", "nuclear", "water", "insurance", "manufacturing", "mining", "non-profit", "pharmaceuticals", "retail", "technology",
		"telecommunications", "transportation", "utilities"}
}

// InForce reports whether the pledge holds at t: from the first moment of From
// to the last of Until, each open when empty.
func (p *Pledge) InForce(t time.Time) bool {
	if p.From != "" && t.Before(p.From.Time()) {
		return false
	}
	return p.Until == "" || t.Before(p.Until.Time().AddDate(0, 0, 1))
}

// Validate says everything that is wrong, or nil.
func (p *Pledge) Validate() error {
	wrong := &list{}
	if len(p.Places)+len(p.Cities)+len(p.Areas)+len(p.Nationals)+len(p.Organisations)+len(p.Sectors)+len(p.Events)+len(p.Words) == 0 {
		wrong.add("pledge: say what it covers: places, cities, areas, nationals, organisations, sectors, events or words")
	}
	wrong.name("id", p.ID, "pledge--")
	wrong.places("places", p.Places)
	wrong.cities(p.Cities)
	wrong.areas(p.Areas)
	wrong.countries("nationals", p.Nationals)
	wrong.words("organisations", p.Organisations)
	wrong.sectors("sectors", p.Sectors)
	wrong.words("events", p.Events)
	wrong.words("words", p.Words)
	wrong.stars("words", p.Words)
	wrong.needed("text", p.Text, MaxText)
	wrong.date("from", p.From, false)
	wrong.date("until", p.Until, false)
	if p.From != "" && p.Until != "" && p.Until.Time().Before(p.From.Time()) {
		wrong.add("until: is before from")
	}
	return wrong.join()
}

// KeptPledge is a pledge as the node keeps it: whose it is, and to whom.
type KeptPledge struct {
	Pledge  Pledge `json:"pledge"`
	Partner string `json:"partner"` // to or from whom
	Ours    bool   `json:"ours"`    // we promised; otherwise the partner did
	// Erased is when its words were erased: it had a review date, and ended with it.
	Erased time.Time `json:"erased,omitzero"`
	// End is what was said of its end, if it ended before its last day; EndHash names
	// the message, EndHeard is when a partner's came, and EndReason is why one of us
	// withdrew it, which stays home.
	End       *PledgeEnd `json:"end,omitempty"`
	EndHash   string     `json:"end_hash,omitempty"`
	EndHeard  time.Time  `json:"end_heard,omitzero"`
	EndReason string     `json:"end_reason,omitempty"`
}

func (l *list) cities(cities []City) {
	if len(cities) > MaxList {
		l.add("cities: at most %d", MaxList)
	}
	for _, city := range cities {
		l.needed("cities.name", city.Name, MaxWord)
		if city.Place != "" && !countryCode(city.Place) && !regionCode(city.Place) {
			l.add("cities.place: %q is not an ISO 3166 code such as RU or RU-SPE", city.Place)
		}
	}
}

func (l *list) areas(areas []Area) {
	if len(areas) > MaxList {
		l.add("areas: at most %d", MaxList)
	}
	for _, area := range areas {
		l.text("areas.name", area.Name, MaxWord)
		switch {
		case (area.Centre != nil) == (len(area.Ring) > 0):
			l.add("areas: an area has a centre and km, or a ring")
		case area.Centre != nil:
			if !onMap(area.Centre.Longitude, area.Centre.Latitude) {
				l.add("areas.centre: latitude is -90 to 90, longitude -180 to 180")
			}
			if !(area.Km > 0 && area.Km <= MaxKm) {
				l.add("areas.km: more than 0, at most %d", MaxKm)
			}
		default:
			if area.Km != 0 {
				l.add("areas.km: only a circle has a radius")
			}
			l.ring(area.Ring)
		}
	}
}

func (l *list) ring(ring [][2]float64) {
	if len(ring) < 4 || len(ring) > MaxCorners || ring[0] != ring[len(ring)-1] {
		l.add("areas.ring: 4 to %d corners as [longitude, latitude], the last the same as the first", MaxCorners)
		return
	}
	for i, corner := range ring {
		if !onMap(corner[0], corner[1]) {
			l.add("areas.ring: longitude is -180 to 180, latitude -90 to 90, in this order")
			return
		}
		if i > 0 && math.Abs(corner[0]-ring[i-1][0]) > 180 {
			l.add("areas.ring: cut an area that crosses the 180th meridian in two")
			return
		}
	}
}

// onMap reports whether the degrees are a place; those that are no numbers are none.
func onMap(longitude, latitude float64) bool {
	return math.Abs(longitude) <= 180 && math.Abs(latitude) <= 90
}

func (l *list) sectors(field string, sectors []string) {
	for _, sector := range sectors {
		if !slices.Contains(Sectors(), sector) {
			l.add("%s: %q is not one of %s", field, sector, strings.Join(Sectors(), ", "))
		}
	}
	if len(sectors) > MaxList {
		l.add("%s: at most %d", field, MaxList)
	}
}

// minStem is how many letters a word has at least before its star: with fewer it
// would stand for half the dictionary.
const minStem = 3

// stars refuses a star that is not at the end of a word of enough letters.
func (l *list) stars(field string, phrases []string) {
	for _, phrase := range phrases {
		for _, word := range strings.Fields(phrase) {
			stem, rest, starred := strings.Cut(word, "*")
			if !starred {
				continue
			}
			end := strings.LastIndexFunc(stem, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
			if end >= 0 {
				_, width := utf8.DecodeRuneInString(stem[end:])
				stem = stem[end+width:]
			}
			if rest != "" || utf8.RuneCountInString(stem) < minStem {
				l.add("%s: %q: a star stands at the end of a word, after at least %d letters", field, phrase, minStem)
			}
		}
	}
}
