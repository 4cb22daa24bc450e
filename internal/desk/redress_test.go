// SPDX-License-Identifier: Apache-2.0

package desk_test

// This file plays requests for redress at one node: what is found, who sees it,
// who decides, and what comes of it.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var (
	overseer = person("olga", caller.Overseer)
	third    = person("rene", caller.Releaser)
)

func asks(names ...string) api.NewRedress {
	return api.NewRedress{Asker: "L. Lawyer, for the person", Names: names, Proof: "a power of attorney, seen by ann"}
}

// found are the ids that a request finds, as the overseer is shown them.
func (h *house) found(names ...string) (ids []string) {
	h.t.Helper()
	opened, err := h.OpenRedress(h.t.Context(), analyst, asks(names...))
	check(h.t, err)
	if opened.Sees || len(opened.Hits) > 0 {
		h.t.Errorf("who opened it is shown %+v", opened.Hits)
	}
	shown, err := h.Redress(h.t.Context(), overseer, opened.ID)
	check(h.t, err)
	for _, hit := range shown.Hits {
		ids = append(ids, hit.Kind+" "+hit.ID)
	}
	return ids
}

func TestWhoIsFound(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			report := func(id, text string) error {
				return store.Sources.Put(tx, id, warning.Source{ID: id, Title: "A report", Fields: []warning.Field{{Name: "report", Text: text}}, KeptAt: tx.Now, KeptBy: "ann"})
			}
			for id, text := range map[string]string{
				"source--plain": "Heard of Jan Example in the harbour.", "source--turned": "EXAMPLE, Jan, was there.", "source--accent": "Ján Éxample came.",
				"source--apart": "Jan came. Much later somebody called an example of courage was seen.", "source--part": "Jan Exampleson came.", "source--middle": "Jan P. Example came.",
			} {
				if err := report(id, text); err != nil {
					return err
				}
			}
			draft := warning.Draft{ID: "draft--1", Releases: map[string]string{"bravo": "Nothing."}, ComposedBy: "ann", ComposedAt: tx.Now, Stage: warning.Composed}
			draft.Warning.Persons = []warning.Person{{Name: "Jan Example", Reason: "to find the van"}}
			if err := store.Drafts.Put(tx, draft.ID, draft); err != nil {
				return err
			}
			return store.Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "bravo", Title: "Jan Example", Opened: tx.Now, State: warning.DutyOpen, Precedence: handling.Routine})
		})
		want := []string{"draft draft--1", "duty duty--1", "source source--accent", "source source--middle", "source source--plain", "source source--turned"}
		got := alpha.found("Jan Example")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of Jan Example is found (-want +got):\n%s", diff)
		}
		held, err := alpha.HeldAbout(t.Context(), caller.Caller{Kind: caller.Person, Name: "olga", Roles: []caller.Role{caller.Overseer}}, "Jan Example")
		check(t, err)
		for i := range want {
			_, want[i], _ = strings.Cut(want[i], " ")
		}
		slices.Sort(held)
		if diff := cmp.Diff(want, held); diff != "" {
			t.Errorf("who sees the readings of it is told (-want +got):\n%s", diff)
		}
		_, err = alpha.HeldAbout(t.Context(), first, "Jan Example")
		refuses(t, "a releaser", err, problem.Denied, "who read what")
		if got := alpha.found("Nobody Atall"); got != nil {
			t.Errorf("of nobody is found %q", got)
		}
		if got := alpha.found("Nobody Atall", "Exampleson Jan"); !slices.Equal(got, []string{"source source--part"}) {
			t.Errorf("by another spelling is found %q", got)
		}
		for what, in := range map[string]api.NewRedress{
			"nobody asks": {Names: []string{"Jan Example"}, Proof: "seen"}, "of nobody": {Asker: "L.", Proof: "seen"}, "no proof": {Asker: "L.", Names: []string{"Jan Example"}},
			"no name": asks("?!"), "a text": asks(strings.Repeat("jan ", 17)), "no day": {Asker: "L.", Names: []string{"Jan Example"}, Proof: "seen", Born: "17.5.1980"},
		} {
			_, err := alpha.OpenRedress(t.Context(), analyst, in)
			refuses(t, what, err, problem.Invalid, "")
		}
	})
}

