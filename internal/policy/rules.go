// SPDX-License-Identifier: Apache-2.0

package policy

// This file holds the rules about the warning as a whole.

import (
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// channel: an active channel carries everything, a limited one threats to life,
// any other nothing.
func (e *evaluation) channel() {
	switch e.to.State {
	case partner.Active:
	case partner.Limited:
		if !e.draft.Warning.ThreatToLife() {
			e.block(RuleChannel, "threat_type", "the channel is limited to threats to life, and this is none")
		}
	case partner.Suspended, partner.Frozen, partner.Expelled, partner.Pending:
		e.block(RuleChannel, "channel", "the channel is "+string(e.to.State)+": nothing leaves")
	default:
		e.block(RuleChannel, "channel", "the state of the channel is not known: nothing leaves")
	}
	if e.draft.Stage == warning.Withdrawn {
		e.block(RuleStage, "stage", "the draft was withdrawn")
	}
}

// releasable: the author names who may have it and writes a text for each.
func (e *evaluation) releasable() {
	if e.to.Name == "" || !slices.Contains(e.draft.ReleasableTo, e.to.Name) {
		e.block(RuleReleasableTo, "releasable_to", "the partner is not named there")
	}
	if strings.TrimSpace(e.draft.Releases[e.to.Name]) == "" {
		e.block(RuleReleasableTo, "text", "no release text is written for this partner")
	}
}

// tlp: an unknown label is for nobody, RED for named persons. TLP 2.0
func (e *evaluation) tlp() {
	label := e.draft.Warning.Handling.TLP
	if label.Rank() < 0 {
		e.block(RuleTLP, "handling.tlp", "the label is empty or unknown")
	}
	named := slices.ContainsFunc(e.draft.Warning.Recipients, func(name string) bool { return strings.TrimSpace(name) != "" })
	if label == handling.Red && !named {
		e.block(RuleTLP, "recipients", "TLP:RED is for named persons, and none is named")
	}
}

// handling: every code and caveat must be known, and a person must have read
// the note of H3. Codes and caveats of our own bind the recipient, not us.
func (e *evaluation) handling() {
	h := e.draft.Warning.Handling
	for _, code := range h.Codes {
		if code.Meaning() == "" {
			e.block(RuleHandling, "handling.codes", "a handling code is not known")
		}
	}
	for _, caveat := range h.Caveats {
		if caveat.Meaning() == "" {
			e.block(RuleHandling, "handling.caveats", "a caveat is not known")
		}
	}
	if !slices.Contains(h.Codes, handling.H3) {
		return
	}
	if strings.TrimSpace(h.Note) == "" {
		e.block(RuleHandling, "handling.note", "H3 needs a note that says which restriction applies")
	} else if !e.facts.NoteRead {
		e.block(RuleHandling, "handling.note", "H3: a person must have read the note")
	}
}

// review: what is past its review date must be looked at anew before it goes on.
func (e *evaluation) review() {
	review, err := warning.ParseDate(string(e.draft.Warning.Review))
	switch {
	case err != nil:
		e.block(RuleReview, "review", "the review date is empty or no date")
	case !e.now.Before(review.AddDate(0, 0, 1)):
		e.block(RuleReview, "review", "the review date is past")
	}
}

// source: the report itself never leaves, and what it says leaves only if
// whoever gave it to us allows. The same holds for what else the draft is about.
func (e *evaluation) source() {
	if e.draft.Source != "" {
		e.withhold(RuleHome, "source", "there is a source report; it never leaves")
		e.origin("source", "the source report", e.facts.Source)
	}
	for _, given := range e.facts.Given {
		e.origin("duty", "what the duty is about", Provenance{Partner: given.Origin, Handling: given.Handling})
	}
}

func (e *evaluation) origin(field, what string, from Provenance) {
	if text := e.thirdParty(from); text != "" {
		e.block(RuleThirdParty, field, text)
	} else if e.isThird(from) && from.Handling.TLP.Rank() > e.draft.Warning.Handling.TLP.Rank() {
		e.block(RuleThirdParty, "handling.tlp", what+" was given to us as "+string(from.Handling.TLP)+"; the warning may not be wider")
	}
}

// isThird reports whether a thing came from a partner other than the one it
// would go to. To whoever gave it to us it may go back.
func (e *evaluation) isThird(from Provenance) bool {
	return from.Partner != "" && from.Partner != e.to.Name
}

// thirdParty says why what another partner gave us may not go on; empty if it
// may. Only GREEN and CLEAR go on, and nothing that its originator controls.
// TLP 2.0, Council 6243/18
func (e *evaluation) thirdParty(from Provenance) string {
	if !e.isThird(from) {
		return ""
	}
	h := from.Handling
	switch {
	case h.Validate() != nil:
		return "another partner gave it to us with a handling that is empty or unknown"
	case h.TLP.Rank() > handling.Green.Rank():
		return "another partner gave it to us as " + string(h.TLP) + ", which does not go on"
	case slices.Contains(h.Codes, handling.H2):
		return "another partner gave it to us under H2: not passed on without its permission"
	case slices.Contains(h.Codes, handling.H3) && !e.facts.NoteRead:
		return "another partner gave it to us under H3: a person must have read the note"
	}
	for _, caveat := range []handling.Caveat{handling.OriginatorControl, handling.NoDissemination, handling.DisplayOnly} {
		if h.HasCaveat(caveat) {
			return "another partner gave it to us with the caveat: " + caveat.Meaning()
		}
	}
	return ""
}

// fields names every field that leaves, and every one that stays home.
func (e *evaluation) fields() {
	w := &e.draft.Warning
	leaves := "the author released it to " + e.to.Name
	for _, field := range []struct {
		name  string
		there bool
	}{
		{"text", e.draft.Releases[e.to.Name] != ""},
		{"target.kind", w.Target.Kind != ""},
		{"target.name", w.Target.Name != ""},
		{"target.place", w.Target.Place != (warning.Place{})},
		{"target.nationalities", len(w.Target.Nationalities) > 0},
		{"threat_type", w.ThreatType != ""},
		{"window", w.Window != (warning.Window{})},
		{"method", w.Method != ""},
		{"threat_actor", w.Actor != ""},
		{"recommended_action", w.Action != ""},
		{"precedence", w.Precedence != ""},
		{"answer_by", !w.AnswerBy.IsZero()},
		{"probability", w.Probability != ""},
		{"confidence", w.Confidence != ""},
		{"grade", w.Grade != ""},
		{"handling", true},
		{"recipients", len(w.Recipients) > 0},
		{"purpose", w.Purpose != ""},
		{"review", w.Review != ""},
	} {
		if field.there {
			e.allow(RuleReleasableTo, field.name, leaves)
		}
	}
	for _, field := range []struct {
		name, why string
		there     bool
	}{
		{"id", "the draft's own id; the partner gets a new one", e.draft.ID != ""},
		{"duty", "which duty it answers is ours to know", e.draft.Duty != ""},
		{"releasable_to", "who else may have it is ours to know", len(e.draft.ReleasableTo) > 0},
		{"releases", "the texts for other partners are for them", others(e.draft.Releases, e.to.Name)},
		{"composed_by", "who wrote it is ours to know", e.draft.ComposedBy != "" || !e.draft.ComposedAt.IsZero()},
		{"approvals", "who released it is ours to know", len(e.draft.Approvals) > 0 || e.draft.Exigent != nil},
		{"sent", "which ids it has elsewhere is ours to know", len(e.draft.Sent) > 0},
	} {
		if field.there {
			e.withhold(RuleHome, field.name, field.why)
		}
	}
}

func others(releases map[string]string, name string) bool {
	for partner := range releases {
		if partner != name {
			return true
		}
	}
	return false
}
