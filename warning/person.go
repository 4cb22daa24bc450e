// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what is said of persons, and what is known of how a partner
// treats them.

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Person is a small record of somebody a warning names: never a file, and only
// as part of the warning. Directive (EU) 2016/680 Art 6, 7
type Person struct {
	// ID is "person--" and what is its own in the copy of each recipient.
	ID   string     `json:"id,omitempty"`
	Name string     `json:"name"`
	Role PersonRole `json:"role"`
	// Kind says whether what is said is a fact, our assessment, or what a source claims.
	Kind StatementKind `json:"statement_kind"`
	Text string        `json:"text,omitempty"` // what is said of the person
	// Reason says why this person is named, and why with these details.
	Reason string `json:"reason"`
	Minor  bool   `json:"minor,omitzero"`
	// Special names the special categories that the text touches.
	Special []string `json:"special_categories,omitempty"`
}

// PersonRole is what somebody is in the matter. Directive (EU) 2016/680 Art 6
type PersonRole string

func (r PersonRole) String() string { return string(r) }

// PersonRoles lists every role.
func PersonRoles() []string {
	return []string{"suspect", "convicted", "victim", "witness", "contact", "other"}
}

// StatementKind keeps facts apart from judgements. Directive (EU) 2016/680 Art 7
type StatementKind string

func (k StatementKind) String() string { return string(k) }

// StatementKinds lists every kind.
func StatementKinds() []string { return []string{"fact", "assessment", "claim_of_source"} }

// SpecialCategories lists the special categories of data. Directive (EU) 2016/680 Art 10
func SpecialCategories() []string {
	return []string{"racial_or_ethnic_origin", "political_opinions", "religious_or_philosophical_beliefs", "trade_union_membership",
		"genetic_data", "biometric_data", "health", "sex_life_or_sexual_orientation"}
}

// MaxPersons bounds how many persons one warning names, objects that are persons
// among them. There are no lists of persons.
const MaxPersons = 10

// Sensitive reports whether a further person must approve that it leaves.
func (p *Person) Sensitive() bool { return p.Minor || len(p.Special) > 0 }

// NamesPerson reports whether who is threatened is a person with a name.
func (t *Target) NamesPerson() bool { return t.Kind == "person" && strings.TrimSpace(t.Name) != "" }

func (l *list) persons(persons []Person) {
	if len(persons) > MaxPersons {
		l.add("persons: at most %d: a warning is no list of persons", MaxPersons)
	}
	for i, p := range persons {
		field := fmt.Sprintf("persons.%d.", i)
		if p.ID != "" {
			l.name(field+"id", p.ID, "person--")
		}
		l.needed(field+"name", p.Name, MaxWord)
		l.word(field+"role", p.Role, PersonRoles())
		l.word(field+"statement_kind", p.Kind, StatementKinds())
		l.text(field+"text", p.Text, MaxText/8)
		l.needed(field+"reason", p.Reason, MaxWord)
		for _, category := range p.Special {
			if !slices.Contains(SpecialCategories(), category) {
				l.add("%sspecial_categories: %q is not one of %s", field, category, strings.Join(SpecialCategories(), ", "))
			}
		}
	}
}

// personsFor are the draft's persons as one partner's copy has them: none, unless
// the author says so.
func (d *Draft) personsFor(partner, id string) []Person {
	if !slices.Contains(d.PersonsTo, partner) {
		return nil
	}
	persons := slices.Clone(d.Warning.Persons)
	_, own, _ := strings.Cut(id, "--")
	for i := range persons {
		persons[i].ID = fmt.Sprintf("person--%s-%d", own, i+1)
	}
	return persons
}

// Risk is how somebody who is named to a partner may fare there.
type Risk string

const (
	RiskNone    Risk = "none"    // no real risk is known
	RiskAssured Risk = "assured" // there was one, and the partner's assurance meets it
	RiskReal    Risk = "real"    // persons are not named
)

func (r Risk) String() string { return string(r) }

// Risks lists every risk.
func Risks() []string { return []string{string(RiskNone), string(RiskAssured), string(RiskReal)} }

