// SPDX-License-Identifier: Apache-2.0

package stix

// This file knows the forms of strings that the standard borrows from others.
// Each function returns the rule broken, or "".

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/ianaindex"
	languages "golang.org/x/text/language"
)

func typeNameBroken(name string) string {
	if !typeName(name) || name[0] < 'a' || name[0] > 'z' {
		return "the name of a type is 3 to 250 of a–z, 0–9 and hyphens, begins with a letter and has no two hyphens in a row"
	}
	return ""
}

func propertyNameBroken(name string) string {
	if len(name) < 3 || len(name) > 250 {
		return "the name of a property is 3 to 250 characters long"
	}
	if name[0] < 'a' || name[0] > 'z' || !onlyOf(name, "abcdefghijklmnopqrstuvwxyz0123456789_") {
		return "the name of a property is made of a–z, 0–9 and underscores, and begins with a letter"
	}
	return ""
}

// version is spec_version. STIX 2.1 §3.2
func version(text string) string {
	if text != "2.1" {
		return "spec_version is 2.1"
	}
	return ""
}

var languageTag = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)

// language is a tag of RFC 5646 whose parts are registered.
func language(text string) string {
	const broken = "a language is a tag of RFC 5646, such as en or pt-BR"
	if text == "en" {
		return ""
	}
	if !languageTag.MatchString(text) {
		return broken
	}
	if _, err := languages.Parse(text); err != nil {
		return broken
	}
	return ""
}

// charset is a name in the registry of IANA. STIX 2.1 §3.9.1
func charset(text string) string {
	if _, err := ianaindex.IANA.Encoding(text); err != nil {
		return "an encoding is a name from the IANA registry of character sets"
	}
	return ""
}

// uri is an absolute URI. RFC 3986
func uri(text string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || strings.ContainsAny(text, " \t\r\n<>\"") {
		return "a URL is absolute, with its scheme, by RFC 3986"
	}
	return ""
}

var mediaTypeForm = regexp.MustCompile(`^(application|audio|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}([ ;].*)?$`)

func mediaType(text string) string {
	if !mediaTypeForm.MatchString(text) {
		return "a MIME type is a type and a subtype from the registry of IANA"
	}
	return ""
}

var relationshipForm = regexp.MustCompile(`^[a-z0-9-]+$`)

// STIX 2.1 §5.1.2
func relationshipType(text string) string {
	if !relationshipForm.MatchString(text) {
		return "the type of a relationship is made of a–z, 0–9 and hyphens"
	}
	return ""
}

// country has the form of a code of ISO 3166-1 alpha-2; it is not looked up.
// STIX 2.1 §4.10
func country(text string) string {
	if len(text) != 2 || !onlyOf(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return "a country is its two-letter code of ISO 3166-1, such as NL"
	}
	return ""
}

// emailAddress is an address without a name beside it. STIX 2.1 §6.5
func emailAddress(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at == len(text)-1 || strings.ContainsAny(text, "<>") || strings.ContainsAny(text[at:], " \t\r\n") {
		return "the value is an address of RFC 5322 alone, without a display name"
	}
	return ""
}

func ipv4(text string) string {
	if addr, ok := address(text); ok && addr.Is4() {
		return ""
	}
	return "the value is an IPv4 address or a network in CIDR notation"
}

func ipv6(text string) string {
	if addr, ok := address(text); ok && addr.Is6() {
		return ""
	}
	return "the value is an IPv6 address or a network in CIDR notation"
}

func address(text string) (netip.Addr, bool) {
	if strings.ContainsRune(text, '/') {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Addr(), err == nil
	}
	addr, err := netip.ParseAddr(text)
	return addr, err == nil
}

var macForm = regexp.MustCompile(`^([0-9a-f]{2}:){5}[0-9a-f]{2}$`)

// STIX 2.1 §6.10
func macAddress(text string) string {
	if !macForm.MatchString(text) {
		return "the value is a MAC-48 address in small letters, its six bytes parted by colons"
	}
	return ""
}

// cpe is a name of the Common Platform Enumeration, version 2.3. STIX 2.1 §6.14
func cpe(text string) string {
	rest, ok := strings.CutPrefix(text, "cpe:2.3:")
	parts := 1
	for i := 0; i < len(rest); i++ {
		if rest[i] == '\\' {
			i++
		} else if rest[i] == ':' {
			parts++
		}
	}
	if !ok || parts != 11 || !strings.Contains("aoh*-", rest[:1]) {
		return "a CPE is of version 2.3, with its eleven components"
	}
	return ""
}

var shortHive = regexp.MustCompile(`(?i)^(HKLM|HKCC|HKCR|HKCU|HKU)(\\|$)`)

// STIX 2.1 §6.17
func registryKey(text string) string {
	if shortHive.MatchString(text) {
		return "the hive of a registry key is written out, such as HKEY_LOCAL_MACHINE"
	}
	return ""
}
