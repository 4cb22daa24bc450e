// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds, by number, the rules of the standard that a JSON Schema does
// not catch, each with an object that breaks it. The numbers are those of a list
// that was made by probing the tools there are.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// foundIn checks and tells what was found, as "MUST 3.2 modified".
func foundIn(object Object) []string {
	found := []string{}
	for _, v := range Check(object) {
		found = append(found, v.Level+" "+v.Section+" "+v.Path)
	}
	return found
}

// changed is the sample of a type with properties merged into it; null removes.
func changed(t testing.TB, objectType, change string) Object {
	t.Helper()
	properties := sample(t, objectType)
	var merge map[string]any
	if err := json.Unmarshal([]byte(change), &merge); err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	for name, value := range merge {
		if properties[name] = value; value == nil {
			delete(properties, name)
		}
	}
	object, err := FromMap(properties)
	if err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	return object
}

const (
	toolID  = `tool--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01`
	mutexID = `mutex--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01`
	red     = `marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1`
	someone = `identity--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e0`
	newer   = `"modified":"2026-01-03T00:00:00.000Z"`
)

// Rules of one object: the number, the type, what is changed in its sample, and
// what must be among what is found.
func TestNumberedRules(t *testing.T) {
	tests := []struct {
		number                   int
		objectType, change, want string
	}{
		{1, "tool", `{"modified":"2025-12-31T00:00:00.000Z"}`, "MUST 3.2 modified"},
		{2, "tool", `{"modified":"2026-02-30T00:00:00.000Z"}`, "MUST 2.16 modified"},
		{4, "process", `{"id":"process--7f9b1a6e-3c1d-5b0a-9a55-0f2f6c1d8e01"}`, "MUST 2.9 id"},
		{5, "ipv4-addr", `{"id":"ipv4-addr--055987b7-7d94-5326-8e20-c3dad8241976"}`, "SHOULD 2.9 id"},
		{6, "tool", `{"defanged":true}`, "MUST 3.2 defanged"},
		{7, "tool", `{"lang":"english!"}`, "MUST 3.2 lang"},
		{9, "tool", `{"x_` + strings.Repeat("y", 249) + `":1}`, "MUST 11.1 x_" + strings.Repeat("y", 249)},
		{10, "tool", `{"created_by_ref":"` + toolID + `"}`, "MUST 3.3 created_by_ref"},
		{15, "campaign", `{"last_seen":"2025-12-01T00:00:00Z"}`, "MUST 4.2 last_seen"},
		{16, "malware", `{"first_seen":"2026-01-01T00:00:00Z","last_seen":"2025-12-01T00:00:00Z"}`, "MUST 4.11 last_seen"},
		{17, "intrusion-set", `{"first_seen":"2026-01-01T00:00:00Z","last_seen":"2025-12-01T00:00:00Z"}`, "MUST 4.9 last_seen"},
		{18, "infrastructure", `{"first_seen":"2026-01-01T00:00:00Z","last_seen":"2025-12-01T00:00:00Z"}`, "MUST 4.8 last_seen"},
		{19, "threat-actor", `{"first_seen":"2026-01-01T00:00:00Z","last_seen":"2025-12-01T00:00:00Z"}`, "MUST 4.17 last_seen"},
		{20, "sighting", `{"first_seen":"2026-01-01T00:00:00Z","last_seen":"2025-12-01T00:00:00Z"}`, "MUST 5.2 last_seen"},
		{21, "relationship", `{"start_time":"2026-01-01T00:00:00Z","stop_time":"2025-12-01T00:00:00Z"}`, "MUST 5.1.2 stop_time"},
		{22, "relationship", `{"start_time":"2026-01-01T00:00:00Z","stop_time":"2026-01-01T00:00:00.0Z"}`, "MUST 5.1.2 stop_time"},
		{23, "indicator", `{"valid_until":"2025-01-01T00:00:00Z"}`, "MUST 4.7 valid_until"},
		{24, "indicator", `{"valid_until":"2026-01-01T00:00:00Z"}`, "MUST 4.7 valid_until"},
		{25, "observed-data", `{"last_observed":"2025-01-01T00:00:00Z"}`, "MUST 4.14 last_observed"},
		{26, "network-traffic", `{"start":"2026-01-01T00:00:00Z","end":"2025-12-01T00:00:00Z"}`, "MUST 6.12 end"},
		{27, "indicator", `{"pattern":"[file:name = ]"}`, "MUST 9.2 pattern"},
		{28, "indicator", `{"pattern":"[file:name = 'a' AND mutex:name = 'b']"}`, "MUST 9.5 pattern"},
		{29, "indicator", `{"pattern":"[file:hashes.SHA-256 = 'a']"}`, "MUST 9.7 pattern"},
		{30, "indicator", `{"pattern":"[file:name = 'a'] WITHIN 5 SECONDS WITHIN 6 SECONDS"}`, "MUST 9.5.1 pattern"},
		{31, "indicator", `{"pattern":"[file:size IN (1, 'b')]"}`, "MUST 9.6.1 pattern"},
		{32, "indicator", `{"pattern":"[file:name = 'a'] WITHIN 0 SECONDS"}`, "MUST 9.5.1 pattern"},
		{33, "indicator", `{"pattern":"[file:name = 'a'] REPEATS 0 TIMES"}`, "MUST 9.5.1 pattern"},
		{34, "indicator", `{"pattern":"[ipv4-addr:value ISSUBSET 'here']"}`, "MUST 9.6.1 pattern"},
		{35, "indicator", `{"pattern":"[file:name MATCHES '(']"}`, "MUST 9.6.1 pattern"},
		{36, "indicator", `{"pattern":"[file:colour = 'red']"}`, "MUST 9.7 pattern"},
		{37, "malware", `{"sample_refs":["` + toolID + `"]}`, "MUST 3.3 sample_refs.[0]"},
		{38, "observed-data", `{"objects":{"0":{"type":"mutex","name":"m"}}}`, "MUST 4.14 "},
		{39, "observed-data", `{"object_refs":["relationship--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "MUST 4.14 object_refs"},
		{40, "observed-data", `{"object_refs":null,"objects":{"0":{"type":"network-traffic","protocols":["tcp"],"src_ref":"1"}}}`, "MUST 2.13 objects.0.src_ref"},
		{41, "relationship", `{"relationship_type":"likes"}`, "SHOULD 5.1.1 relationship_type"},
		{42, "sighting", `{"sighting_of_ref":"` + mutexID + `"}`, "MUST 3.3 sighting_of_ref"},
		{43, "email-addr", `{"belongs_to_ref":"` + mutexID + `"}`, "MUST 3.3 belongs_to_ref"},
		{44, "email-message", `{"from_ref":"` + mutexID + `"}`, "MUST 3.3 from_ref"},
		{45, "file", `{"parent_directory_ref":"` + mutexID + `"}`, "MUST 3.3 parent_directory_ref"},
		{46, "file", `{"content_ref":"` + mutexID + `"}`, "MUST 3.3 content_ref"},
		{47, "file", `{"name_enc":"klingon-1"}`, "MUST 6.7 name_enc"},
		{48, "file", `{"extensions":{"archive-ext":{"contains_refs":["` + mutexID + `"]}}}`, "MUST 3.3 extensions.archive-ext.contains_refs.[0]"},
		{49, "network-traffic", `{"src_ref":"` + mutexID + `"}`, "MUST 3.3 src_ref"},
		{50, "process", `{"image_ref":"` + mutexID + `"}`, "MUST 3.3 image_ref"},
		{51, "marking-definition", `{"object_marking_refs":["marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"]}`, "MUST 3.2 object_marking_refs"},
		{52, "marking-definition", `{"granular_markings":[{"selectors":["created"],"marking_ref":"marking-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"}]}`, "MUST 3.2 granular_markings"},
		{53, "tool", `{"granular_markings":[{"marking_ref":"` + red + `","selectors":["namen"]}]}`, "MUST 7.2.3 granular_markings.[0].selectors.[0]"},
		{54, "tool", `{"labels":["a"],"granular_markings":[{"marking_ref":"` + red + `","selectors":["labels.[1]"]}]}`, "MUST 7.2.3 granular_markings.[0].selectors.[0]"},
		{55, "tool", `{"granular_markings":[{"lang":"nl","marking_ref":"` + red + `","selectors":["name"]}]}`, "MUST 7.2.3 granular_markings.[0]"},
		{56, "tool", `{"granular_markings":[{"lang":"xx yy","selectors":["name"]}]}`, "MUST 7.2.3 granular_markings.[0].lang"},
		{57, "tool", `{"object_marking_refs":["` + toolID + `"]}`, "MUST 3.3 object_marking_refs.[0]"},
		{61, "extension-definition", `{"created_by_ref":null}`, "MUST 7.3 created_by_ref"},
		{62, "extension-definition", `{"extension_types":["toplevel-property-extension"],"extension_properties":["confidence"]}`, "MUST 7.3 extension_properties.[0]"},
		{65, "tool", `{"spec_version":null}`, "MUST 3.2 spec_version"},
		{70, "identity", `{"name":"example","id":"identity--` + observableUUID("example") + `"}`, "MUST 2.9 id"},
		{83, "network-traffic", `{"protocols":["http","tcp","ipv4"]}`, "MUST 6.12.1 protocols"},
	}
	for _, test := range tests {
		if found := foundIn(changed(t, test.objectType, test.change)); !slices.Contains(found, test.want) {
			t.Errorf("%d: %s with %s: found %q, want %q", test.number, test.objectType, test.change, found, test.want)
		}
	}
	bundles := []struct {
		number  int
		objects []Object
		want    string
	}{
		{3, []Object{changed(t, "tool", `{}`), changed(t, "incident", `{}`)}, "MUST 2.9 objects.[1].id"},
		{11, twoVersions(t, `{}`, `{"name":"other"}`), "MUST 3.6 objects.[1].modified"},
		{12, twoVersions(t, `{}`, `{`+newer+`,"created":"2026-01-01T00:00:01.000Z"}`), "MUST 3.2 objects.[1].created"},
		{13, twoVersions(t, `{"revoked":true}`, `{`+newer+`}`), "MUST 3.6 objects.[1].modified"},
		{14, twoVersions(t, `{"created_by_ref":"`+someone+`1"}`, `{`+newer+`,"created_by_ref":"`+someone+`2"}`), "MUST 3.6 objects.[1].created_by_ref"},
		{66, twoVersions(t, `{"created_by_ref":"`+someone+`1"}`, `{`+newer+`,"created_by_ref":"`+someone+`2","revoked":true}`), "MUST 3.6 objects.[1].created_by_ref"},
		{67, twoVersions(t, `{}`, `{"name":"newer"}`), "MUST 3.6 objects.[1].modified"},
		{69, twoVersions(t, `{"created_by_ref":"`+someone+`1"}`, `{"created_by_ref":"`+someone+`2"}`), "MUST 3.6 objects.[1].created_by_ref"},
		{58, contentOf(t, `{"object_modified":"2026-01-03T00:00:00.000Z"}`), "MUST 7.1 objects.[1].object_modified"},
		{59, contentOf(t, `{"contents":{"nl":{"labels":["a"]}}}`), "MUST 7.1 objects.[1].contents.nl.labels"},
		{60, contentOf(t, `{"contents":{"nl":{"labels":"a"}}}`), "MUST 7.1 objects.[1].contents.nl.labels"},
		{73, contentOf(t, `{"contents":{"nl":{"labels":["a",{}]}}}`), "MUST 7.1 objects.[1].contents.nl.labels.[1]"},
		{81, []Object{
			changed(t, "relationship", `{"id":"relationship--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e07","relationship_type":"variant-of","source_ref":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e08","target_ref":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e09"}`),
			changed(t, "malware", `{"id":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e08","is_family":true}`),
			changed(t, "malware", `{"id":"malware--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e09","is_family":false}`),
		}, "MUST 4.11.2 objects.[0].relationship_type"},
		{82, []Object{
			changed(t, "file", `{"id":"file--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e08","hashes":{"MD5":"69d0d97d02a03c43782dd571394e6869"}}`),
			changed(t, "malware", `{"is_family":false,"sample_refs":["file--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e08","file--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e09"]}`),
			changed(t, "file", `{"id":"file--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e09","hashes":{"MD5":"79d0d97d02a03c43782dd571394e6869"}}`),
		}, "MUST 4.11.1 objects.[1].sample_refs.[1]"},
	}
	for _, test := range bundles {
		found := []string{}
		for _, v := range CheckBundle(test.objects) {
			found = append(found, v.Level+" "+v.Section+" "+v.Path)
		}
		if !slices.Contains(found, test.want) {
			t.Errorf("%d: found %q, want %q", test.number, found, test.want)
		}
	}
	frames := []struct {
		number       int
		bundle, want string
	}{
		{63, `{"type":"bundle","id":"bundle--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","objects":[{"type":"bundle","id":"bundle--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e02"}]}`, "MUST 8.1 objects.[0]"},
		{64, `{"type":"bundle","id":"bundle--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","objects":[]}`, "MUST 8.1 objects"},
	}
	for _, test := range frames {
		object, err := Parse([]byte(test.bundle))
		if err != nil {
			t.Fatal(err)
		}
		if found := foundIn(object); !slices.Contains(found, test.want) {
			t.Errorf("%d: found %q, want %q", test.number, found, test.want)
		}
	}
	if _, err := Parse([]byte(`{"type":"autonomous-system","number":9007199254740992}`)); !errors.Is(err, ErrNumber) {
		t.Errorf("8: an integer past 2^53-1 is read: %v", err)
	}
	// 68 cannot be seen: that a version is the first nobody says. 71 and 72 are
	// tested in TestPrecedence; 74 to 80 are about matching: package pattern.
}

