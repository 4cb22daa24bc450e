// SPDX-License-Identifier: Apache-2.0

package caller

// This file holds which acts of keeping, overseeing and redress the tests of the
// table ask about.

var (
	// guardContent are those by which content is reached, or what becomes of it decided.
	guardContent = []Act{SeeRetention, KeepOn, HoldErasure, SetRetention, SeeAssurances, SetAssurance, GiveReason, SeeReads, OpenRedress, SeeRedress, ReadRedress, DecideRedress, AnswerRedress}
	// guardReads are those by which an overseer looks.
	guardReads = []Act{SeeRetention, SeeAssurances, GiveReason, SeeReads, SeeOwnReads, SeeOverseers, SeeRedress, ReadRedress}
)
