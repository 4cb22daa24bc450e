// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the table of every output that shows words of a warning, and
// plays a warning through all of them: label and caveats stand before its first word.

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// form is how an output is looked at.
type form int

const (
	whole   form = iota // one thing: before its first word
	lines               // a line for each: before the first word of the line
	members             // JSON: before the word in its object, or in one around it
	parts               // HTML with a row or card for each: before the first word of that
)

// shown are the outputs that show words of a warning. An output that is new, and
// shows any, gets a line here; what a command prints with --json is looked at as
// members.
var shown = map[string]form{
	"tocsin status":              lines,
	"tocsin warn compose":        whole,
	"tocsin warn list":           lines,
	"tocsin warn show":           whole,
	"tocsin warn preview":        whole,
	"tocsin warn release":        whole,
	"tocsin warn review":         whole,
	"tocsin warn withdraw":       whole,
	"tocsin warn undo":           whole,
	"tocsin warn correct":        whole,
	"tocsin case list":           lines,
	"tocsin case show":           whole,
	"tocsin note":                whole,
	"tocsin duty list":           lines,
	"tocsin duty show":           whole,
	"tocsin duty assess":         whole,
	"tocsin duty decide":         whole,
	"tocsin duty affirm":         whole,
	"tocsin duty record":         whole,
	"tocsin say":                 whole,
	"tocsin heard":               whole,
	"tocsin heard --list":        lines,
	"tocsin heard --show":        whole,
	"tocsin dossier --print":     whole,
	"tocsin reciprocity":         lines,
	"tocsin reciprocity --csv":   lines,
	"tocsin recall":              whole,
	"tocsin recalls":             whole,
	"tocsin recall answer":       whole,
	"tocsin permission ask":      whole,
	"tocsin permission show":     whole,
	"tocsin permission answer":   whole,
	"tocsin permission withdraw": whole,
	"tocsin permission done":     whole,

	"GET /api/v1/drafts":              members,
	"GET /api/v1/drafts/{id}":         members,
	"GET /api/v1/drafts/{id}/preview": members,
	"GET /api/v1/cases":               members,
	"GET /api/v1/cases/{id}":          members,
	"GET /api/v1/recalls":             members,
	"GET /api/v1/permissions/{id}":    members,
	"GET /api/v1/heard":               members,
	"GET /api/v1/heard/{id}":          members,
	"GET /api/v1/board":               members,
	"GET /api/v1/duties":              members,
	"GET /api/v1/duties/{id}":         members,
	"GET /api/v1/reciprocity":         members,
	"GET /api/v1/reciprocity/csv":     lines,
	"GET /":                           parts,
	"GET /board":                      parts,
	"GET /cases":                      parts,
	"GET /cases/{id}":                 whole,
	"GET /cases/{id}/correct":         whole,
	"GET /cases/{id}/permission":      whole,
	"GET /permissions/{id}":           whole,
	"GET /statements":                 parts,
	"GET /recalls":                    parts,
	"GET /heard":                      parts,
	"GET /heard/{id}":                 whole,
	"GET /warnings/new":               parts,
	"GET /warnings":                   parts,
	"GET /warnings/{id}":              whole,
	"GET /warnings/{id}/edit":         whole,
	"GET /duties":                     parts,
	"GET /duties/{id}":                whole,
	"GET /reciprocity":                parts,
	"GET /reciprocity.csv":            lines,
	"POST /cases/{id}/say":            whole,
}

// silent are the commands that print no word of a warning: none they are run with
// here does, and whoever adds one says so. A command stands here or in shown.
const silent = `
	init serve card keys|list keys|history keys|rotate keys|compromised keys|passphrase backup restore recover demo version
	person|add person|list person|link person|roles person|remove signin signout token|add token|list token|revoke
	invite accept partner|list partner|show partner|confirm partner|terms partner|sign partner|suspend partner|limit partner|freeze partner|unfreeze
	partner|restore partner|expel partner|key-stolen partner|detail freeze unfreeze
	source|keep source|list source|show policy|list policy|show policy|check policy|test policy|diff policy|propose policy|approve policy|withdraw trace
	acknowledge ask reply outcome thank dispute affirm carry|out carry|in voice
	duty|open duty|ask duty|asked duty|answer duty|rota|show duty|rota|set duty|figures
	pledge|give pledge|list pledge|end watch|add watch|list watch|end alarm|list alarm|dismiss
	retention|list retention|notices retention|keep retention|hold retention|release retention|rules retention|rules|set
	assurance|list assurance|set assurance|history statement|list statement|show statement|write statement|clear statement|export receipt message dossier verify
	ledger|verify ledger|log ledger|checkpoint ledger|heads ledger|cosigned ledger|evidence ledger|accept ledger|resume ledger|export
	overseer|keygen overseer|digits overseer|add overseer|confirm overseer|list overseer|sign-in overseer|open reads reads|why
	permission|list redress|list redress|show redress|open redress|decide redress|confirm redress|answer
	read stix|check stix|id stix|match stix|upgrade detect
	taxii|collection|add taxii|collection|list taxii|account|list taxii|account|add taxii|account|change taxii|account|remove
	taxii|get taxii|put taxii|feed|list taxii|feed|show taxii|feed|add taxii|feed|remove taxii|feed|release taxii|feed|take-over taxii|feed|run`

