// SPDX-License-Identifier: Apache-2.0

package dossier

// This file checks the parts of a dossier, each against keys that are trusted.

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// clocksDiffer is how far two honest clocks may be apart.
const clocksDiffer = 10 * time.Minute

// checking is a check under way.
type checking struct {
	*Report
	d     *Dossier
	keys  Keys
	tree  tlog.Tree            // that the writer's checkpoint speaks of
	roots map[string]rootsSeen // of each node's log
	parts []part
	// asides are the messages that are in no chain.
	asides []part
	// witnessed is when the other node cosigned the writer's log.
	witnessed []time.Time
}

// part is one message, opened.
type part struct {
	Message
	opened  *envelope.Message
	hash    string
	ours    bool // of the node that wrote the dossier
	inCase  bool // of the case; the others are the terms
	payload warning.Payload
	receipt *receipt.Receipt // verified
	step    *receipt.Receipt // verified
}

// Check holds every part of a dossier against keys. What it returns is for
// people; OK says whether all of it verifies.
func Check(s *Signed, keys Keys) *Report {
	d := &s.Dossier
	c := &checking{
		Report: &Report{Case: d.Case, By: keys.Name(d.By), To: keys.Name(d.To), Person: d.Person, Made: d.Made, Purpose: d.Purpose, Text: d.Text},
		d:      d, keys: keys, roots: map[string]rootsSeen{d.By: {}, d.To: {}},
	}
	for _, node := range []string{d.By, d.To} {
		if !keys.Knows(node) {
			c.wrong("no card was given of the node with the id %s, which the dossier calls %s: give it by --key", node, c.called(node))
		}
	}
	if !c.OK() || !c.signature(s) {
		return c.Report
	}
	c.checkpoints()
	for i := range d.Terms {
		c.message(d.Terms[i], false)
	}
	for i := range d.Messages {
		c.message(d.Messages[i], true)
	}
	c.beside()
	c.terms()
	c.chains()
	c.states()
	c.made()
	c.limits()
	c.permitted()
	c.sort()
	c.checked = c
	return c.Report
}

// called is what the dossier itself calls a node.
func (c *checking) called(node string) string {
	for _, n := range c.d.Nodes {
		if n.Card.ID() == node {
			return n.Card.Name
		}
	}
	return "unknown"
}

// signature checks who wrote the dossier.
func (c *checking) signature(s *Signed) bool {
	doubt, err := c.keys.Try(c.d.By, []time.Time{c.d.Made}, func(card envelope.Card) error {
		if !ed25519.Verify(card.Public(), SigningInput(s.Bytes), s.Signature) {
			return ErrSignature
		}
		return nil
	})
	if err != nil {
		c.wrong("the dossier was changed, or was not written by %s: its signature is not theirs", c.By)
		return false
	}
	c.inDoubt(doubt, "the dossier itself")
	c.proves("%s wrote this dossier and signed all of it", c.By)
	who := quoted(c.d.Person.Name)
	if c.d.Person.Title != "" {
		who += ", " + quoted(c.d.Person.Title)
	}
	c.says("it was made at %s, for %s", stamp(c.d.Made), who)
	if c.d.Purpose != "" {
		c.says("it was written for the purpose %s", c.d.Purpose)
	}
	return true
}

func (c *checking) inDoubt(why, what string) {
	if why != "" {
		c.doubts("%s: %s", what, why)
	}
}

