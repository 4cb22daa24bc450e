// SPDX-License-Identifier: Apache-2.0

package stix

// This file converts between a confidence of 0 to 100 and the scales in words.

import (
	"errors"
	"fmt"
)

// A ConfidenceScale is one of the scales of Appendix A, in which a confidence is
// shown to people. STIX 2.1 §A
type ConfidenceScale string

// The scales. The words of each are those of the standard, exactly.
const (
	ConfidenceLowMedHigh ConfidenceScale = "none-low-med-high" // None, Low, Med, High
	ConfidenceZeroToTen  ConfidenceScale = "zero-ten"          // 0, 1 … 10
	ConfidenceAdmiralty  ConfidenceScale = "admiralty"         // the credibility of the information, 5 to 1
	ConfidenceWEP        ConfidenceScale = "wep"               // words of estimative probability
	ConfidenceDNI        ConfidenceScale = "dni"               // the words of ICD 203, with the numbers of the standard
)

// ErrConfidence says that a scale has no such word, or that a confidence is not
// one of 0 to 100.
var ErrConfidence = errors.New("stix: not on the scale of confidence")

// A confidenceBand is one row of a scale: from low to the next row's low, and
// the confidence its words stand for.
type confidenceBand struct {
	low, value int
	words      string
}

// confidenceScales are the tables, each from the lowest row up. STIX 2.1 §A
var confidenceScales = map[ConfidenceScale][]confidenceBand{
	ConfidenceLowMedHigh: {{0, 0, "None"}, {1, 15, "Low"}, {30, 50, "Med"}, {70, 85, "High"}},
	ConfidenceZeroToTen: {
		{0, 0, "0"}, {5, 10, "1"}, {15, 20, "2"}, {25, 30, "3"}, {35, 40, "4"}, {45, 50, "5"},
		{55, 60, "6"}, {65, 70, "7"}, {75, 80, "8"}, {85, 90, "9"}, {95, 100, "10"},
	},
	ConfidenceAdmiralty: {
		{0, 10, "5 - Improbable"}, {20, 30, "4 - Doubtful"}, {40, 50, "3 - Possibly True"},
		{60, 70, "2 - Probably True"}, {80, 90, "1 - Confirmed by other sources"},
	},
	ConfidenceWEP: {
		{0, 0, "Impossible"}, {1, 10, "Highly Unlikely/Almost Certainly Not"}, {20, 30, "Unlikely/Probably Not"},
		{40, 50, "Even Chance"}, {60, 70, "Likely/Probable"}, {80, 90, "Highly likely/Almost Certain"}, {100, 100, "Certain"},
	},
	ConfidenceDNI: {
		{0, 5, "Almost No Chance / Remote"}, {10, 15, "Very Unlikely / Highly Improbable"}, {20, 30, "Unlikely / Improbable"},
		{40, 50, "Roughly Even Chance / Roughly Even Odds"}, {60, 70, "Likely / Probable"},
		{80, 85, "Very Likely / Highly Probable"}, {90, 95, "Almost Certain / Nearly Certain"},
	},
}

// Words are the words of the scale, from the least confidence to the most; none
// for a scale that is not of the standard.
func (scale ConfidenceScale) Words() []string {
	var words []string
	for _, band := range confidenceScales[scale] {
		words = append(words, band.words)
	}
	return words
}

// Show returns the words that a confidence has on the scale. It refuses a
// confidence outside 0 to 100 with [ErrConfidence]. STIX 2.1 §A
func (scale ConfidenceScale) Show(confidence int) (string, error) {
	if confidence < 0 || confidence > 100 {
		return "", fmt.Errorf("%w: %d is not within 0 to 100", ErrConfidence, confidence)
	}
	bands := confidenceScales[scale]
	for i := len(bands) - 1; i >= 0; i-- {
		if confidence >= bands[i].low {
			return bands[i].words, nil
		}
	}
	return "", fmt.Errorf("%w: there is no scale %.40q", ErrConfidence, string(scale))
}

// Read returns the confidence that words of the scale stand for. It takes them
// only as the standard writes them. What the standard leaves without a value,
// such as "6 - Truth cannot be judged", is refused with [ErrConfidence]: the
// property is then left out. STIX 2.1 §A
func (scale ConfidenceScale) Read(words string) (int, error) {
	for _, band := range confidenceScales[scale] {
		if band.words == words {
			return band.value, nil
		}
	}
	return 0, fmt.Errorf("%w %q: %.60q", ErrConfidence, string(scale), words)
}
