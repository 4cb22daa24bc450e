// SPDX-License-Identifier: Apache-2.0

package store

// This file holds that no kind of records and no table is forgotten where texts
// are erased, and that no word is left, whichever way they are.

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/warning"
)

// kinds are the kinds of records that the source of this package declares, and
// the tables that a new store has.
func kinds(t *testing.T) map[string]bool {
	t.Helper()
	all, constants := make(map[string]bool), make(map[string]string)
	var declared []ast.Expr
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						if text, ok := n.Values[i].(*ast.BasicLit); ok && text.Kind == token.STRING {
							constants[name.Name], _ = strconv.Unquote(text.Value)
						}
					}
				}
			case *ast.CompositeLit:
				of, ok := n.Type.(*ast.IndexExpr)
				if !ok {
					return true
				}
				if name, ok := of.X.(*ast.Ident); !ok || name.Name != "Table" {
					return true
				}
				for _, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok && pair.Key.(*ast.Ident).Name == "kind" {
						declared = append(declared, pair.Value)
					}
				}
			}
			return true
		})
	}
	for _, kind := range declared {
		switch k := kind.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(k.Value)
			if err != nil {
				t.Fatal(err)
			}
			all[text] = true
		case *ast.Ident:
			if constants[k.Name] == "" {
				t.Errorf("the kind %s is no constant of this package: this test cannot see it", k.Name)
			}
			all[constants[k.Name]] = true
		default:
			t.Errorf("a kind is written as %T: this test cannot see it", kind)
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d kinds of records were found: this test looks in the wrong place", len(all))
	}
	s, err := newShape()
	if err != nil {
		t.Fatal(err)
	}
	for table := range s.columns {
		all[table] = true
	}
	return all
}

