// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds what STIX 2.1 §6 says of cyber-observable objects and their
// predefined extensions.

// observable makes the shape of an SCO. contributing lists the properties of
// which its deterministic id is made.
func observable(section, required, contributing string, rules map[string]*rule, between ...between) *shape {
	return &shape{
		section: section, families: familySCO,
		required: append(names("type id"), names(required)...),
		rules:    properties(commonRules, rules),
		between:  between, contributing: names(contributing),
	}
}

// extended adds predefined extensions to a shape.
func extended(observable *shape, extensions map[string]*shape) *shape {
	observable.extensions = extensions
	return observable
}

// observables are the SCOs. STIX 2.1 §6
var observables = map[string]*shape{
	"artifact": observable("6.1", "", "hashes payload_bin", map[string]*rule{
		"mime_type": likely("6.1", mediaType), "payload_bin": base64Text(), "url": address("6.1", uri), "hashes": hashes(),
		"encryption_algorithm": term(encryptions), "decryption_key": plain(),
	}, exactlyOne("6.1", "payload_bin", "url"), needs("6.1", "url", "hashes"),
		needs("6.1", "decryption_key", "encryption_algorithm")),
	"autonomous-system": observable("6.2", "number", "number", map[string]*rule{
		"number": whole(), "name": plain(), "rir": plain(),
	}),
	"directory": observable("6.3", "path", "path", map[string]*rule{
		"path": plain(), "path_enc": form("6.3", charset), "ctime": instant(), "mtime": instant(), "atime": instant(),
		"contains_refs": refs("file directory"),
	}),
	"domain-name": observable("6.4", "value", "value", map[string]*rule{
		"value": address("6.4", domainName), "resolves_to_refs": refs("ipv4-addr ipv6-addr domain-name"),
	}),
	"email-addr": observable("6.5", "value", "value", map[string]*rule{
		"value": address("6.5", emailAddress), "display_name": plain(), "belongs_to_ref": ref("user-account"),
	}),
	"email-message": observable("6.6", "is_multipart", "from_ref subject body", map[string]*rule{
		"is_multipart": truth(), "date": instant(), "content_type": plain(), "from_ref": ref("email-addr"),
		"sender_ref": ref("email-addr"), "to_refs": refs("email-addr"), "cc_refs": refs("email-addr"),
		"bcc_refs": refs("email-addr"), "message_id": plain(), "subject": plain(), "received_lines": list(plain()),
		"additional_header_fields": values("6.6.1", "the value of each header field is a list of strings", isTexts), "body": plain(), "body_multipart": list(part(mimePart)),
		"raw_email_ref": ref("artifact"),
	}, multipart, headersDecoded),
	"file": extended(observable("6.7", "", "hashes name extensions parent_directory_ref", map[string]*rule{
		"hashes": hashes(), "size": natural(), "name": plain(), "name_enc": form("6.7", charset),
		"magic_number_hex": hexText(), "mime_type": likely("6.7", mediaType), "ctime": instant(), "mtime": instant(),
		"atime": instant(), "parent_directory_ref": ref("directory"), "contains_refs": refs("SCO"),
		"content_ref": ref("artifact"),
	}, oneOf("6.7", "hashes", "name"), needs("6.7", "name_enc", "name")), map[string]*shape{
		"archive-ext": archive, "ntfs-ext": ntfs, "pdf-ext": pdf, "raster-image-ext": rasterImage,
		"windows-pebinary-ext": peBinary,
	}),
	"ipv4-addr": observable("6.8", "value", "value", map[string]*rule{
		"value": address("6.8", ipv4), "resolves_to_refs": refs("mac-addr"), "belongs_to_refs": refs("autonomous-system"),
	}),
	"ipv6-addr": observable("6.9", "value", "value", map[string]*rule{
		"value": address("6.9", ipv6), "resolves_to_refs": refs("mac-addr"), "belongs_to_refs": refs("autonomous-system"),
	}),
	"mac-addr": observable("6.10", "value", "value", map[string]*rule{"value": form("6.10", macAddress)}),
	"mutex":    observable("6.11", "name", "name", map[string]*rule{"name": plain()}),
	"network-traffic": extended(observable("6.12", "protocols", "start end src_ref dst_ref src_port dst_port protocols extensions",
		map[string]*rule{
			"start": instant(), "end": instant(), "is_active": truth(),
			"src_ref":  ref("ipv4-addr ipv6-addr mac-addr domain-name"),
			"dst_ref":  ref("ipv4-addr ipv6-addr mac-addr domain-name"),
			"src_port": wholeIn(0, 65535), "dst_port": wholeIn(0, 65535), "protocols": list(likely("6.12.1", serviceName)),
			"src_byte_count": natural(), "dst_byte_count": natural(),
			"src_packets": natural(), "dst_packets": natural(),
			"ipfix":           values("6.12.1", "the value of each element is an integer or a string", isWholeOrText),
			"src_payload_ref": ref("artifact"), "dst_payload_ref": ref("artifact"),
			"encapsulates_refs": refs("network-traffic"), "encapsulated_by_ref": ref("network-traffic"),
		}, oneOf("6.12", "src_ref", "dst_ref"), notBefore("6.12", "start", "end"), activeHasNoEnd, layered, ported),
		map[string]*shape{"http-request-ext": httpRequest, "icmp-ext": icmp, "socket-ext": socket, "tcp-ext": tcp}),
	"process": extended(observable("6.13", "", "", map[string]*rule{
		"is_hidden": truth(), "pid": whole(), "created_time": instant(), "cwd": plain(), "command_line": plain(),
		"environment_variables": values("6.13.1", "the value of each variable is a string", isText), "opened_connection_refs": refs("network-traffic"),
		"creator_user_ref": ref("user-account"), "image_ref": ref("file"), "parent_ref": ref("process"),
		"child_refs": refs("process"),
	}, saysSomething("6.13")), map[string]*shape{"windows-process-ext": windowsProcess, "windows-service-ext": windowsService}),
	"software": observable("6.14", "name", "name cpe swid vendor version", map[string]*rule{
		"name": plain(), "cpe": form("6.14", cpe), "swid": plain(), "languages": list(form("6.14", language)),
		"vendor": plain(), "version": plain(),
	}),
	"url": observable("6.15", "value", "value", map[string]*rule{"value": address("6.15", uri)}),
	"user-account": extended(observable("6.16", "", "account_type user_id account_login", map[string]*rule{
		"user_id": plain(), "credential": plain(), "account_login": plain(), "account_type": term(accountTypes),
		"display_name": plain(), "is_service_account": truth(), "is_privileged": truth(), "can_escalate_privs": truth(),
		"is_disabled": truth(), "account_created": instant(), "account_expires": instant(),
		"credential_last_changed": instant(), "account_first_login": instant(), "account_last_login": instant(),
	}, saysSomething("6.16")), map[string]*shape{"unix-account-ext": unixAccount}),
	"windows-registry-key": observable("6.17", "", "key values", map[string]*rule{
		"key": form("6.17", registryKey), "values": list(part(registryValue)), "modified_time": instant(),
		"creator_user_ref": ref("user-account"), "number_of_subkeys": whole(),
	}, saysSomething("6.17")),
	"x509-certificate": observable("6.18", "", "hashes serial_number", map[string]*rule{
		"is_self_signed": truth(), "hashes": hashes(), "version": plain(), "serial_number": plain(),
		"signature_algorithm": plain(), "issuer": plain(), "validity_not_before": instant(),
		"validity_not_after": instant(), "subject": plain(), "subject_public_key_algorithm": plain(),
		"subject_public_key_modulus": plain(), "subject_public_key_exponent": whole(), "x509_v3_extensions": part(x509Extensions),
	}, saysSomething("6.18")),
}

