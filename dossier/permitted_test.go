// SPDX-License-Identifier: Apache-2.0

package dossier_test

// This file shows what stands above a text that its originator permits to be used.

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// What the originator granted stands above the version of which it speaks, with the
// conditions, and that it was withdrawn. What the other side grants itself does not,
// nor what is asked.
func TestWhatIsPermittedStandsAboveTheText(t *testing.T) {
	w := play(t)
	about := ""
	for _, s := range w.all {
		if s.kind == envelope.Warning && s.inCase {
			about = s.m.Hash()
		}
	}
	by := warning.Officer{Name: "Officer 1", Role: "duty-officer"}
	grant := func(request, purpose string) *warning.Permission {
		return &warning.Permission{Case: theCase, Request: request, About: about, Answer: warning.PermissionGranted, Used: warning.Used{Use: warning.UseAct, Purpose: purpose},
			Conditions: "Not before noon.", Until: w.now.Add(time.Hour), By: by, Confirmed: &by, At: w.now}
	}
	w.say(w.bravo, w.alpha, envelope.PermissionRequest, &warning.PermissionRequest{ID: "permission--1", Case: theCase, About: about, Used: warning.Used{Use: warning.UseAct, Purpose: "asked"},
		Reason: "r", AnswerBy: w.now.Add(time.Hour), By: by, At: w.now})
	w.say(w.alpha, w.bravo, envelope.Permission, grant("permission--1", "to close the market"))
	w.say(w.alpha, w.bravo, envelope.Permission, grant("permission--2", "to search it"))
	w.say(w.alpha, w.bravo, envelope.Permission, &warning.Permission{Case: theCase, Request: "permission--2", About: about, Answer: warning.PermissionWithdrawn, Reason: "r", By: by, At: w.now})
	w.say(w.bravo, w.alpha, envelope.Permission, grant("permission--3", "whatever we like"))

	report := dossier.Check(w.signed(w.alpha, w.write(w.alpha, w.bravo, true)), w.trusted())
	if !report.OK() {
		t.Fatal(report.Wrong)
	}
	var above []string
	for _, event := range report.Timeline {
		if event.Message != about && len(event.Permitted) > 0 {
			t.Errorf("above %q stands %q", event.What, event.Permitted)
		}
		above = append(above, event.Permitted...)
	}
	if len(above) != 2 || !strings.Contains(above[0], "to act on it, for “to close the market”") || !strings.Contains(above[0], `on these conditions: "Not before noon."`) ||
		strings.Contains(above[0], "withdrawn") || !strings.Contains(above[1], "to search it") || !strings.Contains(above[1], "; withdrawn at ") {
		t.Errorf("above the warning stands %q", above)
	}
	for _, event := range dossier.Check(w.signed(w.alpha, w.write(w.alpha, w.bravo, false)), w.trusted()).Timeline {
		if len(event.Permitted) > 0 {
			t.Errorf("without the texts %q stands above", event.Permitted)
		}
	}
}
