// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies a history of keys, and finds in it the keys that were in
// force when a file says that it was signed.

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
)

// looksLikeHistory knows a history by its first members.
func looksLikeHistory(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte(`{"changes":`)) && bytes.Contains(raw, []byte(`"first":`))
}

// judgeHistory verifies a history from the first card to the newest.
func judgeHistory(e evidence) *verdict {
	v := &verdict{What: "history of keys"}
	h, err := envelope.ParseHistory(bytes.TrimSpace(e.raw))
	if err != nil {
		return v.fails("ask for the file again: tocsin keys history, or tocsin keys history PARTNER, prints it", "this history does not hold together: %s", inWords(err))
	}
	card := h.Card()
	v.OK, v.From = true, (cards{card.ID(): {Card: card}}).name(card.ID())
	v.proves("from the first card on, each change is signed by the keys before it and by the new ones: %d changes", len(h.Changes))
	v.proves("the node id is %s, whatever the keys", card.ID())
	for _, change := range h.Changes {
		s, err := change.Peek()
		if err != nil {
			return v.fails("do not rely on it", "%s", inWords(err))
		}
		v.says("change %d, %s, at %s", s.Number, s.Why, s.At.Format(time.RFC3339))
	}
	for _, era := range h.Eras() {
		for _, report := range era.Doubt {
			v.Doubt = append(v.Doubt, "what key "+report.Key+" signed since "+report.Since.Format(time.RFC3339)+": "+report.By+" says that it was in other hands ("+report.Why+")")
		}
	}
	v.says("the newest 30 digits are %s", envelope.Groups(card.Digits()))
	v.provesNot("that the first of these keys is that of %s: compare the newest digits with them by voice", v.From)
	return v
}

// known is a node whose keys are trusted: its newest card, and those it had.
type known struct {
	envelope.Card
	eras []envelope.Era
}

// knownBy is the node of a card, or of a history of keys.
func knownBy(raw []byte) (known, error) {
	if raw = bytes.TrimSpace(raw); looksLikeHistory(raw) {
		h, err := envelope.ParseHistory(raw)
		return known{h.Card(), h.Eras()}, err
	}
	card, err := envelope.ParseCard(raw)
	return known{card, []envelope.Era{{Card: card}}}, err
}

// historyOf is what the node knows of the keys of a node: its own, or a partner's.
func historyOf(ctx context.Context, c *api.Client, card envelope.Card) (known, error) {
	own, err := c.Node(ctx)
	if err != nil {
		return known{}, err
	}
	name := card.Name
	if own.Card.ID() == card.ID() {
		name = ""
	}
	h, err := c.KeyHistory(ctx, name)
	return known{h.Card(), h.Eras()}, err
}

// by verifies something that a node signed by the keys that were in force at the
// moment it claims, and says if those are in doubt.
func (v *verdict) by(node known, claims time.Time, verify func(envelope.Card) error) error {
	era, err := partner.VerifyHeld(node.eras, claims, verify)
	if err != nil {
		return err
	}
	if era.Past {
		v.Doubt = append(v.Doubt, "it verifies, and "+partner.PastText(era))
	}
	if !era.Until.IsZero() {
		v.says("it was signed with keys that were in force until %s, and replaced then", era.Until.Format(time.RFC3339))
	}
	if report, doubted := era.InDoubt(claims); doubted {
		v.Doubt = append(v.Doubt, "it verifies, and the key may have been in other hands since "+report.Since.Format(time.RFC3339)+
			": so says "+report.By+" ("+report.Why+"). Who had the key could have signed it, and written an earlier time, too")
	} else if len(era.Doubt) > 0 {
		v.Doubt = append(v.Doubt, "it says that it is from before "+era.Doubt[0].Since.Format(time.RFC3339)+
			", when the key may have come into other hands; that it was there by then must be shown otherwise, by a later checkpoint that others cosigned before")
	}
	return nil
}

// within is the node with the keys it had and has by a history that stands in a
// file, if the card that is trusted is one of them: each change is vouched for by
// the keys on either side of it. What comes behind a theft is left out: whoever
// had the keys could have written it.
func (k known) within(history []byte) known {
	h, err := envelope.ParseHistory(history)
	if err != nil || len(k.eras) != 1 {
		return k // whoever gives a history trusts that one
	}
	for i := range h.Reports {
		// Nobody signed them but whoever wrote the file, in whose name it likes.
		r := &h.Reports[i]
		r.By, r.Why = "whoever wrote this, and nothing proves it, says that "+quotedWords(r.By), quotedWords(r.Why)
	}
	eras := h.Eras()
	trusted := slices.IndexFunc(eras, func(era envelope.Era) bool { return era.Card.SameKeys(k.Card) })
	if trusted < 0 {
		return k
	}
	for i, change := range h.Changes[trusted:] {
		if s, err := change.Peek(); err != nil || s.Why == envelope.Compromise {
			eras = eras[:trusted+i+1]
			break
		}
	}
	return known{k.Card, eras}
}

// quotedWords are words of somebody else, short and in quotes, so that they cannot
// be taken for ours.
func quotedWords(text string) string {
	const most = 100
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// within are the cards with the histories that a dossier holds.
func (c cards) within(d *dossier.Dossier) cards {
	all := maps.Clone(c)
	for _, node := range d.Nodes {
		if known, given := c[node.Card.ID()]; given && node.History != nil {
			all[node.Card.ID()] = known.within(node.History)
		}
	}
	return all
}
