// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds the words for what a file is for that leaves the house.

// FilePurpose is what a person takes a file out of the house for.
type FilePurpose string

const (
	ForCourt     FilePurpose = "court"     // judicial proceedings: see H1 and no_court_use
	ForOversight FilePurpose = "oversight" // whoever oversees the service
	ForRecords   FilePurpose = "records"   // its own records
	ForDispute   FilePurpose = "dispute"   // with the other side
)

func (p FilePurpose) String() string { return string(p) }

// FilePurposes lists every purpose.
func FilePurposes() []string {
	return []string{string(ForCourt), string(ForOversight), string(ForRecords), string(ForDispute)}
}
