// SPDX-License-Identifier: Apache-2.0

package pattern

// This file tests how regular expressions of PCRE are read.

import (
	"errors"
	"testing"
)

func TestRegex(t *testing.T) {
	tests := []struct {
		expression string
		matches    []string
		others     []string
	}{
		{"a.c", []string{"xabcx", "a\nc"}, []string{"ac"}},
		{"^a$", []string{"a", "a\n"}, []string{"a\nb", "ab", "a\n\n"}},
		{"(?m)^b$", []string{"a\nb\nc"}, []string{"ab"}},
		{`a\z`, []string{"a"}, []string{"a\n"}},
		{`a\Z`, []string{"a", "a\n"}, []string{"ab"}},
		{`\Qa.b*\E+c`, []string{"a.b*c", "a.b**c"}, []string{"axbc"}},
		{`[\Q^]\E]`, []string{"^", "]"}, []string{"a"}},
		{`(?<year>\d{4})-(?P<year>\d\d)-(?'day'\d\d)`, []string{"2026-03-01"}, []string{"26-03-01"}},
		{`a\hb`, []string{"a b", "a\u00a0b", "a\tb"}, []string{"a\nb"}},
		{`a\Hb`, []string{"axb", "a\nb"}, []string{"a b"}},
		{`a[\h,]b`, []string{"a b", "a,b"}, []string{"axb"}},
		{`a[^\H]b`, []string{"a b"}, []string{"axb"}},
		{`a\vb`, []string{"a\u2028b", "a\nb", "a\x0bb"}, []string{"a b"}},
		{`a\sb`, []string{"a\x0bb", "a b"}, []string{"a\u00a0b"}},
		{`a\Sb`, []string{"axb"}, []string{"a\x0bb"}},
		{`a\Rb`, []string{"a\r\nb", "a\u2029b"}, []string{"a\n\nb"}},
		{`a\Nb`, []string{"axb"}, []string{"a\nb"}},
		{`[[:alpha:]]+[[:^digit:]][[:xdigit:]]`, []string{"ab-f"}, []string{"1-f"}},
		{`[]a]b[^]]`, []string{"]bx", "abc"}, []string{"ab]"}},
		{`[[]`, []string{"["}, []string{"]"}},
		{`\x61\x{62}\o{143}\0144\cA\e\a`, []string{"abc\x0c4\x01\x1b\x07"}, nil},
		{`[\b]`, []string{"\b"}, []string{"b"}},
		{`\bword\b`, []string{"a word."}, []string{"words"}},
		{`\d+(?#a comment)x`, []string{"1x"}, []string{"x"}},
		{`(?i)ABC(?-i)d(?i:E)`, []string{"abcde", "AbCdE"}, []string{"abcDe"}},
		{`(?|(a)|(b))c`, []string{"ac", "bc"}, []string{"c"}},
		{`a\Kb`, []string{"ab"}, []string{"a"}},
		{`a{,2}`, []string{"a{,2}"}, []string{"aa"}},
		{`x{`, []string{"x{"}, []string{"x"}},
		{`\@\-\é\_`, []string{"@-é_"}, nil},
		{`\pL\p{Greek}\P{L}\p{^L}`, []string{"aα12"}, []string{"aaaa"}},
		{`a+?b*?c??`, []string{"a"}, []string{"b"}},
		{`\$\.\[`, []string{"$.["}, nil},
		{`[$.(]`, []string{"$", ".", "("}, []string{"a"}},
		{"", []string{"", "a"}, nil},
		{`^C:\\Windows\\\w+$`, []string{`C:\Windows\x`}, []string{`C:\Windows\`}},
	}
	for _, test := range tests {
		if err := checkRegex(test.expression); err != nil {
			t.Errorf("%s is refused: %v", test.expression, err)
		}
		compiled, err := compileRegex(test.expression)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		for _, text := range test.matches {
			if !compiled.MatchString(text) {
				t.Errorf("%s does not match %q", test.expression, text)
			}
		}
		for _, text := range test.others {
			if compiled.MatchString(text) {
				t.Errorf("%s matches %q", test.expression, text)
			}
		}
	}
}

// TestRegexBeyond is about what is valid and cannot be matched in linear time.
func TestRegexBeyond(t *testing.T) {
	for _, expression := range []string{
		`(?=a)b`, `(?!a)b`, `(?<=a)b`, `(?<!a)b`, `(?>a+)b`, `a++b`, `a*+`, `a?+`, `a{2}+`, `(a)\1`, `(a)\g1`, `(a)\g{-1}`, `(?<n>a)\k<n>`, `(?<n>a)(?P=n)`,
		`(a|(?R))`, `(a)(?1)`, `(?<n>a)(?&n)`, `(a)?(?(1)b|c)`, `\Xa`, `\Ga`, `(?x) a b`, `(*UTF8)a`, `a{2000}`, `\p{Xan}`, `((a{1000}){1000}){1000}`,
	} {
		if err := checkRegex(expression); err != nil {
			t.Errorf("%s is refused: %v", expression, err)
		}
		if _, err := compileRegex(expression); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", expression, err)
		}
	}
}

// TestRegexRefused is about what is no regular expression.
func TestRegexRefused(t *testing.T) {
	for _, expression := range []string{
		`(`, `)`, `[a`, `a\`, `*a`, `a{3,2}`, `a{70000}`, `[z-a]`, `\y`, `[\y]`, `\p{Nonsense}`, `(?<n`, `(?z)`, `\x{110000}`, `\x{zz}`, `\o`, `\c`, `\g`, `(?#a`, `(*a`, `[[:nonsense:]]`, `\u0041`, `\`,
	} {
		if err := checkRegex(expression); err == nil {
			t.Errorf("%s is accepted", expression)
		}
	}
}
