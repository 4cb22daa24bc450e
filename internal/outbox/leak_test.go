// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file holds the promise of the tear line: nothing of the source occurs in
// anything that is queued, whichever way it was said.

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const sourceID = "source--2b6a7a0e-5a0f-4f5e-9f55-0c5d3c1f7a10"

// keep keeps a source report whose every word is one that occurs nowhere else.
func (h *house) keep() warning.Source {
	h.t.Helper()
	s := warning.Source{
		ID: sourceID, Title: "Quillhaven intercept",
		Fields: []warning.Field{
			{Name: "summary", Text: "Kestrelfold told us over tea that four men bring Zirconite from Umberlough on the night ferry."},
			{Name: "reference", Text: "QX-77/4419-B"},
			{Name: "heard at", Text: "21:47 at 61.2345, 6.7891"},
			{Name: "account", Text: "88123456"},
			{Name: "press line", Text: "Travellers are asked to keep their eyes open.", Open: true},
		},
		Handling: handling.Handling{TLP: handling.AmberStrict}, KeptBy: "ann",
	}
	h.put(func(tx *store.Tx) error {
		s.KeptAt = tx.Now
		return store.Sources.Put(tx, s.ID, s)
	})
	return s
}

// homeWords are what must not be found in an envelope.
func homeWords(s warning.Source, d warning.Draft) []string {
	return []string{"Quillhaven", "Kestrelfold", "Zirconite", "Umberlough", "over tea", "QX-77", "77/4419", "21:47", "61.2345", "6.7891", "summary", "press line", "heard at",
		bare(s.ID), bare(d.ID), bare(d.Duty), "ann", "Officer of ann", "rob", "sue", "carol",
		"identity--aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000", "location--aaaaaaaa-0000-4000-8000-000000000002"}
}

func bare(id string) string {
	_, own, _ := strings.Cut(id, "--")
	return own
}

// sourced is a draft that answers a duty from that source, with objects.
func sourced(text string, partners ...string) warning.Draft {
	d := draft(text, partners...)
	d.Source, d.Duty = sourceID, "duty--77777777-0000-4000-8000-000000000077"
	d.Objects = []jsontext.Value{
		jsontext.Value(`{"type":"identity","spec_version":"2.1","id":"identity--aaaaaaaa-0000-4000-8000-000000000001","created":"2031-05-08T09:00:00.000Z","modified":"2031-05-08T09:00:00.000Z","name":"A cell of four","identity_class":"group","object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]}`),
		jsontext.Value(`{"type":"location","spec_version":"2.1","id":"location--aaaaaaaa-0000-4000-8000-000000000002","created":"2031-05-08T09:00:00.000Z","modified":"2031-05-08T09:00:00.000Z","country":"NO","created_by_ref":"identity--aaaaaaaa-0000-4000-8000-000000000001"}`),
	}
	return d
}

func TestNothingOfTheSourceLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		s := alpha.keep()
		alpha.put(func(tx *store.Tx) error {
			id := "duty--77777777-0000-4000-8000-000000000077"
			return store.Duties.Put(tx, id, warning.Duty{ID: id, Partner: "bravo", Subject: s.ID, Precedence: handling.Flash, State: warning.DutyOpen, Due: tx.Now})
		})
		d := alpha.warn(sourced("A group plans an attack on the square this week. Keep people away.", "bravo", "carol"))
		id := d.Sent["bravo"]
		alpha.asked(id)
		check(t, alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: "By water, we think."}))
		check(t, alpha.Thank(ctx, duty, warning.Thanks{Case: id, Text: "Thank you."}))
		check(t, alpha.Ask(ctx, duty, warning.Request{Case: id, Question: "Have you seen them?"}))
		check(t, alpha.Report(ctx, duty, warning.Outcome{Case: id, Result: "under_investigation", Text: "We look on."}))
		check(t, alpha.Dispute(ctx, third, warning.Dispute{Case: id, About: "the hour", View: "it was later"}))
		if got := alpha.kinds("bravo"); got != "warning reply thanks request outcome dispute" {
			t.Errorf("queued: %s", got)
		}
		for _, m := range append(alpha.queued("bravo"), alpha.queued("carol")...) {
			whole := string(m.HeaderBytes) + "\n" + string(m.Payload)
			for _, word := range homeWords(s, d) {
				if contains(whole, word) {
					t.Errorf("the %s says %q:\n%s", m.Header.Kind, word, whole)
				}
			}
		}
		for name, other := range map[string]string{"bravo": "carol", "carol": "bravo"} {
			for _, m := range alpha.queued(name) {
				if strings.Contains(string(m.Payload), bare(d.Sent[other])) {
					t.Errorf("%s is told the id of %s's copy", name, other)
				}
			}
		}
	})
}

