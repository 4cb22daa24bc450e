// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file lets review dates come: who is asked, what is erased, what holds it
// back, and by which date.

import (
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

const day = 24 * time.Hour

// wait lets days pass and looks once.
func (h *house) wait(days int) {
	h.t.Helper()
	time.Sleep(time.Duration(days) * day)
	check(h.t, h.Tick(h.t.Context()))
}

func (h *house) retention(kind, id string) (r store.Retention) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		r, err = store.Retentions.Get(tx, store.RetentionID(kind, id))
		return err
	})
	return r
}

func (h *house) keepSource(id string, review warning.Date) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		return store.Sources.Put(tx, id, warning.Source{ID: id, Title: "A report", Review: review, KeptAt: tx.Now, Fields: []warning.Field{{Name: "report", Text: "what was heard"}}})
	})
}

func (h *house) keepCase(c store.Case) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		c.Opened, c.Title = tx.Now, "Square"
		return store.Cases.Put(tx, c.ID, c)
	})
}

func (h *house) channel(state partner.State, terms warning.Terms) {
	h.t.Helper()
	raw, err := warning.Encode(terms)
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		return store.Channels.Put(tx, "bravo", partner.Channel{Name: "bravo", State: state, OurTerms: raw})
	})
}

func (h *house) in(days int) warning.Date { return warning.DateOf(time.Now().AddDate(0, 0, days)) }

// A report is asked about once, fourteen days before; it is erased on its date, and
// a duty that was made of it says nothing of it any more: that it was there, who was
// called, and how it was decided and carried out, stays.
func TestAReportThatNobodyKeeps(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.keepSource("source--1", h.in(30))
		h.put(func(tx *store.Tx) error {
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Subject: "source--1", Title: "A report", Reasons: []string{"on Square"}, State: warning.DutyWarned,
				AcquiredAt: tx.Now, Role: "analyst", Called: []warning.Call{{Who: "dan"}}, History: []warning.Event{{What: "opened"}},
				Assessment: &warning.Assessment{Credible: warning.Finding{Yes: true, Reason: "Square is named"}},
				Decision:   &warning.Decision{Choice: warning.Warn, By: "dan", Justification: "Square is near"},
				Past:       []warning.Past{{Decision: &warning.Decision{Choice: warning.Waive, Justification: "Square is far"}}},
				Given:      []warning.Given{{Method: "phone", Authority: "the police", Means: "Square 4", Substance: "Square", SubstanceHash: "00ff", Salt: "ab", Salted: true}},
				Notified:   []warning.Notice{{Who: "the ministry"}}})
		})
		h.wait(15)
		h.raised("two weeks and a day before")
		h.wait(2)
		h.raised("two weeks before", "review_date_near  ROUTINE")
		if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionAsked || r.Bound != "purpose" {
			t.Errorf("it is %+v", r)
		}
		h.wait(13)
		h.show(func(tx *store.Tx) error {
			s, err := store.Sources.Get(tx, "source--1")
			if s.Title != "A report" {
				t.Errorf("before its date it says %q", s.Title)
			}
			return err
		})
		h.wait(1)
		h.show(func(tx *store.Tx) error {
			s, err := store.Sources.Get(tx, "source--1")
			check(t, err)
			if s.Title != store.GoneText || len(s.Fields) != 0 || s.Erased.IsZero() {
				t.Errorf("after its date: %+v", s)
			}
			d, err := store.Duties.Get(tx, "duty--1")
			check(t, err)
			raw, err := json.Marshal(d)
			if d.Title != store.GoneText || strings.Contains(string(raw), "Square") {
				t.Errorf("the duty says %s", raw)
			}
			if d.State != warning.DutyWarned || d.AcquiredAt.IsZero() || d.Role != "analyst" || d.Caller() != "dan" || !d.Assessment.Credible.Yes || d.Decision.By != "dan" ||
				d.Past[0].Decision.Choice != warning.Waive || d.Given[0].SubstanceHash != "00ff" || d.Given[0].Salt != "" || d.Given[0].Authority != "the police" || d.Notified[0].Who != "the ministry" || d.History[0].What != "opened" {
				t.Errorf("the proof is gone: %s", raw)
			}
			return err
		})
		if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionErased || r.Ground != warning.DestroyedByDate || r.By != "clock" {
			t.Errorf("it is %+v", r)
		}
		h.raised("asked once", "review_date_near  ROUTINE")
	})
}