var mimePart = &shape{
	section: "6.6.2",
	rules: map[string]*rule{
		"body": plain(), "body_raw_ref": ref("artifact file"), "content_type": plain(), "content_disposition": plain(),
	},
	between: []between{oneOf("6.6.2", "body", "body_raw_ref")},
}

var archive = &shape{section: "6.7.2", required: names("contains_refs"), rules: map[string]*rule{
	"contains_refs": refs("file directory"), "comment": plain(),
}}

var ntfs = &shape{section: "6.7.3", rules: map[string]*rule{
	"sid": plain(), "alternate_data_streams": list(part(&shape{section: "6.7.3", required: names("name"), rules: map[string]*rule{
		"name": plain(), "hashes": hashes(), "size": natural(),
	}})),
}, between: []between{notEmpty("6.7.3")}}

var pdf = &shape{section: "6.7.4", rules: map[string]*rule{
	"version": plain(), "is_optimized": truth(),
	"document_info_dict": values("6.7.4", "the value of each entry is a string", isText), "pdfid0": plain(), "pdfid1": plain(),
}, between: []between{notEmpty("6.7.4")}}

var rasterImage = &shape{section: "6.7.5", rules: map[string]*rule{
	"image_height": whole(), "image_width": whole(), "bits_per_pixel": whole(),
	"exif_tags": values("6.7.5", "the value of each tag is an integer or a string", isWholeOrText),
}, between: []between{notEmpty("6.7.5")}}

var peBinary = &shape{section: "6.7.6", required: names("pe_type"), rules: map[string]*rule{
	"pe_type": term(peBinaryTypes), "imphash": plain(), "machine_hex": hexText(), "number_of_sections": natural(),
	"time_date_stamp": instant(), "pointer_to_symbol_table_hex": hexText(), "number_of_symbols": natural(),
	"size_of_optional_header": natural(), "characteristics_hex": hexText(), "file_header_hashes": hashes(),
	"optional_header": part(peOptionalHeader), "sections": list(part(peSection)),
}, between: []between{moreThanType, preciseToTheSecond}}