// shownPages are the titles of the pages that answer a form by themselves; all
// others are answered by a page that has an address. Of them one shows a warning.
var shownPages = []string{"Account ", "Invitation", "Read an article", "To be read aloud"}

// Every command is in one of the two tables, and so is every page that answers a form.
func TestEveryOutputIsInATable(t *testing.T) {
	none := make(map[string]bool)
	for word := range strings.FieldsSeq(silent) {
		none["tocsin "+strings.ReplaceAll(word, "|", " ")] = true
	}
	there := make(map[string]bool)
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		for _, below := range c.Commands() {
			look(below)
		}
		path := c.CommandPath()
		if !c.Runnable() || path == "tocsin" || c.Name() == "completion" || c.HasParent() && c.Parent().Name() == "completion" {
			return
		}
		there[path] = true
		_, shows := shown[path]
		for way := range shown {
			shows = shows || strings.HasPrefix(way, path+" --")
		}
		group := c.HasSubCommands() && c.Use == c.Name() // of which most print what there is below
		if !shows && !none[path] && !group {
			t.Errorf("%s is new: does it show words of a warning? Put it into shown, and into testdata/caveats, or into silent", path)
		}
	}
	look(newTool(nil, io.Discard, io.Discard).root())
	for path := range none {
		if !there[path] {
			t.Errorf("there is no command %s", path)
		}
	}
	pages := regexp.MustCompile(`return shown, v\.show\("([^"]*)"`)
	files, err := filepath.Glob("../../internal/web/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no pages: ", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range pages.FindAllStringSubmatch(string(raw), -1) {
			if !slices.Contains(shownPages, found[1]) {
				t.Errorf("%s: the page %q answers a form by itself: does it show words of a warning?", file, found[1])
			}
		}
	}
}

// A warning under TLP:AMBER+STRICT, PAP:AMBER, H1 and two caveats goes through
// every output, and its label and caveats stand before its first word. What shows
// a word and is not in the table, and what is in the table and shows none, fails.
func TestCaveatsStandAbove(t *testing.T) {
	if testing.Short() {
		t.Skip("plays whole nodes")
	}
	seen := make(map[string]bool)
	params := scenes("testdata/caveats")
	for _, name := range []string{"alpha", "bravo", "eve"} {
		run := params.Cmds[name]
		params.Cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			run(ts, neg, args)
			lookAt(ts, args, seen)
		}
	}
	params.Cmds["walk"] = func(ts *testscript.TestScript, _ bool, args []string) { walk(ts, args[0], args[1], args[2:], seen) }
	params.Cmds["objects"] = func(ts *testscript.TestScript, _ bool, args []string) { objectsMarked(ts, args[0], args[1:]) }
	t.Run("play", func(t *testing.T) { testscript.Run(t, params) })
	for way := range shown {
		if !seen[way] {
			t.Errorf("%s is in the table, and showed no word of a warning", way)
		}
	}
}

// wayOf names the command that was run as the table does.
func wayOf(ts *testscript.TestScript, args []string) (way string, asJSON bool) {
	found, _, err := newTool(nil, io.Discard, io.Discard).root().Find(args)
	ts.Check(err)
	way = found.CommandPath()
	for _, flag := range []string{"--list", "--show", "--print", "--csv", "--stix"} {
		if _, there := shown[way+" "+flag]; there && slices.Contains(args, flag) {
			way += " " + flag
		}
	}
	return way, slices.Contains(args, "--json")
}

// lookAt looks at what a command of a scene printed.
func lookAt(ts *testscript.TestScript, args []string, seen map[string]bool) {
	way, asJSON := wayOf(ts, args)
	printed := ts.ReadFile("stdout")
	if !word.MatchString(printed) {
		return
	}
	how, known := shown[way]
	if !known {
		ts.Fatalf("%s shows words of a warning, and is not in the table", way)
	}
	if asJSON {
		how = members
	}
	if fault := how.fault(printed, marks); fault != "" {
		ts.Fatalf("%s: %s", strings.Join(args, " "), fault)
	}
	seen[way] = true
}
