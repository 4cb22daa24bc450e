// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file looks for a waiver in everything that leaves a node.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A waiver never leaves the node, but to its overseer: not in a message, a dossier,
// a feed, a file of the record, a figure that is published, an export of the log;
// nor does it stand where an administrator or a machine looks.
func TestAWaiverNeverLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		_, err := alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Text: "We tell you of threats to Bergen.", Cities: []warning.City{{Name: "Bergen"}}})
		check(t, err)
		source, duties, err := alpha.intake.KeepSource(ctx, analyst, warning.Source{Title: "Qxtitle", Fields: []warning.Field{{Name: "summary", Text: "Something in Bergen."}}})
		check(t, err)
		if len(duties) != 1 {
			t.Fatalf("%d duties", len(duties))
		}
		id := duties[0].ID
		yes := warning.Finding{Yes: true, Reason: "Qxreason"}
		_, err = alpha.desk.Assess(ctx, analyst, id, warning.Assessment{Credible: yes, Specific: yes, Impending: yes, ThreatType: "other",
			Target: warning.Target{Kind: "person", Name: "Qxtarget"}, OwnCitizen: "no", Protector: "Qxprotector", Measures: "Qxmeasures"})
		check(t, err)
		_, err = alpha.desk.Decide(ctx, first, id, warning.Decision{Choice: warning.Waive, Ground: "victim_already_aware", Justification: "Qxjustified", Seen: alpha.seen(id)})
		check(t, err)
		waived, err := alpha.desk.Affirm(ctx, second, id, true, alpha.seen(id))
		check(t, err)
		if waived.State != warning.DutyWaived {
			t.Fatalf("it is %s", waived.State)
		}

		// Life goes on: everything that can be said is said, about something else.
		sent := alpha.warn(draft("bravo", "There is a threat to the market square."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		theirs := bravo.caseOf(alpha).ID
		check(t, bravo.outbox.Ask(ctx, duty, warning.Request{Case: theirs, Question: "Do you know more?"}))
		check(t, bravo.outbox.Acknowledge(ctx, duty, warning.Acknowledgement{Case: theirs, Answer: warning.Understood}))
		eventually(t, func() bool {
			ours, err := alpha.shelf.Cases(ctx, duty, "bravo", 0)
			check(t, err)
			return len(ours) == 1 && ours[0].State == "acknowledged"
		})
		check(t, alpha.outbox.Thank(ctx, first, warning.Thanks{Case: sent.Sent["bravo"], Text: "Thank you."}))
		statement, err := alpha.desk.WriteStatement(ctx, first, warning.Statement{Event: "An event", Headline: "h", Text: "t"})
		check(t, err)
		_, err = alpha.desk.ClearStatement(ctx, second, statement.ID, statement.Seen())
		check(t, err)
		time.Sleep(time.Hour)

		marks := []string{"Qxtitle", "Qxreason", "Qxtarget", "Qxprotector", "Qxmeasures", "Qxjustified", id, strings.TrimPrefix(id, "duty--"), source.ID, "victim_already_aware", "waive"}
		clean := func(what string, raw []byte, except ...string) {
			t.Helper()
			for _, mark := range marks {
				if at := bytes.Index(raw, []byte(mark)); at >= 0 && !contains(except, mark) {
					t.Errorf("%s says %q: …%s…", what, mark, raw[max(0, at-40):min(len(raw), at+60)])
				}
			}
		}
		said := func(what string, value any, err error) {
			t.Helper()
			check(t, err)
			raw, err := json.Marshal(value)
			check(t, err)
			clean(what, raw)
		}

		// All that bravo has is what was sent to it, opened.
		messages, err := alpha.shelf.Partner(ctx, first, "bravo")
		said("what the partner's page shows", messages, err)
		for _, pattern := range []string{"*", "*/*"} {
			files, err := filepath.Glob(filepath.Join(bravo.dir, pattern))
			check(t, err)
			for _, file := range files {
				if info, err := os.Stat(file); err == nil && !info.IsDir() {
					raw, err := os.ReadFile(file)
					check(t, err)
					clean("bravo's "+filepath.Base(file), raw, "waive") // the words of the vocabulary may stand in a schema
				}
			}
		}
		for _, text := range []bool{true, false} {
			raw, err := alpha.shelf.SignWith(alpha.ring.SignDossier).Dossier(ctx, second, sent.Sent["bravo"], text)
			check(t, err)
			clean(fmt.Sprintf("the dossier (texts: %t)", text), raw)
		}
		public, err := alpha.shelf.Public(ctx)
		said("what is public", public, err)
		raw, err := alpha.shelf.CAP(ctx, caller.Anyone(), statement.ID)
		check(t, err)
		clean("the CAP alert", raw)
		tool := caller.Caller{Kind: caller.Account, Name: "tool", Collections: map[string]caller.Right{"received": {Read: true}}}
		page, err := alpha.shelf.Page(ctx, tool, handling.Red, "received", shelf.Envelope, taxii.Filter{}, 1000)
		if err == nil {
			clean("TAXII", alpha.shelf.Gzip(page), "waive")
			alpha.shelf.Done(page)
		}
		raw, err = alpha.shelf.ReciprocityCSV(ctx, second, "bravo", api.Period{})
		check(t, err)
		clean("the record as CSV", raw)
		raw, err = alpha.shelf.ReciprocitySTIX(ctx, second, "bravo", api.Period{})
		check(t, err)
		clean("the record as STIX", raw)
		for _, entries := range []bool{true, false} {
			check(t, alpha.shelf.Tiles(ctx, admin, 0, entries, func(path string, raw []byte) error {
				clean("the export of the log, "+path, raw)
				return nil
			}))
		}
		figures, err := alpha.shelf.Figures(ctx, overseer, api.Period{}, true)
		check(t, err)
		raw, err = json.Marshal(figures)
		check(t, err)
		clean("the figures that are published", raw, "waive") // a number, and that only of many

		board, err := alpha.shelf.Board(ctx, admin)
		said("an administrator's board", board, err)
		for name, c := range map[string]caller.Caller{"an administrator": admin, "a machine": {Kind: caller.Machine, Name: "m"}, "the partner": caller.FromPartner("bravo"), "anybody": caller.Anyone()} {
			if _, err := alpha.shelf.Duty(ctx, c, id); err == nil {
				t.Errorf("%s reads the waiver", name)
			}
			if _, err := alpha.shelf.Duties(ctx, c, true); err == nil {
				t.Errorf("%s lists the duties", name)
			}
		}
		lines, err := alpha.shelf.Log(ctx, admin, 0, 1000)
		check(t, err)
		raw, err = json.Marshal(lines)
		check(t, err)
		clean("the log", raw, id, strings.TrimPrefix(id, "duty--"), source.ID) // that it was decided, twice, and not how

		seen, err := alpha.shelf.Duty(ctx, overseer, id)
		if err != nil || seen.Decision.Justification != "Qxjustified" || seen.Decision.AffirmedBy != "sue" {
			t.Errorf("the overseer sees %+v, %v", seen, err)
		}
	})
}

func contains(all []string, one string) bool {
	for _, word := range all {
		if word == one {
			return true
		}
	}
	return false
}
