// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds which codes of countries there are.

import "strings"

// countries are the officially assigned codes. ISO 3166-1 alpha-2
const countries = "" +
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR " +
	"CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU " +
	"ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ " +
	"MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI " +
	"SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// KnownPlaces refuses a code whose country there is not: it has the form of one,
// and meets nothing. It is asked of what people here promise, watch, judge or
// report; what partners send is kept as it is. Codes that ISO leaves to their users
// are known.
func KnownPlaces(codes ...string) error {
	wrong := &list{}
	for _, code := range codes {
		country, _, _ := strings.Cut(strings.ToUpper(code), "-")
		switch {
		case len(country) != 2 || userAssigned(country) || strings.Contains(countries, country):
		case country == "UK":
			wrong.add("%q: the code of the United Kingdom is GB", code)
		case country == "EL":
			wrong.add("%q: the code of Greece is GR", code)
		default:
			wrong.add("%q is the code of no country", code)
		}
	}
	return wrong.join()
}

// userAssigned reports whether ISO leaves the code to its users. ISO 3166-1 §5.2
func userAssigned(code string) bool {
	return code == "AA" || code == "ZZ" || code[0] == 'X' || code[0] == 'Q' && code[1] >= 'M'
}

// Codes are the codes of places and nationalities that the pledge names.
func (p *Pledge) Codes() []string {
	return append(cityCodes(p.Cities), append(append([]string{}, p.Places...), p.Nationals...)...)
}

// Codes are the codes of places that the watch names.
func (w *Watch) Codes() []string { return append(cityCodes(w.Cities), w.Places...) }

// Codes are the codes of places and nationalities that the target names.
func (t *Target) Codes() []string {
	return append([]string{t.Place.Country, t.Place.Region}, t.Nationalities...)
}

func cityCodes(cities []City) (all []string) {
	for _, one := range cities {
		all = append(all, one.Place)
	}
	return all
}