// What holds an erasure back is said, and nothing is erased while it does.
func TestWhatHoldsAnErasureBack(t *testing.T) {
	for name, test := range map[string]struct {
		hold, let func(*house)
		waits     string
	}{
		"a freeze":           {func(h *house) { h.channel(partner.Frozen, warning.Terms{}) }, func(h *house) { h.channel(partner.Active, warning.Terms{}) }, "the channel to bravo is frozen"},
		"a hold by a person": {func(h *house) { h.hold(true) }, func(h *house) { h.hold(false) }, "held by rob"},
		"an open duty": {func(h *house) { h.open("duty--1", "IMMEDIATE", warning.DutyOpen); h.about("duty--1", warning.DutyOpen) },
			func(h *house) { h.about("duty--1", warning.DutyWaived) }, "a duty to warn that it opened waits for a decision"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.keepSource("source--1", h.in(1))
				h.put(func(tx *store.Tx) error {
					return store.Drafts.Put(tx, "draft--1", warning.Draft{ID: "draft--1", Source: "source--1", Sent: map[string]string{"bravo": "warning--1"}, ComposedAt: tx.Now})
				})
				test.hold(h)
				check(t, h.Tick(t.Context()))
				h.wait(3)
				if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionHeld || r.Waits != test.waits {
					t.Fatalf("it is %+v", r)
				}
				h.wait(30)
				test.let(h)
				check(t, h.Tick(t.Context()))
				if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionErased || r.Waits != "" {
					t.Errorf("let go, it is %+v", r)
				}
			})
		})
	}
}

func (h *house) hold(held bool) {
	h.put(func(tx *store.Tx) error {
		r, err := store.Retentions.Get(tx, "source/source--1")
		if err != nil {
			return err
		}
		r.Held, r.Decided = held, append(r.Decided, store.Decided{By: "rob", What: "hold", Reason: "evidence"})
		return store.Retentions.Put(tx, "source/source--1", r)
	})
}

func (h *house) about(id string, state warning.DutyState) {
	h.put(func(tx *store.Tx) error {
		d, err := store.Duties.Get(tx, id)
		if err != nil {
			return err
		}
		d.Subject, d.State = "source--1", state
		return store.Duties.Put(tx, id, d)
	})
}

