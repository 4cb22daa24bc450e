// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds what becomes of a request for redress: one person opens it,
// two releasers who let none of it out decide, and recipients are asked to do
// their part.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// redressAnswerWithin is how long a recipient has to do its part.
const redressAnswerWithin = 7 * 24 * time.Hour

// maxNameWords bounds what one name is looked for by: everything that is held is
// searched for it in one transaction.
const maxNameWords = 16

// maxHits bounds what one request finds: a name that fits more is no name.
const maxHits = 1000

// OpenRedress keeps a request, and searches everything for the person. What is
// found is not for who opened it: whatever it is, the answer is the same.
func (d *Desk) OpenRedress(ctx context.Context, who caller.Caller, in api.NewRedress) (shown api.Redress, err error) {
	if err := checkRedress(&in); err != nil {
		return shown, err
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.OpenRedress}, func(tx *store.Tx) error {
		hits, err := search(tx, in.Names)
		if err != nil {
			return err
		}
		if len(hits) > maxHits {
			return problem.New(problem.Invalid, "give the whole name, and another spelling as another name", "this name fits too much")
		}
		r := store.Redress{
			ID: newID("redress"), OpenedBy: who.Name, OpenedAt: tx.Now, Asker: in.Asker, Names: in.Names, Born: in.Born, Proof: in.Proof, Review: in.Review,
			Due: tx.Now.Add(store.RedressWithin), Hits: hits,
		}
		if err := store.Redresses.Put(tx, r.ID, r); err != nil {
			return err
		}
		shown = showRedress(&r)
		return tx.Raise(warning.RedressAlarm(r.ID, r.Due, false))
	})
	return shown, err
}

func checkRedress(in *api.NewRedress) error {
	var wrong []string
	for field, text := range map[string]string{"asker": in.Asker, "proof": in.Proof} {
		if strings.TrimSpace(text) == "" || len(text) > warning.MaxText {
			wrong = append(wrong, field+": must be said")
		}
	}
	if len(in.Names) == 0 || len(in.Names) > warning.MaxList {
		wrong = append(wrong, "names: of whom it is asked")
	}
	for _, name := range in.Names {
		if words := spellings([]string{name}); len(words) == 0 || len(words[0]) > maxNameWords || len(name) > warning.MaxWord {
			wrong = append(wrong, fmt.Sprintf("names: %q is no name", name))
		}
	}
	for field, day := range map[string]warning.Date{"born": in.Born, "review": in.Review} {
		if _, err := warning.ParseDate(string(day)); day != "" && err != nil {
			wrong = append(wrong, field+": write it as 2027-12-31")
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return problem.New(problem.Invalid, "mend it and try again", "the request is not complete").With(wrong...)
}

// Redresses lists the requests, newest first, without who is asked about and
// without what was found.
func (d *Desk) Redresses(ctx context.Context, who caller.Caller) (all []api.Redress, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.SeeRedress}, func(tx *store.Tx) error {
		kept, err := store.Redresses.List(tx, 0)
		for _, r := range kept {
			line := showRedress(&r)
			line.Asker, line.Names, line.Born, line.Proof, line.Answer = "", nil, "", "", ""
			all = append(all, line)
		}
		return err
	})
	return all, err
}

// Redress shows a request: to who opened it as it was opened, and to the overseer
// and releasers with what was found that they did not let out themselves. Reading
// it is logged.
func (d *Desk) Redress(ctx context.Context, who caller.Caller, id string) (shown api.Redress, err error) {
	act := caller.ReadRedress
	if who.May(act) != nil {
		act = caller.SeeRedress
	}
	err = d.store.Show(ctx, who, store.What{Act: act, Subject: id}, func(tx *store.Tx) error {
		r, err := store.Redresses.Get(tx, id)
		if err != nil {
			return err
		}
		shown, err = redressFor(tx, who, &r)
		return err
	})
	if err != nil {
		return api.Redress{}, err
	}
	return shown, nil
}

