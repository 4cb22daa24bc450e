// SPDX-License-Identifier: Apache-2.0

// Package press reads a news article as it is found and says what it claims.
//
// An article passes five steps:
//
//	decode → repair → lay out → find (people, places, dates, counts) → claim
//
// Decoding and repair undo the two common ways in which UTF-8 is spoilt; the
// layout takes off the desk's sign-off and tells headings from sentences; the
// finders work from tables in data/ and a few rules; a claim is a sentence or a
// clause of one, with who says it. Nothing here is meant to be believed without
// a person: every finding points into the repaired text, and what is not
// understood is left out, not invented.
//
// The package does no I/O and reads no clock. It keeps no article: the caller
// keeps the bytes as received, and Article.SHA256OfInput names them.
package press

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// MaxInput is the largest article that Read takes, in bytes.
const MaxInput = 4 << 20

var (
	// ErrEmpty is returned for an input without a single character of text.
	ErrEmpty = errors.New("press: nothing to read")
	// ErrTooLarge is returned for an input of more than MaxInput bytes.
	ErrTooLarge = errors.New("press: larger than 4 MiB")
	// ErrNotText is returned for an input that is no text: it holds NUL bytes
	// and is not UTF-16.
	ErrNotText = errors.New("press: not a text")
)

// Options say what the article itself may not.
type Options struct {
	// Published is the day of publication; its time of day and zone are not
	// used. The zero value means unknown: relative dates then keep their text
	// and have no start and end.
	Published time.Time
}

// Article is what was read. Every offset is a UTF-8 byte offset into Text, at
// the edge of a character; end offsets are exclusive.
type Article struct {
	Text          string   `json:"text"`
	SHA256OfInput string   `json:"sha256_of_input"`
	Damage        Damage   `json:"damage"`
	Signoff       string   `json:"signoff"`
	Entities      []Entity `json:"entities"`
	Claims        []Claim  `json:"claims"`
}

// Damage says how the input was spoilt and what was done about it. One unit is
// one damaged sequence, that is, one character of the original (with the letter
// that the damage swallowed, if any).
type Damage struct {
	// Kind is "none", "utf-8 read as gbk", "utf-8 read as gb18030",
	// "utf-8 read as windows-1252", "utf-8 with bytes lost", or the encoding
	// of an input that was not UTF-8 at all: "windows-1252", "gb18030",
	// "utf-16".
	Kind string `json:"kind"`
	// Repaired counts the sequences whose bytes were all there.
	Repaired int `json:"repaired"`
	// Guessed counts those where bytes were lost and the context decided.
	Guessed int `json:"guessed"`
}

// Kinds of an Entity.
const (
	Person       = "person"
	Organization = "organization"
	Place        = "place"
	Nationality  = "nationality"
	Event        = "event"
)

// Entity is someone or something named, once, with all its mentions.
type Entity struct {
	Type string `json:"type"`
	Name string `json:"name"`
	// Country is an ISO 3166-1 alpha-2 code, or empty where not known.
	Country  string   `json:"country,omitempty"`
	Mentions [][2]int `json:"mentions"`
}

// Kinds of a Claim.
const (
	// Fact is what the article tells in its own voice as having happened.
	Fact = "fact"
	// Assessment is what somebody, by default the article, judges, estimates
	// or holds possible.
	Assessment = "assessment"
	// ClaimOfSource is what the article says that somebody says.
	ClaimOfSource = "claim_of_source"
)

// Claim is one thing asserted.
type Claim struct {
	Kind string `json:"kind"`
	// Source is who says it: the name of an entity where it could be resolved,
	// otherwise the words of the article. Empty where the article speaks.
	Source   string   `json:"source"`
	Evidence [2]int   `json:"evidence"`
	Entities []string `json:"entities"`
	When     *When    `json:"when,omitempty"`
	Counts   []Count  `json:"counts"`
}

// When is the first date of a claim. Start and End are days (2006-01-02), both
// included, and empty where the date could not be resolved. Fidelity is "day",
// "week", "month" or "year".
type When struct {
	Text     string `json:"text"`
	Start    string `json:"start"`
	End      string `json:"end"`
	Fidelity string `json:"fidelity"`
}

// Count is a number of people or things. Low and High are both included; nil
// (null in JSON) where the words set no bound. The conventions are at findCounts.
type Count struct {
	Text     string `json:"text"`
	Of       string `json:"of"`
	Low      *int64 `json:"low"`
	High     *int64 `json:"high"`
	Estimate bool   `json:"estimate"`
}

// Read reads an article. It refuses what is empty, too large or no text, and
// takes everything else: what it does not understand it leaves out.
func Read(input []byte, options Options) (Article, error) {
	if len(input) > MaxInput {
		return Article{}, ErrTooLarge
	}
	text, damage, err := Repair(input)
	if err != nil {
		return Article{}, err
	}
	text, signoff := takeSignoff(text)
	if text == "" {
		return Article{}, ErrEmpty
	}
	sum := sha256.Sum256(input)
	article := Article{
		Text:          text,
		SHA256OfInput: hex.EncodeToString(sum[:]),
		Damage:        damage,
		Signoff:       signoff,
	}
	document := layOut(text)
	found := findEntities(document)
	found.findDates(options.Published)
	found.findCounts()
	article.Claims = found.claims()
	article.Entities = found.entities()
	return article, nil
}
