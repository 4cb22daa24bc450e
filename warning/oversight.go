// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the alarms of oversight and redress.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// AlarmOverseer is raised when a key is put forward for an overseer.
const AlarmOverseer AlarmKind = "overseer_key"

// AlarmLink is raised when somebody made a sign-in link for a person who reads or
// decides, and was here before.
const AlarmLink AlarmKind = "sign_in_link"

// AlarmRedress is raised when somebody asks whether and what is held about a person.
const AlarmRedress AlarmKind = "redress"

// RedressAlarm tells the overseer and the releasers that a request for redress
// waits, and until when. It says the same whatever was found.
func RedressAlarm(id string, due time.Time, late bool) Alarm {
	a := Alarm{Kind: AlarmRedress, Subject: id, Level: handling.Routine, Text: "a request for redress is to be answered by " + due.Format(time.DateOnly) + ": tocsin redress show " + id}
	if late {
		a.Subject, a.Level, a.Text = id+"/late", handling.Immediate, "a request for redress was not answered in time: tocsin redress show "+id
	}
	return a
}