// Every kind of records and every table is a place of which it is said what is
// done there when a message is recalled and when the date has come, or why
// nothing is.
func TestEveryKindIsAPlace(t *testing.T) {
	all := kinds(t)
	named := make(map[string]bool)
	for _, p := range placesOf() {
		if named[p.kind] {
			t.Errorf("%q is named twice", p.kind)
		}
		named[p.kind] = true
		if !all[p.kind] {
			t.Errorf("%q is named, and there is none", p.kind)
		}
		if p.recall == "" || p.date == "" {
			t.Errorf("%q does not say what is done there: by a recall %q, by date %q", p.kind, p.recall, p.date)
		}
		if exempt := strings.HasPrefix(p.recall, "(") && strings.HasPrefix(p.date, "("); exempt && p.lose != nil {
			t.Errorf("%q is said to lose nothing, and does", p.kind)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if !named[kind] {
			t.Errorf("places.go does not say of %q what becomes of the text of a case there: add it to placesOf, with what it loses by a recall and by date, or with the others that hold none", kind)
		}
	}
}

// crowded keeps a case of a partner's, with a word in every place that text of it
// may stand in.
func (k *kit) crowded(word string) (id, hash string) {
	k.Helper()
	id = "warning--1"
	k.must(k.Change(k.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
		w := warning.Warning{ID: id, Text: word, Target: warning.Target{Name: word}, Purpose: "safety", Precedence: handling.Flash}
		payload, err := warning.Encode(&w)
		k.must(err)
		salt, channel := bytes.Repeat([]byte{7}, 32), strings.Repeat("c", 64)
		header := envelope.Header{Version: envelope.Version, Channel: channel, From: strings.Repeat("a", 64), To: strings.Repeat("b", 64), Epoch: 1, Seq: 1, Prev: envelope.FirstPrev,
			Kind: envelope.Warning, Commitment: envelope.Commit(salt, payload), Sent: tx.Now, Precedence: handling.Flash, Handling: handling.Handling{TLP: handling.Amber}}
		raw, err := header.Encode()
		k.must(err)
		hash = envelope.Hash(raw)
		m := Message{Hash: hash, Channel: channel, Partner: "bravo", Direction: In, Seq: 1, Epoch: 1, Kind: header.Kind, Thread: id, At: tx.Now, State: Kept,
			Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: payload, Receipt: []byte("a receipt")}
		k.must(tx.AddMessage(m))
		if _, err := tx.Leaf(LeafReceived, hash); err != nil {
			return err
		}
		opened, err := m.Opened()
		k.must(err)
		twin, err := NewTwin("bravo", false, hash, opened, nil, tx.Now)
		k.must(err)
		twin.Hash = "beside"
		k.must(Twins.Put(tx, twin.Hash, twin))
		k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", Title: word, Purpose: "safety", Opened: tx.Now, Updated: tx.Now, State: CaseAcknowledged}))
		r, _, err := Retentions.Find(tx, RetentionID(OfCase, id))
		k.must(err)
		r.Decided = append(r.Decided, Decided{What: "keep", Reason: word})
		k.must(Retentions.Put(tx, RetentionID(OfCase, id), r))
		k.must(Heards.Put(tx, hash[:16], Heard{Partner: "bravo", Prefix: hash[:16], Sealed: []byte(word), Message: hash, Case: id}))
		k.must(Saids.Put(tx, hash, Said{Partner: "bravo", Case: id, Message: hash, Sealed: []byte(word)}))
		k.must(Doubteds.Put(tx, hash, Doubted{Hash: hash, Partner: "bravo", Case: id, By: "ann", Why: word}))
		k.must(Duties.Put(tx, "duty--1", warning.Duty{ID: "duty--1", Partner: "carol", Subject: id, Opened: tx.Now, Title: word, Reasons: []string{word}, State: warning.DutyOpen}))
		for _, stage := range []warning.Stage{warning.Composed, warning.Approved, warning.Waiting} {
			draft := "draft--" + string(stage)
			k.must(Drafts.Put(tx, draft, warning.Draft{ID: draft, Duty: "duty--1", Stage: stage, ComposedAt: tx.Now, Releases: map[string]string{"carol": word}, Warning: w,
				Exigent: &warning.Exigent{By: "ann", Reason: word}}))
			k.must(Cuts.Put(tx, CutID(draft, "carol"), Cut{}))
		}
		for _, subject := range []string{id, hash, "duty--1"} {
			k.must(Alarms.Put(tx, "alarm--"+subject, warning.Alarm{ID: "alarm--" + subject, Kind: warning.AlarmDoubted, Partner: "bravo", Subject: subject, RaisedAt: tx.Now,
				DismissedBy: "ann", DismissedAt: tx.Now, Reason: word}))
		}
		used := func() warning.Used {
			return warning.Used{Use: warning.UsePassOn, Purpose: word, To: []warning.Recipient{{Name: word, Node: strings.Repeat("d", 64)}}}
		}
		k.must(Permissions.Put(tx, PermissionID("bravo", true, "permission--1"), Permission{Partner: "bravo", Ours: true, Hash: "asked", AnswerHash: "answered",
			Request:   warning.PermissionRequest{ID: "permission--1", Case: id, About: hash, Used: used(), Reason: word},
			Answer:    &warning.Permission{Case: id, Request: "permission--1", About: hash, Answer: warning.PermissionGranted, Used: used(), Conditions: word},
			Withdrawn: &warning.Permission{Case: id, Request: "permission--1", About: hash, Answer: warning.PermissionWithdrawn, Reason: word},
			Proposed:  &ProposedPermission{Permission: warning.Permission{Used: used(), Conditions: word}}, Waits: true, Done: &PermissionDone{By: "ann", What: word}}))
		k.must(Duties.Put(tx, "duty--2", warning.Duty{ID: "duty--2", Partner: "carol", Subject: id, Opened: tx.Now, State: warning.DutyWarned}))
		for _, overdue := range []warning.Alarm{
			{Kind: warning.AlarmAnswerDue, Partner: "bravo", Subject: id}, {Kind: warning.AlarmThreatToLife, Partner: "bravo", Subject: id},
			{Kind: warning.AlarmDutyOverdue, Partner: "carol", Subject: "duty--1", Text: "it waits"}, {Kind: warning.AlarmDutyOverdue, Partner: "carol", Subject: "duty--2"},
			{Kind: warning.AlarmNotLeft, Subject: "draft--waiting"},
		} {
			k.must(tx.Raise(overdue))
		}
		k.must(tx.Raise(warning.WithdrawnAlarm("bravo", "permission--1", "carol")))
		k.must(Permissions.Put(tx, PermissionID("bravo", false, "permission--2"), Permission{Partner: "bravo", Hash: "asked of us",
			Request: warning.PermissionRequest{ID: "permission--2", Case: id, About: hash, Used: used(), Reason: word}}))
		k.must(tx.Raise(warning.PermissionAlarm("bravo", "permission--2", false)))
		k.must(Standings.Put(tx, StandingID("recovery--1", "bravo"), StandingSaid{Recovery: "recovery--1", Partner: "bravo", Said: []byte(word), Seal: word, At: tx.Now}))
		k.must(Statements.Put(tx, "statement--1", warning.Statement{ID: "statement--1", Case: id, Text: word, WrittenAt: tx.Now}))
		return Recalls.Put(tx, RecallID("bravo", false, "recall--1"), Recall{Recall: warning.Recall{ID: "recall--1", Case: id, About: hash, Reason: "it was wrong"}, Partner: "bravo"})
	}))
	return id, hash
}

