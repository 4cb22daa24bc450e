// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what of a warning is said by voice.

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/spoken"
)

// SpokenText is all that may be said of the words of a warning, in the letters of
// package spoken; strange are the characters that have none.
func SpokenText(w *Warning) (text string, strange []rune) {
	return spoken.Fold(strings.Trim(w.Target.Name+", "+w.Target.Place.City, ", ") + ". " + w.Text)
}

// IsExtract reports whether the words of one text stand in the other, in order.
func IsExtract(text, full string) bool {
	rest := strings.FieldsFunc(full, betweenWords)
	for _, word := range strings.FieldsFunc(text, betweenWords) {
		at := slices.Index(rest, word)
		if at < 0 {
			return false
		}
		rest = rest[at+1:]
	}
	return true
}

func betweenWords(r rune) bool { return strings.ContainsRune(" .,-", r) }

// Spoken is what is said of a warning whose message has that hash and was sent
// then, with that text.
func Spoken(hash string, sent time.Time, w *Warning, text string) (c spoken.Content, err error) {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return c, fmt.Errorf("warning: %w", err)
	}
	copy(c.Prefix[:], raw)
	if w.Precedence == handling.Immediate {
		c.Precedence = 1
	}
	c.Sent, c.AnswerBy = sent.Truncate(time.Minute), w.AnswerBy.Truncate(time.Minute)
	c.PAP, c.Codes, c.Caveats = restrictions(w.Handling)
	c.TLP, c.Country, c.Text = w.Handling.TLP.Rank(), w.Target.Place.Country, text
	c.Threat = slices.Index(ThreatTypes(), w.ThreatType.String())
	c.Target = slices.Index(TargetKinds(), w.Target.Kind.String())
	if !w.Window.Start.IsZero() {
		c.Start = w.Window.Start.Truncate(time.Minute)
	}
	if !w.Window.End.IsZero() {
		c.End = w.Window.End.Truncate(time.Minute)
	}
	return c, nil
}

// SaysSpoken reports whether a warning says what was said of it by voice: every
// part of it, and of the words no others.
func SaysSpoken(said spoken.Content, hash string, sent time.Time, payload Payload) bool {
	var w *Warning
	switch p := payload.(type) {
	case *Warning:
		w = p
	case *Update:
		w = &p.Warning
	default:
		return false
	}
	full, _ := SpokenText(w)
	of, err := Spoken(hash, sent, w, said.Text)
	return err == nil && w.Precedence.Rank() >= handling.Immediate.Rank() && of.Equal(said) && IsExtract(said.Text, full)
}

// restrictions are what is said by voice of how a warning is handled beside its
// label: the note of H3 is not.
func restrictions(h handling.Handling) (pap, codes, caveats int) {
	for i, code := range spokenCodes() {
		if slices.Contains(h.Codes, code) {
			codes |= 1 << i
		}
	}
	for i, caveat := range handling.Caveats() {
		if h.HasCaveat(caveat) {
			caveats |= 1 << i
		}
	}
	return max(h.PAP.Rank(), 0), codes, caveats
}

// spokenCodes are the codes in the order of their bits; H0 always applies.
func spokenCodes() []handling.Code { return []handling.Code{handling.H1, handling.H2, handling.H3} }

// SpokenHandling is how what was heard by voice is handled, without the note of
// H3; false if a word of it is not known.
func SpokenHandling(c spoken.Content) (h handling.Handling, ok bool) {
	labels, paps, codes, caveats := handling.TLPs(), handling.PAPs(), spokenCodes(), handling.Caveats()
	if c.TLP >= len(labels) || c.PAP > len(paps) || c.Codes>>len(codes) != 0 || c.Caveats>>len(caveats) != 0 {
		return h, false
	}
	h.TLP = labels[c.TLP]
	if c.PAP > 0 {
		h.PAP = paps[c.PAP-1]
	}
	for i, code := range codes {
		if c.Codes>>i&1 == 1 {
			h.Codes = append(h.Codes, code)
		}
	}
	for i, caveat := range caveats {
		if c.Caveats>>i&1 == 1 {
			h.Caveats = append(h.Caveats, caveat)
		}
	}
	return h, true
}
