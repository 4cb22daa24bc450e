// SPDX-License-Identifier: Apache-2.0

// Package handling holds the field's words for how a text may be treated:
// precedence, TLP, SIENA handling codes, caveats, the Admiralty grade, and the
// probability words of ICD 203.
//
// Every parser refuses what it does not know. Nothing here has a permissive
// default: an empty label is not a label, and whoever decides on it must treat
// it as "nobody".
package handling

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Handling is what travels with every message, and stands above the text wherever
// the text is shown. The signed header says it too, but for the note: a header
// outlives its text, see [Handling.Header].
type Handling struct {
	TLP TLP `json:"tlp"`
	// PAP is what may be done with it; empty says nothing.
	PAP     PAP      `json:"pap,omitempty"`
	Codes   []Code   `json:"codes,omitempty"`
	Caveats []Caveat `json:"caveats,omitempty"`
	// Note is the free text that H3 demands, in the text and never in its header.
	// Empty otherwise.
	Note string `json:"note,omitempty"`
}

// maxNote is the longest note, in bytes.
const maxNote = 2 << 10

// Validate says everything that is wrong with h at once, or nil. Every word
// must be spelled exactly: what is compared by its spelling must have one.
func (h Handling) Validate() error {
	if h.Has(H3) && strings.TrimSpace(h.Note) == "" {
		return errors.Join(h.words(), errors.New("handling: H3 needs a note saying which restriction applies"))
	}
	return h.words()
}

// Header is h as a signed header says it: without the note, which is erased with
// the text.
func (h Handling) Header() Handling {
	h.Note = ""
	return h
}

// ValidateHeader is Validate for what a signed header says: it refuses a note.
func (h Handling) ValidateHeader() error {
	if h.Note != "" {
		return errors.Join(h.words(), errors.New("handling: a note stands in the text, and in no header"))
	}
	return h.words()
}

// And is how something is handled of which two handlings speak: by the narrower
// labels, and by the codes and caveats of both. An unknown label stays unknown.
// The life saving exception holds if h has it. The note is h's.
func (h Handling) And(also Handling) Handling {
	if also.TLP.Rank() < 0 || h.TLP.Rank() >= 0 && also.TLP.Rank() > h.TLP.Rank() {
		h.TLP = also.TLP
	}
	if also.PAP.Rank() < 0 || h.PAP.Rank() >= 0 && also.PAP.Rank() > h.PAP.Rank() {
		h.PAP = also.PAP
	}
	h.Codes, h.Caveats = slices.Clone(h.Codes), slices.Clone(h.Caveats)
	for _, code := range also.Codes {
		if !slices.Contains(h.Codes, code) {
			h.Codes = append(h.Codes, code)
		}
	}
	for _, caveat := range also.Caveats {
		if !slices.Contains(h.Caveats, caveat) && caveat != LifeSavingException {
			h.Caveats = append(h.Caveats, caveat)
		}
	}
	return h
}

func (h Handling) words() error {
	var wrong []error
	check := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	check(Exact(h.TLP, ParseTLP))
	if h.PAP != "" {
		check(Exact(h.PAP, ParsePAP))
	}
	for _, code := range h.Codes {
		check(Exact(code, ParseCode))
	}
	for _, caveat := range h.Caveats {
		check(Exact(caveat, ParseCaveat))
	}
	if len(h.Note) > maxNote || len(h.Codes) > 4 || len(h.Caveats) > len(caveats) {
		wrong = append(wrong, fmt.Errorf("handling: too long: a note has at most %d bytes, and each code and caveat stands once", maxNote))
	}
	return errors.Join(wrong...)
}

// Spelled is h with every known word spelled exactly. What is not known stays
// as it is, for Validate to refuse.
func (h Handling) Spelled() Handling {
	h.TLP = Spelled(h.TLP, ParseTLP)
	h.PAP = Spelled(h.PAP, ParsePAP)
	h.Codes, h.Caveats = slices.Clone(h.Codes), slices.Clone(h.Caveats)
	for i, code := range h.Codes {
		h.Codes[i] = Spelled(code, ParseCode)
	}
	for i, caveat := range h.Caveats {
		h.Caveats[i] = Spelled(caveat, ParseCaveat)
	}
	return h
}

// Exact refuses a word that its parser does not know, and one that the parser
// would spell in another way: such a word would be known to nobody who compares.
func Exact[Word ~string](word Word, parse func(string) (Word, error)) error {
	known, err := parse(string(word))
	if err == nil && known != word {
		return fmt.Errorf("handling: %q must be spelled %s", word, known)
	}
	return err
}

