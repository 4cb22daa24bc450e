// SPDX-License-Identifier: Apache-2.0

package outbox

// This file corrects what was sent: a new version takes the same way as a
// warning, and leaves in the same case.

import (
	"bytes"
	"context"
	"strings"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Correct keeps a draft that corrects what was sent: in one case, or with the id
// of a draft that was released for every partner that has a copy of it. Each
// partner's new version is cut, shown and released as a warning is. What the
// draft does not say of its source is that of what it corrects.
func (o *Outbox) Correct(ctx context.Context, who caller.Caller, of, change string, draft warning.Draft) (warning.Draft, error) {
	draft.ID = ""
	return o.compose(ctx, who, draft, func(tx *store.Tx, draft *warning.Draft) error {
		draft.Change = change
		if strings.HasPrefix(of, "draft--") {
			before, err := store.Drafts.Get(tx, of)
			if err != nil {
				return err
			}
			draft.Corrects = before.Sent
			inherit(draft, &before)
			return nil
		}
		c, err := store.Cases.Get(tx, of)
		if err != nil {
			return err
		}
		if !c.Ours {
			return problem.New(problem.Conflict, "dispute it, or ask back", "this warning is %s's: only they can correct it", c.Partner)
		}
		before, err := store.Drafts.Get(tx, c.Draft)
		if err != nil {
			return err
		}
		draft.Corrects = map[string]string{c.Partner: c.ID}
		inherit(draft, &before)
		return nil
	})
}

func inherit(draft, before *warning.Draft) {
	if draft.Source == "" {
		draft.Source = before.Source
	}
	draft.Duty = "" // the warning has answered it
}

// correctable refuses a correction of nothing, for no reason, or for somebody who
// was not sent what it corrects.
func correctable(draft *warning.Draft) error {
	if draft.Corrects == nil {
		return nil
	}
	if strings.TrimSpace(draft.Change) == "" || len(draft.Change) > warning.MaxText {
		return problem.New(problem.Invalid, "say in a sentence what was wrong; the partner reads it", "a correction says what it changes")
	}
	for name := range draft.Releases {
		if draft.Corrects[name] == "" {
			return problem.New(problem.Invalid, "warn "+name+" anew, with a draft of its own", "%s was not sent what this corrects", name)
		}
	}
	return nil
}

// update is one partner's new version, linked to the newest it was sent.
func update(tx *store.Tx, draft *warning.Draft, name string, w warning.Warning) (*warning.Update, error) {
	c, err := store.Cases.Get(tx, draft.Corrects[name])
	if err != nil {
		return nil, err
	}
	of, version, err := tx.NewestOf(&c)
	if err == nil && of == "" {
		err = problem.New(problem.Conflict, "", "the warning that this corrects is not here")
	}
	return &warning.Update{Of: of, Version: version + 1, Change: draft.Change, Warning: w}, err
}

// leaving is what would leave for one partner. Of a correction it says in the
// copy what it is a version of, and holds its reason against the source and what
// the copy leaves out, too.
func (o *Outbox) leaving(tx *store.Tx, draft *warning.Draft, copied *warning.Copy) (any, error) {
	if draft.Corrects[copied.Partner] == "" {
		return copied.Leaves, nil
	}
	u, err := update(tx, draft, copied.Partner, copied.Leaves)
	if err != nil {
		return nil, err
	}
	copied.Corrects = &warning.Correction{Case: draft.Corrects[copied.Partner], Of: u.Of, Version: u.Version}
	leaks, err := o.leaksOf(tx, draft, copied.Partner, []redact.NamedText{{Name: "change", Text: draft.Change}})
	if err != nil {
		return nil, err
	}
	for _, l := range leaks {
		copied.Allowed = false
		copied.Leaks = append(copied.Leaks, warning.Leak{Rule: string(l.Rule), Field: l.Field, Text: l.Words, Source: l.Source})
	}
	return u, nil
}

// correct is the letter of one partner's new version.
func correct(tx *store.Tx, draft *warning.Draft, channel partner.Channel, w *warning.Warning) (letter, error) {
	u, err := update(tx, draft, channel.Name, *w)
	if err != nil {
		return letter{}, err
	}
	return letter{channel: channel, kind: envelope.Update, payload: u, thread: w.ID, precedence: w.Precedence, handling: w.Handling}, nil
}

// corrected moves the cases of the corrections that were queued.
func corrected(tx *store.Tx, draft *warning.Draft, letters []letter) error {
	for _, l := range letters {
		u, is := l.payload.(*warning.Update)
		if !is {
			continue
		}
		c, err := store.Cases.Get(tx, l.thread)
		if err != nil {
			return err
		}
		_, hash, err := tx.Tip(l.channel.ID, store.Out) // what was said last
		if err != nil {
			return err
		}
		c.Correct(u, hash)
		c.Updated, c.Corrections = tx.Now, append(c.Corrections, draft.ID)
		if err := store.Cases.Put(tx, c.ID, c); err != nil {
			return err
		}
	}
	return nil
}

// sameObjects gives the objects of a correction the ids under which the partner
// has them, so that they are new versions and not others. Ids that follow from
// what an object says are left as they are.
func sameObjects(tx *store.Tx, result *policy.Result, id, name string) error {
	c, err := store.Cases.Get(tx, id)
	if err != nil {
		return err
	}
	for _, draft := range append([]string{c.Draft}, c.Corrections...) {
		before, ok, err := store.Cuts.Find(tx, store.CutID(draft, name))
		if err != nil || !ok {
			return err
		}
		for home, was := range before.IDs {
			is := result.IDs[home]
			if is == "" || is == was || len(is) < 22 || is[len(is)-22] != '4' {
				continue // not attached again, or no random UUID. RFC 9562 §5.4
			}
			for i, object := range result.Warning.Objects {
				result.Warning.Objects[i] = bytes.ReplaceAll(object, []byte(is), []byte(was))
			}
			result.IDs[home] = was
		}
	}
	return nil
}
