// SPDX-License-Identifier: Apache-2.0

package match

// This file tells which areas a point touches. The map is laid out in cells of
// degrees, each area in the coarseness that suits its size; what stands in a cell
// is then tested exactly.

import (
	"math"
	"strconv"

	"github.com/tocsin-exchange/tocsin/warning"
)

const (
	earthKm     = 6371.0088               // mean radius
	kmPerDegree = earthKm * math.Pi / 180 // along a meridian
)

// addPoint adds a point that is known to some metres. STIX 2.1 §4.9
func (s *Subject) addPoint(latitude, longitude, metres float64) {
	if !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) {
		return
	}
	if !(metres > 0) {
		metres = 0
	}
	s.Points = append(s.Points, Point{latitude, longitude, min(metres/1000, maxDoubt)})
}

// onSide is how near a side a point stands on it, in kilometres: so either meridian
// of 180 degrees is the other.
const onSide = 1e-4

// touches reports whether the point, with its doubt, touches the area.
func (p Point) touches(area *warning.Area) bool {
	if area.Centre != nil {
		return p.kmTo(*area.Centre) <= area.Km+p.Km
	}
	return p.inside(area.Ring) || p.kmToSides(area.Ring) <= max(p.Km, onSide)
}

// kmTo is the distance along a great circle.
func (p Point) kmTo(other warning.Position) float64 {
	phi, theta := radians(p.Latitude), radians(other.Latitude)
	a, b := math.Sin((theta-phi)/2), math.Sin(radians(other.Longitude-p.Longitude)/2)
	return 2 * earthKm * math.Asin(math.Sqrt(min(1, a*a+math.Cos(phi)*math.Cos(theta)*b*b)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

// inside reports whether the point is inside the ring, on a map of degrees. A
// ring that crosses itself holds what it goes around an odd number of times.
func (p Point) inside(ring [][2]float64) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a[1] > p.Latitude) != (b[1] > p.Latitude) && p.Longitude < a[0]+(p.Latitude-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

// kmToSides is how far the point is from the nearest side of the ring, on a map
// that is true where the point is: doubt is small against the Earth.
func (p Point) kmToSides(ring [][2]float64) float64 {
	nearest := math.Inf(1)
	scale := math.Cos(radians(p.Latitude)) * kmPerDegree
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		west := math.Remainder(a[0]-p.Longitude, 360) // the shorter way around
		x, y := west*scale, (a[1]-p.Latitude)*kmPerDegree
		dx, dy := (b[0]-a[0])*scale, (b[1]-a[1])*kmPerDegree
		along := 0.0
		if length := dx*dx + dy*dy; length > 0 {
			along = max(0, min(1, -(x*dx+y*dy)/length))
		}
		nearest = min(nearest, math.Hypot(x+along*dx, y+along*dy))
	}
	return nearest
}

// middle is an area as a point with its doubt: a circle itself, and a circle
// around a polygon. So it may be held to touch what it does not quite touch.
func middle(area *warning.Area) Point {
	if area.Centre != nil {
		return Point{area.Centre.Latitude, area.Centre.Longitude, area.Km}
	}
	b := boxes(area)[0]
	m := Point{Latitude: (b.south + b.north) / 2, Longitude: (b.west + b.east) / 2}
	for _, corner := range area.Ring {
		m.Km = max(m.Km, m.kmTo(warning.Position{Latitude: corner[1], Longitude: corner[0]}))
	}
	return m
}

// A box is a stretch of the map. It does not cross the 180th meridian.
type box struct{ south, north, west, east float64 }

// around is what lies within km of a point, as one or two boxes that are a little
// too large rather than too small.
func around(latitude, longitude, km float64) []box {
	const more = 1e-6
	angle := km / earthKm
	high := km/kmPerDegree + more
	south, north := latitude-high, latitude+high
	wide := 180.0
	if cos := math.Cos(radians(latitude)); south > -90 && north < 90 && math.Sin(angle) < cos {
		// By the sphere, and by the map of kmToSides: whichever is wider.
		wide = max(math.Asin(math.Sin(angle)/cos)*180/math.Pi, km/kmPerDegree/cos) + more
	}
	south, north = max(south, -90), min(north, 90)
	west, east := longitude-wide, longitude+wide
	switch {
	case wide >= 180:
		return []box{{south, north, -180, 180}}
	case west < -180:
		return []box{{south, north, west + 360, 180}, {south, north, -180, east}}
	case east > 180:
		return []box{{south, north, west, 180}, {south, north, -180, east - 360}}
	}
	return []box{{south, north, west, east}}
}

// boxes are where an area lies.
func boxes(area *warning.Area) []box {
	if area.Centre != nil {
		return around(area.Centre.Latitude, area.Centre.Longitude, area.Km)
	}
	b := box{90, -90, 180, -180}
	for _, corner := range area.Ring {
		b = box{min(b.south, corner[1]), max(b.north, corner[1]), min(b.west, corner[0]), max(b.east, corner[0])}
	}
	return []box{b}
}

// coarseness are the sizes of cells, in degrees.
var coarseness = [...]float64{0.25, 1, 4, 16, 64}

// span is how many cells of its size an area may cover each way before it is laid
// out more coarsely.
const span = 3

// An atlas is many areas by the cells they lie in.
type atlas struct {
	areas  []laid
	levels [len(coarseness)]map[cell][]int32
}

// laid is an area of one pledge.
type laid struct {
	of   int32
	area *warning.Area
}

type cell struct{ x, y int16 }

func (a *atlas) add(of int32, area *warning.Area) {
	id := int32(len(a.areas))
	a.areas = append(a.areas, laid{of, area})
	for _, b := range boxes(area) {
		level := 0
		for level < len(coarseness)-1 && max(b.east-b.west, b.north-b.south) > span*coarseness[level] {
			level++
		}
		if a.levels[level] == nil {
			a.levels[level] = make(map[cell][]int32)
		}
		b.cells(coarseness[level], func(c cell) { a.levels[level][c] = append(a.levels[level][c], id) })
	}
}

// cells calls each for every cell the box lies in.
func (b box) cells(size float64, each func(cell)) {
	at := func(degrees, from float64) int16 { return int16(math.Floor((degrees - from) / size)) }
	for x := at(b.west, -180); x <= at(b.east, -180); x++ {
		for y := at(b.south, -90); y <= at(b.north, -90); y++ {
			each(cell{x, y})
		}
	}
}

// cells is how many cells boxes lie in, on all levels that hold areas.
func (a *atlas) cells(boxes []box) (n int) {
	for _, b := range boxes {
		for level, cells := range a.levels {
			if size := coarseness[level]; cells != nil {
				n += int((b.east-b.west)/size+2) * int((b.north-b.south)/size+2)
			}
		}
	}
	return n
}

// find calls hit for each area that a point touches; for one that lies in several
// of the cells more than once.
func (a *atlas) find(p Point, hit func(of int32, area *warning.Area)) {
	if len(a.areas) == 0 {
		return
	}
	around := around(p.Latitude, p.Longitude, p.Km)
	if a.cells(around) > len(a.areas) { // as by a pole, or of a wide area that is watched
		for _, one := range a.areas {
			if p.touches(one.area) {
				hit(one.of, one.area)
			}
		}
		return
	}
	for _, b := range around {
		for level, cells := range a.levels {
			if cells == nil {
				continue
			}
			b.cells(coarseness[level], func(c cell) {
				for _, id := range cells[c] {
					if one := a.areas[id]; p.touches(one.area) {
						hit(one.of, one.area)
					}
				}
			})
		}
	}
}

func degrees(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// reason says how the point touches the area.
func (p Point) reason(area *warning.Area) string {
	text := "the point " + degrees(p.Latitude) + ", " + degrees(p.Longitude)
	if p.Km > 0 {
		text += ", known to " + degrees(p.Km) + " km,"
	}
	switch {
	case area.Centre != nil:
		text += " is within " + degrees(area.Km) + " km of " + degrees(area.Centre.Latitude) + ", " + degrees(area.Centre.Longitude)
	default:
		text += " is in an area of " + strconv.Itoa(len(area.Ring)-1) + " corners"
	}
	if area.Name != "" {
		text += " (" + area.Name + ")"
	}
	return text
}
