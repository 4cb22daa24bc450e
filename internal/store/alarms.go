// SPDX-License-Identifier: Apache-2.0

package store

// This file raises alarms, each once, however many there are already.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/warning"
)

// alarmKey says which alarm was raised last about one thing, under a hash of
// its kind, partner and subject: the same one is found without a search.
type alarmKey struct {
	Alarm string `json:"alarm"`
	Text  string `json:"text"`          // as it was raised
	More  int    `json:"more,omitzero"` // how many more there were; see counted
}

func alarmKeyID(a warning.Alarm) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d %s %s", len(a.Kind), a.Kind, len(a.Partner), a.Partner, a.Subject))
	return hex.EncodeToString(sum[:])
}

// counted reports whether alarms of that kind are one for each partner, which
// counts: a partner causes them at will, and could bury the others.
func counted(kind warning.AlarmKind) bool {
	return kind == warning.AlarmUnreadable || kind == warning.AlarmGap || kind == warning.AlarmFlood ||
		kind == warning.AlarmRetention || kind == warning.AlarmErasureHeld
}

// raised finds the alarm that a would repeat; ok is false if there is none, or
// it was dismissed.
func (tx *Tx) raised(a warning.Alarm) (key alarmKey, alarm warning.Alarm, ok bool, err error) {
	key, ok, err = alarmKeys.Find(tx, alarmKeyID(a))
	if err != nil || !ok {
		return key, alarm, false, err
	}
	alarm, ok, err = Alarms.Find(tx, key.Alarm)
	return key, alarm, ok && alarm.DismissedBy == "", err
}

// IsRaised reports whether an alarm of that kind, about that partner and
// subject, is raised and not dismissed.
func (tx *Tx) IsRaised(a warning.Alarm) (bool, error) {
	if counted(a.Kind) {
		a.Subject = a.Partner
	}
	_, _, ok, err := tx.raised(a)
	return ok, err
}

// mostAlarms is how many alarms of one kind may stand about one partner.
const mostAlarms = 20

// Raise raises an alarm, unless the same one is raised already. Of messages
// that cannot be read, of gaps and of floods there is one alarm for each
// partner: its subject is the partner, its level that of the most urgent, and
// its text says how many more there were. So it is with every kind of alarm,
// once twenty of it stand about one partner: nobody buries the others.
func (tx *Tx) Raise(a warning.Alarm) error {
	count := counted(a.Kind)
	if !count {
		full, err := tx.crowded(a)
		if err != nil {
			return err
		}
		if count = full; full {
			a.Text = "there are more alarms of this kind about " + a.Partner + " than are shown one by one: look through its cases and messages, all are kept"
		}
	}
	if count {
		a.Subject = a.Partner
	}
	key, before, ok, err := tx.raised(a)
	if err != nil {
		return err
	}
	if !ok {
		a.ID, a.RaisedAt = "alarm--"+uuid.NewString(), tx.Now
		if err := alarmKeys.Put(tx, alarmKeyID(a), alarmKey{Alarm: a.ID, Text: a.Text}); err != nil {
			return err
		}
		return Alarms.Put(tx, a.ID, a)
	}
	if !count {
		return nil
	}
	key.More++
	before.Text = fmt.Sprintf("%s; since then %d more", key.Text, key.More)
	if a.Level.Rank() > before.Level.Rank() {
		before.Level = a.Level
	}
	if err := alarmKeys.Put(tx, alarmKeyID(a), key); err != nil {
		return err
	}
	return Alarms.Put(tx, before.ID, before)
}

// crowded reports whether as many alarms of a's kind stand about its partner as
// may, and a is not one of them.
func (tx *Tx) crowded(a warning.Alarm) (bool, error) {
	if a.Partner == "" || a.Subject == a.Partner {
		return false, nil
	}
	if _, _, same, err := tx.raised(a); err != nil || same {
		return false, err
	}
	more := a
	more.Subject = a.Partner
	if _, _, ok, err := tx.raised(more); err != nil || ok {
		return ok, err
	}
	standing, err := Alarms.List(tx, 0, Raised)
	n := 0
	for _, alarm := range standing {
		if alarm.Kind == a.Kind && alarm.Partner == a.Partner {
			n++
		}
	}
	return n >= mostAlarms, err
}

// Settle ends an alarm that what happened has answered, and says so in the name
// of who; nothing is done if it is not raised.
func (tx *Tx) Settle(a warning.Alarm, who, reason string) error {
	_, alarm, ok, err := tx.raised(a)
	if err != nil || !ok {
		return err
	}
	alarm.DismissedBy, alarm.DismissedAt, alarm.Reason = who, tx.Now, reason
	return Alarms.Put(tx, alarm.ID, alarm)
}
