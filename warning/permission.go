// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what is asked of an originator before what it gave is used
// beyond its handling, and what the originator answers.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
)

// A Use is what a permission is asked for.
type Use string

const (
	UsePassOn  Use = "pass_on"   // to the partners it names
	UsePurpose Use = "purpose"   // for another purpose than it was given for
	UseCourt   Use = "court"     // in judicial proceedings: no_court_use, H1
	UseAct     Use = "act"       // no_action_without_consent
	UseWider   Use = "wider_tlp" // under a wider TLP label
)

func (u Use) String() string { return string(u) }

// Uses lists everything that a permission can be asked for.
func Uses() []string {
	return []string{string(UsePassOn), string(UsePurpose), string(UseCourt), string(UseAct), string(UseWider)}
}

// Used says what is to be done with a message: nothing beyond it.
type Used struct {
	Use Use `json:"use,omitempty"`
	// To are those it may be passed on to, with [UsePassOn].
	To []Recipient `json:"to,omitempty"`
	// Purpose is what it is done for. It is always said.
	Purpose string `json:"purpose,omitempty"`
	// TLP is the wider label, with [UseWider].
	TLP handling.TLP `json:"tlp,omitempty"`
	// Earlier are versions before the one it is about of which it speaks, too, by the
	// hashes of their messages. Of a version that is not named it says nothing.
	Earlier []string `json:"earlier,omitempty"`
}

// A Recipient is a node that a message may be passed on to. The id is what
// counts: each node calls others as it likes.
type Recipient struct {
	Name string `json:"name"` // as whoever asks calls it
	Node string `json:"node"` // its id, see envelope.Card.ID
}

// A PermissionRequest asks whoever sent a warning whether it may be used beyond
// what its handling says. It is about one version of it, and those before it that
// it names.
type PermissionRequest struct {
	ID    string `json:"id"` // "permission--" and a UUID
	Case  string `json:"case"`
	About string `json:"about"` // hash of the message that holds that version
	Used
	Reason   string    `json:"reason"`
	AnswerBy time.Time `json:"answer_by"`
	By       Officer   `json:"by"`
	At       time.Time `json:"at"`
}

// A Permission is the originator's answer. What is granted is exactly what stands
// in it, until it ends, is withdrawn, or the originator corrects or recalls what
// it is about.
type Permission struct {
	Case    string           `json:"case"`
	Request string           `json:"request"` // its id
	About   string           `json:"about"`   // as in the request
	Answer  PermissionResult `json:"answer"`
	Used                     // of a grant: what is asked for, or to fewer
	// Conditions go wherever it goes, as they are written.
	Conditions string    `json:"conditions,omitempty"`
	Until      time.Time `json:"until,omitzero"` // of a grant: it has ended then
	Reason     string    `json:"reason,omitempty"`
	By         Officer   `json:"by"`
	// Confirmed is the second person of a grant, who read the same text.
	Confirmed *Officer  `json:"confirmed_by,omitempty"`
	At        time.Time `json:"at"`
}

// PermissionResult is what is answered to a request for permission.
type PermissionResult string

const (
	PermissionGranted   PermissionResult = "granted"
	PermissionRefused   PermissionResult = "refused"
	PermissionWithdrawn PermissionResult = "withdrawn" // what was granted, from now on
)

func (r PermissionResult) String() string { return string(r) }

// PermissionResults lists every answer.
func PermissionResults() []string {
	return []string{string(PermissionGranted), string(PermissionRefused), string(PermissionWithdrawn)}
}

// MaxConditions is how long the conditions of a permission may be, in bytes: they
// stand among the caveats of what is passed on.
const MaxConditions = 1 << 10

// What rings about permissions.
const (
	AlarmPermission    AlarmKind = "permission_not_right" // a request or an answer that fits nothing here
	AlarmPermissionDue AlarmKind = "permission_overdue"
	// AlarmPermissionGone: a permission was withdrawn after copies had left under it.
	AlarmPermissionGone AlarmKind = "permission_withdrawn"
)

// Validate says everything that is wrong, or nil.
func (q *PermissionRequest) Validate() error {
	wrong := answered(q.Case, q.By, q.At)
	wrong.name("id", q.ID, "permission--")
	wrong.hash("about", q.About, true)
	wrong.used(&q.Used, q.About)
	wrong.needed("reason", q.Reason, MaxText)
	if q.AnswerBy.IsZero() {
		wrong.add("answer_by: say by when a human must have answered")
	}
	return wrong.join()
}

