// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays what is said after a warning, pledges and terms.

import (
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// received keeps a case that bravo opened.
func (h *house) received() string {
	h.t.Helper()
	const id = "warning--11111111-0000-4000-8000-000000000011"
	h.put(func(tx *store.Tx) error {
		return store.Cases.Put(tx, id, store.Case{ID: id, Partner: "bravo", Title: "Square", Precedence: "IMMEDIATE", TLP: "TLP:AMBER", ToLife: true, Opened: tx.Now, Updated: tx.Now, State: store.CaseOpen})
	})
	return id
}

// asked keeps a question that bravo asked in a case, under the id request--1.
func (h *house) asked(id string) {
	h.t.Helper()
	raw, err := warning.Encode(warning.Request{ID: "request--1", Case: id, Question: "Where?", By: warning.Officer{Name: "B", Role: "duty-officer"}, At: time.Date(2031, 5, 8, 9, 0, 0, 0, time.UTC)})
	check(h.t, err)
	h.put(func(tx *store.Tx) error {
		return tx.AddMessage(store.Message{Hash: "asked in " + id, Channel: "bravo's", Partner: "bravo", Direction: store.In, Seq: 1, Epoch: 1,
			Kind: envelope.Request, Thread: id, At: tx.Now, State: store.Kept, Header: []byte("{}"), Signature: []byte("s"), Salt: []byte("s"), Payload: raw})
	})
}

// Only what the partner asked in this case is answered.
func TestOnlyWhatWasAskedIsAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.received()
		refuses(t, "nothing was asked", alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: "There."}), problem.Invalid, "has not asked")
		alpha.asked(id)
		refuses(t, "another question", alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "REQUEST", Text: "There."}), problem.Invalid, "has not asked")
		check(t, alpha.Ask(ctx, duty, warning.Request{Case: id, Question: "Ours?"}))
		var ours warning.Request
		check(t, warning.Read(alpha.queued("bravo")[0].Payload, &ours))
		refuses(t, "our own question", alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: ours.ID, Text: "There."}), problem.Invalid, "has not asked")
		check(t, alpha.Reply(ctx, duty, warning.Reply{Case: id, Request: "request--1", Text: "There."}))
	})
}

func (h *house) caseOf(id string) (c store.Case) {
	h.t.Helper()
	h.show(func(tx *store.Tx) (err error) {
		c, err = store.Cases.Get(tx, id)
		return err
	})
	return c
}

// A named human acknowledges, by title and role; nobody sets who it was or when.
func TestAcknowledge(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		id := alpha.received()
		understood := warning.Acknowledgement{Case: id, Answer: warning.Understood, By: warning.Officer{Name: "The minister", Role: "king"}}
		for who, c := range map[string]caller.Caller{"an analyst": analyst, "a machine": machine, "an administrator": person("a", caller.Administrator), "an overseer": person("o", caller.Overseer), "the node": caller.Self()} {
			refuses(t, who, alpha.Acknowledge(ctx, c, understood), problem.Denied, "acknowledge")
		}
		refuses(t, "no answer", alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id}), problem.Invalid, "answer:")
		refuses(t, "a refusal without a reason", alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id, Answer: warning.Refuse}), problem.Invalid, "a refusal says why")
		refuses(t, "no such case", alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: "warning--none", Answer: warning.Understood}), problem.Missing, "case")
		ours := alpha.warn(draft("Danger.", "carol")).Sent["carol"]
		refuses(t, "our own warning", alpha.Acknowledge(ctx, duty, warning.Acknowledgement{Case: ours, Answer: warning.Understood}), problem.Conflict, "the partner acknowledges it")
		if got := alpha.caseOf(id).State; got != store.CaseOpen {
			t.Fatalf("the case is %s", got)
		}
		check(t, alpha.Acknowledge(ctx, duty, understood))
		m := alpha.queued("bravo")[0]
		read, err := warning.Decode(m.Header.Kind, m.Payload)
		check(t, err)
		a := read.(*warning.Acknowledgement)
		if a.By != (warning.Officer{Name: "Officer of dan", Role: "duty-officer"}) || !a.At.Equal(m.Header.Sent) || m.Header.Precedence != handling.Immediate || m.Header.Handling.TLP != handling.Amber {
			t.Errorf("acknowledged as %+v under %+v", a, m.Header)
		}
		if got := alpha.caseOf(id).State; got != store.CaseAcknowledged {
			t.Errorf("the case is %s", got)
		}
	})
}

