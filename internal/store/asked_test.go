// SPDX-License-Identifier: Apache-2.0

package store

// This file finds what a board must show among much else, and why messages ask for a
// reason, also when it was known before.

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// The cases in which a partner asks are found whatever their state and however old,
// and none whose words only look so.
func TestAskedCasesAndExigentDrafts(t *testing.T) {
	k := newKit(t)
	day := func(n int) time.Time { return k.Now().AddDate(0, 0, n).Truncate(time.Millisecond) }
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range 50 {
			c := Case{ID: fmt.Sprint("warning--", i), Partner: "bravo", State: CaseOutcome, Title: `"questions":["no"],"exigent":{}`, Updated: day(i)}
			d := warning.Draft{ID: fmt.Sprint("draft--", i), Stage: warning.Released, ComposedAt: day(i), Warning: warning.Warning{Text: `"exigent":{"reason":"none"}`}}
			if i%20 == 3 {
				c.Questions = []string{"request--1", "request--2"}
				d.Exigent = &warning.Exigent{By: "ruth", ReviewDue: day(i + 1)}
			}
			if i == 43 {
				d.Exigent.ReviewedBy = "omar"
			}
			if i == 23 {
				d.Stage = warning.Withdrawn
			}
			k.must(Cases.Put(tx, c.ID, c))
			k.must(Drafts.Put(tx, d.ID, d))
		}
		return nil
	}))
	found := func() (cases, drafts string) {
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			asked, err := tx.AskedCases()
			k.must(err)
			for _, c := range asked {
				cases += " " + c.ID
			}
			exigent, err := tx.ExigentDrafts()
			for _, d := range exigent {
				drafts += " " + d.ID
			}
			return err
		}))
		return cases, drafts
	}
	if cases, drafts := found(); cases != " warning--43 warning--23 warning--3" || drafts != " draft--3" {
		t.Errorf("found%s and%s", cases, drafts)
	}
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		c, err := Cases.Get(tx, "warning--23")
		k.must(err)
		c.settle("request--1")
		c.settle("request--2")
		return Cases.Put(tx, c.ID, c)
	}))
	if cases, _ := found(); cases != " warning--43 warning--3" {
		t.Errorf("once one was answered: found%s", cases)
	}
	k.sees(listIn("records_asked", asksSomething), "records_asked")
	k.sees(listIn("records_exigent", isExigent), "records_exigent")
	k.sees(`SELECT at, id, body FROM records WHERE kind = ? AND state = ? ORDER BY at DESC, id LIMIT ?`, "records_state", "case", "open", int64(5))
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Errorf("%q", audit.Wrong)
	}
}

// sees fails unless a query goes through an index, in its order.
func (k *kit) sees(query, index string, args ...any) {
	k.Helper()
	var plan []string
	k.must(k.Glance(k.Context(), officer, note, func(tx *Tx) error {
		return tx.each(`EXPLAIN QUERY PLAN `+query, args, func(stmt *sqlite3.Stmt) (bool, error) {
			plan = append(plan, stmt.ColumnText(3))
			return true, nil
		})
	}))
	if words := strings.Join(plan, "; "); !strings.Contains(words, "INDEX "+index) || strings.Contains(words, "TEMP B-TREE FOR ORDER BY") {
		k.Errorf("the plan is %q", plan)
	}
}

// A list of several states is in the order of all of them, and no longer than asked for.
func TestAListOfSeveralStates(t *testing.T) {
	k := newKit(t)
	states := []CaseState{CaseOpen, CaseActed, CaseOutcome}
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range 12 { // two at each moment
			k.must(Cases.Put(tx, fmt.Sprintf("%02d", i), Case{ID: fmt.Sprintf("%02d", i), Partner: "bravo", State: states[i%3], Updated: tx.Now.Add(time.Duration(i/2) * time.Second)}))
		}
		return nil
	}))
	for _, test := range []struct {
		limit  int
		states []string
		want   string
	}{
		{0, nil, "10 11 08 09 06 07 04 05 02 03 00 01"},
		{5, nil, "10 11 08 09 06"},
		{100, nil, "10 11 08 09 06 07 04 05 02 03 00 01"},
		{0, []string{"open"}, "09 06 03 00"},
		{0, []string{"outcome", "open"}, "11 08 09 06 05 02 03 00"},
		{3, []string{"open", "outcome", "open"}, "11 08 09"},
		{100, []string{"open", "acted", "outcome"}, "10 11 08 09 06 07 04 05 02 03 00 01"},
		{2, []string{"acted", "none"}, "10 07"},
		{0, []string{"none", "nothing"}, ""},
	} {
		var got []string
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			cases, err := Cases.List(tx, test.limit, test.states...)
			for _, c := range cases {
				got = append(got, c.ID)
			}
			return err
		}))
		if strings.Join(got, " ") != test.want {
			t.Errorf("%d of %q: %q, want %q", test.limit, test.states, got, test.want)
		}
	}
}