// Validate says everything that is wrong, or nil. A grant says what is granted,
// until when, and which two people granted it; a refusal and a withdrawal say why
// and grant nothing.
func (p *Permission) Validate() error {
	wrong := answered(p.Case, p.By, p.At)
	wrong.name("request", p.Request, "permission--")
	wrong.hash("about", p.About, true)
	wrong.word("answer", p.Answer, PermissionResults())
	wrong.text("reason", p.Reason, MaxText)
	wrong.text("conditions", p.Conditions, MaxConditions)
	if p.Answer == PermissionGranted {
		wrong.used(&p.Used, p.About)
		if !p.Until.After(p.At) {
			wrong.add("until: a time to come: no permission is for ever")
		}
		if p.Confirmed == nil {
			wrong.add("confirmed_by: two people grant")
		} else {
			wrong.needed("confirmed_by.name", p.Confirmed.Name, MaxWord)
			wrong.needed("confirmed_by.role", p.Confirmed.Role, MaxWord)
		}
		return wrong.join()
	}
	if p.Use != "" || len(p.To) > 0 || p.Purpose != "" || p.TLP != "" || len(p.Earlier) > 0 || p.Conditions != "" || !p.Until.IsZero() || p.Confirmed != nil {
		wrong.add("answer: only a grant says what is granted")
	}
	if strings.TrimSpace(p.Reason) == "" {
		wrong.add("reason: say why")
	}
	return wrong.join()
}

func (l *list) used(u *Used, about string) {
	l.word("use", u.Use, Uses())
	l.needed("purpose", u.Purpose, MaxWord)
	switch {
	case u.Use == UsePassOn && (len(u.To) == 0 || len(u.To) > MaxList):
		l.add("to: name those it may be passed on to, 1 to %d", MaxList)
	case u.Use != UsePassOn && len(u.To) > 0:
		l.add("to: only what is passed on has recipients")
	}
	seen := make(map[string]bool)
	for _, to := range u.To {
		l.needed("to.name", to.Name, MaxWord)
		l.hash("to.node", to.Node, true)
		if seen[to.Node] {
			l.add("to: each node once")
		}
		seen[to.Node] = true
	}
	if u.Use == UseWider {
		l.in("tlp", handling.Exact(u.TLP, handling.ParseTLP))
	} else if u.TLP != "" {
		l.add("tlp: only with wider_tlp")
	}
	if len(u.Earlier) > MaxList {
		l.add("earlier: at most %d", MaxList)
		return
	}
	named := map[string]bool{about: true}
	for _, hash := range u.Earlier {
		l.hash("earlier", hash, true)
		if named[hash] {
			l.add("earlier: each other version once")
		}
		named[hash] = true
	}
}

// Within reports whether nothing is granted beyond what was asked: the same use,
// purpose and label, to some or all of the recipients, of some or all of the earlier
// versions.
func (u *Used) Within(asked *Used) bool {
	for _, hash := range u.Earlier {
		if !slices.Contains(asked.Earlier, hash) {
			return false
		}
	}
	for _, to := range u.To {
		if !slices.ContainsFunc(asked.To, func(r Recipient) bool { return r.Node == to.Node }) {
			return false
		}
	}
	return u.Use == asked.Use && u.TLP == asked.TLP && SamePurpose(u.Purpose, asked.Purpose)
}

// SamePurpose reports whether two purposes are the same words, in any case and
// spacing.
func SamePurpose(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// Words is what is asked for or granted, in a few words.
func (u *Used) Words() string {
	what := map[Use]string{
		UsePassOn: "to pass it on", UsePurpose: "to use it for another purpose", UseCourt: "to use it in court",
		UseAct: "to act on it", UseWider: "to treat it as " + string(u.TLP),
	}[u.Use]
	if len(u.To) > 0 {
		names := make([]string, len(u.To))
		for i, to := range u.To {
			names[i] = to.Name
		}
		what += " to " + strings.Join(names, ", ")
	}
	what += ", for “" + u.Purpose + "”"
	switch n := len(u.Earlier); n {
	case 0:
		return what
	case 1:
		return what + ", with the version before it"
	default:
		return what + fmt.Sprintf(", with %d versions before it", n)
	}
}

// PermissionAlarm is the alarm that a request for permission was not answered in
// time: by the partner if it is ours.
func PermissionAlarm(partner, id string, ours bool) Alarm {
	text := partner + " asks for a permission, and nobody here has answered in time"
	if ours {
		text = partner + " has not answered in time whether we may use what it gave"
	}
	return Alarm{Kind: AlarmPermissionDue, Partner: partner, Subject: id, Level: handling.Immediate, Text: text}
}

// WithdrawnAlarm is the alarm that a partner withdrew a permission after copies had
// left under it, to those partners.
func WithdrawnAlarm(partner, id string, to ...string) Alarm {
	return Alarm{Kind: AlarmPermissionGone, Partner: partner, Subject: id, Level: handling.Immediate,
		Text: partner + " withdrew a permission, and copies had left under it, to " + strings.Join(to, ", ") + ": see whether they are to be recalled, and say what was done"}
}
