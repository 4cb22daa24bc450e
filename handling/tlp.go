// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds the Traffic Light Protocol.

import (
	"fmt"
	"strings"
)

// TLP is a label of the Traffic Light Protocol 2.0, spelled exactly as FIRST
// spells it. TLP 2.0.
type TLP string

const (
	Clear       TLP = "TLP:CLEAR"
	Green       TLP = "TLP:GREEN"
	Amber       TLP = "TLP:AMBER"
	AmberStrict TLP = "TLP:AMBER+STRICT"
	Red         TLP = "TLP:RED"
)

// tlps is ordered from the widest audience to the narrowest.
var tlps = []struct {
	label   TLP
	colour  string // on black
	meaning string
}{
	{Clear, "#FFFFFF", "no limit on disclosure"},
	{Green, "#33FF00", "within the recipient's community, not in public"},
	{Amber, "#FFC000", "the recipient's organisation and its clients, need to know"},
	{AmberStrict, "#FFC000", "the recipient's organisation only"},
	{Red, "#FF2B2B", "the named individual recipients only"},
}

// TLPs lists the labels from the widest audience to the narrowest.
func TLPs() []TLP {
	var all []TLP
	for _, row := range tlps {
		all = append(all, row.label)
	}
	return all
}

// ParseTLP reads a label in any case, with or without "TLP:", and WHITE as
// CLEAR (TLP 1). It refuses everything else, also ex:chr and unclear.
func ParseTLP(s string) (TLP, error) {
	word := strings.ToUpper(strings.TrimSpace(s))
	word = strings.TrimPrefix(word, "TLP:")
	if word == "WHITE" {
		word = "CLEAR"
	}
	label := TLP("TLP:" + word)
	if label.Rank() < 0 {
		return "", fmt.Errorf("handling: %q is not a TLP 2.0 label (CLEAR, GREEN, AMBER, AMBER+STRICT, RED)", s)
	}
	return label, nil
}

// Rank grows as the audience narrows: CLEAR 0 to RED 4. An unknown label is -1
// and must be treated as narrower than RED by whoever compares.
func (t TLP) Rank() int {
	for i, row := range tlps {
		if row.label == t {
			return i
		}
	}
	return -1
}

// Colour is the label's colour on black, as #RRGGBB; empty for an unknown label.
func (t TLP) Colour() string {
	if i := t.Rank(); i >= 0 {
		return tlps[i].colour
	}
	return ""
}

// Meaning says in words who may see it; empty for an unknown label.
func (t TLP) Meaning() string {
	if i := t.Rank(); i >= 0 {
		return tlps[i].meaning
	}
	return ""
}
