// SPDX-License-Identifier: Apache-2.0

package dossier

// This file checks the messages of a dossier that are in no chain: a second one
// that was signed for a place, and one of the writer's that gave its place away.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// beside checks the messages that are in no chain, and says what two of one place
// prove.
func (c *checking) beside() {
	for _, m := range c.d.Beside {
		c.besideOne(m)
	}
	c.twice()
}

func (c *checking) besideOne(m Message) {
	opened, err := m.Opened()
	if err != nil {
		c.wrong("a message beside the chains is not in the form of one: %v", err)
		return
	}
	h := opened.Header
	p := part{Message: m, opened: opened, hash: opened.Hash(), ours: h.From == c.d.By, inCase: true}
	if !c.addressed(p) {
		return
	}
	if same := func(before part) bool { return before.hash == p.hash }; slices.ContainsFunc(c.parts, same) || slices.ContainsFunc(c.asides, same) {
		c.wrong("%s stands twice in the dossier", c.named(p))
		return
	}
	erased := false
	doubt, err := c.keys.Try(h.From, []time.Time{h.Sent}, func(card envelope.Card) error {
		err := opened.Verify(card.Public(), h.From, h.To)
		if erased = errors.Is(err, envelope.ErrErased); erased {
			return nil // the header alone: its signature holds
		}
		return err
	})
	if err != nil {
		c.wrong("%s: %s", c.named(p), words(err))
		return
	}
	c.inDoubt(doubt, c.named(p))
	if !erased {
		p.payload = c.read(p)
	}
	if p.Payload != nil && (!c.d.Text || p.Erased) {
		c.wrong("%s has its text, and the dossier says that it has not", c.named(p))
	}
	c.receiptOf(&p)
	if p.ours && p.Leaf != nil {
		c.leaf(p.Leaf, "sent", p.hash, c.named(p))
	}
	from := c.keys.Name(h.From)
	event := Event{At: h.Sent, Clock: from, Signed: from, Message: p.hash, Kind: string(h.Kind),
		What: fmt.Sprintf("%s says to %s: %s, number %d, %s, %s; it stands beside the chain: see what is said of its place", from, c.keys.Name(h.To), h.Kind, h.Seq, h.Precedence, h.Handling.Line())}
	if p.payload != nil {
		event.Text = p.Payload
	}
	c.Timeline = append(c.Timeline, event)
	c.asides = append(c.asides, p)
}

// shown are all messages of the dossier that were checked.
func (c *checking) shown() []part { return slices.Concat(c.parts, c.asides) }

// placeOf is a place of a chain.
type placeOf struct {
	from string
	seq  uint64
}

func (p part) place() placeOf { return placeOf{p.opened.Header.From, p.opened.Header.Seq} }

// twice says what the messages prove that one key signed for one place, and which
// of them has it.
func (c *checking) twice() {
	at := make(map[placeOf][]part)
	for _, p := range c.shown() {
		at[p.place()] = append(at[p.place()], p)
	}
	proved := false
	for _, p := range c.asides {
		all := at[p.place()]
		delete(at, p.place()) // once for each place
		if len(all) == 0 {
			continue
		}
		from, to := c.keys.Name(p.opened.Header.From), c.keys.Name(p.opened.Header.To)
		if len(all) == 1 {
			c.says("%s is in no chain: another message had its place, whose header is not here", c.named(p))
			continue
		}
		proved = true
		names, received := make([]string, len(all)), []string(nil)
		for i, one := range all {
			names[i] = one.hash
			if one.receipt != nil {
				received = append(received, one.hash)
			}
		}
		c.proves("the key of %s signed %d different messages as its number %d: %s. Somebody else had it, or %s was put back to an earlier copy of itself", from, len(all), p.opened.Header.Seq, strings.Join(names, " and "), from)
		switch len(received) {
		case 0:
			c.misses("which of the messages at number %d of %s has the place: there is a receipt of %s for none of them", p.opened.Header.Seq, from, to)
		case 1:
			c.proves("of those at number %d of %s, %s signed that it received %s: that one has the place", p.opened.Header.Seq, from, to, received[0])
		default:
			c.doubts("%s signed receipts for %d messages at number %d of %s, of which only one can have the place: they prove it to anyone", to, len(received), p.opened.Header.Seq, from)
		}
	}
	if proved {
		c.NotProved = append(c.NotProved, "who wrote which of several messages at one place: all have the signature of the same key")
	}
}
