// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests the rules of the standard, one broken rule at a time.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// samples are small objects that break no MUST rule, one of each type.
var samples = map[string]string{
	"attack-pattern":       `"name":"spear phishing"`,
	"campaign":             `"name":"c","first_seen":"2026-01-01T00:00:00Z","last_seen":"2026-01-02T00:00:00Z"`,
	"course-of-action":     `"name":"c"`,
	"grouping":             `"context":"unspecified","object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]`,
	"identity":             `"name":"the desk"`,
	"incident":             `"name":"i"`,
	"indicator":            `"pattern":"[file:name = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","valid_until":"2026-01-02T00:00:00Z"`,
	"infrastructure":       `"name":"i"`,
	"intrusion-set":        `"name":"i"`,
	"location":             `"latitude":52.1,"longitude":4.3,"precision":1000`,
	"malware":              `"is_family":true,"name":"m"`,
	"malware-analysis":     `"product":"p","result":"benign"`,
	"note":                 `"content":"c","object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]`,
	"observed-data":        `"first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"object_refs":["url--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]`,
	"opinion":              `"opinion":"agree","object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]`,
	"report":               `"name":"r","published":"2026-01-01T00:00:00Z","object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"],"external_references":[{"source_name":"s","description":"d"}]`,
	"threat-actor":         `"name":"t"`,
	"tool":                 `"name":"t"`,
	"vulnerability":        `"name":"v","external_references":[{"source_name":"cve","external_id":"CVE-2026-12345"}]`,
	"relationship":         `"relationship_type":"uses","source_ref":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","target_ref":"tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"`,
	"sighting":             `"sighting_of_ref":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","where_sighted_refs":["location--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]`,
	"language-content":     `"object_ref":"report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","contents":{"nl":{"name":"verslag"}}`,
	"extension-definition": `"created_by_ref":"identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","name":"e","schema":"https://example.org/s","version":"1.0.0","extension_types":["new-sdo"]`,
	"marking-definition":   `"definition_type":"statement","definition":{"statement":"ours"}`,
	"artifact":             `"url":"https://example.org/a","hashes":{"MD5":"69d0d97d02a03c43782dd571394e6869"}`,
	"autonomous-system":    `"number":64500`,
	"directory":            `"path":"/tmp"`,
	"domain-name":          `"value":"example.org"`,
	"email-addr":           `"value":"desk@example.org"`,
	"email-message":        `"is_multipart":false,"body":"b"`,
	"file":                 `"name":"f","extensions":{"ntfs-ext":{"sid":"1"}}`,
	"ipv4-addr":            `"value":"192.0.2.1"`,
	"ipv6-addr":            `"value":"2001:db8::/32"`,
	"mac-addr":             `"value":"00:00:5e:00:53:01"`,
	"mutex":                `"name":"m"`,
	"network-traffic":      `"protocols":["tcp"],"src_ref":"ipv4-addr--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"`,
	"process":              `"pid":1`,
	"software":             `"name":"s","cpe":"cpe:2.3:a:example:word:1:*:*:*:*:*:*:*"`,
	"url":                  `"value":"https://example.org/"`,
	"user-account":         `"user_id":"u"`,
	"windows-registry-key": `"key":"HKEY_LOCAL_MACHINE\\system"`,
	"x509-certificate":     `"serial_number":"1"`,
}

// sample writes the object of a type with its common properties.
func sample(t testing.TB, objectType string) map[string]any {
	t.Helper()
	common := `"spec_version":"2.1","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z",`
	switch {
	case shapeOf(objectType).families == familySCO:
		common = ""
	case objectType == "marking-definition":
		common = `"spec_version":"2.1","created":"2026-01-01T00:00:00.000Z",`
	}
	text := fmt.Sprintf(`{"type":"%s","id":"%s--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01",%s%s}`, objectType, objectType, common, samples[objectType])
	object, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return object.Map()
}

