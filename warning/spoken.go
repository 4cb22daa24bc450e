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
