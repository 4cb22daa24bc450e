// SPDX-License-Identifier: Apache-2.0

package inbox

// This file holds what a message changes here, once it is kept.

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// releaseMany is how many objects are looked at anew when their marking is
// defined; if there are more, the node sees to them when it starts.
const releaseMany = 1000

// decode reads a message's payload. One that is signed but cannot be read, such
// as a kind of a newer version, is kept all the same: refusing it would stop
// everything behind it.
func decode(m *envelope.Message) (warning.Payload, error) {
	return warning.Decode(m.Header.Kind, m.Payload)
}

// thread is the case a payload belongs to; empty for what belongs to none.
func thread(payload warning.Payload) string {
	switch p := payload.(type) {
	case *warning.Warning:
		return p.ID
	case *warning.Update:
		return p.Warning.ID
	case *warning.Recall:
		return p.Case
	case *warning.RecallAnswer:
		return p.Case
	case *warning.Acknowledgement:
		return p.Case
	case *warning.Request:
		return p.Case
	case *warning.Reply:
		return p.Case
	case *warning.Outcome:
		return p.Case
	case *warning.Thanks:
		return p.Case
	case *warning.Dispute:
		return p.Case
	case *warning.Destruction:
		return p.Case
	case *warning.PermissionRequest:
		return p.Case
	case *warning.Permission:
		return p.Case
	}
	return ""
}

func (h *hearing) effect(kept *store.Message, m *envelope.Message, payload warning.Payload, unreadable error) error {
	if kept.Kind == envelope.Update {
		h.tx.SaidAnew() // whatever its state, and though nobody here can read it
	}
	if unreadable != nil {
		h.in.log.Warn("payload cannot be read", "partner", h.channel.Name, "envelope", kept.Hash) // why may quote it
		return h.tx.Raise(warning.Alarm{Kind: warning.AlarmUnreadable, Partner: h.channel.Name, Subject: kept.Hash, Level: m.Header.Precedence,
			Text: "a message of " + h.channel.Name + " was kept and receipted, but this version cannot read it"})
	}
	if change, isChange := payload.(*warning.KeyChange); isChange {
		return h.keysChanged(change.Change, kept) // whatever the state: what comes behind it is signed with the new key
	}
	if kept.State == store.Quarantined {
		return h.quarantine(kept, payload)
	}
	return h.apply(payload, kept.Hash)
}

// quarantine keeps a message's effect apart; a threat to life is shown at once,
// and so is what was recalled. A permission that is withdrawn has ended at once.
func (h *hearing) quarantine(kept *store.Message, payload warning.Payload) error {
	var w *warning.Warning
	switch p := payload.(type) {
	case *warning.Warning:
		w = p
		c := h.newCase(w)
		c.State, c.Newest, c.Version = store.CaseQuarantined, kept.Hash, 1
		if err := h.openCase(c, kept.Hash); err != nil {
			return err
		}
		if err := h.owedInQuarantine(w, false); err != nil {
			return err
		}
	case *warning.Update:
		w = &p.Warning
		if err := h.quarantinedUpdate(p, kept.Hash); err != nil {
			return err
		}
		if err := h.owedInQuarantine(w, true); err != nil {
			return err
		}
	case *warning.Recall:
		return h.recalled(p, kept.Hash, true)
	case *warning.Permission:
		return h.permissionEnded(p, kept.Hash)
	default:
		return nil
	}
	if !w.ThreatToLife() {
		return nil
	}
	why := ", whose channel is " + string(h.channel.State)
	if h.channel.Opens() {
		why = ", and whoever had its keys may have signed it"
	}
	return h.tx.Raise(warning.Alarm{Kind: warning.AlarmThreatToLife, Partner: h.channel.Name, Subject: w.ID, Level: handling.Flash,
		Text: "a threat to life was received from " + h.channel.Name + why + ": read it now"})
}

