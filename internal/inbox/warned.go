// SPDX-License-Identifier: Apache-2.0

package inbox

// This file opens cases by what partners warn of, and corrects them.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/match"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// openCase opens a case. An id that is taken hides nothing: the case that has
// it is open again with the more urgent of the two, and an alarm says so. If it
// is another partner's case, which only a hostile partner can bring about, that
// case stays as it is and the alarm names the message.
func (h *hearing) openCase(c store.Case, hash string) error {
	before, exists, err := store.Cases.Find(h.tx, c.ID)
	if err != nil {
		return err
	}
	if exists && before.Partner == c.Partner && before.Awaits == hash {
		before.Awaits = "" // late: a correction of it came first, and holds
		return h.putCase(before)
	}
	if exists && before.Partner == c.Partner && before.Newest == hash { // let out of quarantine, where it opened the case
		if c.Newest, c.Version = hash, 1; before.State != store.CaseQuarantined {
			c.State, c.Result = before.State, before.Result // somebody here has answered already
		}
		c.Opened, c.Disputed, c.Overdue = before.Opened, before.Disputed, before.Overdue
		return h.putCase(c)
	}
	if exists && before.Partner == c.Partner && before.State == store.CaseQuarantined && before.Version > 1 && c.State == store.CaseOpen {
		first, _, err := h.tx.NewestOf(&store.Case{ID: c.ID, Partner: c.Partner})
		if err != nil {
			return err
		}
		if first == hash { // corrected before it was let out of quarantine: the correction holds
			before.State, before.ToLife = store.CaseOpen, before.ToLife || c.ToLife
			return h.putCase(before)
		}
	}
	if !exists || before.State == store.CaseQuarantined && before.Partner == c.Partner && c.State == store.CaseOpen {
		return h.putCase(c)
	}
	alarm := warning.Alarm{Kind: warning.AlarmCaseTaken, Partner: c.Partner, Subject: c.ID, Level: handling.Precedence(c.Precedence),
		Text: c.Partner + " sent another warning under the name of one that is here already: read the case anew"}
	if before.Partner != c.Partner || before.Ours {
		alarm.Subject = hash
		alarm.Text = c.Partner + " sent a warning under the name of somebody else's case: it is kept as message " + hash
		return h.tx.Raise(alarm)
	}
	if handling.Precedence(before.Precedence).Rank() > handling.Precedence(c.Precedence).Rank() {
		c.Precedence = before.Precedence
	}
	c.ToLife, c.Opened, c.Disputed = c.ToLife || before.ToLife, before.Opened, before.Disputed
	c.Newest, c.Version = hash, 1
	h.tx.SaidAnew()
	if err := h.tx.Raise(alarm); err != nil {
		return err
	}
	return h.putCase(c)
}

func (h *hearing) newCase(w *warning.Warning) store.Case {
	c := store.Case{
		ID: w.ID, Partner: h.channel.Name, Title: store.Title(w), Precedence: string(w.Precedence), TLP: string(w.Handling.TLP), Handling: w.Handling,
		ToLife: w.ThreatToLife(), Opened: h.tx.Now, AnswerBy: w.AnswerBy, State: store.CaseOpen,
	}
	c.Dated(w)
	c.For(w)
	return c
}

// warned opens the case, lets watches raise it, and opens the duties it meets:
// what a partner tells us may be what we owe another.
func (h *hearing) warned(w *warning.Warning, hash string) error {
	c := h.newCase(w)
	return h.matched(w, &c, false, func() error { return h.openCase(c, hash) })
}

// matched lets watches raise a case by the warning that holds in it, keeps it,
// and opens the duties that the warning meets, or lets those grow that are there;
// anew says that it is not the warning that opened them.
func (h *hearing) matched(w *warning.Warning, c *store.Case, anew bool, keep func() error) error {
	book, err := h.book()
	if err != nil {
		return err
	}
	hits, owed := book.Meets(h.subject(w), h.tx.Now)
	c.Precedence = string(match.Raise(handling.Precedence(c.Precedence), hits))
	if err := keep(); err != nil {
		return err
	}
	if err := h.nobodyNamed(c); err != nil {
		return err
	}
	if err := h.owe(w, c, match.Duties(owed, hits, handling.Precedence(c.Precedence), w.ThreatToLife(), h.tx.Now), anew); err != nil {
		return err
	}
	return h.keepObjects(w.Handling, w.Objects)
}