// request is a request that finds a source report of ann's.
func (h *house) request() string {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		return store.Sources.Put(tx, "source--1", warning.Source{ID: "source--1", Title: "Jan Example", Fields: []warning.Field{{Name: "report", Text: "Jan Example came."}}, KeptAt: tx.Now, KeptBy: first.Name})
	})
	opened, err := h.OpenRedress(h.t.Context(), analyst, asks("Jan Example"))
	check(h.t, err)
	return opened.ID
}

func TestRedressTakesTwoWhoHadNoPart(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.request()
		for _, who := range []caller.Caller{analyst, duty, first} {
			shown, err := alpha.Redress(ctx, who, id)
			if err != nil || len(shown.Hits) > 0 {
				t.Errorf("%s is shown %+v, %v", who.Name, shown.Hits, err)
			}
			if who.Name != analyst.Name && who.Name != first.Name && len(shown.Names) > 0 {
				t.Errorf("%s is shown of whom it is asked", who.Name)
			}
		}
		decide := func(who caller.Caller, do string) error {
			_, err := alpha.DecideRedress(ctx, who, id, api.DecideRedress{Of: "source--1", Do: do, Reason: "It is somebody else."})
			return err
		}
		refuses(t, "who kept the report decides", decide(first, "nothing"), problem.Missing, "nothing of this id")
		refuses(t, "an overseer decides", decide(overseer, "nothing"), problem.Denied, "you may not")
		refuses(t, "a report is corrected", decide(second, "correct"), problem.Conflict, "only what we sent")
		refuses(t, "no decision", decide(second, "burn"), problem.Invalid, "is no decision")
		alpha.staff(second, third)
		_, err := alpha.ConfirmRedress(ctx, third, id, "source--1", "")
		refuses(t, "nothing is confirmed", err, problem.Conflict, "nobody has decided")
		check(t, decide(second, "restrict"))
		_, err = alpha.ConfirmRedress(ctx, second, id, "source--1", alpha.decision(id))
		refuses(t, "one person does both", err, problem.Denied, "yourself")
		_, err = alpha.AnswerRedress(ctx, third, id, "")
		refuses(t, "answered before it is decided", err, problem.Conflict, "not everything is decided")
		restricted := func() (is bool) {
			alpha.show(func(tx *store.Tx) (err error) { is, err = tx.Restricted("source--1"); return err })
			return is
		}
		if restricted() {
			t.Error("one releaser alone restricts it")
		}
		_, err = alpha.ConfirmRedress(ctx, third, id, "source--1", alpha.decision(id))
		check(t, err)
		if !restricted() {
			t.Error("it is not restricted")
		}
		refuses(t, "it is decided anew", decide(second, "nothing"), problem.Conflict, "decided and confirmed")
		answered, err := alpha.AnswerRedress(ctx, third, id, "")
		if err != nil || answered.Answer != api.NeitherText || answered.State != "answered" {
			t.Errorf("%+v, %v", answered, err)
		}
		shown, err := alpha.Redress(ctx, analyst, id)
		if err != nil || shown.Answer != api.NeitherText || len(shown.Hits) > 0 {
			t.Errorf("who opened it is shown %+v, %v", shown, err)
		}
	})
}

// decision is the hash of what is decided of the report, as another releaser reads it.
func (h *house) decision(id string) string {
	h.t.Helper()
	shown, err := h.Redress(h.t.Context(), third, id)
	check(h.t, err)
	at := slices.IndexFunc(shown.Hits, func(hit api.RedressHit) bool { return hit.ID == "source--1" })
	if at < 0 {
		h.t.Fatalf("the report is not shown: %+v", shown.Hits)
	}
	return shown.Hits[at].Decision
}

