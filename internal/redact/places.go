// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds points on the map in a text.

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// nearness is how far apart two coordinates may be and still count as the same,
// in degrees. It leaves room for the rounding of binary fractions.
const nearness = 0.001 + 1e-9

// A point is a pair of coordinates found in a text.
type point struct {
	start, end          int
	latitude, longitude float64
	unordered           bool // nothing says which is which
}

func (p point) near(other point) bool {
	if close(p.latitude, other.latitude) && close(p.longitude, other.longitude) {
		return true
	}
	return (p.unordered || other.unordered) && close(p.latitude, other.longitude) && close(p.longitude, other.latitude)
}

func close(a, b float64) bool { return math.Abs(a-b) <= nearness }

// A coordinate is one half of a point.
type coordinate struct {
	start, end int
	degrees    float64
	axis       byte // n for a latitude, e for a longitude, 0 if unsaid
}

const (
	decimals   = `[+-]?\d{1,3}[.,]\d{2,}`
	hemisphere = `(north|south|east|west|n|s|e|w)\b`
	degreeMark = `(?: ?(?:°|o|deg(?:rees?)?\.?|d) ?| |-)`
	minuteMark = `(?: ?(?:'|min(?:utes?)?\.?|m) ?| |-)?`
	secondMark = `(?: ?(?:"|“|”|''|sec(?:onds?)?\.?|s)? ?)`
)

var (
	decimalForm = regexp.MustCompile(`(?:\b(lat|lon|lng|long)(?:itude)?[ "':=]*)?(?:\b([nsew]) ?)?(` + decimals + `)(?: ?(?:°|o|deg(?:rees?)?\.?))?(?: ?` + hemisphere + `)?`)
	angleForm   = regexp.MustCompile(`(?:\b([nsew]) ?)?(\d{1,3})` + degreeMark + `(\d{1,2}(?:[.,]\d+)?)` + minuteMark + `(?:(\d{1,2}(?:[.,]\d+)?)` + secondMark + `)?(?:` + hemisphere + `)?`)
	compactForm = regexp.MustCompile(`\b(\d\d)(\d\d)(\d\d)?([ns])[ ,/]?(\d{3})(\d\d)(\d\d)?([ew])\b`)
	between     = regexp.MustCompile(`^[ ,;/|"'°()\[\]{}=:-]*(?:and|by|x)?[ ,;/|"'°()\[\]{}=:-]*$`)
	gridForm    = regexp.MustCompile(`\b\d{1,2} ?[c-hj-np-x] ?[a-hj-np-z]{2} ?(?:\d{2,5} \d{2,5}|\d{4,10})\b`)
)

// points finds the points in a folded text.
func points(text string) []point {
	if !hasDigit(text) {
		return nil
	}
	all := pairs(text, decimalCoordinates(text))
	all = append(all, pairs(text, angles(text))...)
	for _, at := range compactForm.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return text[at[2*i]:at[2*i+1]]
		}
		latitude := angle(part(1), part(2), part(3), part(4))
		longitude := angle(part(5), part(6), part(7), part(8))
		all = append(all, point{start: at[0], end: at[1], latitude: latitude, longitude: longitude})
	}
	return all
}

// pairs makes points of coordinates that stand side by side.
func pairs(text string, all []coordinate) []point {
	var found []point
	for i := 1; i < len(all); i++ {
		first, second := all[i-1], all[i]
		if second.start-first.end > 24 || !between.MatchString(text[first.end:second.start]) || first.axis != 0 && first.axis == second.axis {
			continue
		}
		p := point{start: first.start, end: second.end, latitude: first.degrees, longitude: second.degrees}
		if first.axis == 'e' || second.axis == 'n' {
			p.latitude, p.longitude = second.degrees, first.degrees
		}
		p.unordered = first.axis == 0 && second.axis == 0
		found = append(found, p)
	}
	return found
}

func decimalCoordinates(text string) []coordinate {
	var all []coordinate
	for _, at := range decimalForm.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return text[at[2*i]:at[2*i+1]]
		}
		degrees := number(part(3))
		side := part(2) + part(4)
		axis := axisOf(side)
		switch part(1) {
		case "lat":
			axis = 'n'
		case "lon", "lng", "long":
			axis = 'e'
		}
		all = append(all, coordinate{start: at[0], end: at[1], degrees: signed(degrees, side), axis: axis})
	}
	return all
}

// angles finds degrees with minutes and perhaps seconds. One without any
// hemisphere is two numbers side by side.
func angles(text string) []coordinate {
	var all []coordinate
	for start := 0; start < len(text); {
		at := angleForm.FindStringSubmatchIndex(text[start:])
		if at == nil {
			break
		}
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return text[start+at[2*i] : start+at[2*i+1]]
		}
		side := part(1) + part(5)
		if side == "" {
			start += at[4] + 1 // the match may have begun a number too early
			continue
		}
		all = append(all, coordinate{start: start + at[0], end: start + at[1], degrees: angle(part(2), part(3), part(4), side), axis: axisOf(side)})
		start += at[1]
	}
	return all
}

func angle(degrees, minutes, seconds, side string) float64 {
	return signed(number(degrees)+number(minutes)/60+number(seconds)/3600, side)
}

func axisOf(side string) byte {
	switch {
	case side == "":
		return 0
	case side[0] == 'n' || side[0] == 's':
		return 'n'
	}
	return 'e'
}

func signed(degrees float64, side string) float64 {
	if side != "" && (side[0] == 's' || side[0] == 'w') {
		return -math.Abs(degrees)
	}
	return degrees
}

func number(text string) float64 {
	n, _ := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
	return n
}

// A grid is a grid reference found in a text, without its spaces.
type grid struct {
	start, end int
	text       string
}

func grids(text string) []grid {
	if !hasDigit(text) {
		return nil
	}
	var all []grid
	for _, at := range gridForm.FindAllStringIndex(text, -1) {
		all = append(all, grid{at[0], at[1], strings.ReplaceAll(text[at[0]:at[1]], " ", "")})
	}
	return all
}
