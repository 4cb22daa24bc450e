// SPDX-License-Identifier: Apache-2.0

package match

// This file tests which pledges and watches a subject meets, and on what.

import (
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

var now = time.Date(2031, 5, 8, 9, 30, 0, 0, time.UTC)

func TestPledges(t *testing.T) {
	for _, test := range []struct {
		name    string
		subject Subject
		pledge  warning.Pledge
		want    []string // reasons; none means that the pledge is not met
	}{
		{"same country", Subject{Places: []string{"RU"}}, warning.Pledge{Places: []string{"RU"}}, []string{"place RU"}},
		{"a country covers its regions", Subject{Places: []string{"RU-SPE"}}, warning.Pledge{Places: []string{"RU"}}, []string{"place RU-SPE is in RU"}},
		{"a region does not cover its country", Subject{Places: []string{"RU"}}, warning.Pledge{Places: []string{"RU-SPE"}}, nil},
		{"nor its neighbour", Subject{Places: []string{"RU-MOW"}}, warning.Pledge{Places: []string{"RU-SPE"}}, nil},
		{"a word is no code", Subject{Text: "in RU, they say"}, warning.Pledge{Places: []string{"RU"}}, nil},
		{"what is no code matches nothing", Subject{Places: []string{"Russia", ""}}, warning.Pledge{Places: []string{"Russia", ""}}, nil},
		{"nationals", Subject{Nationalities: []string{"SE", "FI"}}, warning.Pledge{Nationals: []string{"FI"}}, []string{"nationality FI"}},
		{"a place is no nationality", Subject{Places: []string{"FI"}}, warning.Pledge{Nationals: []string{"FI"}}, nil},
		{"a demonym is no nationality", Subject{Text: "a Finnish tourist"}, warning.Pledge{Nationals: []string{"FI"}}, nil},
		{"an organisation in the text", Subject{Text: "they watch the OLD MARKET\nhall daily"}, warning.Pledge{Organisations: []string{"Old Market Hall"}}, []string{`organisation "Old Market Hall" is named`}},
		{"an organisation among the names", Subject{Organisations: []string{"Old Market Hall"}}, warning.Pledge{Organisations: []string{"market hall"}}, []string{`organisation "market hall" is named`}},
		{"not across names", Subject{Organisations: []string{"Old", "Market"}}, warning.Pledge{Organisations: []string{"Old Market"}}, nil},
		{"whole words only", Subject{Text: "the marketing hall"}, warning.Pledge{Words: []string{"market"}}, nil},
		{"words, however written", Subject{Text: "ｔhe bаzaar, Zu\u0308rich"}, warning.Pledge{Words: []string{"Bazaar", "zürich"}}, []string{`the words "Bazaar" stand in it`, `the words "zürich" stand in it`}},
		{"empty words match nothing", Subject{Text: "anything — at all"}, warning.Pledge{Words: []string{"—", ""}}, nil},
		{"not before it holds", Subject{Places: []string{"RU"}}, warning.Pledge{Places: []string{"RU"}, From: "2031-05-09"}, nil},
		{"on its last day", Subject{Places: []string{"RU"}}, warning.Pledge{Places: []string{"RU"}, Until: "2031-05-08"}, []string{"place RU"}},
		{"not after it", Subject{Places: []string{"RU"}}, warning.Pledge{Places: []string{"RU"}, Until: "2031-05-07"}, nil},
		{"each reason once, several reasons", Subject{Places: []string{"RU-SPE"}, Text: "bridge, bridge"}, warning.Pledge{Places: []string{"RU", "RU-SPE"}, Words: []string{"bridge"}},
			[]string{"place RU-SPE", "place RU-SPE is in RU", `the words "bridge" stand in it`}},
		{"a city in the text", Subject{Text: "a bomb in RIVERTON"}, warning.Pledge{Cities: []warning.City{{Name: "Riverton"}}}, []string{`city "Riverton" is named`}},
		{"a city of that country", Subject{Text: "Riverton", Places: []string{"XB"}}, warning.Pledge{Cities: []warning.City{{Name: "Riverton", Place: "XB-RV"}}}, []string{`city "Riverton, XB-RV" is named`}},
		{"a city, the country unknown", Subject{Text: "Riverton"}, warning.Pledge{Cities: []warning.City{{Name: "Riverton", Place: "XB"}}}, []string{`city "Riverton, XB" is named`}},
		{"a city of that name elsewhere", Subject{Text: "Riverton", Places: []string{"XC"}}, warning.Pledge{Cities: []warning.City{{Name: "Riverton", Place: "XB"}}},
			[]string{`city "Riverton, XB" is named, though another country is named`}},
		{"whose it is", Subject{Text: "a bomb in Riverton’s old harbour, John O'Hara's"}, warning.Pledge{Cities: []warning.City{{Name: "Riverton"}}, Words: []string{"riverton old harb*", "O'Hara", "john hara"}},
			[]string{`city "Riverton" is named`, `the words "O'Hara" stand in it`, `the words "riverton old harb*" stand in it, as "Riverton’s old harbour"`}},
		{"an article before it", Subject{Text: "le port d'Oran, l'Opéra"}, warning.Pledge{Cities: []warning.City{{Name: "Oran"}}, Organisations: []string{"L'Opera", "opera"}},
			[]string{`city "Oran" is named`, `organisation "L'Opera" is named`, `organisation "opera" is named`}},
		{"a code that some write otherwise", Subject{Places: []string{"GB-LND", "GR"}}, warning.Pledge{Places: []string{"UK", "EL"}}, []string{"place GB-LND is in GB", "place GR"}},
		{"the thing's code, too", Subject{Places: []string{"UK"}}, warning.Pledge{Places: []string{"GB"}}, []string{"place GB"}},
		{"a sector in capitals", Subject{Sectors: []string{" Energy"}}, warning.Pledge{Sectors: []string{"energy"}}, []string{"sector energy"}},
		{"the other 180th meridian", Subject{Points: []Point{{1, -180, 0}}}, warning.Pledge{Areas: []warning.Area{{Ring: square(178, 0, 2)}}}, []string{"the point 1, -180 is in an area of 4 corners"}},
		{"a sector", Subject{Sectors: []string{"energy"}}, warning.Pledge{Sectors: []string{"energy", "water"}}, []string{"sector energy"}},
		{"a sector within another", Subject{Sectors: []string{"water"}}, warning.Pledge{Sectors: []string{"infrastructure"}}, []string{"sector water is in infrastructure"}},
		{"a sector is not those within it", Subject{Sectors: []string{"infrastructure"}}, warning.Pledge{Sectors: []string{"water"}}, nil},
		{"an event", Subject{Text: "they talk of the harbour fair"}, warning.Pledge{Events: []string{"Harbour Fair"}}, []string{`event "Harbour Fair" is named`}},
		{"a word in another script", Subject{Text: "подрыв на мосту."}, warning.Pledge{Words: []string{"bridge*", "мост*"}}, []string{`the words "мост*" stand in it, as "мосту"`}},
		{"a beginning is not found inside", Subject{Text: "drawbridges"}, warning.Pledge{Words: []string{"bridge*"}}, nil},
		{"a star in a phrase", Subject{Text: "the two BRIDGES of Riverton"}, warning.Pledge{Words: []string{"bridge* of riverton"}}, []string{`the words "bridge* of riverton" stand in it, as "BRIDGES of Riverton"`}},
		{"a star on an organisation is none", Subject{Text: "marketing"}, warning.Pledge{Organisations: []string{"market*"}}, nil},
		{"in a circle", Subject{Points: []Point{{60.4, 5.33, 0}}}, warning.Pledge{Areas: []warning.Area{{Name: "harbour", Centre: &warning.Position{Latitude: 60.39, Longitude: 5.32}, Km: 2}}},
			[]string{"the point 60.4, 5.33 is within 2 km of 60.39, 5.32 (harbour)"}},
		{"outside a circle", Subject{Points: []Point{{60.5, 5.33, 0}}}, warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: 60.39, Longitude: 5.32}, Km: 2}}}, nil},
		{"perhaps in a circle", Subject{Points: []Point{{60.5, 5.33, 20}}}, warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: 60.39, Longitude: 5.32}, Km: 2}}},
			[]string{"the point 60.5, 5.33, known to 20 km, is within 2 km of 60.39, 5.32"}},
		{"across the 180th meridian", Subject{Points: []Point{{-16.8, -179.99, 0}}}, warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: -16.8, Longitude: 179.99}, Km: 3}}},
			[]string{"the point -16.8, -179.99 is within 3 km of -16.8, 179.99"}},
		{"over the pole", Subject{Points: []Point{{89.9, 10, 0}}}, warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: 89.9, Longitude: -170}, Km: 30}}},
			[]string{"the point 89.9, 10 is within 30 km of 89.9, -170"}},
		{"in a polygon", Subject{Points: []Point{{1, 1, 0}}}, warning.Pledge{Areas: []warning.Area{{Ring: square(0, 0, 2)}}}, []string{"the point 1, 1 is in an area of 4 corners"}},
		{"beside a polygon", Subject{Points: []Point{{1, 2.5, 0}, {1, 2.5, 50}}}, warning.Pledge{Areas: []warning.Area{{Ring: square(0, 0, 2)}}}, nil},
		{"perhaps in a polygon", Subject{Points: []Point{{1, 2.5, 60}}}, warning.Pledge{Areas: []warning.Area{{Ring: square(0, 0, 2)}}}, []string{"the point 1, 2.5, known to 60 km, is in an area of 4 corners"}},
		{"an empty subject meets nothing", Subject{}, warning.Pledge{Places: []string{"RU"}, Words: []string{"a"}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours := warning.KeptPledge{Pledge: test.pledge, Partner: "bravo", Ours: true}
			theirs := warning.KeptPledge{Pledge: test.pledge, Partner: "bravo"}
			var want []Hit
			if test.want != nil {
				want = []Hit{{Pledge: &test.pledge, Partner: "bravo", Reasons: test.want}}
			}
			kept := []warning.KeptPledge{theirs, ours}
			if diff := cmp.Diff(want, NewBook(kept, nil).Pledges(test.subject, now)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(want, linearPledges(test.subject, kept, now)); diff != "" {
				t.Errorf("one after another: -want +got:\n%s", diff)
			}
		})
	}
}