// redressFor is a request as somebody may see it.
func redressFor(tx *store.Tx, who caller.Caller, r *store.Redress) (api.Redress, error) {
	shown := showRedress(r)
	if who.May(caller.ReadRedress) != nil || who.Name == r.OpenedBy {
		if who.Name != r.OpenedBy {
			shown.Asker, shown.Names, shown.Born, shown.Proof, shown.Answer = "", nil, "", "", ""
		}
		return shown, nil
	}
	shown.Sees = true
	hidden := make(map[string]bool)
	for _, hit := range r.Hits {
		in, err := involved(tx, &hit, who.Name)
		if err != nil {
			return shown, err
		}
		if hidden[hit.ID] = in && !who.Has(caller.Overseer); hidden[hit.ID] {
			continue
		}
		decision, err := hit.Hash(r.ID)
		if err != nil {
			return shown, err
		}
		shown.Hits = append(shown.Hits, api.RedressHit{
			Kind: hit.Kind, ID: hit.ID, Partner: hit.Partner, Ours: hit.Ours, Do: string(hit.Do), Reason: hit.Reason,
			DecidedBy: hit.DecidedBy, DecidedAt: hit.DecidedAt, Decision: decision, ConfirmedBy: hit.ConfirmedBy, ConfirmedAt: hit.ConfirmedAt,
		})
	}
	recalls, err := store.Recalls.List(tx, 0)
	waits := false
	for _, recall := range recalls {
		if recall.Redress != r.ID || hidden[recall.Recall.Case] {
			continue
		}
		told := api.RedressTold{
			Partner: recall.Partner, Case: recall.Recall.Case, Recall: recall.Recall.ID, Ask: string(recall.Recall.Ask), AnswerBy: recall.Recall.AnswerBy, Overdue: recall.Overdue,
		}
		if recall.Answer != nil {
			told.Answer = string(recall.Answer.Answer)
		} else {
			waits = true
		}
		shown.Told = append(shown.Told, told)
	}
	if waits {
		shown.State = "telling"
	}
	return shown, err
}

func showRedress(r *store.Redress) api.Redress {
	shown := api.Redress{
		ID: r.ID, OpenedBy: r.OpenedBy, OpenedAt: r.OpenedAt, Asker: r.Asker, Names: r.Names, Born: r.Born, Proof: r.Proof, State: "searched",
		Due: r.Due, Overdue: r.Overdue, Answer: r.Answer, Answered: r.Answered, By: r.By, Erased: r.Erased,
	}
	if !r.Answered.IsZero() {
		shown.State = "answered"
	}
	return shown
}

// involved reports whether somebody wrote, kept or let out a thing: who answers for
// it does not judge it.
func involved(tx *store.Tx, hit *store.RedressHit, name string) (bool, error) {
	var drafts []string
	switch hit.Kind {
	case store.OfSource:
		source, ok, err := store.Sources.Find(tx, hit.ID)
		return ok && source.KeptBy == name, err
	case store.OfDraft:
		drafts = []string{hit.ID}
	case store.OfCase:
		c, ok, err := store.Cases.Find(tx, hit.ID)
		if err != nil || !ok || !c.Ours {
			return false, err
		}
		drafts = append([]string{c.Draft}, c.Corrections...)
	}
	for _, id := range drafts {
		draft, ok, err := store.Drafts.Find(tx, id)
		if err != nil || !ok {
			return false, err
		}
		by := draft.ComposedBy == name || draft.Exigent != nil && (draft.Exigent.By == name || draft.Exigent.ReviewedBy == name)
		if by || slices.ContainsFunc(draft.Approvals, func(a warning.Approval) bool { return a.By == name }) {
			return true, nil
		}
	}
	return false, nil
}

// judged finds a hit that somebody may decide.
func judged(tx *store.Tx, who caller.Caller, id, of string) (r store.Redress, hit *store.RedressHit, err error) {
	if r, err = store.Redresses.Get(tx, id); err != nil {
		return r, nil, err
	}
	at := slices.IndexFunc(r.Hits, func(h store.RedressHit) bool { return h.ID == of })
	in := false
	if at >= 0 {
		if in, err = involved(tx, &r.Hits[at], who.Name); err != nil {
			return r, nil, err
		}
	}
	// Who may not see it is told what is told of what is not there.
	if at < 0 || in || who.Name == r.OpenedBy {
		return r, nil, problem.New(problem.Missing, "see tocsin redress show "+id, "there is nothing of this id for you to decide")
	}
	return r, &r.Hits[at], nil
}

