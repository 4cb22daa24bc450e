// SPDX-License-Identifier: Apache-2.0

package press

// The tables of data/, read once.

import (
	"embed"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed data/*.txt
var tables embed.FS

// gazetteer holds the tables as the finders need them. It is never changed after
// it was read.
type gazetteer struct {
	names      map[string][]name // by first word, the longest first
	epithets   []epithet
	demonyms   map[string]string // by country
	countries  map[string]bool   // names of countries
	regions    map[string]string // in the words of STIX
	verbs      map[string]string // form of a verb of saying: class
	hedges     map[string][][]string
	titles     map[string][][]string
	keywords   map[string]string // capital word: type
	introduces map[string]bool   // small words before the name of an organisation
	events     map[string]map[string]bool
	months     map[string]time.Month
	weekdays   map[string]time.Weekday
	numbers    map[string]int64
	units      map[string]int64
	measures   map[string]map[string]bool
	given      map[string]bool
	families   map[string]bool // names that stand before the given one
	common     map[string]bool
	acronyms   map[string]bool
}

type name struct {
	words   []string
	kind    string // type of Entity
	name    string
	country string
	role    string // of an organisation, as in organizations.txt
}

type epithet struct {
	country string
	words   []string
	place   string
}

// knowledge reads the tables at its first call.
var knowledge = sync.OnceValue(readTables)

func readTables() *gazetteer {
	g := &gazetteer{
		names:      map[string][]name{},
		demonyms:   map[string]string{},
		countries:  map[string]bool{},
		regions:    map[string]string{},
		verbs:      map[string]string{},
		hedges:     map[string][][]string{},
		titles:     map[string][][]string{},
		keywords:   map[string]string{},
		introduces: map[string]bool{},
		events:     map[string]map[string]bool{},
		months:     map[string]time.Month{},
		weekdays:   map[string]time.Weekday{},
		numbers:    map[string]int64{},
		units:      map[string]int64{},
		measures:   map[string]map[string]bool{},
		given:      wordSet("given"),
		families:   wordSet("families"),
		common:     wordSet("common"),
		acronyms:   wordSet("acronyms"),
	}
	g.readPlaces()
	for _, row := range rows("organizations") {
		for _, each := range append([]string{row[0]}, list(row[1])...) {
			g.add(each, name{kind: Organization, name: row[0], country: row[2], role: row[3]})
		}
	}
	for _, row := range rows("verbs") {
		for _, form := range strings.Fields(row[len(row)-1]) {
			g.verbs[form] = row[0]
		}
	}
	for _, row := range rows("hedges") {
		words := strings.Fields(row[0])
		g.hedges[words[0]] = append(g.hedges[words[0]], words)
	}
	for _, row := range rows("titles") {
		words := strings.Fields(row[0])
		g.titles[words[0]] = append(g.titles[words[0]], words)
	}
	for _, row := range rows("keywords") {
		for _, each := range strings.Fields(row[1]) {
			if row[0] == "introduced" {
				g.introduces[each] = true
				continue
			}
			g.keywords[each] = row[0]
		}
	}
	for _, row := range rows("events") {
		g.events[row[0]] = setOf(row[1])
	}
	for _, row := range rows("measures") {
		g.measures[row[0]] = setOf(row[1])
	}
	g.readNumbers()
	for first := range g.names {
		each := g.names[first]
		sort.SliceStable(each, func(i, j int) bool { return len(each[i].words) > len(each[j].words) })
	}
	for first := range g.titles {
		each := g.titles[first]
		sort.SliceStable(each, func(i, j int) bool { return len(each[i]) > len(each[j]) })
	}
	return g
}

func (g *gazetteer) readPlaces() {
	for _, row := range rows("regions") {
		g.regions[row[0]] = row[1]
	}
	for _, row := range rows("countries") {
		g.countries[row[1]] = true
		for _, each := range append([]string{row[1]}, list(row[2])...) {
			g.add(each, name{kind: Place, name: row[1], country: row[0], role: "country"})
		}
		demonyms := list(row[3])
		for _, each := range demonyms {
			g.addDemonym(each, name{kind: Nationality, name: demonyms[0], country: row[0]})
		}
		if len(demonyms) > 0 {
			g.demonyms[row[0]] = demonyms[0]
		}
		capitals := list(row[4])
		for _, each := range capitals {
			g.add(each, name{kind: Place, name: capitals[0], country: row[0], role: "city"})
		}
	}
	for _, row := range rows("places") {
		names := list(row[1])
		role := "city"
		if row[0] == "" {
			role = "region"
		}
		for _, each := range names {
			g.add(each, name{kind: Place, name: names[0], country: row[0], role: role})
		}
	}
	for _, row := range rows("demonyms") {
		for _, each := range append([]string{row[0]}, list(row[1])...) {
			g.addDemonym(each, name{kind: Nationality, name: row[0], country: row[2]})
		}
	}
	for _, row := range rows("epithets") {
		for _, each := range list(row[1]) {
			g.epithets = append(g.epithets, epithet{country: row[0], words: strings.Fields(each), place: row[2]})
		}
	}
}

func (g *gazetteer) readNumbers() {
	for _, row := range append(rows("calendar"), rows("numbers")...) {
		value, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			continue
		}
		for _, each := range strings.Fields(row[2]) {
			switch row[0] {
			case "month":
				g.months[each] = time.Month(value)
			case "weekday":
				g.weekdays[each] = time.Weekday(value)
			case "number":
				g.numbers[each] = value
			case "unit":
				g.units[each] = value
			}
		}
	}
}

func (g *gazetteer) add(text string, entry name) {
	text = strings.TrimPrefix(text, "the ")
	for _, each := range tokenize(nil, text, 0, len(text)) {
		entry.words = append(entry.words, each.text)
	}
	if len(entry.words) > 0 {
		g.names[entry.words[0]] = append(g.names[entry.words[0]], entry)
	}
}

// addDemonym adds the plural too, where it is made with an s.
func (g *gazetteer) addDemonym(text string, entry name) {
	g.add(text, entry)
	if !strings.HasSuffix(text, "s") && !strings.HasSuffix(text, "h") && !strings.HasSuffix(text, "ese") && !strings.HasSuffix(text, "men") {
		g.add(text+"s", entry)
	}
}

// rows gives the rows of a table, its columns trimmed. A table that is not there
// has no rows: a test reads every one.
func rows(table string) [][]string {
	text, err := tables.ReadFile("data/" + table + ".txt")
	if err != nil {
		return nil
	}
	var result [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "|")
		for i := range columns {
			columns[i] = strings.TrimSpace(columns[i])
		}
		result = append(result, columns)
	}
	return result
}

func list(column string) []string {
	if column == "" {
		return nil
	}
	return strings.Split(column, ";")
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, each := range strings.Fields(words) {
		set[each] = true
	}
	return set
}

func wordSet(table string) map[string]bool {
	set := map[string]bool{}
	for _, row := range rows(table) {
		for _, each := range strings.Fields(row[0]) {
			set[each] = true
		}
	}
	return set
}
