// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds what is said after a warning: each is a message of its own,
// named by a human.

import (
	"context"
	"strings"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Acknowledge says what a human here makes of a warning that was received.
func (o *Outbox) Acknowledge(ctx context.Context, who caller.Caller, a warning.Acknowledgement) error {
	return o.answer(ctx, who, caller.Acknowledge, a.Case, &a, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		if c.Ours {
			return "", nil, problem.New(problem.Conflict, "", "this warning is ours: the partner acknowledges it")
		}
		about, _, err := tx.NewestOf(c)
		a.About, a.By, a.At = about, officer(who, caller.Acknowledge), tx.Now
		return envelope.Acknowledgement, &a, err
	})
}

// Ask asks back about a warning.
func (o *Outbox) Ask(ctx context.Context, who caller.Caller, r warning.Request) error {
	return o.answer(ctx, who, caller.Ask, r.Case, &r, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		r.ID, r.By, r.At = newID("request"), officer(who, caller.Ask), tx.Now
		return envelope.Request, &r, nil
	})
}

// Reply answers a question the partner asked, with a handling of its own that
// is no wider than the case's label. What it says leaves as it is written: it is
// held against the source of the case like a release text.
func (o *Outbox) Reply(ctx context.Context, who caller.Caller, r warning.Reply) error {
	return o.answer(ctx, who, caller.Reply, r.Case, &r, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		if err := asked(tx, c, r.Request); err != nil {
			return "", nil, err
		}
		if r.Handling.TLP == "" {
			r.Handling.TLP = handling.TLP(c.TLP)
		}
		r.Handling, r.By, r.At = r.Handling.Spelled(), officer(who, caller.Reply), tx.Now
		if given := handling.TLP(c.TLP); r.Handling.TLP.Rank() >= 0 && r.Handling.TLP.Rank() < given.Rank() {
			return "", nil, problem.New(problem.Invalid, "mark it "+string(given)+" or narrower", "the case is %s: a reply in it may not be wider", given)
		}
		return envelope.Reply, &r, nil
	})
}

// maxNamed is how many of what could have been meant a refusal names, the newest.
const maxNamed = 20

// asked refuses an answer to what the partner has not asked in this case.
func asked(tx *store.Tx, c *store.Case, id string) error {
	found := false
	var open []string
	questions := func(e store.Entry) bool { return e.Kind == envelope.Request && e.Direction == store.In && !e.Gone }
	err := tx.EachText(c.ID, c.Partner, questions, func(m *store.Message) (bool, error) {
		var request warning.Request
		if err := warning.Read(m.Payload, &request); err != nil {
			return true, nil // kept, but not one that this version can read
		}
		found = request.ID == id
		open = append(open, request.ID+" "+request.Question)
		open = open[max(0, len(open)-maxNamed):]
		return !found, nil
	})
	if err != nil || found {
		return err
	}
	refusal := problem.New(problem.Invalid, "give the id of the question", "%s has not asked that in this case", c.Partner)
	return refusal.With(open...)
}

// Report says what came of a warning.
func (o *Outbox) Report(ctx context.Context, who caller.Caller, outcome warning.Outcome) error {
	return o.answer(ctx, who, caller.Report, outcome.Case, &outcome, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		about, _, err := tx.NewestOf(c)
		outcome.About, outcome.By, outcome.At = about, officer(who, caller.Report), tx.Now
		return envelope.Outcome, &outcome, err
	})
}

// Thank says thanks, on the record.
func (o *Outbox) Thank(ctx context.Context, who caller.Caller, thanks warning.Thanks) error {
	return o.answer(ctx, who, caller.Thank, thanks.Case, &thanks, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		thanks.By, thanks.At = officer(who, caller.Thank), tx.Now
		return envelope.Thanks, &thanks, nil
	})
}

// Dispute puts our different view beside the partner's, for good. It may answer
// a dispute of the same case, whoever's it is, and call it settled.
func (o *Outbox) Dispute(ctx context.Context, who caller.Caller, dispute warning.Dispute) error {
	return o.answer(ctx, who, caller.Dispute, dispute.Case, &dispute, func(tx *store.Tx, c *store.Case) (envelope.Kind, warning.Payload, error) {
		dispute.ID, dispute.By, dispute.At = newID("dispute"), officer(who, caller.Dispute), tx.Now
		return envelope.Dispute, &dispute, disputed(tx, c, &dispute)
	})
}