// book is the book of all pledges and watches, as the change sees them.
func (h *hearing) book() (*match.Book, error) { return h.in.books.At(h.tx.Promises()) }

// corrected makes a new version of a warning the one that holds, if it follows
// the newest that is here. One that does not is kept and shown, and changes
// nothing. One whose warning has not come opens the case: what it says must not
// be lost with what came before it.
func (h *hearing) corrected(u *warning.Update, hash string) error {
	c, exists, err := store.Cases.Find(h.tx, u.Warning.ID)
	if err != nil {
		return err
	}
	if !exists {
		return h.opensCase(u, hash, store.CaseOpen)
	}
	if c.Partner == h.channel.Name && c.Newest == hash && c.State == store.CaseQuarantined {
		c.State = store.CaseOpen // it opened the case in quarantine
		return h.matched(&u.Warning, &c, true, func() error { return h.putCase(c) })
	}
	if fits, err := h.follows(&c, u); err != nil || !fits {
		if err == nil {
			err = h.tx.Raise(h.correctionAlarm(u, hash, " sent a correction that does not follow what is here: nothing was changed; it is kept as message "+hash))
		}
		return err
	}
	c.Correct(u, hash)
	if err := h.sooner(&c); err != nil {
		return err
	}
	return h.judgeAfter(c.ID, func() error {
		return h.matched(&u.Warning, &c, true, func() error { return h.putCase(c) })
	})
}

// sooner tells people of a correction that would have the case erased sooner.
func (h *hearing) sooner(c *store.Case) error {
	kept, ok, err := store.Retentions.Find(h.tx, store.RetentionID(store.OfCase, c.ID))
	if err != nil || !ok || c.Review == "" || !c.Review.Time().AddDate(0, 0, 1).Before(kept.Due) {
		return err
	}
	return h.tx.Raise(warning.Alarm{Kind: warning.AlarmCorrection, Partner: c.Partner, Subject: c.ID, Level: handling.Precedence(c.Precedence),
		Text: c.Partner + " corrected a warning so that it is erased sooner, on " + string(c.Review) + ": see whether it is wanted: tocsin retention hold " + c.ID})
}

// follows reports whether an update is the next version in a case of this very
// partner's.
func (h *hearing) follows(c *store.Case, u *warning.Update) (bool, error) {
	if c.Partner != h.channel.Name || c.Ours {
		return false, nil
	}
	newest, version, err := h.tx.NewestOf(c)
	return newest == u.Of && version+1 == u.Version, err
}

// opensCase opens a case by a correction of a warning that has not come.
func (h *hearing) opensCase(u *warning.Update, hash string, state store.CaseState) error {
	c := h.newCase(&u.Warning)
	c.State, c.Newest, c.Version, c.Awaits = state, hash, u.Version, u.Of
	if err := h.tx.Raise(h.correctionAlarm(u, hash, " corrected a warning that has not come: the case holds the correction alone")); err != nil {
		return err
	}
	if state == store.CaseQuarantined {
		return h.putCase(c)
	}
	return h.matched(&u.Warning, &c, true, func() error { return h.putCase(c) })
}

// quarantinedUpdate shows a correction in quarantine where there is no case yet;
// one that is here is corrected when the message is let out.
func (h *hearing) quarantinedUpdate(u *warning.Update, hash string) error {
	_, exists, err := store.Cases.Find(h.tx, u.Warning.ID)
	if err != nil || exists {
		return err
	}
	return h.opensCase(u, hash, store.CaseQuarantined)
}

func (h *hearing) correctionAlarm(u *warning.Update, hash, text string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmCorrection, Partner: h.channel.Name, Subject: hash, Level: u.Warning.Precedence, Text: h.channel.Name + text}
}