// observableUUID is the UUID that a name gives in the namespace of observables.
func observableUUID(name string) string {
	object, err := Parse([]byte(fmt.Sprintf(`{"type":"mutex","name":%q}`, name)))
	if err != nil {
		return err.Error()
	}
	id, _ := DeterministicID(object)
	return strings.TrimPrefix(id, "mutex--")
}

func twoVersions(t testing.TB, first, second string) []Object {
	return []Object{changed(t, "tool", first), changed(t, "tool", second)}
}

// contentOf is a report with two labels, and language content of it.
func contentOf(t testing.TB, change string) []Object {
	report := changed(t, "report", `{"labels":["a","b"]}`)
	content := sample(t, "language-content")
	content["id"] = "language-content--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e03"
	var merge map[string]any
	if err := json.Unmarshal([]byte(change), &merge); err != nil {
		t.Fatal(err)
	}
	for name, value := range merge {
		content[name] = value
	}
	object, err := FromMap(content)
	if err != nil {
		t.Fatal(err)
	}
	return []Object{report, object}
}

// Rules beyond the list, and values near a rule that break none.
func TestMoreRules(t *testing.T) {
	tests := []struct{ objectType, change, want string }{
		{"ipv4-addr", `{"value":"198.51.100.3","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","created":"2026-01-01T00:00:00.000Z"}`, "MUST 3.6 id"},
		{"domain-name", `{"value":"example..org"}`, "MUST 6.4 value"},
		{"domain-name", `{"value":"xn--\u00e9.org"}`, "MUST 6.4 value"},
		{"domain-name", `{"value":"_dmarc.bücher.example"}`, ""},
		{"domain-name", `{"value":"example[.]org"}`, "MUST 6.4 value"},
		{"domain-name", `{"value":"example[.]org","defanged":true}`, ""},
		{"url", `{"value":"https://example.org/a b"}`, "MUST 6.15 value"},
		{"url", `{"value":"https://example.org/%zz"}`, "MUST 6.15 value"},
		{"url", `{"value":"hxxps://example[.]org/","defanged":true}`, ""},
		{"email-message", `{"subject":"=?utf-8?q?caf=C3=A9?="}`, "MUST 6.6 subject"},
		{"email-message", `{"subject":"is 2=?4"}`, ""},
		{"email-message", `{"additional_header_fields":{"Reply-To":"desk@example.org"}}`, "MUST 6.6.1 additional_header_fields.Reply-To"},
		{"file", `{"extensions":{"pdf-ext":{"document_info_dict":{"Title":1}}}}`, "MUST 6.7.4 extensions.pdf-ext.document_info_dict.Title"},
		{"file", `{"extensions":{"raster-image-ext":{"exif_tags":{"Make":true}}}}`, "MUST 6.7.5 extensions.raster-image-ext.exif_tags.Make"},
		{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe"}}}`, "MUST 6.7.6 extensions.windows-pebinary-ext"},
		{"file", `{"extensions":{"windows-pebinary-ext":{"pe_type":"exe","time_date_stamp":"2026-01-01T00:00:00.5Z"}}}`, "MUST 6.7.6 extensions.windows-pebinary-ext.time_date_stamp"},
		{"file", `{"extensions":{"x-example-foo":{"foo":"bar"}}}`, "MUST 11.3.1 extensions.x-example-foo"},
		{"file", `{"name_enc":"latin1"}`, "MUST 6.7 name_enc"},
		{"file", `{"name_enc":"windows-1252"}`, ""},
		{"file", `{"name_enc":"ISO-8859-1"}`, ""},
		{"file", `{"hashes":{"TLSH":"00"}}`, "MUST 2.7 hashes.TLSH"},
		{"file", `{"hashes":{"SSDEEP":"3:AAAA:BBBB"}}`, ""},
		{"network-traffic", `{"ipfix":{"octetDeltaCount":[1]}}`, "MUST 6.12.1 ipfix.octetDeltaCount"},
		{"network-traffic", `{"extensions":{"http-request-ext":{"request_method":"get","request_value":"/","request_header":{"Host":"example.org"}}}}`, "MUST 6.12.2 extensions.http-request-ext.request_header.Host"},
		{"network-traffic", `{"extensions":{"socket-ext":{"address_family":"AF_INET","options":{"SO_KEEPALIVE":"yes"}}}}`, "MUST 6.12.4 extensions.socket-ext.options.SO_KEEPALIVE"},
		{"network-traffic", `{"protocols":["ipv4","udp","ipv4","tcp"]}`, ""},
		{"process", `{"environment_variables":{"PATH":1}}`, "MUST 6.13.1 environment_variables.PATH"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"mutex","name":"a"},"1":{"type":"mutex","name":"b"}}}`, "MUST 4.14 objects"},
		{"observed-data", `{"object_refs":null,"objects":{"0":{"type":"file","name":"a","parent_directory_ref":"1"},"1":{"type":"directory","path":"/"}}}`, ""},
		{"tool", `{"extensions":{"extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01":{"extension_type":"new-sdo"}}}`, "MUST 7.3 extensions.extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01.extension_type"},
		{"tool", `{"extensions":{"extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01":{"extension_type":"property-extension","Rank":1}}}`, "MUST 7.3.2 extensions.extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01.Rank"},
		{"tool", `{"extensions":{"extension-definition--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01":{"extension_type":"property-extension","id":"1"}}}`, ""},
		{"tool", `{"phone_number":"1"}`, "MUST 3.8 phone_number"},
		{"relationship", `{"relationship_type":"derived-from"}`, "SHOULD 5.1.1 relationship_type"},
		{"indicator", `{"pattern":"[network-traffic:src_ref.value = 'x' AND network-traffic:extensions.'http-request-ext'.request_value = '/']"}`, ""},
		{"indicator", `{"pattern":"[network-traffic:src_ref.colour = 'x']"}`, "MUST 9.7 pattern"},
		{"indicator", `{"pattern":"[file:name.first = 'x']"}`, "MUST 9.7 pattern"},
		{"indicator", `{"pattern":"[tool:name = 'x']"}`, "MUST 9.7 pattern"},
		{"indicator", `{"pattern":"[x-usb:serial.number = 'x' OR file:hashes.mine = 'y' OR file:x_mine.z = 'z']"}`, ""},
		{"indicator", `{"pattern":"alert tcp any","pattern_type":"snort"}`, ""},
		{"indicator", `{"pattern":"[file:name = 'x'] START t'2025-01-01T00:00:00Z' STOP t'2026-01-01T12:00:00Z'"}`, "SHOULD 9.5.1 pattern"},
	}
	for _, test := range tests {
		found := foundIn(changed(t, test.objectType, test.change))
		must := slices.ContainsFunc(found, func(rule string) bool { return strings.HasPrefix(rule, Must) })
		if test.want == "" && must || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s with %s: found %q, want %q", test.objectType, test.change, found, test.want)
		}
	}
}

// The extensions that are known: what breaks a rule of them, and what none.
func TestKnownExtensions(t *testing.T) {
	extension := func(id, fields string) string {
		return fmt.Sprintf(`{"definition_type":null,"definition":null,"determination":null,"extensions":{%q:%s}}`, id, fields)
	}
	iep := `{"extension_type":"property-extension","encrypt_in_transit":"may","permitted_actions":"none","affected_party_notifications":"may","tlp":"amber","provider_attribution":"must-not","unmodified_resale":"must-not","iep_id":"0224bfdf-ea3a-49c3-96f6-66d908bb1845","iep_version":%s,"start_date":"2026-01-01T00:00:00Z"}`
	acs := `{"extension_type":"property-extension","identifier":"isa:guide.1","create_date_time":"2026-01-01T00:00:00Z","responsible_entity_custodian":"USA.DHS","policy_reference":"urn:isa:policy:acs:ns:v3.0?privdefault=deny&sharedefault=deny","control_set":{"classification":%q}}`
	tests := []struct{ objectType, change, want string }{
		{"marking-definition", extension(IEPExtension, fmt.Sprintf(iep, "2.0")), ""},
		{"marking-definition", extension(IEPExtension, fmt.Sprintf(iep, `"2.0"`)), ""},
		{"marking-definition", extension(IEPExtension, fmt.Sprintf(iep, "1")), "MUST 7.3 extensions." + IEPExtension + ".iep_version"},
		{"marking-definition", extension(IEPExtension, `{"extension_type":"property-extension","tlp":"clear"}`), "MUST 7.3 extensions." + IEPExtension + ".tlp"},
		{"marking-definition", extension(ACSExtension, fmt.Sprintf(acs, "U")), ""},
		{"marking-definition", extension(ACSExtension, fmt.Sprintf(acs, "X")), "MUST 7.3 extensions." + ACSExtension + ".control_set.classification"},
		{"marking-definition", extension(TLP2Extension, `{"extension_type":"property-extension","tlp_2_0":"red"}`), "MUST 7.3 extensions"},
		{"incident", extension(IncidentExtension, `{"extension_type":"property-extension","determination":"suspected","investigation_status":"new"}`), ""},
		{"incident", extension(IncidentExtension, `{"extension_type":"property-extension","determination":"perhaps","investigation_status":"new"}`), "MUST 7.3 extensions." + IncidentExtension + ".determination"},
		{"incident", extension(IncidentExtension, `{"extension_type":"property-extension","determination":"suspected","investigation_status":"new","impacted_entity_counts":{"individual":-1}}`), "MUST 7.3 extensions." + IncidentExtension + ".impacted_entity_counts.individual"},
	}
	for _, test := range tests {
		found := foundIn(changed(t, test.objectType, test.change))
		if test.want == "" && slices.ContainsFunc(found, func(rule string) bool { return strings.HasPrefix(rule, Must) }) || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s with %s: found %q, want %q", test.objectType, test.change, found, test.want)
		}
	}
	types := []struct{ objectType, definition, rest, want string }{
		{"event", EventExtension, `"status":"not-occurred","start_time":"2026-01-01T00:00:00Z","start_time_fidelity":"day"`, ""},
		{"event", EventExtension, `"status":"never"`, "MUST 7.3 status"},
		{"event", EventExtension, `"status":"pending","start_time":"2026-01-02T00:00:00Z","end_time":"2026-01-01T00:00:00Z"`, "MUST 7.3 end_time"},
		{"impact", ImpactExtension, `"impact_category":"availability"`, "MUST 7.3 extensions"},
		{"task", TaskExtension, `"outcome":"successful","task_types":["victim-notification"]`, ""},
		{"task", TaskExtension, `"outcome":"pending","priority":101`, "MUST 2.10 priority"},
	}
	for _, test := range types {
		text := fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":"%s--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",%s,"extensions":{%q:{"extension_type":"new-sdo"}}}`,
			test.objectType, test.objectType, test.rest, test.definition)
		object, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		found := foundIn(object)
		if test.want == "" && len(found) > 0 || test.want != "" && !slices.Contains(found, test.want) {
			t.Errorf("%s: found %q, want %q", text, found, test.want)
		}
	}
}
