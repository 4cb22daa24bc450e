// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows duties as far as who asks may see what they are about, and what
// became of the warning that one was answered by.

import (
	"context"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// duty takes out of a duty what who asks is not shown of it. In a list that is also
// what asks for a reason, whoever may open it.
func (h *hiding) duty(d *warning.Duty, listed bool) error {
	why, err := h.ofDuty(d, listed)
	if err == nil && why != "" {
		d.Withhold(why)
	}
	return err
}

func (h *hiding) ofDuty(d *warning.Duty, listed bool) (why string, err error) {
	for _, subject := range d.Subjects() {
		if h.restricted[subject] {
			return restrictedTitle, nil
		}
		c, is, err := store.Cases.Find(h.tx, subject)
		if err != nil {
			return "", err
		}
		from := c.Partner
		if d.Asked() {
			from = d.Partner
		}
		third := false
		if is && !c.Ours || d.Asked() {
			third, err = h.tx.ThirdParty(h.who, from)
		}
		switch {
		case err != nil:
			return "", err
		case third:
			return thirdParty, nil
		case is && mayOpen(h.who, &c) != nil:
			return untold, nil
		}
	}
	if !listed {
		return "", nil
	}
	if why, err = h.tx.DutyAsks(d); why != "" {
		why += ": open the duty"
	}
	return why, err
}

// ChangedDuty is a duty as it is shown to whoever has just changed it: as in a list.
func (s *Shelf) ChangedDuty(ctx context.Context, who caller.Caller, duty warning.Duty) (warning.Duty, error) {
	err := s.store.Glance(ctx, who, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		hide, err := newHiding(tx, who)
		if err != nil {
			return err
		}
		return hide.duty(&duty, true)
	})
	if err != nil {
		return warning.Duty{}, err
	}
	return duty, nil
}

// Rota shows whom duties call.
func (s *Shelf) Rota(ctx context.Context, who caller.Caller) (rota warning.Rota, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadDuty}, func(tx *store.Tx) error {
		rota, _, err = store.Rotas.Find(tx, store.DutyRota)
		return err
	})
	return rota, err
}

// carried fills in what the node knows of the warnings it carried for the duty: the
// text, if it is here still, when it was delivered, who reviewed a release by one
// person alone, which message acknowledged it.
func carried(tx *store.Tx, duty *warning.Duty) error {
	for i := range duty.Given {
		given := &duty.Given[i]
		if given.Method != warning.ByNode {
			continue
		}
		draft, ok, err := store.Drafts.Find(tx, given.Draft)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		given.Substance = draft.Releases[duty.Partner]
		duty.Exigent = draft.Exigent
		err = tx.EachEntry(draft.Sent[duty.Partner], duty.Partner, func(e store.Entry) (bool, error) {
			switch {
			case e.Kind == envelope.Acknowledgement && e.Direction == store.In && given.Ack == "":
				given.Ack = e.Hash
			case e.Kind == envelope.Warning && e.Direction == store.Out:
				return true, delivered(tx, e.Hash, given)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// delivered fills in when a warning was, if it has its receipt.
func delivered(tx *store.Tx, hash string, given *warning.Given) error {
	m, err := tx.Message(hash)
	if err != nil || len(m.Receipt) == 0 {
		return err
	}
	r, err := receipt.Parse(m.Receipt)
	if err == nil {
		given.Receipt, given.DeliveredAt = hash, r.Statement.Received
	}
	return err
}
