// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the notice that texts were erased.

import (
	"fmt"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Destruction says that the texts of messages were erased at the node that
// says so: payload and salt, of either direction. It is signed, as every message
// is, and proves that this was said.
type Destruction struct {
	ID       string            `json:"id"` // "destruction--" and a UUID
	Case     string            `json:"case"`
	Messages []string          `json:"messages"` // their hashes
	Ground   DestructionGround `json:"ground"`
	By       Officer           `json:"by,omitzero"` // who decided; nobody where the date alone did
	At       time.Time         `json:"at"`
}

// DestructionGround is why texts were erased.
type DestructionGround string

const (
	DestroyedByDate    DestructionGround = "review"  // the review date came, and nobody decided to keep them
	DestroyedByRedress DestructionGround = "redress" // it was asked for by, or for, somebody who is named there
)

func (g DestructionGround) String() string { return string(g) }

// DestructionGrounds lists every ground.
func DestructionGrounds() []string {
	return []string{string(DestroyedByDate), string(DestroyedByRedress)}
}

// What rings about keeping and erasing.
const (
	AlarmRetention   AlarmKind = "review_date_near"      // something is erased soon unless somebody decides
	AlarmErasureHeld AlarmKind = "erasure_held"          // something is due to be erased, and is not
	AlarmPledgeEnded AlarmKind = "pledge_ended"          // a pledge ended, see [PledgeEndedAlarm]
	AlarmDestruction AlarmKind = "destruction_not_right" // a notice of destruction that fits nothing here
)

// MaxDestroyed bounds how many messages one notice names.
const MaxDestroyed = 1000

// Validate says everything that is wrong, or nil.
func (d *Destruction) Validate() error {
	wrong := &list{}
	wrong.name("id", d.ID, "destruction--")
	wrong.name("case", d.Case, "warning--")
	if len(d.Messages) == 0 || len(d.Messages) > MaxDestroyed {
		wrong.add("messages: 1 to %d", MaxDestroyed)
	}
	for _, hash := range d.Messages {
		wrong.hash("messages", hash, true)
	}
	wrong.word("ground", d.Ground, DestructionGrounds())
	if d.Ground != DestroyedByDate || d.By != (Officer{}) {
		wrong.needed("by.name", d.By.Name, MaxWord)
		wrong.needed("by.role", d.By.Role, MaxWord)
	}
	if d.At.IsZero() {
		wrong.add("at: must be said")
	}
	return wrong.join()
}

// Words is what a notice says, in a sentence.
func (d *Destruction) Words() string {
	why := map[DestructionGround]string{
		DestroyedByDate: "the review date came, and nobody decided to keep it", DestroyedByRedress: "a request for redress",
	}[d.Ground]
	if len(d.Messages) == 1 {
		return "the text of 1 message was erased: " + why
	}
	return fmt.Sprintf("the texts of %d messages were erased: %s", len(d.Messages), why)
}

// RetentionAlarm is the alarm that something that passed between us and a partner, or
// of our own if partner is empty, is erased soon unless somebody decides to keep it.
func RetentionAlarm(partner string) Alarm {
	whose := "of our own"
	if partner != "" {
		whose = "that passed between us and " + partner
	}
	return Alarm{Kind: AlarmRetention, Partner: partner, Subject: partner, Level: handling.Routine,
		Text: "something " + whose + " is erased soon, unless somebody decides to keep it: see tocsin retention list"}
}