// answer says something in a case: fill completes the payload, then does what
// goes with it once it is queued. Whatever the payload says is held against the
// source of the case, and its free texts, which are those of written, against
// everything that is held here.
func (o *Outbox) answer(ctx context.Context, who caller.Caller, act caller.Act, id string, written warning.Payload,
	fill func(*store.Tx, *store.Case) (envelope.Kind, warning.Payload, error), then ...func(tx *store.Tx, hash string) error) error {
	err := o.aside(ctx, who, store.What{Act: act, Subject: id}, func(tx *store.Tx) (policy.Aside, error) { return inCase(tx, id, said(written)) })
	if err != nil {
		return err
	}
	return o.store.Change(ctx, who, store.What{Act: act, Subject: id}, func(tx *store.Tx) error {
		c, err := store.Cases.Get(tx, id)
		if err != nil {
			return err
		}
		kind, payload, err := fill(tx, &c)
		if err != nil {
			return err
		}
		if err := payload.Validate(); err != nil {
			return problem.Incomplete("this is not complete", err)
		}
		if tells(kind) {
			if err := unrestricted(tx, c.ID); err != nil {
				return err
			}
		}
		c.Move(payload, true)
		if err := o.leakCheck(tx, &c, payload); err != nil {
			return err
		}
		channel, err := open(tx, c.Partner)
		if err != nil {
			return err
		}
		c.Updated = tx.Now
		if err := store.Cases.Put(tx, id, c); err != nil {
			return err
		}
		handled := handling.Handling{TLP: handling.TLP(c.TLP)}
		if reply, ok := payload.(*warning.Reply); ok {
			handled = reply.Handling // the header says what the text says
		}
		if err := o.maySay(tx, &channel, &c, kind, handled.TLP); err != nil {
			return err
		}
		err = o.say(tx, letter{
			channel: channel, kind: kind, payload: payload, thread: id,
			precedence: handling.Precedence(c.Precedence), handling: handled,
		})
		if err != nil || len(then) == 0 {
			return err
		}
		_, hash, err := tx.Tip(channel.ID, store.Out) // what was said last
		for _, do := range then {
			if err == nil {
				err = do(tx, hash)
			}
		}
		return err
	})
}

// maySay refuses what the policy does not let us say in a case.
func (o *Outbox) maySay(tx *store.Tx, channel *partner.Channel, c *store.Case, kind envelope.Kind, label handling.TLP) error {
	return o.asks(tx, channel, kind, label, fileOf(c))
}

// mayTell refuses what the policy does not let us say to a partner in no case.
func (o *Outbox) mayTell(tx *store.Tx, channel *partner.Channel, kind envelope.Kind, label handling.TLP) error {
	return o.asks(tx, channel, kind, label, besideAny(channel, label))
}

// fileOf is a case, and besideAny what is said in none, as the rules are asked about them.
func fileOf(c *store.Case) policy.File {
	return policy.File{Case: c.ID, Partner: c.Partner, Label: handling.TLP(c.TLP), Ours: c.Ours, ToLife: c.ToLife}
}

func besideAny(channel *partner.Channel, label handling.TLP) policy.File {
	return policy.File{Partner: channel.Name, Label: label, Ours: true}
}

// beside reports whether messages of that kind are said in no case: an inquiry, its
// answer, a pledge, or its end.
func beside(kind envelope.Kind) bool {
	return kind == envelope.Inquiry || kind == envelope.InquiryAnswer || kind == envelope.Pledge || kind == envelope.PledgeEnd
}

func (o *Outbox) asks(tx *store.Tx, channel *partner.Channel, kind envelope.Kind, label handling.TLP, about policy.File) error {
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return err
	}
	said := rules.MaySay(policy.Partner{Name: channel.Name, Country: channel.Card.Country}, string(kind), label, about)
	if said.Allowed {
		return nil
	}
	return problem.New(problem.Denied, "see tocsin policy show", "the policy does not let this be said: %s", said.Reason.Text).With("rule " + string(said.Reason.Rule))
}

// SignTerms signs the terms on the table of a channel whose digits were
// compared. When both sides have signed the same, the channel is active.
func (o *Outbox) SignTerms(ctx context.Context, who caller.Caller, name string) (channel partner.Channel, err error) {
	err = o.store.Change(ctx, who, store.What{Act: caller.SignTerms, Subject: name, Note: "sign"}, func(tx *store.Tx) error {
		if channel, err = store.Channels.Get(tx, name); err != nil {
			return err
		}
		switch {
		case channel.State != partner.Pending:
			return problem.New(problem.Conflict, "", "the terms with %s are signed by both", name)
		case !channel.Confirmed():
			return problem.New(problem.Conflict, "tocsin partner confirm "+name+" --digits …", "compare the 60 digits with %s first", name)
		case len(channel.OurTerms) > 0:
			return problem.New(problem.Conflict, "wait for the partner, or see tocsin partner show "+name, "we have signed; %s", strings.Join(channel.Missing(), "; "))
		}
		var terms warning.Terms
		if err := warning.Read(channel.Proposed, &terms); err != nil {
			return problem.Incomplete("the terms on the table cannot be read", err)
		}
		channel.OurTerms, channel.SignedBy, channel.SignedAt = channel.Proposed, who.Name, tx.Now
		channel.Settle(who.Name, tx.Now)
		if err := store.Channels.Put(tx, name, channel); err != nil {
			return err
		}
		return o.say(tx, letter{
			channel: channel, kind: envelope.Terms, payload: &terms,
			precedence: handling.Routine, handling: handling.Handling{TLP: handling.AmberStrict},
		})
	})
	return channel, err
}

// officer is the caller as a partner sees it: its title, and the role that let
// it do the act.
func officer(who caller.Caller, act caller.Act) warning.Officer {
	role := "officer"
	for _, r := range who.Roles {
		alone := caller.Caller{Kind: caller.Person, Name: who.Name, Roles: []caller.Role{r}}
		if alone.May(act) == nil {
			role = string(r)
			break
		}
	}
	name := who.Title
	if name == "" {
		name = who.Name
	}
	return warning.Officer{Name: name, Role: role}
}
