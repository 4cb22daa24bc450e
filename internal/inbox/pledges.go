// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes the pledges of partners, and what they say of their end. What is
// under a name stays: nobody puts another promise in its place.

import (
	"bytes"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// pledged keeps a partner's pledge. The same one again changes nothing. Another one
// under its name is an alarm, and is kept as a message alone. One whose end came
// before it has ended.
func (h *hearing) pledged(p *warning.Pledge, hash string) error {
	id := store.PledgeID(h.channel.Name, false, p.ID)
	known, is, err := store.Pledges.Find(h.tx, id)
	if err != nil {
		return err
	}
	if is {
		if same, err := alike(&known.Pledge, p); err != nil || same {
			return err
		}
		if !known.Erased.IsZero() { // the text that comes now has to go one day, too
			if err := h.tx.DateAnew(&known); err != nil {
				return err
			}
		}
		return h.pledgeAlarm(hash, " gave another pledge under the name of one that it had given: that one stands; the other is kept as message "+hash)
	}
	kept := warning.KeptPledge{Pledge: *p, Partner: h.channel.Name}
	early, ended, err := store.PledgeEnds.Find(h.tx, id)
	if err != nil {
		return err
	}
	if ended && !early.End.Ended.Before(p.At) {
		kept.End, kept.EndHash, kept.EndHeard = &early.End, early.Hash, early.Heard
	}
	return store.Pledges.Put(h.tx, id, kept)
}

// pledgeEnded ends a partner's pledge, once, and tells people. What it has not given,
// what had ended and an end before the beginning are alarms, and change no pledge.
func (h *hearing) pledgeEnded(e *warning.PledgeEnd, hash string) error {
	id := store.PledgeID(h.channel.Name, false, e.Pledge)
	known, is, err := store.Pledges.Find(h.tx, id)
	switch {
	case err != nil || is && known.EndHash == hash:
		return err
	case !is:
		return h.endedUnknown(id, e, hash)
	case known.End != nil:
		if same, err := alike(known.End, e); err != nil || same {
			return err
		}
		return h.pledgeAlarm(hash, " says anew, and otherwise, that a pledge ended that had ended: what it said first stands; this is kept as message "+hash)
	case e.Ended.Before(known.Pledge.At):
		return h.pledgeAlarm(hash, " says that a pledge ended before it was given: no pledge was changed; this is kept as message "+hash)
	}
	past := known.Past(h.tx.Now)
	known.End, known.EndHash, known.EndHeard = e, hash, h.tx.Now
	if err := store.Pledges.Put(h.tx, id, known); err != nil || past {
		return err
	}
	return h.tx.Raise(warning.PledgeEndedAlarm(&known, id))
}

// endedUnknown keeps the first end of a pledge that is not here: it may come yet.
func (h *hearing) endedUnknown(id string, e *warning.PledgeEnd, hash string) error {
	early, is, err := store.PledgeEnds.Find(h.tx, id)
	if err != nil || is && early.Hash == hash {
		return err
	}
	if !is {
		if err := store.PledgeEnds.Put(h.tx, id, store.PledgeEnd{End: *e, Hash: hash, Heard: h.tx.Now}); err != nil {
			return err
		}
	}
	return h.pledgeAlarm(hash, " says that a pledge ended that it has not given: no pledge was changed; this is kept as message "+hash)
}

func (h *hearing) pledgeAlarm(hash, text string) error {
	return h.tx.Raise(warning.Alarm{Kind: warning.AlarmPledge, Partner: h.channel.Name, Subject: hash, Level: handling.Routine, Text: h.channel.Name + text})
}

// alike reports whether two payloads say the same.
func alike(one, other any) (bool, error) {
	first, err := warning.Encode(one)
	if err != nil {
		return false, err
	}
	second, err := warning.Encode(other)
	return bytes.Equal(first, second), err
}

// promised keeps again a pledge of ours that a partner gave back. What is known of it
// here stays: it may have been erased, or ended.
func (b *regaining) promised(p *warning.Pledge, hash string) error {
	known, is, err := store.Pledges.Find(b.h.tx, p.ID)
	if err != nil {
		return err
	}
	if !is {
		return store.Pledges.Put(b.h.tx, p.ID, warning.KeptPledge{Pledge: *p, Partner: b.h.channel.Name, Ours: true})
	}
	if same, err := alike(&known.Pledge, p); err != nil || known.Partner == b.h.channel.Name && (same || !known.Erased.IsZero()) {
		return err
	}
	return b.h.pledgeAlarm(hash, " gave back a pledge of ours under the name of another: that one stands; the other is kept as message "+hash)
}

// ended ends again a pledge of ours of which the partner was told that it had ended.
func (b *regaining) ended(e *warning.PledgeEnd, hash string) error {
	known, is, err := store.Pledges.Find(b.h.tx, e.Pledge)
	if err != nil || !is || !known.Ours || known.Partner != b.h.channel.Name || known.End != nil {
		return err
	}
	known.End, known.EndHash = e, hash
	return store.Pledges.Put(b.h.tx, e.Pledge, known)
}