// The earliest of all dates binds: what the partner gave, what both signed, what
// the purpose allows. Only our own can be kept beyond the date it was given.
func TestWhichDateBinds(t *testing.T) {
	terms := warning.Terms{RetentionDays: 300, Retention: map[string]int64{"Football": 100}}
	for name, test := range map[string]struct {
		ours       bool
		review     int // days from now
		purpose    string
		rule       int64
		due, limit int
		bound      string
	}{
		"the partner's date":           {false, 50, "", 0, 51, 51, "given"},
		"ours, and the terms":          {true, 50, "", 0, 51, 300, "terms"},
		"the terms":                    {false, 700, "", 0, 300, 300, "terms"},
		"the terms for a purpose":      {false, 700, "football", 0, 100, 100, "terms"},
		"our own rule for a purpose":   {true, 700, "elections", 20, 20, 20, "purpose"},
		"a date that was past already": {false, -5, "", 0, -4, -4, "given"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.channel(partner.Active, terms)
				if test.rule > 0 {
					h.put(func(tx *store.Tx) error {
						return store.RetentionRules.Put(tx, test.purpose, store.RetentionRule{Purpose: test.purpose, Days: test.rule})
					})
				}
				start := time.Now().UTC()
				h.keepCase(store.Case{ID: "warning--1", Partner: "bravo", Ours: test.ours, Purpose: test.purpose, Review: h.in(test.review), State: store.CaseOpen})
				r := h.retention(store.OfCase, "warning--1")
				got := []any{int(r.Due.Sub(start) / day), int(r.Limit.Sub(start) / day), r.Bound}
				if diff := cmp.Diff([]any{test.due, test.limit, test.bound}, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A warning with a date that is past, be it by a day or by years, does not
// disappear unread: it waits for an answer, two weeks from when it came at most.
// Nor does one that was answered, if a correction gives it such a date.
func TestADateThatWasPast(t *testing.T) {
	for name, test := range map[string]struct {
		first, then int // days from now; then is a correction's, if it is another
		state       store.CaseState
	}{
		"today":                      {0, 0, store.CaseOpen},
		"years ago":                  {-4000, -4000, store.CaseOpen},
		"corrected to years ago":     {300, -4000, store.CaseOpen},
		"corrected when it was read": {300, -4000, store.CaseAcknowledged},
		"corrected to today":         {300, 0, store.CaseActed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.channel(partner.Active, warning.Terms{RetentionDays: 900})
				kept := store.Case{ID: "warning--1", Partner: "bravo", Review: h.in(test.first), State: store.CaseOpen, AnswerBy: time.Now().Add(1000 * day)}
				h.keepCase(kept)
				h.wait(1)
				if test.then != test.first {
					kept.Review, kept.State = h.in(test.then), test.state
					h.keepCase(kept)
					h.wait(0)
				}
				h.raised("asked", "review_date_near bravo ROUTINE")
				for range 12 {
					h.wait(1)
					if r := h.retention(store.OfCase, "warning--1"); r.State == store.RetentionErased {
						t.Fatalf("erased after %v: %+v", time.Since(r.Since), r)
					}
				}
				h.wait(3)
				if r := h.retention(store.OfCase, "warning--1"); r.State != store.RetentionErased {
					t.Errorf("it is %+v", r)
				}
			})
		})
	}
}

// A partner's date does not erase what we owe to another because of its warning,
// nor what is about to be said.
func TestADateUnderADuty(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.channel(partner.Active, warning.Terms{RetentionDays: 300})
		h.keepCase(store.Case{ID: "warning--1", Partner: "bravo", Review: h.in(1), State: store.CaseActed})
		check(t, h.Tick(t.Context()))
		owe := func(state warning.DutyState, stage warning.Stage) {
			h.put(func(tx *store.Tx) error {
				err := store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "carol", Subject: "warning--1", Title: "Square", Precedence: "ROUTINE",
					Opened: tx.Now, Due: tx.Now.Add(7 * day), State: state})
				if err != nil {
					return err
				}
				return store.Drafts.Put(tx, "draft--1", warning.Draft{ID: "draft--1", Duty: "duty--1", Stage: stage, ComposedAt: tx.Now})
			})
			h.wait(20)
		}
		for _, test := range []struct {
			state warning.DutyState
			stage warning.Stage
			waits string
		}{
			{warning.DutyOpen, warning.Composed, "a duty to warn that it opened waits for a decision"},
			{warning.DutyWarn, warning.Approved, "a duty to warn that it opened waits for a decision"},
			{warning.DutyWarned, warning.Waiting, "a warning that answers a duty that it opened is about to leave"},
		} {
			owe(test.state, test.stage)
			if r := h.retention(store.OfCase, "warning--1"); r.State != store.RetentionHeld || r.Waits != test.waits {
				t.Fatalf("while the duty is %s and the draft %s it is %+v", test.state, test.stage, r)
			}
		}
		owe(warning.DutyWarned, warning.Released)
		if r := h.retention(store.OfCase, "warning--1"); r.State != store.RetentionErased {
			t.Errorf("afterwards it is %+v", r)
		}
	})
}

// Who was not asked in time, because the node was off, is asked first.
func TestNobodyWasAsked(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.keepSource("source--1", h.in(30))
		h.wait(60) // nobody looked meanwhile
		h.raised("looked at late", "review_date_near  ROUTINE")
		h.wait(13)
		if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionAsked {
			t.Fatalf("13 days after people were asked it is %+v", r)
		}
		h.wait(1)
		if r := h.retention(store.OfSource, "source--1"); r.State != store.RetentionErased {
			t.Errorf("14 days after people were asked it is %+v", r)
		}
	})
}