// A releaser who decides anew while another confirms gets nothing confirmed that
// the other has not read; and whoever has gone has decided nothing.
func TestWhatIsConfirmedWasRead(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.request()
		alpha.staff(second, third)
		decide := func(do, reason string) {
			_, err := alpha.DecideRedress(ctx, second, id, api.DecideRedress{Of: "source--1", Do: do, Reason: reason})
			check(t, err)
		}
		decide("restrict", "It is somebody else.")
		read := alpha.decision(id)
		for do, reason := range map[string]string{"erase": "It is somebody else.", "nothing": "It is somebody else.", "restrict": "Another reason."} {
			decide(do, reason)
			_, err := alpha.ConfirmRedress(ctx, third, id, "source--1", read)
			refuses(t, "confirmed is "+do+", "+reason, err, problem.Conflict, "not what you read")
		}
		_, err := alpha.ConfirmRedress(ctx, third, id, "source--1", "")
		refuses(t, "confirmed unread", err, problem.Conflict, "not what you read")
		alpha.put(func(tx *store.Tx) error {
			gone, err := store.Persons.Get(tx, second.Name)
			if err != nil {
				return err
			}
			gone.Left = tx.Now
			return store.Persons.Put(tx, second.Name, gone)
		})
		_, err = alpha.ConfirmRedress(ctx, third, id, "source--1", alpha.decision(id))
		refuses(t, "decided by somebody gone", err, problem.Conflict, "no longer decides")
		alpha.show(func(tx *store.Tx) error {
			is, err := tx.Restricted("source--1")
			if is {
				t.Error("it is restricted")
			}
			return err
		})
	})
}

// What two releasers decided to erase for a request is not given another date by a
// correction of the partner's, nor kept on by one person.
func TestAnErasureForARequestStays(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		const id = "warning--1"
		kept := store.Case{ID: id, Partner: "bravo", Title: "Jan Example", Review: "2001-01-01", Opened: time.Now(), State: store.CaseAcknowledged}
		alpha.put(func(tx *store.Tx) error { return store.Cases.Put(tx, id, kept) })
		alpha.put(func(tx *store.Tx) error { // people were asked about it yesterday
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfCase, id))
			check(t, err)
			r.State, r.Asked, r.NotBefore = store.RetentionAsked, tx.Now.AddDate(0, 0, -1), tx.Now.AddDate(0, 0, 13)
			return store.Retentions.Put(tx, store.RetentionID(store.OfCase, id), r)
		})
		alpha.put(func(tx *store.Tx) error {
			return tx.EraseSoon(store.OfCase, id, warning.Officer{Name: "Releaser 3", Role: "releaser"}, third.Name)
		})
		alpha.put(func(tx *store.Tx) error {
			kept.Review, kept.Purpose = "2002-12-31", "another"
			return store.Cases.Put(tx, id, kept)
		})
		_, err := alpha.KeepOn(t.Context(), duty, id, "2000-12-31", "It may be wanted.")
		refuses(t, "kept on", err, problem.Conflict, "nobody keeps it on")
		alpha.show(func(tx *store.Tx) error {
			r, err := store.Retentions.Get(tx, store.RetentionID(store.OfCase, id))
			if r.State != store.RetentionAsked || r.Ground != warning.DestroyedByRedress || r.Earliest().After(tx.Now) {
				t.Errorf("its erasure is %+v", r)
			}
			return err
		})
	})
}

// What is restricted is shown to the overseer alone.
func TestWhatIsRestricted(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.request()
		alpha.put(func(tx *store.Tx) error { return tx.Restrict("source--1", "redress--1") })
		for _, who := range []caller.Caller{analyst, first, duty} {
			err := alpha.store.Show(t.Context(), who, store.What{Act: caller.ReadSource, Subject: "source--1"}, func(*store.Tx) error { return nil })
			refuses(t, who.Name+" opens it", err, problem.Denied, "restricted")
		}
		check(t, alpha.store.Show(t.Context(), overseer, store.What{Act: caller.ReadSource, Subject: "source--1"}, func(*store.Tx) error { return nil }))
	})
}

// The request itself has a purpose and a date of its own, and is not erased before
// it was answered.
func TestARequestIsErased(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.request()
		alpha.put(func(tx *store.Tx) error {
			kept, err := store.Retentions.Get(tx, store.RetentionID(store.OfRedress, id))
			if err != nil {
				return err
			}
			if kept.Purpose != store.RedressPurpose {
				t.Errorf("%+v", kept)
			}
			if why, err := tx.Stays(&kept); err != nil || why != "it was not answered" {
				t.Errorf("%q, %v", why, err)
			}
			if err := tx.Erase(kept, warning.DestroyedByDate, warning.Officer{}, "clock"); err != nil {
				return err
			}
			r, err := store.Redresses.Get(tx, id)
			if err != nil {
				return err
			}
			if left := strings.Join(append(r.Names, r.Asker, r.Proof, string(r.Born)), "|"); strings.Contains(left, "Example") || strings.Contains(left, "Lawyer") || r.Erased.IsZero() {
				t.Errorf("what is left: %+v", r)
			}
			return nil
		})
	})
}
