// SPDX-License-Identifier: Apache-2.0

package web

// This file puts what the trips answer into words: times, states, kinds.

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// words is a vocabulary's word as people read it.
func words[T ~string](word T) string { return strings.ReplaceAll(string(word), "_", " ") }

// stamp is a moment for the machine: the datetime attribute of a time element.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

// clock is a moment in UTC, to the minute.
func clock(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// typedTime is a moment as it would be typed.
func typedTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04")
}

// typedStart and typedEnd are the ends of a window as they would be typed: a
// whole day is typed as a day.
func typedStart(w warning.Window) string {
	return strings.TrimSuffix(typedTime(w.Start), " 00:00")
}

func typedEnd(w warning.Window) string {
	return strings.TrimSuffix(typedTime(w.End), " 23:59")
}

// ago says how far a moment is from now, in one unit, or two below a day.
func ago(at, now time.Time) string {
	distance := at.Sub(now)
	past := distance < 0
	if past {
		distance = -distance
	}
	text := span(distance)
	switch {
	case text == "":
		return "now"
	case past:
		return text + " ago"
	}
	return "in " + text
}

func span(d time.Duration) string {
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d < time.Minute:
		return ""
	case hours == 0:
		return fmt.Sprintf("%d min", minutes)
	case hours < 24 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours < 48:
		return fmt.Sprintf("%d h", hours)
	case hours < 24*60:
		return fmt.Sprintf("%d days", hours/24)
	case hours < 24*365*2:
		return fmt.Sprintf("%d months", hours/(24*30))
	}
	return fmt.Sprintf("%d years", hours/(24*365))
}

// windowWords is a window no more exact than its fidelity.
func windowWords(w warning.Window) string {
	layout := map[warning.Fidelity]string{
		"year": "2006", "month": "January 2006", "day": "2 January 2006",
		"hour": "2 January 2006, 15:00 UTC", "minute": "2 January 2006, 15:04 UTC", "second": "2 January 2006, 15:04:05 UTC",
	}[w.Fidelity]
	if layout == "" {
		layout = "2006-01-02 15:04 UTC"
	}
	start, end := w.Start.UTC().Format(layout), w.End.UTC().Format(layout)
	switch {
	case w.Start.IsZero() && w.End.IsZero():
		return ""
	case w.End.IsZero():
		return "from " + start
	case w.Start.IsZero():
		return "until " + end
	case start == end:
		return start
	}
	return start + " to " + end
}

// tlpClass is the class of a label's colour.
func tlpClass(label handling.TLP) string {
	switch label {
	case handling.Clear:
		return "tlp-clear"
	case handling.Green:
		return "tlp-green"
	case handling.Amber, handling.AmberStrict:
		return "tlp-amber"
	case handling.Red:
		return "tlp-red"
	}
	return "tlp-none"
}

// rest is the handling line without its label, which stands beside it in colour.
func rest(h handling.Handling) string {
	if h.TLP == "" {
		return strings.TrimPrefix(h.Line(), " · ")
	}
	return strings.TrimPrefix(strings.TrimPrefix(h.Line(), string(h.TLP)), " · ")
}

// restrictionWords is what stands beside a label in a row of a list.
func restrictionWords(h handling.Handling) string {
	all := strings.Fields(strings.TrimPrefix(h.Short(), string(h.TLP)))
	for i := range all {
		all[i] = words(all[i])
	}
	return strings.Join(all, " · ")
}

// labelOf is the TLP label at the beginning of a handling line.
func labelOf(line string) handling.TLP {
	first, _, _ := strings.Cut(line, " · ")
	return handling.TLP(first)
}

// strictest is the narrowest of the labels; an unknown one is narrower than all.
func strictest(labels ...handling.TLP) handling.TLP {
	narrow := handling.Clear
	for _, label := range labels {
		if label.Rank() < 0 {
			return label
		}
		if label.Rank() > narrow.Rank() {
			narrow = label
		}
	}
	return narrow
}

// precedenceClass is the class of a precedence's mark.
func precedenceClass(p string) string { return "precedence p-" + strings.ToLower(p) }

// stateClass is the class of a state's mark: the word says it, the colour helps.
func stateClass(state string) string {
	switch state {
	case "active", "confirmed", "delivered", "acknowledged", "outcome", "released", "warned", "cleared", "kept", "answered", "acted", "agreed", "settled", "in force", "in_force", "good", "affirmed", "granted":
		return "state good"
	case "held", "quarantined", "suspended", "frozen", "overdue", "disputed", "approved", "limited", "deferred", "waiver_proposed", "deferral_proposed", "pending", "proposed", "carried", "destroyed", "destroyed on recall", "recalled", "open recall", "due soon", "waits", "waits for release", "waits to be taken over", "failing", "in recovery", "left out", "refused", "withdrawn", "telling", "searched":
		return "state care"
	case "expelled", "expired", "dropped", "blocked", "denied", "in doubt", "forked", "halted", "never answered":
		return "state bad"
	}
	return "state"
}