// The role shown is the one that let the person do it.
func TestTheRoleThatIsShown(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		both := caller.Caller{Kind: caller.Person, Name: "eva", Roles: []caller.Role{caller.Analyst, caller.Releaser}}
		check(t, alpha.Thank(t.Context(), both, warning.Thanks{Case: alpha.received(), Text: "Thank you."}))
		m := alpha.queued("bravo")[0]
		read, err := warning.Decode(m.Header.Kind, m.Payload)
		check(t, err)
		if by := read.(*warning.Thanks).By; by != (warning.Officer{Name: "eva", Role: "releaser"}) {
			t.Errorf("shown as %+v", by)
		}
	})
}

// A reply is handled as it says itself, in its header too.
func TestTheHandlingOfAReply(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received()
		alpha.asked(id)
		check(t, alpha.Reply(t.Context(), duty, warning.Reply{Case: id, Request: "request--1", Text: "There."}))
		check(t, alpha.Reply(t.Context(), duty, warning.Reply{Case: id, Request: "request--1", Text: "There.", Handling: handling.Handling{TLP: "amber+strict", Codes: []handling.Code{"h2"}}}))
		for i, want := range []handling.Handling{{TLP: handling.Amber}, {TLP: handling.AmberStrict, Codes: []handling.Code{handling.H2}}} {
			m := alpha.queued("bravo")[i]
			read, err := warning.Decode(m.Header.Kind, m.Payload)
			check(t, err)
			if said := read.(*warning.Reply).Handling; said.Line() != want.Line() || m.Header.Handling.Line() != want.Line() {
				t.Errorf("reply %d is %q under the header %q, want %q", i+1, said.Line(), m.Header.Handling.Line(), want.Line())
			}
		}
	})
}

// A reply in a case is no wider than the case.
func TestAReplyIsNoWiderThanItsCase(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		id := alpha.received() // TLP:AMBER
		alpha.asked(id)
		for tlp, refused := range map[handling.TLP]bool{handling.Clear: true, handling.Green: true, handling.Amber: false, handling.AmberStrict: false, handling.Red: false} {
			err := alpha.Reply(t.Context(), duty, warning.Reply{Case: id, Request: "request--1", Text: "There.", Handling: handling.Handling{TLP: tlp}})
			if refused {
				refuses(t, string(tlp), err, problem.Invalid, "may not be wider")
			} else {
				check(t, err)
			}
		}
	})
}

// To whom nothing may be said, nothing is written; a suspended partner's waits.
func TestAnswersByState(t *testing.T) {
	for state, word := range map[partner.State]string{partner.Active: "", partner.Limited: "", partner.Suspended: "", partner.Pending: "is not open yet", partner.Expelled: "bravo is expelled"} {
		t.Run(string(state), func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				id := alpha.received()
				alpha.set("bravo", state)
				for what, err := range map[string]error{
					"thanks": alpha.Thank(t.Context(), duty, warning.Thanks{Case: id, Text: "Thank you."}),
					"pledge": func() error {
						_, err := alpha.Pledge(t.Context(), first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "t"})
						return err
					}(),
				} {
					if word == "" {
						check(t, err)
					} else {
						refuses(t, what, err, problem.Conflict, word)
					}
				}
				if queued := len(alpha.queued("bravo")); queued != map[bool]int{true: 2, false: 0}[word == ""] {
					t.Errorf("%d are queued", queued)
				}
			})
		})
	}
}

