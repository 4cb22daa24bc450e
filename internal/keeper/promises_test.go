// SPDX-License-Identifier: Apache-2.0

package keeper_test

// This file lets the review dates come of what is of no case: watches, pledges,
// questions, what was heard by voice, and what partners said in a recovery.

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const word = "Square"

// promises are one of each kind, by the names that people use.
var promises = []string{"watch--1", "pledge--1", "in:bravo:pledge--1", "inquiry--1", "in:bravo:inquiry--1", "heard--00ff", "restore--1"}

// promise keeps one of each kind, with a word in it.
func (h *house) promise() {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		w := warning.Watch{ID: "watch--1", Event: word, Words: []string{word}, Window: warning.Window{Start: tx.Now, End: tx.Now.Add(day)}, At: tx.Now}
		p := warning.Pledge{ID: "pledge--1", Text: word, Words: []string{word}, At: tx.Now}
		q := warning.Inquiry{ID: "inquiry--1", Question: word, About: &warning.Target{Name: word}, Precedence: "ROUTINE", At: tx.Now}
		r := store.Recovery{Restored: store.Restored{ID: "restore--1"}, Began: tx.Now, Ended: tx.Now, Partners: []store.Regained{{Partner: "bravo", Heard: tx.Now}}}
		return errors.Join(
			store.Watches.Put(tx, w.ID, w),
			store.Pledges.Put(tx, p.ID, warning.KeptPledge{Pledge: p, Partner: "bravo", Ours: true}),
			store.Pledges.Put(tx, store.PledgeID("bravo", false, p.ID), warning.KeptPledge{Pledge: p, Partner: "bravo"}),
			store.Inquiries.Put(tx, q.ID, warning.KeptInquiry{Inquiry: q, Partner: "bravo", Ours: true}),
			store.Inquiries.Put(tx, store.InquiryID("bravo", false, q.ID), warning.KeptInquiry{Inquiry: q, Partner: "bravo"}),
			store.Heards.Put(tx, "00ff", store.Heard{Partner: "bravo", Prefix: "00ff", Sealed: []byte(word), At: tx.Now}),
			store.Recoveries.Put(tx, r.ID, r),
			store.Standings.Put(tx, store.StandingID(r.ID, "bravo"), store.StandingSaid{Recovery: r.ID, Partner: "bravo", Said: []byte(word)}),
		)
	})
}

// said are the things of promise that still say the word.
func (h *house) said() (all []string) {
	h.t.Helper()
	h.show(func(tx *store.Tx) error {
		look := func(name string, noun any, ok bool, err error) {
			check(h.t, err)
			raw, err := json.Marshal(noun)
			check(h.t, err)
			if ok && (strings.Contains(string(raw), word) || strings.Contains(string(raw), "U3F1YXJl")) { // the word in base64
				all = append(all, name)
			}
		}
		w, ok, err := store.Watches.Find(tx, "watch--1")
		look("watch--1", w, ok, err)
		for _, ours := range []bool{true, false} {
			p, ok, err := store.Pledges.Find(tx, store.PledgeID("bravo", ours, "pledge--1"))
			look(map[bool]string{true: "pledge--1", false: "in:bravo:pledge--1"}[ours], p, ok, err)
		}
		for _, ours := range []bool{true, false} {
			q, ok, err := store.Inquiries.Find(tx, store.InquiryID("bravo", ours, "inquiry--1"))
			look(map[bool]string{true: "inquiry--1", false: "in:bravo:inquiry--1"}[ours], q, ok, err)
		}
		heard, ok, err := store.Heards.Find(tx, "00ff")
		look("heard--00ff", heard, ok, err)
		s, ok, err := store.Standings.Find(tx, store.StandingID("restore--1", "bravo"))
		look("restore--1", s, ok, err)
		return nil
	})
	return all
}

func (h *house) named(name string) store.Retention {
	h.t.Helper()
	kind, id, ok := store.KeptAs(name)
	if !ok {
		h.t.Fatalf("%q names nothing", name)
	}
	r := h.retention(kind, id)
	if r.Name() != name {
		h.t.Errorf("%q is called %q", name, r.Name())
	}
	return r
}

