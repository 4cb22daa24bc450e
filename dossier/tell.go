// SPDX-License-Identifier: Apache-2.0

package dossier

// This file tells what the checked parts say together: the timeline, the terms,
// the chains and their gaps, the states of the channel.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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
		what += ": " + p.step.Statement.Said
	}
	event := Event{At: h.Sent, Clock: from, What: what, Signed: from, Message: p.hash, Kind: string(h.Kind)}
	if p.payload != nil {
		event.Text = p.Payload
	}
	c.Timeline = append(c.Timeline, event)
	if p.step != nil {
		s := p.step.Statement
		c.proves("the log of %s held %s as leaf %d, by its own receipt: it cannot say that it did not say %q", from, c.named(p), s.Index, s.Said)
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

// terms says whether the two signed the same terms.
func (c *checking) terms() {
	ours, theirs := "", ""
	for _, p := range c.parts {
		if p.inCase {
			continue
		}
		digest := p.Digest
		if p.Payload != nil {
			digest = sha(string(p.Payload))
		}
		if p.ours {
			ours = digest
		} else {
			theirs = digest
		}
	}
	switch {
	case ours == "" || theirs == "":
		c.misses("terms that both sides signed")
	case ours != theirs:
		c.misses("terms that both sides signed: the newest of the two are different")
	case c.d.Text:
		c.proves("both sides signed the same terms, before anything passed between them")
	default:
		c.says("both sides signed the same terms, whose SHA-256 is %s", ours)
	}
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
	for _, ours := range []bool{true, false} {
		c.chain(ours)
	}
}

func (c *checking) chain(ours bool) {
	node := c.d.To
	if ours {
		node = c.d.By
	}
	places, first, last := c.places(ours)
	if first == 0 {
		return
	}
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

// places are the places of one direction that the dossier accounts for, and the
// first and the last of the case.
func (c *checking) places(ours bool) (places map[uint64]place, first, last uint64) {
	places = make(map[uint64]place)
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
			c.misses("number %d of %s never reached %s: %s says that it %s; it may have been of this case or of another", gap.Seq, c.By, c.To, c.By, gap.Why)
		} else {
			c.misses("number %d of %s never came: %s says that %s called it %s; it may have been of this case or of another", gap.Seq, c.To, c.By, c.To, gap.Why)
		}
	}
	return places, first, last
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
		c.Timeline = append(c.Timeline, Event{At: s.At, Clock: c.By, What: fmt.Sprintf("%s says that it set the channel to %s", c.By, s.State)})
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
