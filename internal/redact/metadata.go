// SPDX-License-Identifier: Apache-2.0

package redact

// This file takes out of files what says who made them, with what and where:
// the metadata of pictures is cut out, and a document that carries some stays.

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf8"
)

// payload cuts the metadata out of an artifact's payload. A picture leaves
// without it, and without hashes, which would no longer be its own. Text leaves,
// and so do programs, which malware is. Nothing else does: a document's author and
// revisions cannot be told from what it says, and into an archive, or what is
// locked, nobody looks.
func (w *work) payload(p *piece) {
	text, there := p.tree["payload_bin"].(string)
	if p.object.Type() != "artifact" || !there {
		return
	}
	stay := func(reason string) {
		w.cut(p, "payload_bin", Metadata, reason)
		delete(p.tree, "payload_bin")
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		stay("is not base64")
		return
	}
	if name := document(raw); name != "" {
		stay("is a " + name + ", which may name its author: send what it says as text, or a picture of it")
		return
	}
	if p.tree["encryption_algorithm"] != nil || p.tree["decryption_key"] != nil {
		stay("is locked: nobody can look into it; its hashes leave")
		return
	}
	clean, known := raw, true
	switch {
	case bytes.HasPrefix(raw, jpegStart):
		clean, known = cleanJPEG(raw)
	case bytes.HasPrefix(raw, pngStart):
		clean, known = cleanPNG(raw)
	case !program(raw) && !plainText(raw):
		stay("is neither text, nor a program, nor a JPEG or PNG picture: nobody can tell what it says of who made it; its hashes leave")
		return
	}
	if !known {
		stay("is a picture whose metadata cannot be found")
		return
	}
	if bytes.Equal(clean, raw) {
		return
	}
	p.tree["payload_bin"] = base64.StdEncoding.EncodeToString(clean)
	w.cut(p, "payload_bin", Metadata, "the picture leaves without its metadata")
	w.unnamed(p, "hashes")
	for _, file := range w.pieces {
		if content, is := file.tree["content_ref"].(string); is && content == p.id && file.object.Type() == "file" && !file.gone {
			w.unnamed(file, "hashes")
			w.unnamed(file, "size")
		}
	}
}

// unnamed cuts what would name a picture as it was before its metadata were cut.
func (w *work) unnamed(p *piece, property string) {
	if p.tree[property] != nil {
		w.cut(p, property, Metadata, "of the picture with its metadata")
		delete(p.tree, property)
	}
}

// program reports whether raw begins like a program of Windows, Linux or macOS.
func program(raw []byte) bool {
	for _, start := range []string{"MZ", "\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if bytes.HasPrefix(raw, []byte(start)) {
			return true
		}
	}
	return false
}

// plainText reports whether raw is text that a person can read.
func plainText(raw []byte) bool {
	return utf8.Valid(raw) && bytes.IndexFunc(raw, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' }) < 0
}

// document names the kind of document that raw is, or of a picture, sound or
// film whose metadata is not taken out here; empty if it is none.
func document(raw []byte) string {
	for _, form := range []struct{ start, name string }{
		{"%PDF", "PDF document"}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document of Office"}, {"{\\rtf", "RTF document"},
		{"GIF8", "GIF picture"}, {"II*\x00", "TIFF picture"}, {"MM\x00*", "TIFF picture"}, {"ID3", "sound"}, {"OggS", "sound"}, {"fLaC", "sound"},
		{"8BPS", "picture of Photoshop"}, {"\x1aE\xdf\xa3", "film"}, {"%!PS", "PostScript document"},
	} {
		if bytes.HasPrefix(raw, []byte(form.start)) {
			return form.name
		}
	}
	switch {
	case bytes.Contains(raw[:min(len(raw), 1024)], []byte("%PDF-")):
		return "PDF document"
	case len(raw) > 12 && string(raw[4:8]) == "ftyp":
		return "picture or film"
	case len(raw) > 12 && string(raw[:4]) == "RIFF":
		return "picture or sound"
	case bytes.HasPrefix(raw, []byte("PK")) && (bytes.Contains(raw, []byte("[Content_Types].xml")) || bytes.Contains(raw, []byte("mimetypeapplication/")) ||
		bytes.Contains(raw, []byte("docProps/")) || bytes.Contains(raw, []byte("META-INF/container.xml"))):
		return "document of Office"
	}
	return ""
}

var (
	jpegStart = []byte{0xff, 0xd8, 0xff}
	pngStart  = []byte("\x89PNG\r\n\x1a\n")
)

// cleanJPEG keeps what draws the picture: no application segments but JFIF and
// the colours of Adobe, both at their plain length, no comments, nothing behind
// its end. It reports false if the segments cannot be followed. ITU T.81 Annex B
func cleanJPEG(raw []byte) ([]byte, bool) {
	out := append([]byte{}, raw[:2]...)
	for at := 2; ; {
		if at+2 > len(raw) || raw[at] != 0xff {
			return nil, false
		}
		marker := raw[at+1]
		switch {
		case marker == 0xff:
			at++ // padding
			continue
		case marker == 0xd9:
			return append(out, 0xff, 0xd9), true
		case marker >= 0xd0 && marker <= 0xd7 || marker == 0x01:
			out = append(out, 0xff, marker)
			at += 2
			continue
		}
		if at+4 > len(raw) {
			return nil, false
		}
		length := int(binary.BigEndian.Uint16(raw[at+2:]))
		if length < 2 || at+2+length > len(raw) {
			return nil, false
		}
		segment := raw[at : at+2+length]
		at += 2 + length
		application := marker >= 0xe0 && marker <= 0xef
		plain := marker == 0xe0 && length == 16 && bytes.HasPrefix(segment[4:], []byte("JFIF\x00")) && segment[16] == 0 && segment[17] == 0 ||
			marker == 0xee && length == 14 && bytes.HasPrefix(segment[4:], []byte("Adobe"))
		if application && !plain || marker == 0xfe {
			continue
		}
		out = append(out, segment...)
		if marker != 0xda {
			continue
		}
		start := at // of what is drawn, which ends at the next marker that is none of its own
		for at+1 < len(raw) && (raw[at] != 0xff || raw[at+1] == 0 || raw[at+1] >= 0xd0 && raw[at+1] <= 0xd7) {
			at++
		}
		out = append(out, raw[start:at]...)
	}
}

// drawing are the chunks of a PNG that draw it. W3C PNG §11
var drawing = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "sBIT": true, "bKGD": true, "pHYs": true,
	"acTL": true, "fcTL": true, "fdAT": true,
}

// cleanPNG keeps the chunks that draw the picture, and nothing behind its end.
// It reports false if the chunks cannot be followed.
func cleanPNG(raw []byte) ([]byte, bool) {
	out := append([]byte{}, pngStart...)
	for at := len(pngStart); at+12 <= len(raw); {
		length := int64(binary.BigEndian.Uint32(raw[at:]))
		end := int64(at) + 12 + length
		if end > int64(len(raw)) {
			return nil, false
		}
		chunk := raw[at:end]
		if crc32.ChecksumIEEE(chunk[4:8+length]) != binary.BigEndian.Uint32(chunk[8+length:]) {
			return nil, false
		}
		name := string(chunk[4:8])
		if drawing[name] {
			out = append(out, chunk...)
		}
		if name == "IEND" {
			return out, true
		}
		at = int(end)
	}
	return nil, false
}
