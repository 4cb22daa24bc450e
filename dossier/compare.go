// SPDX-License-Identifier: Apache-2.0

package dossier

// This file holds two dossiers of one case against each other.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Comparison is where two dossiers of one case agree and where they differ.
type Comparison struct {
	Case  string `json:"case"`
	One   string `json:"one"`   // who wrote the first
	Other string `json:"other"` // and the second

	Agree []string `json:"agree,omitempty"`
	// Differ is what the one shows and the other contradicts or leaves out.
	Differ []string `json:"differ,omitempty"`
	// Later is what the one shows and the other could not know when it was written.
	Later []string `json:"later,omitempty"`
}

// OK reports whether the two do not differ.
func (c *Comparison) OK() bool { return len(c.Differ) == 0 }

// ErrCompare says that two dossiers cannot be compared.
var ErrCompare = errors.New("dossier: not two good dossiers of one case")

// Compare says where two dossiers agree and differ. Both must have been checked,
// and verify; they are of one case, from the two sides, or from one side at two
// times.
func Compare(one, other *Report) (*Comparison, error) {
	if !one.OK() || !other.OK() || one.checked == nil || other.checked == nil {
		return nil, fmt.Errorf("%w: one of them does not verify", ErrCompare)
	}
	a, b := one.checked, other.checked
	if a.d.Case != b.d.Case || a.d.Channel != b.d.Channel {
		return nil, fmt.Errorf("%w: they are of different cases", ErrCompare)
	}
	c := &comparing{Comparison: &Comparison{Case: a.d.Case, One: one.By, Other: other.By}, keys: a.keys}
	if a.d.By == b.d.By {
		c.One, c.Other = one.By+" ("+stamp(a.d.Made)+")", other.By+" ("+stamp(b.d.Made)+")"
	}
	sides := []*side{newSide(a, c.One), newSide(b, c.Other)}
	c.messages(sides[0], sides[1])
	c.alone(sides[0], sides[1])
	c.alone(sides[1], sides[0])
	c.places(sides[0], sides[1])
	c.logs(a, b)
	return c.Comparison, nil
}

type comparing struct {
	*Comparison
	keys Keys
}

// side is one of the two dossiers.
type side struct {
	*checking
	name      string // who wrote it
	shown     map[string]part
	beside    map[string]part // in no chain
	elsewhere map[string]bool
	gaps      map[string]Gap // by hash
}

func newSide(c *checking, name string) *side {
	s := &side{checking: c, name: name, shown: make(map[string]part), beside: make(map[string]part), elsewhere: make(map[string]bool), gaps: make(map[string]Gap)}
	for _, p := range c.parts {
		s.shown[p.hash] = p
	}
	for _, p := range c.asides {
		s.beside[p.hash] = p
	}
	for _, run := range c.d.Elsewhere {
		for _, hash := range run.Hashes {
			s.elsewhere[hash] = true
		}
	}
	for _, gap := range c.d.Gaps {
		if gap.Hash != "" {
			s.gaps[gap.Hash] = gap
		}
	}
	return s
}

func (c *comparing) agree(format string, args ...any) {
	c.Agree = append(c.Agree, fmt.Sprintf(format, args...))
}

func (c *comparing) differ(format string, args ...any) {
	c.Differ = append(c.Differ, fmt.Sprintf(format, args...))
}

// messages compares what both show.
func (c *comparing) messages(one, other *side) {
	both, receipts, texts := 0, 0, 0
	for _, p := range one.parts {
		q, there := other.shown[p.hash]
		if !there {
			continue
		}
		if p.inCase {
			both++
			if p.receipt != nil && q.receipt != nil && p.Receipt == q.Receipt {
				receipts++
			}
			if p.Payload != nil && q.Payload != nil {
				texts++ // both are the one that was signed
			}
		}
		c.receipts(one, other, p, q)
		c.steps(one, p, q)
		if undelivered(p.State) && q.receipt != nil && p.receipt == nil || undelivered(q.State) && p.receipt != nil && q.receipt == nil {
			c.differ("%s: the one calls it %s, the other %s, with a receipt", one.named(p), ofMessage(p.State), ofMessage(q.State))
		}
	}
	c.agree("both show the same %s of the case, %d with the same receipt, %d with the text in both", counted(both, "message"), receipts, texts)
}