// A duty that no report and no case opened has a date of its own; while it is not
// closed nothing of it is erased.
func TestADutyIsForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.put(func(tx *store.Tx) error {
			if err := store.RetentionRules.Put(tx, "", store.RetentionRule{Days: 2}); err != nil {
				return err
			}
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Title: "Square", Reasons: []string{"opened by hand"}, Precedence: "ROUTINE",
				Opened: tx.Now, Due: tx.Now.Add(7 * day), State: warning.DutyOpen})
		})
		check(t, h.Tick(t.Context()))
		h.wait(20)
		if r := h.retention(store.OfDuty, "duty--1"); r.State != store.RetentionHeld || r.Waits != "the duty is not closed" || h.duty("duty--1").Title != "Square" {
			t.Fatalf("it is %+v", r)
		}
		h.put(func(tx *store.Tx) error {
			d, err := store.Duties.Get(tx, "duty--1")
			if err != nil {
				return err
			}
			d.State = warning.DutyNotMet
			return store.Duties.Put(tx, d.ID, d)
		})
		check(t, h.Tick(t.Context()))
		if r := h.retention(store.OfDuty, "duty--1"); r.State != store.RetentionErased || h.duty("duty--1").Title != store.GoneText {
			t.Errorf("it is %+v", r)
		}
	})
}

// What is public is never erased: somebody is asked, and says until when it stands.
func TestAPublicStatementIsLookedAtAgain(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.put(func(tx *store.Tx) error {
			draft := warning.Statement{ID: "statement--1", Headline: "Prevented", WrittenAt: tx.Now}
			if err := store.Statements.Put(tx, draft.ID, draft); err != nil {
				return err
			}
			if _, known, err := store.Retentions.Find(tx, store.RetentionID(store.OfStatement, draft.ID)); err != nil || known {
				t.Errorf("one that is not cleared has a review date: %v", err)
			}
			draft.ClearedBy, draft.ClearedAt = "ruth", tx.Now
			return store.Statements.Put(tx, draft.ID, draft)
		})
		h.wait(353)
		if r := h.retention(store.OfStatement, "statement--1"); r.State != store.RetentionAsked {
			t.Errorf("two weeks before: %+v", r)
		}
		h.wait(14)
		if r := h.retention(store.OfStatement, "statement--1"); r.State != store.RetentionHeld || r.Waits != "it is public: say until when it stands" {
			t.Errorf("after its date: %+v", r)
		}
		h.raised("after its date", "erasure_held  ROUTINE", "review_date_near  ROUTINE")
		h.show(func(tx *store.Tx) error {
			s, err := store.Statements.Get(tx, "statement--1")
			if s.Headline != "Prevented" {
				t.Errorf("it says %q", s.Headline)
			}
			return err
		})
	})
}

// The objects of a collection are erased each in its time, whoever may see them;
// what is younger stays, and has its date.
func TestTheObjectsOfACollection(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		const id = "11111111-0000-4000-8000-000000000001"
		h.put(func(tx *store.Tx) error {
			if err := store.RetentionRules.Put(tx, "detection", store.RetentionRule{Purpose: "detection", Days: 90}); err != nil {
				return err
			}
			return store.Collections.Put(tx, id, store.Collection{ID: id, Title: "In", Purpose: "detection", Made: tx.Now})
		})
		add := func(name string, audience handling.TLP) {
			h.put(func(tx *store.Tx) error {
				object, err := stix.Parse([]byte(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000001-0000-4000-8000-00000000000` + name + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"x"}`))
				if err != nil {
					return err
				}
				row, err := store.NewObject(id, "", nil, object)
				if err == nil {
					_, err = tx.KeepObject(row, func(stix.Object, *handling.Handling, func(string) []stix.Object) (handling.TLP, string) {
						return audience, ""
					})
				}
				return err
			})
		}
		count := func() (n int64) {
			h.show(func(tx *store.Tx) (err error) {
				n, err = tx.CountObjects()
				return err
			})
			return n
		}
		add("1", handling.Green)
		add("2", store.Nobody)
		h.wait(60)
		add("3", handling.Green)
		h.wait(17) // two weeks before the first
		if r := h.retention(store.OfCollection, id); r.State != store.RetentionAsked || count() != 3 {
			t.Errorf("two weeks before: %+v, %d objects", r, count())
		}
		h.raised("two weeks before", "review_date_near  ROUTINE")
		h.wait(14)
		if r := h.retention(store.OfCollection, id); r.State != store.RetentionKept || count() != 1 || time.Until(r.Due) < 55*day {
			t.Errorf("after the date of two: %+v, %d objects", r, count())
		}
		h.wait(45)
		h.wait(15)
		h.wait(10)
		if r := h.retention(store.OfCollection, id); r.State != store.RetentionKept || count() != 0 {
			t.Errorf("after all dates: %+v, %d objects", r, count())
		}
	})
}
