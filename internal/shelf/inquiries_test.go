// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file reads what partners ask each other.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A question about a person is shown without its words in a list, in that of the duty
// it opened, too; whoever opens it says why, but who asked it. One reason opens both.
func TestAListOfQuestionsShowsNothingThatAsks(t *testing.T) {
	r := newRoom(t)
	ann, rob := named("ann", caller.Analyst), named("rob", caller.Releaser)
	ask := func(id, kind string, ours bool) warning.KeptInquiry {
		q := warning.KeptInquiry{Partner: "carol", Ours: ours, Inquiry: warning.Inquiry{ID: id, Question: "Is the lighthouse watched?", About: &warning.Target{Kind: warning.TargetKind(kind), Name: "lighthouse"}}}
		if ours {
			q.AskedBy = "ann"
		} else {
			q.Duty = "duty--" + id
		}
		return q
	}
	r.change(caller.Inquire, func(tx *store.Tx) error {
		for _, q := range []warning.KeptInquiry{ask("inquiry--1", "person", false), ask("inquiry--1", "person", true), ask("inquiry--2", "event", false)} {
			q.Inquiry.At = tx.Now
			if err := store.Inquiries.Put(tx, store.InquiryID("carol", q.Ours, q.Inquiry.ID), q); err != nil {
				return err
			}
		}
		return nil
	})
	r.owe("duty--inquiry--1", "inquiry--1", false)
	r.owe("duty--inquiry--2", "inquiry--2", false)

	listed := func(who caller.Caller, name string) warning.KeptInquiry {
		t.Helper()
		all, err := r.shelf.Inquiries(t.Context(), who)
		for _, q := range all {
			if err == nil && q.Name() == name {
				return q
			}
		}
		t.Fatalf("%s is not in %+v, %v", name, all, err)
		return warning.KeptInquiry{}
	}
	for name, hidden := range map[string]bool{"in:carol:inquiry--1": true, "inquiry--1": true, "in:carol:inquiry--2": false} {
		q := listed(rob, name)
		if says(t, q) == hidden || (q.Withheld == "this names persons: open it") != hidden || q.Partner != "carol" || q.Inquiry.At.IsZero() {
			t.Errorf("of %s rob is shown %+v", name, q)
		}
	}
	if q := listed(ann, "inquiry--1"); !says(t, q) {
		t.Errorf("who asked is shown %+v", q)
	}
	duties, err := r.shelf.Duties(t.Context(), rob, true)
	if err != nil || len(duties) != 2 {
		t.Fatal(duties, err)
	}
	for _, d := range duties {
		if hidden := strings.HasSuffix(d.ID, "1"); says(t, d) == hidden {
			t.Errorf("of the duty %s rob is shown %+v", d.ID, d)
		}
	}

	const theirs = "in/carol/inquiry--1"
	q, err := r.shelf.Inquiry(t.Context(), rob, "in:carol:inquiry--1")
	if asked := problem.Of(err); !problem.Is(err, problem.Reason) || asked.Subject != theirs || says(t, q) {
		t.Errorf("without a reason rob is shown %+v, %v", q, err)
	}
	if d, err := r.shelf.Duty(t.Context(), rob, "duty--inquiry--1"); !problem.Is(err, problem.Reason) || says(t, d) {
		t.Errorf("without a reason rob is shown the duty %+v, %v", d, err)
	}
	if err := r.reason(rob, theirs, "to answer carol"); err != nil {
		t.Fatal(err)
	}
	if q, err := r.shelf.Inquiry(t.Context(), rob, "in:carol:inquiry--1"); err != nil || !says(t, q) || q.Withheld != "" {
		t.Errorf("with a reason rob is shown %+v, %v", q, err)
	}
	if d, err := r.shelf.Duty(t.Context(), rob, "duty--inquiry--1"); err != nil || !says(t, d) {
		t.Errorf("with a reason rob is shown the duty %+v, %v", d, err)
	}
	if q, err := r.shelf.Inquiry(t.Context(), rob, "inquiry--1"); !problem.Is(err, problem.Conflict) {
		t.Errorf("of two with one id rob is shown %+v, %v", q, err)
	}
	if q, err := r.shelf.Inquiry(t.Context(), rob, "inquiry--2"); err != nil || !says(t, q) {
		t.Errorf("of an event rob is shown %+v, %v", q, err)
	}
	reads, err := r.shelf.Reads(t.Context(), named("olga", caller.Overseer), api.ReadsOf{Case: "in:carol:inquiry--1"})
	if err != nil || len(reads) != 1 || reads[0].Reason != "to answer carol" {
		t.Errorf("the list of reads says %+v, %v", reads, err)
	}
}
