// SPDX-License-Identifier: Apache-2.0

package partner

// This file holds how exactly a partner may be told where and when.

import "github.com/tocsin-exchange/tocsin/internal/problem"

// Limits are the most exact place and time that leave for a partner. The zero
// value limits neither. What is written in words is for the people who write it:
// the check of leaks finds in it what was taken out of the fields.
type Limits struct {
	// Place is exact, city, region or country; empty is exact.
	Place string `json:"place,omitempty"`
	// Time is second, minute, hour, day, month or year; empty is second.
	Time  string `json:"time,omitempty"`
	SetBy string `json:"set_by,omitempty"`
}

// Places are the words for how exact a place may be, from the narrow to the
// wide, and Times those for a time.
func Places() []string { return []string{"exact", "city", "region", "country"} }

// Times are the words for how exact a time may be.
func Times() []string { return []string{"second", "minute", "hour", "day", "month", "year"} }

// Check refuses words that are no limits.
func (l Limits) Check() error {
	if l.Place != "" && rank(Places(), l.Place) < 0 {
		return problem.New(problem.Invalid, "use exact, city, region or country", "%q is not how exact a place can be", l.Place)
	}
	if l.Time != "" && rank(Times(), l.Time) < 0 {
		return problem.New(problem.Invalid, "use second, minute, hour, day, month or year", "%q is not how exact a time can be", l.Time)
	}
	return nil
}

// Looser reports whether a partner is told more by these limits than by others.
func (l Limits) Looser(than Limits) bool {
	finer := func(words []string, is, was string) bool { return max(rank(words, is), 0) < max(rank(words, was), 0) }
	return finer(Places(), l.Place, than.Place) || finer(Times(), l.Time, than.Time)
}

// Same reports whether two limits tell as much, whoever set them.
func (l Limits) Same(other Limits) bool { return !l.Looser(other) && !other.Looser(l) }

// Coarser reports whether the limit wants a time less exact than a fidelity; also
// if the fidelity is empty or unknown.
func (l Limits) Coarser(fidelity string) bool { return rank(Times(), l.Time) > rank(Times(), fidelity) }

// Metres is how exact coordinates may be; 0 if they are not limited. Within a
// country there are none, see [Limits.Within].
func (l Limits) Metres() float64 {
	switch l.Place {
	case "city":
		return 10_000
	case "region":
		return 100_000
	}
	return 0
}

// Within reports whether the limit takes out what is more exact than level, a
// word of [Places]. A limit that is not known takes out everything.
func (l Limits) Within(level string) bool {
	at := rank(Places(), l.Place)
	if l.Place == "" {
		at = 0
	} else if at < 0 {
		at = len(Places()) - 1
	}
	return at >= rank(Places(), level)
}

func rank(words []string, word string) int {
	for i, known := range words {
		if known == word {
			return i
		}
	}
	return -1
}
