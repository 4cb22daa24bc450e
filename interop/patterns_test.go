// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file holds our verdict on patterns against that of stix2-patterns, over
// patterns that are generated, some of them then damaged.

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// generator writes patterns as tokens, so that they can be damaged between them.
type generator struct{ *rand.Rand }

func (g generator) of(choices ...string) string { return choices[g.IntN(len(choices))] }

// pattern is observation expressions with qualifiers.
func (g generator) pattern() (tokens []string) {
	tokens = g.observation(2)
	for range g.IntN(3) {
		tokens = append(append(tokens, g.of("AND", "OR", "FOLLOWEDBY")), g.observation(1)...)
	}
	return tokens
}

func (g generator) observation(depth int) (tokens []string) {
	if depth > 0 && g.IntN(4) == 0 {
		tokens = append(append([]string{"("}, g.observation(depth-1)...), g.of("AND", "OR", "FOLLOWEDBY"))
		tokens = append(append(tokens, g.observation(depth-1)...), ")")
	} else {
		tokens = append(append([]string{"["}, g.test(2, g.kind())...), "]")
	}
	switch g.IntN(8) {
	case 0:
		tokens = append(tokens, "WITHIN", g.of("5", "300", "0.5", "3600"), "SECONDS")
	case 1:
		tokens = append(tokens, "REPEATS", g.of("1", "2", "1000"), "TIMES")
	case 2:
		tokens = append(tokens, "START", "t'2026-03-01T00:00:00Z'", "STOP", g.of("t'2026-03-02T00:00:00Z'", "t'2026-03-02T00:00:00.5Z'"))
	}
	return tokens
}

// A kind is an object type with paths of it, and what they are compared with.
type kind struct {
	name            string
	texts, integers []string
}

func (g generator) kind() kind {
	return []kind{
		{"ipv4-addr", []string{"value", "resolves_to_refs[*].value", "belongs_to_refs[0].name"}, []string{"belongs_to_refs[0].number"}},
		{"domain-name", []string{"value", "resolves_to_refs[1].value"}, nil},
		{"url", []string{"value"}, nil},
		{"file", []string{"name", "parent_directory_ref.path", "extensions.'archive-ext'.comment"}, []string{"size", "extensions.'windows-pebinary-ext'.sections[*].size"}},
		{"network-traffic", []string{"src_ref.value", "dst_ref.value", "protocols[*]"}, []string{"src_port", "dst_port", "dst_byte_count"}},
		{"process", []string{"command_line", "cwd", "environment_variables.HOME"}, []string{"pid"}},
		{"x-example", []string{"a", "b.c", "'d-e'", "f[*].g"}, []string{"n"}},
	}[g.IntN(7)]
}

// test is what stands in brackets, on objects of one type.
func (g generator) test(depth int, k kind) (tokens []string) {
	terms := 1 + g.IntN(3)
	for i := range terms {
		if i > 0 {
			tokens = append(tokens, g.of("AND", "OR"))
		}
		if depth > 0 && g.IntN(5) == 0 {
			tokens = append(append(append(tokens, "("), g.test(depth-1, k)...), ")")
			continue
		}
		tokens = append(tokens, g.comparison(k)...)
	}
	return tokens
}

func (g generator) comparison(k kind) (tokens []string) {
	not := func() {
		if g.IntN(6) == 0 {
			tokens = append(tokens, "NOT")
		}
	}
	if len(k.integers) > 0 && g.IntN(3) == 0 {
		tokens = append(tokens, k.name, ":", g.of(k.integers...))
		not()
		if g.IntN(5) == 0 {
			return append(tokens, "IN", "(", g.integer(), ",", g.integer(), ")")
		}
		return append(tokens, g.of("=", "!=", "<", ">", "<=", ">="), g.integer())
	}
	tokens = append(tokens, k.name, ":", g.of(k.texts...))
	if g.IntN(12) == 0 {
		return append([]string{"EXISTS"}, tokens...)
	}
	if k.name == "file" && g.IntN(3) == 0 {
		return []string{"file", ":", "hashes." + g.of("MD5", "'MD5'"), g.of("=", "!="), "'d41d8cd98f00b204e9800998ecf8427e'"}
	}
	not()
	switch g.IntN(8) {
	case 0:
		return append(tokens, "IN", "(", g.of("'a'", "''"), ",", g.of("'example.org'", `'it\'s'`), ")")
	case 1:
		return append(tokens, "LIKE", g.of("'%.example.org'", "'a_c'", "'%'"))
	case 2:
		return append(tokens, "MATCHES", g.of("'^ab+c$'", `'\\.exe$'`, "'(?i)example'", "'[0-9a-f]{32}'"))
	case 3:
		return append(tokens, g.of("ISSUBSET", "ISSUPERSET"), g.of("'198.51.100.0/24'", "'203.0.113.7/32'", "'2001:db8::/32'"))
	}
	if g.IntN(6) == 0 {
		return append(tokens, g.of("=", "!="), g.of("true", "false"))
	}
	return append(tokens, g.of("=", "!=", ">", "<="), g.text())
}

