// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds for which tools something is, by what they know and by what they
// do: an audience is a TLP label, or a label for tools that check passively alone.

import "strings"

// passively ends the audience that is for tools which check passively, and the
// clearance of such a tool. No label of a message can say it.
const passively = " passively"

// Passively is a label for tools that do no more than check passively: what came
// under PAP:AMBER is for those; as a clearance, it is that of such a tool. MISP
// taxonomy PAP
func Passively(label TLP) TLP { return label + passively }

// Label takes an audience, or a clearance, apart.
func Label(audience TLP) (label TLP, passive bool) {
	text, passive := strings.CutSuffix(string(audience), passively)
	return TLP(text), passive
}

// Sees reports whether a tool that is cleared so may be shown what is for an
// audience at all, whatever a policy says. An empty or unknown one is for nobody.
func Sees(clearance, audience TLP) bool {
	upTo, passive := Label(clearance)
	label, only := Label(audience)
	return label.Rank() >= 0 && label.Rank() <= upTo.Rank() && (passive || !only)
}

// AsWide reports whether everybody who sees what is for one audience sees what is
// for another.
func AsWide(audience, of TLP) bool {
	label, only := Label(audience)
	other, passive := Label(of)
	return label.Rank() <= other.Rank() && (passive || !only)
}

// Audiences lists every audience, from the widest to the narrowest.
func Audiences() (all []TLP) {
	for _, label := range TLPs() {
		all = append(all, label, Passively(label))
	}
	return all
}
