// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that questions which were answered are not looked through for
// those that wait.

import (
	"testing"

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
		waiting, err := Inquiries.List(tx, 0, Theirs)
		if len(waiting) != 1 || waiting[0].Answer != nil {
			t.Errorf("waiting: %+v", waiting)
		}
		if all, _ := Inquiries.List(tx, 0); len(all) != 3 {
			t.Errorf("all: %+v", all)
		}
		return err
	}))
}
