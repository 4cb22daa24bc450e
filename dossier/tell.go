// SPDX-License-Identifier: Apache-2.0

package dossier

// This file tells what the checked parts say together: the timeline, the terms,
// the chains and their gaps, the states of the channel.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// named is how a message is called in a sentence.
func (c *checking) named(p part) string {
	return fmt.Sprintf("number %d of %s (%s)", p.opened.Header.Seq, c.keys.Name(p.opened.Header.From), p.opened.Header.Kind)
}

// tell adds what is known of a message to the timeline.
func (c *checking) tell(p part) {
	h := p.opened.Header
	from, to := c.keys.Name(h.From), c.keys.Name(h.To)
	what := fmt.Sprintf("%s says to %s: %s, number %d, %s, %s", from, to, h.Kind, h.Seq, h.Precedence, h.Handling.Line())
	if _, _, said, ok := warning.Step(p.payload); ok {
		what += ": " + said
	} else if p.step != nil {
		what += fmt.Sprintf(": its receipt says %q; the text is not here", p.step.Statement.Said)
	}
	event := Event{At: h.Sent, Clock: from, What: what, Signed: from, Message: p.hash, Kind: string(h.Kind)}
	if p.payload != nil {
		event.Text = p.Payload
	}
	c.Timeline = append(c.Timeline, event)
	if p.step != nil {
		s := p.step.Statement
		held := fmt.Sprintf("the log of %s held %s as leaf %d, by its own receipt", from, c.named(p), s.Index)
		switch {
		case p.payload != nil:
			c.proves("%s: it cannot say that it did not say %q", held, s.Said)
		case p.ours:
			c.proves("%s", held)
			c.says("%s says %q: so says its receipt, which %s made itself; the text is not here", c.named(p), s.Said, from)
		default:
			c.proves("%s; it signed in it that it said %q, and the text is not here", held, s.Said)
		}
	}
	if p.receipt == nil {
		c.undelivered(p, to)
		return
	}
	s := p.receipt.Statement
	kept := "and kept it"
	if s.Disposition == receipt.Quarantined {
		kept = "and put it into quarantine: its channel was shut"
	}
	c.Timeline = append(c.Timeline, Event{At: s.Received, Clock: to, Signed: to, Message: p.hash,
		What: fmt.Sprintf("%s received number %d of %s, %s; leaf %d of its log, of %d", to, h.Seq, from, kept, s.Index, s.Size)})
}

// undelivered says what is known of a message without a receipt.
func (c *checking) undelivered(p part, to string) {
	switch p.State {
	case "queued", "held":
		c.misses("%s has no receipt: when the dossier was written it had not been delivered to %s", c.named(p), to)
	case "expired", "dropped", "carried":
		c.misses("%s has no receipt: %s says that it %s", c.named(p), c.By, map[string]string{
			"expired": "expired before it was delivered", "dropped": "was taken out of its queue", "carried": "was carried by hand, one way",
		}[p.State])
	case "delivered", "kept", "quarantined": // its receipt is missing, and that was said
	default:
		c.misses("%s has no receipt: %s calls it %q", c.named(p), c.By, p.State)
	}
}

// terms says whether the newest terms of the two are the same. A text or, where
// the texts were left out, the writer's digest of it shows that.
func (c *checking) terms() {
	var newest [2]struct {
		seq    uint64
		digest string
	}
	first := [2]uint64{math.MaxUint64, math.MaxUint64} // of the case
	for _, p := range c.parts {
		side, seq := 0, p.opened.Header.Seq
		if p.ours {
			side = 1
		}
		if p.inCase {
			first[side] = min(first[side], seq)
			continue
		}
		if seq < newest[side].seq {
			continue
		}
		newest[side].seq, newest[side].digest = seq, ""
		switch {
		case p.Payload != nil:
			newest[side].digest = sha(string(p.Payload))
		case !c.d.Text:
			newest[side].digest = p.Digest
		}
	}
	theirs, ours := newest[0], newest[1]
	switch {
	case ours.digest == "" || theirs.digest == "":
		c.misses("terms that both sides signed")
		return
	case ours.digest != theirs.digest:
		c.misses("terms that both sides signed: the newest of the two are different")
		return
	}
	when := ""
	if theirs.seq < first[0] && ours.seq < first[1] {
		when = ", each before its first message of this case"
	}
	text := fmt.Sprintf("both sides signed the same terms%s: number %d of %s and number %d of %s", when, ours.seq, c.By, theirs.seq, c.To)
	if c.d.Text {
		c.proves("%s", text)
	} else {
		c.says("%s, whose SHA-256 is %s", text, quoted(ours.digest))
	}
	c.NotProved = append(c.NotProved, "that these are the terms in force: later ones may be left out")
}

// place is one place of a chain.
type place struct {
	hash string
	what string // "case", "elsewhere" or the reason it is missing
	part *part
}

// chains checks that the places of both directions between the first and the
// last message of the case are all accounted for, and that each signed header
// names the one before it.
func (c *checking) chains() {
	directions := []chain{c.places(true), c.places(false)}
	others := uint64(0) // places of other cases, or of none
	for _, chain := range directions {
		others += chain.others
	}
	if c.d.Unlisted && others <= MaxPlaces {
		c.wrong("the dossier says that the places of other cases are too many to be listed, and there are %d", others)
	}
	for _, chain := range directions {
		if chain.first > 0 {
			c.chain(chain)
		}
	}
}

// chain is what a dossier says of one direction.
type chain struct {
	node        string // that speaks
	places      map[uint64]place
	first, last uint64 // of the case
	others      uint64 // places between them that are not of the case
}

