// SPDX-License-Identifier: Apache-2.0

package policy

// This file lists the ways out, and shows that each asks the policy: one rule that
// forbids it is enough to close it, and no other.

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// waysOut are the ways out of the node, by the question each asks and the trip
// that asks it. A way out that is new gets a line here.
var waysOut = []struct {
	way    string
	action Action
	file   string // under internal
	asks   string // what stands there
}{
	{"a message to a partner, and the file that carries it by hand: cut", Send, "outbox/evaluate.go", "cutter.Cut("},
	{"a message: asked again at the preview and the release", Send, "outbox/evaluate.go", "rules.Decide("},
	{"a message that waits when the policy changes", Send, "outbox/anew.go", "rules.Decide("},
	{"what a warning rests on", Draw, "outbox/release.go", "rules.NewCutter("},
	{"an object in a warning", Attach, "outbox/release.go", "rules.NewCutter("},
	{"an answer in a case", Say, "outbox/answers.go", "o.maySay("},
	{"an answer that waits when the policy changes", Say, "outbox/anew.go", "rules.MaySay("},
	{"a question to a partner in no case, and its answer", Say, "outbox/inquiries.go", "o.mayTell("},
	{"a pledge", Say, "outbox/pledges.go", "o.mayTell("},
	{"that a pledge ended", Say, "outbox/pledgeends.go", "o.mayTell("},
	{"objects by TAXII and on a page, and a search with a filter", See, "shelf/pages.go", ".For(rules.Cleared("},
	{"objects that a tool deletes, and so learns of", See, "intake/delete.go", "query.For(rules.Cleared("},
	{"objects pushed by a schedule: which", See, "feeds/push.go", ".For(rules.Cleared("},
	{"objects pushed by a schedule: each", Push, "feeds/push.go", "rules.MayPush("},
	{"statements on the public page, by the API and in the feed", Publish, "shelf/cases.go", "public(rules,"},
	{"a statement as a CAP alert", Publish, "shelf/cap.go", "public(rules,"},
	{"a statement when it is cleared", Publish, "desk/statements.go", "rules.MayPublish("},
	{"a dossier", Export, "shelf/dossier.go", "s.mayTake("},
	{"a message with its text, in a file", Export, "shelf/proof.go", "s.mayTake("},
	{"a second message at a place, in a file", Export, "shelf/proof.go", "s.mayExport("},
	{"a reciprocity record, in a file", Export, "shelf/reciprocity_file.go", "s.mayTake("},
}

func TestEveryWayOutAsks(t *testing.T) {
	asked := make(map[Action]bool)
	for _, way := range waysOut {
		raw, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(way.file)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), way.asks) {
			t.Errorf("%s: internal/%s does not ask with %s", way.way, way.file, way.asks)
		}
		asked[way.action] = true
	}
	for _, action := range actions {
		if !asked[action] {
			t.Errorf("no way out asks %s", action)
		}
	}
}

// What the outbox says is asked about, or is named here with the reason why not.
func TestNothingIsSaidUnasked(t *testing.T) {
	unasked := map[string]string{
		"release.go": "a warning: the policy is asked at its preview",
		"keys.go":    "the channel's keys", "speak.go": "the channel's voice",
		"wishes.go": "the channel's state and terms", "notify.go": "a notice says nothing but which texts are gone",
	}
	files, err := filepath.Glob("../outbox/*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	said := regexp.MustCompile(`o\.say\(tx, `)
	asked := regexp.MustCompile(`o\.(maySay|mayTell)\(tx, `)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") || unasked[name] != "" {
			continue
		}
		says, asks := len(said.FindAll(raw, -1)), len(asked.FindAll(raw, -1))
		if name == "answers.go" {
			says-- // the terms of a channel
		}
		if says > asks {
			t.Errorf("%s says %d things and asks about %d", name, says, asks)
		}
	}
}

// Outside this package and its tests nobody chooses objects for somebody by a
// label of its own, or takes the shipped rules for those in force.
func TestNobodyDecidesBesideThePolicy(t *testing.T) {
	own := regexp.MustCompile(`Audiences:\s|policy\.Shipped\(\)\.(Decide|Cut|Cleared|May)`)
	files, err := filepath.Glob("../*/*.go")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../policy/") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := own.Find(raw); found != nil {
			t.Errorf("%s decides by itself: %s", file, found)
		}
	}
}

// One rule closes one way out.
func TestOneRuleClosesOneWay(t *testing.T) {
	object, err := stix.Parse([]byte(`{"type":"campaign","id":"campaign--00000001-0000-4000-8000-000000000001","name":"x","spec_version":"2.1","created":"2026-04-06T20:03:00.000Z","modified":"2026-04-06T20:03:00.000Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	tries := map[Action]func(*Rules) bool{
		Send: func(r *Rules) bool { return r.Decide(plain(t), bravo, Own(plain(t)), today).Allowed },
		Draw: func(r *Rules) bool {
			draft := plain(t)
			draft.Source = "source--1"
			return !slices.ContainsFunc(r.Decide(draft, bravo, Own(draft), today).Blocked(), func(r Reason) bool { return r.Field == "source" })
		},
		Attach: func(r *Rules) bool {
			draft := plain(t)
			draft.Objects = append(draft.Objects, object.Raw())
			plan := r.Decide(draft, bravo, Facts{Objects: map[string]Provenance{object.ID(): {Handling: handling.Handling{TLP: handling.Clear}}}}, today)
			return !slices.Contains(plan.Withhold, object.ID())
		},
		Say: func(r *Rules) bool {
			return r.MaySay(bravo, "reply", handling.Amber, File{Case: "warning--1", Partner: "bravo", Label: handling.Amber}).Allowed
		},
		See:     func(r *Rules) bool { return len(r.Cleared(handling.Red)) == 5 },
		Push:    func(r *Rules) bool { return r.MayPush(handling.Red, handling.Green, object).Allowed },
		Publish: func(r *Rules) bool { return r.MayPublish(Public{Label: handling.Clear, Cleared: true}).Allowed },
		Export: func(r *Rules) bool {
			return r.MayExport("ada", []string{"releaser"}, File{Case: "warning--1", Kind: FileDossier, Label: handling.Amber, Text: true}).Allowed
		},
	}
	for _, closed := range actions {
		text := fmt.Sprintf("%s\n@id(\"closed\") @says(\"this way is closed\") forbid (principal, action == Action::%q, resource);\n", shippedText, closed)
		rules, err := Read("closed.cedar", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for action, try := range tries {
			if !try(Shipped()) {
				t.Errorf("%s: nothing leaves by the policy that is shipped", action)
			}
			if got := try(rules); got != (action != closed) {
				t.Errorf("with %s closed, %s lets out: %v", closed, action, got)
			}
		}
	}
}

var bravo = Partner{"bravo", "XB", partner.Active}

func plain(t *testing.T) *warning.Draft {
	t.Helper()
	return readPair(t, "pairs/plain.txt").draft
}