// What a person writes is no hash because it looks like one: 32 letters of a source
// leave in no code.
func TestWhatLooksLikeAHashHidesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.keep()
		d := draft("A group plans an attack on the square this week.", "bravo")
		d.Source = sourceID
		id := alpha.warn(d).Sent["bravo"]
		alpha.asked(id)
		code := hex.EncodeToString([]byte("told us over tea that four men b"))
		for what, err := range map[string]error{
			"a reply": alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: code}), "thanks": alpha.Thank(ctx, duty, warning.Thanks{Case: id, Text: code}),
			"a dispute": alpha.Dispute(ctx, third, warning.Dispute{Case: id, About: code, View: "it was later"}),
		} {
			refuses(t, what, err, problem.Invalid, "gives the source away")
		}
		check(t, alpha.Report(ctx, duty, warning.Outcome{Case: id, Result: "under_investigation", Text: "We look on."})) // it names the warning by its hash
	})
}

// contains reports whether the word occurs, names of people as words of their own.
func contains(whole, word string) bool {
	if len(word) <= 3 {
		for _, mark := range []string{`"`, " "} {
			if strings.Contains(whole, mark+word+`"`) || strings.Contains(whole, mark+word+" ") {
				return true
			}
		}
		return false
	}
	return strings.Contains(strings.ToLower(whole), strings.ToLower(word))
}

// The two copies have no object id in common, and none that is ours.
func TestObjectsAreRenamedForEachPartner(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.keep()
		d := sourced("A group plans an attack on the square.", "bravo", "carol")
		d.Duty = ""
		alpha.warn(d)
		seen := map[string]string{"aaaaaaaa-0000-4000-8000-000000000001": "home", "aaaaaaaa-0000-4000-8000-000000000002": "home"}
		for _, name := range []string{"bravo", "carol"} {
			payload := alpha.queued(name)[0].Payload
			read, err := warning.Decode("warning", payload)
			check(t, err)
			objects := read.(*warning.Warning).Objects
			if len(objects) == 0 {
				t.Errorf("%s got no object", name)
			}
			for _, id := range uuids(string(payload)) {
				if other, known := seen[id]; known && other != name && id != "55d920b0-5e8b-4f79-9ee9-91f868d9b421" && id != "939a9414-2ddd-4d32-a0cd-375ea402b003" {
					t.Errorf("%s and %s share the id %s", name, other, id)
				}
				seen[id] = name
			}
		}
	})
}

// uuids are the UUIDs of ids ("type--uuid") in a text.
func uuids(text string) (all []string) {
	for _, part := range strings.Split(text, "--")[1:] {
		if len(part) >= 36 && strings.Count(part[:36], "-") == 4 {
			all = append(all, part[:36])
		}
	}
	return all
}

// A leak blocks, says where it is and whose, and blocks all copies.
func TestALeakBlocks(t *testing.T) {
	for what, test := range map[string]struct {
		text, rule string
	}{
		"five words":    {"We hear that FOUR men, bring ZIRCONITE from somewhere.", "words"},
		"an identifier": {"See qx 77 4419 b.", "identifier"},
		"an exact time": {"It was said at 9:47 pm.", "time"},
		"coordinates":   {"Near 61.2345, 6.7891.", "coordinates"},
		"our own id":    {"See " + bare(sourceID) + ".", "identifier"},
	} {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				alpha.keep()
				d := draft("Danger.", "bravo", "carol")
				d.Source, d.Releases["carol"] = sourceID, test.text
				d, hash := alpha.compose(d)
				p, err := alpha.Preview(t.Context(), first, d.ID)
				if err != nil || !p.Blocked || len(p.Copies[0].Leaks) != 0 || len(p.Copies[1].Leaks) == 0 || p.Copies[1].Leaks[0].Rule != test.rule {
					t.Errorf("the preview: %+v, %v", p.Copies, err)
				}
				_, err = alpha.Release(t.Context(), first, d.ID, hash, "")
				refuses(t, "the release", err, problem.Conflict, "carol: text gives away")
				_, err = alpha.Release(t.Context(), first, d.ID, hash, "No time.")
				refuses(t, "the exigent release", err, problem.Conflict, "cannot be released as it is")
				if alpha.kinds("bravo")+alpha.kinds("carol") != "" {
					t.Error("something was queued")
				}
			})
		})
	}
}

