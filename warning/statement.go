// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what a side says in public, and what raises an alarm at home.

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Statement is one side's own public account of an event. Nobody sees it in
// public before it is cleared, and a cleared one is not edited: a new version is.
type Statement struct {
	ID       string   `json:"id" yaml:"-"`                // "statement--" and a UUID
	Case     string   `json:"case,omitempty" yaml:"case"` // stays home
	Event    string   `json:"event" yaml:"event"`         // what it is about, in a few words
	Headline string   `json:"headline" yaml:"headline"`
	Text     string   `json:"text" yaml:"text"`
	Language string   `json:"language,omitempty" yaml:"language"` // RFC 5646; empty is en
	Areas    []string `json:"areas,omitempty" yaml:"areas"`       // in words
	Links    []string `json:"links,omitempty" yaml:"links"`
	// Instruction, Severity, Urgency and Certainty are for CAP. CAP 1.2 §3.2.2
	Instruction string       `json:"instruction,omitempty" yaml:"instruction"`
	Urgency     string       `json:"urgency,omitempty" yaml:"urgency"`
	Severity    string       `json:"severity,omitempty" yaml:"severity"`
	Certainty   string       `json:"certainty,omitempty" yaml:"certainty"`
	TLP         handling.TLP `json:"tlp,omitempty" yaml:"-"` // TLP:CLEAR once cleared
	WrittenBy   string       `json:"written_by,omitempty" yaml:"-"`
	WrittenAt   time.Time    `json:"written_at,omitzero" yaml:"-"`
	ClearedBy   string       `json:"cleared_by,omitempty" yaml:"-"`
	ClearedAt   time.Time    `json:"cleared_at,omitzero" yaml:"-"`
	// Theirs names the partner whose account this is, kept beside ours; such a
	// statement is never shown on our public page.
	Theirs string `json:"theirs,omitempty" yaml:"theirs"`
	// As stands for the statement as it is shown to who may clear it: see Seen. It is
	// empty where it is not kept, was cleared, or is shown without its words.
	As string `json:"seen,omitempty" yaml:"-"`
}

// Public reports whether anyone may see it.
func (s *Statement) Public() bool { return s.ClearedBy != "" && s.Theirs == "" }

