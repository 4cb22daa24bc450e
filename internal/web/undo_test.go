// SPDX-License-Identifier: Apache-2.0

package web_test

// This file takes a released warning back on its page.

import (
	"strings"
	"testing"
)

// What is not urgent waits a moment after its release: the page and the board
// say until when, and one of the two who released it takes it back.
func TestAReleaseIsTakenBackOnItsPage(t *testing.T) {
	s := play(t)
	ruth, omar := s.alpha.people["ruth"], s.alpha.people["omar"]
	values := typedWarning(bravoText)
	values.Set("precedence", "ROUTINE")
	composed := s.alpha.people["ines"].submit("/warnings/new", "/warnings/new", withSource(s.source, values))
	draft, _, _ := strings.Cut(composed.path, "?")
	ruth.submit(draft, draft+"/release", nil).want("main .notice", "Approved")
	omar.submit(draft, draft+"/release", nil).want("main .notice", "can be taken back").want("section .notice", "not gone yet")
	ruth.get("/").want("td", "released; leaves")
	if s.alpha.people["ines"].get(draft).says("button", "Take it back") {
		t.Error("who did not release it is offered to take it back")
	}
	ruth.submit(draft, draft+"/undo", nil).want("main .notice", "Taken back").want("section p", "Two different people must release it")
	if ruth.get(draft).says("button", "Take it back") {
		t.Error("what was taken back can be taken back")
	}
}
