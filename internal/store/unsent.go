// SPDX-License-Identifier: Apache-2.0

package store

// This file takes out, where a text goes, why a message of ours did not leave: which
// rule spoke may tell what was in it. That it did not leave stays.

import (
	"strconv"
	"strings"

	"github.com/tocsin-exchange/tocsin/warning"
)

// loseDrops also shortens the alarm that rang when it was taken out of the queue: it
// rings on, or stays dismissed.
func loseDrops(tx *Tx, l *loss) error {
	for hash := range l.of {
		drop, ok, err := Drops.Find(tx, hash)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		drop.Why = l.words
		if err := Drops.Put(tx, hash, drop); err != nil {
			return err
		}
		if err := tx.forgetWhy(warning.Alarm{Kind: warning.AlarmPolicy, Partner: drop.Partner, Subject: hash}); err != nil {
			return err
		}
	}
	return nil
}

const notSent = " was not sent"

// NotSentWords is what an alarm says of something that was taken out of the queue.
func NotSentWords(what, why string) string { return what + notSent + ": " + why }

// forgetWhy takes out of an alarm why something was not sent.
func (tx *Tx) forgetWhy(a warning.Alarm) error {
	id := alarmKeyID(a)
	key, ok, err := alarmKeys.Find(tx, id)
	if err != nil || !ok {
		return err
	}
	alarm, ok, err := Alarms.Find(tx, key.Alarm)
	if err != nil || !ok {
		return err
	}
	short := func(text string) string {
		what, _, _ := strings.Cut(text, notSent)
		return what + notSent
	}
	key.Text, alarm.Text = short(key.Text), short(alarm.Text)
	if err := alarmKeys.Put(tx, id, key); err != nil {
		return err
	}
	return Alarms.Put(tx, alarm.ID, alarm)
}

// loseWithheld takes out of the carry files why messages are not in them.
func loseWithheld(tx *Tx, l *loss) error {
	var places []string
	for i := range l.messages {
		if m := &l.messages[i]; m.Direction == Out {
			places = append(places, withheldPlace(m.Seq))
		}
	}
	if len(places) == 0 {
		return nil
	}
	files, err := CarryFiles.List(tx, 0, l.partner)
	if err != nil {
		return err
	}
	for _, file := range files {
		some := false
		for i, why := range file.Withheld {
			for _, place := range places {
				if strings.HasPrefix(why, place) {
					file.Withheld[i], some = place+l.words, true
				}
			}
		}
		if some {
			if err := CarryFiles.Put(tx, file.File, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// WithheldWords says in a carry file why a message is not in it, by its place in the
// chain.
func WithheldWords(seq uint64, why string) string { return withheldPlace(seq) + why }

func withheldPlace(seq uint64) string { return "message " + strconv.FormatUint(seq, 10) + ": " }