// message checks one message with all that goes with it, and tells of it.
func (c *checking) message(m Message, inCase bool) {
	opened, err := m.Opened()
	if err != nil {
		c.wrong("a message is not in the form of one: %v", err)
		return
	}
	h := opened.Header
	p := part{Message: m, opened: opened, hash: opened.Hash(), ours: h.From == c.d.By, inCase: inCase}
	if !c.addressed(p) {
		return
	}
	if !inCase && h.Kind != envelope.Terms {
		c.wrong("message %s is kept with the terms and is none", p.hash)
		return
	}
	if inCase && ofNone(h.Kind) {
		c.wrong("%s is said in no case, and so is none of this one", c.named(p))
		return
	}
	for _, before := range c.parts {
		if before.hash == p.hash || before.ours == p.ours && before.opened.Header.Seq == h.Seq {
			c.wrong("%s stands twice in the dossier, or there are two for its place", c.named(p))
			return
		}
	}
	erased := false
	doubt, err := c.keys.Try(h.From, []time.Time{h.Sent}, func(card envelope.Card) error {
		err := opened.Verify(card.Public(), h.From, h.To)
		if erased = errors.Is(err, envelope.ErrErased); erased {
			return nil // these keys signed it: another card would not fit better
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
	c.textOf(p)
	c.receiptOf(&p)
	c.stepOf(&p)
	c.leaves(p)
	c.tell(p)
	c.parts = append(c.parts, p)
}

// addressed checks that a message is of this channel, from one of the two to the
// other.
func (c *checking) addressed(p part) bool {
	h := p.opened.Header
	if !(h.From == c.d.By && h.To == c.d.To || h.From == c.d.To && h.To == c.d.By) || h.Channel != c.d.Channel {
		c.wrong("message %s is not of this channel", p.hash)
		return false
	}
	return true
}

// read reads what the message says, and that it is said in this case.
func (c *checking) read(p part) warning.Payload {
	payload, err := warning.Decode(p.opened.Header.Kind, p.Payload)
	if err != nil {
		c.doubts("%s: this program cannot read its text, which is the one that was signed", c.named(p))
		return nil
	}
	switch id, of := CaseOf(payload); {
	case !p.inCase:
	case !of:
		c.wrong("%s is said in no case, and so is none of this one", c.named(p))
	case id != c.d.Case:
		c.wrong("%s is of another case: %s", c.named(p), id)
	}
	return payload
}

// ofNone reports whether a kind of message is said in no case: without its text
// nothing else would tell it from one of the case.
func ofNone(kind envelope.Kind) bool {
	switch kind {
	case envelope.Terms, envelope.State, envelope.KeyChange, envelope.Voice, envelope.Pledge, envelope.PledgeEnd, envelope.Inquiry, envelope.InquiryAnswer:
		return true
	}
	return false
}

// textOf says what became of a text that is not there.
func (c *checking) textOf(p part) {
	switch {
	case p.Payload != nil && (!c.d.Text || p.Erased):
		c.wrong("%s has its text, and the dossier says that it has not", c.named(p))
	case p.Payload == nil && c.d.Text && p.Erased:
		c.says("the text of %s was erased; its header still proves that it was sent", c.named(p))
	case p.Payload == nil && c.d.Text:
		c.wrong("%s has no text, and the dossier does not say why", c.named(p))
	}
}

// receiptOf checks the recipient's receipt.
func (c *checking) receiptOf(p *part) {
	h := p.opened.Header
	by := c.keys.Name(h.To)
	if p.Receipt == "" {
		if p.State == "delivered" || p.State == "kept" || p.State == "quarantined" {
			c.misses("the receipt of %s: %s calls it %s and shows none", c.named(*p), c.By, p.State)
		}
		return
	}
	r, err := receipt.Parse([]byte(p.Receipt))
	if err != nil {
		c.wrong("the receipt of %s: %s", c.named(*p), words(err))
		return
	}
	s := r.Statement
	doubt, err := c.keys.Try(h.To, []time.Time{s.Received}, func(card envelope.Card) error {
		return r.Verify(receipt.Keys{Sign: card.Public(), Log: card.Log})
	})
	if err == nil && (s.Header != p.hash || s.By != h.To || s.To != h.From || s.Channel != h.Channel || s.Seq != h.Seq || s.Epoch != h.Epoch) {
		err = receipt.ErrMismatch
	}
	if err != nil {
		c.wrong("the receipt of %s, by %s: %s", c.named(*p), by, words(err))
		return
	}
	c.inDoubt(doubt, "the receipt of "+c.named(*p))
	c.root(h.To, s.Size, s.Root, "the receipt of "+c.named(*p))
	if early := h.Sent.Sub(s.Received); early > clocksDiffer {
		c.doubts("the times of %s: it was received %s before it was sent, by the two clocks", c.named(*p), early.Round(time.Second))
	}
	if apart := p.At.Sub(s.Received).Abs(); !p.ours && apart > time.Minute {
		c.doubts("the times of %s: %s says that it came at %s, and signed that it came at %s", c.named(*p), c.By, stamp(p.At), stamp(s.Received))
	}
	p.receipt = r
}

// stepOf checks the sender's receipt of the step that the message says.
func (c *checking) stepOf(p *part) {
	kind, _, _, isStep := warning.Step(p.payload)
	if p.Step == "" {
		if isStep && p.State != "queued" && p.State != "expired" && p.State != "dropped" {
			c.misses("the receipt of the step %s in %s: none was given", kind, c.named(*p))
		}
		return
	}
	h := p.opened.Header
	r, err := receipt.Parse([]byte(p.Step))
	if err != nil {
		c.wrong("the receipt of the step in %s: %s", c.named(*p), words(err))
		return
	}
	doubt, err := c.keys.Try(h.From, []time.Time{r.Statement.At}, func(card envelope.Card) error {
		return r.VerifyStep(receipt.Keys{Sign: card.Public(), Log: card.Log})
	})
	if err == nil {
		err = warning.Matches(r.Statement, p.opened)
	}
	if err != nil && !errors.Is(err, envelope.ErrErased) {
		c.wrong("the receipt of the step in %s: %s", c.named(*p), words(err))
		return
	}
	c.inDoubt(doubt, "the receipt of the step in "+c.named(*p))
	c.root(h.From, r.Statement.Size, r.Statement.Root, "the receipt of the step in "+c.named(*p))
	p.step = r
}

// leaves checks that the log of the writer holds the message and the receipts it
// was given.
func (c *checking) leaves(p part) {
	kind := "received"
	if p.ours {
		kind = "sent"
	}
	c.leaf(p.Leaf, kind, p.hash, c.named(p))
	if p.ours && p.receipt != nil {
		c.leaf(p.ReceiptLeaf, "receipt", sha(p.Receipt), "the receipt of "+c.named(p))
	}
	if !p.ours && p.step != nil {
		c.leaf(p.StepLeaf, "receipt", sha(p.Step), "the receipt of the step in "+c.named(p))
	}
	// One leaf has one place, whichever checkpoint it is proved to.
	if !p.ours && p.receipt != nil && p.Leaf != nil && p.receipt.Statement.Index != p.Leaf.Index ||
		p.ours && p.step != nil && p.Leaf != nil && p.step.Statement.Index != p.Leaf.Index {
		c.wrong("%s is leaf %d of the log of %s in the dossier, and another in its receipt", c.named(p), p.Leaf.Index, c.By)
	}
}

// CaseOf is the case a message is said in; of is false for what belongs to none.
func CaseOf(payload warning.Payload) (id string, of bool) {
	switch p := payload.(type) {
	case *warning.Warning:
		return p.ID, true
	case *warning.Update:
		return p.Warning.ID, true
	case *warning.Acknowledgement:
		return p.Case, true
	case *warning.Request:
		return p.Case, true
	case *warning.Reply:
		return p.Case, true
	case *warning.Outcome:
		return p.Case, true
	case *warning.Thanks:
		return p.Case, true
	case *warning.Dispute:
		return p.Case, true
	case *warning.Recall:
		return p.Case, true
	case *warning.RecallAnswer:
		return p.Case, true
	case *warning.Destruction:
		return p.Case, true
	case *warning.PermissionRequest:
		return p.Case, true
	case *warning.Permission:
		return p.Case, true
	}
	return "", false
}

// plainly is a word that a node writes of itself; anything else that its writer put
// there stands in quotes, see [quoted].
func plainly(text string, words ...string) string {
	if slices.Contains(words, text) {
		return text
	}
	return quoted(text)
}

// ofState is a state of the channel, ofGap why a message is missing, ofMessage how
// far one is: as the writer says.
func ofState(text string) string {
	return plainly(text, "pending", "active", "limited", "suspended", "frozen", "expelled", "unfrozen", "all frozen", "all unfrozen")
}

func ofGap(text string) string { return plainly(text, "expired", "dropped", "held", "carried") }

func ofMessage(text string) string {
	return plainly(text, "queued", "held", "delivered", "expired", "dropped", "carried", "kept", "quarantined", "destroyed")
}

// quoted is what somebody wrote, so that it cannot be taken for words of ours.
func quoted(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// words is an error without the package's name.
func words(err error) string {
	for _, prefix := range []string{"envelope: ", "receipt: ", "witness: ", "dossier: "} {
		if text, ok := strings.CutPrefix(err.Error(), prefix); ok {
			return text
		}
	}
	return err.Error()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