func TestPledges(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		p := warning.Pledge{ID: "pledge--mine", Places: []string{"SE"}, Text: "We shall tell you.", By: warning.Officer{Name: "The minister", Role: "king"}}
		_, err := alpha.Pledge(ctx, duty, "bravo", p)
		refuses(t, "by a duty officer", err, problem.Denied, "pledge")
		_, err = alpha.Pledge(ctx, first, "eve", p)
		refuses(t, "to a stranger", err, problem.Missing, "partner")
		_, err = alpha.Pledge(ctx, first, "bravo", warning.Pledge{Text: "t"})
		refuses(t, "of nothing", err, problem.Invalid, "say what it covers")
		kept, err := alpha.Pledge(ctx, first, "bravo", p)
		if err != nil || kept.ID == p.ID || kept.By.Role != "releaser" || alpha.kinds("bravo") != "pledge" {
			t.Errorf("pledged as %+v, %v", kept, err)
		}
	})
}

// Terms are signed after the digits were compared, once, as they lie on the table.
func TestSignTerms(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		ctx := t.Context()
		_, err := alpha.SignTerms(ctx, first, "bravo")
		refuses(t, "of an active channel", err, problem.Conflict, "signed by both")
		alpha.befriend("delta", partner.Pending)
		_, err = alpha.SignTerms(ctx, first, "delta")
		refuses(t, "before the digits", err, problem.Conflict, "compare the 60 digits")
		confirm := func(terms []byte) {
			alpha.put(func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "delta")
				if err != nil {
					return err
				}
				channel.ConfirmedBy, channel.Proposed = "admin", terms
				return store.Channels.Put(tx, "delta", channel)
			})
		}
		confirm([]byte(`{"gift":1}`))
		_, err = alpha.SignTerms(ctx, first, "delta")
		refuses(t, "that cannot be read", err, problem.Invalid, "cannot be read")
		var terms []byte
		alpha.show(func(tx *store.Tx) (err error) {
			terms, err = warning.Encode(desk.DefaultTerms(tx.Now))
			return err
		})
		confirm(terms)
		_, err = alpha.SignTerms(ctx, analyst, "delta")
		refuses(t, "by an analyst", err, problem.Denied, "sign a channel's terms")
		channel, err := alpha.SignTerms(ctx, first, "delta")
		if err != nil || channel.State != partner.Pending || channel.SignedBy != "rob" {
			t.Errorf("signed as %+v, %v", channel, err)
		}
		if queued := alpha.queued("delta"); len(queued) != 1 || queued[0].Header.Kind != envelope.Terms || string(queued[0].Payload) != string(terms) {
			t.Errorf("delta is sent %d messages", len(queued))
		}
		_, err = alpha.SignTerms(ctx, second, "delta")
		refuses(t, "twice", err, problem.Conflict, "we have signed; the partner has not signed")
	})
}

// What the desk wished is said once; what can no longer be said is not.
func TestWishesAreSaid(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		notice, err := warning.Encode(warning.StateNotice{State: "active", Epoch: 2})
		check(t, err)
		alpha.set("carol", partner.Suspended)
		alpha.put(func(tx *store.Tx) error {
			for _, name := range []string{"bravo", "carol"} {
				wish := store.Wish{ID: "wish--" + name, Partner: name, Kind: "state", Payload: notice, Made: tx.Now}
				if err := store.Wishes.Put(tx, wish.ID, wish); err != nil {
					return err
				}
			}
			return nil
		})
		alpha.run()
		if alpha.kinds("bravo") != "state" || alpha.kinds("carol") != "" {
			t.Errorf("queued: %q for bravo, %q for carol", alpha.kinds("bravo"), alpha.kinds("carol"))
		}
		alpha.show(func(tx *store.Tx) error {
			left, err := store.Wishes.Count(tx)
			if left != 0 {
				t.Errorf("%d wishes are left", left)
			}
			return err
		})
	})
}