func (g generator) integer() string {
	return g.of("0", "1", "443", "-1", "65535", "9007199254740991", "1.5", "-0.25")
}

func (g generator) text() string {
	return g.of("'198.51.100.7'", "'example.org'", "''", `'it\'s'`, `'C:\\Windows'`, "'Ωmega ☂'", "'a b'", "b'SGVsbG8='", "h'c0ffee'", "t'2026-03-01T00:00:00Z'")
}

// damaged loses, doubles, swaps or replaces a token.
func (g generator) damaged(tokens []string) []string {
	at := g.IntN(len(tokens))
	damaged := append([]string(nil), tokens...)
	switch g.IntN(4) {
	case 0:
		return append(damaged[:at], damaged[at+1:]...)
	case 1:
		return append(damaged[:at+1], tokens[at:]...)
	case 2:
		other := g.IntN(len(tokens))
		damaged[at], damaged[other] = damaged[other], damaged[at]
	case 3:
		damaged[at] = g.of("AND", "[", ")", "'", "x", "NOT", "0", "-", ":", "WITHIN", "'198.51.100.0/33'", "t'2026-02-30T00:00:00Z'", "h'C0FFEE'", "b'?'", "\\", "ipv6-addr")
	}
	return damaged
}

// verdicts are where the judge and we part, each with the least pattern that
// shows it, and why we stay.
var verdicts = []struct{ pattern, section, refused, because string }{
	// These we refuse, by a section of the text.
	{"[file:size = 1 AND process:pid = 1]", "9.5", "", "all operands of AND must be satisfiable with the same object, which is of one type"},
	{"[file:name IN ('a', 1)]", "9.6.1", "", "the constants of a set are of one type"},
	{"[file:name = h'C0FFEE']", "9.2", "", "hexadecimal digits are 0 to 9 and a to f"},
	{"[file:name = t'2026-02-30T00:00:00Z']", "2.16", "", "there is no such day"},
	// These the judge refuses, in words of its own.
	{"[file:hashes.MD5 = 0]", "", "is not a valid MD5 hash", "a comparison with a value of another kind is false, and no fault (9.6)"},
	{"[file:NOT = 1]", "", "no viable alternative at input 'file:NOT'", "no word of the language is reserved, and a name may begin with a digit (9.7)"},
	{"[x:0 = 1]", "", "no viable alternative at input", "the same"},
	{"[EXISTS file:AND]", "", "missing {StringLiteral", "the same, after EXISTS"},
	{"[EXISTS AND:value]", "", "mismatched input 'AND' expecting {IdentifierWithoutHyphen", "the same, of the type of an object"},
	{"[WITHIN:value = 1]", "", "expecting {'NOT', 'EXISTS'", "the same, of the type of an object"},
}

func TestPatterns(t *testing.T) {
	const count = 1000
	g := generator{rand.New(rand.NewPCG(3, 9))}
	var texts []string
	for _, v := range verdicts {
		texts = append(texts, v.pattern)
	}
	for i := range count {
		tokens := g.pattern()
		if i%2 == 1 {
			tokens = g.damaged(tokens)
		}
		texts = append(texts, strings.Join(tokens, g.of(" ", "  ", "\n", "\t")))
	}
	type verdict struct {
		Valid bool   `json:"valid"`
		Error string `json:"error"`
	}
	valid, differ := 0, 0
	for i, theirs := range ask[string, verdict](t, "patterns.py", texts) {
		faults := pattern.Check(texts[i])
		if len(faults) == 0 {
			valid++
		}
		explained := func(from []struct{ pattern, section, refused, because string }) bool {
			for _, v := range from {
				if theirs.Valid && len(faults) > 0 && faults[0].Section == v.section || !theirs.Valid && len(faults) == 0 && v.refused != "" && strings.Contains(theirs.Error, v.refused) {
					return true
				}
			}
			return false
		}
		agree := theirs.Valid == (len(faults) == 0)
		switch {
		case i < len(verdicts) && !explained(verdicts[i:i+1]):
			t.Errorf("%s is no longer a difference: we say %v, they say %q", texts[i], faults, theirs.Error)
		case !agree && !explained(verdicts):
			t.Errorf("%s\n  we say: %v\n  they say: valid %t, %s", texts[i], faults, theirs.Valid, theirs.Error)
		case i >= len(verdicts) && (i-len(verdicts))%2 == 0 && !theirs.Valid:
			t.Errorf("%s was made to be valid: %s", texts[i], theirs.Error)
		case !agree:
			differ++
		}
	}
	t.Logf("%d patterns, %d of them valid; %d verdicts differ, each for a reason in the table", len(texts), valid, differ)
}