// Seen stands for everything that somebody wrote: who clears a statement says it, and
// clears nothing else.
func (s *Statement) Seen() string {
	written := *s
	written.ClearedBy, written.ClearedAt, written.TLP, written.As = "", time.Time{}, "", ""
	raw, err := json.Marshal(written, json.Deterministic(true))
	if err != nil {
		return "" // a statement that cannot be written has been seen by nobody
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

// Validate says everything that is wrong, or nil.
func (s *Statement) Validate() error {
	wrong := &list{}
	wrong.needed("event", s.Event, MaxWord)
	wrong.needed("headline", s.Headline, MaxWord)
	wrong.needed("text", s.Text, MaxText)
	wrong.text("instruction", s.Instruction, MaxText)
	wrong.words("areas", s.Areas)
	wrong.words("links", s.Links)
	wrong.text("language", s.Language, 35)
	for _, row := range []struct {
		field, got string
		allowed    []string
	}{
		{"urgency", s.Urgency, []string{"Immediate", "Expected", "Future", "Past", "Unknown"}},
		{"severity", s.Severity, []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}},
		{"certainty", s.Certainty, []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"}},
	} {
		if row.got != "" && !slices.Contains(row.allowed, row.got) {
			wrong.add("%s: %q is not one of %s", row.field, row.got, strings.Join(row.allowed, ", "))
		}
	}
	return wrong.join()
}

// An Alarm is something a human must look at. It is dismissed with a reason, never by time.
type Alarm struct {
	ID       string              `json:"id"` // "alarm--" and a UUID
	Kind     AlarmKind           `json:"kind"`
	Partner  string              `json:"partner,omitempty"`
	Subject  string              `json:"subject,omitempty"` // what to open
	Text     string              `json:"text"`              // no content of a message
	Level    handling.Precedence `json:"level"`
	RaisedAt time.Time           `json:"raised_at"`

	DismissedBy string    `json:"dismissed_by,omitempty"`
	DismissedAt time.Time `json:"dismissed_at,omitzero"`
	Reason      string    `json:"reason,omitempty"`
}

// AlarmKind says what an alarm is about.
type AlarmKind string

const (
	AlarmKeyChanged   AlarmKind = "key_changed"
	AlarmKeysRefused  AlarmKind = "keys_refused"     // a change of keys that the right keys did not sign
	AlarmKeysStolen   AlarmKind = "keys_compromised" // a partner's keys are or were in other hands
	AlarmTwin         AlarmKind = "two_at_a_place"   // two messages at one place of a chain
	AlarmDoubted      AlarmKind = "message_in_doubt" // a message that a thief of the keys may have signed waits
	AlarmThreatToLife AlarmKind = "threat_to_life_quarantined"
	AlarmDutyOverdue  AlarmKind = "duty_overdue"
	AlarmReviewDue    AlarmKind = "exigent_review_overdue"
	AlarmNotLeft      AlarmKind = "release_held" // what two people released has changed before it left
	AlarmNamed        AlarmKind = "nobody_named" // a TLP:RED warning for persons whom nobody here is
	AlarmAnswerDue    AlarmKind = "answer_overdue"
	AlarmClock        AlarmKind = "clock"
	AlarmExpired      AlarmKind = "delivery_expired"
	AlarmGap          AlarmKind = "gap"
	AlarmFork         AlarmKind = "fork"
	AlarmOwnLog       AlarmKind = "own_log"      // our own log is not what others saw of it
	AlarmRestored     AlarmKind = "restored"     // a node, ours or a partner's, was restored from a backup
	AlarmStanding     AlarmKind = "bad_standing" // what a partner says it holds of us is not what we signed
	AlarmCosignature  AlarmKind = "bad_cosignature"
	AlarmNoQuorum     AlarmKind = "no_quorum"
	AlarmBadReceipt   AlarmKind = "bad_receipt"
	AlarmUnreadable   AlarmKind = "unreadable"
	AlarmNotDelivered AlarmKind = "not_delivered"
	AlarmCaseTaken    AlarmKind = "case_repeated"
	AlarmSpoken       AlarmKind = "heard_by_voice"
	AlarmSpokenOther  AlarmKind = "heard_is_another" // a message that is not what was heard of that minute
	AlarmFeed         AlarmKind = "feed_failing"
	AlarmFlood        AlarmKind = "flood"
	AlarmRoles        AlarmKind = "administrator_reads" // an administrator was given a role that reads content
	AlarmTool         AlarmKind = "tool_reads"          // an account was let read what partners sent
	AlarmRecallDue    AlarmKind = "recall_overdue"
	AlarmRecall       AlarmKind = "recall_not_right"     // a recall, or an answer to one, that fits nothing here
	AlarmPolicy       AlarmKind = "policy"               // what was released is not sent: the policy forbids it now
	AlarmCorrection   AlarmKind = "correction_not_right" // a correction that fits nothing here
)

// StolenKeys is the alarm that a partner's keys are or were in other hands.
func StolenKeys(name string, since time.Time) Alarm {
	return Alarm{Kind: AlarmKeysStolen, Partner: name, Subject: name, Level: handling.Flash,
		Text: "the keys of " + name + " are or were in other hands, since " + since.Format(time.RFC3339) + " at the latest: what they signed from then on is in doubt. " +
			"Nothing leaves for it, and what arrives is quarantined, until somebody here has compared the digits anew and restored the channel"}
}

// DoubtedAlarm is the alarm that a message waits which a thief of the partner's
// keys may have signed.
func DoubtedAlarm(name, hash, kind string) Alarm {
	return Alarm{Kind: AlarmDoubted, Partner: name, Subject: hash, Level: handling.Immediate,
		Text: "a message of " + name + " (" + kind + ") has no effect: whoever had its keys may have signed it. Call them on a number you know; if it is theirs, affirm it: tocsin affirm " + hash + " --why TEXT"}
}

// KeyAlarm is the alarm that a partner's keys are not the ones that were compared.
func KeyAlarm(name string) Alarm {
	return Alarm{Kind: AlarmKeyChanged, Partner: name, Subject: name, Level: handling.Immediate,
		Text: "somebody who calls itself " + name + " showed other keys than the ones this node knows; nothing was accepted"}
}

// RevokedAlarm is the alarm that a stranger showed a key of a partner that was
// expelled.
func RevokedAlarm(partner, shownBy string) Alarm {
	return Alarm{Kind: AlarmKeyChanged, Partner: partner, Subject: partner, Level: handling.Immediate,
		Text: "somebody showed a revoked key of " + partner + " under the name " + shownBy + "; nothing was accepted"}
}