// Spelled is the word as its parser spells it, or the word itself if the parser
// does not know it.
func Spelled[Word ~string](word Word, parse func(string) (Word, error)) Word {
	if known, err := parse(string(word)); err == nil {
		return known
	}
	return word
}

// Has reports whether code is among h's codes. H0 always applies.
func (h Handling) Has(code Code) bool { return code == H0 || slices.Contains(h.Codes, code) }

// HasCaveat reports whether caveat is among h's caveats.
func (h Handling) HasCaveat(caveat Caveat) bool { return slices.Contains(h.Caveats, caveat) }

// Line is h in one line of words for the top of a page, a mail or a print.
func (h Handling) Line() string {
	words := []string{string(h.TLP)}
	if h.PAP != "" {
		words = append(words, string(h.PAP)+" "+h.PAP.Meaning())
	}
	for _, code := range h.Codes {
		words = append(words, string(code)+" "+code.Meaning())
	}
	for _, caveat := range h.Caveats {
		words = append(words, caveat.Meaning())
	}
	if h.Note != "" {
		words = append(words, h.Note)
	}
	return strings.Join(words, " · ")
}

// Short is h in the names of its words, for the subject of a mail and a row of a
// list, before the words it is about. Empty if h says nothing.
func (h Handling) Short() string {
	var words []string
	for _, word := range []string{string(h.TLP), string(h.PAP)} {
		if word != "" {
			words = append(words, word)
		}
	}
	for _, code := range h.Codes {
		words = append(words, string(code))
	}
	for _, caveat := range h.Caveats {
		words = append(words, string(caveat))
	}
	return strings.Join(words, " ")
}

// Restricts reports whether h says more than its TLP label.
func (h Handling) Restricts() bool {
	return h.PAP != "" || len(h.Codes)+len(h.Caveats) > 0 || h.Note != ""
}

// Code is a SIENA handling code. Council 6243/18.
type Code string

const (
	H0 Code = "H0" // always applies
	H1 Code = "H1"
	H2 Code = "H2"
	H3 Code = "H3"
)

// ParseCode reads one of H0 to H3, in any case, and refuses all else.
func ParseCode(s string) (Code, error) {
	code := Code(strings.ToUpper(strings.TrimSpace(s)))
	if code.Meaning() == "" {
		return "", fmt.Errorf("handling: %q is not a handling code (H0, H1, H2, H3)", s)
	}
	return code, nil
}

// Meaning is what the code demands, in a few words; empty for an unknown code.
func (c Code) Meaning() string {
	switch c {
	case H0:
		return "only to prevent and combat crime"
	case H1:
		return "not in court without the provider's permission"
	case H2:
		return "not passed on without the provider's permission"
	case H3:
		return "other restrictions, see note"
	}
	return ""
}

// Caveat is a declared restriction or permission beside TLP and codes. values: ICD 710, SIENA, PAP.
type Caveat string

const (
	OriginatorControl      Caveat = "originator_control"
	DisplayOnly            Caveat = "display_only"
	NoCourtUse             Caveat = "no_court_use"
	NoDissemination        Caveat = "no_dissemination"
	NoActionWithoutConsent Caveat = "no_action_without_consent"
	Sanitised              Caveat = "sanitised"
	LifeSavingException    Caveat = "life_saving_exception"
)

// caveats lists every caveat with its meaning, in the order in which a form offers them.
var caveats = []struct {
	caveat  Caveat
	meaning string
}{
	{OriginatorControl, "no onward passing without the originator's permission"},
	{DisplayOnly, "may be shown, not handed over"},
	{NoCourtUse, "not to be used in court"},
	{NoDissemination, "not to be passed on"},
	{NoActionWithoutConsent, "no action without the originator's consent"},
	{Sanitised, "sanitised"},
	{LifeSavingException, "may be acted on at once to save life; report after"},
}

// Caveats lists every caveat this node knows.
func Caveats() []Caveat {
	var all []Caveat
	for _, row := range caveats {
		all = append(all, row.caveat)
	}
	return all
}

// ParseCaveat reads a caveat by its name and refuses all else.
func ParseCaveat(s string) (Caveat, error) {
	caveat := Caveat(strings.ToLower(strings.TrimSpace(s)))
	if caveat.Meaning() == "" {
		return "", fmt.Errorf("handling: %q is not a caveat this node knows", s)
	}
	return caveat, nil
}

// Meaning is the caveat in words; empty for an unknown caveat.
func (c Caveat) Meaning() string {
	for _, row := range caveats {
		if row.caveat == c {
			return row.meaning
		}
	}
	return ""
}
