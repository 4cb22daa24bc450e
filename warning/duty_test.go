// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds what is owed: the edges of a pledge, the decisions on a duty,
// and what is said after a warning.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A pledge holds from the first moment of its first day to the last of its last, UTC.
func TestPledgeInForce(t *testing.T) {
	for _, test := range []struct {
		from, until warning.Date
		at          string
		want        bool
	}{
		{"", "", "1900-01-01T00:00:00Z", true},
		{"2031-05-08", "", "2031-05-07T23:59:59.999999999Z", false},
		{"2031-05-08", "", "2031-05-08T00:00:00Z", true},
		{"", "2031-05-08", "2031-05-08T23:59:59.999999999Z", true},
		{"", "2031-05-08", "2031-05-09T00:00:00Z", false},
		{"2031-05-08", "2031-05-08", "2031-05-08T12:00:00Z", true},
		{"2031-05-08", "2031-05-08", "2031-05-09T01:00:00+02:00", true},
		{"2031-05-08", "2031-05-08", "2031-05-08T01:00:00+02:00", false},
		{"", "2032-02-29", "2032-02-29T23:00:00Z", true},
	} {
		at, err := time.Parse(time.RFC3339Nano, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if p := (&warning.Pledge{From: test.from, Until: test.until}); p.InForce(at) != test.want {
			t.Errorf("from %q until %q at %s: want %t", test.from, test.until, test.at, test.want)
		}
	}
}

func TestPledgesAndWatches(t *testing.T) {
	says(t, "an empty pledge", (&warning.Pledge{ID: "pledge--1"}).Validate(), "pledge: say what it covers", "text: must be said")
	says(t, "a pledge", (&warning.Pledge{ID: "pledge--1", Places: []string{"RU", "RU-SPE"}, Text: "We shall tell you."}).Validate())
	says(t, "everything", (&warning.Pledge{ID: "pledge--1", Places: []string{"Russia"}, Nationals: []string{"RU-SPE"}, Organisations: []string{""}, Words: []string{" "},
		Text: "t", From: "2031-05-09", Until: "2031-05-08"}).Validate(), "places:", "nationals:", "organisations: must be said", "words: must be said", "until: is before from")
	says(t, "days that are none", (&warning.Pledge{ID: "pledge--1", Words: []string{"w"}, Text: "t", From: "May", Until: "8 May"}).Validate(), "from: not a date", "until: not a date")

	says(t, "an empty watch", (&warning.Watch{}).Validate(), "event: must be said", "watch: say where", "a watch has a start and an end", "is not a precedence")
	mapped := warning.Watch{Event: "Final", Cities: []warning.City{{Place: "NO"}}, Areas: []warning.Area{{Km: 5}}}
	says(t, "a watch on the map", mapped.Validate(), "cities.name: must be said", "an area has a centre and km, or a ring", "a watch has a start and an end", "is not a precedence")
	where := warning.Watch{Places: []string{"NO"}, Cities: []warning.City{{Name: "Bergen", Place: "NO"}}, Areas: []warning.Area{{Name: "harbour", Centre: &warning.Position{Latitude: 1, Longitude: 2}, Km: 3}}, Words: []string{"final"}}
	if got := strings.Join(where.Where(), "; "); got != "NO; Bergen, NO; harbour (3 km around 1, 2); final" {
		t.Errorf("a watch listens for %s", got)
	}
	watch := warning.Watch{Event: "Final", Places: []string{"NO"}, Raise: handling.Flash, Window: warning.Window{Start: now, End: now.Add(time.Hour), Fidelity: "hour"}}
	says(t, "a watch", watch.Validate())
	watch.Raise, watch.Window.Start = "Flash", now.Add(2*time.Hour)
	says(t, "a watch that ends before it starts", watch.Validate(), "ends before it starts", "must be spelled FLASH")
}

// ICD 191: a waiver needs a ground and a reason, a deferral a time to come and
// a reason; a decision to warn needs nothing.
func TestDecisions(t *testing.T) {
	for _, test := range []struct {
		name string
		in   warning.Decision
		says []string
	}{
		{"warn", warning.Decision{Choice: "warn"}, nil},
		{"warn with a ground", warning.Decision{Choice: "warn", Ground: "endangers_sources"}, []string{"only a waiver has a ground"}},
		{"nothing", warning.Decision{}, []string{"choice:", "justification: say why"}},
		{"a choice nobody knows", warning.Decision{Choice: "forget", Justification: "j"}, []string{`"forget" is not one of warn, waive, threshold_not_met, defer`}},
		{"waive", warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: "One source would be known."}, nil},
		{"waive without a ground", warning.Decision{Choice: "waive", Justification: "j"}, []string{"ground: a waiver needs one"}},
		{"waive on a ground of one's own", warning.Decision{Choice: "waive", Ground: "inconvenient", Justification: "j"}, []string{"ground: a waiver needs one"}},
		{"waive without a word", warning.Decision{Choice: "waive", Ground: "endangers_sources", Justification: " \n"}, []string{"justification: say why"}},
		{"threshold not met", warning.Decision{Choice: "threshold_not_met", Justification: "Not credible."}, nil},
		{"threshold not met, no reason", warning.Decision{Choice: "threshold_not_met"}, []string{"justification: say why"}},
		{"defer", warning.Decision{Choice: "defer", Justification: "A second source is asked.", Until: now.Add(time.Millisecond)}, nil},
		{"defer until now", warning.Decision{Choice: "defer", Justification: "j", Until: now}, []string{"until: a deferral ends at a time to come"}},
		{"defer into the past", warning.Decision{Choice: "defer", Justification: "j", Until: now.Add(-time.Hour)}, []string{"until:"}},
		{"defer for ever", warning.Decision{Choice: "defer", Justification: "j"}, []string{"until:"}},
		{"too long", warning.Decision{Choice: "warn", Justification: strings.Repeat("x", warning.MaxText+1)}, []string{"justification: at most"}},
	} {
		says(t, test.name, test.in.Validate(now), test.says...)
	}
	for _, ground := range warning.Grounds() {
		says(t, ground, (&warning.Decision{Choice: warning.Waive, Ground: warning.Ground(ground), Justification: "j"}).Validate(now))
	}
}

