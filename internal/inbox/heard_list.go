// SPDX-License-Identifier: Apache-2.0

package inbox

// This file shows what was heard by voice, as its case would be shown.

import (
	"context"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// HeardList shows what was heard by voice, newest first: of what asks for a reason,
// and of what who asks may not open, no word of it. Reading it is logged.
func (in *Inbox) HeardList(ctx context.Context, who caller.Caller) (list []api.Heard, err error) {
	err = in.store.Show(ctx, who, store.What{Act: caller.ReadCase, Note: heardNote}, func(tx *store.Tx) error {
		all, err := store.Heards.List(tx, 200)
		for _, heard := range all {
			shown, ok, failed := in.heardFor(tx, who, heard)
			if failed != nil {
				return failed
			}
			if !ok {
				continue
			}
			if shown.Withheld, err = untold(tx, who, &heard); err != nil {
				return err
			}
			if shown.Withheld != "" {
				shown.Text, shown.Target, shown.Country = "", "", ""
			}
			list = append(list, shown)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// OneHeard shows one thing that was heard, by its id, as the list names it. Who did
// not type it is asked for a reason where a report like it asks; once its message has
// come it is read as its case is.
func (in *Inbox) OneHeard(ctx context.Context, who caller.Caller, id string) (shown api.Heard, err error) {
	id = strings.TrimPrefix(id, store.HeardSubject(""))
	what := store.What{Act: caller.ReadCase, Subject: store.HeardSubject(id), Note: heardNote}
	err = in.store.Show(ctx, who, what, func(tx *store.Tx) error {
		heard, err := store.Heards.Get(tx, id)
		if err != nil {
			return err
		}
		if err := opens(tx, who, &heard); err != nil {
			return err
		}
		var ok bool
		shown, ok, err = in.heardFor(tx, who, heard)
		if err == nil && !ok {
			err = problem.New(problem.Missing, "see tocsin heard --list", "this is not to be read any more, or not by you")
		}
		return err
	})
	if problem.Is(err, problem.Denied) {
		err = in.store.Deny(ctx, who, what, err)
	}
	if err != nil {
		return api.Heard{}, err
	}
	return shown, nil
}

const heardNote = "heard by voice"

// heardFor is what was heard, with its words. ok is false if nobody can read it any
// more, since the secret was agreed on anew and its message has come or never will;
// and if the terms keep the partner's words from an overseer.
func (in *Inbox) heardFor(tx *store.Tx, who caller.Caller, heard store.Heard) (shown api.Heard, ok bool, err error) {
	channel, key, content, err := in.speaker(tx, heard.Sealed)
	if problem.Is(err, problem.Invalid) {
		return shown, false, nil
	}
	if err != nil {
		return shown, false, err
	}
	third, err := tx.ThirdParty(who, heard.Partner)
	if err != nil || third {
		return shown, false, err
	}
	shown = showHeard(heard, channel, content)
	shown.ReadBack = key.ReadBack(heard.Sealed)
	return shown, true, nil
}

// untold says why a list says no word of what was heard; empty if it does.
func untold(tx *store.Tx, who caller.Caller, heard *store.Heard) (why string, err error) {
	if !who.Has(caller.Overseer) {
		if is, err := tx.Restricted(heard.Case); err != nil || is {
			return "restricted", err
		}
	}
	if err := opens(tx, who, heard); err != nil {
		if problem.Is(err, problem.Denied) {
			return "for named persons", nil
		}
		return "", err
	}
	if why, err = tx.HeardAsks(heard); why != "" {
		why += ": open it"
	}
	return why, err
}

// opens refuses what was heard to whom its case, if that is here, is closed. TLP 2.0
func opens(tx *store.Tx, who caller.Caller, heard *store.Heard) error {
	c, ok, err := store.Cases.Find(tx, heard.Case)
	if err != nil || !ok || c.Partner != heard.Partner {
		return err
	}
	return c.OpensFor(who, policy.Named)
}
