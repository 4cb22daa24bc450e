// SPDX-License-Identifier: Apache-2.0

package match

// This file holds the book to its definition, and measures it.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A chooser makes pledges, watches and subjects of few parts, so that they meet.
type chooser struct{ *rand.Rand }

func (c chooser) some(most int, one func() string) (all []string) {
	for range c.IntN(most + 1) {
		all = append(all, one())
	}
	return all
}

func (c chooser) of(words ...string) string { return words[c.IntN(len(words))] }

func (c chooser) place() string {
	return c.of("XB", "XC", "XB-RV", "XB-01", "XC-7", "xb", "Russia", "", "XB-")
}

func (c chooser) word() string {
	return c.of("bridge", "BRIDGES", "bridgehead", "old", "the", "мост", "мосту", "мостом", "市场", "Zürich", "d'Oran's", "a", "—", "market", "ｍａrket", "riverton")
}

func (c chooser) phrase() string {
	return strings.Join(append(c.some(2, c.word), c.word()+c.of("", "", "*", "**")), c.of(" ", "-", "  "))
}

// degree is a coordinate among few, so that points fall on sides and corners, and
// near the 180th meridian and the poles.
func (c chooser) degree(limit int) float64 {
	if c.IntN(3) == 0 {
		return c.Float64()*float64(2*limit) - float64(limit)
	}
	return []float64{0, 1, 2, -1, 0.5, float64(limit), -float64(limit), float64(limit) - 0.25, -float64(limit) + 0.25, 60.39}[c.IntN(10)]
}

func (c chooser) area() warning.Area {
	if c.IntN(2) == 0 {
		return warning.Area{Centre: &warning.Position{Latitude: c.degree(90), Longitude: c.degree(180)}, Km: []float64{0.1, 5, 60, 700, 5000}[c.IntN(5)]}
	}
	west, south := max(-180, min(170, c.degree(180))), max(-90, min(80, c.degree(90)))
	ring := square(west, south, []float64{0.01, 0.5, 3, 10}[c.IntN(4)])
	if c.IntN(3) == 0 {
		ring[2] = [2]float64{c.degree(180) / 2, c.degree(90)} // one that crosses itself, perhaps
	}
	return warning.Area{Ring: ring}
}

func (c chooser) pledge() warning.Pledge {
	p := warning.Pledge{Places: c.some(2, c.place), Nationals: c.some(1, c.place), Organisations: c.some(1, c.phrase), Words: c.some(2, c.phrase), Events: c.some(1, c.phrase),
		Sectors: c.some(1, func() string {
			return c.of("government", "government-local", "infrastructure", "water", "energy", "unknown")
		}),
		Until: warning.Date(c.of("", "", "", "2031-05-01"))}
	for range c.IntN(2) {
		p.Cities = append(p.Cities, warning.City{Name: c.phrase(), Place: c.of("", "XB", "XB-RV", "XC")})
	}
	for range c.IntN(3) {
		p.Areas = append(p.Areas, c.area())
	}
	return p
}

func (c chooser) watch() warning.Watch {
	w := warning.Watch{Event: c.phrase(), Places: c.some(2, c.place), Words: c.some(2, c.phrase)}
	for range c.IntN(2) {
		w.Cities = append(w.Cities, warning.City{Name: c.phrase(), Place: c.of("", "XB", "XB-RV", "XC")})
	}
	for range c.IntN(3) {
		w.Areas = append(w.Areas, c.area())
	}
	if c.IntN(2) == 0 {
		w.Window = warning.Window{Start: day(1 + c.IntN(10)), End: day(5 + c.IntN(10))}
	}
	return w
}

func (c chooser) subject() Subject {
	s := Subject{Places: c.some(2, c.place), Nationalities: c.some(1, c.place), Organisations: c.some(2, c.phrase), Text: strings.Join(c.some(12, c.word), c.of(" ", ", ", "\n")),
		Sectors: c.some(1, func() string { return c.of("government", "government-local", "water", "energy") })}
	for range c.IntN(3) {
		s.addPoint(c.degree(90), c.degree(180), []float64{0, 0, 30, 9_000, 60_000, 1e9}[c.IntN(6)])
	}
	if c.IntN(2) == 0 {
		s.Window = warning.Window{Start: day(1 + c.IntN(20))}
	}
	return s
}

