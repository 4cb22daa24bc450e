// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds what is said in a case against the source of the case.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// leakCheck refuses what we say in a case if any of its texts gives a source
// away, names what the partner's copy of the warning leaves out, or hides
// something. Every string and number of the payload is held against what the
// warnings of the case were made of; only times that are the node's own clock are
// not.
func (o *Outbox) leakCheck(tx *store.Tx, c *store.Case, payload any) error {
	release, err := texts(payload)
	if err != nil {
		return err
	}
	leaks := policy.Leaks(release, nil)
	if c.Draft != "" {
		leaks = nil
		for _, id := range append([]string{c.Draft}, c.Corrections...) {
			draft, err := store.Drafts.Get(tx, id)
			if err != nil {
				return err
			}
			found, err := o.leaksOf(tx, &draft, c.Partner, release)
			if err != nil {
				return err
			}
			leaks = append(leaks, found...)
		}
	}
	return givesAway(leaks)
}

// aside holds a text that leaves beside a warning against everything that is held
// here, before anything is written: it takes longer than the writer may wait.
// Whoever may not do the act is refused first.
func (o *Outbox) aside(ctx context.Context, who caller.Caller, what store.What, to func(*store.Tx) (policy.Aside, error)) error {
	var a policy.Aside
	var held []warning.Source
	err := o.store.Glance(ctx, who, what, func(tx *store.Tx) (err error) {
		if a, err = to(tx); err == nil && len(a.Texts) > 0 {
			held, err = tx.Held()
		}
		return err
	})
	if err != nil {
		return err
	}
	return givesAway(a.Quotes(held))
}

// said are the free texts of a payload, as they are held against others.
func said(payload warning.Payload) (all []redact.NamedText) {
	for _, field := range warning.Said(payload) {
		all = append(all, redact.NamedText{Name: field.Name, Text: field.Text})
	}
	return all
}

// inCase is what is said in a case: to its partner, and of whom the warning is about.
func inCase(tx *store.Tx, id string, texts []redact.NamedText) (policy.Aside, error) {
	c, err := store.Cases.Get(tx, id)
	if err != nil {
		return policy.Aside{}, err
	}
	a := policy.Aside{To: c.Partner, Texts: texts, Open: []string{c.Title}, Names: true}
	for _, id := range append([]string{c.Draft}, c.Corrections...) {
		draft, ok, err := store.Drafts.Find(tx, id)
		if err != nil {
			return a, err
		}
		if ok {
			w := &draft.Warning
			a.Said = append(append(a.Said, draft.Releases[c.Partner], w.Method, w.Action, w.Actor, w.Target.Name, w.Target.Place.String()), w.Recipients...)
		}
	}
	return a, nil
}

// givesAway is the refusal of a text that leaks; nil if there is no leak.
func givesAway(leaks []redact.Leak) error {
	if len(leaks) == 0 {
		return nil
	}
	refusal := problem.New(problem.Invalid, "say it in other words, less exactly", "this text gives the source away")
	for _, leak := range leaks {
		refusal.With(leak.Field + " repeats " + leak.Source + " (" + string(leak.Rule) + "): “" + leak.Words + "”")
	}
	return refusal
}

// leaksOf is what a text for a partner repeats of what a draft was made of, and of
// what the partner's copy leaves out.
func (o *Outbox) leaksOf(tx *store.Tx, draft *warning.Draft, name string, release []redact.NamedText) ([]redact.Leak, error) {
	facts, source, err := factsOf(tx, draft)
	if err != nil {
		return nil, err
	}
	rules, err := o.rules.Rules(tx)
	if err != nil {
		return nil, err
	}
	channel, err := store.Channels.Get(tx, name)
	if err != nil {
		return nil, err
	}
	to := policy.Partner{Name: name, Country: channel.Card.Country, State: partner.Active}
	return rules.NewCutter(draft, facts, source, tx.Now).Repeats(to, channel.Limits, release), nil
}

// texts are all strings and numbers of a payload as it leaves, each under the
// name of its member: first what a person wrote, so that it is also read in one
// go, then names and words of the field.
func texts(payload any) ([]redact.NamedText, error) {
	raw, err := warning.Encode(payload)
	if err != nil {
		return nil, err
	}
	clock := ofTheClock(raw)
	_, disputes := payload.(*warning.Dispute)
	var all, names []redact.NamedText
	decoder := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return append(all, names...), nil
		}
		if err != nil {
			return nil, err
		}
		where := decoder.StackPointer()
		in, n := decoder.StackIndex(decoder.StackDepth())
		isName := in == '{' && n%2 == 1
		if kind := token.Kind(); isName || clock[where] || kind != '"' && kind != '0' {
			continue
		}
		text := redact.NamedText{Name: strings.ReplaceAll(string(where)[1:], "/", "."), Text: token.String()}
		if hashes.MatchString(text.Name) && hashed.MatchString(text.Text) && !(disputes && text.Name == "about") {
			continue // the name of a message or of a node: nobody wrote it
		}
		if free[text.Name] {
			all = append(all, text)
		} else {
			names = append(names, text)
		}
	}
}

// ofTheClock are the times of a payload that the node's own clock gives: when it is
// said, and by when it is to be answered, if no person chose that.
func ofTheClock(raw []byte) map[jsontext.Pointer]bool {
	clock := map[jsontext.Pointer]bool{"/at": true}
	var said struct {
		At       time.Time `json:"at"`
		AnswerBy time.Time `json:"answer_by"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return clock
	}
	for _, precedence := range handling.Precedences() {
		if said.AnswerBy.Equal(said.At.Add(precedence.AnswerWithin())) {
			clock["/answer_by"] = true
		}
	}
	return clock
}

// hashed is how a message is named, and hashes are the members in which one is. What
// a dispute is about is a text.
var (
	hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)
	hashes = regexp.MustCompile(`^(about|of|messages\.[0-9]+|to\.[0-9]+\.node)$`)
)

// free are the members that hold whatever a person wrote.
var free = map[string]bool{"about": true, "view": true, "reason": true, "change": true, "note": true, "conditions": true, "question": true, "text": true, "handling.note": true}