// Each is asked about two weeks before its year is over, and says nothing afterwards;
// what people kept longer stays until then, and what they decided is on record.
func TestPromisesAreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.promise()
		h.wait(351)
		h.raised("two weeks and a day before")
		h.wait(2)
		h.raised("two weeks before", "review_date_near  ROUTINE", "review_date_near bravo ROUTINE")
		for _, name := range promises {
			if r := h.named(name); r.State != store.RetentionAsked || r.Bound != "purpose" {
				t.Errorf("two weeks before, %s is %+v", name, r)
			}
		}
		h.put(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, "pledge/pledge--1")
			if err != nil {
				return err
			}
			r.Due, r.State, r.Decided = tx.Now.Add(60*day), store.RetentionKept, []store.Decided{{By: "dan", What: "keep", Reason: "It holds.", Until: tx.Now.Add(60 * day)}}
			return store.Retentions.Put(tx, "pledge/pledge--1", r)
		})
		if diff := cmp.Diff(promises, h.said()); diff != "" {
			t.Errorf("before the date (-want +got):\n%s", diff)
		}
		h.wait(15)
		if diff := cmp.Diff([]string{"pledge--1"}, h.said()); diff != "" {
			t.Errorf("after it (-want +got):\n%s", diff)
		}
		h.wait(31) // people are asked about it
		h.wait(15)
		if diff := cmp.Diff([]string(nil), h.said()); diff != "" {
			t.Errorf("after what people kept (-want +got):\n%s", diff)
		}
		for _, name := range promises {
			if r := h.named(name); r.State != store.RetentionErased || r.Ground != warning.DestroyedByDate || r.By != "clock" {
				t.Errorf("afterwards, %s is %+v", name, r)
			}
		}
		if r := h.named("pledge--1"); len(r.Decided) != 1 || r.Decided[0].By != "dan" || r.Decided[0].Reason != "" {
			t.Errorf("what was decided is %+v", r.Decided)
		}
		h.raised("our pledge is not ended behind anybody's back", "pledge_ended pledge--1 PRIORITY", "review_date_near  ROUTINE", "review_date_near bravo ROUTINE")
		h.show(func(tx *store.Tx) error {
			for _, ours := range []bool{true, false} {
				p, err := store.Pledges.Get(tx, store.PledgeID("bravo", ours, "pledge--1"))
				if err != nil || p.Erased.IsZero() || p.Pledge.At.IsZero() || p.InForce(tx.Now.Add(2*day)) || (p.End != nil) != ours {
					t.Errorf("what is left of it is %+v, %v", p, err)
				}
			}
			wishes, err := store.Wishes.List(tx, 0)
			if err != nil || len(wishes) != 1 || wishes[0].Partner != "bravo" || wishes[0].Kind != "pledge_ended" || strings.Contains(string(wishes[0].Payload), word) {
				t.Errorf("it is wished %+v, %v", wishes, err)
			}
			q, err := store.Inquiries.Get(tx, "inquiry--1")
			if q.Inquiry.Question != store.GoneText || q.Inquiry.At.IsZero() {
				t.Errorf("what is left of it is %+v", q)
			}
			return err
		})
	})
}

// What is said anew by a partner under the same name has a date again.
func TestAPledgeIsGivenAgain(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.promise()
		h.wait(353)
		h.wait(15)
		if said := h.said(); len(said) != 0 {
			t.Fatalf("%q say the word", said)
		}
		h.promise()
		for _, name := range promises {
			if r := h.named(name); name != "watch--1" && name != "restore--1" && (r.State != store.RetentionKept || time.Until(r.Due) < 364*day || time.Since(r.Since) > day) {
				t.Errorf("said again, %s is %+v", name, r)
			}
		}
	})
}

// What holds an erasure back holds that of each, and is said.
func TestWhatHoldsAPromise(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.put(func(tx *store.Tx) error {
			return store.Channels.Put(tx, "bravo", partner.Channel{Name: "bravo", State: partner.Active})
		})
		h.promise()
		h.put(func(tx *store.Tx) error {
			for _, kind := range []string{store.OfWatch, store.OfRecovery} {
				if err := store.RetentionRules.Put(tx, kind, store.RetentionRule{Purpose: kind, Days: 2}); err != nil {
					return err
				}
			}
			w := warning.Watch{ID: "watch--2", Event: word, Window: warning.Window{Start: tx.Now, End: tx.Now.Add(100 * day)}, At: tx.Now}
			r := store.Recovery{Restored: store.Restored{ID: "restore--2"}, Began: tx.Now, Partners: []store.Regained{{Partner: "bravo"}}}
			for i := range match.MostAsked { // no more are shown one by one: the next waits
				d := warning.Duty{ID: fmt.Sprint("duty--", i), Partner: "bravo", Subject: fmt.Sprint("inquiry--", 100+i), Precedence: "ROUTINE", Due: tx.Now.Add(1000 * day), State: warning.DutyOpen}
				check(t, store.Duties.Put(tx, d.ID, d))
			}
			return errors.Join(store.Watches.Put(tx, w.ID, w), store.Recoveries.Put(tx, r.ID, r))
		})
		check(t, h.Tick(t.Context()))
		h.wait(20)
		for name, waits := range map[string]string{"watch--2": "it runs until " + string(h.in(80)), "restore--2": "the recovery is not over"} {
			if r := h.named(name); r.State != store.RetentionHeld || r.Waits != waits {
				t.Errorf("%s is %+v", name, r)
			}
		}
		h.wait(333)
		h.wait(15)
		for _, name := range promises {
			r, want := h.named(name), ""
			if name == "in:bravo:inquiry--1" {
				want = "it waits for its duty"
			}
			if r.Waits != want || (want == "") != (r.State == store.RetentionErased) {
				t.Errorf("%s is %+v", name, r)
			}
		}
		h.channel(partner.Frozen, warning.Terms{})
		check(t, h.Tick(t.Context()))
		if r := h.named("in:bravo:inquiry--1"); r.Waits != "the channel to bravo is frozen" {
			t.Errorf("frozen, it is %+v", r)
		}
	})
}