// Of a kind with more states than a list goes through, and of one that has none, the
// newest are listed all the same.
func TestAListOfManyStates(t *testing.T) {
	k := newKit(t)
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range 3 * fewStates {
			id := fmt.Sprintf("%02d", i)
			k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", State: CaseState("state " + id), Updated: tx.Now.Add(time.Duration(i) * time.Second)}))
		}
		return nil
	}))
	for _, setting := range []string{"a", "b", "c"} {
		k.must(k.put(t.Context(), setting, setting))
	}
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		cases, err := Cases.List(tx, 2)
		if err != nil || len(cases) != 2 || cases[0].ID != "35" || cases[1].ID != "34" {
			t.Errorf("%+v, %v", cases, err)
		}
		for limit, want := range map[int]int{2: 2, 100: 3} {
			if settings, err := Settings.List(tx, limit); err != nil || len(settings) != want {
				t.Errorf("at most %d of three without a state: %d, %v", limit, len(settings), err)
			}
		}
		none, err := Duties.List(tx, 5)
		if len(none) != 0 {
			t.Errorf("of none: %+v", none)
		}
		return err
	}))
	k.sees(`SELECT min(state) FROM records WHERE kind = ? AND state > ?`, "records_state", "case", "open")
}

// says keeps what bravo says in a thread.
func (k *kit) says(tx *Tx, thread string, seq uint64, label handling.TLP, text string) string {
	k.Helper()
	salt, channel := bytes.Repeat([]byte{7}, 32), strings.Repeat("c", 64)
	payload, err := warning.Encode(&warning.Thanks{Text: text})
	k.must(err)
	header := envelope.Header{Version: envelope.Version, Channel: channel, From: strings.Repeat("b", 64), To: strings.Repeat("a", 64), Epoch: 1, Seq: seq, Prev: envelope.FirstPrev,
		Kind: envelope.Thanks, Commitment: envelope.Commit(salt, payload), Sent: tx.Now, Precedence: handling.Routine, Handling: handling.Handling{TLP: label}}
	raw, err := header.Encode()
	k.must(err)
	m := Message{Hash: envelope.Hash(raw), Channel: channel, Partner: "bravo", Direction: In, Seq: seq, Epoch: 1, Kind: envelope.Thanks, Thread: thread, At: tx.Now, State: Kept,
		Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: payload}
	k.must(tx.AddMessage(m))
	return m.Hash
}

// Why a case asks is as its messages say, whether they are known or not: what comes
// later counts, and what was erased does not.
func TestWhyACaseAsks(t *testing.T) {
	k := newKit(t)
	k.keepCase(Case{ID: "one", TLP: "TLP:AMBER"})
	k.keepCase(Case{ID: "two", TLP: "TLP:AMBER"})
	asks := func(id, want string) {
		t.Helper()
		for range 2 { // the second time it is known
			k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
				why, err := tx.CaseAsks(id)
				if why != want {
					t.Errorf("%s asks %q, want %q", id, why, want)
				}
				return err
			}))
		}
	}
	var red string
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for i := range uint64(2*maxWhys + 3) { // more than are remembered
			k.says(tx, "one", i+1, handling.Amber, "Thank you.")
		}
		return nil
	}))
	asks("one", "")
	asks("two", "")
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		red = k.says(tx, "one", 2*maxWhys+4, handling.Red, "Thank you.")
		return nil
	}))
	asks("one", redWords)
	asks("two", "")
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		return tx.exec(`UPDATE messages SET salt = NULL, payload = NULL, erased = 1 WHERE hash = $1`, red)
	}))
	asks("one", "")
}

// BenchmarkWhyACaseAsks asks of a hundred cases of twenty messages each, as a list does:
// as messages are known, as each is read and decoded, and beside the floor, which is
// to find the messages.
func BenchmarkWhyACaseAsks(b *testing.B) {
	k := newKit(b)
	const cases, each = 100, 20
	k.must(k.Change(b.Context(), officer, note, func(tx *Tx) error {
		for i := range cases {
			id := fmt.Sprint("case", i)
			k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", TLP: "TLP:AMBER"}))
			for j := range each {
				k.says(tx, id, uint64(i*each+j+1), handling.Amber, strings.Repeat("Thank you for what you passed on. ", 30))
			}
		}
		return nil
	}))
	for name, ask := range map[string]func(tx *Tx, id string) error{
		"known": func(tx *Tx, id string) error { _, err := tx.CaseAsks(id); return err },
		"decoded": func(tx *Tx, id string) error {
			thread, err := tx.Thread(id, "bravo")
			for i := range thread {
				if err == nil {
					_, err = thread[i].asks()
				}
			}
			return err
		},
		"floor": func(tx *Tx, id string) error {
			return tx.each(`SELECT hash FROM messages WHERE thread = ? AND partner = ?`, []any{id, "bravo"}, func(*sqlite3.Stmt) (bool, error) { return true, nil })
		},
	} {
		b.Run(name, func(b *testing.B) {
			k.must(k.Glance(b.Context(), officer, note, func(tx *Tx) error {
				for b.Loop() {
					for i := range cases {
						k.must(ask(tx, fmt.Sprint("case", i)))
					}
				}
				return nil
			}))
		})
	}
}

