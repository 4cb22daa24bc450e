// SPDX-License-Identifier: Apache-2.0

package match

// This file tests which pledges and watches a subject meets, and on what.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
		{"an empty subject meets nothing", Subject{}, warning.Pledge{Places: []string{"RU"}, Words: []string{"a"}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours := warning.KeptPledge{Pledge: test.pledge, Partner: "bravo", Ours: true}
			theirs := warning.KeptPledge{Pledge: test.pledge, Partner: "bravo"}
			var want []Hit
			if test.want != nil {
				want = []Hit{{Pledge: test.pledge, Partner: "bravo", Reasons: test.want}}
			}
			if diff := cmp.Diff(want, Pledges(test.subject, []warning.KeptPledge{theirs, ours}, now)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func day(n int) time.Time { return time.Date(2031, 5, n, 0, 0, 0, 0, time.UTC) }

func TestWatches(t *testing.T) {
	cup := warning.Watch{Event: "the cup", Places: []string{"XB-RV", "XC"}, Words: []string{"stadium"},
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
		{"after the window", Subject{Places: []string{"XC"}, Window: warning.Window{Start: day(21), End: day(22)}}, now, nil},
		{"open on one side", Subject{Places: []string{"XC"}, Window: warning.Window{End: day(30)}}, now, []string{"place XC is watched for the cup"}},
		{"no window, during the watch", Subject{Places: []string{"XC"}}, now, []string{"place XC is watched for the cup"}},
		{"no window, after the watch", Subject{Places: []string{"XC"}}, day(25), nil},
		{"neither place nor word", Subject{Places: []string{"XD"}, Window: warning.Window{Start: day(10)}}, now, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			hits := Watches(test.subject, []warning.Watch{cup}, test.now)
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
	odd := []WatchHit{{Watch: warning.Watch{Raise: "SOON"}}}
	if got := Raise(handling.Priority, odd); got != handling.Priority {
		t.Errorf("an unknown word raised to %s", got)
	}
	if got := Raise("", []WatchHit{{Watch: warning.Watch{Raise: handling.Routine}}}); got != handling.Routine {
		t.Errorf("no precedence, a watch for ROUTINE: got %q", got)
	}
}

func TestWiden(t *testing.T) {
	subject := Subject{Text: "something about the stadium"}
	pledges := []warning.KeptPledge{{Pledge: warning.Pledge{Places: []string{"XB"}}, Partner: "bravo", Ours: true}}
	watches := []warning.Watch{{Event: "the cup", Places: []string{"XB-RV"}, Words: []string{"stadium"}, Window: warning.Window{Start: day(7), End: day(20)}}}
	if hits := Pledges(subject, pledges, now); len(hits) != 0 {
		t.Errorf("without the watch: %+v", hits)
	}
	wide := subject.Widen(Watches(subject, watches, now))
	hits := Pledges(wide, pledges, now)
	if want := []string{"place XB-RV, watched for the cup, is covered by XB"}; len(hits) != 1 || !slices.Equal(hits[0].Reasons, want) {
		t.Errorf("with the watch: %+v", hits)
	}
	if hits := Pledges(subject.Widen(Watches(subject, watches, day(25))), pledges, now); len(hits) != 0 {
		t.Errorf("after the watch: %+v", hits)
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
			if !subject.phrases().has(strings.Fields(word)) {
				t.Errorf("%s: %q is not in its text", name, word)
			}
		}
	}
}

func FuzzPledges(f *testing.F) {
	f.Add("RU-SPE", "the old market", "Old Market")
	f.Add("", "’ \xff 'a", "'")
	f.Fuzz(func(t *testing.T, place, text, phrase string) {
		pledge := warning.Pledge{Places: []string{place}, Organisations: []string{phrase}, Words: []string{phrase}, Nationals: []string{place}}
		subject := Subject{Places: []string{place}, Nationalities: []string{place}, Organisations: []string{text}, Text: text}
		for _, hit := range Pledges(subject, []warning.KeptPledge{{Pledge: pledge, Ours: true}}, now) {
			if len(hit.Reasons) == 0 {
				t.Fatal("a hit without a reason")
			}
		}
		Watches(subject, []warning.Watch{{Places: []string{place}, Words: []string{phrase}}}, now)
	})
}

// benchmarkPledges are pledges as an exchange of many partners has them.
func benchmarkPledges(n int) []warning.KeptPledge {
	random := rand.New(rand.NewPCG(9, 10))
	word := func() string { return fmt.Sprintf("word%d", random.IntN(20_000)) }
	var all []warning.KeptPledge
	for i := range n {
		country := string([]byte{'A' + byte(random.IntN(26)), 'A' + byte(random.IntN(26))})
		all = append(all, warning.KeptPledge{Partner: fmt.Sprintf("partner%d", i%1000), Ours: true, Pledge: warning.Pledge{
			Places: []string{country, country + "-01"}, Nationals: []string{country}, Organisations: []string{word() + " " + word()}, Words: []string{word()}}})
	}
	return all
}

func BenchmarkPledges(b *testing.B) {
	pledges := benchmarkPledges(10_000)
	var text strings.Builder
	for i := range 400 {
		fmt.Fprintf(&text, "word%d ", i*37)
	}
	subject := Subject{Places: []string{"RU-01"}, Nationalities: []string{"SE"}, Text: text.String()}
	b.Run("index and match 10000", func(b *testing.B) {
		for b.Loop() {
			Pledges(subject, pledges, now)
		}
	})
	b.Run("match 10000", func(b *testing.B) {
		book := NewBook(pledges)
		for b.Loop() {
			book.Pledges(subject, now)
		}
	})
}
