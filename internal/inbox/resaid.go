// SPDX-License-Identifier: Apache-2.0

package inbox

// This file does anew, after the node was restored, what our own messages changed
// here when they were said.

import (
	"fmt"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// said opens and moves cases by what we said. What was only decided here, such as
// drafts and who released them, does not come back.
func (b *regaining) said(payload warning.Payload, hash string) error {
	tx, name := b.h.tx, b.h.channel.Name
	switch p := payload.(type) {
	case *warning.Warning:
		if _, known, err := store.Cases.Find(tx, p.ID); err != nil || known {
			return err
		}
		c := b.h.newCase(p)
		c.Ours = true
		return b.h.putCase(c)
	case *warning.Update:
		return b.ourCase(p.Warning.ID, func(c *store.Case) { c.Correct(p, hash) })
	case *warning.Pledge:
		return b.promised(p, hash)
	case *warning.PledgeEnd:
		return b.ended(p, hash)
	case *warning.Inquiry:
		return store.Inquiries.Put(tx, p.ID, warning.KeptInquiry{Inquiry: *p, Partner: name, Ours: true})
	case *warning.InquiryAnswer:
		kept, ok, err := store.Inquiries.Find(tx, store.InquiryID(name, false, p.Inquiry))
		if err != nil || !ok || kept.Answer != nil {
			return err
		}
		kept.Answer = p
		return store.Inquiries.Put(tx, store.InquiryID(name, false, p.Inquiry), kept)
	case *warning.Recall:
		m, known, err := tx.FindMessage(p.About)
		if err != nil || !known {
			return err
		}
		serves, err := tx.RedressOf(name, p)
		if err != nil {
			return err
		}
		return store.Recalls.Put(tx, store.RecallID(name, true, p.ID), store.Recall{Recall: *p, Partner: name, Ours: true, Kind: string(m.Kind), Hash: hash, Redress: serves})
	case *warning.RecallAnswer:
		return b.answered(p, hash)
	case *warning.PermissionRequest:
		id := store.PermissionID(name, true, p.ID)
		if _, known, err := store.Permissions.Find(tx, id); err != nil || known {
			return err
		}
		return store.Permissions.Put(tx, id, store.Permission{Request: *p, Partner: name, Ours: true, Hash: hash})
	case *warning.Permission:
		return b.permitted(p, hash)
	case *warning.Terms:
		if b.h.channel.State != partner.Pending {
			return nil
		}
		raw, err := warning.Encode(p)
		if err != nil {
			return err
		}
		b.h.channel.OurTerms = raw
		return store.Channels.Put(tx, name, b.h.channel)
	case *warning.Acknowledgement, *warning.Outcome, *warning.Dispute, *warning.Reply:
		return b.ourCase(thread(p), func(c *store.Case) { c.Move(p, true) })
	}
	return nil
}

// answered closes a recall that we answered. If the answer was that the text was
// destroyed, it is destroyed again before anything is said.
func (b *regaining) answered(a *warning.RecallAnswer, hash string) error {
	id := store.RecallID(b.h.channel.Name, false, a.Recall)
	recall, known, err := store.Recalls.Find(b.h.tx, id)
	if err != nil || !known || recall.Answer != nil {
		return err
	}
	recall.Answer, recall.AnswerHash = a, hash
	return store.Recalls.Put(b.h.tx, id, recall)
}

// permitted is what we answered to a partner that asked for a permission.
func (b *regaining) permitted(a *warning.Permission, hash string) error {
	id := store.PermissionID(b.h.channel.Name, false, a.Request)
	p, known, err := store.Permissions.Find(b.h.tx, id)
	switch {
	case err != nil || !known:
		return err
	case a.Answer == warning.PermissionWithdrawn:
		p.Withdrawn, p.WithdrawnHash = a, hash
	case p.Answer == nil:
		p.Answer, p.AnswerHash = a, hash
	}
	return store.Permissions.Put(b.h.tx, id, p)
}

func (b *regaining) ourCase(id string, move func(*store.Case)) error {
	c, known, err := store.Cases.Find(b.h.tx, id)
	if err != nil || !known || c.Partner != b.h.channel.Name {
		return err
	}
	move(&c)
	return b.h.putCase(c)
}

// parted takes over an epoch that only our own messages still show: the state of
// the channel was changed after the backup was made. What it was changed to is
// known if the partner was told; else nothing leaves until somebody decides.
func (b *regaining) parted(epoch uint64, told partner.State) error {
	channel := &b.h.channel
	channel.Epoch = epoch
	if told == partner.Active || told == partner.Limited {
		if channel.Paired() {
			channel.State, channel.Since, channel.Why = told, b.h.tx.Now, "as the partner was told before the node was restored"
		}
		return store.Channels.Put(b.h.tx, channel.Name, *channel)
	}
	if channel.Opens() {
		channel.State, channel.Since, channel.Why = partner.Suspended, b.h.tx.Now, "its state was changed after the backup was made, and to what is lost"
		channel.Epoch++
	}
	if err := store.Channels.Put(b.h.tx, channel.Name, *channel); err != nil {
		return err
	}
	return b.h.tx.Raise(warning.Alarm{Kind: warning.AlarmRestored, Partner: channel.Name, Subject: fmt.Sprint("epoch ", epoch), Level: handling.Immediate,
		Text: "the state of the channel with " + channel.Name + " was changed after the backup was made that this node was restored from, and to what is lost: it is " + string(channel.State) + " until somebody decides"})
}
