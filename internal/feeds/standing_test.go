// SPDX-License-Identifier: Apache-2.0

package feeds_test

// This file takes away the people who answer for a push: before it is released, while
// it waits, and while it runs.

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// Two more who may answer for a feed.
var (
	second = caller.Caller{Kind: caller.Person, Name: "sid", Roles: []caller.Role{caller.Administrator}}
	third  = caller.Caller{Kind: caller.Person, Name: "thea", Roles: []caller.Role{caller.Releaser}}
)

// staff says who works here, in which roles.
func (h *house) staff(people ...caller.Caller) {
	h.t.Helper()
	check(h.t, h.store.Change(h.t.Context(), admin, store.What{Act: caller.AddPerson}, func(tx *store.Tx) error {
		for _, who := range people {
			kept := store.Person{Name: who.Name, Added: tx.Now}
			for _, role := range who.Roles {
				kept.Roles = append(kept.Roles, string(role))
			}
			if err := store.Persons.Put(tx, who.Name, kept); err != nil {
				return err
			}
		}
		return nil
	}))
}

// leaves takes a person away.
func (h *house) leaves(who caller.Caller) {
	h.t.Helper()
	err := h.store.Change(h.t.Context(), second, store.What{Act: caller.RemovePerson, Subject: who.Name}, func(tx *store.Tx) error {
		person, err := store.Persons.Get(tx, who.Name)
		if err != nil {
			return err
		}
		person.Left = tx.Now
		return store.Persons.Put(tx, who.Name, person)
	})
	if err != nil {
		h.t.Error(err)
	}
}

// as is the caller in other roles.
func as(who caller.Caller, roles ...caller.Role) caller.Caller {
	who.Roles = roles
	return who
}

func told(err error) string {
	if p := problem.Of(err); p != nil {
		return string(p.Code) + ": " + p.Text
	}
	return "nothing"
}

// What somebody set up who no longer may is not released before another
// administrator answers for it, who then does not release it either.
func TestAPushOfSomebodyWhoLeft(t *testing.T) {
	for name, loses := range map[string]func(h *house){
		"removed":       func(h *house) { h.leaves(admin) },
		"another role":  func(h *house) { h.staff(as(admin, caller.Analyst)) },
		"no role of it": func(h *house) { h.staff(as(admin, caller.Releaser)) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				h.staff(second, third)
				h.bring(indicator("1", "TLP:GREEN"))
				h.run()
				made, err := h.Add(t.Context(), admin, pushing())
				check(t, err)
				loses(h)
				const gone = "conflict: admin, who set it up, no longer sets up feeds here"
				if _, err := h.Release(t.Context(), releaser, "peer", made.Seen); told(err) != gone || !strings.Contains(problem.Of(err).Hint, "take-over peer") {
					t.Errorf("released: %v", err)
				}
				if feed := h.feed(); feed.Seen != "" || "conflict: "+feed.Held != gone || !strings.Contains(feed.WayOut, "take-over peer") || feed.Answers[0].Stands {
					t.Errorf("shown as %+v", feed)
				}
				if _, err := h.TakeOver(t.Context(), releaser, "peer"); !problem.Is(err, problem.Denied) {
					t.Errorf("taken over by a releaser: %v", err)
				}
				taken, err := h.TakeOver(t.Context(), both, "peer")
				if err != nil || taken.Seen == "" || taken.Seen == made.Seen || taken.TakenOverBy != "bo" || taken.AddedBy != "admin" {
					t.Errorf("taken over: %+v, %v", taken, err)
				}
				if _, err := h.TakeOver(t.Context(), both, "peer"); !problem.Is(err, problem.Conflict) {
					t.Errorf("taken over twice: %v", err)
				}
				if _, err := h.Release(t.Context(), releaser, "peer", made.Seen); !problem.Is(err, problem.Conflict) {
					t.Errorf("released as it was before: %v", err)
				}
				if _, err := h.Release(t.Context(), both, "peer", taken.Seen); !problem.Is(err, problem.Denied) {
					t.Errorf("released by who took it over: %v", err)
				}
				after(10 * time.Minute)
				if len(h.remote.asked) > 0 {
					t.Errorf("before it is released: %v", h.remote.asked)
				}
				_, err = h.Release(t.Context(), releaser, "peer", taken.Seen)
				check(t, err)
				after(time.Second)
				h.stop()
				if feed := h.feed(); h.there() != "1" || feed.Held != "" || len(feed.Answers) != 3 {
					t.Errorf("there %q, shown as %+v", h.there(), feed)
				}
			})
		})
	}
}

