// SPDX-License-Identifier: Apache-2.0

package policy

// This file is the floor under every policy: what is empty, unknown or unreadable
// is for nobody, and no text that people sign changes that.

import (
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// floors are the rules that are no text.
func floors() []Rule {
	return []Rule{RuleFloor, RuleNobody, RulePolicy, RuleHome, RuleObject, RuleMinimum, RuleLeak, RuleLimit, RuleSize, RulePersons, RulePermission, RuleSanitised}
}

// held adds what the floor forbids about a field of which the policy has not
// spoken: where both do, the policy says it.
func (e *evaluation) held(field, text string) {
	if !slices.ContainsFunc(e.blocks, func(r Reason) bool { return r.Field == field }) {
		e.block(RuleFloor, field, text)
	}
}

// floor forbids what no policy may let out.
func (e *evaluation) floor() {
	draft := e.of.draft
	switch e.to.State {
	case partner.Active:
	case partner.Limited:
		if !draft.Warning.ThreatToLife() {
			e.held("threat_type", "the channel is limited to threats to life, and this is none")
		}
	default:
		e.held("channel", "the channel is not open: nothing leaves")
	}
	if draft.Stage == warning.Withdrawn {
		e.held("stage", "the draft was withdrawn")
	}
	if !e.releasable() {
		e.held("releasable_to", "the partner is not named there")
	}
	if !e.written() {
		e.held("text", "no release text is written for this partner")
	}
	h := draft.Warning.Handling
	if h.TLP.Rank() < 0 {
		e.held("handling.tlp", "the label is empty or unknown")
	}
	if h.PAP.Rank() < 0 {
		e.held("handling.pap", "the PAP label is not known")
	}
	if unknownCode(h.Codes) {
		e.held("handling.codes", "a handling code is not known")
	}
	if unknownCaveat(h.Caveats) {
		e.held("handling.caveats", "a caveat is not known")
	}
	if reviewOf(draft.Warning.Review, e.of.now) == reviewNone {
		e.held("review", "the review date is empty or no date")
	}
}

func (e *evaluation) releasable() bool {
	return e.to.Name != "" && slices.Contains(e.of.draft.ReleasableTo, e.to.Name)
}

func (e *evaluation) written() bool {
	return strings.TrimSpace(e.of.draft.Releases[e.to.Name]) != ""
}

// allowsMore says why what another partner gave us may not go along with a warning
// under a PAP label: the warning would allow actions that it does not. Empty if it
// may. MISP taxonomy PAP
func (from Provenance) allowsMore(third bool, under handling.PAP) string {
	if third && from.Handling.PAP.Rank() > under.Rank() {
		return "another partner gave it to us as " + string(from.Handling.PAP) + ", and the warning may not allow more"
	}
	return ""
}

// never says why an object may not leave under any policy, with a warning under a
// PAP label; empty if it may. Whoever decides, compares or plays a pair asks it here.
func (a *attached) never(third bool, under handling.PAP) string {
	switch {
	case !a.known:
		return "it is not known where the object came from"
	case a.from.Recalled != "":
		return a.from.Recalled
	case !a.from.givenKnown():
		return "it came with a handling that is empty or unknown"
	case a.floor != "":
		return a.floor
	case a.label.Rank() < 0:
		return "its label is empty or unknown"
	}
	return a.from.allowsMore(third, under)
}
