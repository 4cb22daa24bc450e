// SPDX-License-Identifier: Apache-2.0

package redact

// This file lists what may leave: the types and properties of STIX 2.1.

import "strings"

// A kind is one type of object: what it may carry, and what it must.
type kind struct {
	observable bool
	properties []string
	required   []string
	oneOf      []string // at least one of them, if there are any
}

// row is a kind as a table line; a star marks what is required.
type row struct {
	name, properties, oneOf string
}

// STIX 2.1 §4, §5. Left out on purpose: authors of notes and opinions, and the
// deprecated objects of observed data.
var domainRows = []row{
	{"attack-pattern", "name* description aliases kill_chain_phases", ""},
	{"campaign", "name* description aliases first_seen last_seen objective", ""},
	{"course-of-action", "name* description", ""},
	{"grouping", "name description context* object_refs*", ""},
	{"identity", "name* description roles identity_class sectors contact_information", ""},
	{"incident", "name* description", ""},
	{"indicator", "name description indicator_types pattern* pattern_type* pattern_version valid_from* valid_until kill_chain_phases", ""},
	{"infrastructure", "name* description infrastructure_types aliases kill_chain_phases first_seen last_seen", ""},
	{"intrusion-set", "name* description aliases first_seen last_seen goals resource_level primary_motivation secondary_motivations", ""},
	{"location", "name description latitude longitude precision region country administrative_area city street_address postal_code", "region country latitude"},
	{"malware", "name description malware_types is_family* aliases kill_chain_phases first_seen last_seen operating_system_refs architecture_execution_envs implementation_languages capabilities sample_refs", ""},
	{"malware-analysis", "product* version host_vm_ref operating_system_ref installed_software_refs configuration_version modules analysis_engine_version analysis_definition_version submitted analysis_started analysis_ended result_name result analysis_sco_refs sample_ref", "result analysis_sco_refs"},
	{"note", "abstract content* object_refs*", ""},
	{"observed-data", "first_observed* last_observed* number_observed* object_refs*", ""},
	{"opinion", "explanation opinion* object_refs*", ""},
	{"report", "name* description report_types published* object_refs*", ""},
	{"threat-actor", "name* description threat_actor_types aliases first_seen last_seen roles goals sophistication resource_level primary_motivation secondary_motivations personal_motivations", ""},
	{"tool", "name* description tool_types aliases kill_chain_phases tool_version", ""},
	{"vulnerability", "name* description", ""},
	{"relationship", "relationship_type* description source_ref* target_ref* start_time stop_time", ""},
	{"sighting", "description first_seen last_seen count sighting_of_ref* observed_data_refs where_sighted_refs summary", ""},
}

// STIX 2.1 §6
var observableRows = []row{
	{"artifact", "mime_type payload_bin url hashes encryption_algorithm decryption_key", "payload_bin url"},
	{"autonomous-system", "number* name rir", ""},
	{"directory", "path* path_enc ctime mtime atime contains_refs", ""},
	{"domain-name", "value* resolves_to_refs", ""},
	{"email-addr", "value* display_name belongs_to_ref", ""},
	{"email-message", "is_multipart* date content_type from_ref sender_ref to_refs cc_refs bcc_refs message_id subject received_lines additional_header_fields body body_multipart raw_email_ref", ""},
	{"file", "hashes size name name_enc magic_number_hex mime_type ctime mtime atime parent_directory_ref contains_refs content_ref", "hashes name"},
	{"ipv4-addr", "value* resolves_to_refs belongs_to_refs", ""},
	{"ipv6-addr", "value* resolves_to_refs belongs_to_refs", ""},
	{"mac-addr", "value*", ""},
	{"mutex", "name*", ""},
	{"network-traffic", "start end is_active src_ref dst_ref src_port dst_port protocols* src_byte_count dst_byte_count src_packets dst_packets ipfix src_payload_ref dst_payload_ref encapsulates_refs encapsulated_by_ref", "src_ref dst_ref"},
	{"process", "is_hidden pid created_time cwd command_line environment_variables opened_connection_refs creator_user_ref image_ref parent_ref child_refs", "is_hidden pid created_time cwd command_line environment_variables opened_connection_refs creator_user_ref image_ref parent_ref child_refs"},
	{"software", "name* cpe swid languages vendor version", ""},
	{"url", "value*", ""},
	{"user-account", "user_id credential account_login account_type display_name is_service_account is_privileged can_escalate_privs is_disabled account_created account_expires credential_last_changed account_first_login account_last_login", "user_id credential account_login account_type display_name"},
	{"windows-registry-key", "key values modified_time creator_user_ref number_of_subkeys", "key values modified_time creator_user_ref number_of_subkeys"},
	{"x509-certificate", "is_self_signed hashes version serial_number signature_algorithm issuer validity_not_before validity_not_after subject subject_public_key_algorithm subject_public_key_modulus subject_public_key_exponent", "hashes version serial_number signature_algorithm issuer subject subject_public_key_modulus"},
}

// Properties every object of a sort may carry. STIX 2.1 §3.2
const (
	domainCommon     = "type id spec_version created modified confidence lang object_marking_refs"
	observableCommon = "type id spec_version defanged object_marking_refs"
)

// nested lists the properties of the objects found in a property, and
// dictionaries the properties whose keys anyone may choose.
var (
	nested = map[string]string{
		"kill_chain_phases": "kill_chain_name phase_name",
		"body_multipart":    "body body_raw_ref content_type content_disposition",
		"values":            "name data data_type",
	}
	dictionaries = map[string]bool{"hashes": true, "additional_header_fields": true, "environment_variables": true, "ipfix": true}
)

// hashes are the names of hash algorithms: any other key could say anything.
// STIX 2.1 §10.7
var hashes = []string{"MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH"}

// kinds is the table by type; a type not in it has no properties and never leaves.
func kinds() map[string]kind { return table }

var table = func() map[string]kind {
	all := make(map[string]kind)
	for _, row := range domainRows {
		all[row.name] = row.kind(false, domainCommon)
	}
	for _, row := range observableRows {
		all[row.name] = row.kind(true, observableCommon)
	}
	return all
}()

func (r row) kind(observable bool, common string) kind {
	k := kind{observable: observable, properties: strings.Fields(common), oneOf: strings.Fields(r.oneOf)}
	for _, word := range strings.Fields(r.properties) {
		name, required := strings.CutSuffix(word, "*")
		k.properties = append(k.properties, name)
		if required {
			k.required = append(k.required, name)
		}
	}
	return k
}