// A list with a limit reads no more nouns than are in it, in however many states they are.
func TestAListReadsWhatIsInIt(t *testing.T) {
	for name, states := range map[string]int{"in few states": fewStates - 2, "in many": 4 * fewStates} {
		k := newKit(t)
		const limit = 50
		k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
			for i := range limit * states {
				id := fmt.Sprintf("%04d", i)
				k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", Title: strings.Repeat("x", 8<<10), State: CaseState(fmt.Sprintf("state %02d", i%states)), Updated: tx.Now.Add(time.Duration(i) * time.Second)}))
			}
			return nil
		}))
		k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
			used := func(list func()) uint64 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				list()
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			floor := used(func() {
				if one, err := Cases.List(tx, limit, "state 00"); len(one) != limit || err != nil {
					t.Error(len(one), err)
				}
			})
			all := used(func() {
				cases, err := Cases.List(tx, limit)
				if len(cases) != limit || err != nil || cases[0].ID != fmt.Sprintf("%04d", limit*states-1) || cases[limit-1].ID != fmt.Sprintf("%04d", limit*states-limit) {
					t.Error(len(cases), err)
				}
			})
			if all > 2*floor {
				t.Errorf("%s: %d bytes were used, and %d for as many of one state", name, all, floor)
			}
			return nil
		}))
	}
}

// BenchmarkList lists 200 of 5,000 cases in six states, and beside it, as the floor, 200
// of one state.
func BenchmarkList(b *testing.B) {
	k := newKit(b)
	k.must(k.Change(b.Context(), officer, note, func(tx *Tx) error {
		for i := range 5000 {
			id := fmt.Sprintf("%04d", i)
			k.must(Cases.Put(tx, id, Case{ID: id, Partner: "bravo", State: CaseState(fmt.Sprint("state ", i%6)), Updated: tx.Now.Add(time.Duration(i) * time.Second)}))
		}
		return nil
	}))
	for name, states := range map[string][]string{"all": nil, "floor": {"state 0"}} {
		b.Run(name, func(b *testing.B) {
			k.must(k.Glance(b.Context(), officer, note, func(tx *Tx) error {
				for b.Loop() {
					if cases, err := Cases.List(tx, 200, states...); err != nil || len(cases) != 200 {
						b.Fatal(len(cases), err)
					}
				}
				return nil
			}))
		})
	}
}

// A question is found by its id, whoever asked it, and however many others there are.
func TestInquiriesNamed(t *testing.T) {
	k := newKit(t)
	k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error {
		for _, partner := range []string{"bravo", "bravo-2", "carol", "dave"} {
			for i := range 30 {
				id := fmt.Sprint("inquiry--", i)
				if partner == "dave" {
					id = "inquiry--of-dave"
				}
				k.must(Inquiries.Put(tx, InquiryID(partner, false, id), warning.KeptInquiry{Partner: partner, Inquiry: warning.Inquiry{ID: id}}))
			}
		}
		return Inquiries.Put(tx, "inquiry--7", warning.KeptInquiry{Ours: true, Inquiry: warning.Inquiry{ID: "inquiry--7"}})
	}))
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		for name, want := range map[string]string{
			"inquiry--7": "inquiry--7 in/bravo-2/inquiry--7 in/bravo/inquiry--7 in/carol/inquiry--7", "inquiry--8": "in/bravo-2/inquiry--8 in/bravo/inquiry--8 in/carol/inquiry--8",
			"inquiry--of-dave": "in/dave/inquiry--of-dave", "in:carol:inquiry--7": "in/carol/inquiry--7", "inquiry--none": "", "in:carol:inquiry--none": "", "inquiry--1": "in/bravo-2/inquiry--1 in/bravo/inquiry--1 in/carol/inquiry--1",
		} {
			found, err := tx.InquiriesNamed(name)
			if got := strings.Join(found, " "); got != want || err != nil {
				t.Errorf("%s: %q, %v, want %q", name, got, err, want)
			}
		}
		return nil
	}))
}
