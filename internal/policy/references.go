// SPDX-License-Identifier: Apache-2.0

package policy

// This file tells what external references of objects say that everybody knows, and
// what only whoever made them does: no reference leaves, and what is not public must
// not be said in a text.

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix"
)

// A catalogue is a public list.
type catalogue struct {
	names string
	entry *regexp.Regexp
}

// catalogues are public lists by the names that external references give them, with
// the form of their entries. STIX 2.1 §2.5
var catalogues = []catalogue{
	{"cve", regexp.MustCompile(`^CVE-\d{4}-\d{4,}$`)},
	{"cwe", regexp.MustCompile(`^CWE-\d+$`)},
	{"capec", regexp.MustCompile(`^CAPEC-\d+$`)},
	{"mitre-attack mitre-mobile-attack mitre-ics-attack mitre-pre-attack", regexp.MustCompile(`^(?:[TGSMCA]|TA|DS|DC|DET|AN)\d{4}(?:\.\d{3})?$`)},
	{"mitre-atlas", regexp.MustCompile(`^AML\.(?:T|TA|M|CS)\d{4}(?:\.\d{3})?$`)},
	{"mitre-d3fend", regexp.MustCompile(`^D3-[A-Z]+$`)},
}

// catalogueHosts are where they are read.
var catalogueHosts = []string{"cve.org", "www.cve.org", "cve.mitre.org", "nvd.nist.gov", "cwe.mitre.org", "capec.mitre.org", "attack.mitre.org", "atlas.mitre.org", "d3fend.mitre.org"}

// referenceTexts are what an object's external references say, but for entries of
// public catalogues.
func referenceTexts(all []objectText, object stix.Object) []objectText {
	value, _ := object.Get("external_references")
	list, isList := value.([]any)
	if !isList {
		return objectTexts(all, object.Type()+".external_references", "external_references", value, false)
	}
	for _, item := range list {
		reference, is := item.(map[string]any)
		if !is {
			all = objectTexts(all, object.Type()+".external_references", "external_references", item, false)
			continue
		}
		name, _ := reference["source_name"].(string)
		for key, member := range reference {
			text, _ := member.(string)
			if catalogued(name, key, text) {
				continue
			}
			path := object.Type() + ".external_references." + key
			if key == "source_name" && len(strings.Fields(text)) == 1 {
				all = append(all, objectText{path, text, sortProse}) // a word that many say
				continue
			}
			all = objectTexts(all, path, key, member, false)
		}
	}
	return all
}

// catalogued reports whether a part of a reference is one of a public catalogue, whose
// name the reference gives.
func catalogued(name, key, text string) bool {
	i := slices.IndexFunc(catalogues, func(c catalogue) bool { return slices.Contains(strings.Fields(c.names), strings.ToLower(name)) })
	switch key {
	case "source_name":
		return i >= 0
	case "external_id":
		return i >= 0 && catalogues[i].entry.MatchString(text)
	case "url":
		at, err := url.Parse(text)
		return err == nil && at.User == nil && at.RawQuery == "" && at.Fragment == "" && slices.Contains(catalogueHosts, strings.ToLower(at.Host))
	}
	return false
}