// square is the ring of a square with that corner in the south-west.
// A pledge that was ended meets nothing, whether the book was made before or after;
// one that stands beside it does.
func TestAnEndedPledge(t *testing.T) {
	pledge := func(id string) warning.KeptPledge {
		return warning.KeptPledge{Pledge: warning.Pledge{ID: id, Places: []string{"RU"}}, Partner: "bravo", Ours: true}
	}
	subject := Subject{Places: []string{"RU"}}
	one, other := pledge("pledge--1"), pledge("pledge--2")
	ended := one
	ended.End = &warning.PledgeEnd{Pledge: "pledge--1", Ended: now, Why: warning.PledgeWithdrawn, At: now}
	before := NewBook([]warning.KeptPledge{one, other}, nil)
	for name, test := range map[string]struct {
		book *Book
		want int
	}{
		"before":               {before, 2},
		"made anew":            {NewBook([]warning.KeptPledge{ended, other}, nil), 1},
		"in front of the book": {before.With([]string{"pledge--1"}, []warning.KeptPledge{ended}, nil), 1},
		"both":                 {before.With([]string{"pledge--1", "pledge--2"}, []warning.KeptPledge{ended, func() warning.KeptPledge { e := other; e.End = ended.End; return e }()}, nil), 0},
	} {
		if hits := test.book.Pledges(subject, now); len(hits) != test.want || test.want == 1 && hits[0].Pledge.ID != "pledge--2" {
			t.Errorf("%s: %+v", name, hits)
		}
	}
	if gone := NewBook([]warning.KeptPledge{ended}, nil); !gone.Empty() {
		t.Error("a book of what ended holds something")
	}
}

