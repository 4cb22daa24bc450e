// SPDX-License-Identifier: Apache-2.0

package stix

// This file knows which bytes make up names, keys, hashes and base64.

import "strings"

// A byteSet is a set of bytes.
type byteSet [256]bool

func bytesOf(text string) *byteSet {
	var set byteSet
	for _, b := range []byte(text) {
		set[b] = true
	}
	return &set
}

const (
	lowerLetters = "abcdefghijklmnopqrstuvwxyz"
	upperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digitBytes   = "0123456789"
)

var (
	propertyNameBytes = bytesOf(lowerLetters + digitBytes + "_")
	typeNameBytes     = bytesOf(lowerLetters + digitBytes + "-")
	dictionaryKeys    = bytesOf(lowerLetters + upperLetters + digitBytes + "-_")
	hexBytes          = bytesOf(digitBytes + "abcdef")
	anyHexBytes       = bytesOf(digitBytes + "abcdefABCDEF")
	schemeBytes       = bytesOf(lowerLetters + upperLetters + digitBytes + "+-.")
	uriBytes          = bytesOf(lowerLetters + upperLetters + digitBytes + "-._~:/?#[]@!$&'()*+,;=%")
	base64Bytes       = bytesOf(lowerLetters + upperLetters + digitBytes + "+/")
)

func (set *byteSet) has(b byte) bool { return set[b] }

func onlyOf(text string, set *byteSet) bool {
	for i := range len(text) {
		if !set[text[i]] {
			return false
		}
	}
	return true
}

// isBase64 reports whether a text is base64 with its padding, whose last digit
// has no bits too many. RFC 4648 §4
func isBase64(text string) bool {
	digits := strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	padding := len(text) - len(digits)
	if len(text)%4 != 0 || !onlyOf(digits, base64Bytes) {
		return false
	}
	switch padding {
	case 1:
		return strings.IndexByte("AEIMQUYcgkosw048", digits[len(digits)-1]) >= 0
	case 2:
		return strings.IndexByte("AQgw", digits[len(digits)-1]) >= 0
	}
	return true
}

// isHash reports whether a text has the form that hashes of an algorithm have.
// Of an algorithm that the vocabulary does not know anything but nothing is one.
// STIX 2.1 §10.7
func isHash(algorithm, text string) bool {
	length := 0
	switch algorithm {
	case "MD5":
		length = 32
	case "SHA-1":
		length = 40
	case "SHA-256", "SHA3-256":
		length = 64
	case "SHA-512", "SHA3-512":
		length = 128
	case "TLSH":
		// 35 bytes; later programs write the version before them.
		text, length = strings.TrimPrefix(text, "T1"), 70
	case "SSDEEP":
		size, rest, ok := strings.Cut(text, ":")
		first, second, ok2 := strings.Cut(rest, ":")
		second, _, _ = strings.Cut(second, `,"`)
		return ok && ok2 && digits(size) && onlyOf(first, base64Bytes) && onlyOf(second, base64Bytes)
	default:
		return text != ""
	}
	return len(text) == length && onlyOf(text, anyHexBytes)
}
