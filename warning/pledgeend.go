// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the notice that a pledge has ended before its last day.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A PledgeEnd says that a pledge of the sender's holds no more. It has no text: why
// somebody withdrew it stays home.
type PledgeEnd struct {
	Pledge string          `json:"pledge"` // its id
	Ended  time.Time       `json:"ended"`  // from when on it holds no more
	Why    PledgeEndGround `json:"why"`
	By     Officer         `json:"by,omitzero"` // who decided; nobody where the date alone did
	At     time.Time       `json:"at"`
}

// PledgeEndGround is why a pledge ended.
type PledgeEndGround string

const (
	PledgeWithdrawn   PledgeEndGround = "withdrawn" // whoever gave it took it back
	PledgeEndedByDate PledgeEndGround = "review"    // its review date came, and nobody decided to keep it
)

func (g PledgeEndGround) String() string { return string(g) }

// PledgeEndGrounds lists every ground.
func PledgeEndGrounds() []string { return []string{string(PledgeWithdrawn), string(PledgeEndedByDate)} }

// AlarmPledge is what rings where something that a partner says of a pledge fits
// nothing: an end of what it has not given, or another pledge under a name it has used.
const AlarmPledge AlarmKind = "pledge_not_right"

// Validate says everything that is wrong, or nil.
func (e *PledgeEnd) Validate() error {
	wrong := &list{}
	wrong.name("pledge", e.Pledge, "pledge--")
	if e.Ended.IsZero() {
		wrong.add("ended: must be said")
	}
	wrong.word("why", e.Why, PledgeEndGrounds())
	if e.Why != PledgeEndedByDate || e.By != (Officer{}) {
		wrong.needed("by.name", e.By.Name, MaxWord)
		wrong.needed("by.role", e.By.Role, MaxWord)
	}
	if e.At.IsZero() {
		wrong.add("at: must be said")
	}
	return wrong.join()
}

// Words is how it ended, in a few words.
func (e *PledgeEnd) Words() string {
	if e.Why == PledgeEndedByDate {
		return "its review date came, and nobody decided to keep it"
	}
	return "withdrawn by " + e.By.Name + ", " + e.By.Role
}

// PledgeEndedAlarm is what rings when a pledge ends otherwise than by its last day:
// one of ours with its review date, or one of a partner's. key is how it is kept.
func PledgeEndedAlarm(k *KeptPledge, key string) Alarm {
	given := string(DateOf(k.Pledge.At))
	if k.Ours {
		return Alarm{Kind: AlarmPledgeEnded, Partner: k.Partner, Subject: key, Level: handling.Priority,
			Text: "our pledge to " + k.Partner + " of " + given + " has ended, since nobody decided to keep it: they are told; give it anew if it is to hold"}
	}
	return Alarm{Kind: AlarmPledgeEnded, Partner: k.Partner, Subject: key, Level: handling.Routine,
		Text: k.Partner + " has ended its pledge to us of " + given + ": see tocsin pledge list"}
}

// Over is from when on a pledge holds no more although its last day has not come; zero
// if nothing was said of that. A partner's holds here until its end is heard: nobody
// shortens afterwards what was promised.
func (k *KeptPledge) Over() time.Time {
	if k.End == nil {
		return time.Time{}
	}
	if k.EndHeard.After(k.End.Ended) {
		return k.EndHeard
	}
	return k.End.Ended
}

// InForce reports whether the pledge holds at t: see [Pledge.InForce] and Over.
func (k *KeptPledge) InForce(t time.Time) bool {
	over := k.Over()
	return k.Pledge.InForce(t) && (over.IsZero() || t.Before(over))
}

// Past reports whether the pledge holds no more at t, nor later.
func (k *KeptPledge) Past(t time.Time) bool {
	return k.End != nil || k.Pledge.Until != "" && !t.Before(k.Pledge.Until.Time().AddDate(0, 0, 1))
}

// State is whether it holds at t, in a few words.
func (k *KeptPledge) State(t time.Time) string {
	switch {
	case k.End != nil && t.Before(k.Over()):
		return "ends on " + string(DateOf(k.Over())) + ": " + k.End.Words()
	case k.End != nil:
		return "ended on " + string(DateOf(k.Over())) + ": " + k.End.Words()
	case k.InForce(t):
		return "in force"
	case k.Past(t):
		return "ended with its last day"
	}
	return "not in force yet"
}