func square(west, south, size float64) [][2]float64 {
	return [][2]float64{{west, south}, {west + size, south}, {west + size, south + size}, {west, south + size}, {west, south}}
}

func day(n int) time.Time { return time.Date(2031, 5, n, 0, 0, 0, 0, time.UTC) }

func TestWatches(t *testing.T) {
	cup := warning.Watch{Event: "the cup", Places: []string{"XB-RV", "XC"}, Words: []string{"stadium"},
		Cities: []warning.City{{Name: "Riverton", Place: "XB"}, {Name: "Ford"}}, Areas: []warning.Area{{Name: "the harbour", Centre: &warning.Position{Latitude: 10, Longitude: 20}, Km: 5}},
		Window: warning.Window{Start: day(7), End: day(20)}, Raise: handling.Immediate}
	for _, test := range []struct {
		name    string
		subject Subject
		now     time.Time
		want    []string
	}{
		{"place and window", Subject{Places: []string{"XB-RV"}, Window: warning.Window{Start: day(10), End: day(11)}}, now, []string{"place XB-RV is watched for the cup"}},
		{"a region of a watched country", Subject{Places: []string{"XC-01"}, Window: warning.Window{Start: day(10)}}, now, []string{"place XC-01 is watched for the cup"}},
		{"the country of a watched region", Subject{Places: []string{"XB"}, Window: warning.Window{Start: day(10)}}, now, nil},
		{"words", Subject{Text: "near the Stadium.", Window: warning.Window{Start: day(20)}}, now, []string{`the words "stadium" are watched for the cup`}},
		{"a city", Subject{Text: "in Ford."}, now, []string{`city "Ford" is watched for the cup`}},
		{"a city of that country", Subject{Text: "In RIVERTON", Places: []string{"XB"}}, now, []string{`city "Riverton, XB" is watched for the cup`}},
		{"a city of that name in another country", Subject{Text: "In Riverton", Places: []string{"XD"}}, now, nil},
		{"a point in an area", Subject{Points: []Point{{10.01, 20.01, 0}}}, now, []string{"the point 10.01, 20.01 is within 5 km of 10, 20 (the harbour), watched for the cup"}},
		{"a point that may be in an area", Subject{Points: []Point{{10.1, 20, 7}}}, now, []string{"the point 10.1, 20, known to 7 km, is within 5 km of 10, 20 (the harbour), watched for the cup"}},
		{"a point beside an area", Subject{Points: []Point{{10.1, 20, 1}}}, now, nil},
		{"a city after the window", Subject{Text: "in Ford."}, day(25), nil},
		{"after the window", Subject{Places: []string{"XC"}, Window: warning.Window{Start: day(21), End: day(22)}}, now, nil},
		{"open on one side", Subject{Places: []string{"XC"}, Window: warning.Window{End: day(30)}}, now, []string{"place XC is watched for the cup"}},
		{"no window, during the watch", Subject{Places: []string{"XC"}}, now, []string{"place XC is watched for the cup"}},
		{"no window, after the watch", Subject{Places: []string{"XC"}}, day(25), nil},
		{"neither place nor word", Subject{Places: []string{"XD"}, Window: warning.Window{Start: day(10)}}, now, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			ended := cup
			ended.Ended = now
			if hits := NewBook(nil, []warning.Watch{ended}).Watches(test.subject, test.now); len(hits) > 0 {
				t.Errorf("after its end: %+v", hits)
			}
			hits := NewBook(nil, []warning.Watch{cup}).Watches(test.subject, test.now)
			if diff := cmp.Diff(linearWatches(test.subject, []warning.Watch{cup}, test.now), hits); diff != "" {
				t.Errorf("one after another -, by the book +:\n%s", diff)
			}
			if len(hits) > 0 {
				got = hits[0].Reasons
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			want := handling.Routine
			if test.want != nil {
				want = handling.Immediate
			}
			if raised := Raise(handling.Routine, hits); raised != want {
				t.Errorf("raised to %s, want %s", raised, want)
			}
			if raised := Raise(handling.Flash, hits); raised != handling.Flash {
				t.Errorf("FLASH lowered to %s", raised)
			}
		})
	}
}

