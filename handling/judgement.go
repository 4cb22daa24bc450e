// SPDX-License-Identifier: Apache-2.0

package handling

// This file holds the words of judgement: the Admiralty grade, the probability
// words and analytic confidence. They are kept apart: none is ever turned into
// another.

import (
	"fmt"
	"slices"
	"strings"
)

// Grade is an Admiralty grade such as "B2": the source's reliability and the
// information's credibility, rated independently. FM 2-22.3 App. B.
type Grade string

// ParseGrade reads a letter A to F and a digit 1 to 6, and refuses all else.
func ParseGrade(s string) (Grade, error) {
	g := Grade(strings.ToUpper(strings.TrimSpace(s)))
	if len(g) != 2 || g[0] < 'A' || g[0] > 'F' || g[1] < '1' || g[1] > '6' {
		return "", fmt.Errorf("handling: %q is not an Admiralty grade (a letter A to F and a digit 1 to 6, as in B2)", s)
	}
	return g, nil
}

var reliability = [...]string{"completely reliable", "usually reliable", "fairly reliable", "not usually reliable", "unreliable", "reliability cannot be judged"}
var credibility = [...]string{"confirmed by other sources", "probably true", "possibly true", "doubtful", "improbable", "truth cannot be judged"}

// Meaning is the grade in words; empty for an invalid grade.
func (g Grade) Meaning() string {
	if Exact(g, ParseGrade) != nil {
		return ""
	}
	return reliability[g[0]-'A'] + " source, " + credibility[g[1]-'1']
}

// Probability is one of the estimative words of ICD 203, in lower case.
type Probability string

// Estimate is one row of the ICD 203 table: two words for one range of percent.
type Estimate struct {
	Words    [2]Probability
	From, To int
}

// Estimates is the ICD 203 table. Its two columns must not be mixed in one product. ICD 203.
func Estimates() []Estimate {
	return []Estimate{
		{[2]Probability{"almost no chance", "remote"}, 1, 5},
		{[2]Probability{"very unlikely", "highly improbable"}, 5, 20},
		{[2]Probability{"unlikely", "improbable"}, 20, 45},
		{[2]Probability{"roughly even chance", "roughly even odds"}, 45, 55},
		{[2]Probability{"likely", "probable"}, 55, 80},
		{[2]Probability{"very likely", "highly probable"}, 80, 95},
		{[2]Probability{"almost certain", "nearly certain"}, 95, 99},
	}
}

// ParseProbability reads one of the words of either column, with spaces or
// hyphens, and refuses all else.
func ParseProbability(s string) (Probability, error) {
	word := Probability(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "-", " "))
	for _, row := range Estimates() {
		if slices.Contains(row.Words[:], word) {
			return word, nil
		}
	}
	return "", fmt.Errorf("handling: %q is not a probability word of ICD 203 (such as likely, very likely, almost certain)", s)
}

// Range is the word's range in percent, or "" for an unknown word.
func (p Probability) Range() string {
	for _, row := range Estimates() {
		if slices.Contains(row.Words[:], p) {
			return fmt.Sprintf("%d–%d %%", row.From, row.To)
		}
	}
	return ""
}

// Confidence is analytic confidence: how good the basis of a judgement is, not
// how probable the event. ICD 203.
type Confidence string

const (
	Low      Confidence = "low"
	Moderate Confidence = "moderate"
	High     Confidence = "high"
)

// ParseConfidence reads low, moderate or high, and refuses all else.
func ParseConfidence(s string) (Confidence, error) {
	c := Confidence(strings.ToLower(strings.TrimSpace(s)))
	if c != Low && c != Moderate && c != High {
		return "", fmt.Errorf("handling: %q is not a confidence (low, moderate, high)", s)
	}
	return c, nil
}
