// SPDX-License-Identifier: Apache-2.0

package press

// What the finders share: the text, the tables and what was found so far.

import (
	"sort"
	"strings"
)

// reading is an article in the course of being read.
type reading struct {
	*document
	mentions []mention
	named    map[string]*thing // by type and name
	attacks  map[string]*thing // the last attack, by its head word
	order    []*thing
	dates    []date
	counts   []counted
}

// thing is an entity being collected.
type thing struct {
	kind    string
	name    string
	country string
	role    string
}

// mention is a range of tokens that names a thing. The longest one covers its
// tokens; shorter ones may lie inside those of an event.
type mention struct {
	span
	*thing
}

func findEntities(d *document) *reading {
	r := &reading{document: d, named: map[string]*thing{}, attacks: map[string]*thing{}}
	r.findNames()
	r.findOrganizations()
	r.findPersons()
	r.findPlaces()
	r.findSurnames()
	r.findEvents()
	return r
}

// note records a mention. It covers its tokens unless it is an event.
func (r *reading) note(first, last int, kind, name, country, role string) *thing {
	key := kind + "\x00" + strings.ToLower(name)
	each, known := r.named[key]
	if !known {
		each = &thing{kind: kind, name: name, country: country, role: role}
		r.named[key] = each
		r.order = append(r.order, each)
	}
	if each.country == "" {
		each.country = country
	}
	r.mentions = append(r.mentions, mention{span{first, last}, each})
	if kind != Event {
		for i := first; i < last; i++ {
			r.tokens[i].mention = len(r.mentions)
		}
	}
	return each
}

// drop takes back the mentions that cover a range of tokens.
func (r *reading) drop(first, last int) {
	for i := first; i < last; i++ {
		at := r.tokens[i].mention
		if at == 0 {
			continue
		}
		old := &r.mentions[at-1]
		for j := old.first; j < old.last; j++ {
			r.tokens[j].mention = 0
		}
		old.thing = nil
	}
}

// thingAt gives what the token at i names, or nil.
func (r *reading) thingAt(i int) *thing {
	if i < 0 || i >= len(r.tokens) || r.tokens[i].mention == 0 {
		return nil
	}
	return r.mentions[r.tokens[i].mention-1].thing
}

// phrase gives the text from one token to before another.
func (r *reading) phrase(first, last int) string {
	if first >= last {
		return ""
	}
	return strings.Join(strings.Fields(r.text[r.tokens[first].start:r.tokens[last-1].end]), " ")
}

func (d *document) token(i int) *token {
	if i < 0 || i >= len(d.tokens) {
		return &d.nothing
	}
	return &d.tokens[i]
}

// entities gives what was found, in the order of first mention.
func (r *reading) entities() []Entity {
	byThing := map[*thing]*Entity{}
	result := []Entity{}
	index := map[*thing]int{}
	sort.SliceStable(r.mentions, func(i, j int) bool { return r.mentions[i].first < r.mentions[j].first })
	for _, each := range r.mentions {
		if each.thing == nil {
			continue
		}
		at := [2]int{r.tokens[each.first].start, r.tokens[each.last-1].end}
		if _, known := byThing[each.thing]; !known {
			index[each.thing] = len(result)
			byThing[each.thing] = &Entity{}
			result = append(result, Entity{Type: each.kind, Name: each.name, Country: each.country, Mentions: [][2]int{}})
		}
		entity := &result[index[each.thing]]
		if n := len(entity.Mentions); n > 0 && entity.Mentions[n-1] == at {
			continue
		}
		entity.Mentions = append(entity.Mentions, at)
	}
	return result
}
