// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the rules between the properties of observables that concern
// the network, mail and programs.

import "strings"

// layers are protocols whose place in a packet is beyond doubt, from the outer
// to the inner. STIX 2.1 §6.12.1
var layers = map[string]int{
	"ethernet": 1, "wifi": 1, "ppp": 1,
	"ip": 2, "ipv4": 2, "ipv6": 2,
	"tcp": 3, "udp": 3, "sctp": 3, "icmp": 3, "icmpv6": 3,
	"ssl": 4, "tls": 4, "dtls": 4,
	"http": 5, "https": 5, "dns": 5, "domain": 5, "smtp": 5, "ftp": 5, "ssh": 5, "imap": 5, "pop3": 5, "ldap": 5, "ntp": 5, "telnet": 5,
}

// layered: protocols are listed from the outer to the inner. As one may be
// tunnelled in another, only a list that runs the other way throughout is wrong
// beyond doubt. STIX 2.1 §6.12.1
func layered(check *checker, object map[string]any) {
	list, _ := object["protocols"].([]any)
	rises, falls, last := false, false, 0
	for _, item := range list {
		name, _ := item.(string)
		layer := layers[strings.ToLower(name)]
		if layer == 0 {
			return
		}
		rises = rises || last != 0 && layer > last
		falls = falls || last != 0 && layer < last
		last = layer
	}
	if falls && !rises {
		check.mustAt("protocols", "6.12.1", "protocols are listed from the outer to the inner, such as ipv4, tcp, http", "turn the list round")
	}
}

// carried are the protocols that the predefined extensions belong to.
// STIX 2.1 §6.12.2, §6.12.3, §6.12.5
var carried = map[string]string{"http-request-ext": "http", "icmp-ext": "icmp", "tcp-ext": "tcp"}

// ported: traffic has its ports, and lists the protocols it has extensions of.
// STIX 2.1 §6.12, §6.12.1
func ported(check *checker, object map[string]any) {
	for _, name := range []string{"src_port", "dst_port"} {
		if _, ok := object[name]; !ok {
			check.shouldAt(name, "6.12", "traffic has the ports of its source and destination", "add it")
		}
	}
	extensions, _ := object["extensions"].(map[string]any)
	list, _ := object["protocols"].([]any)
	for key := range extensions {
		protocol, known := carried[key]
		for _, item := range list {
			known = known && item != protocol
		}
		if known {
			check.shouldAt("protocols", "6.12.1", "the protocol of an extension is listed", "add "+protocol)
		}
	}
}

// headersDecoded: header fields are decoded before they are written down.
// STIX 2.1 §6.6, RFC 2047 §2
func headersDecoded(check *checker, object map[string]any) {
	const sentence, hint = "a header field is decoded, without =?charset?encoding?text?=", "decode it; raw_email_ref can keep what was observed"
	for _, name := range []string{"subject", "content_type", "message_id"} {
		if text, _ := object[name].(string); encodedWord(text) {
			check.mustAt(name, "6.6", sentence, hint)
		}
	}
	fields, _ := object["additional_header_fields"].(map[string]any)
	for name, value := range fields {
		list, _ := value.([]any)
		for _, item := range append(list, value) {
			if text, _ := item.(string); encodedWord(text) {
				check.enter("additional_header_fields")
				check.mustAt(name, "6.6", sentence, hint)
				check.leave()
				break
			}
		}
	}
}

// encodedWord reports whether there is an encoded word in a text. RFC 2047 §2
func encodedWord(text string) bool {
	for {
		_, rest, ok := strings.Cut(text, "=?")
		if !ok {
			return false
		}
		parts := strings.SplitN(rest, "?", 4)
		if len(parts) == 4 && parts[0] != "" && (strings.EqualFold(parts[1], "q") || strings.EqualFold(parts[1], "b")) &&
			strings.HasPrefix(parts[3], "=") && !strings.Contains(parts[0]+parts[2], " ") {
			return true
		}
		text = rest
	}
}

// STIX 2.1 §6.7.6
func moreThanType(check *checker, extension map[string]any) {
	if _, ok := extension["pe_type"]; ok && len(extension) == 1 {
		check.must("6.7.6", "there is at least one property beside pe_type", "leave the extension out")
	}
}

// STIX 2.1 §6.7.6
func preciseToTheSecond(check *checker, extension map[string]any) {
	text, _ := extension["time_date_stamp"].(string)
	_, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(fraction, "0Z") != "" {
		check.mustAt("time_date_stamp", "6.7.6", "this time is precise to the second", "leave the fraction out")
	}
}
