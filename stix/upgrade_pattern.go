// SPDX-License-Identifier: Apache-2.0

package stix

// This file rewrites patterns of STIX 2.0: times in START and STOP, and the names
// that observables have in STIX 2.1.

import (
	"fmt"
	"slices"
	"strings"
)

// pattern rewrites the pattern of an indicator, and says which language it is in.
func (one *upgrade) pattern() {
	text, ok := one.tree["pattern"].(string)
	if _, typed := one.tree["pattern_type"]; typed || !ok {
		return
	}
	one.tree["pattern_type"] = "stix"
	one.note(Changed, "pattern_type", "stix, the only language that STIX 2.0 had")
	rewriting := patternRewriting{in: text}
	rewriting.run()
	one.tree["pattern"] = string(rewriting.out)
	for _, note := range rewriting.notes {
		one.note(note.kind, "pattern", "%s", note.text)
	}
}

// A patternRewriting walks over a pattern and writes what it does not change as
// it is.
type patternRewriting struct {
	in    string
	at    int
	out   []byte
	notes []patternNote
}

type patternNote struct {
	kind ChangeKind
	text string
}

func (r *patternRewriting) note(kind ChangeKind, format string, args ...any) {
	r.notes = append(r.notes, patternNote{kind, fmt.Sprintf(format, args...)})
}

// run copies the pattern. A word with a colon behind it begins an object path; the
// text behind START and STOP is a time.
func (r *patternRewriting) run() {
	timed := false
	for r.at < len(r.in) {
		rest := r.in[r.at:]
		switch b := rest[0]; {
		case b == '\'':
			literal := quoted(rest)
			if timed {
				r.out = append(r.out, 't')
				r.note(Changed, "the time %.60s is written t%.60s", literal, literal)
			}
			timed = false
			r.copy(len(literal))
		case isWordByte(b):
			word := wordOf(rest)
			timed = word == "START" || word == "STOP"
			r.copy(len(word))
			if r.at < len(r.in) && r.in[r.at] == ':' {
				r.copy(1)
				r.path(word)
			}
		case strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*"):
			r.copy(commentOf(rest))
		default:
			if b > ' ' {
				timed = false
			}
			r.copy(1)
		}
	}
}

func (r *patternRewriting) copy(n int) {
	r.out = append(r.out, r.in[r.at:r.at+n]...)
	r.at += n
}

// path copies the steps of an object path, with the names of STIX 2.1. After a
// reference the steps are those of what it leads to.
func (r *patternRewriting) path(objectType string) {
	begin := len(r.out) // of the steps inside the object they are of
	before, extension := "", ""
	for r.at < len(r.in) {
		rest := r.in[r.at:]
		var written string
		switch {
		case rest[0] == '\'':
			written = quoted(rest)
		case isWordByte(rest[0]):
			written = wordOf(rest)
		}
		if written == "" {
			return
		}
		r.at += len(written)
		name := strings.Trim(written, "'")
		if to := withdrawnInside[extension][name]; to != "" && before == extension {
			r.out = append(r.out[:begin], r.aside(extension+"."+name, to)...)
		} else if after := r.step(objectType, before, name); after != name {
			r.out = append(r.out, after...)
		} else {
			r.out = append(r.out, written...)
		}
		listed := r.at < len(r.in) && r.in[r.at] == '['
		if before == "request_header" && extension == "http-request-ext" || before == "additional_header_fields" && objectType == "email-message" {
			if !listed {
				r.out = append(r.out, "[*]"...)
				r.note(Changed, "the header field %s is a list: [*]", name)
			}
		}
		leads := strings.HasSuffix(name, "_ref") || strings.HasSuffix(name, "_refs")
		switch {
		case before == "extensions":
			extension = name
		case leads:
			objectType, extension = refersTo[name], ""
		}
		before = name
		if listed {
			end := strings.IndexByte(r.in[r.at:], ']')
			if end < 0 {
				return
			}
			r.copy(end + 1)
		}
		if r.at == len(r.in) || r.in[r.at] != '.' {
			return
		}
		r.copy(1)
		if leads {
			before, begin = "", len(r.out)
		}
	}
}

// step is the name of a step in STIX 2.1. before is the step before it in the same
// object, if there is one.
func (r *patternRewriting) step(objectType, before, name string) string {
	switch {
	case before == "hashes" || strings.HasSuffix(before, "_hashes"):
		if after := hashName(name); after != name {
			r.note(Changed, "the hash %s is written %s", name, after)
			if strings.Contains(after, "-") {
				return "'" + after + "'"
			}
			return after
		}
	case before != "":
	case objectType == "process" && name == "name":
		r.note(Guessed, "the name of a process is now the name of its image: image_ref.name")
		return "image_ref.name"
	case renamed[objectType][name] != "":
		r.note(Changed, "%s:%s is now %s", objectType, name, renamed[objectType][name])
		return renamed[objectType][name]
	case slices.Contains(withdrawn[objectType], name):
		return r.aside(objectType+":"+name, name)
	}
	return name
}

// aside is the name of a step that STIX 2.1 has no place for, as observations keep
// it.
func (r *patternRewriting) aside(path, name string) string {
	r.note(Kept, "%s, which STIX 2.1 has not, stands as %s%s", path, setAsidePrefix, name)
	return setAsidePrefix + name
}

// quoted is the literal in apostrophes that a text begins with, to the end of the
// text if nothing closes it.
func quoted(text string) string {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '\'':
			return text[:i+1]
		}
	}
	return text
}

// commentOf is the length of the comment that a text begins with.
func commentOf(text string) int {
	end := "\n"
	if text[1] == '*' {
		end = "*/"
	}
	if at := strings.Index(text[2:], end); at >= 0 {
		return 2 + at + len(end)
	}
	return len(text)
}

func wordOf(text string) string {
	for i := range len(text) {
		if !isWordByte(text[i]) {
			return text[:i]
		}
	}
	return text
}

func isWordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-'
}
