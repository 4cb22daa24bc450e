// SPDX-License-Identifier: Apache-2.0

package inbox

// This file takes recalls, and what is answered to ours. Nothing is erased here:
// people decide.

import (
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// recalled puts a recall on the list of those that wait for us. One of a message
// that this partner did not send us in this case, or that says a step, asks for
// nothing and is an alarm.
func (h *hearing) recalled(r *warning.Recall, hash string, quarantined bool) error {
	id := store.RecallID(h.channel.Name, false, r.ID)
	known, is, err := store.Recalls.Find(h.tx, id)
	if err != nil {
		return err
	}
	if is && known.Hash == hash {
		known.Quarantined = quarantined
		return store.Recalls.Put(h.tx, id, known)
	}
	m, there, err := h.tx.FindMessage(r.About)
	if err != nil {
		return err
	}
	if is || !there || m.Direction != store.In || m.Partner != h.channel.Name || m.Thread != r.Case || !store.Recallable(m.Kind) {
		return h.tx.Raise(h.recallAlarm(hash, " recalled what it cannot recall: nothing was changed; the recall is kept as message "+hash))
	}
	return h.judgeAfter(r.Case, func() error {
		err := store.Recalls.Put(h.tx, id, store.Recall{Recall: *r, Partner: h.channel.Name, Hash: hash, Kind: string(m.Kind), Quarantined: quarantined})
		if err != nil || quarantined {
			return err
		}
		return h.moveCase(r.Case, func(*store.Case) {})
	})
}

// recallAnswered closes a recall of ours. An answer to none of ours, or to one
// that was answered, is an alarm and changes nothing.
func (h *hearing) recallAnswered(a *warning.RecallAnswer, hash string) error {
	id := store.RecallID(h.channel.Name, true, a.Recall)
	recall, is, err := store.Recalls.Find(h.tx, id)
	if err != nil {
		return err
	}
	if !is || recall.Answer != nil || recall.Hash != a.About || recall.Recall.Case != a.Case {
		return h.tx.Raise(h.recallAlarm(hash, " answered a recall that was not made, or was answered: nothing was changed; the answer is kept as message "+hash))
	}
	recall.Answer, recall.AnswerHash = a, hash
	if err := store.Recalls.Put(h.tx, id, recall); err != nil {
		return err
	}
	if err := h.tx.Settle(warning.RecallAlarm(h.channel.Name, a.Recall, true), "node", "the recall was answered"); err != nil {
		return err
	}
	return h.moveCase(a.Case, func(*store.Case) {})
}

func (h *hearing) recallAlarm(hash, text string) warning.Alarm {
	return warning.Alarm{Kind: warning.AlarmRecall, Partner: h.channel.Name, Subject: hash, Level: handling.Immediate, Text: h.channel.Name + text}
}