// holding are the rows that hold a word, by their kinds.
func (k *kit) holding(word string) (kinds []string) {
	k.Helper()
	coded := strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(word)), "=")
	coded = coded[:len(coded)-1] // its last letter is of what follows, too
	k.must(k.Glance(k.Context(), officer, note, func(tx *Tx) error {
		twins, err := Twins.List(tx, 0)
		for _, t := range twins {
			if m, err := envelope.Unpack(t.Message); err != nil || bytes.Contains(m.Payload, []byte(word)) {
				kinds = append(kinds, "twin")
			}
		}
		if err != nil {
			return err
		}
		return tx.list(`SELECT kind, body FROM records UNION ALL SELECT 'messages', coalesce(payload, '') FROM messages`, nil, func(rows *sql.Rows) error {
			var kind string
			var body []byte
			if err := rows.Scan(&kind, &body); err != nil {
				return err
			}
			if bytes.Contains(body, []byte(word)) || bytes.Contains(body, []byte(coded)) {
				kinds = append(kinds, kind)
			}
			return nil
		})
	}))
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// A word stands in every place; whether the message is recalled or the date of the
// case has come, it stands nowhere afterwards, and everything verifies.
func TestNoPlaceIsForgotten(t *testing.T) {
	const word = "harbourmaster"
	for name, lose := range map[string]func(tx *Tx, id, hash string) error{
		"by a recall": func(tx *Tx, _, hash string) error { return tx.DestroyRecalled(hash) },
		"by date": func(tx *Tx, id, _ string) error {
			r, err := Retentions.Get(tx, RetentionID(OfCase, id))
			if err != nil {
				return err
			}
			return tx.Erase(r, warning.DestroyedByDate, warning.Officer{}, "clock")
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			id, hash := k.crowded(word)
			before := k.holding(word)
			for _, kind := range []string{"messages", "twin", "case", "retention", "heard", "said", RowDoubted, "duty", "draft", "permission", "alarm", "statement", "standing"} {
				if !slices.Contains(before, kind) {
					t.Errorf("no %s holds the word: nothing is proved of it", kind)
				}
			}
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return lose(tx, id, hash) }))
			if after := k.holding(word); len(after) > 0 {
				t.Errorf("the word is left in %q", after)
			}
			k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
				waiting, err := Permissions.Count(tx, PermissionOpen, PermissionWithdrawn)
				k.must(err)
				if waiting > 0 {
					t.Errorf("%d permissions wait for what is gone", waiting)
				}
				ringing, err := Alarms.List(tx, 0, Raised)
				k.must(err)
				for _, alarm := range ringing {
					if alarm.Subject != "duty--1" || !strings.HasPrefix(alarm.Text, "it waits; what it is about was destroyed") {
						t.Errorf("%s rings for %s: %q", alarm.Kind, alarm.Subject, alarm.Text)
					}
				}
				if len(ringing) != 1 {
					t.Errorf("%d alarms ring: a duty waits for its decision still", len(ringing))
				}
				cuts, err := Cuts.Count(tx)
				if cuts > 0 {
					t.Errorf("%d copies of drafts are left", cuts)
				}
				if err != nil {
					return err
				}
				drafts, err := Drafts.List(tx, 0)
				for _, d := range drafts {
					if d.Stage != warning.Withdrawn {
						t.Errorf("%s is %s: it can still leave", d.ID, d.Stage)
					}
				}
				return err
			}))
			if audit := k.audit(); len(audit.Wrong) > 0 {
				t.Errorf("%q", audit.Wrong)
			}
		})
	}
}
