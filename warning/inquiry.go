// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what a partner asks outside of a case: whether we hold anything.

import (
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// An Inquiry asks a partner whether it holds anything that the asker should be
// warned of. It opens a duty to warn there.
type Inquiry struct {
	ID       string `json:"id"` // "inquiry--" and a UUID
	Question string `json:"question"`
	// About is who or what may be threatened, as far as that is said.
	About      *Target             `json:"about,omitempty"`
	Precedence handling.Precedence `json:"precedence"`
	AnswerBy   time.Time           `json:"answer_by"`
	By         Officer             `json:"by"`
	At         time.Time           `json:"at"`
}

// An InquiryAnswer answers an inquiry in a word. It says no more, so that whoever
// holds nothing and whoever may not say what it holds say the same.
type InquiryAnswer struct {
	Inquiry string        `json:"inquiry"`
	Answer  InquiryResult `json:"answer"`
	By      Officer       `json:"by"`
	At      time.Time     `json:"at"`
}

// InquiryResult is what an inquiry is answered with.
type InquiryResult string

func (r InquiryResult) String() string { return string(r) }

const (
	// NothingToShare is said by whoever holds nothing, and by whoever may not share it.
	NothingToShare InquiryResult = "nothing_to_share"
	WarningFollows InquiryResult = "warning_follows"
)

// InquiryResults lists the answers to an inquiry.
func InquiryResults() []string { return []string{string(NothingToShare), string(WarningFollows)} }

// Validate says everything that is wrong, or nil.
func (q *Inquiry) Validate() error {
	wrong := &list{}
	wrong.name("id", q.ID, "inquiry--")
	wrong.needed("question", q.Question, MaxText)
	if q.About != nil {
		wrong.target(*q.About)
	}
	wrong.in("precedence", handling.Exact(q.Precedence, handling.ParsePrecedence))
	if !q.AnswerBy.After(q.At) {
		wrong.add("answer_by: a time after it is asked")
	}
	wrong.said(q.By, q.At)
	return wrong.join()
}

// Validate says everything that is wrong, or nil.
func (a *InquiryAnswer) Validate() error {
	wrong := &list{}
	wrong.name("inquiry", a.Inquiry, "inquiry--")
	wrong.word("answer", a.Answer, InquiryResults())
	wrong.said(a.By, a.At)
	return wrong.join()
}

// Title is the beginning of the question, for a line on the board.
func (q *Inquiry) Title() string {
	const most = 80
	line, _, _ := strings.Cut(strings.TrimSpace(q.Question), "\n")
	if runes := []rune(line); len(runes) > most {
		line = string(runes[:most-1]) + "…"
	}
	return line
}

// KeptInquiry is an inquiry as the node keeps it, ours or a partner's.
type KeptInquiry struct {
	Inquiry Inquiry        `json:"inquiry"`
	Partner string         `json:"partner"`
	Ours    bool           `json:"ours"`           // we asked
	Duty    string         `json:"duty,omitempty"` // that a partner's opened; it stays home
	Answer  *InquiryAnswer `json:"answer,omitempty"`
	// AskedBy is who of us asked; it stays home. Withheld says why it is shown without
	// its words; it is never kept.
	AskedBy  string `json:"asked_by,omitempty"`
	Withheld string `json:"withheld,omitempty"`
}

// Withhold is how a question is shown in a list to whoever is not shown its words.
func (q *KeptInquiry) Withhold(why string) {
	q.Inquiry.Question, q.Inquiry.About, q.Withheld = why, nil, why
}

// Name is how people name it, in one piece that fits into an address: a partner
// chooses the ids of its own.
func (q *KeptInquiry) Name() string {
	if q.Ours {
		return q.Inquiry.ID
	}
	return "in:" + q.Partner + ":" + q.Inquiry.ID
}