// mustRules checks a map and tells the MUST rules broken, as "section path".
func mustRules(t testing.TB, properties map[string]any) []string {
	t.Helper()
	object, err := FromMap(properties)
	if err != nil {
		t.Fatal(err)
	}
	told := []string{}
	for _, violation := range Check(object) {
		if violation.Hint == "" {
			t.Errorf("%s at %q does not say what to do about it", violation.Rule, violation.Path)
		}
		if violation.Level == Must {
			told = append(told, violation.Section+" "+violation.Path)
		}
	}
	return told
}

func TestSamplesBreakNothing(t *testing.T) {
	for _, table := range []map[string]*shape{domainObjects, relationshipObjects, observables, metaObjects} {
		for objectType := range table {
			if samples[objectType] == "" {
				t.Errorf("there is no sample of %s", objectType)
				continue
			}
			if found := mustRules(t, sample(t, objectType)); len(found) > 0 {
				t.Errorf("%s: %q", objectType, found)
			}
		}
	}
}

func TestTLPDefinitionsBreakNothing(t *testing.T) {
	objects, err := TLPDefinitions()
	if err != nil {
		t.Fatal(err)
	}
	if found := CheckBundle(objects); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Every required property is missed when it is gone.
func TestRequiredProperties(t *testing.T) {
	for objectType := range samples {
		for _, name := range shapeOf(objectType).required {
			properties := sample(t, objectType)
			delete(properties, name)
			found := mustRules(t, properties)
			if !slices.ContainsFunc(found, func(rule string) bool { return strings.HasSuffix(rule, " "+name) }) {
				t.Errorf("%s without %s: %q", objectType, name, found)
			}
		}
	}
}

// One rule broken at a time: the type, what is merged into its sample (null
// removes), and the rule that must be named.
func TestRules(t *testing.T) {
	tests := []struct{ objectType, change, want string }{
		{"tool", `{"modified":"2025-12-31T00:00:00.000Z"}`, "3.2 modified"},
		{"tool", `{"modified":"2026-02-30T00:00:00.000Z"}`, "2.16 modified"},
		{"tool", `{"modified":"2026-01-02T00:00:00Z"}`, "3.2 modified"},
		{"tool", `{"id":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "2.9 id"},
		{"tool", `{"id":"tool--7f9b1a6e-3c1d-4b0a-0a55-0f2f6c1d8e01"}`, "2.9 id"},
		{"tool", `{"spec_version":"2.0"}`, "3.2 spec_version"},
		{"tool", `{"name":7}`, "2.15 name"},
		{"tool", `{"revoked":"yes"}`, "2.2 revoked"},
		{"tool", `{"confidence":101}`, "2.10 confidence"},
		{"tool", `{"confidence":50.5}`, "2.10 confidence"},
		{"tool", `{"lang":"english!"}`, "3.2 lang"},
		{"tool", `{"lang":"qqx1"}`, "3.2 lang"},
		{"tool", `{"labels":[]}`, "2.12 labels"},
		{"tool", `{"labels":["a",1]}`, "2.15 labels.[1]"},
		{"tool", `{"defanged":true}`, "3.2 defanged"},
		{"tool", `{"created_by_ref":"tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "3.3 created_by_ref"},
		{"tool", `{"object_marking_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "3.3 object_marking_refs.[0]"},
		{"tool", `{"external_references":[{"source_name":"s"}]}`, "2.5 external_references.[0]"},
		{"tool", `{"external_references":[{"source_name":"capec","external_id":"163"}]}`, "4.1 external_references.[0].external_id"},
		{"tool", `{"granular_markings":[{"lang":"nl","selectors":["namen"]}]}`, "7.2.3 granular_markings.[0].selectors.[0]"},
		{"tool", `{"labels":["a"],"granular_markings":[{"lang":"nl","selectors":["labels.[1]"]}]}`, "7.2.3 granular_markings.[0].selectors.[0]"},
		{"tool", `{"granular_markings":[{"lang":"nl","marking_ref":"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487","selectors":["name"]}]}`, "7.2.3 granular_markings.[0]"},
		{"tool", `{"granular_markings":[{"lang":"xx yy","selectors":["name"]}]}`, "7.2.3 granular_markings.[0].lang"},
		{"tool", `{"x":1}`, "11.1 x"},
		{"tool", `{"X_y":1}`, "11.1 X_y"},
		{"tool", `{"severity":1}`, "3.8 severity"},
		{"tool", `{"x_list":{"deep":[]}}`, "2.12 x_list.deep"},
		{"tool", `{"extensions":{"extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01":{"rank":1}}}`, "7.3 extensions.extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01.extension_type"},
		{"tool", `{"extensions":{"extension-definition--7f9b1a6e":{"extension_type":"property-extension"}}}`, "2.9 extensions.extension-definition--7f9b1a6e"},
		{"campaign", `{"last_seen":"2025-12-01T00:00:00Z"}`, "4.2 last_seen"},
		{"indicator", `{"valid_until":"2026-01-01T00:00:00Z"}`, "4.7 valid_until"},
		{"location", `{"longitude":null}`, "4.10 "},
		{"location", `{"latitude":91}`, "2.10 latitude"},
		{"location", `{"latitude":null,"longitude":null,"region":"europe"}`, "4.10 precision"},
		{"malware", `{"name":null}`, "4.11 name"},
		{"malware", `{"sample_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "3.3 sample_refs.[0]"},
		{"malware-analysis", `{"result":null}`, "4.12 "},
		{"observed-data", `{"last_observed":"2025-01-01T00:00:00Z"}`, "4.14 last_observed"},
		{"observed-data", `{"number_observed":0}`, "2.10 number_observed"},
		{"observed-data", `{"objects":{"0":{"type":"mutex","name":"m"}}}`, "4.14 "},
		{"observed-data", `{"object_refs":["relationship--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "4.14 object_refs"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"network-traffic","protocols":["tcp"],"src_ref":"1"}}}`, "2.13 objects.0.src_ref"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"network-traffic","protocols":["tcp"],"src_ref":"1"},"1":{"type":"mutex","name":"m"}}}`, "3.3 objects.0.src_ref"},
		{"opinion", `{"opinion":"maybe"}`, "10.18 opinion"},
		{"relationship", `{"relationship_type":"Uses"}`, "5.1.2 relationship_type"},
		{"relationship", `{"source_ref":"sighting--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "3.3 source_ref"},
		{"relationship", `{"start_time":"2026-01-01T00:00:00Z","stop_time":"2026-01-01T00:00:00.0Z"}`, "5.1.2 stop_time"},
		{"sighting", `{"sighting_of_ref":"url--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "3.3 sighting_of_ref"},
		{"sighting", `{"count":-1}`, "2.10 count"},
		{"language-content", `{"contents":{"español":{"name":"n"}}}`, "7.1 contents.español"},
		{"language-content", `{"contents":{"es":{"n":"n"}}}`, "7.1 contents.es.n"},
		{"extension-definition", `{"extension_properties":["rank"]}`, "7.3 extension_properties"},
		{"extension-definition", `{"extension_types":["toplevel-property-extension"],"extension_properties":["confidence"]}`, "7.3 extension_properties.[0]"},
		{"artifact", `{"hashes":null}`, "6.1 url"},
		{"artifact", `{"payload_bin":"AAAA"}`, "6.1 "},
		{"artifact", `{"url":"example.org/a"}`, "6.1 url"},
		{"artifact", `{"decryption_key":"k"}`, "6.1 decryption_key"},
		{"artifact", `{"encryption_algorithm":"rot13"}`, "10.4 encryption_algorithm"},
		{"artifact", `{"hashes":{"MD5":"12"}}`, "2.7 hashes.MD5"},
		{"artifact", `{"id":"artifact--7f9b1a6e-3c1d-5b0a-9a55-0f2f6c1d8e01","hashes":null}`, "2.9 id"},
		{"email-addr", `{"value":"The Desk <desk@example.org>"}`, "6.5 value"},
		{"email-addr", `{"belongs_to_ref":"mutex--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "3.3 belongs_to_ref"},
		{"email-message", `{"body_multipart":[{"body":"b"}]}`, "6.6 body_multipart"},
		{"file", `{"name":null}`, "6.7 "},
		{"file", `{"name_enc":"klingon-1"}`, "6.7 name_enc"},
		{"file", `{"magic_number_hex":"FF"}`, "2.8 magic_number_hex"},
		{"file", `{"extensions":{"archive-ext":{"contains_refs":["mutex--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}}}`, "3.3 extensions.archive-ext.contains_refs.[0]"},
		{"file", `{"extensions":{"ntfs-ext":{}}}`, "6.7.3 extensions.ntfs-ext"},
		{"ipv4-addr", `{"value":"192.0.2.256"}`, "6.8 value"},
		{"ipv4-addr", `{"value":"192.0.2.1/33"}`, "6.8 value"},
		{"ipv6-addr", `{"value":"192.0.2.1"}`, "6.9 value"},
		{"mac-addr", `{"value":"00-00-5E-00-53-01"}`, "6.10 value"},
		{"network-traffic", `{"src_ref":null}`, "6.12 "},
		{"network-traffic", `{"src_port":65536}`, "2.10 src_port"},
		{"network-traffic", `{"is_active":true,"end":"2026-01-01T00:00:00Z"}`, "6.12 end"},
		{"network-traffic", `{"src_ref":"mutex--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "3.3 src_ref"},
		{"process", `{"pid":null}`, "6.13 "},
		{"process", `{"id":"process--7f9b1a6e-3c1d-5b0a-9a55-0f2f6c1d8e01"}`, "2.9 id"},
		{"software", `{"cpe":"cpe:2.3:a:example"}`, "6.14 cpe"},
		{"windows-registry-key", `{"key":"hklm\\system"}`, "6.17 key"},
		{"x509-certificate", `{"serial_number":null}`, "6.18 "},
	}
	for _, test := range tests {
		properties := sample(t, test.objectType)
		var change map[string]any
		if err := json.Unmarshal([]byte(test.change), &change); err != nil {
			t.Fatalf("%s: %v", test.change, err)
		}
		for name, value := range change {
			if properties[name] = value; value == nil {
				delete(properties, name)
			}
		}
		if found := mustRules(t, properties); !slices.Contains(found, test.want) {
			t.Errorf("%s with %s: found %q, want %q", test.objectType, test.change, found, test.want)
		}
	}
}

func TestMarkingDefinitions(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"definition_type":"statement","definition":{"statement":"ours"}}`, ""},
		{`{"definition_type":"statement","definition":{}}`, "7.2.1 definition"},
		{`{"definition_type":"statement"}`, "7.2.1 "},
		{`{}`, "7.2.1 "},
		{`{"definition_type":"tlp","definition":{"tlp":"red"}}`, "7.2.1 definition"},
		{`{"id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"red"}}`, ""},
		{`{"definition_type":"statement","definition":{"statement":"ours"},"modified":"2026-01-01T00:00:00.000Z"}`, "7.2.1 modified"},
		{`{"definition_type":"statement","definition":{"statement":"ours"},"object_marking_refs":["marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "3.2 object_marking_refs"},
	}
	for _, test := range tests {
		properties := map[string]any{
			"type": "marking-definition", "spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z",
			"id": "marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01",
		}
		if err := json.Unmarshal([]byte(test.text), &properties); err != nil {
			t.Fatal(err)
		}
		found := mustRules(t, properties)
		if test.want == "" && len(found) > 0 || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s: found %q, want %q", test.text, found, test.want)
		}
	}
}

func TestRulesBetweenObjects(t *testing.T) {
	tool := func(change string) Object {
		properties := sample(t, "tool")
		if err := json.Unmarshal([]byte(change), &properties); err != nil {
			t.Fatal(err)
		}
		object, err := FromMap(properties)
		if err != nil {
			t.Fatal(err)
		}
		return object
	}
	later := `"modified":"2026-01-03T00:00:00.000Z"`
	tests := []struct {
		name          string
		first, second string
		want          string
	}{
		{"the same twice", `{}`, `{}`, ""},
		{"a new version", `{}`, `{` + later + `,"name":"new"}`, ""},
		{"two that differ under one version", `{}`, `{"name":"new"}`, "3.6 objects.[1].modified"},
		{"the same time written twice", `{}`, `{"name":"new","modified":"2026-01-02T00:00:00.000000Z"}`, "3.6 objects.[1].modified"},
		{"created changed", `{}`, `{` + later + `,"created":"2026-01-01T00:00:01.000Z"}`, "3.2 objects.[1].created"},
		{"creator changed", `{"created_by_ref":"identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, `{` + later + `,"created_by_ref":"identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e02"}`, "3.6 objects.[1].created_by_ref"},
		{"a default value left out", `{"revoked":false,"confidence":50}`, `{"confidence":50.0}`, ""},
		{"an anonymous creator named", `{}`, `{` + later + `,"created_by_ref":"identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e02"}`, ""},
		{"a version after the revoked one", `{"revoked":true}`, `{` + later + `}`, "3.6 objects.[1].modified"},
		{"the same, in the other order", `{` + later + `}`, `{"revoked":true}`, "3.6 objects.[1].revoked"},
		{"one UUID for two types", `{}`, `{"type":"incident","id":"incident--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}`, "2.9 objects.[1].id"},
	}
	for _, test := range tests {
		found := []string{}
		for _, violation := range CheckBundle([]Object{tool(test.first), tool(test.second)}) {
			found = append(found, violation.Section+" "+violation.Path)
		}
		if test.want == "" && len(found) > 0 || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s: found %q, want %q", test.name, found, test.want)
		}
	}
}

func TestTranslations(t *testing.T) {
	target := `{"type":"report","spec_version":"2.1","id":"report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z","name":"r","labels":["a","b"],"published":"2026-01-01T00:00:00Z","object_refs":["tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e02"]}`
	tests := []struct{ change, want string }{
		{`{"object_modified":"2026-01-02T00:00:00Z","contents":{"nl":{"name":"verslag","labels":["a",""]}}}`, ""},
		{`{"object_modified":"2026-01-03T00:00:00.000Z"}`, "7.1 objects.[1].object_modified"},
		{`{"contents":{"nl":{"labels":["a"]}}}`, "7.1 objects.[1].contents.nl.labels"},
		{`{"contents":{"nl":{"labels":"a"}}}`, "7.1 objects.[1].contents.nl.labels"},
		{`{"contents":{"nl":{"name":["verslag"]}}}`, "7.1 objects.[1].contents.nl.name"},
	}
	for _, test := range tests {
		content := sample(t, "language-content")
		content["id"] = "language-content--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e03"
		delete(content, "contents")
		if err := json.Unmarshal([]byte(`{"contents":{"nl":{"name":"verslag"}}}`), &content); err != nil {
			t.Fatal(err)
		}
		var change map[string]any
		if err := json.Unmarshal([]byte(test.change), &change); err != nil {
			t.Fatal(err)
		}
		maps.Copy(content, change)
		second, err := FromMap(content)
		if err != nil {
			t.Fatal(err)
		}
		first, err := Parse([]byte(target))
		if err != nil {
			t.Fatal(err)
		}
		found := []string{}
		for _, violation := range CheckBundle([]Object{first, second}) {
			found = append(found, violation.Section+" "+violation.Path)
		}
		if test.want == "" && len(found) > 0 || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s: found %q, want %q", test.change, found, test.want)
		}
	}
}

func TestSuggestedRelationships(t *testing.T) {
	tests := []struct {
		source, kind, target string
		suggested            bool
	}{
		{"malware", "uses", "tool", true},
		{"malware", "targets", "vulnerability", true},
		{"infrastructure", "consists-of", "url", true},
		{"infrastructure", "consists-of", "observed-data", true},
		{"tool", "related-to", "url", true},
		{"x-example", "likes", "tool", true},
		{"tool", "uses", "malware", false},
		{"tool", "likes", "tool", false},
	}
	for _, test := range tests {
		properties := sample(t, "relationship")
		properties["source_ref"], properties["target_ref"] = NewID(test.source), NewID(test.target)
		properties["relationship_type"] = test.kind
		object, err := FromMap(properties)
		if err != nil {
			t.Fatal(err)
		}
		found := Check(object)
		if (len(found) == 0) != test.suggested || !test.suggested && (found[0].Level != Should || found[0].Section != "5.1.1") {
			t.Errorf("%s %s %s: %+v", test.source, test.kind, test.target, found)
		}
	}
}

func TestObservableIDs(t *testing.T) {
	tests := []struct{ id, want string }{
		{"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", ""},
		{"ipv4-addr--055987b7-7d94-5326-8e20-c3dad8241976", "SHOULD ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"},
	}
	for _, test := range tests {
		object, err := Parse([]byte(`{"type":"ipv4-addr","value":"198.51.100.3","id":"` + test.id + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, violation := range Check(object) {
			found = append(found, violation.Level+" "+violation.Hint)
		}
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s: %q, want %q", test.id, got, test.want)
		}
	}
}

func TestCustomObjects(t *testing.T) {
	custom := `{"type":"x-example-event","spec_version":"2.1","id":"x-example-event--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","what":"w"%s}`
	tests := []struct{ rest, want string }{
		{`,"extensions":{"extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01":{"extension_type":"new-sdo"}}`, ""},
		{``, "SHOULD 11.2 type"},
		{`,"W":1`, "MUST 11.1 W"},
	}
	for _, test := range tests {
		object, err := Parse([]byte(fmt.Sprintf(custom, test.rest)))
		if err != nil {
			t.Fatal(err)
		}
		found := []string{}
		for _, violation := range Check(object) {
			found = append(found, violation.Level+" "+violation.Section+" "+violation.Path)
		}
		if test.want == "" && len(found) > 0 || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s: found %q, want %q", test.rest, found, test.want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for objectType, text := range samples {
		f.Add([]byte(fmt.Sprintf(`{"type":"%s","id":"%s--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01",%s}`, objectType, objectType, text)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		object, err := Parse(raw)
		if err != nil {
			return
		}
		first, second := Check(object), Check(object)
		if !slices.Equal(first, second) {
			t.Fatalf("two answers to one question: %v and %v", first, second)
		}
	})
}

func TestMarkingsInACircle(t *testing.T) {
	marking := func(last, by string) Object {
		return changed(t, "marking-definition", fmt.Sprintf(`{"id":"marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e%s","object_marking_refs":["marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e%s"]}`, last, by))
	}
	for _, test := range []struct {
		objects []Object
		want    []string
	}{
		{[]Object{marking("01", "02"), marking("02", "03"), marking("03", "01")}, []string{"3.2 objects.[2].object_marking_refs"}},
		{[]Object{marking("01", "02"), marking("02", "03"), marking("04", "01")}, nil},
	} {
		var found []string
		for _, v := range CheckBundle(test.objects) {
			found = append(found, v.Section+" "+v.Path)
		}
		if !slices.Equal(found, test.want) {
			t.Errorf("found %q, want %q", found, test.want)
		}
	}
}

// What waits for others is told at the end, under its own place.
func TestSetTellsTheRest(t *testing.T) {
	report, content := contentOf(t, `{"contents":{"nl":{"labels":["a"]}}}`)[0], contentOf(t, `{"contents":{"nl":{"labels":["a"]}}}`)[1]
	set := NewSet()
	for i, test := range []struct {
		object Object
		waits  bool
	}{{content, true}, {report, false}, {Object{}, false}} {
		if _, waits := set.Add(test.object); waits != test.waits {
			t.Errorf("object %d waits: %v", i, waits)
		}
	}
	rest := set.Rest()
	if len(rest) != 1 || len(rest[0]) != 1 || rest[0][0].Path != "contents.nl.labels" {
		t.Errorf("the rest is %+v", rest)
	}
}