// An Assurance is the sheet on a partner and a country: what may happen there to
// somebody we name, judged by a person, until it expires.
type Assurance struct {
	// ID is "sheet--" and a UUID; a sheet of an older program has none.
	ID           string `json:"id,omitempty"`
	Partner      string `json:"partner"`
	Country      string `json:"country"` // ISO 3166-1 alpha-2
	IllTreatment Risk   `json:"ill_treatment"`
	DeathPenalty Risk   `json:"death_penalty"`
	Persecution  Risk   `json:"persecution"`
	// Given is the assurance in the partner's words, where one meets a risk.
	Given string `json:"given,omitempty"`
	// Basis is what the judgement rests on.
	Basis   string    `json:"basis"`
	Expires Date      `json:"expires"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
	// First is who judged the same before, where the sheet loosened what held: it
	// took two. A sheet that an older program kept says nothing of it.
	First *Judgement `json:"first,omitempty"`
}

// Judgement is who judged, when, and what that rests on.
type Judgement struct {
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Basis string    `json:"basis"`
}

// AssuranceUse is one release for which a sheet was in force.
type AssuranceUse struct {
	Case    string    `json:"case"`
	Persons int       `json:"persons"` // that were named
	At      time.Time `json:"at"`
	// Against is why nobody could be named by it, at that moment: a threat to life
	// left all the same, with a third person's approval.
	Against string `json:"against,omitempty"`
}

// AssuranceHistory is a sheet with what came after: the releases for which it was
// in force, and when it was judged anew, by whom.
type AssuranceHistory struct {
	Assurance
	For        []AssuranceUse `json:"for,omitempty"`
	Replaced   time.Time      `json:"replaced,omitzero"`
	ReplacedBy string         `json:"replaced_by,omitempty"`
}

// Validate says everything that is wrong, or nil. A sheet holds for a year at most.
func (a *Assurance) Validate(now time.Time) error {
	wrong := &list{}
	if !countryCode(a.Country) {
		wrong.add("country: %q is not an ISO 3166-1 alpha-2 code such as RU", a.Country)
	}
	assured := false
	for _, risk := range []struct {
		field string
		risk  Risk
	}{{"ill_treatment", a.IllTreatment}, {"death_penalty", a.DeathPenalty}, {"persecution", a.Persecution}} {
		wrong.word(risk.field, risk.risk, Risks())
		assured = assured || risk.risk == RiskAssured
	}
	wrong.needed("basis", a.Basis, MaxText)
	wrong.text("given", a.Given, MaxText)
	if assured && strings.TrimSpace(a.Given) == "" {
		wrong.add("given: say what the partner assured")
	}
	wrong.date("expires", a.Expires, true)
	if end := a.Expires.Time(); !end.IsZero() && (!end.After(now.AddDate(0, 0, -1)) || end.After(now.AddDate(1, 0, 0))) {
		wrong.add("expires: a day to come, within a year")
	}
	return wrong.join()
}

// Against says why nobody may be named by this sheet at a moment; empty if they may.
func (a *Assurance) Against(now time.Time) string {
	switch {
	case a.IllTreatment == RiskReal:
		return "there is a real risk of ill-treatment in " + a.Country
	case a.DeathPenalty == RiskReal:
		return "there is a real risk of the death penalty in " + a.Country
	case a.Persecution == RiskReal:
		return "there is a real risk of persecution in " + a.Country
	case !now.Before(a.Expires.Time().AddDate(0, 0, 1)):
		return "the sheet of assurances for " + a.Country + " expired on " + string(a.Expires)
	}
	return ""
}

// Looser reports whether the sheet lets persons be named where the one before did
// not, or for longer: a risk is judged lower, or it holds later and lets somebody be
// named. Before is nil if there was none, in which case nobody could be named.
func (a *Assurance) Looser(before *Assurance, now time.Time) bool {
	if a.Against(now) != "" && before == nil {
		return false
	}
	if before == nil || a.Against(now) == "" && a.Expires.Time().After(before.Expires.Time()) {
		return true
	}
	lower := func(is, was Risk) bool { return slices.Index(Risks(), string(is)) < slices.Index(Risks(), string(was)) }
	return lower(a.IllTreatment, before.IllTreatment) || lower(a.DeathPenalty, before.DeathPenalty) || lower(a.Persecution, before.Persecution)
}

// Same reports whether two people judged the same: of the risks, what was assured,
// and until when. Each says in its own words what that rests on.
func (a *Assurance) Same(other *Assurance) bool {
	return a.IllTreatment == other.IllTreatment && a.DeathPenalty == other.DeathPenalty && a.Persecution == other.Persecution &&
		a.Expires == other.Expires && strings.TrimSpace(a.Given) == strings.TrimSpace(other.Given)
}

// AlarmPersons rings for the overseer: as many persons were named to a partner in
// a month as may be.
const AlarmPersons AlarmKind = "persons_cap"