// A question goes with the duty that it opened, and what was heard with the case of
// its message: neither has a date of its own any more.
func TestWhatGoesWithAnother(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.promise()
		h.put(func(tx *store.Tx) error {
			q, err := store.Inquiries.Get(tx, "in/bravo/inquiry--1")
			check(t, err)
			q.Duty = "duty--1"
			heard, err := store.Heards.Get(tx, "00ff")
			check(t, err)
			heard.Message = strings.Repeat("00ff", 16)
			check(t, tx.AddMessage(store.Message{Hash: heard.Message, Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: 1, Epoch: 1, Kind: envelope.Warning, Thread: "warning--1",
				At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: []byte("{}")}))
			return errors.Join(store.Inquiries.Put(tx, "in/bravo/inquiry--1", q), store.Heards.Put(tx, "00ff", heard))
		})
		h.show(func(tx *store.Tx) error {
			for _, id := range []string{"inquiry/in/bravo/inquiry--1", "heard/00ff"} {
				if r, known, err := store.Retentions.Find(tx, id); known || err != nil {
					t.Errorf("%s has a date of its own: %+v, %v", id, r, err)
				}
			}
			undated, err := tx.Undated(10)
			if len(undated) > 0 {
				t.Errorf("without a date: %+v", undated)
			}
			return err
		})
	})
}

// What an older program kept without a date is given one at the start, once.
func TestPromisesOfAnOlderProgram(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.promise()
		h.put(func(tx *store.Tx) error {
			kept, err := store.Retentions.List(tx, 0)
			for _, r := range kept {
				err = errors.Join(err, store.Retentions.Delete(tx, store.RetentionID(r.Kind, r.ID)))
			}
			return err
		})
		check(t, h.Tick(t.Context()))
		for _, name := range promises {
			if r := h.named(name); r.State != store.RetentionKept {
				t.Errorf("%s is %+v", name, r)
			}
		}
	})
}

// An erasure that fails is made again; one that happened although it is said to have
// failed is not made twice.
func TestAPromiseIsErasedTwice(t *testing.T) {
	for _, happened := range []bool{false, true} {
		t.Run(fmt.Sprintf("happened %t", happened), func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.promise()
				h.wait(353)
				erase := func(fail error) error {
					return h.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Erase}, func(tx *store.Tx) error {
						for _, name := range promises {
							kind, id, _ := store.KeptAs(name)
							r, err := store.Retentions.Get(tx, store.RetentionID(kind, id))
							check(t, err)
							check(t, tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock"))
						}
						return fail
					})
				}
				broken := errors.New("the disk is full")
				if happened {
					check(t, erase(nil))
				} else if err := erase(broken); !errors.Is(err, broken) {
					t.Fatal(err)
				}
				if said := h.said(); (len(said) == 0) != happened {
					t.Fatalf("%q say the word", said)
				}
				again := keeper.New(slog.New(slog.DiscardHandler), h.store) // as after a restart
				h.Keeper = again
				h.wait(15)
				check(t, erase(nil)) // who was not told does it again
				if said := h.said(); len(said) != 0 {
					t.Errorf("%q say the word", said)
				}
				h.raised("once", "pledge_ended pledge--1 PRIORITY", "review_date_near  ROUTINE", "review_date_near bravo ROUTINE")
				h.show(func(tx *store.Tx) error {
					if wishes, err := store.Wishes.Count(tx); wishes != 1 || err != nil {
						t.Errorf("bravo is told %d times, %v", wishes, err)
					}
					audit, err := tx.Verify(func(store.Message, *envelope.Message) error { return nil }, nil)
					if err == nil && len(audit.Wrong) > 0 {
						t.Errorf("%q", audit.Wrong)
					}
					return err
				})
			})
		})
	}
}