func TestRaiseWithUnknownWords(t *testing.T) {
	odd := []WatchHit{{Watch: &warning.Watch{Raise: "SOON"}}}
	if got := Raise(handling.Priority, odd); got != handling.Priority {
		t.Errorf("an unknown word raised to %s", got)
	}
	if got := Raise("", []WatchHit{{Watch: &warning.Watch{Raise: handling.Routine}}}); got != handling.Routine {
		t.Errorf("no precedence, a watch for ROUTINE: got %q", got)
	}
}

func TestWiden(t *testing.T) {
	subject := Subject{Text: "something about the stadium"}
	pledges := []warning.KeptPledge{{Pledge: warning.Pledge{Places: []string{"XB"}, Events: []string{"Cup"}}, Partner: "bravo", Ours: true}}
	watches := []warning.Watch{{Event: "the cup", Places: []string{"XB-RV"}, Words: []string{"stadium"}, Window: warning.Window{Start: day(7), End: day(20)}}}
	book := NewBook(pledges, watches)
	if hits := book.Pledges(subject, now); len(hits) != 0 {
		t.Errorf("without the watch: %+v", hits)
	}
	_, hits := book.Meets(subject, now)
	if want := []string{`event "Cup" is watched`, "place XB-RV, watched for the cup, is covered by XB"}; len(hits) != 1 || !slices.Equal(hits[0].Reasons, want) {
		t.Errorf("with the watch: %+v", hits)
	}
	if _, hits := book.Meets(subject, day(25)); len(hits) != 0 {
		t.Errorf("after the watch: %+v", hits)
	}
}

