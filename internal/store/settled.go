// SPDX-License-Identifier: Apache-2.0

package store

// This file ends what asks people for something that cannot be done any more, since
// the text that it is about was destroyed; and says so where it goes on.

import (
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// whyGone says why alarms about what goes end.
func (l *loss) whyGone() string {
	if l.date {
		return "what it is about was destroyed"
	}
	return "what it is about was destroyed on recall"
}

// loseAlarms ends the alarms that ask for an answer, or to be read, about what goes,
// and takes out why people dismissed others.
func loseAlarms(tx *Tx, l *loss) error {
	if l.c != nil && (l.date || l.before.IsZero()) {
		if err := tx.settleCase(l.c, l.whyGone()); err != nil {
			return err
		}
		duties, err := tx.about(l.c.ID)
		if err != nil {
			return err
		}
		if err := tx.settleDuties(duties, l.whyGone()); err != nil {
			return err
		}
	}
	return loseDismissals(tx, l)
}

func (tx *Tx) settleCase(c *Case, why string) error {
	for _, kind := range []warning.AlarmKind{warning.AlarmAnswerDue, warning.AlarmThreatToLife, warning.AlarmNamed, warning.AlarmCorrection} {
		if err := tx.Settle(warning.Alarm{Kind: kind, Partner: c.Partner, Subject: c.ID}, "node", why); err != nil {
			return err
		}
	}
	return nil
}

// settleDuties ends the alarms of duties that are closed. One that waits for a
// decision waits for it still, and its alarm says what became of its ground.
func (tx *Tx) settleDuties(duties []warning.Duty, why string) error {
	for _, d := range duties {
		overdue := warning.Alarm{Kind: warning.AlarmDutyOverdue, Partner: d.Partner, Subject: d.ID}
		if d.State.Closed() {
			if err := tx.Settle(overdue, "node", why); err != nil {
				return err
			}
			continue
		}
		_, alarm, rings, err := tx.raised(overdue)
		if err != nil {
			return err
		}
		if rings && !strings.HasSuffix(alarm.Text, why) {
			alarm.Text += "; " + why
			if err := Alarms.Put(tx, alarm.ID, alarm); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleDraft ends what rings about a draft whose text goes. That an exigent release
// was never reviewed rings on, until somebody has read it.
func (tx *Tx) settleDraft(d *warning.Draft) error {
	const why = "what it is about was destroyed"
	if err := tx.Settle(warning.Alarm{Kind: warning.AlarmNotLeft, Subject: d.ID}, "node", why); err != nil {
		return err
	}
	review := warning.Alarm{Kind: warning.AlarmReviewDue, Subject: d.ID, Level: handling.Immediate}
	if err := tx.Settle(review, "node", why); err != nil {
		return err
	}
	if e := d.Exigent; d.Stage == warning.Released && e != nil && e.ReviewedBy == "" {
		review.Text = "an exigent release by " + e.By + " was not reviewed by a second person before its text was destroyed"
		return tx.Raise(review)
	}
	return nil
}

// Relist lists a case that an older program erased unanswered as one that waits for
// nobody, and ends what rings for an answer.
func (tx *Tx) Relist(id string) error {
	c, err := Cases.Get(tx, id)
	if err != nil || c.Erased.IsZero() {
		return err
	}
	if err := tx.settleCase(&c, "what it is about was destroyed"); err != nil {
		return err
	}
	return Cases.put(tx, id, c)
}