// DecideRedress decides what is done with one thing that was found. Nothing
// happens before another releaser has confirmed it; until then it can be decided
// anew.
func (d *Desk) DecideRedress(ctx context.Context, who caller.Caller, id string, in api.DecideRedress) (shown api.Redress, err error) {
	do := store.RedressDecision(in.Do)
	if !slices.Contains(store.RedressDecisions(), in.Do) {
		return shown, problem.New(problem.Invalid, "use "+strings.Join(store.RedressDecisions(), ", "), "%q is no decision", in.Do)
	}
	if strings.TrimSpace(in.Reason) == "" || len(in.Reason) > warning.MaxText {
		return shown, problem.New(problem.Invalid, "say in a sentence why", "this needs a reason")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.DecideRedress, Subject: id, Note: "decide"}, func(tx *store.Tx) error {
		r, hit, err := judged(tx, who, id, in.Of)
		if err != nil {
			return err
		}
		if hit.ConfirmedBy != "" {
			return problem.New(problem.Conflict, "", "this was decided and confirmed")
		}
		if err := fits(hit, do); err != nil {
			return err
		}
		hit.Do, hit.Reason, hit.DecidedBy, hit.DecidedAt = do, in.Reason, who.Name, tx.Now
		if err := store.Redresses.Put(tx, id, r); err != nil {
			return err
		}
		shown, err = redressFor(tx, who, &r)
		return err
	})
	return shown, err
}

// fits refuses what cannot be done with a thing.
func fits(hit *store.RedressHit, do store.RedressDecision) error {
	byHand := hit.Kind != store.OfSource && hit.Kind != store.OfDraft && hit.Kind != store.OfCase
	switch {
	case byHand && do != store.RedressNothing:
		return problem.New(problem.Conflict, "erase or correct it where it is, and decide nothing, with the reason", "the program does nothing by itself with a %s", hit.Kind)
	case do == store.RedressCorrect && (hit.Kind != store.OfCase || !hit.Ours):
		return problem.New(problem.Conflict, "restrict it; of a partner's, say your view to the partner: tocsin dispute", "only what we sent is corrected by us")
	}
	return nil
}

// ConfirmRedress confirms what another releaser decided, by the hash under which it
// was read, and does it: what is restricted or to be erased is shown to the overseer
// alone from then on, and every recipient is asked to do its part, without a word
// of who asked. What was decided anew meanwhile is not what was read, and what
// somebody decided who no longer may is nobody's decision: a Conflict.
func (d *Desk) ConfirmRedress(ctx context.Context, who caller.Caller, id, of, decision string) (shown api.Redress, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.DecideRedress, Subject: id, Note: "confirm"}, func(tx *store.Tx) error {
		r, hit, err := judged(tx, who, id, of)
		switch {
		case err != nil:
			return err
		case hit.ConfirmedBy != "":
			return problem.New(problem.Conflict, "", "this was confirmed")
		case hit.DecidedBy == "":
			return problem.New(problem.Conflict, "tocsin redress decide "+id+" --of "+of, "nobody has decided this yet")
		case hit.DecidedBy == who.Name:
			return problem.New(problem.Denied, "another releaser confirms it", "you decided this yourself")
		}
		if err := wasRead(tx, hit, id, decision); err != nil {
			return err
		}
		hit.ConfirmedBy, hit.ConfirmedAt = who.Name, tx.Now
		by := warning.Officer{Name: who.Title, Role: string(caller.Releaser)}
		if err := effect(tx, &r, hit, by, who.Name); err != nil {
			return err
		}
		if err := store.Redresses.Put(tx, id, r); err != nil {
			return err
		}
		shown, err = redressFor(tx, who, &r)
		return err
	})
	return shown, err
}

