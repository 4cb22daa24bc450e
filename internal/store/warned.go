// SPDX-License-Identifier: Apache-2.0

package store

// This file opens a duty to warn again whose warning did not leave after all, and
// closes it when a receipt says that it arrived all the same.

import (
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// answering is the duty that a message of ours closed when it was queued, and the
// draft whose copy it is; ok is false if it closed none.
func (tx *Tx) answering(m *Message) (duty warning.Duty, draft warning.Draft, ok bool, err error) {
	id, err := tx.draftOf(m)
	if err != nil || id == "" {
		return duty, draft, false, err
	}
	if draft, ok, err = Drafts.Find(tx, id); err != nil || !ok || draft.Duty == "" {
		return duty, draft, false, err
	}
	duty, ok, err = Duties.Find(tx, draft.Duty)
	return duty, draft, ok && duty.Partner == m.Partner && duty.Draft == draft.ID, err
}

// draftOf is the draft of which a warning of ours, or a correction, is a copy; empty
// if that is not known.
func (tx *Tx) draftOf(m *Message) (string, error) {
	if m.Direction != Out || m.Kind != envelope.Warning && m.Kind != envelope.Update {
		return "", nil
	}
	c, ok, err := Cases.Find(tx, m.Thread)
	if err != nil || !ok || !c.Ours || c.Partner != m.Partner {
		return "", err
	}
	if m.Kind == envelope.Warning {
		return c.Draft, nil
	}
	var u warning.Update
	if warning.Read(m.Payload, &u) != nil || u.Version < 2 || u.Version-2 >= int64(len(c.Corrections)) {
		return "", nil
	}
	return c.Corrections[u.Version-2], nil // the first correction is the second version
}

// NotWarned opens the duty again that a message of ours had closed, since it was
// taken out of the queue, and says why: what was decided, to warn, is still to be
// done, and its clock runs anew. One that was answered by other means stays closed.
// That a pledge ended, which was taken out so, is wished anew.
func (tx *Tx) NotWarned(m *Message, why string) error {
	if m.Kind == envelope.PledgeEnd {
		return tx.endUnsaid(m)
	}
	duty, _, closed, err := tx.answering(m)
	if err != nil || !closed || !duty.NotWarned(why, tx.Now) {
		return err
	}
	return Duties.Put(tx, duty.ID, duty)
}

// WarnedAfterAll closes the duty again that was opened by [Tx.NotWarned]: a receipt
// says that the message had arrived. What came to the duty since the text was
// written it does not answer.
func (tx *Tx) WarnedAfterAll(m *Message) error {
	if m.State != Dropped && m.State != Expired {
		return nil
	}
	duty, draft, closed, err := tx.answering(m)
	if err != nil || !closed || duty.State != warning.DutyWarn || duty.GrownSince(draft.ComposedAt) {
		return err
	}
	duty.State = warning.DutyWarned
	duty.Tell("node", "the warning had arrived all the same", tx.Now)
	return Duties.Put(tx, duty.ID, duty)
}