// The book finds what looking at one pledge and watch after another finds, with
// the same reasons, in the same order, every time.
func TestTheBookIsTheDefinition(t *testing.T) {
	met := 0
	for seed := range uint64(120) {
		c := chooser{rand.New(rand.NewPCG(seed, 7))}
		var pledges []warning.KeptPledge
		for range c.IntN(40) {
			kept := warning.KeptPledge{Partner: c.of("bravo", "carol"), Ours: c.IntN(5) > 0, Pledge: c.pledge()}
			if c.IntN(6) == 0 {
				kept.End = &warning.PledgeEnd{Ended: now.Add(-time.Hour)}
			}
			pledges = append(pledges, kept)
		}
		var watches []warning.Watch
		for range c.IntN(10) {
			watches = append(watches, c.watch())
		}
		book := NewBook(pledges, watches)
		for range 10 {
			subject := c.subject()
			watched := linearWatches(subject, watches, now)
			want := linearPledges(subject.Widen(watched), pledges, now)
			hits, got := book.Meets(subject, now)
			if diff := cmp.Diff(watched, hits); diff != "" {
				t.Fatalf("seed %d: watches of %+v: one after another -, by the book +:\n%s", seed, subject, diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: pledges of %+v: one after another -, by the book +:\n%s", seed, subject, diff)
			}
			met += len(got)
		}
	}
	if met < 500 {
		t.Errorf("only %d pledges were met: the test says little", met)
	}
}

// A point that touches an area is found whatever the size of either, and wherever
// on the map: also where a circle goes around a pole.
func TestEveryAreaIsFound(t *testing.T) {
	c := chooser{rand.New(rand.NewPCG(3, 4))}
	touched := 0
	for range 6_000 {
		area := c.area()
		point := Point{c.degree(90), c.degree(180), []float64{0, 0.03, 5, maxDoubt}[c.IntN(4)]}
		var a atlas
		a.add(0, &area)
		found := false
		a.find(point, func(int32, *warning.Area) { found = true })
		if want := point.touches(&area); found != want {
			t.Fatalf("%+v (%v) and %+v: touches %t, found %t", area, area.Centre, point, want, found)
		}
		if found {
			touched++
		}
	}
	if touched < 200 {
		t.Errorf("only %d touched: the test says little", touched)
	}
}

func FuzzBook(f *testing.F) {
	f.Add("RU-SPE", "the old market", "Old Market")
	f.Add("", "’ \xff 'a", "'")
	f.Add("XB", "мостом", "мост*")
	f.Add("XB", "abc", "ab\u0301\u0301*")
	f.Fuzz(func(t *testing.T, place, text, phrase string) {
		pledges := []warning.KeptPledge{{Ours: true, Pledge: warning.Pledge{Places: []string{place}, Organisations: []string{phrase}, Words: []string{phrase}, Nationals: []string{place},
			Events: []string{phrase}, Cities: []warning.City{{Name: phrase, Place: place}}}}}
		watches := []warning.Watch{{Event: phrase, Places: []string{place}, Words: []string{phrase}}}
		subject := Subject{Places: []string{place}, Nationalities: []string{place}, Organisations: []string{text}, Text: text}
		hits, got := NewBook(pledges, watches).Meets(subject, now)
		if want := linearPledges(subject.Widen(hits), pledges, now); cmp.Diff(want, got) != "" || cmp.Diff(linearWatches(subject, watches, now), hits) != "" {
			t.Fatalf("want %+v, got %+v and %+v", want, got, hits)
		}
		for _, hit := range got {
			if len(hit.Reasons) == 0 {
				t.Fatal("a hit without a reason")
			}
		}
	})
}

// manyPledges are pledges and watches as an exchange of a thousand partners might
// have them: half of each listen for a place, a few for an area or a sector, all
// for names and words, some of those with a star.
func manyPledges(n int) (pledges []warning.KeptPledge, watches []warning.Watch) {
	c := chooser{rand.New(rand.NewPCG(9, 10))}
	word := func() string { return fmt.Sprintf("name%d", c.IntN(50_000)) }
	for i := range n {
		region := fmt.Sprintf("%c%c-%02d", 'A'+c.IntN(26), 'A'+c.IntN(26), c.IntN(100))
		if i%2 == 1 {
			watches = append(watches, warning.Watch{Event: word(), Places: []string{region}, Words: []string{word() + " " + word()}, Window: warning.Window{Start: day(7), End: day(20)}})
			continue
		}
		p := warning.Pledge{Organisations: []string{word() + " " + word()}, Words: []string{word(), word() + "*"}, Cities: []warning.City{{Name: word()}}}
		switch i % 6 {
		case 0:
			p.Places = []string{region}
		case 2:
			p.Areas = []warning.Area{{Centre: &warning.Position{Latitude: c.Float64()*140 - 70, Longitude: c.Float64()*360 - 180}, Km: 1 + c.Float64()*50}}
		case 4:
			p.Events = []string{word() + " " + word()}
		}
		pledges = append(pledges, warning.KeptPledge{Partner: fmt.Sprintf("partner%d", i%1000), Ours: true, Pledge: p})
	}
	return pledges, watches
}

// BenchmarkBook holds objects of the shape of ATT&CK against 100,000 pledges and
// watches, each round after one of the floor: decoding the same objects. One in a
// hundred objects meets some.
func BenchmarkBook(b *testing.B) {
	raws := slices.Collect(stixtest.Objects(1, 2_000))
	objects := make([]stix.Object, len(raws))
	for _, n := range []int{0, 100, 10_000, 100_000} {
		pledges, watches := manyPledges(n)
		begun := time.Now()
		book := NewBook(pledges, watches)
		built := time.Since(begun)
		b.Run(fmt.Sprintf("%d pledges and watches", n), func(b *testing.B) {
			met, round := 0, 0
			var floor time.Duration
			for b.Loop() {
				b.StopTimer()
				begun := time.Now()
				for i, raw := range raws {
					var err error
					if objects[i], err = stix.Parse(raw); err != nil {
						b.Fatal(err)
					}
				}
				floor += time.Since(begun)
				b.StartTimer()
				for i, object := range objects {
					subject := FromObject(object)
					if i%100 == 0 {
						subject.Text += fmt.Sprintf(" name%d", (i+round*7919)%50_000)
					}
					watched, hits := book.Meets(subject, now)
					met += len(watched) + len(hits)
				}
				round++
			}
			b.ReportMetric(b.Elapsed().Seconds()/floor.Seconds(), "xdecode")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(raws)), "ns/object")
			b.ReportMetric(float64(met)/float64(b.N*len(raws)), "met/object")
			b.ReportMetric(float64(built.Milliseconds()), "ms-to-build")
		})
	}
}

// BenchmarkStars is a message of half a megabyte at whose end many words stand for
// which pledges listen, beside the reading of its words.
func BenchmarkStars(b *testing.B) {
	var pledges []warning.KeptPledge
	var words []string
	for i := range 100 {
		pledges = append(pledges, warning.KeptPledge{Partner: "bravo", Ours: true, Pledge: warning.Pledge{Words: []string{fmt.Sprintf("stem%dx*", i)}}})
		words = append(words, fmt.Sprintf("stem%dxending", i))
	}
	book := NewBook(pledges, nil)
	text := strings.Repeat("nothing that is of interest ", 20_000) + strings.Join(words, " ")
	var floor time.Duration
	met := 0
	for b.Loop() {
		begun := time.Now()
		redact.Words(text)
		floor += time.Since(begun)
		_, hits := book.Meets(Subject{Text: text}, now)
		met += len(hits)
	}
	if met != 100*b.N {
		b.Errorf("%d are met in %d rounds", met, b.N)
	}
	b.ReportMetric((b.Elapsed()-floor).Seconds()/floor.Seconds(), "xwords")
}
