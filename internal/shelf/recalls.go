// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows recalls, and the views of a dispute side by side.

import (
	"context"
	"maps"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Recalls lists the recalls that wait for an answer, ours and theirs, newest
// first; all, if asked for; of those with one of the ids, if any is named.
func (s *Shelf) Recalls(ctx context.Context, who caller.Caller, all bool, ids ...string) (list []api.Recall, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		list, err = listedRecalls(tx, who, all, func(r store.Recall) bool {
			return knowsRedress(who, &r) && (len(ids) == 0 || slices.Contains(ids, r.Recall.ID))
		})
		return err
	})
	return list, err
}

// listedRecalls are recalls as a list shows them: of what asks for a reason, they say
// none of theirs.
func listedRecalls(tx *store.Tx, who caller.Caller, all bool, want func(store.Recall) bool) ([]api.Recall, error) {
	list, err := recalls(tx, who, all, want)
	if err != nil {
		return nil, err
	}
	hide, err := newHiding(tx, who)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := hide.recall(&list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// recalls of what who may not open say no reason.
func recalls(tx *store.Tx, who caller.Caller, all bool, want func(store.Recall) bool) (list []api.Recall, err error) {
	states := []string{store.RecallOpen}
	if all {
		states = nil
	}
	kept, err := store.Recalls.List(tx, 0, states...)
	if err != nil {
		return nil, err
	}
	for _, r := range kept {
		if !want(r) {
			continue
		}
		shown := api.Recall{
			Recall: r.Recall, Partner: r.Partner, Ours: r.Ours, State: store.RecallOpen, Hash: r.Hash, Kind: r.Kind,
			Quarantined: r.Quarantined, Overdue: r.Overdue, Answer: r.Answer, AnswerHash: r.AnswerHash,
		}
		if shown.Handling, err = handlingOfRecall(tx, &r); err != nil {
			return nil, err
		}
		if r.Answer != nil {
			shown.State = store.RecallAnswered
		}
		c, is, err := caseOf(tx, r.Recall.Case, r.Partner)
		if err != nil {
			return nil, err
		}
		if is && mayOpen(who, c) != nil {
			shown.Recall.Reason = untold
		}
		if !r.Ours {
			if shown.PassedTo, err = passedTo(tx, r.Recall.Case); err != nil {
				return nil, err
			}
		}
		list = append(list, shown)
	}
	return list, nil
}

// handlingOfRecall is that of the warning which is spoken of, or, where its case is
// not here, of the message that says it.
func handlingOfRecall(tx *store.Tx, r *store.Recall) (handling.Handling, error) {
	c, known, err := store.Cases.Find(tx, r.Recall.Case)
	if err != nil {
		return handling.Handling{}, err
	}
	if known && c.Partner == r.Partner {
		return tx.HandlingOf(&c)
	}
	return tx.HandlingOfMessage(r.Hash)
}

// passedTo are those whom we warned of what a case is about: a recall of it does
// not reach them unless we recall, too.
func passedTo(tx *store.Tx, id string) (passed []api.PassedTo, err error) {
	// One whose warning did not reach whom it is owed to, or was written before the duty
	// grew, is open again: others may have the warning.
	duties, err := store.Duties.List(tx, 0, append(warning.Unclosed(), string(warning.DutyWarned))...)
	if err != nil {
		return nil, err
	}
	for _, duty := range duties {
		if !duty.About(id) || duty.Draft == "" {
			continue
		}
		draft, err := store.Drafts.Get(tx, duty.Draft)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(draft.Sent)) {
			passed = append(passed, api.PassedTo{Partner: name, Case: draft.Sent[name]})
		}
	}
	return passed, nil
}

// disputes are the disputes of a case, each with what was said to it.
func disputes(messages []store.Message) []api.Disputed {
	var all []api.Disputed
	place := make(map[string]int) // in all, by the id of a view
	settled := make(map[int][2]bool)
	for _, m := range messages {
		if m.Kind != envelope.Dispute {
			continue
		}
		payload, err := warning.Decode(m.Kind, m.Payload)
		view, is := payload.(*warning.Dispute)
		if err != nil || !is {
			continue
		}
		at, known := place[view.To]
		if !known {
			at = len(all)
			all = append(all, api.Disputed{About: view.About})
		}
		if _, taken := place[view.ID]; !taken { // whoever says an id again takes no other's place
			place[view.ID] = at
		}
		side, d := 0, &all[at]
		if m.Direction == store.In {
			side = 1
			d.Theirs = append(d.Theirs, api.View{Dispute: *view, Hash: m.Hash})
		} else {
			d.Ours = append(d.Ours, api.View{Dispute: *view, Hash: m.Hash})
		}
		both := settled[at]
		both[side] = both[side] || view.Settled
		settled[at] = both
		d.Settled = both[0] && both[1]
	}
	return all
}