// A push that was released waits as soon as one of the two has left, says so, is run
// by nobody, and goes on from where it came to when another answers for it.
func TestAReleaseOfSomebodyWhoLeft(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.staff(second, third)
		h.bring(indicator("1", "TLP:GREEN"))
		h.run()
		h.released()
		after(time.Second)
		asked := len(h.remote.asked)
		h.leaves(releaser)
		h.bring(indicator("2", "TLP:GREEN"))
		after(time.Hour)
		feed := h.feed()
		if h.there() != "1" || len(h.remote.asked) != asked || feed.Fails > 0 || feed.Held != "ruth, who released it, no longer releases feeds here" || feed.Seen == "" {
			t.Errorf("there %q, asked %v, shown as %+v", h.there(), h.remote.asked, feed)
		}
		if _, err := h.RunNow(t.Context(), admin, "peer"); told(err) != "conflict: "+feed.Held {
			t.Errorf("run: %v", err)
		}
		_, err := h.Release(t.Context(), third, "peer", feed.Seen)
		check(t, err)
		after(time.Second)
		if feed := h.feed(); h.there() != "12" || feed.Taken != 2 || feed.ReleasedBy != "thea" {
			t.Errorf("released anew: there %q, shown as %+v", h.there(), feed)
		}
		// Who set it up loses the role, and is given it again.
		h.staff(as(admin, caller.Analyst))
		h.bring(indicator("3", "TLP:GREEN"))
		after(time.Hour)
		if feed := h.feed(); h.there() != "12" || feed.Held == "" || feed.Seen != "" {
			t.Errorf("without who set it up: there %q, shown as %+v", h.there(), feed)
		}
		h.staff(admin)
		after(time.Second)
		if h.there() != "123" {
			t.Errorf("with the role again: there %q", h.there())
		}
		// Who still may can hand it on; it is released anew then.
		taken, err := h.TakeOver(t.Context(), second, "peer")
		check(t, err)
		h.bring(indicator("4", "TLP:GREEN"))
		after(time.Hour)
		if h.there() != "123" || taken.ReleasedBy != "" || taken.Held != "nobody has released this feed" {
			t.Errorf("handed on: there %q, shown as %+v", h.there(), taken)
		}
		_, err = h.Release(t.Context(), third, "peer", taken.Seen)
		check(t, err)
		after(time.Second)
		h.stop()
		if feed := h.feed(); h.there() != "1234" || feed.Taken != 4 {
			t.Errorf("in the end: there %q, shown as %+v", h.there(), feed)
		}
	})
}

// Who released it is taken away while it runs: nothing leaves any more that was not
// on its way.
func TestARemovalWhileAPushRuns(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.staff(second)
		h.bring(indicator("1", "TLP:GREEN"))
		h.remote.before = func(q *http.Request) {
			if q.Method == http.MethodPost {
				h.remote.before = nil
				h.leaves(releaser)
			}
		}
		h.run()
		h.released()
		after(time.Hour)
		h.bring(indicator("2", "TLP:GREEN"))
		after(time.Hour)
		h.stop()
		if feed := h.feed(); h.there() != "1" || feed.Fails > 0 || feed.Held == "" {
			t.Errorf("there %q, shown as %+v", h.there(), feed)
		}
	})
}

// A pull takes nothing out of the node: it goes on, and shows who no longer answers
// for it; another may.
func TestAPullOfSomebodyWhoLeft(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.staff(second)
		h.remote = newRemote("1")
		_, err := h.Add(t.Context(), admin, pulling())
		check(t, err)
		h.leaves(admin)
		h.run()
		after(time.Second)
		feed := h.feed()
		if h.kept() != "1" || feed.Held != "" || len(feed.Answers) != 1 || feed.Answers[0].Stands || feed.Answers[0].As[0] != "administrator" {
			t.Errorf("got %q, shown as %+v", h.kept(), feed)
		}
		taken, err := h.TakeOver(t.Context(), second, "peer")
		h.stop()
		if err != nil || len(taken.Answers) != 2 || !taken.Answers[1].Stands || taken.Held != "" {
			t.Errorf("taken over: %+v, %v", taken, err)
		}
	})
}

// Who answers for a feed is part of what is read before it is released.
func TestAFeedIsReadWithWhoAnswersForIt(t *testing.T) {
	feed := store.Feed{Name: "peer", Push: true, URL: "https://taxii.example.org/root/", Remote: "c", Collection: "shared", Seconds: 60, TLP: "TLP:GREEN", AddedBy: "admin"}
	before, err := feed.Hash()
	check(t, err)
	if feed.Answers() != "admin" {
		t.Errorf("%s answers for it", feed.Answers())
	}
	feed.TakenOver, feed.TakenOverBy = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), "sid"
	if now, err := feed.Hash(); err != nil || now == before || feed.Answers() != "sid" {
		t.Errorf("taken over: read as before %t, %s answers for it, %v", now == before, feed.Answers(), err)
	}
}