// undelivered are the states by which a sender says that the other never got it.
func undelivered(state string) bool { return state == "expired" || state == "dropped" }

// receipts compares the two sides' receipts of one message.
func (c *comparing) receipts(one, other *side, p, q part) {
	name := one.named(p)
	by := c.keys.Name(p.opened.Header.To)
	switch {
	case p.receipt == nil && q.receipt == nil:
	case p.receipt == nil || q.receipt == nil:
		has, lacks, shown := one, other, p
		if p.receipt == nil {
			has, lacks, shown = other, one, q
		}
		r := shown.receipt
		if lacks.d.Made.Before(r.Statement.Received) && !lacks.hadReceipt(has, shown) {
			c.Later = append(c.Later, fmt.Sprintf("the receipt of %s: it is of a later time than the dossier of %s", name, lacks.name))
			return
		}
		c.differ("%s: %s shows the receipt that %s signed at %s, and %s shows none", name, has.name, by, stamp(r.Statement.Received), lacks.name)
	case p.Receipt != q.Receipt:
		s, t := p.receipt.Statement, q.receipt.Statement
		c.differ("%s: %s signed two different receipts of it, one received %s and %s, one received %s and %s: the two prove it", name, by,
			stamp(s.Received), s.Disposition, stamp(t.Received), t.Disposition)
	}
}

// steps compares the two sides' receipts of one step. They may be of different
// checkpoints, and must say the same.
func (c *comparing) steps(one *side, p, q part) {
	for _, pair := range [][2]part{{p, q}, {q, p}} {
		if r, told := pair[0].step, pair[1]; r != nil && told.Payload != nil && warning.Matches(r.Statement, told.opened) != nil {
			c.differ("%s: %s signed a receipt of its step that says %q, and the text says something else: the two prove it", one.named(p), c.keys.Name(p.opened.Header.From), r.Statement.Said)
			return
		}
	}
	if p.step == nil || q.step == nil {
		return
	}
	if same := func(s receipt.Statement) string { return string(s.Kind) + " " + s.Said + " " + s.About }; same(p.step.Statement) != same(q.step.Statement) {
		c.differ("%s: %s signed two different receipts of its step, one %q, one %q: the two prove it", one.named(p), c.keys.Name(p.opened.Header.From), p.step.Statement.Said, q.step.Statement.Said)
	}
}

// alone says what one shows and the other does not.
func (c *comparing) alone(one, other *side) {
	for _, p := range one.parts {
		if _, there := other.shown[p.hash]; there {
			continue
		}
		h := p.opened.Header
		name := one.named(p)
		early := other.d.By == h.To && other.d.Made.Before(one.cameTo(p)) || other.d.By == h.From && other.d.Made.Before(h.Sent)
		if early && !other.had(one, p) {
			c.Later = append(c.Later, fmt.Sprintf("%s: it is of a later time than the dossier of %s", name, other.name))
			continue
		}
		if p.receipt == nil && other.d.By == h.To && slices.Contains([]string{"queued", "held", "expired", "dropped"}, p.State) {
			c.agree("%s never reached %s: %s calls it %s, and %s does not show it", name, c.keys.Name(h.To), one.name, ofMessage(p.State), other.name)
			continue
		}
		if _, beside := other.beside[p.hash]; beside && p.receipt == nil {
			c.agree("%s: %s has it in its place, and %s keeps it beside the one that it has there", name, one.name, other.name)
			continue
		}
		proof := "nothing proves that it ever reached " + c.keys.Name(h.To)
		switch {
		case other.d.By == h.From:
			proof = c.keys.Name(h.From) + " signed it"
		case p.receipt != nil:
			proof = fmt.Sprintf("%s signed at %s that it had received it", c.keys.Name(h.To), stamp(p.receipt.Statement.Received))
		}
		gap, missing := other.gaps[p.hash]
		switch {
		case other.elsewhere[p.hash]:
			c.differ("%s: %s shows it in this case, and %s has it among the messages of other cases; %s", name, one.name, other.name, proof)
		case other.has(p.hash):
			c.differ("%s: %s shows it with its receipt, and %s says that another has its place; %s", name, one.name, other.name, proof)
		case missing:
			c.differ("%s: %s shows it, and %s says that it never came (%s); %s", name, one.name, other.name, ofGap(gap.Why), proof)
		case p.receipt == nil && other.d.By == h.To:
			c.differ("%s: %s shows it as %s, without a receipt, and %s does not show it; %s", name, one.name, ofMessage(p.State), other.name, proof)
		default:
			c.differ("%s: %s shows it, and %s leaves it out; %s", name, one.name, other.name, proof)
		}
	}
}

