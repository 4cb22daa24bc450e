// SPDX-License-Identifier: Apache-2.0

package caller

// This file holds the table of who may do what, cell by cell, as a text: a
// change of a permission shows in review. "go test -update ./internal/caller"
// writes it.

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

var update = flag.Bool("update", false, "write the table")

// everyone is each sort of caller there can be, in the order of the table.
func everyone() []Caller {
	var all []Caller
	for _, role := range Roles() {
		all = append(all, Caller{Kind: Person, Name: string(role), Roles: []Role{role}})
	}
	return append(all, Caller{Kind: Machine, Name: "machine"}, Caller{Kind: Account, Name: "account"}, FromPartner("partner"), Self(), Anyone())
}

func acts() []Act { return slices.Sorted(maps.Keys(table)) }

func person(roles ...Role) Caller { return Caller{Kind: Person, Name: "p", Roles: roles} }

func TestTable(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-30s", "")
	for _, who := range everyone() {
		fmt.Fprintf(&b, " %-13s", who.Name)
	}
	b.WriteString("\n")
	for _, act := range acts() {
		fmt.Fprintf(&b, "%-30s", act)
		for _, who := range everyone() {
			cell := "no"
			if who.May(act) == nil {
				cell = "yes"
			}
			fmt.Fprintf(&b, " %-13s", cell)
		}
		b.WriteString("\n")
	}
	var got strings.Builder
	for line := range strings.Lines(b.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	const path = "testdata/table.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("a permission changed (-before +now):\n%s", diff)
	}
}

// A machine never decides, whatever roles its token claims.
func TestAMachineDecidesNothing(t *testing.T) {
	mayOnly := map[Kind][]Act{
		Machine: {SeeNode, VerifyLedger, SeePartners, KeepSource, ReadProof, OpenDuty, ReadPublic, CarryOut, CarryIn, SeeHeads},
		Account: {SeeNode, KeepObjects, ReadObjects, DeleteObjects, ReadPublic},
	}
	for kind, only := range mayOnly {
		for _, act := range acts() {
			for _, machine := range []Caller{{Kind: kind, Name: "m"}, {Kind: kind, Name: "m", Roles: Roles()}} {
				err := machine.May(act)
				if may := slices.Contains(only, act); (err == nil) != may {
					t.Errorf("a %s with %d roles may %s: %t", kind, len(machine.Roles), act, err == nil)
				}
			}
		}
	}
	for _, act := range []Act{Release, ProposePolicy, ApprovePolicy, WithdrawPolicy, Review, DecideDuty, AffirmDuty, ClearStatement, Acknowledge, Reply, Report, Thank, Dispute, Recall, AnswerRecall, AskPermission, AnswerPermission, SettlePermission, Pledge, Dismiss, SignTerms, SetState, ConfirmPartner} {
		err := Caller{Kind: Machine, Name: "m", Roles: Roles()}.May(act)
		if !problem.Is(err, problem.Denied) || !strings.Contains(err.Error(), "a machine token may not "+string(act)) {
			t.Errorf("%s: a machine is told %v", act, err)
		}
	}
}

// An administrator runs the node and never reads what is in it.
func TestAnAdministratorReadsNoContent(t *testing.T) {
	for _, act := range append(guardContent, ApprovePolicy, ComparePolicy, ReadSource, KeepSource, ReadObjects, KeepObjects, DeleteObjects, Compose, Preview, Release, Review, TakeBack, Trace, ReadCase, WriteDossier, ReadNote, Ask, Reply, Recall, AnswerRecall, AskPermission, AnswerPermission, SettlePermission, ReadDuty, DecideDuty, SeePledges, ReadRecord, WriteRecord, ReadFigures, ReadStatement, WriteStatement, ClearStatement) {
		if err := person(Administrator).May(act); !problem.Is(err, problem.Denied) {
			t.Errorf("an administrator may %s: %v", act, err)
		}
	}
}

// An overseer reads, and changes nothing but whether it is signed in.
func TestAnOverseerChangesNothing(t *testing.T) {
	reads := []Act{SignIn, SignOut, ListPersons, ListFeeds, SeeNode, VerifyLedger, ReadLog, ExportLedger, SeeKeys, SeePartners, ReadSource, ReadObjects, ListCollections, Preview, ReadCase, SeeBoard, ReadProof, WriteDossier, SeePledges, ReadDuty, ReadRecord, WriteRecord, ReadFigures, ReadStatement, ReadPublic, SeeHeads, Trace, SeePolicies, ComparePolicy}
	reads = append(reads, guardReads...)
	for _, act := range acts() {
		if may := person(Overseer).May(act) == nil; may != slices.Contains(reads, act) {
			t.Errorf("an overseer may %s: %t", act, may)
		}
	}
}