// apply does what the message asks of this node.
func (h *hearing) apply(payload warning.Payload, hash string) error {
	switch p := payload.(type) {
	case *warning.Warning:
		return h.warned(p, hash)
	case *warning.Update:
		return h.corrected(p, hash)
	case *warning.Recall:
		return h.recalled(p, hash, false)
	case *warning.RecallAnswer:
		return h.recallAnswered(p, hash)
	case *warning.Acknowledgement, *warning.Outcome, *warning.Dispute, *warning.Request, *warning.Reply, *warning.Thanks:
		return h.moveCase(thread(p), func(c *store.Case) { c.Move(p, false) })
	case *warning.Pledge:
		return h.pledged(p, hash)
	case *warning.PledgeEnd:
		return h.pledgeEnded(p, hash)
	case *warning.Inquiry:
		return h.asked(p)
	case *warning.InquiryAnswer:
		return h.inquiryAnswered(p)
	case *warning.Terms:
		return h.terms(p)
	case *warning.StateNotice:
		return h.reopened(p)
	case *warning.Voice:
		return h.voice(p)
	case *warning.Destruction:
		return h.destroyed(p, hash)
	case *warning.PermissionRequest:
		return h.permissionAsked(p, hash)
	case *warning.Permission:
		return h.permissionAnswered(p, hash)
	}
	return nil
}

// moveCase changes a case that is between us and this very partner. Another
// partner's case, or none, is left alone: the message is kept in any case.
func (h *hearing) moveCase(id string, move func(*store.Case)) error {
	c, ok, err := store.Cases.Find(h.tx, id)
	if err != nil || !ok || c.Partner != h.channel.Name {
		return err
	}
	move(&c)
	return h.putCase(c)
}

func (h *hearing) putCase(c store.Case) error {
	c.Updated = h.tx.Now
	return store.Cases.Put(h.tx, c.ID, c)
}

func (h *hearing) keepObjects(handled handling.Handling, objects []jsontext.Value) error {
	for _, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			h.in.log.Warn("attached object cannot be read", "partner", h.channel.Name)
			continue // it stays in the message as it came
		}
		row, err := store.NewObject(store.Received, h.channel.Name, &handled, object)
		if err == nil {
			_, err = h.tx.KeepObject(row, policy.Audience)
		}
		if err == nil {
			_, err = h.tx.Released(row, policy.Audience, releaseMany)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *hearing) terms(t *warning.Terms) error {
	raw, err := warning.Encode(t)
	if err != nil {
		return err
	}
	if h.channel.State != partner.Pending {
		return nil
	}
	h.channel.TheirTerms = raw
	h.channel.Settle("", h.tx.Now)
	return store.Channels.Put(h.tx, h.channel.Name, h.channel)
}

// reopened notes which messages the partner took back while the channel was shut.
// Of one that it had called held nobody was told: now it will not come.
func (h *hearing) reopened(n *warning.StateNotice) error {
	var lost []store.Gap
	for _, dropped := range n.Dropped {
		gap, ok, err := store.Gaps.Find(h.tx, gapID(h.channel.ID, dropped.Seq))
		if err != nil {
			return err
		}
		if ok && gap.State == gapOpen && gap.Hash == dropped.Hash {
			if gap.Why == "held" && dropped.Why != "held" {
				lost = append(lost, gap)
				lost[len(lost)-1].Why = dropped.Why
			}
			gap.Why = dropped.Why
			if err := store.Gaps.Put(h.tx, gapID(h.channel.ID, dropped.Seq), gap); err != nil {
				return err
			}
		}
	}
	return h.lost(lost)
}

func gapAlarm(gaps []store.Gap) warning.Alarm {
	first := gaps[0]
	text := "message " + strconv.FormatUint(first.Seq, 10) + " of " + first.Partner + " has not come: the sender calls it " + first.Why
	if more := len(gaps) - 1; more > 0 {
		text += ", and so with " + strconv.Itoa(more) + " more up to message " + strconv.FormatUint(gaps[more].Seq, 10)
	}
	return warning.Alarm{Kind: warning.AlarmGap, Partner: first.Partner, Subject: first.Partner, Level: handling.Immediate, Text: text}
}