// had reports whether the logs show that the writer of a dossier had sent or
// received a message that one shows before it wrote: its place in a log is below
// the size of a checkpoint of that log in the dossier. When a dossier was made is
// the writer's word, and the places are not.
func (s *side) had(one *side, p part) bool {
	h := p.opened.Header
	if s.d.By == h.From && p.step != nil && p.step.Statement.Index < s.largest(h.From) {
		return true
	}
	if p.receipt != nil && p.receipt.Statement.Index < s.largest(h.To) {
		return true
	}
	// What is received was sent; what is sent may not have been received.
	return p.Leaf != nil && (one.d.By == h.To || one.d.By == s.d.By) && p.Leaf.Index < s.largest(one.d.By)
}

// hadReceipt reports whether the logs show that the writer of a dossier had the
// receipt of a message, as one shows it, before it wrote.
func (s *side) hadReceipt(one *side, p part) bool {
	h := p.opened.Header
	if s.d.By == h.To {
		return p.receipt.Statement.Index < s.largest(h.To)
	}
	return one.d.By == s.d.By && p.ReceiptLeaf != nil && p.ReceiptLeaf.Index < s.largest(h.From)
}

// largest is the size of the largest log of a node that a dossier shows.
func (s *side) largest(node string) (size int64) {
	for n := range s.roots[node] {
		size = max(size, n)
	}
	return size
}

// cameTo is when a message came to its recipient, as far as one of the two knows.
func (c *checking) cameTo(p part) time.Time {
	if p.receipt != nil {
		return p.receipt.Statement.Received
	}
	return p.opened.Header.Sent
}

// places finds two messages that one node signed for one place of its chain, and
// that neither dossier shows by itself.
func (c *comparing) places(one, other *side) {
	hashes := make(map[placeOf]string)
	for _, p := range one.checking.shown() {
		hashes[p.place()] = p.hash
	}
	for _, q := range other.checking.shown() {
		before, there := hashes[q.place()]
		if !there || before == q.hash || one.has(q.hash) || other.has(before) {
			continue
		}
		h := q.opened.Header
		c.differ("%s signed two different messages as its number %d: %s and %s; the two prove it", c.keys.Name(h.From), h.Seq, before, q.hash)
	}
}

// has reports whether a dossier shows a message, in its chain or beside it.
func (s *side) has(hash string) bool {
	_, shown := s.shown[hash]
	_, beside := s.beside[hash]
	return shown || beside
}

// logs finds two different logs of one node among all that the two show.
func (c *comparing) logs(a, b *checking) {
	for _, node := range slices.Sorted(maps.Keys(a.roots)) {
		same := true
		for _, size := range slices.Sorted(maps.Keys(a.roots[node])) {
			if before, there := b.roots[node][size]; there && before.root != a.roots[node][size].root {
				same = false
				c.differ("%s signed two different logs of %d leaves: %s in the one and %s in the other prove it to anyone", c.keys.Name(node), size, a.roots[node][size].shownBy, before.shownBy)
			}
		}
		if same {
			c.agree("nothing that either shows speaks of two different logs of %s", c.keys.Name(node))
		}
	}
}