// wasRead refuses to confirm another decision than the one that was read, and one of
// somebody who no longer decides.
func wasRead(tx *store.Tx, hit *store.RedressHit, id, decision string) error {
	now, err := hit.Hash(id)
	if err != nil {
		return err
	}
	if now != decision {
		return problem.New(problem.Conflict, "look at tocsin redress show "+id+" again, and confirm the hash it shows", "what is decided of this is not what you read")
	}
	may, err := tx.StillMay(hit.DecidedBy, caller.DecideRedress)
	if err == nil && !may {
		err = problem.New(problem.Conflict, "decide it anew: tocsin redress decide "+id+" --of "+hit.ID, "%s, who decided this, no longer decides here", hit.DecidedBy)
	}
	return err
}

// effect does what two releasers decided.
func effect(tx *store.Tx, r *store.Redress, hit *store.RedressHit, by warning.Officer, name string) error {
	if hit.Do == store.RedressNothing {
		return nil
	}
	if hit.Do != store.RedressCorrect {
		if err := restrict(tx, hit, r.ID); err != nil {
			return err
		}
	}
	if hit.Do == store.RedressErase {
		if err := tx.EraseSoon(hit.Kind, hit.ID, by, name); err != nil {
			return err
		}
	}
	if hit.Kind != store.OfCase || !hit.Ours {
		return nil
	}
	ask, reason := warning.AskStop, "What this says of a person is restricted: use nothing of it."
	switch hit.Do {
	case store.RedressCorrect:
		reason = "What this says of a person is being corrected: use nothing of it until the correction comes."
	case store.RedressErase:
		ask, reason = warning.AskDestroy, "What this says of a person is to be erased."
	}
	return tx.EachEntry(hit.ID, hit.Partner, func(e store.Entry) (bool, error) {
		if e.Direction != store.Out || e.Gone || e.Kind != envelope.Warning && e.Kind != envelope.Update {
			return true, nil
		}
		recall := warning.Recall{
			ID: newID("recall"), Case: hit.ID, About: e.Hash, Ask: ask, Reason: reason, Ground: warning.DestroyedByRedress,
			AnswerBy: tx.Now.Add(redressAnswerWithin), By: by, At: tx.Now,
		}
		if err := recall.Validate(); err != nil {
			return false, err
		}
		return true, tx.WishRecall(hit.Partner, r.ID, recall)
	})
}

// restrict keeps a thing from everybody but the overseer; of a case that is ours
// also the drafts it was made of, which hold the same words.
func restrict(tx *store.Tx, hit *store.RedressHit, redress string) error {
	all := []string{hit.ID}
	if hit.Kind == store.OfCase && hit.Ours {
		c, err := store.Cases.Get(tx, hit.ID)
		if err != nil {
			return err
		}
		all = append(append(all, c.Draft), c.Corrections...)
	}
	for _, id := range all {
		if err := tx.Restrict(id, redress); err != nil {
			return err
		}
	}
	return nil
}

// AnswerRedress keeps what the asker is told, once everything that was found has
// been decided by two. Without a text it is api.NeitherText, the same whatever was
// found; who opened the request reads it and hands it on.
func (d *Desk) AnswerRedress(ctx context.Context, who caller.Caller, id, text string) (shown api.Redress, err error) {
	if text = strings.TrimSpace(text); text == "" {
		text = api.NeitherText
	}
	if len(text) > warning.MaxText {
		return shown, problem.New(problem.Invalid, "say it in less", "the answer is too long")
	}
	err = d.store.Change(ctx, who, store.What{Act: caller.AnswerRedress, Subject: id}, func(tx *store.Tx) error {
		r, err := store.Redresses.Get(tx, id)
		switch {
		case err != nil:
			return err
		case !r.Answered.IsZero():
			return problem.New(problem.Conflict, "", "this was answered")
		case who.Name == r.OpenedBy:
			return problem.New(problem.Denied, "another releaser answers it", "you opened this request yourself")
		case !r.Decided():
			return problem.New(problem.Conflict, "see tocsin redress show "+id+"; what a releaser let out, another decides", "not everything is decided")
		}
		r.Answer, r.Answered, r.By = text, tx.Now, who.Name
		if err := store.Redresses.Put(tx, id, r); err != nil {
			return err
		}
		for _, late := range []bool{false, true} {
			if err := tx.Settle(warning.RedressAlarm(id, r.Due, late), who.Name, "it was answered"); err != nil {
				return err
			}
		}
		shown, err = redressFor(tx, who, &r)
		return err
	})
	return shown, err
}
