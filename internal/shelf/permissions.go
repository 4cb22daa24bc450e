// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what was asked of originators, by us and by partners.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Permissions lists the requests for permission that wait, the grants that count, and
// what was withdrawn as long as nobody has said what was done, ours and theirs, newest
// first; all, if asked for. A list says nothing of
// what people wrote: see Permission.
func (s *Shelf) Permissions(ctx context.Context, who caller.Caller, all bool) (list []api.Permission, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase}, func(tx *store.Tx) error {
		states := []string{store.PermissionOpen, store.PermissionWithdrawn, store.PermissionGranted}
		if all {
			states = nil
		}
		list, err = listedPermissions(tx, who, func(p *api.Permission) bool { return all || p.Ended == "" }, states...)
		return err
	})
	return list, err
}

func listedPermissions(tx *store.Tx, who caller.Caller, want func(*api.Permission) bool, states ...string) ([]api.Permission, error) {
	list, err := permissions(tx, who, want, states...)
	for i := range list {
		withoutWords(&list[i])
	}
	return list, err
}

// Permission is one request, by its id or the hash of its message. A Conflict if
// several have that id. What it says is read as its case is: it is logged, and asks
// for a reason where the case does.
func (s *Shelf) Permission(ctx context.Context, who caller.Caller, id string) (shown api.Permission, err error) {
	shown, err = s.PermissionAfter(ctx, who, id)
	if err != nil || !saysWords(&shown) {
		return shown, err
	}
	err = s.store.Show(ctx, who, store.What{Act: caller.ReadCase, Subject: shown.Case, Note: shown.ID}, func(*store.Tx) error { return nil })
	if err != nil {
		return api.Permission{}, err
	}
	return shown, nil
}

// PermissionAfter is a request as it stands, for whoever has just changed it: that
// is a line of the log by itself.
func (s *Shelf) PermissionAfter(ctx context.Context, who caller.Caller, id string) (shown api.Permission, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadCase, Subject: id}, func(tx *store.Tx) error {
		list, err := permissions(tx, who, func(p *api.Permission) bool { return p.ID == id || p.Hash == id })
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return problem.New(problem.Missing, "see tocsin permission list --all", "no request for permission has this id")
		case len(list) > 1:
			return problem.New(problem.Conflict, "give the hash of its message in place of the id", "several requests have this id")
		}
		shown = list[0]
		return nil
	})
	return shown, err
}

// permissions are those of the requests that are wanted. Of a case that somebody
// may not open, or that is restricted, the words are left out, and of what a partner
// says whose terms keep it from an overseer.
func permissions(tx *store.Tx, who caller.Caller, want func(*api.Permission) bool, states ...string) (list []api.Permission, err error) {
	kept, err := store.Permissions.List(tx, 0, states...)
	if err != nil {
		return nil, err
	}
	hides, err := newHiding(tx, who)
	if err != nil {
		return nil, err
	}
	for i := range kept {
		shown, err := showPermission(tx, &kept[i])
		if err != nil {
			return nil, err
		}
		if !want(&shown) {
			continue
		}
		c, ok, err := store.Cases.Find(tx, shown.Case)
		if err != nil {
			return nil, err
		}
		if ok {
			if shown.Handling, err = tx.HandlingOf(&c); err != nil {
				return nil, err
			}
		}
		third, err := hides.isThird(shown.Partner)
		if err != nil {
			return nil, err
		}
		if third || hides.restricted[shown.Case] || ok && mayOpen(who, &c) != nil {
			withoutWords(&shown)
		}
		list = append(list, shown)
	}
	return list, nil
}

func showPermission(tx *store.Tx, p *store.Permission) (api.Permission, error) {
	shown := api.Permission{
		PermissionRequest: p.Request, Partner: p.Partner, Ours: p.Ours, State: "open", Hash: p.Hash, Overdue: p.Overdue,
		Answer: p.Answer, AnswerHash: p.AnswerHash, Withdrawn: p.Withdrawn, WithdrawnHash: p.WithdrawnHash, Waits: p.Waits,
	}
	if p.Done != nil {
		shown.Done = &api.PermissionDone{By: p.Done.By, At: p.Done.At, What: p.Done.What}
	}
	left, err := tx.Left(p)
	if err != nil {
		return shown, err
	}
	for _, use := range left {
		shown.PassedTo = append(shown.PassedTo, api.PassedTo{Partner: use.Partner, Case: use.Case})
	}
	if p.Proposed != nil {
		shown.State = "proposed"
		shown.Proposed = &api.ProposedPermission{Permission: p.Proposed.Permission, Hash: p.Proposed.Hash, By: p.Proposed.By, At: p.Proposed.At}
	}
	switch {
	case p.Withdrawn != nil:
		shown.State = string(warning.PermissionWithdrawn)
	case p.Answer != nil:
		shown.State = string(p.Answer.Answer)
	}
	if shown.State != string(warning.PermissionGranted) && p.Gone.IsZero() {
		return shown, nil
	}
	ended, err := tx.Ended(p)
	if shown.Ended = ended; ended != "" {
		shown.State = "ended"
	}
	return shown, err
}

// saysWords reports whether anything is left of what people wrote.
func saysWords(p *api.Permission) bool {
	return p.Reason != "" && p.Reason != store.GoneText || p.Proposed != nil || p.Answer != nil && p.Answer.Reason+p.Answer.Conditions != "" ||
		p.Withdrawn != nil && p.Withdrawn.Reason != "" || p.Done != nil && p.Done.What != ""
}

// withoutWords takes out what people wrote: it may quote what is for named persons.
func withoutWords(p *api.Permission) {
	p.Reason, p.Proposed, p.Handling.Note = "", nil, ""
	if p.Done != nil {
		p.Done = &api.PermissionDone{By: p.Done.By, At: p.Done.At}
	}
	for _, said := range []**warning.Permission{&p.Answer, &p.Withdrawn} {
		if *said != nil {
			bare := **said
			bare.Reason, bare.Conditions = "", ""
			*said = &bare
		}
	}
}
