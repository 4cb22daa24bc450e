// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds a recall and what is answered to it. A recall asks; what
// becomes of the message is for people on the other side to say.

import (
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Recall asks the partner to destroy a message of ours, or to stop using it.
// Nothing disappears because of it.
type Recall struct {
	ID     string `json:"id"` // "recall--" and a UUID
	Case   string `json:"case"`
	About  string `json:"about"` // hash of the message that is recalled
	Ask    Ask    `json:"ask"`
	Reason string `json:"reason"`
	// Ground is DestroyedByRedress where somebody who is named there, or for whom it
	// was asked, has a right to it; empty for any other recall.
	Ground   DestructionGround `json:"ground,omitempty"`
	AnswerBy time.Time         `json:"answer_by"`
	By       Officer           `json:"by"`
	At       time.Time         `json:"at"`
}

// Ask is what a recall asks for.
type Ask string

const (
	AskDestroy Ask = "destroy"
	AskStop    Ask = "stop_using"
)

func (a Ask) String() string { return string(a) }

// Asks lists what a recall may ask for.
func Asks() []string { return []string{string(AskDestroy), string(AskStop)} }

// A RecallAnswer is a named human saying what became of a message that was
// recalled.
type RecallAnswer struct {
	Case   string       `json:"case"`
	Recall string       `json:"recall"` // its id
	About  string       `json:"about"`  // hash of the message that holds the recall
	Answer RecallResult `json:"answer"`
	Reason string       `json:"reason,omitempty"`
	// PassedOn names whom it had been passed on to, in words, as far as this side
	// wants to say.
	PassedOn []string  `json:"passed_on,omitempty"`
	By       Officer   `json:"by"`
	At       time.Time `json:"at"`
}

// RecallResult is what became of a message that was recalled.
type RecallResult string

const (
	Destroyed     RecallResult = "destroyed" // text and salt are erased at the node that says so
	Stopped       RecallResult = "stopped"   // kept, and not used any more
	CannotRecall  RecallResult = "cannot"
	RefusedRecall RecallResult = "refused"
)

func (r RecallResult) String() string { return string(r) }

// RecallResults lists every answer to a recall.
func RecallResults() []string {
	return []string{string(Destroyed), string(Stopped), string(CannotRecall), string(RefusedRecall)}
}

// Validate says everything that is wrong, or nil.
func (r *Recall) Validate() error {
	wrong := answered(r.Case, r.By, r.At)
	wrong.name("id", r.ID, "recall--")
	wrong.hash("about", r.About, true)
	wrong.word("ask", r.Ask, Asks())
	wrong.needed("reason", r.Reason, MaxText)
	if r.Ground != "" && r.Ground != DestroyedByRedress {
		wrong.add("ground: redress, or leave it out")
	}
	if r.AnswerBy.IsZero() {
		wrong.add("answer_by: say by when a human must have answered")
	}
	return wrong.join()
}

// Validate says everything that is wrong, or nil. Who cannot or will not says why.
func (r *RecallAnswer) Validate() error {
	wrong := answered(r.Case, r.By, r.At)
	wrong.name("recall", r.Recall, "recall--")
	wrong.hash("about", r.About, true)
	wrong.word("answer", r.Answer, RecallResults())
	wrong.text("reason", r.Reason, MaxText)
	if (r.Answer == CannotRecall || r.Answer == RefusedRecall) && strings.TrimSpace(r.Reason) == "" {
		wrong.add("reason: say why")
	}
	wrong.words("passed_on", r.PassedOn)
	return wrong.join()
}

// hash refuses what is not the hash of a message.
func (l *list) hash(field, s string, needed bool) {
	if s == "" && !needed {
		return
	}
	if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		l.add("%s: must be the hash of a message, 64 hexadecimal digits", field)
	}
}

// RecallAlarm is the alarm that a recall was not answered in time: by the
// partner if it is ours.
func RecallAlarm(partner, id string, ours bool) Alarm {
	text := partner + " recalled a message, and nobody here has answered in time"
	if ours {
		text = partner + " has not answered our recall in time"
	}
	return Alarm{Kind: AlarmRecallDue, Partner: partner, Subject: id, Level: handling.Immediate, Text: text}
}