func TestClosedDuties(t *testing.T) {
	for state, want := range map[warning.DutyState]bool{
		warning.DutyOpen: false, warning.DutyDeferred: false, warning.DutyProposed: false, warning.DutyWarn: false,
		warning.DutyWarned: true, warning.DutyWaived: true, warning.DutyNotMet: true, "": false, "closed": false,
	} {
		if state.Closed() != want {
			t.Errorf("%q: closed %t", state, state.Closed())
		}
	}
}

var officer = warning.Officer{Name: "Duty officer 1", Role: "duty-officer"}

// What is said after a warning names a case, a human and a time.
func TestAnswersThatAreRefused(t *testing.T) {
	const who = "warning--1"
	nobody := []string{"case: must be said", "by.name: must be said", "by.role: must be said", "at: must be said"}
	handled := handling.Handling{TLP: handling.Amber}
	for _, test := range []struct {
		name string
		in   warning.Payload
		says []string
	}{
		{"empty acknowledgement", &warning.Acknowledgement{}, append(slices.Clone(nobody), "answer:")},
		{"acknowledgement", &warning.Acknowledgement{Case: who, By: officer, At: now, Answer: "understood"}, nil},
		{"refusal without a reason", &warning.Acknowledgement{Case: who, By: officer, At: now, Answer: "refuse", Note: " "}, []string{"a refusal says why"}},
		{"refusal", &warning.Acknowledgement{Case: who, By: officer, At: now, Answer: "refuse", Note: "Not ours."}, nil},
		{"empty request", &warning.Request{}, append(slices.Clone(nobody), "id:", "question:")},
		{"request", &warning.Request{Case: who, By: officer, At: now, ID: "request--1", Question: "Where?"}, nil},
		{"empty reply", &warning.Reply{}, append(slices.Clone(nobody), "request:", "text:", "is not a TLP 2.0 label")},
		{"reply", &warning.Reply{Case: who, By: officer, At: now, Request: "request--1", Text: "There.", Handling: handled}, nil},
		{"empty outcome", &warning.Outcome{}, append(slices.Clone(nobody), "result:")},
		{"outcome", &warning.Outcome{Case: who, By: officer, At: now, Result: "attack_prevented", Contribution: "decisive", Treatment: "yes", Public: "2031-06-01",
			Counters: map[string]int64{"persons_detained": 7, "explosives_kg": 1}}, nil},
		{"outcome that counts what nobody counts", &warning.Outcome{Case: who, By: officer, At: now, Result: "won", Contribution: "some", Treatment: "maybe", Public: "soon",
			Counters: map[string]int64{"names": 1, "injured": -1, "funds": 1 << 53}},
			[]string{"result:", "contribution:", "counters.funds: not a count", "counters.injured: not a count", `"names" is not one`, "treatment_assurance_confirmed:", "may_be_made_public:"}},
		{"empty thanks", &warning.Thanks{}, append(slices.Clone(nobody), "text:")},
		{"thanks", &warning.Thanks{Case: who, By: officer, At: now, Text: "Thank you."}, nil},
		{"empty dispute", &warning.Dispute{}, append(slices.Clone(nobody), "id:", "about:", "view:")},
		{"dispute", &warning.Dispute{Case: who, By: officer, At: now, ID: "dispute--1", About: "a", View: "v"}, nil},
		{"empty terms", &warning.Terms{}, []string{"legal_basis:", "purposes: name at least one", "retention_days: 1 to 3653", "onward:", "review: a date is needed"}},
		{"terms for ever", &warning.Terms{LegalBasis: "l", Purposes: []string{"p"}, RetentionDays: 3654, Onward: "o", Review: "2032-01-01", Overseers: map[string]string{"alpha": ""}},
			[]string{"retention_days:", "overseers.alpha: must be said"}},
		{"empty notice", &warning.StateNotice{}, []string{"state: active or limited", "epoch: from 1"}},
		{"a notice of suspension", &warning.StateNotice{State: "suspended", Epoch: 2}, []string{"state: active or limited"}},
		{"a notice", &warning.StateNotice{State: "limited", Epoch: 2, Dropped: []envelope.Missing{{Seq: 1, Hash: envelope.FirstPrev, Why: "dropped"}}}, nil},
		{"a notice of nothing", &warning.StateNotice{State: "active", Epoch: 2, Dropped: []envelope.Missing{{}}}, []string{"dropped:"}},
	} {
		says(t, test.name, test.in.Validate(), test.says...)
	}
}

