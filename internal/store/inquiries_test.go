// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that questions which were answered are not looked through for
// those that wait.

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/warning"
)

func TestAnsweredQuestionsWaitNoMore(t *testing.T) {
	k := newKit(t)
	answer := &warning.InquiryAnswer{}
	k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
		for id, q := range map[string]warning.KeptInquiry{
			"inquiry--1":          {Ours: true, Answer: answer},
			"in/bravo/inquiry--2": {Partner: "bravo"},
			"in/bravo/inquiry--3": {Partner: "bravo", Answer: answer},
		} {
			if err := Inquiries.put(tx, id, q); err != nil {
				return err
			}
		}
		return nil
	}))
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		waiting, err := tx.WaitingOf(Asker{Partner: "bravo"}, 10)
		if !slices.Equal(waiting, []string{"in/bravo/inquiry--2"}) {
			t.Errorf("waiting: %q", waiting)
		}
		if all, _ := Inquiries.List(tx, 0); len(all) != 3 {
			t.Errorf("all: %+v", all)
		}
		return err
	}))
}

// Of what waits no more is read than may be opened, whatever else was asked: by who
// asked, and how urgently, the oldest first.
func TestQuestionsThatWait(t *testing.T) {
	k := newKit(t)
	began := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	k.must(k.Change(t.Context(), officer, keep, func(tx *Tx) error {
		for i := range 40 {
			q := warning.KeptInquiry{Partner: "bravo", Inquiry: warning.Inquiry{ID: fmt.Sprintf("inquiry--%02d", i), Precedence: "ROUTINE", At: began.Add(-time.Duration(i) * time.Hour)}}
			switch {
			case i == 3:
				q.Inquiry.Precedence = "FLASH"
			case i == 4:
				q.Partner = "carol/x"
			case i == 5:
				q.Ours = true
			case i < 30:
				q.Duty = "duty--1"
			case i == 30:
				q.Answer = &warning.InquiryAnswer{}
			}
			if err := Inquiries.put(tx, InquiryID(q.Partner, q.Ours, q.Inquiry.ID), q); err != nil {
				return err
			}
		}
		return nil
	}))
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		askers, err := tx.Askers()
		want := []Asker{{"bravo", "FLASH"}, {"bravo", "ROUTINE"}, {"carol/x", "ROUTINE"}}
		if !slices.Equal(askers, want) {
			t.Errorf("%+v wait, %v", askers, err)
		}
		ids, err := tx.WaitingOf(want[1], 2)
		if !slices.Equal(ids, []string{"in/bravo/inquiry--39", "in/bravo/inquiry--38"}) {
			t.Errorf("the first to be opened are %q, %v", ids, err)
		}
		if all, err := tx.WaitingOf(want[1], 100); err != nil || len(all) != 9 {
			t.Errorf("%d wait, %v", len(all), err)
		}
		return nil
	}))
}
