// SPDX-License-Identifier: Apache-2.0

package press

// An article as a STIX 2.1 bundle.

import (
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

// BundleOptions say what a bundle needs and the article does not hold.
type BundleOptions struct {
	// Published is when the article was published; Now, if zero.
	Published time.Time
	// Publisher is who published it, such as the name of a newspaper; may be empty.
	Publisher string
	// Now is the creation time of every object.
	Now time.Time
	// CreatedBy is the id of the identity that makes the bundle; may be empty.
	// The object itself is not added.
	CreatedBy string
	// Markings are the ids of marking definitions for every object; may be empty.
	Markings []string
}

// Bundle writes a STIX 2.1 bundle of an article: a report that refers to all the
// rest, an identity for each person and organisation, a location for each place
// whose country or region is known, an incident for each attack, and a note for
// each claim, which refers to the objects it concerns. Nationalities and
// gatherings have no object of their own; they stand in the notes. Identifiers are
// random, and new at each call.
//
// STIX 2.1 §4.6, §4.5, §4.13, §4.8, §4.15, §4.16
func Bundle(article Article, options BundleOptions) ([]byte, error) {
	b := bundler{article: article, options: options, ids: map[string]string{}, report: stix.NewID("report")}
	if options.Publisher != "" {
		b.publisher = b.add("identity", map[string]any{"name": options.Publisher, "identity_class": "organization"})
		b.ids[Organization+"\x00"+options.Publisher] = b.publisher
	}
	for _, each := range article.Entities {
		b.addEntity(each)
	}
	for _, each := range article.Claims {
		b.addNote(each)
	}
	b.addReport()
	if b.err != nil {
		return nil, b.err
	}
	return stix.Bundle(stix.NewID("bundle"), b.objects...)
}

type bundler struct {
	article   Article
	options   BundleOptions
	report    string
	publisher string
	ids       map[string]string // by type and name
	refs      []string
	objects   []stix.Object
	err       error
}

// add makes an object of its own properties and the common ones, and gives its id.
func (b *bundler) add(objectType string, properties map[string]any) string {
	id := stix.NewID(objectType)
	if objectType == "report" {
		id = b.report
	} else {
		b.refs = append(b.refs, id)
	}
	properties["type"] = objectType
	properties["spec_version"] = "2.1"
	properties["id"] = id
	properties["created"] = stix.FormatTime(b.options.Now)
	properties["modified"] = stix.FormatTime(b.options.Now)
	if b.options.CreatedBy != "" {
		properties["created_by_ref"] = b.options.CreatedBy
	}
	if len(b.options.Markings) > 0 {
		properties["object_marking_refs"] = b.options.Markings
	}
	object, err := stix.FromMap(properties)
	if err != nil && b.err == nil {
		b.err = err
	}
	b.objects = append(b.objects, object)
	return id
}

func (b *bundler) addEntity(entity Entity) {
	key := entity.Type + "\x00" + entity.Name
	if b.ids[key] != "" {
		return
	}
	switch entity.Type {
	case Person:
		b.ids[key] = b.add("identity", map[string]any{"name": entity.Name, "identity_class": "individual"})
	case Organization:
		b.ids[key] = b.add("identity", map[string]any{"name": entity.Name, "identity_class": "organization"})
	case Place:
		if properties := locate(entity); properties != nil {
			b.ids[key] = b.add("location", properties)
		}
	case Event:
		if isAttack(entity.Name) {
			b.ids[key] = b.add("incident", map[string]any{"name": entity.Name, "description": b.firstEvidence(entity.Name)})
		}
	}
}

// locate gives the properties of a place, or nil where neither its country nor
// its region is known, without which a location is not valid.
func locate(entity Entity) map[string]any {
	tables := knowledge()
	if region := tables.regions[entity.Name]; region != "" {
		return map[string]any{"name": entity.Name, "region": region}
	}
	if entity.Country == "" {
		return nil
	}
	properties := map[string]any{"name": entity.Name, "country": entity.Country}
	if !tables.countries[entity.Name] {
		properties["city"] = entity.Name
	}
	return properties
}

func isAttack(name string) bool {
	attacks := knowledge().events["attack"]
	for _, each := range strings.Fields(strings.ToLower(name)) {
		if attacks[each] {
			return true
		}
	}
	return false
}

func (b *bundler) firstEvidence(name string) string {
	for _, claim := range b.article.Claims {
		for _, each := range claim.Entities {
			if each == name {
				return b.evidence(claim)
			}
		}
	}
	return name
}

func (b *bundler) evidence(claim Claim) string {
	return strings.Join(strings.Fields(b.article.Text[claim.Evidence[0]:claim.Evidence[1]]), " ")
}

// addNote writes a claim as a note. A claim that concerns nothing known concerns
// the report.
func (b *bundler) addNote(claim Claim) {
	abstract := strings.ReplaceAll(claim.Kind, "_", " ")
	if claim.Source != "" {
		abstract += ": " + claim.Source
	}
	var refs []string
	seen := map[string]bool{}
	for _, name := range append([]string{claim.Source}, claim.Entities...) {
		for _, kind := range []string{Person, Organization, Place, Event} {
			if id := b.ids[kind+"\x00"+name]; id != "" && !seen[id] {
				seen[id] = true
				refs = append(refs, id)
			}
		}
	}
	if len(refs) == 0 {
		refs = []string{b.report}
	}
	properties := map[string]any{"abstract": abstract, "content": b.evidence(claim), "object_refs": refs}
	if b.options.Publisher != "" {
		properties["authors"] = []string{b.options.Publisher}
	}
	b.add("note", properties)
}

// addReport comes last, for it refers to everything; an article in which nothing
// was found is a report on its publisher, or on an identity without a name.
func (b *bundler) addReport() {
	published := b.options.Published
	if published.IsZero() {
		published = b.options.Now
	}
	if len(b.refs) == 0 {
		b.publisher = b.add("identity", map[string]any{"name": "unknown publisher", "identity_class": "unknown"})
	}
	source := b.options.Publisher
	if source == "" {
		source = "article"
	}
	b.add("report", map[string]any{
		"name":        b.headline(),
		"description": "Read from an open source by rules; to be confirmed by a person before use.",
		"published":   stix.FormatTime(published),
		"object_refs": b.refs,
		"external_references": []map[string]any{{
			"source_name": source,
			"description": "The article as received.",
			"hashes":      map[string]any{"SHA-256": b.article.SHA256OfInput},
		}},
	})
}

// headline gives the first line of the article, or the beginning of it.
func (b *bundler) headline() string {
	line, _, _ := strings.Cut(b.article.Text, "\n")
	runes := []rune(strings.TrimSpace(line))
	if len(runes) <= 100 {
		return string(runes)
	}
	cut := strings.TrimSpace(string(runes[:100]))
	if space := strings.LastIndexByte(cut, ' '); space > 40 {
		cut = cut[:space]
	}
	return cut + "…"
}
