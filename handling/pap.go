// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds the Permissible Actions Protocol: what may be done with what
// was said, as TLP says who may know it.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// PAP is a label of the Permissible Actions Protocol. MISP taxonomy PAP
type PAP string

const (
	PAPClear PAP = "PAP:CLEAR"
	PAPGreen PAP = "PAP:GREEN"
	PAPAmber PAP = "PAP:AMBER"
	PAPRed   PAP = "PAP:RED"
)

// paps is ordered from what allows the most to what allows the least.
var paps = []struct {
	label   PAP
	meaning string
}{
	{PAPClear, "no restriction on actions"},
	{PAPGreen, "active actions allowed"},
	{PAPAmber, "passive cross-checks only"},
	{PAPRed, "only what nobody outside can notice"},
}

// PAPs lists the labels from what allows the most to what allows the least.
func PAPs() []PAP {
	var all []PAP
	for _, row := range paps {
		all = append(all, row.label)
	}
	return all
}

// ParsePAP reads a label in any case, with or without "PAP:", and WHITE as CLEAR.
// It refuses everything else.
func ParsePAP(s string) (PAP, error) {
	word := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "PAP:")
	if word == "WHITE" {
		word = "CLEAR"
	}
	label := PAP("PAP:" + word)
	if label.Rank() < 1 {
		return "", fmt.Errorf("handling: %q is not a PAP label (CLEAR, GREEN, AMBER, RED)", s)
	}
	return label, nil
}

// Rank grows as less is allowed: 0 if nothing is said, CLEAR 1 to RED 4. An
// unknown label is -1 and must be treated as less than RED by whoever compares.
func (p PAP) Rank() int {
	if p == "" {
		return 0
	}
	for i, row := range paps {
		if row.label == p {
			return i + 1
		}
	}
	return -1
}

// Meaning says in words what may be done; empty for an unknown label.
func (p PAP) Meaning() string {
	if i := p.Rank(); i > 0 {
		return paps[i-1].meaning
	}
	return ""
}

// ForTools reports whether programs may be given what is handled so, to act on it
// by themselves, and whether it is only for those that check passively and do
// nothing else: PAP:AMBER. Of PAP:RED not even a look-up may be noticed outside, so
// it is for none; nor is what may only be shown or needs consent, nor what is for
// persons. H3 is for a person to read first, see [Handling.NoteID]. MISP taxonomy PAP
func (h Handling) ForTools() (may, passively bool) {
	may = h.TLP.Rank() >= 0 && h.TLP != Red && h.PAP.Rank() >= 0 && h.PAP.Rank() < PAPRed.Rank() &&
		!h.HasCaveat(DisplayOnly) && !h.HasCaveat(NoActionWithoutConsent)
	return may, may && h.PAP == PAPAmber
}

// NoteID names the note that H3 demands, by its text; empty without H3. Who has
// read it once has read it wherever it stands.
func (h Handling) NoteID() string {
	for _, code := range h.Codes {
		if code == H3 {
			sum := sha256.Sum256([]byte(h.Note))
			return NotePrefix + hex.EncodeToString(sum[:])
		}
	}
	return ""
}

// NotePrefix begins the name of a note.
const NotePrefix = "note--"