// What is not in the table nobody may do, and who is of no known kind may
// nothing at all.
func TestDefaultDeny(t *testing.T) {
	whole := append(everyone(), person(Roles()...), Caller{}, Caller{Kind: "king", Name: "k", Roles: Roles()})
	for _, act := range []Act{"", "Release a warning", "erase the log", Act(Release) + " "} {
		for _, who := range whole {
			if err := who.May(act); !problem.Is(err, problem.Denied) {
				t.Errorf("%s may %q: %v", who, act, err)
			}
		}
	}
	for _, act := range acts() {
		for _, who := range []Caller{{}, person(), person("releaser "), {Kind: "person ", Roles: Roles()}, {Kind: "king", Roles: Roles()}} {
			if who.May(act) == nil {
				t.Errorf("%q with the roles %v may %s", who.Kind, who.Roles, act)
			}
		}
		if rule := table[act]; len(rule.roles)+len(rule.kinds) == 0 {
			t.Errorf("nobody may %s", act)
		}
	}
}

// A refusal says who could.
func TestRefusalsSayWhoCould(t *testing.T) {
	for _, test := range []struct {
		who        Caller
		act        Act
		text, hint string
	}{
		{person(Analyst), Release, "you may not release a warning", "this needs the role releaser"},
		{person(Analyst), DecideDuty, "you may not decide a duty", "this needs the role duty-officer or releaser"},
		{Caller{Kind: Machine}, Release, "a machine token may not release a warning", "sign in as a person"},
		{Caller{Kind: Account}, KeepSource, "an account may not keep a source report", ""},
		{person(Administrator), Receive, "you may not receive a message", ""},
		{Anyone(), "dance", "you may not dance", ""},
	} {
		p := problem.Of(test.who.May(test.act))
		if p == nil || p.Code != problem.Denied || p.Text != test.text || p.Hint != test.hint {
			t.Errorf("%s, %s: told %+v", test.who, test.act, p)
		}
	}
}

// An account is bound to its collections; a person is not, but to the role.
func TestOn(t *testing.T) {
	account := Caller{Kind: Account, Name: "siem", Collections: map[string]Right{"r": {Read: true}, "w": {Write: true}, "rw": {Read: true, Write: true}, "listed": {}}}
	machine := Caller{Kind: Machine, Name: "m", Collections: account.Collections}
	for _, test := range []struct {
		who        Caller
		collection string
		right      Right
		known      bool
	}{
		{account, "r", Right{Read: true}, true},
		{account, "w", Right{Write: true}, true},
		{account, "rw", Right{Read: true, Write: true}, true},
		{account, "listed", Right{}, true},
		{account, "other", Right{}, false},
		{account, "", Right{}, false},
		{Caller{Kind: Account}, "r", Right{}, false},
		{machine, "rw", Right{}, true},
		{person(Analyst), "other", Right{Read: true, Write: true}, true},
		{person(Overseer), "other", Right{Read: true}, true},
		{person(Administrator), "r", Right{}, true},
		{Anyone(), "r", Right{}, true},
	} {
		if right, known := test.who.On(test.collection); right != test.right || known != test.known {
			t.Errorf("%s on %q: %+v, %t", test.who, test.collection, right, known)
		}
	}
}

func TestRoles(t *testing.T) {
	for _, role := range Roles() {
		if got, err := ParseRole(string(role)); err != nil || got != role {
			t.Errorf("%s: %v", role, err)
		}
	}
	for _, wrong := range []string{"", "Releaser", "duty officer", "root"} {
		if _, err := ParseRole(wrong); !problem.Is(err, problem.Invalid) {
			t.Errorf("%q is a role", wrong)
		}
	}
	if c := person(Analyst, Overseer); !c.Has(Releaser, Overseer) || c.Has(Releaser) || c.Has() || (Caller{Kind: Machine, Roles: Roles()}).Has(Roles()...) {
		t.Error("Has is for persons, and for one of the roles")
	}
	if got := FromPartner("bravo").String(); got != "partner:bravo" {
		t.Errorf("in the log a partner is %q", got)
	}
}

// Only people release warnings and persons: no token, no tool, no partner, no
// clock, and no rule that the node follows by itself.
func TestOnlyPeopleRelease(t *testing.T) {
	for _, act := range []Act{Compose, Preview, Release, Review, TakeBack, ReleaseFeed, ClearStatement, Reply, Recall, Acknowledge, DecideDuty, AffirmDuty, WriteDossier, ReadNote} {
		for _, kind := range []Kind{Machine, Account, Partner, Node, Public} {
			c := Caller{Kind: kind, Name: "x", Roles: Roles()}
			if err := c.May(act); !problem.Is(err, problem.Denied) {
				t.Errorf("%s may %s: %v", kind, act, err)
			}
		}
	}
}
