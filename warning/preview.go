// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what the people who release a warning are shown.

import "time"

// Preview is exactly what would leave for each partner, what stays home, and
// by which rule.
type Preview struct {
	Draft Draft `json:"draft"`
	// Hash names all of it: two people who approved the same hash saw the same.
	Hash string `json:"hash"`
	// Policy is the hash of the text by which it was decided.
	Policy string `json:"policy,omitempty"`
	Copies []Copy `json:"copies"`
	// Blocked says that the draft cannot be released as it is.
	Blocked bool `json:"blocked"`
}

// Copy is one partner's part of a preview.
type Copy struct {
	Partner string `json:"partner"`
	State   string `json:"state"` // of the channel
	// Policy is the hash of the text by which it was decided.
	Policy string `json:"policy,omitempty"`
	// Allowed says that this copy may be released.
	Allowed bool `json:"allowed"`
	// Leaves is the warning as it would leave; its bytes are canonical JSON of this.
	Leaves Warning `json:"leaves"`
	Bytes  int     `json:"bytes"`
	// Corrects says what it is a new version of; nil for a warning of its own.
	Corrects *Correction `json:"corrects,omitempty"`
	// Permissions are those of other partners without which it would stay.
	Permissions []Permitted `json:"permissions,omitempty"`
	Reasons     []Reason    `json:"reasons"`
	// Further says why a third person must approve this copy.
	Further []string `json:"further,omitempty"`
	Cuts    []Reason `json:"cuts,omitempty"`
	Leaks   []Leak   `json:"leaks,omitempty"`
	// Flags stop nothing: they are for the people who release to look at.
	Flags []Leak `json:"flags,omitempty"`
	// Minimum is what the copy says of the seven points of a warning that can be
	// acted on.
	Minimum []Point `json:"minimum,omitempty"`
}

// Correction says of which message a copy is a new version, and which.
type Correction struct {
	Case    string `json:"case"`
	Of      string `json:"of"` // hash of the version before
	Version int64  `json:"version"`
}

// Reason says what becomes of one field or object, and by which rule.
type Reason struct {
	Field  string `json:"field"`
	Effect string `json:"effect"` // allow, withhold or block
	Rule   string `json:"rule"`
	Text   string `json:"text"`
	// Source is what the rule follows, such as TLP 2.0.
	Source string `json:"source,omitempty"`
	// Hint says how somebody else's permission is asked for, where it would do.
	Hint string `json:"hint,omitempty"`
}

// Permitted is a permission by which something leaves that another partner gave.
type Permitted struct {
	ID         string    `json:"id"`
	From       string    `json:"from"`
	Use        Use       `json:"use"`
	Conditions string    `json:"conditions,omitempty"`
	Until      time.Time `json:"until"`
}

// Equal reports whether two are the same.
func (p Permitted) Equal(other Permitted) bool {
	return p.ID == other.ID && p.From == other.From && p.Use == other.Use && p.Conditions == other.Conditions && p.Until.Equal(other.Until)
}

// Leak is a piece of a release that gives a source away.
type Leak struct {
	Rule   string `json:"rule"`
	Field  string `json:"field"`  // of what would leave
	Text   string `json:"text"`   // as it stands there
	Source string `json:"source"` // the name of the sensitive field, never its text
}
