// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds a correction.

// An Update is a correction: a new version of a warning, whole, linked to the
// one it takes the place of. The earlier one stays on record.
type Update struct {
	Of      string `json:"of"`      // hash of the message that holds the version before
	Version int64  `json:"version"` // from 2; the warning itself is version 1
	Change  string `json:"change"`  // what was wrong, in a few words
	// Warning is what holds now. Its id is that of the warning it corrects.
	Warning Warning `json:"warning"`
}

// MaxVersion bounds how often a warning is corrected.
const MaxVersion = 1000

// Validate says everything that is wrong, or nil.
func (u *Update) Validate() error {
	wrong := &list{}
	wrong.hash("of", u.Of, true)
	if u.Version < 2 || u.Version > MaxVersion {
		wrong.add("version: 2 to %d", MaxVersion)
	}
	wrong.needed("change", u.Change, MaxText)
	wrong.err(u.Warning.Validate())
	return wrong.join()
}