func TestDates(t *testing.T) {
	for _, wrong := range []string{"", "2031-5-8", "2031-02-30", "08.05.2031", "2031-05-08T00:00:00Z", "20310508"} {
		if _, err := warning.ParseDate(wrong); err == nil {
			t.Errorf("%q is taken for a date", wrong)
		}
	}
	if got := warning.DateOf(time.Date(2031, 5, 8, 1, 0, 0, 0, time.FixedZone("", 2*3600))); got != "2031-05-07" {
		t.Errorf("the day in UTC is %s", got)
	}
	if got := warning.Millis(time.Date(2031, 5, 8, 1, 0, 0, 1999999, time.FixedZone("", 3600))); got != time.Date(2031, 5, 8, 0, 0, 0, 1e6, time.UTC) {
		t.Errorf("in milliseconds: %s", got)
	}
	if !warning.Millis(time.Time{}).IsZero() {
		t.Error("no time is a time")
	}
}

// The grounds and the sectors are these, word by word: what is no ground of the
// directive is not one here, and a sector is one of STIX.
func TestTheWordsOfGroundsAndSectors(t *testing.T) {
	grounds := `endangers_personnel endangers_sources endangers_methods endangers_intelligence_operations endangers_defence_operations
		victim_terrorist_or_direct_supporter victim_assassin victim_drug_trafficker victim_violent_crime victim_in_armed_conflict
		victim_already_aware foreign_liaison_equity no_reasonable_way`
	if got := warning.Grounds(); !slices.Equal(got, strings.Fields(grounds)) {
		t.Errorf("the grounds are %q", got)
	}
	sectors := `agriculture aerospace automotive chemical commercial communications construction defense education energy engineering entertainment financial-services
		government emergency-services government-local government-national government-public-services government-regional healthcare hospitality-leisure
		infrastructure dams nuclear water insurance manufacturing mining non-profit pharmaceuticals retail technology telecommunications transportation utilities`
	if got := warning.Sectors(); !slices.Equal(got, strings.Fields(sectors)) {
		t.Errorf("the sectors are %q", got)
	}
}

