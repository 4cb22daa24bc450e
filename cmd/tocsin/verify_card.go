// SPDX-License-Identifier: Apache-2.0

package main

// This file says what a public card is, and what it cannot prove of itself.

import (
	"bytes"

	"github.com/tocsin-exchange/tocsin/envelope"
)

// looksLikeCard knows a card by its first member and its keys.
func looksLikeCard(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte(`{"address":`)) && bytes.Contains(raw, []byte(`"seal":`))
}

// judgeCard reads a card. Nobody signs one: its digits are what people compare.
func judgeCard(e evidence) *verdict {
	v := &verdict{What: "card"}
	card, err := envelope.ParseCard(bytes.TrimSpace(e.raw))
	if err != nil {
		return v.fails("ask for the file again: tocsin card, or tocsin card PARTNER, prints it", "this card cannot be used: %s", inWords(err))
	}
	v.OK, v.From = true, (cards{card.ID(): {Card: card}}).name(card.ID())
	v.proves("the card is whole, and every key in it can be used")
	v.says("it is the card of %s, whose node id is %s", v.From, card.ID())
	v.says("its 30 digits are %s", envelope.Groups(card.Digits()))
	v.provesNot("that these are the keys of %s: compare the digits with them by voice", v.From)
	return v
}
