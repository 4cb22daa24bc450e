// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds the vocabularies of a warning, and dates and place codes.

import (
	"errors"
	"time"
)

// ThreatType is what is feared. The first three are those of ICD 191, the rest
// our local extension. ICD 191
type ThreatType string

const (
	IntentionalKilling     ThreatType = "intentional_killing"
	SeriousBodilyInjury    ThreatType = "serious_bodily_injury"
	Kidnapping             ThreatType = "kidnapping"
	MassCasualtyAttack     ThreatType = "mass_casualty_attack"
	CriticalInfrastructure ThreatType = "critical_infrastructure"
	CyberPhysical          ThreatType = "cyber_physical"
	Cyber                  ThreatType = "cyber"
	OtherThreat            ThreatType = "other"
)

// ThreatTypes lists every threat type.
func ThreatTypes() []string {
	return []string{string(IntentionalKilling), string(SeriousBodilyInjury), string(Kidnapping), string(MassCasualtyAttack),
		string(CriticalInfrastructure), string(CyberPhysical), string(Cyber), string(OtherThreat)}
}

func (t ThreatType) String() string { return string(t) }

// ToLife reports whether somebody's life or body is threatened.
func (t ThreatType) ToLife() bool {
	switch t {
	case IntentionalKilling, SeriousBodilyInjury, Kidnapping, MassCasualtyAttack:
		return true
	}
	return false
}

// TargetKind is what sort of target is threatened. ICD 191
type TargetKind string

func (k TargetKind) String() string { return string(k) }

// TargetKinds lists every kind of target.
func TargetKinds() []string {
	return []string{"person", "group", "institution", "place_of_business", "structure", "location", "event"}
}

// Fidelity is how exact a time is. STIX 2.1 Incident Core extension
type Fidelity string

func (f Fidelity) String() string { return string(f) }

// Fidelities lists every fidelity.
func Fidelities() []string { return []string{"day", "hour", "minute", "month", "second", "year"} }

// Date is a calendar day, as 2017-12-16.
type Date string

// ParseDate refuses what is not a calendar day.
func ParseDate(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, errors.New("not a date such as 2026-12-31")
	}
	return t, nil
}

// Time is the first moment of the day in UTC; zero for an empty or invalid date.
func (d Date) Time() time.Time {
	t, _ := ParseDate(string(d))
	return t
}

// DateOf is t's day in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// Millis is t in UTC, cut to the milliseconds that travel.
func Millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func countryCode(s string) bool {
	return len(s) == 2 && upper(s)
}

// regionCode is an ISO 3166-2 code: a country code, a hyphen, and one to three letters or digits.
func regionCode(s string) bool {
	if len(s) < 4 || len(s) > 6 || s[2] != '-' || !upper(s[:2]) {
		return false
	}
	for _, r := range s[3:] {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

func upper(s string) bool {
	for _, r := range s {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return true
}
