// SPDX-License-Identifier: Apache-2.0

package stix

// This file knows the forms of strings that the standard borrows from others.
// Each function returns the rule broken, or "".

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
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
	if name[0] < 'a' || name[0] > 'z' || !onlyOf(name, propertyNameBytes) {
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

// charset is a name in the registry of IANA: the one preferred for MIME, or
// else the first. Case does not count there. STIX 2.1 §3.9.1
func charset(text string) string {
	encoding, err := ianaindex.IANA.Encoding(text)
	if err != nil {
		return "an encoding is a name from the IANA registry of character sets"
	}
	if encoding == nil {
		return "" // registered, and no more is known of it
	}
	name, err := ianaindex.MIME.Name(encoding)
	if err != nil {
		name, err = ianaindex.IANA.Name(encoding)
	}
	if err == nil && !strings.EqualFold(name, text) {
		return "an encoding is written by its preferred name, here " + name
	}
	return ""
}

// uri is an absolute URI. RFC 3986
func uri(text string) string {
	const broken = "a URL is absolute, with its scheme, by RFC 3986"
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || scheme == "" || !isLetter(scheme[0]) || !onlyOf(scheme, schemeBytes) || !onlyOf(rest, uriBytes) {
		return broken
	}
	for i := strings.IndexByte(rest, '%'); i >= 0; {
		if i+2 >= len(rest) || !anyHexBytes.has(rest[i+1]) || !anyHexBytes.has(rest[i+2]) {
			return broken
		}
		next := strings.IndexByte(rest[i+1:], '%')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return ""
}

// link is a URI, or the like with letters beyond ASCII. STIX 2.1 §2.5
func link(text string) string {
	if broken := uri(text); broken == "" || asciiOnly(text) {
		return broken
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || strings.ContainsAny(text, " \t\r\n<>\"") {
		return "a URL is absolute, with its scheme, by RFC 3986"
	}
	return ""
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

var mediaTypeForm = regexp.MustCompile(`^(application|audio|font|haptics|image|message|model|multipart|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}([ ;].*)?$`)

func mediaType(text string) string {
	if !mediaTypeForm.MatchString(text) {
		return "a MIME type is a type and a subtype from the registry of IANA"
	}
	return ""
}

// STIX 2.1 §5.1.2
func relationshipType(text string) string {
	if text == "" || !onlyOf(text, typeNameBytes) {
		return "the type of a relationship is made of a–z, 0–9 and hyphens"
	}
	return ""
}

// country is a code of ISO 3166-1 alpha-2, in capitals or not.
// STIX 2.1 §4.10
func country(text string) string {
	region, err := languages.ParseRegion(text)
	if len(text) != 2 || err != nil || !region.IsCountry() {
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
	if addr, ok := network(text); ok && addr.Is4() {
		return ""
	}
	return "the value is an IPv4 address or a network in CIDR notation"
}

func ipv6(text string) string {
	if addr, ok := network(text); ok && addr.Is6() {
		return ""
	}
	return "the value is an IPv6 address or a network in CIDR notation"
}

func network(text string) (netip.Addr, bool) {
	if strings.ContainsRune(text, '/') {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Addr(), err == nil
	}
	addr, err := netip.ParseAddr(text)
	return addr, err == nil
}

// STIX 2.1 §6.10
func macAddress(text string) string {
	ok := len(text) == len("00:00:00:00:00:00")
	for i := 0; ok && i < len(text); i++ {
		if i%3 == 2 {
			ok = text[i] == ':'
		} else {
			ok = hexBytes.has(text[i])
		}
	}
	if !ok {
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

// hyphenated is a term in small letters, its words parted by hyphens.
// STIX 2.1 §2.11, §2.14
func hyphenated(text string) string {
	for i := range len(text) {
		if b := text[i]; b >= 'A' && b <= 'Z' || b == ' ' || b == '_' {
			return "this is in small letters, with hyphens between words"
		}
	}
	return ""
}

// markingType is a type of marking that the standard names. STIX 2.1 §7.2.1
func markingType(text string) string {
	if text != "statement" && text != "tlp" {
		return "the type of a marking is statement or tlp; new ones are extensions"
	}
	return ""
}

// serviceName has the form of a name in the registry of IANA. RFC 6335 §5.1
func serviceName(text string) string {
	if text == "" || len(text) > 15 || !onlyOf(text, typeNameBytes) {
		return "a protocol is a service name from the registry of IANA, in small letters"
	}
	return ""
}

// STIX 2.1 §6.13.2
func priorityClass(text string) string {
	if !strings.HasSuffix(text, "_CLASS") {
		return "the priority of a Windows process ends in _CLASS"
	}
	return ""
}

// domainName is a name of RFC 1034 whose labels may be any of RFC 5890: with
// letters beyond ASCII or encoded, and with an underscore. STIX 2.1 §6.4
func domainName(text string) string {
	const broken = "the value is a domain name of RFC 1034: labels of 1 to 63 bytes, parted by dots"
	name := strings.TrimSuffix(text, ".")
	if name == "" || len(name) > 253 && asciiOnly(name) || strings.ContainsAny(name, " \t\r\n/\\:@[](){}<>\"',;?#%") {
		return broken
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 && asciiOnly(label) {
			return broken
		}
		if encoded, ok := strings.CutPrefix(strings.ToLower(label), "xn--"); ok {
			if _, err := idna.Punycode.ToUnicode(label); err != nil || encoded == "" {
				return "a label that begins with xn-- is an A-label of RFC 5890"
			}
		}
	}
	return ""
}

func asciiOnly(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