// What is said later in a case of ours is held against its source as well.
func TestWhatIsSaidLaterMustNotLeak(t *testing.T) {
	const leak = "As you know four men bring Zirconite from there."
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.keep()
		d := draft("Danger on the square.", "bravo")
		d.Source = sourceID
		id := alpha.warn(d).Sent["bravo"]
		alpha.asked(id)
		for what, err := range map[string]error{
			"a reply":             alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: leak}),
			"thanks":              alpha.Thank(ctx, duty, warning.Thanks{Case: id, Text: leak}),
			"what is disputed":    alpha.Dispute(ctx, first, warning.Dispute{Case: id, About: leak, View: "v"}),
			"the view":            alpha.Dispute(ctx, first, warning.Dispute{Case: id, About: "a", View: leak}),
			"a question":          alpha.Ask(ctx, duty, warning.Request{Case: id, Question: leak}),
			"an outcome":          alpha.Report(ctx, duty, warning.Outcome{Case: id, Result: "unfounded", Text: leak}),
			"a counter":           alpha.Report(ctx, duty, warning.Outcome{Case: id, Result: "unfounded", Counters: map[string]int64{"funds": 88123456}}),
			"a note on handling":  alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: "t", Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H3}, Note: leak}}),
			"who says it":         alpha.Thank(ctx, caller.Caller{Kind: caller.Person, Name: "dan", Title: leak, Roles: []caller.Role{caller.DutyOfficer}}, warning.Thanks{Case: id, Text: "t"}),
			"over two texts":      alpha.Dispute(ctx, first, warning.Dispute{Case: id, About: "as you know four men", View: "bring Zirconite from there"}),
			"a reference of ours": alpha.Thank(ctx, duty, warning.Thanks{Case: id, Text: "Filed as QX-77/4419-B."}),
		} {
			refuses(t, what, err, problem.Invalid, "gives the source away")
		}
		if got := alpha.kinds("bravo"); got != "warning" {
			t.Errorf("queued: %s", got)
		}
		alpha.show(func(tx *store.Tx) error {
			c, err := store.Cases.Get(tx, id)
			if c.State != store.CaseOpen || c.Disputed {
				t.Errorf("the case moved on: %+v", c)
			}
			return err
		})
		check(t, alpha.Thank(ctx, duty, warning.Thanks{Case: id, Text: "Travellers are asked to keep their eyes open."}))
	})
}

// A time that the node's clock gives tells nothing of the source, whatever the
// hour; the same time, if a person chose it, may.
func TestTheClockIsNoLeak(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		alpha.keep() // it says 21:47
		d := draft("Danger on the square.", "bravo")
		d.Source = sourceID
		id := alpha.warn(d).Sent["bravo"]
		late := time.Now().Truncate(24 * time.Hour).Add(21*time.Hour + 47*time.Minute)
		time.Sleep(time.Until(late.Add(-time.Hour)))
		_, err := alpha.Recall(ctx, first, id, warning.AskDestroy, "It was a mistake.", late)
		refuses(t, "the time of the source", err, problem.Invalid, "gives the source away")
		time.Sleep(time.Until(late.Add(-handling.Flash.AnswerWithin())))
		made, err := alpha.Recall(ctx, first, id, warning.AskDestroy, "It was a mistake.", time.Time{})
		if err != nil || len(made) != 1 || !made[0].Recall.AnswerBy.Equal(late) {
			t.Errorf("the time of the clock: %+v, %v", made, err)
		}
	})
}

// A draft to which nobody wrote a time to answer by is not blocked by the minute at
// which it is composed, nor when it is composed again later; one whose time a person
// chose is.
func TestTheClockBlocksNoDraft(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.keep() // it says 21:47
		for _, precedence := range handling.Precedences() {
			within := precedence.AnswerWithin() + 30*time.Second // what the clock gives is a whole minute
			late := time.Now().Truncate(24 * time.Hour).Add(21*time.Hour + 47*time.Minute)
			for late.Before(time.Now().Add(within)) {
				late = late.Add(24 * time.Hour)
			}
			time.Sleep(time.Until(late.Add(-within)))
			plain := draft("Danger on the square.", "bravo")
			plain.Source, plain.Warning.Precedence = sourceID, precedence
			d, _ := alpha.compose(plain)
			if p := alpha.preview(d.ID); p.Blocked || !d.ByClock || !d.Warning.AnswerBy.Equal(late) {
				t.Errorf("%s at %s: answer by %s (by the clock: %t), blocked: %+v", precedence, time.Now(), d.Warning.AnswerBy, d.ByClock, p.Copies[0].Leaks)
			}
			time.Sleep(time.Hour)
			again, _ := alpha.compose(d) // with the time that it has
			if p := alpha.preview(again.ID); p.Blocked || !again.ByClock {
				t.Errorf("%s, composed again: blocked: %+v", precedence, p.Copies[0].Leaks)
			}
			chosen := plain
			chosen.Warning.AnswerBy, chosen.ByClock = late, true // whatever a composer says of it
			d, _ = alpha.compose(chosen)
			if p := alpha.preview(d.ID); !p.Blocked || d.ByClock {
				t.Errorf("%s: a person chose the time of the source, and nothing is blocked", precedence)
			}
		}
	})
}

// What nobody sees is refused in any case, also in one that has no source.
func TestHiddenCharactersAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.received()
		refuses(t, "a note", alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id, Answer: warning.CannotAct, Note: "a\U000e0041"}), problem.Invalid, "note repeats characters that nobody sees")
		refuses(t, "a question", alpha.Ask(ctx, duty, warning.Request{Case: id, Question: "\u202ewho?"}), problem.Invalid, "question")
		if got := alpha.caseOf(id).State; got != store.CaseOpen || alpha.kinds("bravo") != "" {
			t.Errorf("the case is %s, queued: %q", got, alpha.kinds("bravo"))
		}
		d, _ := alpha.compose(draft("Dan\u2067ger.", "carol"))
		_, err := alpha.Release(ctx, first, d.ID, alpha.hash(d.ID), "")
		refuses(t, "a release", err, problem.Conflict, "characters that nobody sees")
	})
}