// short is the beginning of a hash or of an id's own part.
func short(id string) string {
	if _, unique, ok := strings.Cut(id, "--"); ok {
		id = unique
	}
	return id[:min(8, len(id))]
}

// kindWords is what a message is, in words.
func kindWords(kind string) string {
	return map[string]string{
		"warning": "Warning", "acknowledgement": "Acknowledgement", "request": "Question", "reply": "Reply", "outcome": "Outcome",
		"thanks": "Thanks", "dispute": "Dispute", "pledge": "Pledge", "pledge_ended": "End of a pledge", "terms": "Terms", "state": "State", "update": "Correction",
		"recall": "Recall", "recall_answer": "Answer to a recall", "inquiry": "Question", "permission_request": "Request for permission", "permission": "Permission", "inquiry_answer": "Answer to a question", "keys": "Change of keys", "objects": "Objects", "voice": "Secret for the voice", "destroyed": "Notice of destruction",
	}[kind]
}

// alarmWords is what an alarm is about, where its word alone would not say it.
func alarmWords(kind warning.AlarmKind) string {
	if said, ok := map[warning.AlarmKind]string{
		warning.AlarmFork: "a partner's log was rewritten", warning.AlarmOwnLog: "our own log is not what others saw",
		warning.AlarmRestored: "restored from a backup", warning.AlarmStanding: "a wrong answer about this node",
		warning.AlarmCosignature: "a cosignature that does not verify", warning.AlarmNoQuorum: "too few witnesses",
		warning.AlarmBadReceipt: "a receipt that does not verify", warning.AlarmCaseTaken: "a case was repeated",
		warning.AlarmSpoken: "by voice, not yet by message", warning.AlarmSpokenOther: "the message is not what was heard",
		warning.AlarmRecall: "a recall that fits nothing", warning.AlarmCorrection: "a correction that fits nothing",
		warning.AlarmPolicy:      "the policy forbids what was released",
		warning.AlarmKeysRefused: "a change of keys was refused", warning.AlarmKeysStolen: "a partner's keys were in other hands",
		warning.AlarmDoubted: "a message in doubt waits", warning.AlarmTwin: "two messages at one place of a chain",
		warning.AlarmKeyChanged: "other keys under a known name", warning.AlarmFlood: "a partner floods us", warning.AlarmPermission: "a permission that fits nothing",
		warning.AlarmPledge: "what was said of a pledge fits nothing", warning.AlarmPledgeEnded: "a pledge ended",
		warning.AlarmPermissionDue: "a request for permission is overdue", warning.AlarmPermissionGone: "copies had left under a permission", warning.AlarmOverseer: "a key was put forward for an overseer",
		warning.AlarmLink: "a sign-in link was made for somebody who reads", warning.AlarmRedress: "a request for redress waits", warning.AlarmRoles: "an administrator was given a role that reads content",
		warning.AlarmTool: "an account was let read what partners sent",
	}[kind]; ok {
		return said
	}
	return words(kind)
}

// capital is a word at the beginning of a line.
func capital(word string) string {
	return strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
}

// pointWords is what a warning says of one point that its recipient needs.
func pointWords(point warning.Point, w warning.Warning) string {
	if when := windowWords(w.Window); point.What == "when" && when != "" {
		return when
	}
	return words(point.Said)
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// payload reads what a message says; nil if it was erased or cannot be read.
func payload(kind string, raw jsontext.Value) warning.Payload {
	if len(raw) == 0 {
		return nil
	}
	read, err := warning.Decode(envelope.Kind(kind), raw)
	if err != nil {
		return nil
	}
	return read
}

// readTerms reads terms for showing; nil if there are none.
func readTerms(raw jsontext.Value) *warning.Terms {
	var terms warning.Terms
	if len(raw) == 0 || warning.Read(raw, &terms) != nil {
		return nil
	}
	return &terms
}

// pretty is JSON for reading.
func pretty(raw jsontext.Value) string {
	value := raw.Clone()
	if value.Indent() != nil {
		return string(raw)
	}
	return string(value)
}

// prettyObjects is attached objects as they can be typed.
func prettyObjects(objects []jsontext.Value) string {
	if len(objects) == 0 {
		return ""
	}
	raw, err := json.Marshal(objects)
	if err != nil {
		return ""
	}
	return pretty(raw)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// part is a piece of a text; marked pieces stand out.
type part struct {
	text string
	mark string // why it is marked; empty if it is not
}

// mark cuts a text into parts so that every occurrence of what is to be found
// is marked with why. Longer finds go first; what overlaps is joined to the
// find that begins earlier.
func mark(text string, finds map[string]string) (parts []part) {
	for text != "" {
		at, found := len(text), ""
		for find := range finds {
			i := strings.Index(text, find)
			if find != "" && i >= 0 && (i < at || i == at && len(find) > len(found)) {
				at, found = i, find
			}
		}
		if at > 0 {
			parts = append(parts, part{text: text[:at]})
		}
		if found != "" {
			parts = append(parts, part{found, finds[found]})
		}
		text = text[at+len(found):]
	}
	return parts
}