func (c *checking) chain(of chain) {
	node, places, first, last := of.node, of.places, of.first, of.last
	var lost []uint64
	elsewhere, epoch := 0, uint64(0)
	for seq := first; seq <= last; seq++ {
		at, known := places[seq]
		if !known {
			if lost = append(lost, seq); len(lost) > 20 {
				break
			}
			continue
		}
		if at.what == "elsewhere" {
			elsewhere++
		}
		if at.part == nil {
			continue
		}
		h := at.part.opened.Header
		if before, known := places[seq-1]; known && before.hash != "" && before.hash != h.Prev {
			c.wrong("%s does not follow the message that the dossier has before it", c.named(*at.part))
		}
		if h.Epoch < epoch {
			c.wrong("%s is of an earlier epoch than one before it", c.named(*at.part))
		}
		epoch = h.Epoch
	}
	switch {
	case len(lost) > 0 && c.d.Unlisted:
		c.misses("the places of messages of %s of other cases: there are too many to be listed, so that one of this case may be among them", c.keys.Name(node))
	case len(lost) > 0:
		c.wrong("the messages of %s are not all accounted for: nothing is said of number %s", c.keys.Name(node), numbers(lost))
	case elsewhere > 0:
		c.says("%s of %s between those of this case: of other cases or of none, listed by hash alone", counted(elsewhere, "message"), c.keys.Name(node))
	}
}

// places are the places of one direction that the dossier accounts for.
func (c *checking) places(ours bool) chain {
	places, first, last, inCase := make(map[uint64]place), uint64(0), uint64(0), uint64(0)
	for _, run := range c.d.Elsewhere {
		for i, hash := range run.Hashes {
			if run.Ours == ours {
				places[run.Seq+uint64(i)] = place{hash: hash, what: "elsewhere"}
			}
		}
	}
	for i := range c.parts {
		p := &c.parts[i]
		if p.ours != ours {
			continue
		}
		seq := p.opened.Header.Seq
		if at, twice := places[seq]; twice && at.what == "elsewhere" {
			c.wrong("%s is listed as of another case, too", c.named(*p))
		}
		places[seq] = place{hash: p.hash, what: "case", part: p}
		if !p.inCase {
			continue
		}
		if first == 0 || seq < first {
			first = seq
		}
		last = max(last, seq)
		inCase++
	}
	for _, gap := range c.d.Gaps {
		if gap.Ours != ours {
			continue
		}
		if at, there := places[gap.Seq]; there && at.part != nil {
			if !ours {
				c.wrong("number %d of %s is here and called missing", gap.Seq, c.To)
			}
			continue
		}
		places[gap.Seq] = place{hash: gap.Hash, what: gap.Why}
		if ours {
			c.misses("number %d of %s never reached %s: %s says that it %s; it may have been of this case or of another", gap.Seq, c.By, c.To, c.By, ofGap(gap.Why))
		} else {
			c.misses("number %d of %s never came: %s says that %s called it %s; it may have been of this case or of another", gap.Seq, c.To, c.By, c.To, ofGap(gap.Why))
		}
	}
	of := chain{node: c.d.To, places: places, first: first, last: last}
	if ours {
		of.node = c.d.By
	}
	if first > 0 {
		of.others = last - first + 1 - inCase
	}
	return of
}

func numbers(all []uint64) string {
	text := ""
	for i, n := range all {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprint(n)
	}
	return text
}

// states adds the states of the channel to the timeline: the writer's word.
func (c *checking) states() {
	for _, s := range c.d.States {
		c.Timeline = append(c.Timeline, Event{At: s.At, Clock: c.By, What: fmt.Sprintf("%s says that it set the channel to %s", c.By, ofState(s.State))})
	}
}

// made puts the time of the dossier in doubt if something in it is of a later
// one: by the writer's own clock, or by the other's, if they differ by more than
// two honest clocks may.
func (c *checking) made() {
	var last time.Time
	what := ""
	later := func(at time.Time, leeway time.Duration, of string) {
		if at = at.Add(-leeway); at.After(c.d.Made) && at.After(last) {
			last, what = at, of
		}
	}
	for _, p := range c.shown() {
		sent, received, own := time.Duration(0), clocksDiffer, "written"
		if !p.ours {
			sent, received, own = clocksDiffer, 0, "received"
		}
		later(p.At, 0, c.named(p)+" as "+own)
		later(p.opened.Header.Sent, sent, c.named(p))
		if p.receipt != nil {
			later(p.receipt.Statement.Received, received, "the receipt of "+c.named(p))
		}
	}
	for _, s := range c.d.States {
		later(s.At, 0, "a state of the channel")
	}
	for _, gap := range c.d.Gaps {
		later(gap.Found, 0, "what it says of a gap")
	}
	for _, at := range c.witnessed {
		later(at, clocksDiffer, "a cosignature of "+c.To)
	}
	if what != "" {
		c.doubts("the time of the dossier: %s says that it was made at %s, and it holds what is later: %s", c.By, stamp(c.d.Made), what)
	}
}

// limits says what no dossier proves.
func (c *checking) limits() {
	receipted, sent := 0, 0
	for _, p := range c.parts {
		if !p.inCase {
			continue
		}
		sent++
		if p.receipt != nil {
			receipted++
		}
	}
	if sent > 0 {
		c.proves("%s of the case signed by the sender, %d of them with the recipient's receipt", counted(sent, "message"), receipted)
	}
	c.NotProved = append(c.NotProved,
		"that nothing else was said in this case: compare with the dossier of "+c.To+", and with what was said elsewhere",
		"that a human read what a node received: an acknowledgement is the word of a named human, as the node wrote it",
		"the times: each is the word of the node whose clock it was")
	if !c.d.Text {
		c.NotProved = append(c.NotProved, "what was said: the texts were left out, and what is here commits to them",
			"that all of these messages are of this case: that stands in the texts")
	}
}

// counted counts things whose name takes an s.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