// A duty knows by their ids which pledges and watches it came from, whatever their
// words are; of an older one, by its words.
func TestReasonsOfADuty(t *testing.T) {
	cup, final := &warning.Watch{ID: "watch--1", Event: "the cup"}, &warning.Watch{ID: "watch--2", Event: "the cup final"}
	again := &warning.Watch{ID: "watch--3", Event: "the cup"}
	tell := &warning.Pledge{ID: "pledge--1", Text: "We tell you."}
	var d warning.Duty
	d.Give(0, warning.PledgeReason(tell, "place RU"), warning.WatchReason(cup, "place RU is watched"))
	d.Give(0, warning.PledgeReason(tell, "place RU"))
	old := warning.Duty{Reasons: d.Reasons}
	forged := warning.Duty{}
	forged.Give(0, warning.DutyReason{Of: "inquiry--1", Words: "pledge “We tell you.”: place RU"})
	forgotten := warning.Duty{ReasonsOf: d.ReasonsOf}
	grown := warning.Duty{Reasons: []string{"pledge “We tell you.”: place RU"}}
	grown.Give(0, warning.WatchReason(final, "place RU is watched"))
	full := warning.Duty{}
	full.Give(1, warning.WatchReason(final, "place RU is watched"), warning.PledgeReason(tell, "place RU"))
	for _, test := range []struct {
		name                             string
		duty                             warning.Duty
		reasons                          int
		pledged, byCup, byFinal, byAgain bool
	}{
		{"of a pledge and a watch", d, 2, true, true, false, false},
		{"of an older program", old, 2, true, true, false, true},
		{"a question that says so", forged, 1, false, false, false, false},
		{"erased", forgotten, 0, true, true, false, false},
		{"older, and met since", grown, 2, true, false, true, false},
		{"full", full, 1, false, false, true, false},
		{"opened by hand", warning.Duty{Reasons: []string{"opened by hand"}}, 1, false, false, false, false},
	} {
		got := test.duty
		if len(got.Reasons) != test.reasons || got.Pledged() != test.pledged || got.RaisedBy(cup) != test.byCup || got.RaisedBy(final) != test.byFinal || got.RaisedBy(again) != test.byAgain {
			t.Errorf("%s: %d reasons, pledged %t, raised by the cup %t, by its final %t, by the next cup %t", test.name, len(got.Reasons), got.Pledged(), got.RaisedBy(cup), got.RaisedBy(final), got.RaisedBy(again))
		}
	}
	matched, byHand := warning.Duty{History: []warning.Event{{By: warning.ByMatch, What: "opened"}}}, warning.Duty{History: []warning.Event{{By: "ruth", What: "opened"}}}
	if !matched.Matched() || byHand.Matched() {
		t.Error("whether a match opened a duty is not known")
	}
}