// The cities and areas of a watch that is hit count as the subject's own.
func TestWidenOnTheMap(t *testing.T) {
	harbour := warning.Area{Name: "the harbour", Centre: &warning.Position{Latitude: 10, Longitude: 20}, Km: 5}
	block := warning.Area{Name: "the old town", Ring: square(19.9, 9.9, 0.02)}
	watch := warning.Watch{Event: "the cup", Cities: []warning.City{{Name: "Riverton", Place: "XB-RV"}}, Areas: []warning.Area{harbour, block}, Words: []string{"stadium"},
		Window: warning.Window{Start: day(7), End: day(20)}}
	for _, test := range []struct {
		name   string
		pledge warning.Pledge
		want   []string
	}{
		{"the country of a city", warning.Pledge{Places: []string{"XB"}}, []string{"place XB-RV, watched for the cup, is covered by XB"}},
		{"the city", warning.Pledge{Cities: []warning.City{{Name: "Riverton"}}}, []string{`city "Riverton" is watched for the cup`}},
		{"the city in its country", warning.Pledge{Cities: []warning.City{{Name: "riverton", Place: "XB"}}}, []string{`city "riverton, XB" is watched for the cup`}},
		{"a city of that name elsewhere", warning.Pledge{Cities: []warning.City{{Name: "Riverton", Place: "XC"}}}, nil},
		{"an area beside", warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: 10.06, Longitude: 20}, Km: 2}}},
			[]string{"the harbour (5 km around 10, 20), watched for the cup, touches 2 km around 10.06, 20"}},
		{"an area around", warning.Pledge{Areas: []warning.Area{{Ring: square(19.85, 9.85, 0.09)}}},
			[]string{"the old town (an area of 4 corners), watched for the cup, touches an area of 4 corners"}},
		{"an area far away", warning.Pledge{Areas: []warning.Area{{Centre: &warning.Position{Latitude: 40, Longitude: 20}, Km: 2}}}, nil},
	} {
		pledges := []warning.KeptPledge{{Pledge: test.pledge, Partner: "bravo", Ours: true}}
		_, hits := NewBook(pledges, []warning.Watch{watch}).Meets(Subject{Text: "something about the stadium"}, now)
		var got []string
		if len(hits) > 0 {
			got = hits[0].Reasons
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
	}
}

func TestSubjects(t *testing.T) {
	target := warning.Target{Name: "Old Market", Place: warning.Place{Country: "XB", Region: "XB-RV", City: "Riverton", Detail: "north gate"}, Nationalities: []string{"XC"}}
	objects := []jsontext.Value{
		jsontext.Value(`{"type":"location","country":"xd","administrative_area":"XD-07","city":"Ford"}`),
		jsontext.Value(`{"type":"location","country":"Elsewhere","administrative_area":"a province"}`),
		jsontext.Value(`{"type":"identity","identity_class":"organization","name":"Harbour Bank"}`),
		jsontext.Value(`{"type":"identity","identity_class":"individual","name":"A Person"}`),
		jsontext.Value(`broken`),
	}
	source := FromSource(&warning.Source{Title: "Talk", Fields: []warning.Field{{Name: "n", Text: "of a bridge"}}, Target: target, Objects: objects, KeptAt: now})
	received := FromWarning(&warning.Warning{Text: "a bridge", Method: "a van", Actor: "a band", Target: target, Objects: objects}, now)
	for name, subject := range map[string]Subject{"source": source, "warning": received} {
		if diff := cmp.Diff([]string{"XB", "XB-RV", "XD", "XD-07"}, subject.Places); diff != "" {
			t.Errorf("%s: places -want +got:\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"Old Market", "Harbour Bank"}, subject.Organisations); diff != "" {
			t.Errorf("%s: organisations -want +got:\n%s", name, diff)
		}
		if !slices.Equal(subject.Nationalities, []string{"XC"}) || !subject.At.Equal(now) {
			t.Errorf("%s: %+v", name, subject)
		}
		for _, word := range []string{"bridge", "riverton", "north gate", "ford", "harbour bank", "a person"} {
			if _, stands := linearStands(subject, word, false); !stands {
				t.Errorf("%s: %q is not in its text", name, word)
			}
		}
	}
}