var peOptionalHeader = &shape{section: "6.7.6", rules: map[string]*rule{
	"magic_hex": hexText(), "major_linker_version": whole(), "minor_linker_version": whole(), "size_of_code": natural(),
	"size_of_initialized_data": natural(), "size_of_uninitialized_data": natural(),
	"address_of_entry_point": whole(), "base_of_code": whole(), "base_of_data": whole(), "image_base": whole(),
	"section_alignment": whole(), "file_alignment": whole(), "major_os_version": whole(), "minor_os_version": whole(),
	"major_image_version": whole(), "minor_image_version": whole(), "major_subsystem_version": whole(),
	"minor_subsystem_version": whole(), "win32_version_value_hex": hexText(), "size_of_image": natural(),
	"size_of_headers": natural(), "checksum_hex": hexText(), "subsystem_hex": hexText(),
	"dll_characteristics_hex": hexText(), "size_of_stack_reserve": natural(),
	"size_of_stack_commit": natural(), "size_of_heap_reserve": whole(), "size_of_heap_commit": whole(),
	"loader_flags_hex": hexText(), "number_of_rva_and_sizes": whole(), "hashes": hashes(),
}, between: []between{notEmpty("6.7.6")}}

var peSection = &shape{section: "6.7.6", required: names("name"), rules: map[string]*rule{
	"name": plain(), "size": natural(), "entropy": float(), "hashes": hashes(),
}}

var httpRequest = &shape{section: "6.12.2", required: names("request_method request_value"), rules: map[string]*rule{
	"request_method": plain(), "request_value": plain(), "request_version": plain(), "request_header": values("6.12.2", "the value of each header field is a list of strings", isTexts),
	"message_body_length": whole(), "message_body_data_ref": ref("artifact"),
}}

var icmp = &shape{section: "6.12.3", required: names("icmp_type_hex icmp_code_hex"), rules: map[string]*rule{
	"icmp_type_hex": hexText(), "icmp_code_hex": hexText(),
}}

var socket = &shape{section: "6.12.4", required: names("address_family"), rules: map[string]*rule{
	"address_family": term(socketFamilies), "is_blocking": truth(), "is_listening": truth(),
	"options":     values("6.12.4", "the value of each option is an integer", isWhole),
	"socket_type": term(socketTypes), "socket_descriptor": natural(), "socket_handle": whole(),
}}

var tcp = &shape{section: "6.12.5", rules: map[string]*rule{
	"src_flags_hex": hexText(), "dst_flags_hex": hexText(),
}, between: []between{notEmpty("6.12.5")}}

var windowsProcess = &shape{section: "6.13.2", rules: map[string]*rule{
	"aslr_enabled": truth(), "dep_enabled": truth(), "priority": likely("6.13.2", priorityClass), "owner_sid": plain(), "window_title": plain(), "windows_title": plain(),
	"startup_info": dictionary(), "integrity_level": term(integrityLevels),
}, between: []between{notEmpty("6.13.2")}}

var windowsService = &shape{section: "6.13.3", rules: map[string]*rule{
	"service_name": plain(), "descriptions": list(plain()), "display_name": plain(), "group_name": plain(),
	"start_type": term(serviceStarts), "service_dll_refs": refs("file"), "service_type": term(serviceTypes),
	"service_status": term(serviceStatuses),
}, between: []between{notEmpty("6.13.3")}}

var unixAccount = &shape{section: "6.16.2", rules: map[string]*rule{
	"gid": whole(), "groups": list(plain()), "home_dir": plain(), "shell": plain(),
}, between: []between{notEmpty("6.16.2")}}

var registryValue = &shape{section: "6.17.2", rules: map[string]*rule{
	"name": plain(), "data": plain(), "data_type": term(registryTypes),
}, between: []between{notEmpty("6.17.2")}}

var x509Extensions = &shape{section: "6.18.2", rules: map[string]*rule{
	"basic_constraints": plain(), "name_constraints": plain(), "policy_constraints": plain(), "key_usage": plain(),
	"extended_key_usage": plain(), "subject_key_identifier": plain(), "authority_key_identifier": plain(),
	"subject_alternative_name": plain(), "issuer_alternative_name": plain(), "subject_directory_attributes": plain(),
	"crl_distribution_points": plain(), "inhibit_any_policy": plain(), "private_key_usage_period_not_before": instant(),
	"private_key_usage_period_not_after": instant(), "certificate_policies": plain(), "policy_mappings": plain(),
}, between: []between{notEmpty("6.18.2")}}
